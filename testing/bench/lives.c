/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: lives
 *
 * What SAs cost while they live: Child rekeys, IKE rekeys, a mass rekey, liveness; and what it
 * costs to make lost ones anew or to resume them. Two whole gateways in one process with simulated
 * network and kernels; the clock is simulated, the cryptography is real. So CPU time is that of two
 * gateways without system calls, and the longest step is the longest time in which a gateway would
 * not have listened.
 *
 *   lives [-n PEERS] [-m SAS] [-l PEERS] [-j]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "engine/private.h"
#include "host/virtual.h"
#include "kernel/simulated.h"

#define CONF_MAX 512
#define SECRET	 ": PSK \"bench-psk-not-a-secret\"\n"

struct end {
	struct host *host;
	struct kernel *kernel;
	struct log *log;
	struct gateway *gateway;
	struct watcher watcher;
	uint64_t child_up, ike_up, failed, expired;
};

struct lives {
	struct world *world;
	struct end west, east;
	double cpu_us, longest_us;
	unsigned wanted; /* Child SAs */
	uint64_t before, rekeyed;
	bool json;
};

static double cpu_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "lives: %s: %s\n", what, why);
	exit(1);
}

static void watch(struct watcher *watcher, const struct gateway_event *event)
{
	struct end *end = container_of(watcher, struct end, watcher);

	end->child_up += event->type == GATEWAY_CHILD_UP;
	end->ike_up += event->type == GATEWAY_IKE_UP;
	end->failed += event->type == GATEWAY_FAILED;
	end->expired += (event->type == GATEWAY_CHILD_DOWN || event->type == GATEWAY_IKE_DOWN) &&
			event->reason == RC_TIMEOUT;
}

/* ---- set-up ---- */

struct form {
	unsigned peers;
	const char *settings; /* lines of each conn */
};

static char *conf_of(const struct form *form, bool west)
{
	size_t size = (size_t)form->peers * CONF_MAX + 1, len = 0;
	char *text = mem_alloc(size);

	if (text == NULL)
		die("memory", "none");
	for (unsigned i = 0; i < form->peers; i++)
		len += (size_t)snprintf(
			text + len, size - len,
			"conn c%u\n\tleft=192.0.2.%u\n\tright=192.0.2.%u\n\tleftid=@%c%u\n"
			"\trightid=@%c%u\n\tleftsubnet=10.%u.%u.0/24\n"
			"\trightsubnet=10.%u.%u.0/24\n\tauthby=secret\n"
			"\tike=aes_gcm256-sha2_256-dh31\n\tesp=aes_gcm256\n%s\tauto=%s\n",
			i, west ? 1 : 2, west ? 2 : 1, west ? 'w' : 'e', i, west ? 'e' : 'w', i,
			(west ? 64 : 128) + (i >> 8), i & 0xff, (west ? 128 : 64) + (i >> 8),
			i & 0xff, form->settings, west ? "start" : "add");
	return text;
}

static const char *config_text(const struct config_errors *errors, char *buffer, size_t size)
{
	if (list_empty(&errors->list))
		return "failed";
	return config_error_text(container_of(errors->list.next, struct config_error, in_list),
				 buffer, size);
}

static void begin_end(struct lives *lives, struct end *end, const struct form *form, bool west)
{
	char *text = conf_of(form, west);
	struct config_errors errors;
	struct config *config = NULL;
	struct secrets *secrets = NULL;
	struct diag diag = { "" };
	char text_of_error[256];

	*end = (struct end){ .host = world_host(lives->world, west ? "west" : "east") };
	end->watcher.event = watch;
	end->log = log_new(LOG_LEVEL_ERROR);
	config_errors_init(&errors);
	if (end->host == NULL || end->log == NULL ||
	    world_host_add_address(end->host, west ? "192.0.2.1" : "192.0.2.2") != RC_OK ||
	    kernel_simulated_new(end->host, &end->kernel) != RC_OK ||
	    config_load_text("bench.conf", span_make(text, strlen(text)), &config, &errors) !=
		    RC_OK ||
	    secrets_load_text("bench.secrets", span_make(SECRET, strlen(SECRET)), &secrets,
			      &errors) != RC_OK)
		die("set-up", config_text(&errors, text_of_error, sizeof(text_of_error)));
	if (gateway_new(end->host, end->kernel, end->log, config, secrets, &end->gateway, &diag) !=
	    RC_OK)
		die("gateway", diag.text);
	gateway_watch(end->gateway, &end->watcher);
	if (gateway_start(end->gateway, &diag) != RC_OK)
		die("gateway", diag.text);
	config_unref(config);
	config_errors_free(&errors);
	mem_free(text);
}

static void finish_end(struct end *end)
{
	gateway_unwatch(&end->watcher);
	gateway_free(end->gateway);
	kernel_free(end->kernel);
	log_free(end->log);
	world_host_free(end->host);
}

static usec_t next_tick(const struct lives *lives)
{
	usec_t west = kernel_simulated_next(lives->west.kernel),
	       east = kernel_simulated_next(lives->east.kernel);

	return west < east ? west : east;
}

/* Until enough is true or that much time has passed; CPU time and the longest step are taken. */
static bool pass(struct lives *lives, usec_t duration, bool (*enough)(const struct lives *lives))
{
	usec_t until = world_now(lives->world) + duration;
	double before = cpu_now(), began = before;

	lives->longest_us = 0;
	while (world_now(lives->world) < until && !enough(lives)) {
		double now;
		if (!world_step(lives->world))
			break;
		if (next_tick(lives) <= world_now(lives->world)) {
			kernel_simulated_tick(lives->west.kernel);
			kernel_simulated_tick(lives->east.kernel);
		}
		now = cpu_now();
		lives->longest_us =
			now - before > lives->longest_us ? now - before : lives->longest_us;
		before = now;
	}
	lives->cpu_us = cpu_now() - began;
	return enough(lives);
}

static bool all_up(const struct lives *lives)
{
	return lives->west.gateway->sas.child_count >= lives->wanted &&
	       lives->east.gateway->sas.child_count >= lives->wanted;
}

static bool never(const struct lives *lives)
{
	(void)lives;
	return false;
}

static void begin(struct lives *lives, const struct form *form)
{
	lives->world = world_new(1);
	if (lives->world == NULL)
		die("world", "no memory");
	world_set_network(lives->world, &(struct world_network){ .delay = USEC_PER_MSEC });
	begin_end(lives, &lives->east, form, false);
	begin_end(lives, &lives->west, form, true);
	lives->wanted = form->peers;
	if (!pass(lives, 600 * USEC_PER_SEC, all_up))
		die("tunnels", "not all came up");
	(void)pass(lives, 10 * USEC_PER_SEC, never);
	lives->west.child_up = lives->east.child_up = 0;
	lives->west.ike_up = lives->east.ike_up = 0;
	lives->west.expired = lives->east.expired = 0;
	lives->west.failed = lives->east.failed = 0;
}

static void finish(struct lives *lives)
{
	finish_end(&lives->west);
	finish_end(&lives->east);
	world_free(lives->world);
}

/* ---- what is measured ---- */

static void say(const struct lives *lives, const char *what, double count, double seconds)
{
	uint64_t expired = lives->west.expired + lives->east.expired,
		 failed = lives->west.failed + lives->east.failed;

	printf(lives->json ? "{\"what\":\"%s\",\"count\":%.0f,\"cpu_us\":%.1f,\"longest_ms\":%.3f,"
			     "\"seconds\":%.1f,\"expired\":%llu,\"failed\":%llu}\n"
			   : "%-24s %6.0f: %.1f us of CPU at both ends, longest step %.3f ms, over "
			     "%.1f s "
			     "of the gateways' time; %llu expired, %llu failed\n",
	       what, count, count > 0 ? lives->cpu_us / count : 0, lives->longest_us / 1e3, seconds,
	       (unsigned long long)expired, (unsigned long long)failed);
}

static void rekey_all(struct lives *lives, unsigned peers, enum gateway_rekey_what what)
{
	struct diag diag = { "" };
	char name[16];

	for (unsigned i = 0; i < peers; i++) {
		(void)snprintf(name, sizeof(name), "c%u", i);
		if (gateway_rekey(lives->west.gateway, name, what, &diag) != RC_OK)
			die("rekey", diag.text);
	}
}

static bool children_rekeyed(const struct lives *lives)
{
	return lives->west.child_up - lives->before >= lives->rekeyed;
}

static void rekey(struct lives *lives, const char *what, unsigned peers, const char *settings)
{
	struct form form = { peers, settings };

	begin(lives, &form);
	lives->before = lives->west.child_up;
	lives->rekeyed = peers;
	usec_t began = world_now(lives->world);
	rekey_all(lives, peers, REKEY_CHILD);
	if (!pass(lives, 600 * USEC_PER_SEC, children_rekeyed))
		die(what, "not all Child SAs were rekeyed");
	say(lives, what, peers, (double)(world_now(lives->world) - began) / 1e6);
	if (lives->west.ike_up > 0)
		die(what, "IKE SAs were made");
	finish(lives);
}

static uint64_t ike_serials(const struct lives *lives)
{
	uint64_t replaced = 0;

	list_for(node, &lives->west.gateway->peers.list)
	{
		const struct peer *peer = container_of(node, struct peer, in_peers);
		list_for(sa, &peer->ike_sas) replaced +=
			container_of(sa, struct ike_sa, in_peer)->serial > lives->before &&
			container_of(sa, struct ike_sa, in_peer)->state == IKE_ESTABLISHED;
	}
	return replaced;
}

static void rekey_ike(struct lives *lives, unsigned peers)
{
	struct form form = { peers, "" };

	begin(lives, &form);
	lives->before = peers_serial(&lives->west.gateway->peers);
	usec_t began = world_now(lives->world);
	double cpu = 0;
	rekey_all(lives, peers, REKEY_IKE);
	do {
		(void)pass(lives, 100 * USEC_PER_MSEC, never);
		cpu += lives->cpu_us;
	} while (ike_serials(lives) < peers && world_now(lives->world) - began < 60 * USEC_PER_SEC);
	if (ike_serials(lives) < peers)
		die("ike-rekey", "not all IKE SAs were rekeyed");
	lives->cpu_us = cpu;
	say(lives, "ike-rekey", peers, (double)(world_now(lives->world) - began) / 1e6);
	finish(lives);
}

/* Child SAs of equal age, with the lifetimes that they have by default: each is replaced once. */
static void mass_rekey(struct lives *lives, unsigned peers)
{
	struct form form = { peers, "\tdpddelay=0\n\tikelifetime=24h\n\tsalifetime=1h\n" };

	begin(lives, &form);
	lives->before = lives->west.child_up;
	lives->rekeyed = peers;
	usec_t began = world_now(lives->world);
	if (!pass(lives, 3600 * USEC_PER_SEC, children_rekeyed))
		die("mass-rekey", "not all Child SAs were rekeyed within their lifetime");
	say(lives, "mass-rekey", peers, (double)(world_now(lives->world) - began) / 1e6);
	if (lives->west.expired + lives->east.expired > 0)
		die("mass-rekey", "Child SAs expired");
	finish(lives);
}

static void mass_rekey_at_once(struct lives *lives, unsigned peers)
{
	struct form form = { peers, "\tdpddelay=0\n" };

	begin(lives, &form);
	lives->before = lives->west.child_up;
	lives->rekeyed = peers;
	usec_t began = world_now(lives->world);
	rekey_all(lives, peers, REKEY_CHILD);
	if (!pass(lives, 600 * USEC_PER_SEC, children_rekeyed))
		die("mass-rekey-at-once", "not all Child SAs were rekeyed");
	say(lives, "mass-rekey-at-once", peers, (double)(world_now(lives->world) - began) / 1e6);
	finish(lives);
}

#define LIVENESS_MINUTES 5

/* Every peer is silent and is asked each 30 s, as by default. The result is for an hour. */
static void liveness(struct lives *lives, unsigned peers)
{
	struct form form = { peers, "\tdpddelay=30s\n\tikelifetime=24h\n\tsalifetime=8h\n" };
	uint64_t before;

	begin(lives, &form);
	(void)pass(lives, 60 * USEC_PER_SEC, never);
	before = lives->west.gateway->counters.datagrams_out +
		 lives->east.gateway->counters.datagrams_out;
	(void)pass(lives, LIVENESS_MINUTES * 60 * USEC_PER_SEC, never);
	double each = (double)(lives->west.gateway->counters.datagrams_out +
			       lives->east.gateway->counters.datagrams_out - before) /
		      2;
	say(lives, "liveness", each, LIVENESS_MINUTES * 60);
	double hour = lives->cpu_us / 1e6 * 60 / LIVENESS_MINUTES;
	printf(lives->json ? "{\"what\":\"liveness-hour\",\"count\":%u,\"cpu_s\":%.1f}\n"
			   : "liveness of %u peers: %.1f s of CPU an hour at both ends together\n",
	       peers, hour);
	finish(lives);
}

static bool count_key_exchanges(void *context, struct flight *flight)
{
	uint64_t *count = context;
	size_t skip = flight->from.port == IKE_NATT_PORT ? 4 : 0; /* non-ESP marker */

	*count += flight->len > skip + IKE_HEADER_LEN &&
		  flight->bytes[skip + 18] == EXCHANGE_IKE_SA_INIT;
	return true;
}

/* Without a word to the other end, as after a silence. */
static void lose_all(struct lives *lives)
{
	list_for(node, &lives->west.gateway->peers.list)
	{
		const struct peer *peer = container_of(node, struct peer, in_peers);
		list_for_safe(sa, &peer->ike_sas)
			ike_down(lives->west.gateway, container_of(sa, struct ike_sa, in_peer),
				 RC_TIMEOUT, "lost");
	}
}

/* Every IKE SA with its Child SA is lost at one end, which begins again at once. */
static void come_back(struct lives *lives, const char *what, unsigned peers, bool resume)
{
	struct form form = { peers, resume ? "\tdpddelay=0\n\tsession-resumption=yes\n"
					   : "\tdpddelay=0\n\tsession-resumption=no\n" };
	uint64_t key_exchanges = 0;

	begin(lives, &form);
	world_tap(lives->world, count_key_exchanges, &key_exchanges);
	lose_all(lives);
	lives->west.expired = 0; /* these were meant to */
	lives->before = lives->west.child_up;
	lives->rekeyed = peers;
	usec_t began = world_now(lives->world);
	if (!pass(lives, 600 * USEC_PER_SEC, children_rekeyed))
		die(what, "not all came back");
	say(lives, what, peers, (double)(world_now(lives->world) - began) / 1e6);
	if (resume ? key_exchanges > 0 : key_exchanges < peers)
		die(what, "that was something else");
	finish(lives);
}

int main(int argc, char **argv)
{
	unsigned peers = 1000, mass = 10000, silent = 10000;
	struct lives lives = { .json = false };
	struct diag diag = { "" };

	for (int option; (option = getopt(argc, argv, "n:m:l:j")) != -1;) {
		if (option == 'n')
			peers = (unsigned)atoi(optarg);
		else if (option == 'm')
			mass = (unsigned)atoi(optarg);
		else if (option == 'l')
			silent = (unsigned)atoi(optarg);
		else if (option == 'j')
			lives.json = true;
		else
			return 2;
	}
	if (mass > 16384 || peers > 16384 || silent > 16384)
		die("numbers", "at most 16384 peers");
	if (crypto_open(NULL, false, &diag) != RC_OK)
		die("crypto", diag.text);
	rekey(&lives, "child-rekey", peers, "\tpfs=no\n");
	rekey(&lives, "child-rekey-pfs", peers, "\tpfs=yes\n");
	rekey_ike(&lives, peers);
	come_back(&lives, "lost-new", peers, false);
	come_back(&lives, "lost-resumed", peers, true);
	mass_rekey(&lives, mass);
	mass_rekey_at_once(&lives, mass);
	liveness(&lives, silent);
	crypto_close();
	return 0;
}
