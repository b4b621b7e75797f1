/* SPDX-License-Identifier: Apache-2.0 */
/* What the ends of IKEv1 tell each other of SAs that are up: how long they live (RFC 2407
 * §4.6.3.1), and that they are there (the commit bit, RFC 2408 §3.1). */
#include "engine/private.h"

static void connected(struct errand *errand)
{
	struct child_sa *child = child_sa_by_serial(errand->step.sa, errand->out.v1.connected);

	if (child != NULL)
		(void)child_promote(errand->gateway, child);
}

void v1_agreed(struct errand *errand)
{
	const struct outcome_isakmp *out = &errand->out.v1;
	struct ike_sa *sa = errand->step.sa;
	struct child_sa *child = child_sa_by_serial(sa, out->shortened);

	if (out->seconds != 0 && sa->state == IKE_ESTABLISHED)
		life_begin(errand->gateway, sa); /* from when it was established */
	if (child != NULL) {
		life_shorten_child(errand->gateway, child, out->shorter);
		life_arm(errand->gateway, child->ike);
	}
	connected(errand);
}

/* When it is sure that the peer has it. */
void v1_tell(struct gateway *gateway, struct ike_sa *sa)
{
	if (sa->v1 == NULL || sa->state != IKE_ESTABLISHED || sa->role != RESPONDER ||
	    sa->v1->told_lifetime || sa->delete_wanted || sa->errand != NULL ||
	    sa->request.bytes != NULL || !phase1_is_proven(sa) || !ikev1_tells_lifetime(sa))
		return;
	road_event(gateway, sa, EVENT_TELL, NULL, NULL, NULL);
}
