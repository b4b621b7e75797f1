/* SPDX-License-Identifier: Apache-2.0 */
/* AUTH of a resumed session (rfc5723 §4.3.3): SK_px alone takes the place of the padded shared key.
 */
#include "auth/resumed.h"
#include "auth/private.h"

enum rc resumed_auth(struct arena *arena, const struct auth_input *input, struct span *out)
{
	const struct prf_alg *prf = input->suite->prf;
	struct span parts[3] = { input->message, input->nonce };
	uint8_t *value = arena_alloc(arena, PRF_MAX);

	if (value == NULL)
		return RC_NO_MEMORY;
	TRY(auth_maced_id(arena, input, &parts[2]));
	TRY(prf_parts(prf, input->sk_p, parts, 3, value));
	*out = span_make(value, prf->len);
	return RC_OK;
}

enum rc resumed_verify(struct arena *arena, const struct auth_input *input,
		       const struct wire_auth *auth, struct diag *diag)
{
	struct span expected;

	TRY(resumed_auth(arena, input, &expected));
	if (auth->method == AUTH_SHARED_KEY && secret_equal(expected, auth->data))
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED,
			 "AUTH of the resumed session is wrong: the peer does not know its keys");
}
