/* SPDX-License-Identifier: Apache-2.0 */
/* The start-up probe: an algorithm that did not give its known answer is not available. */
#ifndef VANTH_CRYPTO_PROBE_H
#define VANTH_CRYPTO_PROBE_H

#include "crypto/crypto.h"
#include "crypto/dh.h"

/* Runs every known-answer test and writes the verdicts. Fails only when the hashes that nothing
 * works without (SHA-1 for NAT detection, SHA-256 for cookies) fail. */
enum rc probe_run(struct diag *diag) MUST_CHECK;
/* The verdict on one group: a fixed private key against a fixed public value. */
int probe_dh(const struct dh_group *group);
/* Puts a fixed private key into NSS, for known-answer tests only. `public` is its public value
 * (EC). */
enum rc probe_import(const struct dh_group *group, struct span private, struct span public,
		     SECKEYPrivateKey **out) MUST_CHECK;
/* A verdict from a return code: 0, or NSS's error, or PROBE_WRONG. */
int probe_verdict(enum rc rc);

#endif
