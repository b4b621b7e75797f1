/* SPDX-License-Identifier: Apache-2.0 */
/* The form of a transition table, IKEv1's and IKEv2's: one row for each (state, role, event). */
#ifndef VANTH_SA_ROW_H
#define VANTH_SA_ROW_H

#include "sa/outcome.h"

enum ike_event {
	EVENT_INITIATE, /* reconcile: make an IKE SA */
	EVENT_SA_INIT_REQUEST,
	EVENT_SA_INIT_RESPONSE,
	EVENT_INTERMEDIATE_REQUEST,
	EVENT_INTERMEDIATE_RESPONSE,
	EVENT_RESUME_REQUEST,
	EVENT_RESUME_RESPONSE,
	EVENT_AUTH_REQUEST,
	EVENT_AUTH_RESPONSE,
	EVENT_CREATE_CHILD_REQUEST,
	EVENT_CREATE_CHILD_RESPONSE,
	EVENT_FOLLOWUP_REQUEST, /* IKE_FOLLOWUP_KE */
	EVENT_FOLLOWUP_RESPONSE,
	EVENT_INFORMATIONAL_REQUEST,
	EVENT_INFORMATIONAL_RESPONSE,
	EVENT_OTHER_REQUEST, /* of an exchange that we do not speak */
	EVENT_MOVE,	     /* addresses changed, here or there: say or ask what is due */
	EVENT_PROBE,	     /* liveness: is the peer there? */
	EVENT_CREATE_CHILD,  /* reconcile: a Child SA for this tunnel, in this IKE SA */
	EVENT_REKEY_CHILD,   /* reconcile: replace this Child SA */
	EVENT_REKEY_IKE,     /* reconcile: replace this IKE SA */
	EVENT_DELETE_CHILD,  /* reconcile: end this Child SA */
	EVENT_DELETE_IKE,    /* reconcile: end this IKE SA */
	EVENT_TELL,	     /* reconcile: something is to be told (sa/extra.h) */
	EVENT_GIVE_UP,	     /* retransmissions are exhausted, or the half-open time is over */
	EVENT_TRANSACTION,   /* reconcile: IKEv1, something is to be asked or set at the peer */
	/* messages of IKEv1 */
	EVENT_MAIN,
	EVENT_AGGRESSIVE,
	EVENT_QUICK_REQUEST,  /* the first message of a Quick Mode that the peer begins */
	EVENT_QUICK_RESPONSE, /* the second one, of ours */
	EVENT_QUICK_PROOF,    /* the third one, of the peer's */
	EVENT_V1_INFORMATIONAL,
	EVENT_TRANSACTION_REQUEST,
	EVENT_TRANSACTION_RESPONSE,
	EVENT_V1_OTHER, /* of an exchange that we do not speak */
	IKE_EVENT_COUNT
};
#define IKEV2_EVENT_COUNT EVENT_TRANSACTION /* those before it can come to an IKE SA of IKEv2 */
extern const struct names ike_event_names;

enum payload_place { CLEAR, ENCRYPTED, EITHER };
struct payload_rule {
	uint8_t type;
	uint8_t min, max;
	enum payload_place place;
};
#define PAYLOAD_RULES_END                                                                          \
	{                                                                                          \
		0, 0, 0, CLEAR                                                                     \
	}

struct ike_row {
	enum ike_state state;
	enum ike_role role;
	enum ike_event event;
	const struct payload_rule *rules; /* NULL: the event is no message, or refused anyway */
	const step_fn *steps;		  /* ends with NULL; NULL: rejected, story says why */
	enum ike_state next;
	const char *story;
};

/* The rows of one version: those of each of its files, each ended by a row without a story. */
struct ike_rows {
	const struct ike_row *const *files;
	unsigned count;
};
#define IKE_ROWS(files_)                                                                           \
	{                                                                                          \
		(files_), sizeof(files_) / sizeof((files_)[0])                                     \
	}
/* In the order of the files; NULL past the end. */
const struct ike_row *ike_row_at(const struct ike_rows *rows, unsigned index);
/* Its place in that order; none: it is not among them. */
unsigned ike_row_index(const struct ike_rows *rows, const struct ike_row *row, unsigned none);
/* The one row, or NULL. */
const struct ike_row *ike_row_find(const struct ike_rows *rows, enum ike_state state,
				   enum ike_role role, enum ike_event event);
/* NULL: no payload of this type is expected. */
const struct payload_rule *payload_rule_of(const struct payload_rule *rules, uint8_t type);

#endif
