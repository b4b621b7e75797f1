/* SPDX-License-Identifier: Apache-2.0 */
/* AUTH with a shared key (RFC 7296 §2.15). */
#include "auth/psk.h"

enum rc psk_auth(struct arena *arena, const struct auth_input *input, struct span psk,
		 struct span *out)
{
	uint8_t body[LIMIT_ID + 8];
	struct sink sink;
	uint8_t *value = arena_alloc(arena, PRF_MAX);

	if (value == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, body, sizeof(body));
	wire_id_body_emit(&sink, input->id);
	TRY(sink_rc(&sink));
	TRY(auth_psk(input->suite, psk, input->message, input->nonce, input->sk_p,
		     sink_written(&sink), input->int_auth, value));
	*out = span_make(value, input->suite->prf->len);
	return RC_OK;
}

enum rc psk_verify(struct arena *arena, const struct auth_input *input, struct span psk,
		   const struct wire_auth *auth, struct diag *diag)
{
	struct span expected;
	char name[48];

	if (auth->method != AUTH_SHARED_KEY)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "peer authenticates by %s, we expect a shared key (authby=secret)",
				 names_text(&auth_method_names, auth->method, name, sizeof(name)));
	TRY(psk_auth(arena, input, psk, &expected));
	if (!secret_equal(expected, auth->data))
		return diag_fail(
			diag, RC_AUTH_FAILED,
			"AUTH of the peer is wrong: the shared keys of the two sides differ "
			"(compare ipsec.secrets)");
	return RC_OK;
}

enum rc psk_find(const struct step *step, const struct identity *local_id,
		 const struct identity *remote_id, const struct ip_endpoint *local,
		 const struct ip_endpoint *remote, struct span *psk, struct diag *diag)
{
	enum rc rc = RC_NOT_FOUND;

	if (step->env->secrets != NULL)
		rc = secrets_psk(step->env->secrets, local_id, &local->addr, remote_id,
				 &remote->addr, psk, diag);
	else
		(void)diag_fail(diag, rc, "no secrets are loaded (ipsec.secrets)");
	return rc == RC_NOT_FOUND ? RC_AUTH_FAILED : rc;
}
