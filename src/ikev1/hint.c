/* SPDX-License-Identifier: Apache-2.0 */
/* What a peer says of an ISAKMP SA that we begin, before phase 1 is done (rfc2408 §5.15): nothing
 * proves whose words they are, so that they are for the log alone, and we go on asking. */
#include "ikev1/private.h"

static bool is_encrypted(const struct step *step)
{
	return (step->message->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0;
}

/* rfc2408 §3.1 has 0 for the message ID of all of phase 1, and Libreswan says it in clear; what is
 * sealed has one, from which its IV and its HASH are made. */
static enum rc check_sealed(const struct step *step, struct diag *diag)
{
	if (step->message->header.message_id == 0)
		return diag_fail(diag, RC_SYNTAX, "Informational without a message ID");
	return v1_hash_check(step, SPAN_NONE, diag);
}

static enum rc take_hint(struct step *step, struct outcome *out)
{
	const struct payload *payload = v1_payload(step->message, ISAKMP_NOTIFICATION);
	struct isakmp_notify notify;

	if (is_encrypted(step)) /* whom we agreed on keys with: not yet our peer */
		TRY(check_sealed(step, &out->diag));
	if (payload == NULL)
		return RC_DROP;
	TRY(isakmp_notify_parse(payload->body, &notify, &out->diag));
	if (notify.type == 0 || notify.type >= ISAKMP_FIRST_STATUS)
		return RC_DROP;
	out->v1.hint = notify.type;
	return RC_OK;
}

static const char *remedy(uint16_t hint)
{
	if (hint == ISAKMP_INVALID_MAJOR_VERSION)
		return "it speaks no IKEv1 with us: write keyexchange=ikev2, or let it";
	return "compare ike=, authby=, the IDs and keys of the two sides";
}

/* Which message was not answered tells what it may be. */
static const char *silence_means(const struct ike_sa *sa)
{
	bool secret = sa->v1->auth == OAKLEY_PRESHARED_KEY;

	if (sa->state == IKEV1_AGGRESSIVE)
		return "nobody there, packets dropped on the way, another version of IKE, or a "
		       "peer that takes Main Mode only or knows no such leftid=";
	if (sa->state == IKEV1_MAIN_SA)
		return "nobody there, packets dropped on the way, another version of IKE, or a "
		       "peer that takes Aggressive Mode only";
	if (sa->state == IKEV1_MAIN_KE)
		return secret ? "the peer has agreed on ike=, but does not go on: has it a shared "
				"key for us? (ipsec.secrets)"
			      : "the peer has agreed on ike=, but does not go on; its log says why";
	return secret ? "the peer is silent since we said who we are: its shared key "
			"(ipsec.secrets), or the ID that it expects (our leftid=), is another"
		      : "the peer is silent since we said who we are: it expects another ID (our "
			"leftid=) or certificate, or such large packets are dropped on the way";
}

void v1_hint_why(const struct ike_sa *sa, struct diag *diag)
{
	const char *mode = sa->state == IKEV1_AGGRESSIVE ? "Aggressive" : "Main";
	char name[48];

	if (sa->v1->hint != 0)
		(void)diag_fail(diag, RC_TIMEOUT,
				"somebody who may be the peer said %s (%s): no answer to %s Mode",
				names_text(&isakmp_notify_names, sa->v1->hint, name, sizeof(name)),
				remedy(sa->v1->hint), mode);
	else
		(void)diag_fail(diag, RC_TIMEOUT, "no answer to %s Mode: %s", mode,
				silence_means(sa));
}

static const step_fn hint_steps[] = { take_hint, NULL };

static const struct payload_rule rules[] = {
	{ ISAKMP_HASH, 0, 1, EITHER },
	{ ISAKMP_NOTIFICATION, 1, 8, EITHER },
	PAYLOAD_RULES_END,
};

#define HINT(state)                                                                                \
	{                                                                                          \
		state, INITIATOR, EVENT_V1_INFORMATIONAL, rules, hint_steps, state,                \
			"why the peer does not go on: said, and not believed"                      \
	}
const struct ike_row ikev1_hint_rows[] = {
	HINT(IKEV1_MAIN_SA),	HINT(IKEV1_MAIN_KE), HINT(IKEV1_MAIN_ID),
	HINT(IKEV1_AGGRESSIVE), { .story = NULL },
};
