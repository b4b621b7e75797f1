/* SPDX-License-Identifier: Apache-2.0 */
/* Finds rows of a transition table, of either version. */
#include "sa/row.h"

static const struct name event_entries[] = {
	{ EVENT_INITIATE, "initiate" },
	{ EVENT_SA_INIT_REQUEST, "IKE_SA_INIT request" },
	{ EVENT_SA_INIT_RESPONSE, "IKE_SA_INIT response" },
	{ EVENT_INTERMEDIATE_REQUEST, "IKE_INTERMEDIATE request" },
	{ EVENT_INTERMEDIATE_RESPONSE, "IKE_INTERMEDIATE response" },
	{ EVENT_RESUME_REQUEST, "IKE_SESSION_RESUME request" },
	{ EVENT_RESUME_RESPONSE, "IKE_SESSION_RESUME response" },
	{ EVENT_AUTH_REQUEST, "IKE_AUTH request" },
	{ EVENT_AUTH_RESPONSE, "IKE_AUTH response" },
	{ EVENT_CREATE_CHILD_REQUEST, "CREATE_CHILD_SA request" },
	{ EVENT_CREATE_CHILD_RESPONSE, "CREATE_CHILD_SA response" },
	{ EVENT_FOLLOWUP_REQUEST, "IKE_FOLLOWUP_KE request" },
	{ EVENT_FOLLOWUP_RESPONSE, "IKE_FOLLOWUP_KE response" },
	{ EVENT_INFORMATIONAL_REQUEST, "INFORMATIONAL request" },
	{ EVENT_INFORMATIONAL_RESPONSE, "INFORMATIONAL response" },
	{ EVENT_OTHER_REQUEST, "unknown request" },
	{ EVENT_MOVE, "move" },
	{ EVENT_PROBE, "liveness probe" },
	{ EVENT_CREATE_CHILD, "create Child SA" },
	{ EVENT_REKEY_CHILD, "rekey Child SA" },
	{ EVENT_REKEY_IKE, "rekey IKE SA" },
	{ EVENT_DELETE_CHILD, "delete Child SA" },
	{ EVENT_DELETE_IKE, "delete IKE SA" },
	{ EVENT_TELL, "tell" },
	{ EVENT_GIVE_UP, "give up" },
	{ EVENT_TRANSACTION, "begin a transaction" },
	{ EVENT_MAIN, "Main Mode" },
	{ EVENT_AGGRESSIVE, "Aggressive Mode" },
	{ EVENT_QUICK_REQUEST, "Quick Mode request" },
	{ EVENT_QUICK_RESPONSE, "Quick Mode response" },
	{ EVENT_QUICK_PROOF, "Quick Mode proof" },
	{ EVENT_V1_INFORMATIONAL, "IKEv1 Informational" },
	{ EVENT_TRANSACTION_REQUEST, "Transaction request" },
	{ EVENT_TRANSACTION_RESPONSE, "Transaction response" },
	{ EVENT_V1_OTHER, "unknown exchange of IKEv1" },
	{ 0, NULL },
};
const struct names ike_event_names = { "IKE event", event_entries };

const struct ike_row *ike_row_at(const struct ike_rows *rows, unsigned index)
{
	for (unsigned file = 0; file < rows->count; file++)
		for (const struct ike_row *row = rows->files[file]; row->story != NULL; row++)
			if (index-- == 0)
				return row;
	return NULL;
}

unsigned ike_row_index(const struct ike_rows *rows, const struct ike_row *row, unsigned none)
{
	unsigned index = 0;

	for (unsigned file = 0; file < rows->count; file++)
		for (const struct ike_row *one = rows->files[file]; one->story != NULL;
		     one++, index++)
			if (one == row)
				return index;
	return none;
}

const struct ike_row *ike_row_find(const struct ike_rows *rows, enum ike_state state,
				   enum ike_role role, enum ike_event event)
{
	for (unsigned file = 0; file < rows->count; file++)
		for (const struct ike_row *row = rows->files[file]; row->story != NULL; row++)
			if (row->state == state && row->role == role && row->event == event)
				return row;
	return NULL;
}

const struct payload_rule *payload_rule_of(const struct payload_rule *rules, uint8_t type)
{
	for (; rules->type != 0; rules++)
		if (rules->type == type)
			return rules;
	return NULL;
}
