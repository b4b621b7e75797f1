/* SPDX-License-Identifier: Apache-2.0 */
/* The transition table of IKEv2: finds the one row of a (state, role, event) among the rows of all
 * exchanges. */
#include "ikev2/private.h"

static const struct ike_row *const all_rows[] = {
	ikev2_sa_init_initiate_rows,
	ikev2_sa_init_answer_rows,
	ikev2_intermediate_initiate_rows,
	ikev2_intermediate_answer_rows,
	ikev2_auth_initiate_rows,
	ikev2_auth_answer_rows,
	ikev2_create_child_rows,
	ikev2_followup_initiate_rows,
	ikev2_followup_answer_rows,
	ikev2_informational_rows,
	ikev2_tell_rows,
	ikev2_mobike_rows,
	ikev2_resume_initiate_rows,
	ikev2_resume_answer_rows,
	ikev2_reject_rows,
};
static const struct ike_rows rows = IKE_ROWS(all_rows);

const struct ike_row *ikev2_row_at(unsigned index)
{
	return ike_row_at(&rows, index);
}

unsigned ikev2_row_index(const struct ike_row *row)
{
	return ike_row_index(&rows, row, IKEV2_ROWS_MAX - 1);
}

const struct ike_row *ikev2_row(enum ike_state state, enum ike_role role, enum ike_event event)
{
	return ike_row_find(&rows, state, role, event);
}

enum rc ikev2_event_of(const struct ike_header *header, enum ike_event *out)
{
	bool response = (header->flags & IKE_FLAG_RESPONSE) != 0;

	switch (header->exchange) {
	case EXCHANGE_IKE_SA_INIT:
		*out = response ? EVENT_SA_INIT_RESPONSE : EVENT_SA_INIT_REQUEST;
		return RC_OK;
	case EXCHANGE_IKE_INTERMEDIATE:
		*out = response ? EVENT_INTERMEDIATE_RESPONSE : EVENT_INTERMEDIATE_REQUEST;
		return RC_OK;
	case EXCHANGE_IKE_SESSION_RESUME:
		*out = response ? EVENT_RESUME_RESPONSE : EVENT_RESUME_REQUEST;
		return RC_OK;
	case EXCHANGE_IKE_AUTH:
		*out = response ? EVENT_AUTH_RESPONSE : EVENT_AUTH_REQUEST;
		return RC_OK;
	case EXCHANGE_CREATE_CHILD_SA:
		*out = response ? EVENT_CREATE_CHILD_RESPONSE : EVENT_CREATE_CHILD_REQUEST;
		return RC_OK;
	case EXCHANGE_IKE_FOLLOWUP_KE:
		*out = response ? EVENT_FOLLOWUP_RESPONSE : EVENT_FOLLOWUP_REQUEST;
		return RC_OK;
	case EXCHANGE_INFORMATIONAL:
		*out = response ? EVENT_INFORMATIONAL_RESPONSE : EVENT_INFORMATIONAL_REQUEST;
		return RC_OK;
	}
	*out = EVENT_OTHER_REQUEST;
	return response ? RC_DROP : RC_OK;
}

static bool always_allowed(const struct payload *payload)
{
	return payload->type == PAYLOAD_NOTIFY || payload->type == PAYLOAD_VENDOR ||
	       payload->type == PAYLOAD_SK || payload->type < PAYLOAD_SA ||
	       payload->type > PAYLOAD_SKF ||
	       (payload->type > PAYLOAD_EAP && payload->type < PAYLOAD_SKF);
}

static enum rc check_one(const struct payload_rule *rules, const struct payload *payload,
			 struct diag *diag)
{
	const struct payload_rule *rule;
	char name[32];

	if (always_allowed(payload))
		return RC_OK;
	names_text(&payload_names, payload->type, name, sizeof(name));
	rule = payload_rule_of(rules, payload->type);
	if (rule == NULL)
		return diag_fail(diag, RC_SYNTAX, "payload %s does not belong in this exchange",
				 names_text(&payload_names, payload->type, name, sizeof(name)));
	if (payload->encrypted != (rule->place == ENCRYPTED))
		return diag_fail(diag, RC_SYNTAX, "payload %s must%s be encrypted",
				 names_text(&payload_names, payload->type, name, sizeof(name)),
				 rule->place == ENCRYPTED ? "" : " not");
	return RC_OK;
}

enum rc ikev2_check_payloads(const struct ike_row *row, const struct ike_message *message,
			     struct diag *diag)
{
	char name[32];

	if (row->rules == NULL)
		return RC_OK;
	for (const struct payload *payload = message->first; payload != NULL;
	     payload = payload->next)
		TRY(check_one(row->rules, payload, diag));
	for (const struct payload_rule *rule = row->rules; rule->type != 0; rule++) {
		unsigned count = wire_payload_count(message, rule->type);
		if (count < rule->min || count > rule->max)
			return diag_fail(diag, RC_SYNTAX, "%u %s payloads; expected %u to %u",
					 count,
					 names_text(&payload_names, rule->type, name, sizeof(name)),
					 rule->min, rule->max);
	}
	return RC_OK;
}
