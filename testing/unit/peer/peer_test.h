/* SPDX-License-Identifier: Apache-2.0 */
/* A host at 192.0.2.1 and 2001:db8::1, peers on it, and conns from text. */
#ifndef VANTH_TEST_PEER_H
#define VANTH_TEST_PEER_H

#include "config/loader.h"
#include "unit/test.h"
#include <stdio.h>
#include "base/arena.h"
#include "host/virtual.h"
#include "kernel/kernel.h"
#include "peer/peer.h"

#define CONFIGS_MAX 8

struct fixture {
	struct world *world;
	struct host *host;
	struct log *log;
	struct peers peers;
	struct config *configs[CONFIGS_MAX]; /* the test's references */
	unsigned config_count;
	unsigned dirty, freed, moved; /* calls */
	struct peer *last_dirty, *last_freed, *last_moved;
	usec_t tick_at;
	char logged[4096];
};

static inline void fixture_dirty(void *context, struct peer *peer)
{
	struct fixture *f = context;
	f->dirty++;
	f->last_dirty = peer;
}

static inline void fixture_freed(void *context, struct peer *peer)
{
	struct fixture *f = context;
	f->freed++;
	f->last_freed = peer;
}

static inline void fixture_moved(void *context, struct peer *peer)
{
	struct fixture *f = context;
	f->moved++;
	f->last_moved = peer;
}

static inline void fixture_tick(void *context, usec_t when)
{
	struct fixture *f = context;
	f->tick_at = when;
}

static inline void fixture_log(void *context, enum log_level level,
			       const struct log_subject *subject, const char *text)
{
	struct fixture *f = context;
	size_t used = strlen(f->logged);
	(void)level;
	snprintf(f->logged + used, sizeof(f->logged) - used, "%s: %s\n",
		 subject->peer != NULL ? subject->peer : "", text);
}

static inline int peer_setup(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));
	struct log_sink sink = { .write = fixture_log, .context = f };
	struct diag diag;

	if (f == NULL || crypto_open(NULL, false, &diag) != RC_OK)
		return -1;
	f->world = world_new(7);
	f->host = world_host(f->world, "gateway");
	f->log = log_new(LOG_LEVEL_INFO);
	f->tick_at = USEC_NEVER;
	if (world_host_add_address(f->host, "192.0.2.1") != RC_OK ||
	    world_host_add_address(f->host, "2001:db8::1") != RC_OK ||
	    log_add_sink(f->log, sink) != RC_OK || peers_init(&f->peers, f->host, f->log) != RC_OK)
		return -1;
	f->peers.on_dirty = fixture_dirty;
	f->peers.on_free = fixture_freed;
	f->peers.on_move = fixture_moved;
	f->peers.on_tick = fixture_tick;
	f->peers.context = f;
	*state = f;
	return 0;
}

static inline int peer_teardown(void **state)
{
	struct fixture *f = *state;
	peers_free(&f->peers);
	for (unsigned i = 0; i < f->config_count; i++)
		config_unref(f->configs[i]);
	log_free(f->log);
	world_free(f->world);
	mem_free(f);
	crypto_close();
	return 0;
}

#define PEER_TEST(name) cmocka_unit_test_setup_teardown(name, peer_setup, peer_teardown)

static inline void stop_with(const struct config_errors *errors)
{
	char text[600];
	list_for(node, &errors->list) print_error(
		"%s\n", config_error_text(container_of(node, struct config_error, in_list), text,
					  sizeof(text)));
	fail();
}

/* Not loaded into peers. */
static inline struct config *parse(struct fixture *f, const char *text)
{
	struct config_errors errors;
	struct config *config = NULL;

	config_errors_init(&errors);
	if (config_load_everything("test.conf", span_make(text, strlen(text)), &config, &errors) !=
	    RC_OK)
		stop_with(&errors);
	config_errors_free(&errors);
	assert_true(f->config_count < CONFIGS_MAX);
	f->configs[f->config_count++] = config;
	return config;
}

static inline enum rc load_conn(struct fixture *f, struct config *config, const char *name,
				struct diag *diag)
{
	const struct config_conn *conn = config_conn_find(config, name);
	assert_non_null(conn);
	diag->text[0] = '\0';
	return peer_load(&f->peers, config, conn, diag);
}

/* All conns of the text, each of which must load. */
static inline struct config *load(struct fixture *f, const char *text)
{
	struct config *config = parse(f, text);
	struct diag diag = { "" };

	for (unsigned i = 0; i < config->conn_count; i++)
		if (peer_load(&f->peers, config, config->conns[i], &diag) != RC_OK)
			fail_msg("%s: %s", config->conns[i]->name, diag.text);
	return config;
}

static inline struct tunnel *tunnel_named(struct fixture *f, const char *name)
{
	struct tunnel *tunnel = peers_tunnel(&f->peers, name);
	if (tunnel == NULL)
		fail_msg("no tunnel %s", name);
	return tunnel;
}

static inline struct peer *peer_named(struct fixture *f, const char *tunnel)
{
	return tunnel_named(f, tunnel)->peer;
}

static inline struct ip_addr addr_of(const char *text)
{
	struct ip_addr addr = { 0 };
	if (text[0] != '\0')
		assert_int_equal(ip_parse(text, &addr), RC_OK);
	return addr;
}

static inline void assert_addr(const struct ip_addr *addr, const char *text)
{
	char got[IP_TEXT_MAX];
	if (!ip_is_set(addr))
		assert_string_equal("", text);
	else
		assert_string_equal(ip_text(addr, got), text);
}

static inline void assert_selectors(const struct tunnel *tunnel, const char *text)
{
	char got[SELECTORS_TEXT_MAX];
	assert_string_equal(selectors_text(&tunnel->selectors, got), text);
}

static inline void assert_identity(const struct identity *id, const char *text)
{
	char got[IDENTITY_TEXT_MAX];
	assert_string_equal(identity_text(id, got), text);
}

static inline void assert_says(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static inline struct peer *for_addresses(struct fixture *f, const char *local, const char *remote)
{
	struct ip_addr a = addr_of(local), b = addr_of(remote);
	return peers_for_addresses(&f->peers, &a, &b);
}

/* idr NULL: not asked for */
static inline struct peer *for_identity(struct fixture *f, const char *local, const char *remote,
					const char *idi, const char *idr, struct diag *diag)
{
	struct ip_addr a = addr_of(local), b = addr_of(remote);
	struct identity i = { 0 }, r = { 0 };
	struct peer_claim claim = { .idi = &i, .idr = idr != NULL ? &r : NULL };
	struct peer *peer;

	assert_int_equal(identity_parse(idi, &i, NULL), RC_OK);
	if (idr != NULL)
		assert_int_equal(identity_parse(idr, &r, NULL), RC_OK);
	peer = peers_for_identity(&f->peers, &a, &b, &claim, diag);
	identity_free(&i);
	identity_free(&r);
	return peer;
}

/* rc of peer_instantiate; not linked */
static inline enum rc instantiate(struct peer *template, const char *remote, uint16_t port,
				  const char *idi, struct peer **out)
{
	struct ip_addr local = addr_of("192.0.2.1");
	struct ip_endpoint endpoint = { addr_of(remote), port };
	struct identity id = { 0 };
	enum rc rc;

	if (endpoint.addr.family == AF_INET6)
		local = addr_of("2001:db8::1");
	rc = identity_parse(idi, &id, NULL);
	if (rc == RC_OK)
		rc = peer_instantiate(template, &local, &endpoint, &id, out);
	identity_free(&id);
	return rc;
}

static inline struct peer *linked_instance(struct peer *template, const char *remote, uint16_t port,
					   const char *idi)
{
	struct peer *peer = NULL;
	assert_int_equal(instantiate(template, remote, port, idi, &peer), RC_OK);
	assert_int_equal(peer_link(peer), RC_OK);
	return peer;
}

static inline bool expect_identity(const struct peer *peer, const char *text)
{
	char got[IDENTITY_TEXT_MAX];
	return strcmp(identity_text(&peer->remote_id, got), text) == 0;
}

/* As a reload does. */
static inline void rebase_equal(struct fixture *f, struct config *config)
{
	for (unsigned i = 0; i < config->conn_count; i++) {
		const struct config_conn *conn = config->conns[i];
		const struct config_conn *loaded = peers_conn(&f->peers, conn->name);
		if (loaded != NULL && config_conn_change(loaded, conn, NULL) != CONFIG_NEW_SA)
			assert_true(peers_rebase(&f->peers, config, conn, false));
	}
}

#endif
