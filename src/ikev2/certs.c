/* SPDX-License-Identifier: Apache-2.0 */
/* What the two ends say about certificates (rfc7296 §3.6, §3.7; rfc7427 §4). */
#include "ikev2/certs.h"
#include "auth/announce.h"

#define REQUEST_CAS_MAX 16 /* more are not named: "any" */
#define CA_HASH_LEN	20
#define HASHES_MAX	8

static bool signs(const struct config_end *end)
{
	return (end->auth & AUTHBY_SIGNATURE) != 0 ||
	       (end->second != NULL && (end->second->auth & AUTHBY_SIGNATURE) != 0);
}

bool certs_wanted(const struct config_conn *conn)
{
	return signs(&conn->left) || signs(&conn->right);
}

/* Of so many that naming them would make the message large, none is named. */
static enum rc ca_hashes(struct step *step, struct span *out)
{
	const struct x509_trust *trust = keyring_trust(step->env->keyring);
	uint8_t *hashes = arena_alloc(step->arena, (size_t)REQUEST_CAS_MAX * CA_HASH_LEN);
	const struct x509_ca *ca;
	size_t len = 0;

	if (hashes == NULL)
		return RC_NO_MEMORY;
	*out = SPAN_NONE;
	for (size_t i = 0; (ca = x509_trust_at(trust, i)) != NULL; i++) {
		if (!ca->trusted)
			continue;
		if (len == (size_t)REQUEST_CAS_MAX * CA_HASH_LEN)
			return RC_OK;
		certificate_ca_hash(ca->certificate, hashes + len);
		len += CA_HASH_LEN;
	}
	*out = span_make(hashes, len);
	return RC_OK;
}

static enum rc emit_request(struct step *step, struct writer *writer)
{
	struct wire_cert request = { .encoding = CERT_X509_SIGNATURE };

	TRY(ca_hashes(step, &request.data));
	wire_cert_emit(writer, PAYLOAD_CERTREQ, &request);
	return RC_OK;
}

enum rc certs_emit_request(struct step *step, const struct config_end *remote,
			   struct writer *writer)
{
	return signs(remote) ? emit_request(step, writer) : RC_OK;
}

enum rc certs_emit_hashes(struct step *step, struct writer *writer)
{
	struct wire_notify notify = { .type = SIGNATURE_HASH_ALGORITHMS };
	uint8_t *data = arena_alloc(step->arena, HASHES_MAX * 2);
	struct sink sink;

	if (data == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, data, HASHES_MAX * 2);
	for (unsigned hash = 0; hash < HASHES_MAX; hash++)
		if ((prove_hashes() & HASH_BIT(hash)) != 0)
			sink_u16(&sink, (uint16_t)hash);
	notify.data = sink_written(&sink);
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

static enum rc emit_methods(struct step *step, const struct peer_methods *allowed,
			    struct writer *writer)
{
	struct wire_notify notify = { .type = SUPPORTED_AUTH_METHODS };
	uint8_t *data = arena_alloc(step->arena, ANNOUNCE_LEN_MAX);
	struct sink sink;

	if (data == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, data, ANNOUNCE_LEN_MAX);
	announce_emit(allowed, &sink);
	TRY(sink_rc(&sink));
	notify.data = sink_written(&sink);
	wire_notify_emit(writer, &notify);
	return RC_OK;
}

enum rc certs_emit_methods(struct step *step, const struct config_end *remote,
			   struct writer *writer)
{
	struct peer_methods allowed = { .auth = 0 };

	peer_methods_add(&allowed, remote);
	return emit_methods(step, &allowed, writer);
}

void certs_read_methods(const struct ike_message *message, struct peer_accepts *accepts)
{
	struct peer_accepts told = { .hashes = accepts->hashes };
	struct wire_notify notify;

	if (notify_find(message, SUPPORTED_AUTH_METHODS, &notify) &&
	    announce_read(notify.data, &told) == RC_OK)
		*accepts = told;
}

enum rc certs_emit_any(struct step *step, struct writer *writer)
{
	struct peer_methods allowed;

	TRY(emit_request(step, writer));
	TRY(certs_emit_hashes(step, writer));
	if (!peers_methods_at(step->env->peers, &step->local.addr, &step->remote.addr, &allowed))
		return RC_OK;
	return emit_methods(step, &allowed, writer);
}

uint16_t certs_hashes(const struct ike_message *message)
{
	struct wire_notify notify;
	struct span data;
	unsigned bits = 0;
	uint16_t hash;

	if (!notify_find(message, SIGNATURE_HASH_ALGORITHMS, &notify))
		return 0;
	data = notify.data;
	while (span_u16(&data, &hash) == RC_OK)
		if (hash < HASHES_MAX)
			bits |= HASH_BIT(hash);
	return (uint16_t)bits;
}

void certs_emit(const struct config_end *local, const struct prove *prove, bool asked,
		struct writer *writer)
{
	for (unsigned i = 0; i < prove_certificates(local, prove, asked); i++) {
		const struct wire_cert cert = prove_certificate(prove, i);
		wire_cert_emit(writer, PAYLOAD_CERT, &cert);
	}
}
