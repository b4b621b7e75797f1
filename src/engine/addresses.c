/* SPDX-License-Identifier: Apache-2.0 */
/* What a server leases and what a client is given becomes the peer's, and goes with it. */
#include "engine/private.h"
#include "sa/extra.h"

/* Client: what it asked for it did not get. The IKE SA is of no use: addresses are given in
 * IKE_AUTH alone, so the next attempt is a new one. */
static void refused(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;

	if (errand->out.child_failed == RC_OK || sa->role != INITIATOR ||
	    !peer_local_end(sa->peer)->modecfgclient)
		return;
	sa->delete_wanted = true;
	sa->delete_reason = errand->out.child_failed;
}

static void tell(struct errand *errand)
{
	const struct ike_config *config = errand->out.config;
	struct log_subject subject = subject_of(errand->step.sa);
	char v4[IP_TEXT_MAX] = "", v6[IP_TEXT_MAX] = "";

	if (ip_is_set(&config->addresses[0]))
		ip_text(&config->addresses[0], v4);
	if (ip_is_set(&config->addresses[1]))
		ip_text(&config->addresses[1], v6);
	log_write(errand->gateway->log, LOG_LEVEL_NOTICE, &subject,
		  "the peer gives us %s%s%s, %u DNS servers%s%s%s%s", v4,
		  v4[0] != '\0' && v6[0] != '\0' ? " and " : "", v6, config->dns_count,
		  config->domains != NULL ? ", domains " : "",
		  config->domains != NULL ? config->domains : "",
		  config->banner != NULL ? ", and says: " : "",
		  config->banner != NULL ? config->banner : "");
}

enum rc addresses_commit(struct errand *errand)
{
	struct outcome *out = &errand->out;
	struct ike_sa *sa = errand->step.sa;
	struct ip_range ranges[2];

	if (sa->peer == NULL)
		return RC_OK;
	if (out->leases[0] != NULL || out->leases[1] != NULL) /* IKEv1: at any time */
		TRY(peer_take_leases(sa->peer, out->leases));
	if (!out->established)
		return RC_OK;
	refused(errand);
	if (out->config == NULL || out->child_failed != RC_OK)
		return RC_OK;
	TRY(ike_extra_config(sa, out->config));
	ranges[0] = ike_config_range(out->config, AF_INET);
	ranges[1] = ike_config_range(out->config, AF_INET6);
	tell(errand);
	return peer_take_ranges(sa->peer, ranges);
}

void addresses_forget(struct peer *peer)
{
	if (list_empty(&peer->ike_sas) && peer_has_leases(peer))
		peer_drop_addresses(peer);
}
