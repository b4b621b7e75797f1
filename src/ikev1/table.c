/* SPDX-License-Identifier: Apache-2.0 */
/* The transition table of IKEv1: finds the one row of a (state, role, event) among the rows of all
 * exchanges. */
#include "ikev1/private.h"

static const struct ike_row *const all_rows[] = {
	ikev1_main_initiate_rows,
	ikev1_main_answer_rows,
	ikev1_aggressive_initiate_rows,
	ikev1_aggressive_answer_rows,
	ikev1_quick_initiate_rows,
	ikev1_quick_answer_rows,
	ikev1_informational_rows,
	ikev1_modecfg_ask_rows,
	ikev1_modecfg_answer_rows,
	ikev1_xauth_client_rows,
	ikev1_xauth_server_rows,
	ikev1_lifetime_rows,
	ikev1_hint_rows,
	ikev1_reject_rows,
};
static const struct ike_rows rows = IKE_ROWS(all_rows);

const struct ike_row *ikev1_row_at(unsigned index)
{
	return ike_row_at(&rows, index);
}

unsigned ikev1_row_index(const struct ike_row *row)
{
	return ike_row_index(&rows, row, IKEV1_ROWS_MAX - 1);
}

const struct ike_row *ikev1_row(enum ike_state state, enum ike_role role, enum ike_event event)
{
	return ike_row_find(&rows, state, role, event);
}

/* Which message of its exchange it is follows from who began that. */
static enum ike_event event_of_quick(const struct ike_sa *sa, const struct ike_header *header)
{
	const struct isakmp_exchange *exchange;

	if (header->message_id == 0) /* phase 1's: the chain and the answer are not an exchange's */
		return EVENT_V1_OTHER;
	if (sa->request.bytes != NULL && sa->request.exchange == EXCHANGE_V1_QUICK &&
	    header->message_id == sa->v1->request_id)
		return EVENT_QUICK_RESPONSE;
	exchange = isakmp_exchange_find(sa->v1, header->message_id);
	return exchange == NULL ? EVENT_QUICK_REQUEST : EVENT_QUICK_PROOF;
}

/* RFC 2408 §3.1: the message ID is phase 2's, "must be set to zero" in phase 1, and never is in an
 * exchange of an ISAKMP SA that is there: the last block of phase 1 would change with it. */
static bool is_of_its_phase(const struct ike_sa *sa, const struct ike_header *header)
{
	if (header->exchange == EXCHANGE_V1_MAIN || header->exchange == EXCHANGE_V1_AGGRESSIVE)
		return header->message_id == 0;
	return header->exchange != EXCHANGE_V1_INFORMATIONAL || sa == NULL ||
	       sa->state < IKEV1_XAUTH || header->message_id != 0;
}

/* An exchange that is answered has no further message of the peer's (draft-dukes §3.1). */
static enum ike_event event_of_transaction(const struct ike_sa *sa, const struct ike_header *header)
{
	if (header->message_id == 0)
		return EVENT_V1_OTHER;
	if (sa->request.bytes != NULL && sa->request.exchange == EXCHANGE_V1_TRANSACTION &&
	    header->message_id == sa->v1->request_id)
		return EVENT_TRANSACTION_RESPONSE;
	return isakmp_exchange_find(sa->v1, header->message_id) == NULL ? EVENT_TRANSACTION_REQUEST
									: EVENT_V1_OTHER;
}

enum ike_event ikev1_event_of(const struct ike_sa *sa, const struct ike_header *header)
{
	if (!is_of_its_phase(sa, header))
		return EVENT_V1_OTHER;
	switch (header->exchange) {
	case EXCHANGE_V1_MAIN:
		return EVENT_MAIN;
	case EXCHANGE_V1_AGGRESSIVE:
		return EVENT_AGGRESSIVE;
	case EXCHANGE_V1_QUICK:
		return sa == NULL ? EVENT_QUICK_REQUEST : event_of_quick(sa, header);
	case EXCHANGE_V1_INFORMATIONAL:
		return EVENT_V1_INFORMATIONAL;
	case EXCHANGE_V1_TRANSACTION:
		return sa == NULL ? EVENT_TRANSACTION_REQUEST : event_of_transaction(sa, header);
	}
	return EVENT_V1_OTHER;
}

static enum rc check_one(const struct payload_rule *rules, const struct payload *payload,
			 struct diag *diag)
{
	char name[32];

	if (payload->type == ISAKMP_VID || payload->type == ISAKMP_NOTIFICATION ||
	    payload_rule_of(rules, payload->type) != NULL)
		return RC_OK;
	return diag_fail(diag, RC_SYNTAX, "payload %s does not belong in this message",
			 names_text(&isakmp_payload_names, payload->type, name, sizeof(name)));
}

/* RFC 2409 §5: "The SA payload MUST precede all other payloads in a phase 1 exchange"; §5.5: in
 * Quick Mode it MUST immediately follow a HASH, which comes first. */
static enum rc check_order(const struct ike_message *message, struct diag *diag)
{
	const struct payload *sa = isakmp_payload_find(message, ISAKMP_SA);

	if (sa == NULL || sa->at == 0 || (sa->at == 1 && message->first->type == ISAKMP_HASH))
		return RC_OK;
	return diag_fail(diag, RC_SYNTAX, "the SA payload is payload %u; it must come first",
			 sa->at + 1u);
}

enum rc ikev1_check_payloads(const struct ike_row *row, const struct ike_message *message,
			     struct diag *diag)
{
	bool encrypted = (message->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0;
	char name[32];

	if (row->rules == NULL)
		return RC_OK;
	TRY(check_order(message, diag));
	for (const struct payload *payload = message->first; payload != NULL;
	     payload = payload->next)
		TRY(check_one(row->rules, payload, diag));
	for (const struct payload_rule *rule = row->rules; rule->type != 0; rule++) {
		unsigned count = isakmp_payload_count(message, rule->type);
		names_text(&isakmp_payload_names, rule->type, name, sizeof(name));
		if (count < rule->min || count > rule->max)
			return diag_fail(
				diag, RC_SYNTAX, "%u %s payloads; expected %u to %u", count,
				names_text(&isakmp_payload_names, rule->type, name, sizeof(name)),
				rule->min, rule->max);
		if (rule->place != EITHER && encrypted != (rule->place == ENCRYPTED))
			return diag_fail(diag, RC_SYNTAX, "a message that must%s be encrypted",
					 encrypted ? " not" : "");
	}
	return RC_OK;
}
