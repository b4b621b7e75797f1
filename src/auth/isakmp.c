/* SPDX-License-Identifier: Apache-2.0 */
/* Signatures of IKEv1's phase 1, RSA (RFC 2409 §5.1) and ECDSA (RFC 4754): over the bare HASH,
 * which for ECDSA is made with the hash of the method, and not hashed once more. */
#include "auth/isakmp.h"
#include "auth/private.h"
#include "wire/isakmp_iana.h"

unsigned isakmp_auth_kinds(uint16_t auth)
{
	switch (auth) {
	case OAKLEY_PRESHARED_KEY:
		return AUTHBY_SECRET;
	case OAKLEY_RSA_SIG:
	case OAKLEY_HYBRID_INIT_RSA:
		return AUTHBY_RSA;
	case OAKLEY_ECDSA_256:
	case OAKLEY_ECDSA_384:
	case OAKLEY_ECDSA_521:
		return AUTHBY_ECDSA;
	}
	return 0;
}

const struct prf_alg *isakmp_auth_prf(uint16_t auth, const struct prf_alg *negotiated)
{
	switch (auth) {
	case OAKLEY_ECDSA_256:
		return ikev1_prf(PRF_HMAC_SHA2_256);
	case OAKLEY_ECDSA_384:
		return ikev1_prf(PRF_HMAC_SHA2_384);
	case OAKLEY_ECDSA_521:
		return ikev1_prf(PRF_HMAC_SHA2_512);
	}
	return negotiated;
}

unsigned isakmp_ends_allow(const struct auth_ends *ends)
{
	const struct config_end *local = auth_local_end(ends), *remote = auth_remote_end(ends);

	if (local->hybrid)
		return remote->auth;
	return remote->hybrid ? local->auth : local->auth & remote->auth;
}

static bool choice_of(uint16_t auth, struct auth_choice *out)
{
	bool rsa = auth == OAKLEY_RSA_SIG || auth == OAKLEY_HYBRID_INIT_RSA;

	if (!rsa && !auth_method_curve(auth, out))
		return false;
	out->scheme.hash = SIGN_RAW;
	if (!rsa)
		return true;
	*out = (struct auth_choice){ AUTH_RSA,
				     { .form = SIGN_RSA_PKCS1, .hash = SIGN_RAW },
				     SIGNATURE_DER };
	return true;
}

static enum rc own_key(const struct step *step, const struct auth_ends *ends,
		       struct credential **out, struct diag *diag)
{
	enum rc rc = keyring_credential(step->env->keyring, auth_local_end(ends), out, diag);

	if (rc == RC_NOT_FOUND)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "conn %s wants a signature of us (authby=), but names no "
				 "certificate or key of ours (leftcert=, leftckaid=)",
				 ends->peer->conn->name);
	return rc == RC_OK || rc == RC_NO_MEMORY ? rc : RC_AUTH_FAILED;
}

static uint16_t auth_of_kind(enum key_kind kind)
{
	return kind == KEY_RSA ? (uint16_t)OAKLEY_RSA_SIG : auth_method_of_curve(kind);
}

enum rc isakmp_auth_of_key(const struct step *step, const struct auth_ends *ends, uint16_t *out,
			   struct diag *diag)
{
	unsigned allowed = isakmp_ends_allow(ends);
	struct credential *credential;
	enum key_kind kind;
	char name[24], text[64];

	TRY(own_key(step, ends, &credential, diag));
	kind = public_key_kind(private_key_public(credential->key));
	*out = auth_of_kind(kind);
	if ((isakmp_auth_kinds(*out) & allowed) != 0)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "our key is of kind %s, but conn %s lets both ends prove themselves only "
			 "by %s (authby=)",
			 names_text(&key_kind_names, (int)kind, name, sizeof(name)),
			 ends->peer->conn->name, auth_kinds_text(allowed, text));
}

enum rc isakmp_prove(struct step *step, const struct auth_ends *ends, uint16_t auth,
		     struct span hash, struct prove *prove, struct outcome *out)
{
	const struct auth_input input = { .hash = hash };
	struct credential *credential;
	struct auth_choice choice;
	uint16_t ours;

	*prove = (struct prove){ .method = AUTH_NONE };
	TRY(isakmp_auth_of_key(step, ends, &ours, &out->diag));
	if ((ours != auth && auth != OAKLEY_HYBRID_INIT_RSA) || !choice_of(auth, &choice))
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "authentication method %u was negotiated, which our key cannot do "
				 "any more",
				 auth);
	TRY(own_key(step, ends, &credential, &out->diag));
	return prove_sign(step, &choice, &input, credential, prove, out);
}

enum rc isakmp_check(struct step *step, const struct auth_ends *ends, uint16_t auth,
		     struct span hash, struct span signature, struct check *check,
		     struct outcome *out)
{
	const struct auth_input input = { .hash = hash };
	unsigned allowed = auth_remote_end(ends)->auth;
	char text[64];

	if ((isakmp_auth_kinds(auth) & allowed) == 0 || !choice_of(auth, &check->choice))
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "authentication method %u was negotiated, but conn %s allows only "
				 "%s (authby=)",
				 auth, ends->peer->conn->name, auth_kinds_text(allowed, text));
	check->auth = (struct wire_auth){ check->choice.method, signature };
	check->signature = signature;
	return check_signature(step, ends, &input, check, out);
}
