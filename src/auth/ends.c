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

enum rc auth_local_id(const struct step *step, const struct auth_ends *ends, struct identity *out,
		      struct diag *diag)
{
	const struct config_end *end = auth_local_end(ends);

	*out = ends->peer->local_id;
	if (end == peer_local_end(ends->peer))
		return RC_OK;
	if (end->id_fromcert)
		return from_certificate(step, end, out, diag);
	if (end->id.type != ID_NONE)
		*out = end->id;
	return RC_OK;
}
