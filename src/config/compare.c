/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "config/loader.h"

/* Fields without pointers or padding, by their keyword, and what a change of them means while SAs
 * are up. */
struct field {
	const char *keyword;
	size_t offset, size;
	enum config_change change;
};
#define FIELD(keyword_, member, change_)                                                           \
	{                                                                                          \
		keyword_, offsetof(struct config_conn, member),                                    \
			sizeof(((struct config_conn *)NULL)->member), CONFIG_##change_             \
	}

static const struct field peer_fields[] = {
	FIELD("ikev2", ikev2, NEW_SA),
	FIELD("authby", authby, NEXT_REKEY),
	FIELD("keyingtries", keyingtries, AT_ONCE),
	FIELD("retransmit-timeout", retransmit_timeout, AT_ONCE),
	FIELD("retransmit-base", retransmit_base, AT_ONCE),
	FIELD("retransmit-tries", retransmit_tries, AT_ONCE),
	FIELD("retransmit-jitter", retransmit_jitter, AT_ONCE),
	FIELD("retransmit-limit", retransmit_limit, AT_ONCE),
	FIELD("ikelifetime", ikelifetime, NEXT_REKEY),
	FIELD("rekeymargin", rekeymargin, NEXT_REKEY),
	FIELD("initial-contact", initial_contact, NEXT_REKEY),
	FIELD("aggressive", aggressive, NEXT_REKEY),
	FIELD("childless", childless, NEXT_REKEY),
	FIELD("rekeyfuzz", rekeyfuzz, NEXT_REKEY),
	FIELD("rekey", rekey, NEXT_REKEY),
	FIELD("reauth", reauth, AT_ONCE),
	FIELD("session-resumption", session_resumption, NEXT_REKEY),
	FIELD("send-redirect", send_redirect, NEXT_REKEY),
	FIELD("accept-redirect", accept_redirect, AT_ONCE),
	FIELD("dpddelay", dpddelay, AT_ONCE),
	FIELD("dpdretry", dpdretry, AT_ONCE),
	FIELD("dpdtimeout", dpdtimeout, AT_ONCE),
	FIELD("encapsulation", encapsulation, NEXT_REKEY),
	FIELD("nat-ikev1-method", nat_method, NEXT_REKEY),
	FIELD("fragmentation", fragmentation, NEXT_REKEY),
	FIELD("fragment-size", fragment_size, AT_ONCE),
	FIELD("mobike", mobike, NEXT_REKEY),
	FIELD("ppk", ppk, NEXT_REKEY),
	FIELD("intermediate", intermediate, NEXT_REKEY),
	FIELD("authby", signatures.pss, NEXT_REKEY),
	FIELD("authby", signatures.pkcs1, NEXT_REKEY),
	FIELD("authby", signatures.ecdsa, NEXT_REKEY),
	FIELD("require-id-on-certificate", require_id_on_certificate, NEXT_REKEY),
	FIELD("dns-match-id", dns_match_id, NEXT_REKEY),
	FIELD("modecfgpull", modecfgpull, NEW_SA),
	FIELD("cisco-split", cisco_split, NEXT_REKEY),
	FIELD("cisco-unity", cisco_unity, NEXT_REKEY),
	FIELD("xauthby", xauthby, NEXT_REKEY),
	FIELD("xauthfail", xauthfail, NEXT_REKEY),
	{ NULL, 0, 0, CONFIG_SAME },
};

static const struct field tunnel_fields[] = {
	FIELD("auto", start, AT_ONCE),
	FIELD("type", type, NEW_SA),
	FIELD("pfs", pfs, NEXT_REKEY),
	FIELD("salifetime", salifetime, NEXT_REKEY),
	FIELD("dpdaction", dpdaction, AT_ONCE),
	FIELD("replay-window", replay_window, NEXT_REKEY),
	FIELD("esn", esn, NEXT_REKEY),
	FIELD("mark", mark, NEW_SA),
	FIELD("mark", mark_mask, NEW_SA),
	FIELD("mark", mark_unique, NEW_SA),
	FIELD("if-id", if_id, NEW_SA),
	FIELD("ipsec-max-bytes", ipsec_max_bytes, NEXT_REKEY),
	FIELD("ipsec-max-packets", ipsec_max_packets, NEXT_REKEY),
	FIELD("marginbytes", margin_bytes, NEXT_REKEY),
	FIELD("marginpackets", margin_packets, NEXT_REKEY),
	FIELD("reqid", reqid, NEW_SA),
	FIELD("priority", priority, NEW_SA),
	FIELD("mark-in", mark_in, NEW_SA),
	FIELD("mark-in", mark_in_mask, NEW_SA),
	FIELD("mark-out", mark_out, NEW_SA),
	FIELD("mark-out", mark_out_mask, NEW_SA),
	FIELD("ipsec-interface", interface, NEW_SA),
	FIELD("ipsec-interface", interface_number, NEW_SA),
	FIELD("vti-routing", vti_routing, NEW_SA),
	FIELD("vti-shared", vti_shared, NEW_SA),
	FIELD("narrowing", narrowing, NEXT_REKEY),
	FIELD("phase2", ah, NEW_SA),
	FIELD("compress", compress, NEW_SA),
	FIELD("nic-offload", nic_offload, NEXT_REKEY),
	FIELD("encap-dscp", encap_dscp, NEXT_REKEY),
	FIELD("decap-dscp", decap_dscp, NEXT_REKEY),
	FIELD("nopmtudisc", pmtudisc, NEXT_REKEY),
	FIELD("send-no-esp-tfc", send_no_esp_tfc, NEXT_REKEY),
	FIELD("tfc", tfc, NEXT_REKEY),
	FIELD("mtu", mtu, NEW_SA),
	FIELD("metric", metric, NEW_SA),
	FIELD("iptfs", iptfs.on, NEW_SA),
	FIELD("iptfs-fragmentation", iptfs.fragmentation, NEXT_REKEY),
	FIELD("iptfs-packet-size", iptfs.packet_size, NEXT_REKEY),
	FIELD("iptfs-max-queue-size", iptfs.max_queue_size, NEXT_REKEY),
	FIELD("iptfs-reorder-window", iptfs.reorder_window, NEXT_REKEY),
	FIELD("iptfs-init-delay", iptfs.init_delay, NEXT_REKEY),
	FIELD("iptfs-drop-time", iptfs.drop_time, NEXT_REKEY),
	{ NULL, 0, 0, CONFIG_SAME },
};

static bool same_field(const struct field *field, const struct config_conn *a,
		       const struct config_conn *b)
{
	return span_equal(span_make((const char *)a + field->offset, field->size),
			  span_make((const char *)b + field->offset, field->size));
}

static const char *difference(const struct field *fields, const struct config_conn *a,
			      const struct config_conn *b)
{
	for (; fields->keyword != NULL; fields++)
		if (!same_field(fields, a, b))
			return fields->keyword;
	return NULL;
}

/* ---- what a change means: the weightiest counts ---- */

struct verdict {
	enum config_change change;
	const char *keyword;
};

static void weigh(struct verdict *verdict, bool same, enum config_change change,
		  const char *keyword)
{
	if (same || change <= verdict->change)
		return;
	*verdict = (struct verdict){ change, keyword };
}

static void weigh_fields(struct verdict *verdict, const struct field *fields,
			 const struct config_conn *a, const struct config_conn *b)
{
	for (; fields->keyword != NULL; fields++)
		if (fields->change > verdict->change)
			weigh(verdict, same_field(fields, a, b), fields->change, fields->keyword);
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

static bool same_bytes(const void *a, size_t a_len, const void *b, size_t b_len)
{
	return span_equal(span_make(a, a_len), span_make(b, b_len));
}

static bool same_key(const struct config_key *a, const struct config_key *b)
{
	return a->form == b->form && same_text(a->file, b->file) &&
	       same_bytes(a->data, a->len, b->data, b->len);
}

static bool same_pools(const struct config_end *a, const struct config_end *b)
{
	if (a->pool_count != b->pool_count)
		return false;
	for (unsigned i = 0; i < a->pool_count; i++)
		if (a->pools[i].lease != b->pools[i].lease ||
		    !range_equal(&a->pools[i].range, &b->pools[i].range))
			return false;
	return true;
}

static bool same_signatures(const struct config_signatures *a, const struct config_signatures *b)
{
	return a->pss == b->pss && a->pkcs1 == b->pkcs1 && a->ecdsa == b->ecdsa;
}

static bool same_xauth(const struct config_end *a, const struct config_end *b)
{
	return a->xauthserver == b->xauthserver && a->xauthclient == b->xauthclient &&
	       a->hybrid == b->hybrid;
}

/* What is asked of an end in its second proof. */
static bool same_second(const struct config_end *a, const struct config_end *b)
{
	if (a->second == NULL || b->second == NULL)
		return a->second == b->second;
	a = a->second;
	b = b->second;
	return a->auth == b->auth && same_signatures(&a->signatures, &b->signatures) &&
	       identity_equal(&a->id, &b->id) && a->id_fromcert == b->id_fromcert &&
	       a->id_any == b->id_any && same_text(a->cert, b->cert) && a->ca_same == b->ca_same &&
	       same_bytes(a->ca, a->ca_len, b->ca, b->ca_len);
}

/* Who an end must prove to be, and what addresses it gives or gets; by the names for left and
 * right. */
static const char *end_difference(const struct config_end *a, const struct config_end *b,
				  unsigned side)
{
	static const char *const names[][2] = {
		{ "leftauth", "rightauth" },
		{ "leftpubkey", "rightpubkey" },
		{ "leftca", "rightca" },
		{ "leftaddresspool", "rightaddresspool" },
		{ "leftmodecfgserver", "rightmodecfgserver" },
		{ "leftmodecfgclient", "rightmodecfgclient" },
		{ "leftid", "rightid" },
		{ "leftauth2", "rightauth2" },
		{ "leftxauthclient", "rightxauthclient" },
	};
	bool same[] = {
		a->auth == b->auth && same_signatures(&a->signatures, &b->signatures),
		same_key(&a->key, &b->key),
		a->ca_same == b->ca_same && same_bytes(a->ca, a->ca_len, b->ca, b->ca_len),
		same_pools(a, b),
		a->modecfgserver == b->modecfgserver,
		a->modecfgclient == b->modecfgclient && a->sourceip_wanted == b->sourceip_wanted,
		a->id_fromcert == b->id_fromcert,
		same_second(a, b),
		same_xauth(a, b) && same_text(a->username, b->username),
	};

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		if (!same[i])
			return names[i][side];
	return NULL;
}

bool conn_same_ends(const struct config_conn *a, const struct config_conn *b)
{
	return same_host(&a->left, &b->left) && same_host(&a->right, &b->right) &&
	       identity_equal(&a->left.id, &b->left.id) &&
	       identity_equal(&a->right.id, &b->right.id);
}

static bool same_addresses(const struct config_conn *a, const struct config_conn *b)
{
	if (a->modecfgdns_count != b->modecfgdns_count)
		return false;
	for (unsigned i = 0; i < a->modecfgdns_count; i++)
		if (!ip_equal(&a->modecfgdns[i], &b->modecfgdns[i]))
			return false;
	return true;
}

static const char *ike_difference(const struct config_conn *a, const struct config_conn *b)
{
	const char *keyword = end_difference(&a->left, &b->left, 0);

	if (keyword == NULL)
		keyword = end_difference(&a->right, &b->right, 1);
	if (keyword != NULL)
		return keyword;
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

/* ---- told apart by a second proof (RFC 4739) ---- */

static bool same_first_end(const struct config_end *a, const struct config_end *b)
{
	return a->auth == b->auth && same_signatures(&a->signatures, &b->signatures) &&
	       same_key(&a->key, &b->key) && a->ca_same == b->ca_same &&
	       same_bytes(a->ca, a->ca_len, b->ca, b->ca_len) && same_text(a->cert, b->cert) &&
	       same_text(a->ckaid, b->ckaid) && a->id_fromcert == b->id_fromcert &&
	       config_end_rounds(a) == config_end_rounds(b) && same_xauth(a, b);
}

bool config_conn_same_first(const struct config_conn *a, const struct config_conn *b, bool swapped)
{
	const struct config_end *left = swapped ? &b->right : &b->left;
	const struct config_end *right = swapped ? &b->left : &b->right;

	return same_first_end(&a->left, left) && same_first_end(&a->right, right) &&
	       a->require_id_on_certificate == b->require_id_on_certificate && a->ppk == b->ppk &&
	       same_text(a->ppk_ids, b->ppk_ids);
}

bool config_conn_same_proofs(const struct config_conn *a, const struct config_conn *b, bool swapped)
{
	return config_conn_same_first(a, b, swapped) && a->xauthby == b->xauthby &&
	       a->xauthfail == b->xauthfail &&
	       same_second(&a->left, swapped ? &b->right : &b->left) &&
	       same_second(&a->right, swapped ? &b->left : &b->right);
}

static bool other_second(const struct config_end *a, const struct config_end *b)
{
	return a->second != NULL && b->second != NULL &&
	       !identity_equal(&a->second->id, &b->second->id);
}

bool config_conn_told_apart(const struct config_conn *a, const struct config_conn *b)
{
	return config_conn_same_first(a, b, false) && same_proposals(a->ike, b->ike) &&
	       (other_second(&a->left, &b->left) || other_second(&a->right, &b->right));
}

/* What matters only when a peer authenticates itself again, or comes anew: SAs that are up stay
 * when a reload changes it. */
static const char *later_difference(const struct config_conn *a, const struct config_conn *b)
{
	if (a->auth_lifetime != b->auth_lifetime)
		return "authlifetime";
	if (!same_text(a->left.cert, b->left.cert))
		return "leftcert";
	if (!same_text(a->right.cert, b->right.cert))
		return "rightcert";
	if (!same_text(a->left.ckaid, b->left.ckaid))
		return "leftckaid";
	if (!same_text(a->right.ckaid, b->right.ckaid))
		return "rightckaid";
	if (a->left.sendcert != b->left.sendcert)
		return "leftsendcert";
	if (a->right.sendcert != b->right.sendcert)
		return "rightsendcert";
	if (a->sendca != b->sendca)
		return "sendca";
	if (!same_addresses(a, b))
		return "modecfgdns";
	if (!same_text(a->modecfgdomains, b->modecfgdomains))
		return "modecfgdomains";
	return same_text(a->modecfgbanner, b->modecfgbanner) ? NULL : "modecfgbanner";
}

const char *conn_peer_difference(const struct config_conn *a, const struct config_conn *b)
{
	const char *keyword = ike_difference(a, b);

	return keyword != NULL ? keyword : later_difference(a, b);
}

bool config_conn_same_peer(const struct config_conn *a, const struct config_conn *b)
{
	return conn_same_ends(a, b) && conn_peer_difference(a, b) == NULL;
}

bool config_conn_same_proposals(const struct config_conn *a, const struct config_conn *b)
{
	return same_proposals(a->ike, b->ike);
}

/* Also where none is set. */
static bool same_address(const struct ip_addr *a, const struct ip_addr *b)
{
	return a->family == b->family && (!ip_is_set(a) || ip_equal(a, b));
}

static bool same_interface(const struct config_interface_address *a,
			   const struct config_interface_address *b)
{
	return same_address(&a->addr, &b->addr) && a->len == b->len;
}

/* Of updown= only whether there is one: the next event runs the new command. */
static bool same_protected(const struct config_end *a, const struct config_end *b)
{
	if (a->subnet_count != b->subnet_count || a->protocol != b->protocol ||
	    a->ports != b->ports || a->port_from != b->port_from || a->port_to != b->port_to ||
	    a->together != b->together || a->cat != b->cat || a->virtual_kind != b->virtual_kind ||
	    a->virtual_no != b->virtual_no || a->virtual_private != b->virtual_private ||
	    (a->updown == NULL) != (b->updown == NULL))
		return false;
	for (unsigned i = 0; i < a->subnet_count; i++)
		if (!range_equal(&a->subnets[i], &b->subnets[i]))
			return false;
	return same_address(&a->sourceip, &b->sourceip) &&
	       same_address(&a->sourceip_other, &b->sourceip_other) &&
	       same_interface(&a->vti, &b->vti) &&
	       same_interface(&a->interface_ip, &b->interface_ip);
}

/* Who an end proves to be is asked at the next authentication; the addresses that it has been given
 * are those of its SAs. */
static void weigh_end(struct verdict *verdict, const struct config_end *a,
		      const struct config_end *b, unsigned side)
{
	static const char *const names[][2] = {
		{ "leftauth", "rightauth" },
		{ "leftpubkey", "rightpubkey" },
		{ "leftca", "rightca" },
		{ "leftaddresspool", "rightaddresspool" },
		{ "leftmodecfgclient", "rightmodecfgclient" },
		{ "leftsubnet", "rightsubnet" },
		{ "leftupdown", "rightupdown" },
		{ "leftauth2", "rightauth2" },
		{ "leftxauthclient", "rightxauthclient" },
		{ "leftusername", "rightusername" },
	};

	weigh(verdict, a->auth == b->auth && same_signatures(&a->signatures, &b->signatures),
	      CONFIG_NEXT_REKEY, names[0][side]);
	weigh(verdict, same_key(&a->key, &b->key), CONFIG_NEXT_REKEY, names[1][side]);
	weigh(verdict, a->ca_same == b->ca_same && same_bytes(a->ca, a->ca_len, b->ca, b->ca_len),
	      CONFIG_NEXT_REKEY, names[2][side]);
	weigh(verdict, same_pools(a, b), CONFIG_NEW_SA, names[3][side]);
	weigh(verdict,
	      a->modecfgserver == b->modecfgserver && a->modecfgclient == b->modecfgclient &&
		      a->sourceip_wanted == b->sourceip_wanted,
	      CONFIG_NEW_SA, names[4][side]);
	weigh(verdict, same_protected(a, b), CONFIG_NEW_SA, names[5][side]);
	weigh(verdict, same_text(a->updown, b->updown), CONFIG_AT_ONCE, names[6][side]);
	weigh(verdict, same_second(a, b), CONFIG_NEXT_REKEY, names[7][side]);
	weigh(verdict, same_xauth(a, b), CONFIG_NEW_SA, names[8][side]);
	weigh(verdict, same_text(a->username, b->username), CONFIG_NEXT_REKEY, names[9][side]);
}

static bool same_identities(const struct config_conn *a, const struct config_conn *b)
{
	return conn_same_ends(a, b) && a->left.id_fromcert == b->left.id_fromcert &&
	       a->right.id_fromcert == b->right.id_fromcert;
}

enum config_change config_conn_change(const struct config_conn *a, const struct config_conn *b,
				      const char **keyword)
{
	struct verdict verdict = { CONFIG_SAME, NULL };
	const char *later = later_difference(a, b);

	weigh(&verdict, same_text(a->name, b->name), CONFIG_NEW_SA, "conn");
	weigh(&verdict, same_identities(a, b), CONFIG_NEW_SA, "left, right, leftid or rightid");
	weigh(&verdict, same_text(a->vti_interface, b->vti_interface), CONFIG_NEW_SA,
	      "vti-interface");
	weigh_end(&verdict, &a->left, &b->left, 0);
	weigh_end(&verdict, &a->right, &b->right, 1);
	weigh_fields(&verdict, tunnel_fields, a, b);
	weigh_fields(&verdict, peer_fields, a, b);
	weigh(&verdict, same_proposals(a->ike, b->ike), CONFIG_NEXT_REKEY, "ike");
	weigh(&verdict, same_proposals(a->esp, b->esp), CONFIG_NEXT_REKEY, "esp");
	weigh(&verdict, same_text(a->ppk_ids, b->ppk_ids), CONFIG_NEXT_REKEY, "ppk-ids");
	weigh(&verdict, later == NULL, CONFIG_NEXT_REKEY, later);
	weigh(&verdict, same_text(a->redirect_to, b->redirect_to), CONFIG_AT_ONCE, "redirect-to");
	weigh(&verdict, same_text(a->accept_redirect_to, b->accept_redirect_to), CONFIG_AT_ONCE,
	      "accept-redirect-to");
	if (keyword != NULL)
		*keyword = verdict.keyword;
	return verdict.change;
}
