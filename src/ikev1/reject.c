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
		REJECT(state, role, EVENT_TRANSACTION_REQUEST, story),                             \
		REJECT(state, role, EVENT_TRANSACTION_RESPONSE, story),                            \
		REJECT(state, role, EVENT_V1_OTHER, story)
/* all but what a transaction begins with */
#define PHASE2_WORK_BUT(state, role, story)                                                        \
	REJECT(state, role, EVENT_MOVE, story), REJECT(state, role, EVENT_PROBE, story),           \
		REJECT(state, role, EVENT_CREATE_CHILD, story),                                    \
		REJECT(state, role, EVENT_REKEY_CHILD, story),                                     \
		REJECT(state, role, EVENT_REKEY_IKE, story),                                       \
		REJECT(state, role, EVENT_DELETE_CHILD, story),                                    \
		REJECT(state, role, EVENT_TELL, story)
#define PHASE2_WORK(state, role, story)                                                            \
	PHASE2_WORK_BUT(state, role, story), REJECT(state, role, EVENT_TRANSACTION, story)

#define EARLY	"before its time: phase 1 is not done"
#define NO_SA	"there is no such SA"
#define BEGUN	"the SA is there already"
#define NOT_YET "phase 1 is not done: reconcile asks again"
#define OTHER	"the other mode of phase 1 was begun"
#define ALL_EARLY(state, role, other)                                                              \
	PHASE2(state, role, EARLY), PHASE2_WORK(state, role, NOT_YET),                             \
		REJECT(state, role, other, OTHER), REJECT(state, role, EVENT_INITIATE, BEGUN)
#define NOTHING(role)                                                                              \
	PHASE2(IKE_START, role, NO_SA), PHASE2_WORK(IKE_START, role, NO_SA),                       \
		REJECT(IKE_START, role, EVENT_V1_INFORMATIONAL, NO_SA),                            \
		REJECT(IKE_START, role, EVENT_DELETE_IKE, NO_SA),                                  \
		REJECT(IKE_START, role, EVENT_GIVE_UP, NO_SA)
#define UP(role)                                                                                   \
	REJECT(IKE_ESTABLISHED, role, EVENT_MAIN, "phase 1 is done: an old message"),              \
		REJECT(IKE_ESTABLISHED, role, EVENT_AGGRESSIVE, "phase 1 is done"),                \
		REJECT(IKE_ESTABLISHED, role, EVENT_V1_OTHER, "not spoken"),                       \
		REJECT(IKE_ESTABLISHED, role, EVENT_INITIATE, BEGUN),                              \
		REJECT(IKE_ESTABLISHED, role, EVENT_REKEY_IKE, "a new phase 1 replaces it")
/* The client waits for its address. */
#define PROVING(role, event) REJECT(IKEV1_XAUTH, role, event, "before the user is proven (XAUTH)")
#define ALL_PROVING(role)                                                                          \
	PROVING(role, EVENT_QUICK_REQUEST), PROVING(role, EVENT_QUICK_RESPONSE),                   \
		PROVING(role, EVENT_QUICK_PROOF), PROVING(role, EVENT_V1_OTHER),                   \
		PROVING(role, EVENT_MOVE), PROVING(role, EVENT_PROBE),                             \
		PROVING(role, EVENT_CREATE_CHILD), PROVING(role, EVENT_REKEY_CHILD),               \
		PROVING(role, EVENT_REKEY_IKE), PROVING(role, EVENT_DELETE_CHILD),                 \
		PROVING(role, EVENT_TELL),                                                         \
		REJECT(IKEV1_XAUTH, role, EVENT_MAIN, "phase 1 is done: an old message"),          \
		REJECT(IKEV1_XAUTH, role, EVENT_AGGRESSIVE, "phase 1 is done"),                    \
		REJECT(IKEV1_XAUTH, role, EVENT_INITIATE, BEGUN)
#define CONFIGURING(event) REJECT(IKEV1_CONFIG, INITIATOR, event, "before our address is here")

const struct ike_row ikev1_reject_rows[] = {
	NOTHING(INITIATOR),
	NOTHING(RESPONDER),
	REJECT(IKE_START, INITIATOR, EVENT_MAIN, NO_SA),
	REJECT(IKE_START, INITIATOR, EVENT_AGGRESSIVE, NO_SA),
	REJECT(IKE_START, RESPONDER, EVENT_INITIATE, "the peer begins"),
	ALL_EARLY(IKEV1_MAIN_SA, INITIATOR, EVENT_AGGRESSIVE),
	ALL_EARLY(IKEV1_MAIN_KE, INITIATOR, EVENT_AGGRESSIVE),
	ALL_EARLY(IKEV1_MAIN_ID, INITIATOR, EVENT_AGGRESSIVE),
	ALL_EARLY(IKEV1_MAIN_SA, RESPONDER, EVENT_AGGRESSIVE),
	ALL_EARLY(IKEV1_MAIN_KE, RESPONDER, EVENT_AGGRESSIVE),
	ALL_EARLY(IKEV1_AGGRESSIVE, INITIATOR, EVENT_MAIN),
	ALL_EARLY(IKEV1_AGGRESSIVE, RESPONDER, EVENT_MAIN),
	REJECT(IKEV1_AGGRESSIVE, RESPONDER, EVENT_DELETE_IKE, NOT_YET),
	REJECT(IKEV1_AGGRESSIVE, RESPONDER, EVENT_V1_INFORMATIONAL, EARLY),
	REJECT(IKEV1_MAIN_SA, RESPONDER, EVENT_DELETE_IKE, NOT_YET),
	REJECT(IKEV1_MAIN_SA, RESPONDER, EVENT_V1_INFORMATIONAL, EARLY),
	REJECT(IKEV1_MAIN_KE, RESPONDER, EVENT_DELETE_IKE, NOT_YET),
	REJECT(IKEV1_MAIN_KE, RESPONDER, EVENT_V1_INFORMATIONAL, EARLY),
	ALL_PROVING(INITIATOR),
	ALL_PROVING(RESPONDER),
	PROVING(INITIATOR, EVENT_TRANSACTION),
	PROVING(INITIATOR, EVENT_TRANSACTION_RESPONSE),
	PROVING(RESPONDER, EVENT_TRANSACTION_REQUEST),
	CONFIGURING(EVENT_QUICK_REQUEST),
	CONFIGURING(EVENT_QUICK_RESPONSE),
	CONFIGURING(EVENT_QUICK_PROOF),
	CONFIGURING(EVENT_V1_OTHER),
	PHASE2_WORK_BUT(IKEV1_CONFIG, INITIATOR, "our address is to come: reconcile asks again"),
	REJECT(IKEV1_CONFIG, INITIATOR, EVENT_MAIN, "phase 1 is done: an old message"),
	REJECT(IKEV1_CONFIG, INITIATOR, EVENT_AGGRESSIVE, "phase 1 is done"),
	REJECT(IKEV1_CONFIG, INITIATOR, EVENT_INITIATE, BEGUN),
	REJECT(IKE_ESTABLISHED, INITIATOR, EVENT_TRANSACTION, "the responder gives addresses"),
	REJECT(IKE_ESTABLISHED, INITIATOR, EVENT_TRANSACTION_RESPONSE, "nothing was asked"),
	REJECT(IKE_ESTABLISHED, INITIATOR, EVENT_TELL, "the responder tells lifetimes"),
	UP(INITIATOR),
	UP(RESPONDER),
	{ .story = NULL },
};
