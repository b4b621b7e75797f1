/* SPDX-License-Identifier: Apache-2.0 */
/* By what the two ends of a conn prove themselves, in each round (rfc4739). */
#include "auth/private.h"
#include "x509/certificate.h"

static const struct config_end *of_round(const struct config_end *end, bool again)
{
	return again && end->second != NULL ? end->second : end;
}

const struct config_end *auth_local_end(const struct auth_ends *ends)
{
	return of_round(peer_local_end(ends->peer), ends->again);
}

const struct config_end *auth_remote_end(const struct auth_ends *ends)
{
	return of_round(peer_remote_end(ends->peer), ends->again);
}

static enum rc from_certificate(const struct step *step, const struct config_end *end,
				struct identity *out, struct diag *diag)
{
	struct credential *credential;
	struct identity made;
	struct span data;

	TRY(keyring_credential(step->env->keyring, end, &credential, diag));
	if (credential->certificate == NULL)
		return diag_fail(diag, RC_AUTH_FAILED, "%%fromcert needs leftcert2=");
	TRY(certificate_identity(credential->certificate, &made));
	data = arena_copy(step->arena, span_make(made.data, made.len));
	*out = (struct identity){ made.type, made.len, (uint8_t *)(uintptr_t)data.ptr };
	identity_free(&made);
	return data.ptr != NULL ? RC_OK : RC_NO_MEMORY;
}

/* What the peer and its conn have may be another one while a signature is made. */
static enum rc keep(const struct step *step, struct identity *id)
{
	struct span data = arena_copy(step->arena, span_make(id->data, id->len));

	id->data = (uint8_t *)(uintptr_t)data.ptr;
	return data.ptr != NULL || id->len == 0 ? RC_OK : RC_NO_MEMORY;
}

/* A template for any address of ours: the one that the peer came to. */
static struct identity address_of(const struct ip_endpoint *local)
{
	struct span bytes = ip_bytes(&local->addr);

	return (struct identity){ local->addr.family == AF_INET ? ID_IPV4_ADDR : ID_IPV6_ADDR,
				  (uint16_t)bytes.len, (uint8_t *)(uintptr_t)bytes.ptr };
}

enum rc auth_local_id(const struct step *step, const struct auth_ends *ends, struct identity *out,
		      struct diag *diag)
{
	const struct config_end *end = auth_local_end(ends);

	bool again = end != peer_local_end(ends->peer);

	*out = ends->peer->local_id;
	if (again && end->id_fromcert)
		return from_certificate(step, end, out, diag);
	if (again && end->id.type != ID_NONE)
		*out = end->id;
	if (out->type == ID_NONE && ends->local != NULL)
		*out = address_of(ends->local);
	return keep(step, out);
}
