/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "config/loader.h"

/* Fields without pointers or padding, by their keyword. */
struct field {
	const char *keyword;
	size_t offset, size;
};
#define FIELD(keyword_, member)                                                                    \
	{                                                                                          \
		keyword_, offsetof(struct config_conn, member),                                    \
			sizeof(((struct config_conn *)NULL)->member)                               \
	}

static const struct field peer_fields[] = {
	FIELD("ikev2", ikev2),
	FIELD("authby", authby),
	FIELD("keyingtries", keyingtries),
	FIELD("retransmit-timeout", retransmit_timeout),
	FIELD("retransmit-base", retransmit_base),
	FIELD("retransmit-tries", retransmit_tries),
	FIELD("retransmit-jitter", retransmit_jitter),
	FIELD("retransmit-limit", retransmit_limit),
	FIELD("ikelifetime", ikelifetime),
	FIELD("rekeymargin", rekeymargin),
	FIELD("initial-contact", initial_contact),
	FIELD("childless", childless),
	FIELD("rekeyfuzz", rekeyfuzz),
	FIELD("rekey", rekey),
	FIELD("reauth", reauth),
	FIELD("session-resumption", session_resumption),
	FIELD("send-redirect", send_redirect),
	FIELD("accept-redirect", accept_redirect),
	FIELD("dpddelay", dpddelay),
	FIELD("dpdretry", dpdretry),
	FIELD("dpdtimeout", dpdtimeout),
	FIELD("encapsulation", encapsulation),
	FIELD("fragmentation", fragmentation),
	FIELD("fragment-size", fragment_size),
	FIELD("mobike", mobike),
	FIELD("ppk", ppk),
	FIELD("intermediate", intermediate),
	{ NULL, 0, 0 },
};

static const struct field tunnel_fields[] = {
	FIELD("auto", start),
	FIELD("type", type),
	FIELD("pfs", pfs),
	FIELD("salifetime", salifetime),
	FIELD("dpdaction", dpdaction),
	FIELD("replay-window", replay_window),
	FIELD("esn", esn),
	FIELD("mark", mark),
	FIELD("mark", mark_mask),
	FIELD("if-id", if_id),
	FIELD("ipsec-max-bytes", ipsec_max_bytes),
	FIELD("ipsec-max-packets", ipsec_max_packets),
	FIELD("marginbytes", margin_bytes),
	FIELD("marginpackets", margin_packets),
	FIELD("reqid", reqid),
	FIELD("priority", priority),
	{ NULL, 0, 0 },
};

static const char *difference(const struct field *fields, const struct config_conn *a,
			      const struct config_conn *b)
{
	for (; fields->keyword != NULL; fields++)
		if (!span_equal(span_make((const char *)a + fields->offset, fields->size),
				span_make((const char *)b + fields->offset, fields->size)))
			return fields->keyword;
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_proposals(const struct proposal_list *a, const struct proposal_list *b)
{
	return a == b || (a != NULL && b != NULL && proposal_equal(a, b));
}

static bool same_host(const struct config_end *a, const struct config_end *b)
{
	if (a->kind != b->kind || a->ikeport != b->ikeport)
		return false;
	switch (a->kind) {
	case HOST_ADDRESS:
		return ip_equal(&a->addr, &b->addr);
	case HOST_NAME:
		return same_text(a->name, b->name);
	case HOST_ANY:
		return a->addr.family == b->addr.family;
	case HOST_DEFAULTROUTE:
		return true;
	case HOST_RANGE:
		return range_equal(&a->range, &b->range);
	}
	return false;
}

bool conn_same_ends(const struct config_conn *a, const struct config_conn *b)
{
	return same_host(&a->left, &b->left) && same_host(&a->right, &b->right) &&
	       identity_equal(&a->left.id, &b->left.id) &&
	       identity_equal(&a->right.id, &b->right.id);
}

static const char *ike_difference(const struct config_conn *a, const struct config_conn *b)
{
	if (a->left.auth != b->left.auth)
		return "leftauth";
	if (a->right.auth != b->right.auth)
		return "rightauth";
	if (!same_proposals(a->ike, b->ike))
		return "ike";
	if (!same_text(a->redirect_to, b->redirect_to))
		return "redirect-to";
	if (!same_text(a->accept_redirect_to, b->accept_redirect_to))
		return "accept-redirect-to";
	if (!same_text(a->ppk_ids, b->ppk_ids))
		return "ppk-ids";
	return difference(peer_fields, a, b);
}

const char *conn_peer_difference(const struct config_conn *a, const struct config_conn *b)
{
	const char *keyword = ike_difference(a, b);

	return keyword != NULL || a->auth_lifetime == b->auth_lifetime ? keyword : "authlifetime";
}

bool config_conn_same_peer(const struct config_conn *a, const struct config_conn *b)
{
	return conn_same_ends(a, b) && conn_peer_difference(a, b) == NULL;
}

static bool same_protected(const struct config_end *a, const struct config_end *b)
{
	if (a->subnet_count != b->subnet_count || a->protocol != b->protocol ||
	    a->port != b->port || a->sourceip.family != b->sourceip.family)
		return false;
	for (unsigned i = 0; i < a->subnet_count; i++)
		if (!range_equal(&a->subnets[i], &b->subnets[i]))
			return false;
	return !ip_is_set(&a->sourceip) || ip_equal(&a->sourceip, &b->sourceip);
}

bool config_conn_equal(const struct config_conn *a, const struct config_conn *b)
{
	return same_text(a->name, b->name) && conn_same_ends(a, b) &&
	       ike_difference(a, b) == NULL && same_protected(&a->left, &b->left) &&
	       same_protected(&a->right, &b->right) && same_proposals(a->esp, b->esp) &&
	       difference(tunnel_fields, a, b) == NULL;
}
