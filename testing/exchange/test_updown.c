/* SPDX-License-Identifier: Apache-2.0 */
/* updown=: scripts beside tunnels, in order, without holding up anybody. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define RUNS_MAX 400

/* What was run at west, and how it ends. */
struct run {
	char verb[32], name[32], client[48], me[48], moving[8];
	usec_t at;
};
struct scripts {
	struct pair pair;
	struct run runs[RUNS_MAX];
	unsigned count;
	char *last; /* the environment of the last one, a line each */
	struct world_program (*play)(const char *name, const char *verb);
};

static const char *value(const struct spawn_request *request, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; request->env[i] != NULL; i++)
		if (strncmp(request->env[i], name, len) == 0 && request->env[i][len] == '=')
			return request->env[i] + len + 1;
	return "(none)";
}

static void keep_environment(struct scripts *scripts, const struct spawn_request *request)
{
	size_t len = 1;

	for (size_t i = 0; request->env[i] != NULL; i++)
		len += strlen(request->env[i]) + 1;
	free(scripts->last);
	scripts->last = calloc(1, len + 1);
	assert_non_null(scripts->last);
	(void)strcpy(scripts->last, "\n");
	for (size_t i = 0; request->env[i] != NULL; i++) {
		(void)strcat(scripts->last, request->env[i]);
		(void)strcat(scripts->last, "\n");
	}
}

static void play(void *context, struct host *host, const struct spawn_request *request,
		 struct world_program *program)
{
	struct scripts *scripts = context;
	struct run *run = &scripts->runs[scripts->count++];

	assert_string_equal(world_host_name(host), "west");
	assert_true(scripts->count < RUNS_MAX);
	assert_string_equal(request->argv[0], "/etc/updown");
	assert_string_equal(request->argv[1], "--log");
	assert_string_equal(request->argv[2], "all");
	assert_null(request->argv[3]);
	run->at = world_now(scripts->pair.world);
	(void)snprintf(run->verb, sizeof(run->verb), "%s", value(request, "PLUTO_VERB"));
	(void)snprintf(run->name, sizeof(run->name), "%s", value(request, "PLUTO_CONNECTION"));
	(void)snprintf(run->client, sizeof(run->client), "%s", value(request, "PLUTO_MY_CLIENT"));
	(void)snprintf(run->me, sizeof(run->me), "%s", value(request, "PLUTO_ME"));
	(void)snprintf(run->moving, sizeof(run->moving), "%s",
		       value(request, "PLUTO_MOBIKE_EVENT"));
	keep_environment(scripts, request);
	if (scripts->play != NULL)
		*program = scripts->play(run->name, run->verb);
}

#define SCRIPT "\tleftupdown=\"/etc/updown --log all\"\n"

static void begin(struct scripts *scripts, const char *west, const char *east)
{
	*scripts = (struct scripts){ .count = 0 };
	pair_start(&scripts->pair, 1, west, east, NULL, NULL);
	world_on_spawn(scripts->pair.world, play, scripts);
}

/* Scripts are there before west is. */
static void begin_with_traps(struct scripts *scripts)
{
	*scripts = (struct scripts){ .pair.world = world_new(1) };
	end_start(scripts->pair.world, &scripts->pair.east, "east", EAST_ADDRESS, PAIR_CONN, NULL);
	world_on_spawn(scripts->pair.world, play, scripts);
	end_start(scripts->pair.world, &scripts->pair.west, "west", WEST_ADDRESS,
		  PAIR_BASE "\tauto=ondemand\n" SCRIPT, NULL);
	pair_run(&scripts->pair, USEC_PER_SEC);
}

static void end(struct scripts *scripts)
{
	pair_end(&scripts->pair);
	free(scripts->last);
}

static void up(struct scripts *scripts)
{
	end_up(&scripts->pair.west, "t");
	assert_true(pair_comes_up(&scripts->pair, 5 * USEC_PER_SEC));
	pair_run(&scripts->pair, USEC_PER_SEC);
}

static void down(struct scripts *scripts)
{
	struct diag diag;

	assert_int_equal(gateway_down(scripts->pair.west.gateway, "t", &diag), RC_OK);
}

static void assert_runs(const struct scripts *scripts, const char *verbs)
{
	char got[2000] = "";

	for (unsigned i = 0; i < scripts->count; i++) {
		(void)strcat(got, i > 0 ? " " : "");
		(void)strcat(got, scripts->runs[i].verb);
	}
	assert_string_equal(got, verbs);
}

static void assert_has(const struct scripts *scripts, const char *line)
{
	char text[300];

	(void)snprintf(text, sizeof(text), "\n%s\n", line);
	if (strstr(scripts->last, text) == NULL)
		fail_msg("no %s in%s", line, scripts->last);
}

#define UP_VERBS   "prepare-client route-client up-client"
#define DOWN_VERBS "down-client unroute-client"

static void it_runs_for_each_verb_when_the_tunnel_comes_and_goes(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	pair_run(&scripts.pair, USEC_PER_SEC);
	assert_runs(&scripts, "");
	up(&scripts);
	assert_runs(&scripts, UP_VERBS);
	down(&scripts);
	pair_run(&scripts.pair, USEC_PER_SEC);
	assert_runs(&scripts, UP_VERBS " " DOWN_VERBS);
	assert_int_equal(scripts.pair.west.gateway->counters.scripts_run, 5);
	assert_int_equal(scripts.pair.west.gateway->counters.scripts_failed, 0);
	end(&scripts);
}

static void it_is_told_what_libreswan_tells(void **state)
{
	static const char *const lines[] = {
		"PLUTO_CONNECTION=t",
		"PLUTO_CONNECTION_TYPE=tunnel",
		"PLUTO_CONN_KIND=CK_PERMANENT",
		"PLUTO_CONN_ADDRFAMILY=ipv4",
		"PLUTO_INTERFACE=eth0",
		"PLUTO_NEXT_HOP=192.0.2.2",
		"PLUTO_ME=192.0.2.1",
		"PLUTO_MY_ID=@west",
		"PLUTO_MY_CLIENT=10.1.0.0/24",
		"PLUTO_MY_CLIENT_NET=10.1.0.0",
		"PLUTO_MY_CLIENT_MASK=255.255.255.0",
		"PLUTO_MY_PORT=0",
		"PLUTO_MY_PROTOCOL=0",
		"PLUTO_MY_SOURCEIP=10.1.0.1",
		"PLUTO_PEER=192.0.2.2",
		"PLUTO_PEER_ID=@east",
		"PLUTO_PEER_CLIENT=10.2.0.0/24",
		"PLUTO_PEER_CLIENT_NET=10.2.0.0",
		"PLUTO_PEER_CLIENT_MASK=255.255.255.0",
		"PLUTO_PEER_CA=",
		"PLUTO_STACK=xfrm",
		"PLUTO_SA_TYPE=ESP",
		"PLUTO_CFG_CLIENT=0",
		"PLUTO_CFG_SERVER=0",
		"PLUTO_METRIC=77",
		"CONNMARK_IN=0x5/0xffffffff",
		"CONNMARK_OUT=0x5/0xffffffff",
	};
	struct scripts scripts;
	struct child_sa *child;
	char text[64];

	(void)state;
	begin(&scripts,
	      PAIR_CONN SCRIPT "\tleftsourceip=10.1.0.1\n\tmark=5/0xffffffff\n\tmetric=77\n", NULL);
	up(&scripts);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_has(&scripts, lines[i]);
	child = tunnel_current(peers_tunnel(&scripts.pair.west.gateway->peers, "t"));
	(void)snprintf(text, sizeof(text), "SPI_IN=0x%x", child->spi_in);
	assert_has(&scripts, text);
	(void)snprintf(text, sizeof(text), "SPI_OUT=0x%x", child->spi_out);
	assert_has(&scripts, text);
	(void)snprintf(text, sizeof(text), "PLUTO_SA_REQID=%u", child->tunnel->reqid);
	assert_has(&scripts, text);
	end(&scripts);
}

static void replacing_sas_runs_nothing(void **state)
{
	static const enum gateway_rekey_what whats[] = { REKEY_CHILD, REKEY_IKE, REKEY_REAUTH };
	struct scripts scripts;
	struct diag diag;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	up(&scripts);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(gateway_rekey(scripts.pair.west.gateway, "t", whats[i], &diag),
				 RC_OK);
		pair_run(&scripts.pair, 20 * USEC_PER_SEC);
	}
	assert_runs(&scripts, UP_VERBS);
	end(&scripts);
}

static struct world_program fails(const char *name, const char *verb)
{
	(void)name;
	return (struct world_program){ .end = SPAWN_EXITED,
				       .code = strcmp(verb, "route-client") == 0 ? 2 : 0,
				       .output = "begun\nno such device\n" };
}

static void one_that_fails_is_told_and_the_tunnel_stays(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	scripts.play = fails;
	up(&scripts);
	assert_runs(&scripts, UP_VERBS);
	assert_true(end_said(&scripts.pair.west,
			     "updown script /etc/updown failed for route-client: exit status 2; it "
			     "said last: \"no such device\""));
	assert_true(end_said(&scripts.pair.west, "up-client output: begun"));
	assert_int_equal(scripts.pair.west.gateway->counters.scripts_failed, 1);
	assert_int_equal(scripts.pair.west.gateway->counters.scripts_run, 3);
	pair_assert_tunnel(&scripts.pair);
	end(&scripts);
}

static void one_that_is_not_there_is_told_as_well(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	world_on_spawn(scripts.pair.world, NULL, NULL);
	up(&scripts);
	assert_true(end_said(&scripts.pair.west,
			     "failed for up-client: it cannot be started: No such file"));
	assert_int_equal(scripts.pair.west.gateway->counters.scripts_failed, 3);
	pair_assert_tunnel(&scripts.pair);
	end(&scripts);
}

#define TWO                                                                                        \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnets={10.1.0.0/24,10.3.0.0/24}\n\trightsubnet=10.2.0.0/24\n"                     \
	"\tauthby=secret\n\tauto=add\n"

static struct world_program hangs(const char *name, const char *verb)
{
	bool first = strcmp(name, "t/1x1") == 0 && strcmp(verb, "route-client") == 0;

	return (struct world_program){ .end = SPAWN_EXITED,
				       .takes = first ? 1000 * USEC_PER_SEC : 0,
				       .output = first ? "waiting for godot" : NULL };
}

static unsigned runs_of(const struct scripts *scripts, const char *name)
{
	unsigned count = 0;

	for (unsigned i = 0; i < scripts->count; i++)
		count += strcmp(scripts->runs[i].name, name) == 0;
	return count;
}

static void one_that_hangs_is_killed_and_delays_no_other_tunnel(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, TWO SCRIPT, TWO);
	scripts.play = hangs;
	end_up(&scripts.pair.west, "t");
	pair_run(&scripts.pair, 2 * USEC_PER_SEC);
	assert_int_equal(scripts.pair.west.child_up, 2);
	assert_int_equal(runs_of(&scripts, "t/1x1"), 2);
	assert_int_equal(runs_of(&scripts, "t/2x1"), 3);
	pair_run(&scripts.pair, 27 * USEC_PER_SEC);
	assert_int_equal(runs_of(&scripts, "t/1x1"), 2);
	pair_run(&scripts.pair, 3 * USEC_PER_SEC);
	assert_int_equal(runs_of(&scripts, "t/1x1"), 3);
	assert_true(end_said(&scripts.pair.west,
			     "failed for route-client: killed, because it had not ended after 30 "
			     "s; it said last: \"waiting for godot\""));
	end(&scripts);
}

static struct world_program slow(const char *name, const char *verb)
{
	(void)name;
	(void)verb;
	return (struct world_program){ .end = SPAWN_EXITED, .takes = USEC_PER_SEC };
}

static void what_comes_while_one_runs_waits_for_it(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	scripts.play = slow;
	end_up(&scripts.pair.west, "t");
	pair_run(&scripts.pair, USEC_PER_SEC / 2);
	assert_runs(&scripts, "prepare-client");
	down(&scripts);
	pair_run(&scripts.pair, USEC_PER_SEC / 10);
	assert_int_equal(scripts.pair.west.child_down, 1);
	assert_runs(&scripts, "prepare-client");
	pair_run(&scripts.pair, 10 * USEC_PER_SEC);
	assert_runs(&scripts, UP_VERBS " " DOWN_VERBS);
	for (unsigned i = 1; i < scripts.count; i++)
		assert_true(scripts.runs[i].at - scripts.runs[i - 1].at >= USEC_PER_SEC);
	end(&scripts);
}

/* As when its tunnel is split. */
static void a_tunnel_with_another_name_waits_for_its_own_scripts(void **state)
{
	struct scripts scripts;
	struct tunnel *tunnel;
	struct diag diag;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	scripts.play = slow;
	end_up(&scripts.pair.east, "t");
	pair_run(&scripts.pair, USEC_PER_SEC / 2);
	tunnel = peers_tunnel(&scripts.pair.west.gateway->peers, "t");
	tunnel->name[0] = 'u';
	assert_int_equal(gateway_down(scripts.pair.east.gateway, "t", &diag), RC_OK);
	pair_run(&scripts.pair, 10 * USEC_PER_SEC);
	tunnel->name[0] = 't';
	assert_runs(&scripts, UP_VERBS " " DOWN_VERBS);
	for (unsigned i = 1; i < scripts.count; i++)
		assert_true(scripts.runs[i].at - scripts.runs[i - 1].at >= USEC_PER_SEC);
	end(&scripts);
}

/* Up and down ten times while the first script runs: what was never begun needs no end. */
static void a_tunnel_that_flaps_does_not_pile_up_scripts(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	scripts.play = slow;
	for (unsigned i = 0; i < 10; i++) {
		end_up(&scripts.pair.west, "t");
		pair_run(&scripts.pair, USEC_PER_SEC / 20);
		down(&scripts);
		pair_run(&scripts.pair, USEC_PER_SEC / 20);
	}
	assert_int_equal(scripts.pair.west.child_up, 10);
	end_up(&scripts.pair.west, "t");
	pair_run(&scripts.pair, 20 * USEC_PER_SEC);
	assert_runs(&scripts, UP_VERBS " " DOWN_VERBS " " UP_VERBS);
	end(&scripts);
}

#define MANY 50

static char *many_conns(bool west)
{
	static const char conn[] = "conn t%u\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n"
				   "\trightid=@east\n\tleftsubnet=10.1.%u.0/24\n"
				   "\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=%s\n%s";
	char *text = calloc(MANY, 400);
	size_t len = 0;

	assert_non_null(text);
	for (unsigned i = 0; i < MANY; i++)
		len += (size_t)snprintf(text + len, 400, conn, i, i, west ? "start" : "add",
					west ? SCRIPT : "");
	return text;
}

/* The most that ran at once, each for a second. */
static unsigned most_at_once(const struct scripts *scripts)
{
	unsigned most = 0;

	for (unsigned i = 0; i < scripts->count; i++) {
		unsigned now = 0;
		for (unsigned j = 0; j < scripts->count; j++)
			now += scripts->runs[j].at <= scripts->runs[i].at &&
			       scripts->runs[j].at + USEC_PER_SEC > scripts->runs[i].at;
		most = now > most ? now : most;
	}
	return most;
}

static void fifty_at_once_do_not_wait_for_each_other(void **state)
{
	char *west = many_conns(true), *east = many_conns(false);
	struct scripts scripts = { .count = 0 };
	usec_t first, last;

	(void)state;
	scripts.pair.world = world_new(1);
	scripts.play = slow;
	end_start(scripts.pair.world, &scripts.pair.east, "east", EAST_ADDRESS, east, NULL);
	world_on_spawn(scripts.pair.world, play, &scripts);
	end_start(scripts.pair.world, &scripts.pair.west, "west", WEST_ADDRESS, west, NULL);
	pair_run(&scripts.pair, 30 * USEC_PER_SEC);
	assert_int_equal(scripts.pair.west.child_up, MANY);
	assert_int_equal(scripts.count, 3 * MANY);
	assert_int_equal(most_at_once(&scripts), 32);
	first = scripts.runs[0].at;
	last = scripts.runs[3 * MANY - 1].at;
	assert_true(last - first <= 6 * USEC_PER_SEC); /* 150 s one after the other */
	end(&scripts);
	free(west);
	free(east);
}

static void shutdown_waits_for_the_last_words(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	up(&scripts);
	scripts.play = slow;
	end_stop(&scripts.pair.west);
	pair_run(&scripts.pair, USEC_PER_SEC);
	assert_false(scripts.pair.west.stopped);
	pair_run(&scripts.pair, 2 * USEC_PER_SEC);
	assert_true(scripts.pair.west.stopped);
	assert_runs(&scripts, UP_VERBS " " DOWN_VERBS);
	end(&scripts);
}

/* Not even a peer that is silent spares its script; one that hangs is waited for ten seconds. */
static void shutdown_does_not_wait_for_ever(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	up(&scripts);
	scripts.play = hangs;
	assert_int_equal(world_partition(scripts.pair.world, scripts.pair.west.host,
					 scripts.pair.east.host, true),
			 RC_OK);
	end_stop(&scripts.pair.west);
	pair_run(&scripts.pair, 7 * USEC_PER_SEC);
	assert_true(scripts.pair.west.stopped);
	assert_runs(&scripts, UP_VERBS " " DOWN_VERBS);
	end(&scripts);
}

static struct world_program never(const char *name, const char *verb)
{
	(void)name;
	(void)verb;
	return (struct world_program){ .takes = 1000 * USEC_PER_SEC };
}

static void a_hanging_script_does_not_keep_the_daemon(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	up(&scripts);
	scripts.play = never;
	end_stop(&scripts.pair.west);
	pair_run(&scripts.pair, 14 * USEC_PER_SEC);
	assert_false(scripts.pair.west.stopped);
	pair_run(&scripts.pair, 2 * USEC_PER_SEC);
	assert_true(scripts.pair.west.stopped);
	end(&scripts);
}

static void what_the_daemon_does_itself_needs_no_script(void **state)
{
	static const char *const commands[] = { "\tleftupdown=\"ipsec _updown\"\n",
						"\tleftupdown=\"ipsec _updown --route yes\"\n",
						"\tleftupdown=%disabled\n", "\tleftupdown=\"\"\n",
						"\trightupdown=/etc/updown\n" };

	(void)state;
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct scripts scripts;
		char conf[600];
		(void)snprintf(conf, sizeof(conf), "%s%s", PAIR_CONN, commands[i]);
		begin(&scripts, conf, NULL);
		up(&scripts);
		down(&scripts);
		pair_run(&scripts.pair, USEC_PER_SEC);
		assert_runs(&scripts, "");
		end(&scripts);
	}
}

#define OTHER                                                                                      \
	"conn other\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"       \
	"\tleftsubnet=10.3.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

/* They share the peer and its IKE SA, and nothing else. */
static void each_conn_of_a_peer_has_its_own_script(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, OTHER PAIR_CONN SCRIPT, OTHER PAIR_CONN);
	end_up(&scripts.pair.west, "other");
	end_up(&scripts.pair.west, "t");
	pair_run(&scripts.pair, 5 * USEC_PER_SEC);
	assert_int_equal(scripts.pair.west.child_up, 2);
	assert_int_equal(scripts.pair.west.ike_up, 1);
	assert_runs(&scripts, UP_VERBS);
	assert_has(&scripts, "PLUTO_CONNECTION=t");
	end(&scripts);
}

/* ---- traps ---- */

#define ON_DEMAND PAIR_BASE "\tauto=ondemand\n"

static void a_trap_is_a_route_and_the_tunnel_only_goes_up_and_down(void **state)
{
	struct scripts scripts;

	(void)state;
	begin_with_traps(&scripts);
	assert_runs(&scripts, "prepare-client route-client");
	assert_has(&scripts, "PLUTO_MY_CLIENT=10.1.0.0/24");
	assert_has(&scripts, "PLUTO_PEER=192.0.2.2");
	assert_has(&scripts, "SPI_IN=0x0");
	assert_has(&scripts, "PLUTO_ADD_TIME=0");
	assert_int_equal(pair_ping(&scripts.pair, true), SIMULATED_ACQUIRED);
	pair_run(&scripts.pair, 5 * USEC_PER_SEC);
	assert_int_equal(scripts.pair.west.child_up, 1);
	assert_runs(&scripts, "prepare-client route-client up-client");
	assert_int_equal(gateway_down(scripts.pair.east.gateway, "t", &(struct diag){ "" }), RC_OK);
	pair_run(&scripts.pair, 5 * USEC_PER_SEC);
	assert_int_equal(scripts.pair.west.child_down, 1);
	assert_runs(&scripts, "prepare-client route-client up-client down-client");
	end_stop(&scripts.pair.west);
	pair_run(&scripts.pair, 10 * USEC_PER_SEC);
	assert_true(scripts.pair.west.stopped);
	assert_runs(&scripts, "prepare-client route-client up-client down-client unroute-client");
	end(&scripts);
}

/* `ipsec up` means that it shall stay up, and that takes no trap. */
static void what_is_not_trapped_any_more_is_unrouted(void **state)
{
	struct scripts scripts;
	struct diag diag;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	assert_int_equal(gateway_route(scripts.pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&scripts.pair, USEC_PER_SEC);
	assert_runs(&scripts, "prepare-client route-client");
	end_up(&scripts.pair.west, "t");
	assert_true(pair_comes_up(&scripts.pair, 5 * USEC_PER_SEC));
	pair_run(&scripts.pair, USEC_PER_SEC);
	assert_runs(&scripts, "prepare-client route-client unroute-client " UP_VERBS);
	down(&scripts);
	pair_run(&scripts.pair, USEC_PER_SEC);
	assert_runs(&scripts,
		    "prepare-client route-client unroute-client " UP_VERBS " " DOWN_VERBS);
	end(&scripts);
}

/* The trap of the old version lingers in the kernel; for the script it goes and comes. */
static void a_reload_unroutes_and_routes(void **state)
{
	struct scripts scripts;

	(void)state;
	begin_with_traps(&scripts);
	end_reload(&scripts.pair.west,
		   "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
		   "\tleftsubnet=10.1.7.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"
		   "\tauto=ondemand\n" SCRIPT);
	pair_run(&scripts.pair, 5 * USEC_PER_SEC);
	assert_runs(&scripts, "prepare-client route-client unroute-client prepare-client "
			      "route-client");
	assert_string_equal(scripts.runs[2].client, "10.1.0.0/24");
	assert_string_equal(scripts.runs[3].client, "10.1.7.0/24");
	end(&scripts);
}

static void a_trap_that_goes_before_anything_ran_is_nobodys_news(void **state)
{
	struct scripts scripts;
	struct diag diag;

	(void)state;
	begin(&scripts, PAIR_CONN SCRIPT, NULL);
	scripts.play = slow;
	end_up(&scripts.pair.west, "t");
	pair_run(&scripts.pair, USEC_PER_SEC / 4);
	down(&scripts); /* waits for what runs */
	pair_run(&scripts.pair, USEC_PER_SEC / 4);
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(gateway_route(scripts.pair.west.gateway, "t", &diag), RC_OK);
		pair_run(&scripts.pair, USEC_PER_SEC / 50);
		assert_int_equal(gateway_down(scripts.pair.west.gateway, "t", &diag), RC_OK);
		pair_run(&scripts.pair, USEC_PER_SEC / 50);
	}
	pair_run(&scripts.pair, 20 * USEC_PER_SEC);
	assert_runs(&scripts, UP_VERBS " " DOWN_VERBS);
	end(&scripts);
}

/* ---- several pairs ---- */

#define PAIRS                                                                                      \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24,10.3.0.0/24\n\trightsubnet=10.2.0.0/24\n"                        \
	"\tauthby=secret\n\tauto=add\n"

static void a_script_runs_for_each_pair_of_selectors(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts, PAIRS SCRIPT, PAIRS);
	end_up(&scripts.pair.west, "t");
	pair_run(&scripts.pair, 5 * USEC_PER_SEC);
	assert_runs(&scripts, "prepare-client prepare-client route-client route-client up-client "
			      "up-client");
	assert_string_equal(scripts.runs[4].client, "10.1.0.0/24");
	assert_string_equal(scripts.runs[5].client, "10.3.0.0/24");
	down(&scripts);
	pair_run(&scripts.pair, USEC_PER_SEC);
	assert_int_equal(scripts.count, 10);
	assert_string_equal(scripts.runs[9].verb, "unroute-client");
	assert_string_equal(scripts.runs[9].client, "10.3.0.0/24");
	end(&scripts);
}

/* ---- an address that changes ---- */

static void a_move_is_told_with_the_old_and_the_new_address(void **state)
{
	struct scripts scripts;

	(void)state;
	begin(&scripts,
	      "conn t\n\tleft=%defaultroute\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
	      "\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
	      "\tmobike=yes\n\tleftsourceip=10.1.0.1\n" SCRIPT,
	      "conn t\n\tleft=%any\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
	      "\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"
	      "\tmobike=yes\n");
	end_up(&scripts.pair.west, "t");
	pair_run(&scripts.pair, 5 * USEC_PER_SEC);
	assert_runs(&scripts, UP_VERBS);
	assert_has(&scripts, "PLUTO_MOBIKE_EVENT=");
	assert_int_equal(world_host_add_address(scripts.pair.west.host, "192.0.2.77"), RC_OK);
	world_host_remove_address(scripts.pair.west.host, WEST_ADDRESS);
	pair_run(&scripts.pair, 20 * USEC_PER_SEC);
	assert_int_equal(scripts.pair.west.child_up, 1);
	assert_runs(&scripts, UP_VERBS " " DOWN_VERBS " route-client up-client");
	assert_string_equal(scripts.runs[3].me, WEST_ADDRESS);
	assert_string_equal(scripts.runs[3].moving, "yes");
	assert_string_equal(scripts.runs[5].me, "192.0.2.77");
	assert_string_equal(scripts.runs[5].moving, "");
	end(&scripts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_runs_for_each_verb_when_the_tunnel_comes_and_goes),
		cmocka_unit_test(it_is_told_what_libreswan_tells),
		cmocka_unit_test(replacing_sas_runs_nothing),
		cmocka_unit_test(one_that_fails_is_told_and_the_tunnel_stays),
		cmocka_unit_test(one_that_is_not_there_is_told_as_well),
		cmocka_unit_test(one_that_hangs_is_killed_and_delays_no_other_tunnel),
		cmocka_unit_test(what_comes_while_one_runs_waits_for_it),
		cmocka_unit_test(a_tunnel_with_another_name_waits_for_its_own_scripts),
		cmocka_unit_test(a_tunnel_that_flaps_does_not_pile_up_scripts),
		cmocka_unit_test(fifty_at_once_do_not_wait_for_each_other),
		cmocka_unit_test(shutdown_waits_for_the_last_words),
		cmocka_unit_test(shutdown_does_not_wait_for_ever),
		cmocka_unit_test(a_hanging_script_does_not_keep_the_daemon),
		cmocka_unit_test(what_the_daemon_does_itself_needs_no_script),
		cmocka_unit_test(each_conn_of_a_peer_has_its_own_script),
		cmocka_unit_test(a_trap_is_a_route_and_the_tunnel_only_goes_up_and_down),
		cmocka_unit_test(what_is_not_trapped_any_more_is_unrouted),
		cmocka_unit_test(a_reload_unroutes_and_routes),
		cmocka_unit_test(a_trap_that_goes_before_anything_ran_is_nobodys_news),
		cmocka_unit_test(a_script_runs_for_each_pair_of_selectors),
		cmocka_unit_test(a_move_is_told_with_the_old_and_the_new_address),
	};

	return exchange_run(tests);
}
