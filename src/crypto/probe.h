/* SPDX-License-Identifier: Apache-2.0 */
/* The start-up probe: an algorithm that did not give its known answer is not available. */
#ifndef VANTH_CRYPTO_PROBE_H
#define VANTH_CRYPTO_PROBE_H

#include "crypto/crypto.h"
#include "crypto/dh.h"

/* Runs every known-answer test and writes the verdicts. Fails only when the hashes that nothing
 * works without (SHA-1 for NAT detection, SHA-256 for cookies) fail. */
enum rc probe_run(struct diag *diag) MUST_CHECK;
/* One group: a fixed private key against a fixed public value, and a fresh key pair. RC_INTEGRITY
 * when the answer is wrong. */
enum rc probe_dh(const struct dh_group *group) MUST_CHECK;
/* Puts a fixed private key into NSS, for known-answer tests only. public: its public value. */
struct probe_key {
	SECKEYPrivateKey *key;
	PK11GenericObject *object; /* that the key was made from */
};
enum rc probe_import(const struct dh_group *group, struct span private, struct span public,
		     struct probe_key *out) MUST_CHECK;
void probe_forget(struct probe_key *key);
/* One curve against one known answer: what probe_dh does with its own. */
struct probe_known {
	uint16_t id;
	struct span private, public, peer, shared;
};
enum rc probe_ec(const struct dh_group *group, const struct probe_known *known) MUST_CHECK;
/* A cipher that chains blocks, both ways. RC_INTEGRITY. */
#define PROBE_CBC_MAX 64
enum rc probe_cbc(const struct encr_alg *alg, struct span key, struct span iv, struct span plain,
		  struct span sealed) MUST_CHECK;
/* The ciphers that IKEv1 alone has. */
enum rc probe_ikev1(const struct encr_alg *alg) MUST_CHECK;
/* One form of signature, verified. RC_UNSUPPORTED: NSS does not have it. */
struct sign_algorithm;
enum rc probe_sign(const struct sign_algorithm *algorithm) MUST_CHECK;
/* A verdict from a return code: 0, or NSS's error, or PROBE_WRONG. */
int probe_verdict(enum rc rc);

#endif
