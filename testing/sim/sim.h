/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: the simulator
 *
 * Two to five whole gateways in one process, under virtual time, with a network and kernels that
 * fail. One seed is one history:
 *
 *   scenario.c   seed → who talks to whom, with which settings
 *   plan.c       seed → a list of timed faults and commands; data, so that it can be made shorter
 *   gate.c       one gateway with its host and kernel: boot, crash, stop
 *   player.c     lets time pass and does what the plan says
 *   traffic.c    user packets, all the time
 *   watch.c      what must hold at any moment
 *   judge.c      what must hold when faults are over and time has passed; tells what does not, and
 * why run.c        one seed from beginning to end crew.c       many seeds, in processes of their
 * own shrink.c     the shortest plan that still fails
 *
 * A new kind of fault is a row in plan.c and a case in player.c; a new rule is a function in
 * judge.c.
 */
#ifndef VANTH_SIM_H
#define VANTH_SIM_H

#include <stdio.h>
#include "engine/gateway.h"
#include "host/virtual.h"
#include "kernel/simulated.h"

#define NODES_MAX   5
#define LINKS_MAX   6
#define TUNNELS_MAX 3 /* of a link */
#define PLAN_MAX    160
#define STORY_MAX   24000

/* ---- scenario.c ---- */

enum link_style {
	LINK_SUBNETS,	/* one conn, several subnets */
	LINK_CONNS,	/* several conns that share a peer */
	LINK_TRANSPORT, /* host to host */
	LINK_TEMPLATE,	/* a has right=%any, b comes */
	LINK_STYLES
};
struct settings { /* of one end of a link; times in seconds */
	enum config_auto start;
	unsigned salifetime, ikelifetime, margin, dpddelay;
	bool rekey, reauth, pfs;
	unsigned max_packets;	    /* 0: none */
	unsigned rarities, further; /* a bit for each row of scenario.c that applies */
};
struct link {
	unsigned a, b; /* nodes: a is left */
	enum link_style style;
	unsigned tunnels;
	struct settings ends[2]; /* of a, of b */
	unsigned together;	 /* a bit for each row that applies to both ends */
	unsigned one_tunnel;	 /* a bit for each end (a, b) that has its subnets together */
	bool moves;		 /* b may be elsewhere, and is followed (MOBIKE) */
	bool v1, aggressive;	 /* IKEv1 is spoken there */
	bool wanted_in_the_end;	 /* false: its conns are deleted before the judge comes */
};
struct node {
	bool nat; /* behind a box of its own */
	bool crash_detection;
	unsigned retransmit_tries;
	char address[16], outside[16]; /* outside: as others see it */
};
struct scenario {
	uint64_t seed;
	unsigned node_count, link_count;
	struct node nodes[NODES_MAX];
	struct link links[LINKS_MAX];
	struct world_network network; /* when nothing is wrong */
	usec_t nat_expiry;
	bool small_path; /* packets of 576 bytes at most pass */
	bool addke, ppk; /* of all conns */
	bool dense;	 /* many packets in calm minutes */
	usec_t trouble;	 /* faults come for so long */
	usec_t patience; /* then all must be well after so long */
};
/* Numbers that follow from a seed, independent of the world's. */
struct dice {
	uint64_t state;
};
uint64_t dice_next(struct dice *dice);
unsigned dice_below(struct dice *dice, unsigned limit); /* 0 … limit - 1 */
unsigned dice_between(struct dice *dice, unsigned low, unsigned high);

/* From this seed on some links speak IKEv1: older seeds stay what they are. */
#define SEEDS_V1	 1000000
#define DEFAULT_HOURS	 0.75
#define DEFAULT_PATIENCE 1200
/* hours: faults come for so long; patience in seconds */
void scenario_make(struct scenario *scenario, uint64_t seed, double hours, double patience);
/* ipsec.conf of one node; variant 0 is the one of the scenario, others differ in lifetimes. */
void scenario_conf(const struct scenario *scenario, unsigned node, unsigned variant, char *out,
		   size_t size);
/* The conn of a tunnel, as in the configuration. */
void scenario_conn_name(const struct scenario *scenario, unsigned link, unsigned tunnel, char *out,
			size_t size);
/* A user's address behind an end (0: a, 1: b) of a tunnel. */
void scenario_user(const struct scenario *scenario, unsigned link, unsigned tunnel, unsigned end,
		   char *out, size_t size);
/* reauth=yes or authlifetime= */
bool settings_reauthenticate(const struct settings *settings);
/* Its Child SAs are over after some packets or bytes. */
bool link_is_limited(const struct link *link);
void scenario_tell(const struct scenario *scenario, FILE *out);

/* ---- plan.c ---- */

enum trouble_kind {
	TROUBLE_NETWORK,   /* amount: how bad */
	TROUBLE_PARTITION, /* node, other */
	TROUBLE_NAT,	   /* mappings are forgotten */
	TROUBLE_REFUSAL,   /* the kernel refuses the amount-th request, detail 1: each such */
	TROUBLE_SLOW_KERNEL,
	TROUBLE_LOST_ANSWER,
	TROUBLE_SLOW_WORKERS,
	TROUBLE_CRASH, /* detail 1: the kernel reboots too */
	TROUBLE_STOP,  /* in good order */
	TROUBLE_UP,
	TROUBLE_DOWN,
	TROUBLE_ROUTE,
	TROUBLE_UNROUTE,
	TROUBLE_DELETE,
	TROUBLE_ADD,
	TROUBLE_RELOAD,	     /* detail: variant */
	TROUBLE_EXPIRE_SOFT, /* the kernel says so of some SA */
	TROUBLE_EXPIRE_HARD,
	TROUBLE_DUE_CHILD, /* its time has come, now; detail 1: at both ends at once */
	TROUBLE_DUE_IKE,
	TROUBLE_REKEY_CHILD, /* `ipsec rekey`; detail 1: at both ends at once */
	TROUBLE_REKEY_IKE,
	TROUBLE_REAUTH,
	TROUBLE_MOVE,	/* its address goes for a while */
	TROUBLE_REPLAY, /* datagrams seen before come again, some spoilt */
	TROUBLE_KINDS
};
struct trouble {
	usec_t at, lasts; /* from the beginning; 0: no duration */
	enum trouble_kind kind;
	unsigned node, other; /* other: a node or a link */
	unsigned amount, detail;
	unsigned number; /* in the plan as it was made */
};
struct plan {
	unsigned count;
	struct trouble list[PLAN_MAX];
};
void plan_make(const struct scenario *scenario, struct plan *plan);
void plan_tell(const struct plan *plan, FILE *out);
const char *trouble_name(enum trouble_kind kind);

/* ---- gate.c ---- */

#define JOURNAL_LINES 120

struct sim;
struct gate {
	struct sim *sim;
	unsigned number;
	struct host *host;
	struct kernel *kernel;
	struct log *log;
	struct gateway *gateway; /* NULL: not running */
	struct watcher watcher;
	bool stopping, stopped;
	unsigned moves, elsewhere, slow; /* troubles of these kinds that are on */
	uint64_t history;		 /* a hash of all lines */
	char *journal[JOURNAL_LINES];
	unsigned journal_next;
};
bool gate_make(struct sim *sim, unsigned number);
bool gate_boot(struct gate *gate, unsigned variant);
void gate_crash(struct gate *gate);
void gate_stop(struct gate *gate);
void gate_leave(struct gate *gate); /* what gate_stop() began is over, or has taken too long */
void gate_free(struct gate *gate);
struct config *gate_config(const struct gate *gate, unsigned variant);
void gate_tell_journal(const struct gate *gate, FILE *out, unsigned lines);

/* ---- run.c ---- */

struct figures {
	uint64_t simulated; /* µs */
	uint64_t healing;   /* µs from the end of faults until all was well */
	uint64_t troubles, packets, packets_arrived, packets_clear;
	uint64_t ike_up, child_up, child_down, failures, retransmits;
	uint64_t history; /* the same for the same seed */
};
struct verdict {
	bool failed;
	struct figures figures;
	char story[STORY_MAX];
};
/* A user packet on its way. */
struct flying {
	usec_t arrives; /* 0: none */
	unsigned link, tunnel, from_end;
	struct simulated_sealed sealed;
};
#define FLYING_MAX 256
struct sim {
	const struct scenario *scenario;
	const struct plan *plan;
	struct world *world;
	struct gate gates[NODES_MAX];
	usec_t begin;
	bool calm; /* nothing goes wrong any more: no packet may be lost */
	bool verbose, closing;
	struct verdict *verdict;
	FILE *story; /* writes into verdict->story */
	/* player.c */
	unsigned cuts[NODES_MAX][NODES_MAX];
	unsigned bad_networks[PLAN_MAX], slow_workers, slow_kernels;
	usec_t packets_at;
	usec_t dense_until; /* many packets while SAs replace each other */
	struct dice chance;
	struct flying flying[FLYING_MAX];
	struct ip_endpoint seen_from[4], seen_to[4];
	uint8_t seen[4][1500];
	size_t seen_len[4];
	unsigned seen_next;
};
/* Plays the seed. Needs open crypto. */
void sim_run(const struct scenario *scenario, const struct plan *plan, bool verbose,
	     struct verdict *verdict);
/* Says why the seed has failed; only the first time counts. */
void sim_fail(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));
double sim_seconds(const struct sim *sim); /* since the beginning */

/* ---- player.c ---- */

/* Time passes, also for the kernels, with packets, and with a look at what must always hold. */
void player_wait(struct sim *sim, usec_t duration);
void player_play(struct sim *sim);
/* Sees every datagram, for replays. */
bool player_tap(void *context, struct flight *flight);
/* Everything works again, and the operators want what the scenario says. */
void player_let_go(struct sim *sim);

/* ---- traffic.c ---- */

/* One packet each way through each tunnel. */
void traffic_send(struct sim *sim);
enum simulated_verdict traffic_packet(struct sim *sim, unsigned link, unsigned tunnel,
				      unsigned from_end);
/* The same, but they take their time; they land when it is over. */
void traffic_launch(struct sim *sim);
void traffic_land(struct sim *sim);
const char *traffic_verdict_name(enum simulated_verdict verdict);

/* ---- watch.c ---- */
void watch_bounds(struct sim *sim);

/* ---- judge.c ---- */

/* All is well? With tell: writes what is not. */
bool judge_all_well(struct sim *sim, FILE *tell);
/* What a gateway and its kernel have. */
void judge_show(const struct gate *gate, FILE *out);

/* ---- crew.c ---- */

struct crew {
	uint64_t first, last;
	unsigned jobs, limit_seconds; /* of one seed */
	double hours, patience;	      /* of faults; seconds for healing */
	bool quiet;
	/* results */
	unsigned passed, failed;
	struct figures total; /* healing: the longest */
	uint64_t longest_seed;
	uint64_t failing[64]; /* seeds */
	unsigned failing_count;
};
/* Runs first … last; false when it could not begin. */
bool crew_run(struct crew *crew);
/* One run in a process of its own, so that a crash is a verdict too. */
bool crew_try(const struct scenario *scenario, const struct plan *plan, unsigned limit_seconds,
	      struct verdict *verdict);

/* ---- shrink.c ---- */
/* Makes the plan as short as it can while it fails; verdict is that of the last failure. */
void shrink(const struct scenario *scenario, struct plan *plan, struct verdict *verdict);

#endif
