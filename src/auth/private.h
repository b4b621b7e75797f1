/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the two sides of AUTH. */
#ifndef VANTH_AUTH_PRIVATE_H
#define VANTH_AUTH_PRIVATE_H

#include <string.h>
#include "auth/prove.h"

/* RFC 7296 §2.15, RFC 9242 §3.3.2: what a signature covers. */
struct auth_octets {
	struct span parts[4];
	size_t count;
};
/* prf(SK_p, RestOfInitIDPayload) of the signer, in the arena. */
enum rc auth_maced_id(struct arena *arena, const struct auth_input *input,
		      struct span *out) MUST_CHECK;
/* A copy in the arena, for a worker. */
enum rc auth_octets_make(struct arena *arena, const struct auth_input *input,
			 struct auth_octets **out) MUST_CHECK;

/* ---- prove.c ---- */
/* Signs with that key in that way; as prove_begin(). */
enum rc prove_sign(struct step *step, const struct auth_choice *choice,
		   const struct auth_input *input, struct credential *credential,
		   struct prove *prove, struct outcome *out) MUST_CHECK;
/* ---- check.c ---- */
/* check->choice and check->signature are known, and allowed; as check_begin(). */
enum rc check_signature(struct step *step, const struct auth_ends *ends,
			const struct auth_input *input, struct check *check,
			struct outcome *out) MUST_CHECK;

/* ---- method.c ---- */
/* The choice that a method of RFC 4754 is, IKEv1's and IKEv2's alike; false: it is none. */
bool auth_method_curve(unsigned method, struct auth_choice *out);
/* The method of RFC 4754 for a key of that kind; 0: none. */
uint8_t auth_method_of_curve(enum key_kind kind);
/* What a conn lets that end prove itself by. */
struct peer_methods auth_methods_of(const struct config_end *end);
/* The method, scheme and form by which a key of that kind signs for a peer that announced `hashes`
 * (0: none), within what is allowed. RC_AUTH_FAILED with a diag. */
enum rc auth_method_choose(enum key_kind kind, const struct peer_methods *allowed, uint16_t hashes,
			   struct auth_choice *out, struct diag *diag) MUST_CHECK;
/* The scheme and signature of a received AUTH; what the conn does not allow is RC_AUTH_FAILED. */
enum rc auth_method_read(const struct wire_auth *auth, const struct config_end *end,
			 struct auth_choice *out, struct span *signature,
			 struct diag *diag) MUST_CHECK;
/* RFC 7427 §3: Authentication Data of method 14 begins with the AlgorithmIdentifier; bytes in front
 * of the signature, 0 for the other methods. */
size_t auth_method_head(const struct auth_choice *choice, uint8_t *out, size_t size);
#define AUTH_METHOD_HEAD_MAX 128
/* "secret, rsasig" */
const char *auth_kinds_text(unsigned kinds, char buffer[64]);

#endif
