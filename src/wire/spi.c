/* SPDX-License-Identifier: Apache-2.0 */
/* The SPIs of AH and ESP as payloads carry them (RFC 7296 §3.3.1, RFC 2408 §3.5). */
#include "wire/payloads.h"

enum rc wire_spi(struct arena *arena, uint32_t spi, struct span *out)
{
	uint8_t *bytes = arena_alloc(arena, 4);
	struct sink sink;

	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, bytes, 4);
	sink_u32(&sink, spi);
	*out = sink_written(&sink);
	return RC_OK;
}
