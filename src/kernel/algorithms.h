/* SPDX-License-Identifier: Apache-2.0 */
/* IANA numbers to what Linux calls them, and the sizes of their keys. */
#ifndef VANTH_KERNEL_ALGORITHMS_H
#define VANTH_KERNEL_ALGORITHMS_H

#include <stdint.h>
#include "base/rc.h"

struct algorithm_encr {
	uint16_t id;
	const char *name;
	uint16_t icv_bits; /* AEAD; 0: a plain cipher */
	uint8_t salt; /* bytes of salt or nonce at the end of the key, RFC 4106, 4309, 3686, 7634 */
	uint16_t bits[3]; /* key sizes without salt; 0: no more */
};
struct algorithm_integ {
	uint16_t id;
	const char *name;
	uint16_t key_bits, truncated_bits;
};
extern const struct algorithm_encr kernel_algorithm_encrs[];
extern const unsigned kernel_algorithm_encr_count;
extern const struct algorithm_integ kernel_algorithm_integs[];
extern const unsigned kernel_algorithm_integ_count;

/* NULL: Linux has no such algorithm. */
const struct algorithm_encr *kernel_algorithm_encr(uint16_t id);
const struct algorithm_integ *kernel_algorithm_integ(uint16_t id);
/* Bytes of the key with its salt; -1: that key size does not exist. bits 0: the only one there is.
 */
int kernel_algorithm_key_bytes(const struct algorithm_encr *algorithm, uint16_t bits);

#endif
