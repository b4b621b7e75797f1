/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "config/loader.h"
#include "exchange/pair.h"
#include "unit/test.h"

static void print_errors(struct config_errors *errors)
{
	char text[600];

	list_for(node, &errors->list) print_error(
		"%s\n", config_error_text(container_of(node, struct config_error, in_list), text,
					  sizeof(text)));
}

struct config *load_conf(const char *text)
{
	struct config_errors errors;
	struct config *config = NULL;

	config_errors_init(&errors);
	if (config_load_everything("test.conf", span_make(text, strlen(text)), &config, &errors) !=
	    RC_OK)
		print_errors(&errors);
	config_errors_free(&errors);
	assert_non_null(config);
	return config;
}

struct secrets *load_secrets(const char *text)
{
	struct config_errors errors;
	struct secrets *secrets = NULL;

	config_errors_init(&errors);
	if (secrets_load_text("test.secrets", span_make(text, strlen(text)), &secrets, &errors) !=
	    RC_OK)
		print_errors(&errors);
	config_errors_free(&errors);
	assert_non_null(secrets);
	return secrets;
}

static void watch(struct watcher *watcher, const struct gateway_event *event)
{
	struct end *end = container_of(watcher, struct end, watcher);

	end->ike_up += event->type == GATEWAY_IKE_UP;
	end->child_up += event->type == GATEWAY_CHILD_UP;
	end->failed += event->type == GATEWAY_FAILED;
	end->ike_down += event->type == GATEWAY_IKE_DOWN;
	end->child_down += event->type == GATEWAY_CHILD_DOWN;
	if (event->type != GATEWAY_FAILED)
		return;
	end->last_reason = event->reason;
	(void)snprintf(end->last_text, sizeof(end->last_text), "%s", event->text);
}

/* A power of two of bytes for that many. */
static size_t room_for(size_t len)
{
	size_t room = 4096;
	while (room < len)
		room *= 2;
	return room;
}

static char *journal_room(const struct end *end, size_t len)
{
	size_t room = room_for(end->journal_len + len);

	if (end->journal != NULL && room == room_for(end->journal_len + 1))
		return end->journal;
	return realloc(end->journal, room);
}

static void remember(void *context, enum log_level level, const struct log_subject *subject,
		     const char *text)
{
	struct end *end = context;
	size_t len = strlen(text);
	char *grown = journal_room(end, len + 2);

	(void)level;
	(void)subject;
	if (grown == NULL)
		return;
	memcpy(grown + end->journal_len, text, len);
	memcpy(grown + end->journal_len + len, "\n", 2);
	end->journal = grown;
	end->journal_len += len + 1;
}

bool end_said(const struct end *end, const char *part)
{
	return end->journal != NULL && strstr(end->journal, part) != NULL;
}

static void show(void *context, enum log_level level, const struct log_subject *subject,
		 const char *text)
{
	struct end *end = context;

	print_message("%-6s %-7s #%llu %s\n", world_host_name(end->host), log_level_name(level),
		      (unsigned long long)subject->serial, text);
}

static void open_log(struct end *end)
{
	struct log_sink journal = { .write = remember, .context = end };
	struct log_sink screen = { .write = show, .context = end };

	end->log = log_new(LOG_LEVEL_DEBUG);
	assert_non_null(end->log);
	assert_int_equal(log_add_sink(end->log, journal), RC_OK);
	if (getenv("VANTH_TEST_VERBOSE") != NULL)
		assert_int_equal(log_add_sink(end->log, screen), RC_OK);
}

void end_boot(struct end *end, const char *conf, const char *secrets)
{
	struct config *config = load_conf(conf);
	struct diag diag = { "" };

	if (gateway_new(end->host, end->kernel, end->log, config,
			load_secrets(secrets != NULL ? secrets : PAIR_SECRETS), &end->gateway,
			&diag) != RC_OK)
		fail_msg("%s", diag.text);
	config_unref(config);
	gateway_use_network(end->gateway, end->network);
	end->watcher.event = watch;
	gateway_watch(end->gateway, &end->watcher);
	if (gateway_start(end->gateway, &diag) != RC_OK)
		fail_msg("%s", diag.text);
}

void end_start(struct world *world, struct end *end, const char *name, const char *address,
	       const char *conf, const char *secrets)
{
	*end = (struct end){ .host = world_host(world, name) };
	assert_non_null(end->host);
	assert_int_equal(world_host_add_address(end->host, address), RC_OK);
	assert_int_equal(kernel_simulated_new(end->host, &end->kernel), RC_OK);
	open_log(end);
	assert_int_equal(network_simulated_new(end->host, end->log, &end->network), RC_OK);
	end_boot(end, conf, secrets);
}

/* What the gateway removes on its way out is kept from the kernel: a process that dies does not
 * tidy up. */
void end_crash(struct end *end)
{
	kernel_simulated_fail(end->kernel, 1, EIO, true);
	network_simulated_fail(end->network, 1, EIO, true);
	gateway_unwatch(&end->watcher);
	gateway_free(end->gateway);
	end->gateway = NULL;
	kernel_simulated_fail(end->kernel, 0, 0, false);
	network_simulated_fail(end->network, 0, 0, false);
}

static void stopped(void *context)
{
	struct end *end = context;

	end->stopped = true;
}

void end_reload(struct end *end, const char *conf)
{
	struct config *config = load_conf(conf);
	struct diag diag;

	assert_int_equal(gateway_reload(end->gateway, config, &diag), RC_OK);
	config_unref(config);
}

void end_stop(struct end *end)
{
	end->stopped = false;
	gateway_stop(end->gateway, 5 * USEC_PER_SEC, stopped, end);
}

void end_free(struct end *end)
{
	if (end->gateway != NULL) {
		gateway_unwatch(&end->watcher);
		gateway_free(end->gateway);
	}
	kernel_free(end->kernel);
	network_free(end->network);
	log_free(end->log);
	world_host_free(end->host);
	free(end->journal);
}

void pair_start(struct pair *pair, uint64_t seed, const char *west_conf, const char *east_conf,
		const char *west_secrets, const char *east_secrets)
{
	*pair = (struct pair){ .world = world_new(seed) };
	assert_non_null(pair->world);
	end_start(pair->world, &pair->west, "west", WEST_ADDRESS, west_conf ? west_conf : PAIR_CONN,
		  west_secrets ? west_secrets : PAIR_SECRETS);
	end_start(pair->world, &pair->east, "east", EAST_ADDRESS, east_conf ? east_conf : PAIR_CONN,
		  east_secrets ? east_secrets : PAIR_SECRETS);
	world_settle(pair->world);
}

void pair_end(struct pair *pair)
{
	end_free(&pair->west);
	end_free(&pair->east);
	world_free(pair->world);
}

void end_up(struct end *end, const char *name)
{
	struct diag diag = { "" };

	if (gateway_up(end->gateway, name, &diag) != RC_OK)
		fail_msg("%s", diag.text);
}

static struct selector host_selector(const char *address)
{
	struct ip_range range;

	assert_int_equal(range_parse(address, &range, NULL), RC_OK);
	return selector_make(&range, 0, 0);
}

enum simulated_verdict pair_ping_hosts(struct pair *pair, const char *from, const char *to)
{
	struct selector src = host_selector(from), dst = host_selector(to);

	return kernel_simulated_packet(pair->west.kernel, pair->east.kernel, &src, &dst, 84);
}

enum simulated_verdict pair_ping(struct pair *pair, bool from_west)
{
	struct selector west = host_selector("10.1.0.7"), east = host_selector("10.2.0.7");

	if (from_west)
		return kernel_simulated_packet(pair->west.kernel, pair->east.kernel, &west, &east,
					       84);
	return kernel_simulated_packet(pair->east.kernel, pair->west.kernel, &east, &west, 84);
}

static struct child_sa *only_child(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	return tunnel_current(tunnel);
}

void pair_assert_tunnel(struct pair *pair)
{
	struct child_sa *west = only_child(&pair->west), *east = only_child(&pair->east);

	assert_non_null(west);
	assert_non_null(east);
	assert_int_equal(west->spi_in, east->spi_out);
	assert_int_equal(west->spi_out, east->spi_in);
	assert_int_equal(pair->west.gateway->sas.child_count, 1);
	assert_int_equal(pair->east.gateway->sas.child_count, 1);
	assert_int_equal(pair->west.gateway->sas.ike_count, 1);
	assert_int_equal(pair->east.gateway->sas.ike_count, 1);
	assert_int_equal(kernel_simulated_sa_count(pair->west.kernel), 2);
	assert_int_equal(kernel_simulated_sa_count(pair->east.kernel), 2);
	assert_int_equal(pair_ping(pair, true), SIMULATED_ARRIVED);
	assert_int_equal(pair_ping(pair, false), SIMULATED_ARRIVED);
}

/* Those that were refused stay until their half-open time is over, to answer the same again. */
static size_t refused_count(struct end *end)
{
	size_t count = 0;

	list_for(node, &end->gateway->sas.half_open) count +=
		container_of(node, struct ike_sa, in_half_open)->refused;
	return count;
}

void end_assert_childless(struct end *end)
{
	assert_int_equal(end->gateway->sas.half_open_count, refused_count(end));
	assert_int_equal(end->gateway->sas.child_count, 0);
	assert_int_equal(kernel_simulated_sa_count(end->kernel), 0);
	assert_int_equal(kernel_simulated_policy_count(end->kernel), 0);
	assert_true(list_empty(&end->gateway->errands));
}

void end_assert_empty(struct end *end)
{
	assert_int_equal(end->gateway->sas.ike_count, refused_count(end));
	end_assert_childless(end);
}

void pair_run(struct pair *pair, usec_t duration)
{
	usec_t until = world_now(pair->world) + duration, left;

	while ((left = until - world_now(pair->world)) > 0) {
		world_run(pair->world, left < 50 * USEC_PER_MSEC ? left : 50 * USEC_PER_MSEC);
		kernel_simulated_tick(pair->west.kernel);
		kernel_simulated_tick(pair->east.kernel);
		world_settle(pair->world);
	}
}

static bool is_up(struct end *end)
{
	return end->gateway != NULL && end->gateway->sas.child_count == 1 &&
	       end->gateway->sas.half_open_count == 0;
}

bool pair_comes_up(struct pair *pair, usec_t limit)
{
	usec_t until = world_now(pair->world) + limit;

	while (world_now(pair->world) < until) {
		if (is_up(&pair->west) && is_up(&pair->east))
			return true;
		world_run(pair->world, 100 * USEC_PER_MSEC);
	}
	return false;
}

bool exchange_open(void)
{
	struct diag diag = { "" };

	if (crypto_open(NULL, false, &diag) == RC_OK)
		return true;
	print_error("%s\n", diag.text);
	return false;
}

int exchange_close(int failed)
{
	crypto_close();
	return failed;
}
