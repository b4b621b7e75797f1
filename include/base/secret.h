/* SPDX-License-Identifier: Apache-2.0 */
/* The only type for secret bytes: in locked memory (as far as RLIMIT_MEMLOCK goes), kept out of
 * core dumps, wiped when freed. Not printable. */
#ifndef VANTH_BASE_SECRET_H
#define VANTH_BASE_SECRET_H

#include "base/span.h"

struct secret {
	uint8_t *ptr; /* NULL: empty */
	uint32_t len;
};

/* len zero bytes, to be filled by the caller. A secret that holds something is wiped first. At most
 * 64 KiB. Small ones come from pools of locked pages: overhead of at most 16 bytes each.
 * Thread-safe. */
enum rc secret_alloc(struct secret *secret, size_t len) MUST_CHECK;
/* bytes may lie in the secret itself. On failure the secret is empty. */
enum rc secret_set(struct secret *secret, struct span bytes) MUST_CHECK;
void secret_wipe(struct secret *secret);		  /* frees; empty afterwards */
void secret_move(struct secret *to, struct secret *from); /* wipes what `to` held */
static inline struct span secret_span(const struct secret *secret)
{
	return (struct span){ secret->ptr, secret->len };
}
/* Constant time in the bytes (not in the lengths). For ICVs, AUTH, PSKs and cookies. */
bool secret_equal(struct span a, struct span b);
/* Wipes plain memory; the compiler may not remove it. */
void wipe(void *ptr, size_t len);
/* Bytes of secret memory in use that could not be locked (0 = all locked). */
size_t secret_unlocked(void);

#endif
