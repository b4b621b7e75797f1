/* SPDX-License-Identifier: Apache-2.0 */
/* Our own AUTH: by shared key, NULL (RFC 7619) or signature. */
#include "auth/private.h"

/* What a worker needs to sign; in the arena. */
struct signing {
	struct auth_octets *octets;
	struct private_key *key;
	struct auth_choice choice;
	uint8_t *out; /* head, then room for the signature */
	size_t head, len;
};

static enum rc sign_run(void *arg, unsigned worker, struct diag *diag)
{
	struct signing *signing = arg;

	return signature_make(signing->key, &signing->choice.scheme, signing->choice.form,
			      signing->octets->parts, signing->octets->count, worker,
			      signing->out + signing->head, &signing->len, diag);
}

static void release_credential(void *what)
{
	credential_unref(what);
}

static enum rc prepare(struct step *step, const struct auth_input *input,
		       const struct credential *credential, struct signing *signing)
{
	size_t room = AUTH_METHOD_HEAD_MAX + signature_max(private_key_public(credential->key));

	signing->key = credential->key;
	signing->out = arena_alloc(step->arena, room);
	if (signing->out == NULL)
		return RC_NO_MEMORY;
	signing->head = auth_method_head(&signing->choice, signing->out, AUTH_METHOD_HEAD_MAX);
	return auth_octets_make(step->arena, input, &signing->octets);
}

enum rc prove_sign(struct step *step, const struct auth_choice *choice,
		   const struct auth_input *input, struct credential *credential,
		   struct prove *prove, struct outcome *out)
{
	struct signing *signing = ARENA_NEW(step->arena, struct signing);

	if (signing == NULL)
		return RC_NO_MEMORY;
	signing->choice = *choice;
	TRY(prepare(step, input, credential, signing));
	TRY(outcome_hold(step->arena, out, release_credential, credential_ref(credential)));
	prove->method = signing->choice.method;
	prove->credential = credential;
	prove->signing = signing;
	out->work = (struct slow_work){ .run = sign_run, .arg = signing };
	return RC_SUSPEND;
}

static enum rc sign(struct step *step, const struct peer_methods *allowed, uint16_t hashes,
		    const struct auth_input *input, struct credential *credential,
		    struct prove *prove, struct outcome *out)
{
	enum key_kind kind = public_key_kind(private_key_public(credential->key));
	struct auth_choice choice;

	TRY(auth_method_choose(kind, allowed, hashes, &choice, &out->diag));
	return prove_sign(step, &choice, input, credential, prove, out);
}

static enum rc shared(struct step *step, const struct auth_ends *ends,
		      const struct auth_input *input, struct prove *prove, struct outcome *out)
{
	struct identity local_id;
	struct span psk;

	prove->method = AUTH_SHARED_KEY;
	TRY(auth_local_id(step, ends, &local_id, &out->diag));
	TRY(psk_find(step, &local_id, ends->remote_id, ends->local, ends->remote, &psk,
		     &out->diag));
	return psk_auth(step->arena, input, psk, &prove->value);
}

static enum rc no_key(const struct auth_ends *ends, struct diag *diag)
{
	return diag_fail(diag, RC_AUTH_FAILED,
			 "conn %s wants a signature of us (%s=), but names no certificate or "
			 "key of ours (%s)",
			 ends->peer->conn->name, ends->again ? "leftauth2" : "authby",
			 ends->again ? "leftcert2=" : "leftcert=, leftckaid=");
}

enum rc prove_possible(const struct step *step, const struct auth_ends *ends, struct diag *diag)
{
	const struct config_end *end = auth_local_end(ends);
	struct credential *credential;
	struct identity local_id;
	struct span psk;
	enum rc rc = RC_NOT_FOUND;

	if ((end->auth & AUTHBY_NULL) != 0)
		return RC_OK;
	if ((end->auth & AUTHBY_SIGNATURE) != 0)
		rc = keyring_credential(step->env->keyring, end, &credential, diag);
	if (rc == RC_OK || (end->auth & AUTHBY_SECRET) == 0)
		return rc == RC_NOT_FOUND ? no_key(ends, diag) : rc;
	TRY(auth_local_id(step, ends, &local_id, diag));
	return psk_find(step, &local_id, ends->remote_id, ends->local, ends->remote, &psk, diag);
}

/* RFC 9593: only what the peer said that it accepts. */
static enum rc narrow(const struct auth_ends *ends, const struct peer_accepts *accepts,
		      struct peer_methods *allowed, struct diag *diag)
{
	char ours[64], theirs[64];

	*allowed = auth_methods_of(auth_local_end(ends));
	if (accepts->kinds == 0)
		return RC_OK;
	allowed->auth &= accepts->kinds;
	allowed->signatures.pss &= accepts->signatures.pss;
	allowed->signatures.pkcs1 &= accepts->signatures.pkcs1;
	allowed->signatures.ecdsa &= accepts->signatures.ecdsa;
	if (allowed->auth != 0)
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "peer accepts only %s of us, but conn %s has %s (authby=)",
			 auth_kinds_text(accepts->kinds, theirs), ends->peer->conn->name,
			 auth_kinds_text(auth_local_end(ends)->auth, ours));
}

enum rc prove_begin(struct step *step, const struct auth_ends *ends,
		    const struct peer_accepts *accepts, const struct auth_input *input,
		    struct prove *prove, struct outcome *out)
{
	const struct config_end *end = auth_local_end(ends);
	struct peer_methods allowed;
	struct credential *credential;
	enum rc rc = RC_NOT_FOUND;

	*prove = (struct prove){ .method = AUTH_NONE };
	TRY(narrow(ends, accepts, &allowed, &out->diag));
	if ((allowed.auth & AUTHBY_SIGNATURE) != 0)
		rc = keyring_credential(step->env->keyring, end, &credential, &out->diag);
	if (rc == RC_OK)
		return sign(step, &allowed, accepts->hashes, input, credential, prove, out);
	if ((allowed.auth & AUTHBY_SECRET) != 0)
		return shared(step, ends, input, prove, out);
	if ((allowed.auth & AUTHBY_NULL) != 0) {
		prove->method = AUTH_NULL;
		return psk_auth(step->arena, input, input->sk_p, &prove->value);
	}
	if (rc != RC_NOT_FOUND)
		return rc == RC_NO_MEMORY ? rc : RC_AUTH_FAILED;
	return no_key(ends, &out->diag);
}

enum rc prove_end(const struct step *step, struct prove *prove, struct outcome *out)
{
	if (prove->signing == NULL)
		return RC_OK;
	if (step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	prove->value = span_make(prove->signing->out, prove->signing->head + prove->signing->len);
	prove->signing = NULL;
	return RC_OK;
}
