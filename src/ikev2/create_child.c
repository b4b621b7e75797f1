/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.3: CREATE_CHILD_SA. A responder may refuse every one of them (§1.3, §4: "minimal
 * implementation"); rekeying and further Child SAs enter here as rows of ESTABLISHED. */
#include "ikev2/private.h"

static enum rc refuse(struct step *step, struct outcome *out)
{
	(void)step;
	return diag_fail(&out->diag, RC_NO_ADDITIONAL_SAS,
			 "peer asked for another SA in this IKE SA; answered NO_ADDITIONAL_SAS");
}

static const step_fn refuse_steps[] = { refuse, NULL };

static const struct payload_rule request_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_SA, 1, 1, ENCRYPTED },
	{ PAYLOAD_NONCE, 1, 1, ENCRYPTED },
	{ PAYLOAD_KE, 0, 1, ENCRYPTED },
	{ PAYLOAD_TSi, 0, 1, ENCRYPTED },
	{ PAYLOAD_TSr, 0, 1, ENCRYPTED },
	{ PAYLOAD_CP, 0, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

#define REFUSED                                                                                    \
	"peer wants to rekey or another Child SA: one pair an IKE SA, it is to begin a new one"

const struct ikev2_row ikev2_create_child_rows[] = {
	{ IKEV2_ESTABLISHED, INITIATOR, EVENT_CREATE_CHILD_REQUEST, request_rules, refuse_steps,
	  IKEV2_ESTABLISHED, REFUSED },
	{ IKEV2_ESTABLISHED, RESPONDER, EVENT_CREATE_CHILD_REQUEST, request_rules, refuse_steps,
	  IKEV2_ESTABLISHED, REFUSED },
	{ .story = NULL },
};
