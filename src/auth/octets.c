/* SPDX-License-Identifier: Apache-2.0 */
/* The octets that a signature covers: in AUTH (RFC 7296 §2.15), in IKEv1 the HASH (RFC 2409 §5.1).
 */
#include "auth/private.h"

enum rc auth_maced_id(struct arena *arena, const struct auth_input *input, struct span *out)
{
	uint8_t body[LIMIT_ID + 8], *value = arena_alloc(arena, PRF_MAX);
	struct span id_body;
	struct sink sink;

	if (value == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, body, sizeof(body));
	wire_id_body_emit(&sink, input->id);
	TRY(sink_rc(&sink));
	id_body = sink_written(&sink);
	*out = span_make(value, input->suite->prf->len);
	return prf_parts(input->suite->prf, input->sk_p, &id_body, 1, value);
}

enum rc auth_octets_make(struct arena *arena, const struct auth_input *input,
			 struct auth_octets **out)
{
	struct auth_octets *octets = ARENA_NEW(arena, struct auth_octets);

	if (octets == NULL)
		return RC_NO_MEMORY;
	*out = octets;
	if (input->hash.ptr != NULL) {
		octets->parts[0] = arena_copy(arena, input->hash);
		octets->count = 1;
		return octets->parts[0].ptr != NULL ? RC_OK : RC_NO_MEMORY;
	}
	octets->parts[0] = arena_copy(arena, input->message);
	octets->parts[1] = arena_copy(arena, input->nonce);
	octets->parts[3] = arena_copy(arena, input->int_auth);
	TRY(auth_maced_id(arena, input, &octets->parts[2]));
	if (octets->parts[0].ptr == NULL || octets->parts[1].ptr == NULL ||
	    octets->parts[3].ptr == NULL)
		return RC_NO_MEMORY;
	octets->count = input->int_auth.len > 0 ? 4 : 3;
	return RC_OK;
}
