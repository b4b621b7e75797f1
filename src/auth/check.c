/* SPDX-License-Identifier: Apache-2.0 */
/* The peer's AUTH: by shared key, NULL (RFC 7619), or a signature whose key a certificate or the
 * configuration names. */
#include "auth/private.h"
#include "wire/isakmp_iana.h"
#include "x509/pinned.h"

enum rc check_read(struct step *step, struct check *check, struct diag *diag)
{
	const struct ike_message *message = step->message;
	struct wire_cert cert;
	uint8_t type = ike_major(&message->header) == 1 ? (uint8_t)ISAKMP_CERT : PAYLOAD_CERT;
	size_t bytes = 0;

	for (const struct payload *p = message->first; p != NULL; p = p->next) {
		if (p->type != type)
			continue;
		TRY(wire_cert_parse(p->body, &cert, diag));
		if (cert.encoding != CERT_X509_SIGNATURE) { /* the peer may send what it likes */
			check->unread = cert.encoding;
			continue;
		}
		bytes += cert.data.len;
		if (check->certificate_count == X509_CHAIN_MAX || bytes > X509_BYTES_MAX)
			return diag_fail(diag, RC_LIMIT,
					 "peer sent more than %d certificates or %d bytes of them",
					 X509_CHAIN_MAX, X509_BYTES_MAX);
		check->certificates[check->certificate_count++] = cert.data;
	}
	return RC_OK;
}

/* ---- on a worker ---- */

/* Of IKEv1's methods the curve is a part, which no hash of theirs tells. */
static bool is_other_curve(const struct auth_choice *choice, const struct public_key *key)
{
	return choice->scheme.form == SIGN_ECDSA && choice->scheme.hash == SIGN_RAW &&
	       auth_method_of_curve(public_key_kind(key)) != choice->method;
}

static enum rc verify_with(const struct check *check, const struct public_key *key, unsigned worker,
			   struct diag *diag)
{
	if (is_other_curve(&check->choice, key))
		return diag_fail(diag, RC_AUTH_FAILED,
				 "the peer's key is not of the curve that was negotiated");
	return signature_verify(key, &check->choice.scheme, check->choice.form,
				check->octets->parts, check->octets->count, check->signature,
				worker, diag);
}

static enum rc verify_raw(const struct check *check, unsigned worker, struct diag *diag)
{
	enum rc rc = RC_AUTH_FAILED;

	for (unsigned i = 0; i < check->key_count && rc != RC_OK; i++)
		rc = verify_with(check, check->keys[i], worker, diag);
	return rc;
}

static enum rc verify_chain(struct check *check, unsigned worker, struct diag *diag)
{
	struct public_key *key;
	enum rc rc;

	TRY(x509_verify(&check->verify, diag));
	TRY(certificate_key(check->verify.path[0], &key, diag));
	rc = verify_with(check, key, worker, diag);
	public_key_unref(key);
	return rc;
}

/* By whom it may have been revoked; to trust it needs nobody. */
static enum rc verify_pinned(struct check *check, unsigned worker, struct diag *diag)
{
	enum rc rc;

	TRY(verify_raw(check, worker, diag));
	if (check->pinned == NULL)
		return RC_OK;
	check->verify.worker = worker;
	rc = x509_pinned_path(check->pinned, &check->verify, check->unknown);
	return rc == RC_NO_MEMORY ? rc : RC_OK;
}

static enum rc check_run(void *arg, unsigned worker, struct diag *diag)
{
	struct check *check = arg;
	enum rc rc = check->key_count > 0 ? verify_pinned(check, worker, diag)
					  : verify_chain(check, worker, diag);

	return rc == RC_OK || rc == RC_NO_MEMORY ? rc : RC_AUTH_FAILED;
}

/* ---- on the loop ---- */

static void release_check(void *what)
{
	struct check *check = what;

	x509_verify_wipe(&check->verify);
	x509_trust_unref(check->verify.trust);
	certificate_unref(check->pinned);
	check->pinned = NULL;
	for (unsigned i = 0; i < check->key_count; i++)
		public_key_unref(check->keys[i]);
	check->key_count = 0;
}

static enum rc take_keys(struct step *step, const struct config_end *end, struct check *check,
			 struct diag *diag)
{
	struct public_key *key;
	enum rc rc = RC_OK;

	while (check->key_count < sizeof(check->keys) / sizeof(check->keys[0])) {
		rc = keyring_peer_key(step->env->keyring, end, check->key_count, &key, diag);
		if (rc != RC_OK)
			break;
		check->keys[check->key_count++] = public_key_ref(key);
	}
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static void take_trust(struct step *step, struct check *check)
{
	check->verify.trust = x509_trust_ref(keyring_trust(step->env->keyring));
	check->verify.ders = check->certificates;
	check->verify.count = check->certificate_count;
	check->verify.now = step->env->host->ops->wall(step->env->host);
}

/* rightcert=: its dates are looked at whatever else is trusted. */
static enum rc take_pinned(struct step *step, const struct config_end *end, struct check *check,
			   struct outcome *out)
{
	struct diag why = { "" };
	struct certificate *pinned;

	if (end->cert == NULL)
		return RC_OK;
	TRY(keyring_peer_certificate(step->env->keyring, end, &pinned, &out->diag));
	check->unknown = ARENA_NEW(step->arena, struct diag);
	if (check->unknown == NULL)
		return RC_NO_MEMORY;
	check->pinned = certificate_ref(pinned);
	take_trust(step, check);
	if (x509_pinned_dates(pinned, check->verify.now, &why) == RC_OK)
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED,
			 "the peer's certificate, which the conn names (\"%.80s\"): %.300s",
			 end->cert, why.text);
}

/* PKCS#7 of old gateways (RFC 4945 §3.3.4), hash and URL (RFC 7296 §3.6), CRLs. */
static enum rc unread(const struct auth_ends *ends, const struct check *check, struct diag *diag)
{
	char name[48];

	return diag_fail(diag, RC_AUTH_FAILED,
			 "peer sent no certificate that Vanth reads, but CERT of encoding %u (%s), "
			 "and conn %s names no key of it (rightcert=, rightpubkey=); have it send "
			 "X.509 certificates (encoding 4)",
			 check->unread,
			 names_text(&cert_encoding_names, check->unread, name, sizeof(name)),
			 ends->peer->conn->name);
}

static enum rc take_chain(struct step *step, const struct auth_ends *ends, struct check *check,
			  struct outcome *out)
{
	const struct config_end *end = auth_remote_end(ends);

	if (end->ca_same)
		end = auth_local_end(ends);
	if (check->certificate_count == 0 && check->unread != 0)
		return unread(ends, check, &out->diag);
	if (check->certificate_count == 0)
		return diag_fail(
			&out->diag, RC_AUTH_FAILED,
			"peer sent no certificate, and conn %s names no key of it "
			"(rightcert=, rightpubkey=); have it send one (leftsendcert=always "
			"there)",
			ends->peer->conn->name);
	take_trust(step, check);
	check->verify.ca = span_make(end->ca, end->ca_len);
	return RC_OK;
}

enum rc check_signature(struct step *step, const struct auth_ends *ends,
			const struct auth_input *input, struct check *check, struct outcome *out)
{
	const struct config_end *end = auth_remote_end(ends);
	enum rc rc;

	TRY(auth_octets_make(step->arena, input, &check->octets));
	TRY(outcome_hold(step->arena, out, release_check, check));
	rc = take_keys(step, end, check, &out->diag);
	if (rc == RC_OK)
		rc = take_pinned(step, end, check, out);
	if (rc == RC_OK && check->key_count == 0)
		rc = take_chain(step, ends, check, out);
	if (rc != RC_OK)
		return rc == RC_NO_MEMORY ? rc : RC_AUTH_FAILED;
	check->pending = true;
	out->work = (struct slow_work){ .run = check_run, .arg = check };
	return RC_SUSPEND;
}

static enum rc check_shared(struct step *step, const struct auth_ends *ends,
			    const struct auth_input *input, const struct check *check,
			    struct outcome *out)
{
	struct identity local_id;
	struct span psk;

	TRY(auth_local_id(step, ends, &local_id, &out->diag));
	TRY(psk_find(step, &local_id, ends->remote_id, ends->local, ends->remote, &psk,
		     &out->diag));
	return psk_verify(step->arena, input, psk, &check->auth, &out->diag);
}

static enum rc check_null(struct step *step, const struct auth_input *input,
			  const struct check *check, struct outcome *out)
{
	struct span expected;

	TRY(psk_auth(step->arena, input, input->sk_p, &expected));
	if (secret_equal(expected, check->auth.data))
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED, "AUTH of method NULL is wrong");
}

enum rc check_begin(struct step *step, const struct auth_ends *ends, const struct auth_input *input,
		    struct check *check, struct outcome *out)
{
	unsigned allowed = auth_remote_end(ends)->auth;
	char name[48], text[64];

	if ((auth_method_kinds(check->auth.method) & allowed) == 0)
		return diag_fail(
			&out->diag, RC_AUTH_FAILED,
			"peer authenticates by %s, but conn %s allows only %s (%s=)",
			names_text(&auth_method_names, check->auth.method, name, sizeof(name)),
			ends->peer->conn->name, auth_kinds_text(allowed, text),
			ends->again ? "rightauth2" : "authby");
	if (check->auth.method == AUTH_SHARED_KEY)
		return check_shared(step, ends, input, check, out);
	if (check->auth.method == AUTH_NULL)
		return check_null(step, input, check, out);
	TRY(auth_method_read(&check->auth, auth_remote_end(ends), &check->choice, &check->signature,
			     &out->diag));
	return check_signature(step, ends, input, check, out);
}

/* ---- afterwards ---- */

/* RFC 4945 §3.1 */
static enum rc carries_identity(const struct auth_ends *ends, const struct check *check,
				struct outcome *out)
{
	const struct certificate *certificate = check->verify.path[0];
	char id[IDENTITY_TEXT_MAX], subject[IDENTITY_TEXT_MAX];

	if (!ends->peer->conn->require_id_on_certificate ||
	    certificate_names(certificate, ends->remote_id))
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED,
			 "peer says it is %.100s, which its certificate (%.120s) does not say",
			 identity_text(ends->remote_id, id),
			 certificate_subject_text(certificate, subject));
}

/* The chain is trusted, so its CA's words on who is revoked may be asked for. */
static enum rc is_not_revoked(struct step *step, const struct check *check, struct outcome *out)
{
	enum rc rc = x509_revocation(step->env->revocation, check->verify.path,
				     check->verify.path_count, step->waiter, &out->diag);

	step->again = rc == RC_SUSPEND;
	return rc;
}

/* Whoever made it is not trusted here, so nobody can be asked; one that made itself has nobody. */
static enum rc judge_unknown(const struct step *step, const struct check *check,
			     struct outcome *out)
{
	const struct config_setup *setup = step->env->setup;
	bool ocsp = setup->ocsp_enable && setup->ocsp_strict;

	if (check->pinned == NULL || x509_is_self_issued(check->pinned) ||
	    (!setup->crl_strict && !ocsp))
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED,
			 "whether the peer's certificate is revoked could not be found out "
			 "(%s=yes): its CA must be known (ipsec import --ca): %.250s",
			 setup->crl_strict ? "crl-strict" : "ocsp-strict", check->unknown->text);
}

/* It may be revoked later. */
static enum rc keep_proof(struct step *step, const struct check *check, struct outcome *out)
{
	struct x509_proof *proof = x509_proof_new(check->verify.path, check->verify.path_count);

	if (proof == NULL)
		return check->verify.path_count < 2 ? RC_OK : RC_NO_MEMORY;
	out->extra.proof = proof;
	return outcome_hold(step->arena, out, mem_free, proof);
}

enum rc check_end(struct step *step, const struct auth_ends *ends, struct check *check,
		  struct outcome *out)
{
	if (check->pending && step->rc != RC_OK) {
		out->diag = step->job_diag;
		return step->rc;
	}
	check->pending = false;
	if (check->verify.path_count == 0)
		return judge_unknown(step, check, out);
	if (check->pinned == NULL)
		TRY(carries_identity(ends, check, out));
	TRY(is_not_revoked(step, check, out));
	return keep_proof(step, check, out);
}

int64_t check_certified_until(const struct check *check)
{
	int64_t until = INT64_MAX;

	if (check->auth.method == AUTH_SHARED_KEY)
		return 0;
	for (unsigned i = 0; i < check->verify.path_count; i++)
		if (certificate_not_after(check->verify.path[i]) < until)
			until = certificate_not_after(check->verify.path[i]);
	return check->verify.path_count > 0 && until > 0 ? until : -1;
}
