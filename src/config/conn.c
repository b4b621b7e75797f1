/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "config/loader.h"

/* ---- shared proposals ---- */
static uint64_t share_hash(const struct config_whole *whole, uint8_t protocol, const char *text,
			   bool pfs)
{
	uint64_t parts[2] = { (uint64_t)protocol << 1 | pfs, 0 };
	if (text != NULL)
		parts[1] = table_hash(&whole->proposals, text, strlen(text));
	return table_hash(&whole->proposals, parts, sizeof(parts));
}

static struct shared_proposal *find_shared(const struct config_whole *whole, uint64_t hash,
					   uint8_t protocol, const char *text, bool pfs)
{
	for (struct table_node *n = table_first(&whole->proposals, hash); n != NULL;
	     n = table_next(n)) {
		struct shared_proposal *shared = container_of(n, struct shared_proposal, node);
		bool same = text == NULL ? shared->text == NULL
					 : shared->text != NULL && strcmp(shared->text, text) == 0;
		if (same && shared->protocol == protocol && shared->pfs == pfs)
			return shared;
	}
	return NULL;
}

static enum rc new_shared(struct config_whole *whole, uint64_t hash, struct shared_proposal *from)
{
	struct shared_proposal *shared = mem_alloc(sizeof(*shared));
	if (shared == NULL)
		return RC_NO_MEMORY;
	*shared = *from;
	if (from->text != NULL && (shared->text = mem_text(from->text)) == NULL) {
		mem_free(shared);
		return RC_NO_MEMORY;
	}
	if (table_insert(&whole->proposals, &shared->node, hash) != RC_OK) {
		mem_free(shared->text);
		mem_free(shared);
		return RC_NO_MEMORY;
	}
	shared->next = whole->shared;
	whole->shared = shared;
	return RC_OK;
}

enum rc proposal_share(struct config_whole *whole, uint8_t protocol, const char *text, bool pfs,
		       struct proposal_list **out, size_t *column, struct diag *diag)
{
	uint64_t hash = share_hash(whole, protocol, text, pfs);
	struct shared_proposal *known = find_shared(whole, hash, protocol, text, pfs);
	struct shared_proposal made = { .protocol = protocol, .pfs = pfs, .text = (char *)text };
	enum rc rc;

	if (known != NULL) {
		*out = known->list;
		return RC_OK;
	}
	rc = text != NULL ? proposal_parse(protocol, text, pfs, &made.list, column, diag)
			  : proposal_default(protocol, pfs, &made.list, diag);
	if (rc != RC_OK)
		return rc;
	rc = new_shared(whole, hash, &made);
	if (rc != RC_OK) {
		proposal_free(made.list);
		return rc;
	}
	*out = made.list;
	return RC_OK;
}

/* NULL: the project's own for IKEv2. Old peers have SHA-1 only. In IKEv1 each combination is named,
 * and the message with all of them must come whole: it has to fit into 1280 bytes. */
static const char *default_of(const struct config_conn *conn, uint8_t protocol)
{
	if (conn->ikev2 != 0)
		return NULL;
	switch (protocol) {
	case PROTOCOL_IKE:
		return "aes256+aes128-sha2_256+sha2_512+sha1-dh31+modp2048+dh19+modp3072";
	case PROTOCOL_AH:
		return "sha2_512+sha2_256+sha1";
	}
	return "aes_gcm256+aes_gcm128, aes256+aes128-sha2_512+sha2_256+sha1";
}

/* ---- values into fields ---- */
void conn_end_free(struct config_end *end)
{
	mem_free(end->name);
	mem_free(end->subnets);
	mem_free(end->dns);
	end->dns = NULL;
	end->dns_count = 0;
	mem_free(end->cert);
	mem_free(end->key.data);
	mem_free(end->key.file);
	mem_free(end->ckaid);
	mem_free(end->ca);
	mem_free(end->ca_text);
	mem_free(end->pools);
	mem_free(end->updown);
	mem_free(end->username);
	identity_free(&end->id);
	if (end->second != NULL)
		conn_end_free(end->second);
	mem_free(end->second);
	*end = (struct config_end){ 0 };
}

void conn_free(struct config_conn *conn)
{
	conn_end_free(&conn->left);
	conn_end_free(&conn->right);
	mem_free(conn->name);
	mem_free(conn->ppk_ids);
	mem_free(conn->redirect_to);
	mem_free(conn->accept_redirect_to);
	mem_free(conn->vti_interface);
	mem_free(conn->modecfgdns);
	mem_free(conn->modecfgdomains);
	mem_free(conn->modecfgbanner);
	mem_free(conn->xauth_identity);
	conn->name = conn->ppk_ids = NULL;
	conn->redirect_to = conn->accept_redirect_to = NULL;
	conn->vti_interface = conn->modecfgdomains = conn->modecfgbanner = NULL;
	conn->xauth_identity = NULL;
	conn->modecfgdns = NULL;
	conn->modecfgdns_count = 0;
}

static bool applied(struct loader *loader, struct setting *setting, void *object)
{
	struct finding finding = { 0 };
	enum rc rc;
	if (setting->bad)
		return false;
	rc = keyword_apply(setting->keyword, setting->value, object, &finding);
	if (rc == RC_NO_MEMORY)
		loader->no_memory = true;
	else if (rc != RC_OK)
		setting_report(loader, setting, &finding);
	return rc == RC_OK;
}

static void inherit(const struct loader *loader, struct config_conn *conn,
		    const struct keyword *keyword)
{
	const char *from = (const char *)&loader->whole->config.setup + keyword->setup_offset;
	memcpy((char *)conn + keyword->offset, from, keyword->size);
}

/* False when a value was bad: then checks that compare values would only confuse. */
static bool apply_all(struct loader *loader, const struct merge *merge, struct config_conn *conn)
{
	bool good = true;
	for (unsigned slot = 0; slot < keywords_ours_count(); slot++) {
		const struct keyword *keyword = &keywords_ours[slot];
		for (unsigned side = 0; side < 2; side++) {
			struct setting *setting = merge->chosen[side][slot];
			void *object = conn;
			if (keyword->section == SECTION_END)
				object = side == 0 ? &conn->left : &conn->right;
			if (setting != NULL)
				good = applied(loader, setting, object) && good;
			else if (keyword->inherits && side == 0)
				inherit(loader, conn, keyword);
		}
	}
	return good && !loader->no_memory;
}

/* esp= and ah= share a place: the one that is written says which protocol it is. phase2alg= says
 * nothing of it: its algorithms are for what phase2= says. */
static uint8_t conn_protocol(struct config_conn *conn, const struct keyword *keyword,
			     const struct setting *setting)
{
	if (keyword->protocol == PROTOCOL_IKE)
		return PROTOCOL_IKE;
	if (setting != NULL && !setting_of_either(setting))
		conn->ah = setting->keyword->protocol == PROTOCOL_AH;
	return conn->ah ? PROTOCOL_AH : PROTOCOL_ESP;
}

static enum rc apply_proposals(struct loader *loader, const struct merge *merge,
			       struct config_conn *conn)
{
	for (unsigned slot = 0; slot < keywords_ours_count(); slot++) {
		const struct keyword *keyword = &keywords_ours[slot];
		struct setting *setting = merge->chosen[0][slot];
		struct proposal_list **field;
		struct finding finding = { 0 };
		uint8_t protocol;
		enum rc rc;

		if (keyword->kind != KIND_PROPOSAL || (setting != NULL && setting->bad))
			continue;
		if (keyword->same != NULL)
			continue;
		field = (struct proposal_list **)(void *)((char *)conn + keyword->offset);
		protocol = conn_protocol(conn, keyword, setting);
		rc = proposal_share(loader->whole, protocol,
				    setting != NULL ? setting->value : default_of(conn, protocol),
				    protocol != PROTOCOL_IKE && conn->pfs, field, &finding.column,
				    &finding.diag);
		if (rc == RC_NO_MEMORY)
			return rc;
		if (rc != RC_OK && setting != NULL)
			setting_report(loader, setting, &finding);
		else if (rc != RC_OK)
			report_error(loader->errors, (struct place){ conn->file, conn->line, 0 },
				     "conn %s: no default algorithms: %s", conn->name,
				     finding.diag.text);
	}
	return RC_OK;
}

/* ---- conns ---- */
/* A conn without left= or right= that is not to be loaded is a part for also=. One that is, is of
 * this host, whatever its address, when only left= is missing. */
static bool is_part(struct loader *loader, const struct section *section, const struct merge *merge)
{
	const struct setting *start = merge->chosen[0][loader->slot_auto];
	bool left = merge->chosen[0][loader->slot_host] != NULL;
	bool right = merge->chosen[1][loader->slot_host] != NULL;
	bool loaded = start != NULL && strcasecmp(start->value, "ignore") != 0;
	const char *missing = left ? "right=" : right ? "left=" : "left= and right=";

	if (left && right)
		return false;
	if (section->referenced)
		return true;
	if (loaded && right)
		return false;
	if (!loaded)
		report_warning(loader->errors, section->at,
			       "conn %s is not loaded: it has no %s, and no also= names it",
			       section->name, missing);
	else
		report_error(
			loader->errors, section->at,
			"conn %s has no %s: write an address, a host name, %%any or %%defaultroute",
			section->name, missing);
	return true;
}

static bool grow_result(struct config_whole *whole)
{
	unsigned cap = whole->conn_cap == 0 ? 64 : whole->conn_cap * 2;
	struct config_conn **grown;
	if (whole->config.conn_count < whole->conn_cap)
		return true;
	grown = mem_resize(whole->config.conns, cap * sizeof(struct config_conn *));
	if (grown == NULL)
		return false;
	whole->config.conns = grown;
	whole->conn_cap = cap;
	return true;
}

static struct conn_whole *new_conn(struct loader *loader, const struct section *section)
{
	struct config_whole *whole = loader->whole;
	struct conn_whole *made = grow_result(whole) ? mem_alloc(sizeof(*made)) : NULL;
	if (made == NULL)
		return NULL;
	made->conn = loader->blank;
	made->conn.name = mem_text(section->name);
	made->conn.file = section->at.file;
	made->conn.line = section->at.line;
	if (made->conn.name == NULL || table_insert(&whole->names, &made->node,
						    table_hash(&whole->names, section->name,
							       strlen(section->name))) != RC_OK) {
		mem_free(made->conn.name);
		mem_free(made);
		return NULL;
	}
	whole->config.conns[whole->config.conn_count++] = &made->conn;
	return made;
}

static bool has_key(const struct config_end *end)
{
	return end->cert != NULL || end->ckaid != NULL || end->key.form != CONFIG_KEY_NONE;
}

/* leftauth=, else authby=, else what the keys at hand are good for. */
static void fill_auth(struct config_conn *conn, const struct merge *merge, unsigned slot_authby,
		      struct config_end *end)
{
	bool unsaid = merge->chosen[0][slot_authby] == NULL;
	if (end->auth != 0)
		return;
	end->auth = conn->authby;
	end->signatures = conn->signatures;
	if (unsaid && (has_key(&conn->left) || has_key(&conn->right)))
		signatures_any(&end->auth, &end->signatures);
}

static void fill_auths(struct config_conn *conn, const struct merge *merge, unsigned slot_authby)
{
	fill_auth(conn, merge, slot_authby, &conn->left);
	fill_auth(conn, merge, slot_authby, &conn->right);
}

/* leftcert2= says how, where leftauth2= does not. */
static void fill_second(struct config_end *end)
{
	struct config_end *second = end->second;

	if (second == NULL)
		return;
	second->sendcert = end->sendcert;
	if (second->auth == 0 && second->cert != NULL)
		signatures_any(&second->auth, &second->signatures);
}

static void fill_marks(struct config_conn *conn)
{
	if (!conn->has_mark_in) {
		conn->mark_in = conn->mark;
		conn->mark_in_mask = conn->mark_mask;
	}
	if (!conn->has_mark_out) {
		conn->mark_out = conn->mark;
		conn->mark_out_mask = conn->mark_mask;
	}
}

static bool end_has_ipv6(const struct config_end *end)
{
	for (unsigned i = 0; i < end->subnet_count; i++)
		if (end->subnets[i].from.family == AF_INET6)
			return true;
	return false;
}

/* leftsourceip=%config and leftmodecfgclient=yes say the same. */
static void fill_client(struct config_end *end, const struct config_end *other)
{
	if (end->sourceip_wanted != 0)
		end->modecfgclient = true;
	else if (end->modecfgclient)
		end->sourceip_wanted = (uint8_t)(WANT_IPV4 | (end_has_ipv6(other) ? WANT_IPV6 : 0));
	if (other->pools != NULL)
		end->modecfgserver = true;
}

/* rightdns= is strongSwan's modecfgdns=. */
static void fill_dns(struct config_conn *conn, struct config_end *end)
{
	if (conn->modecfgdns_count > 0 || end->dns_count == 0)
		return;
	conn->modecfgdns = end->dns;
	conn->modecfgdns_count = end->dns_count;
	end->dns = NULL;
	end->dns_count = 0;
}

static void fill(struct loader *loader, const struct merge *merge, struct config_conn *conn)
{
	fill_auths(conn, merge, loader->slot_authby);
	fill_xauth(conn);
	fill_second(&conn->left);
	fill_second(&conn->right);
	fill_marks(conn);
	if (config_fill_virtual(&loader->whole->config.setup, &conn->left,
				conn->type == TYPE_TRANSPORT) != RC_OK ||
	    config_fill_virtual(&loader->whole->config.setup, &conn->right,
				conn->type == TYPE_TRANSPORT) != RC_OK)
		loader->no_memory = true;
	if (merge->chosen[0][loader->slot_host] == NULL)
		conn->left.kind = HOST_ANY;
	if (conn->interface && conn->if_id == 0)
		conn->if_id = interface_id(conn);
	fill_client(&conn->left, &conn->right);
	fill_client(&conn->right, &conn->left);
	fill_dns(conn, &conn->right);
	fill_dns(conn, &conn->left);
}

void conn_build(struct loader *loader, struct section *section)
{
	struct conn_whole *made;
	struct merge merge;
	bool good;

	merge_conn(loader, section, &merge);
	if (is_part(loader, section, &merge))
		return;
	made = new_conn(loader, section);
	if (made == NULL) {
		loader->no_memory = true;
		return;
	}
	good = apply_all(loader, &merge, &made->conn);
	if (apply_proposals(loader, &merge, &made->conn) != RC_OK)
		loader->no_memory = true;
	fill(loader, &merge, &made->conn);
	if (good)
		check_conn(loader, section, &merge, &made->conn);
}

/* ---- config setup ---- */
void setup_free(struct config_setup *setup)
{
	mem_free(setup->listen);
	mem_free(setup->logfile);
	mem_free(setup->nssdir);
	mem_free(setup->secretsfile);
	mem_free(setup->redirect_to);
	setup->redirect_to = NULL;
	mem_free(setup->ocsp_uri);
	mem_free(setup->ocsp_trustname);
	setup->ocsp_uri = setup->ocsp_trustname = NULL;
	setup->listen = NULL;
	setup->logfile = setup->nssdir = setup->secretsfile = NULL;
}

void setup_build(struct loader *loader)
{
	struct config_setup *setup = &loader->whole->config.setup;
	struct finding finding = { 0 };

	setup->log_level = -1;
	if (keyword_defaults(SECTION_SETUP, setup, &finding) != RC_OK)
		loader->no_memory = true;
	for (unsigned i = 0; i < loader->setup.count; i++)
		(void)applied(loader, &loader->setup.settings[i], setup);
}

struct selector config_end_selector(const struct config_end *end, const struct ip_range *range,
				    uint8_t protocol)
{
	struct selector selector = selector_make(range, protocol, 0);

	if (end->ports) {
		selector.port_from = end->port_from;
		selector.port_to = end->port_to;
	}
	return selector;
}
