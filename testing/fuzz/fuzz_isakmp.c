/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for IKEv1 in src/wire: any bytes as a datagram, as what was decrypted, and as the
 * body of a payload. Built with clang's -fsanitize=fuzzer, or with replay.c for a bounded
 * deterministic run. */
#include "fuzz/isakmp_exercise.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Length and version as a parser wants them, so that a mutation reaches the payloads; clear, or as
 * if the ciphertext were the plaintext. */
static void repaired(const uint8_t *data, size_t size, uint8_t flags)
{
	uint8_t *copy = malloc(size);

	if (copy == NULL)
		return;
	memcpy(copy, data, size);
	copy[17] = IKE_VERSION_1;
	copy[19] = flags;
	for (int i = 0; i < 4; i++)
		copy[24 + i] = (uint8_t)(size >> (24 - 8 * i));
	(void)isakmp_exercise(span_make(copy, size));
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = { data, size };

	(void)isakmp_exercise(in);
	if (size >= IKE_HEADER_LEN && size <= LIMIT_MESSAGE) {
		repaired(data, size, 0);
		repaired(data, size, ISAKMP_FLAG_ENCRYPTION);
	}
	if (size < IKE_HEADER_LEN + 4)
		isakmp_exercise_body(in);
	else
		isakmp_exercise_body(
			span_make(data + IKE_HEADER_LEN + 4, size - IKE_HEADER_LEN - 4));
	return 0;
}
