/* SPDX-License-Identifier: Apache-2.0 */
/* CREATE_CHILD_SA exchanges of peers whose additional key exchanges go on (RFC 9370 §2.2.4): kept,
 * given up, forgotten after a while. */
#include "engine/private.h"

void followup_commit(struct errand *errand)
{
	struct outcome *out = &errand->out;
	struct ike_sa *sa = errand->step.sa;

	if (out->followup_over != 0)
		followup_forget(sa, out->followup_over);
	if (out->followup == NULL || followup_method(out->followup) == DH_NONE)
		return;
	followup_keep(sa, out->followup, host_now(errand->gateway->host));
	out->followup = NULL;
}

/* Nothing comes of it; only what the peer may ask again is kept. */
void followup_failed(struct errand *errand, enum rc rc)
{
	if (errand->out.followup_over != 0 && rc != RC_NO_MEMORY && rc != RC_DROP)
		followup_forget(errand->step.sa, errand->out.followup_over);
}

void followup_overdue(struct gateway *gateway, struct ike_sa *sa, usec_t now)
{
	struct log_subject subject = { .peer = sa->peer->conn->name,
				       .serial = sa->serial,
				       .reason = rc_name(RC_TIMEOUT) };
	unsigned count;

	if (sa->errand != NULL) /* perhaps it goes on with one of them */
		return;
	count = followup_expire(sa, now);
	if (count == 0)
		return;
	peer_record(sa->peer, sa->serial, RECORD_DROPPED, RC_TIMEOUT, 0, 0);
	log_write(gateway->log, LOG_LEVEL_INFO, &subject,
		  "peer began %u CREATE_CHILD_SA and did not go on with IKE_FOLLOWUP_KE: forgotten",
		  count);
}
