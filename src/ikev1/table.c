/* SPDX-License-Identifier: Apache-2.0 */
/* The transition table of IKEv1: finds the one row of a (state, role, event) among the rows of all
 * exchanges. */
#include "ikev1/private.h"

static const struct ike_row *const all_rows[] = {
	ikev1_main_initiate_rows, ikev1_main_answer_rows,   ikev1_quick_initiate_rows,
	ikev1_quick_answer_rows,  ikev1_informational_rows, ikev1_reject_rows,
};
#define ROW_FILES (sizeof(all_rows) / sizeof(all_rows[0]))

const struct ike_row *ikev1_row_at(unsigned index)
{
	for (unsigned file = 0; file < ROW_FILES; file++)
		for (const struct ike_row *row = all_rows[file]; row->story != NULL; row++)
			if (index-- == 0)
				return row;
	return NULL;
}

unsigned ikev1_row_index(const struct ike_row *row)
{
	unsigned index = 0;

	for (unsigned file = 0; file < ROW_FILES; file++)
		for (const struct ike_row *one = all_rows[file]; one->story != NULL; one++, index++)
			if (one == row)
				return index;
	return IKEV1_ROWS_MAX - 1;
}

const struct ike_row *ikev1_row(enum ike_state state, enum ike_role role, enum ike_event event)
{
	for (unsigned file = 0; file < ROW_FILES; file++)
		for (const struct ike_row *row = all_rows[file]; row->story != NULL; row++)
			if (row->state == state && row->role == role && row->event == event)
				return row;
	return NULL;
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

enum ike_event ikev1_event_of(const struct ike_sa *sa, const struct ike_header *header)
{
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
		return EVENT_TRANSACTION_REQUEST;
	}
	return EVENT_V1_OTHER;
}

static const struct payload_rule *rule_of(const struct payload_rule *rules, uint8_t type)
{
	for (; rules->type != 0; rules++)
		if (rules->type == type)
			return rules;
	return NULL;
}

static enum rc check_one(const struct payload_rule *rules, const struct payload *payload,
			 struct diag *diag)
{
	char name[32];

	if (payload->type == ISAKMP_VID || payload->type == ISAKMP_NOTIFICATION ||
	    rule_of(rules, payload->type) != NULL)
		return RC_OK;
	return diag_fail(diag, RC_SYNTAX, "payload %s does not belong in this message",
			 names_text(&isakmp_payload_names, payload->type, name, sizeof(name)));
}

enum rc ikev1_check_payloads(const struct ike_row *row, const struct ike_message *message,
			     struct diag *diag)
{
	bool encrypted = (message->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0;
	char name[32];

	if (row->rules == NULL)
		return RC_OK;
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
		if (encrypted != (rule->place == ENCRYPTED))
			return diag_fail(diag, RC_SYNTAX, "a message that must%s be encrypted",
					 encrypted ? " not" : "");
	}
	return RC_OK;
}
