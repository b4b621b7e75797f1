/* SPDX-License-Identifier: Apache-2.0 */
/* NSS as one thing a process has: its slots and its errors. */
#ifndef VANTH_CRYPTO_NSS_H
#define VANTH_CRYPTO_NSS_H

#include <pk11pub.h>
#include <pthread.h>
#include "base/span.h"

/* Key generation is serialised per slot, so even and odd workers use the two internal slots. NULL
 * while NSS is closed. The reference belongs to nss.c. */
PK11SlotInfo *nss_slot(unsigned worker);
/* Was it opened with a database? */
bool nss_has_database(void);
/* What NSS's last error of this thread means to us: RC_NO_MEMORY or RC_INTERNAL. */
enum rc nss_rc(void);
/* "<what>: NSS says SEC_ERROR_..." with nss_rc(). diag may be NULL. */
enum rc nss_fail(struct diag *diag, const char *what);
/* NSS's name of an error number, never NULL. */
const char *nss_error_name(int error);
/* crypto_close, telling whether NSS let go of everything: RC_INTERNAL when a key or context is
 * still held. */
enum rc nss_close(void);
/* A SECItem that points to bytes; NSS only reads them. */
SECItem nss_item(const void *ptr, size_t len);

/* The public keys that stay in NSS (key.h); the lock is for the array. */
#define KEYS_HELD_MAX 64
struct public_key;
struct nss_kept {
	pthread_mutex_t lock;
	struct public_key *keys[KEYS_HELD_MAX];
};
struct nss_kept *nss_kept(void);

#endif
