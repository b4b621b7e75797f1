/* SPDX-License-Identifier: Apache-2.0 */
/* What may not happen in IKEv1: every (state, role, event) without a road of its own, and why it is
 * refused, without a word: in IKEv1 nothing tells an attacker's message from a peer's until its
 * HASH is right. */
#include "ikev1/private.h"

#define REJECT(state, role, event, story)                                                          \
	{                                                                                          \
		state, role, event, NULL, NULL, state, story                                       \
	}
#define PHASE2(state, role, story)                                                                 \
	REJECT(state, role, EVENT_QUICK_REQUEST, story),                                           \
		REJECT(state, role, EVENT_QUICK_RESPONSE, story),                                  \
		REJECT(state, role, EVENT_QUICK_PROOF, story),                                     \
		REJECT(state, role, EVENT_V1_INFORMATIONAL, story),                                \
		REJECT(state, role, EVENT_TRANSACTION_REQUEST, story),                             \
		REJECT(state, role, EVENT_TRANSACTION_RESPONSE, story),                            \
		REJECT(state, role, EVENT_V1_OTHER, story)
#define PHASE2_WORK(state, role, story)                                                            \
	REJECT(state, role, EVENT_MOVE, story), REJECT(state, role, EVENT_PROBE, story),           \
		REJECT(state, role, EVENT_CREATE_CHILD, story),                                    \
		REJECT(state, role, EVENT_REKEY_CHILD, story),                                     \
		REJECT(state, role, EVENT_REKEY_IKE, story),                                       \
		REJECT(state, role, EVENT_DELETE_CHILD, story),                                    \
		REJECT(state, role, EVENT_TELL, story)

#define EARLY	"before its time: phase 1 is not done"
#define NO_SA	"there is no such SA"
#define BEGUN	"the SA is there already"
#define NOT_YET "phase 1 is not done: reconcile asks again"
#define OTHER	"Main Mode was begun"
#define ALL_EARLY(state, role)                                                                     \
	PHASE2(state, role, EARLY), PHASE2_WORK(state, role, NOT_YET),                             \
		REJECT(state, role, EVENT_AGGRESSIVE, OTHER),                                      \
		REJECT(state, role, EVENT_INITIATE, BEGUN)
#define NOTHING(role)                                                                              \
	PHASE2(IKE_START, role, NO_SA), PHASE2_WORK(IKE_START, role, NO_SA),                       \
		REJECT(IKE_START, role, EVENT_DELETE_IKE, NO_SA),                                  \
		REJECT(IKE_START, role, EVENT_GIVE_UP, NO_SA),                                     \
		REJECT(IKE_START, role, EVENT_AGGRESSIVE, "Aggressive Mode is not spoken")
#define UP(role)                                                                                   \
	REJECT(IKE_ESTABLISHED, role, EVENT_MAIN, "phase 1 is done: an old message"),              \
		REJECT(IKE_ESTABLISHED, role, EVENT_AGGRESSIVE, "phase 1 is done"),                \
		REJECT(IKE_ESTABLISHED, role, EVENT_TRANSACTION_REQUEST, "nothing to configure"),  \
		REJECT(IKE_ESTABLISHED, role, EVENT_TRANSACTION_RESPONSE, "nothing was asked"),    \
		REJECT(IKE_ESTABLISHED, role, EVENT_V1_OTHER, "not spoken"),                       \
		REJECT(IKE_ESTABLISHED, role, EVENT_INITIATE, BEGUN),                              \
		REJECT(IKE_ESTABLISHED, role, EVENT_MOVE, "addresses follow the peer's messages"), \
		REJECT(IKE_ESTABLISHED, role, EVENT_REKEY_IKE, "a new phase 1 replaces it"),       \
		REJECT(IKE_ESTABLISHED, role, EVENT_TELL, "IKEv1 has no word for it")

const struct ike_row ikev1_reject_rows[] = {
	NOTHING(INITIATOR),
	NOTHING(RESPONDER),
	REJECT(IKE_START, INITIATOR, EVENT_MAIN, NO_SA),
	REJECT(IKE_START, RESPONDER, EVENT_INITIATE, "the peer begins"),
	ALL_EARLY(IKEV1_MAIN_SA, INITIATOR),
	ALL_EARLY(IKEV1_MAIN_KE, INITIATOR),
	ALL_EARLY(IKEV1_MAIN_ID, INITIATOR),
	ALL_EARLY(IKEV1_MAIN_SA, RESPONDER),
	ALL_EARLY(IKEV1_MAIN_KE, RESPONDER),
	REJECT(IKEV1_MAIN_SA, RESPONDER, EVENT_DELETE_IKE, NOT_YET),
	REJECT(IKEV1_MAIN_KE, RESPONDER, EVENT_DELETE_IKE, NOT_YET),
	UP(INITIATOR),
	UP(RESPONDER),
	{ .story = NULL },
};
