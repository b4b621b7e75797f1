/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec check CONN: what its parts share. */
#ifndef VANTH_IPSEC_CHECK_CONN_H
#define VANTH_IPSEC_CHECK_CONN_H

#include "config/config.h"
#include "keys.h"
#include "x509/keyring.h"

enum mark { MARK_OK, MARK_WARN, MARK_FAIL };
struct check {
	const struct ipsec *ipsec;
	const struct config_setup *setup;
	const struct config_conn *conn;
	const struct config_end *own, *peer;
	const char *own_side, *peer_side; /* "left", "right" */
	const char *secrets_path;
	struct keyring *keyring;
	unsigned warnings, failures;
};

/* A line of the result. */
void conn_check_say(struct check *check, enum mark mark, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- check_revocation.c ---- */
/* For each certificate of a trusted path (leaf first, anchor last): who can be asked whether it is
 * revoked, and what the daemon knows of it now. Nobody is asked. theirs: it is the peer's, and our
 * settings decide what becomes of it. */
void conn_check_revocation(struct check *check, struct certificate *const *path, unsigned count,
			   bool theirs);

#endif
