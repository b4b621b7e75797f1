/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for src/wire: any bytes as a datagram, as the inside of an SK, and as the body of a
 * payload. Built with clang's -fsanitize=fuzzer, or with replay.c for a bounded deterministic run.
 */
#include "fuzz/wire_exercise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Length and version as a parser wants them, so that a mutation reaches the payloads. */
static void repaired(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size);

	if (copy == NULL)
		return;
	memcpy(copy, data, size);
	copy[17] = IKE_VERSION_2;
	for (int i = 0; i < 4; i++)
		copy[24 + i] = (uint8_t)(size >> (24 - 8 * i));
	(void)wire_exercise(span_make(copy, size));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = { data, size };

	(void)wire_exercise(in);
	if (size >= IKE_HEADER_LEN && size <= LIMIT_MESSAGE)
		repaired(data, size);
	if (size == 0)
		return 0;
	wire_exercise_inner(span_make(data + 1, size - 1), data[0]);
	if (size < IKE_HEADER_LEN + 4)
		wire_exercise_body(in);
	else
		wire_exercise_body(span_make(data + IKE_HEADER_LEN + 4, size - IKE_HEADER_LEN - 4));
	return 0;
}
