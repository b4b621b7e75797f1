/* SPDX-License-Identifier: Apache-2.0 */
/* Authentication with a shared key (RFC 7296 §2.15). */
#ifndef VANTH_AUTH_PSK_H
#define VANTH_AUTH_PSK_H

#include "sa/outcome.h"

struct auth_input {
	const struct ike_suite *suite;
	struct span message, nonce,
		sk_p;		  /* the signer's IKE_SA_INIT, the other's nonce, SK_pi or SK_pr */
	const struct wire_id *id; /* the signer's */
	struct span int_auth;	  /* RFC 9242 §3.3.2; empty: no IKE_INTERMEDIATE */
	struct span hash; /* IKEv1: HASH_I or HASH_R, and nothing of the above; .ptr NULL: IKEv2 */
};
/* The AUTH value, in the arena. */
enum rc psk_auth(struct arena *arena, const struct auth_input *input, struct span psk,
		 struct span *out) MUST_CHECK;
/* RC_AUTH_FAILED with a diag that names the remedy. */
enum rc psk_verify(struct arena *arena, const struct auth_input *input, struct span psk,
		   const struct wire_auth *auth, struct diag *diag) MUST_CHECK;
/* The key for these two ends from the loaded secrets; lives as long as they do. RC_AUTH_FAILED:
 * none. */
enum rc psk_find(const struct step *step, const struct identity *local_id,
		 const struct identity *remote_id, const struct ip_endpoint *local,
		 const struct ip_endpoint *remote, struct span *psk, struct diag *diag) MUST_CHECK;

#endif
