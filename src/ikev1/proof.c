/* SPDX-License-Identifier: Apache-2.0 */
/* How the ends of phase 1 prove who they are (rfc2409 §5): by HASH_I and HASH_R where SKEYID comes
 * from a shared key, by a signature of them otherwise. */
#include "ikev1/private.h"

/* draft-ietf-ipsec-isakmp-hybrid-auth-05 §3.2: the initiator sends its HASH alone, which proves
 * only that it has the keys. */
static bool by_signature(uint16_t auth, bool of_initiator)
{
	return v1_signs(auth) && !(auth == OAKLEY_HYBRID_INIT_RSA && of_initiator);
}

static enum isakmp_payload_type payload_of(uint16_t auth, bool of_initiator)
{
	return by_signature(auth, of_initiator) ? ISAKMP_SIG : ISAKMP_HASH;
}

/* ---- the peer's ---- */

enum rc v1_theirs_read(struct step *step, uint16_t auth, bool of_initiator, struct span id,
		       struct v1_theirs *theirs, struct diag *diag)
{
	unsigned proofs = isakmp_payload_count(step->message, ISAKMP_HASH) +
			  isakmp_payload_count(step->message, ISAKMP_SIG);

	if (proofs != 1 || v1_payload(step->message, payload_of(auth, of_initiator)) == NULL)
		return diag_fail(diag, RC_DROP,
				 "expected exactly one %s payload, by the method that was "
				 "negotiated (%u)",
				 by_signature(auth, of_initiator) ? "SIG" : "HASH", auth);
	TRY(isakmp_id_parse(id, &theirs->id, diag));
	theirs->identity = v1_identity(&theirs->id);
	return check_read(step, &theirs->check, diag);
}

enum rc v1_theirs_hash(struct step *step, uint16_t auth, bool of_initiator,
		       const struct v1_theirs *theirs, struct outcome *out)
{
	struct span want;

	if (by_signature(auth, of_initiator))
		return RC_OK;
	TRY(v1_proof(step, out, of_initiator, &theirs->id, &want));
	if (secret_equal(want, v1_payload(step->message, ISAKMP_HASH)->body))
		return RC_OK;
	return diag_fail(&out->diag, RC_DROP,
			 "HASH_%c of the peer is wrong: the shared keys of the two sides differ "
			 "(compare ipsec.secrets)",
			 of_initiator ? 'I' : 'R');
}

enum rc v1_theirs_verify(struct step *step, uint16_t auth, bool of_initiator,
			 const struct auth_ends *ends, struct v1_theirs *theirs,
			 struct outcome *out)
{
	struct span hash;

	if (!by_signature(auth, of_initiator))
		return RC_OK;
	TRY(v1_proof(step, out, of_initiator, &theirs->id, &hash));
	return isakmp_check(step, ends, auth, hash, v1_payload(step->message, ISAKMP_SIG)->body,
			    &theirs->check, out);
}

static enum rc name_it(const struct v1_theirs *theirs, enum rc rc, struct outcome *out)
{
	char id[IDENTITY_TEXT_MAX];

	if (rc != RC_OK && rc != RC_SUSPEND)
		diag_prefix(&out->diag, "%s", identity_text(&theirs->identity, id));
	return rc;
}

enum rc v1_theirs_verified(struct step *step, uint16_t auth, bool of_initiator,
			   const struct auth_ends *ends, struct v1_theirs *theirs,
			   struct outcome *out)
{
	if (!by_signature(auth, of_initiator))
		return RC_OK;
	TRY(name_it(theirs, check_end(step, ends, &theirs->check, out), out));
	out->extra.certified_until = check_certified_until(&theirs->check);
	return RC_OK;
}

/* ---- ours ---- */

enum rc v1_ours_prove(struct step *step, uint16_t auth, bool of_initiator,
		      const struct auth_ends *ends, struct v1_ours *ours, struct outcome *out)
{
	TRY(auth_local_id(step, ends, &ours->identity, &out->diag));
	ours->id = v1_id_of(&ours->identity);
	TRY(v1_proof(step, out, of_initiator, &ours->id, &ours->hash));
	if (!by_signature(auth, of_initiator))
		return RC_OK;
	return isakmp_prove(step, ends, auth, ours->hash, &ours->prove, out);
}

void v1_ours_emit(const struct step *step, const struct ike_sa *sa, const struct auth_ends *ends,
		  const struct v1_ours *ours, struct writer *writer)
{
	bool asked = sa->larval->cert_asked || v1_certs_asked(step->message);
	bool signs = ours->prove.value.ptr != NULL;

	v1_certs_emit(auth_local_end(ends), &ours->prove, asked, writer);
	isakmp_bytes_emit(writer, signs ? ISAKMP_SIG : ISAKMP_HASH,
			  signs ? ours->prove.value : ours->hash);
}
