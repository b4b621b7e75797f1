/* SPDX-License-Identifier: Apache-2.0 */
/* Does what the plan says, when its time comes. */
#include <errno.h>
#include <string.h>
#include "sim/sim.h"

#define PACKETS_EVERY (5 * USEC_PER_SEC)
#define STEP	      (USEC_PER_SEC / 2)
#define SMALL_STEP    (50 * USEC_PER_MSEC)
#define DENSE_STEP    (10 * USEC_PER_MSEC)
#define DENSE_AFTER   (3 * USEC_PER_SEC)
#define SMALL_PATH    (576 - 28) /* bytes of UDP payload */

/* ---- time ---- */

static void tick(struct sim *sim)
{
	for (unsigned i = 0; i < sim->scenario->node_count; i++)
		kernel_simulated_tick(sim->gates[i].kernel);
	world_settle(sim->world);
}

/* Until the next kernel has something to do; it may get that meanwhile, therefore not too long. */
static usec_t next_step(const struct sim *sim, usec_t left)
{
	usec_t step = sim->slow_kernels > 0 ? SMALL_STEP : STEP;

	if (world_now(sim->world) < sim->dense_until)
		step = DENSE_STEP;
	return left < step ? left : step;
}

static void wait_quietly(struct sim *sim, usec_t duration)
{
	usec_t until = world_now(sim->world) + duration, left;

	while ((left = until - world_now(sim->world)) > 0) {
		world_run(sim->world, next_step(sim, left));
		tick(sim);
		traffic_land(sim);
		if (world_now(sim->world) < sim->dense_until)
			traffic_launch(sim);
	}
}

void player_wait(struct sim *sim, usec_t duration)
{
	usec_t until = world_now(sim->world) + duration;

	while (world_now(sim->world) < until && !sim->verdict->failed) {
		usec_t next = until < sim->packets_at ? until : sim->packets_at;
		if (next > world_now(sim->world))
			wait_quietly(sim, next - world_now(sim->world));
		if (world_now(sim->world) < sim->packets_at)
			continue;
		traffic_send(sim);
		watch_bounds(sim);
		sim->packets_at = world_now(sim->world) + PACKETS_EVERY;
	}
}

/* ---- network ---- */

static void set_network(struct sim *sim)
{
	struct world_network network = sim->scenario->network;

	for (unsigned i = 0; i < PLAN_MAX; i++) {
		if (sim->bad_networks[i] == 0)
			continue;
		network.loss += sim->bad_networks[i];
		network.duplicate += sim->bad_networks[i] / 2;
		network.corrupt += sim->bad_networks[i] / 8;
		network.reorder += sim->bad_networks[i] / 2;
	}
	if (network.loss > 600)
		network.loss = 600;
	if (network.duplicate > 400)
		network.duplicate = 400;
	if (network.reorder > 400)
		network.reorder = 400;
	world_set_network(sim->world, &network);
}

static void partition(struct sim *sim, const struct trouble *trouble, bool begin)
{
	unsigned *cuts = &sim->cuts[trouble->node][trouble->other];
	enum rc rc;

	if (trouble->node == trouble->other)
		return;
	*cuts = begin ? *cuts + 1 : *cuts - 1;
	rc = world_partition(sim->world, sim->gates[trouble->node].host,
			     sim->gates[trouble->other].host,
			     sim->cuts[trouble->node][trouble->other] +
					     sim->cuts[trouble->other][trouble->node] >
				     0);
	(void)rc;
}

/* SAs are made: now packets could be lost. */
static void look_closer(struct sim *sim, const struct flight *flight)
{
	size_t header = flight->len > 4 && memcmp(flight->bytes, "\0\0\0\0", 4) == 0 ? 4 : 0;
	uint8_t exchange = flight->len > header + 18 ? flight->bytes[header + 18] : 0;

	if (sim->calm && sim->scenario->dense &&
	    (exchange == EXCHANGE_IKE_AUTH || exchange == EXCHANGE_CREATE_CHILD_SA))
		sim->dense_until = world_now(sim->world) + DENSE_AFTER;
}

bool player_tap(void *context, struct flight *flight)
{
	struct sim *sim = context;
	unsigned at = sim->seen_next % 4;

	look_closer(sim, flight);
	if (sim->scenario->small_path && flight->len > SMALL_PATH)
		return false;

	if (flight->len > sizeof(sim->seen[0]) || flight->id % 3 != 0)
		return true;
	memcpy(sim->seen[at], flight->bytes, flight->len);
	sim->seen_len[at] = flight->len;
	sim->seen_from[at] = flight->from;
	sim->seen_to[at] = flight->to;
	sim->seen_next++;
	return true;
}

static void replay(struct sim *sim, const struct trouble *trouble)
{
	unsigned at = trouble->amount % 4;
	enum rc rc;

	if (sim->seen_len[at] == 0)
		return;
	if (trouble->detail == 1)
		sim->seen[at][world_random(sim->world) % sim->seen_len[at]] ^=
			(uint8_t)world_random(sim->world);
	rc = world_inject(sim->world, &sim->seen_from[at], &sim->seen_to[at],
			  span_make(sim->seen[at], sim->seen_len[at]));
	(void)rc;
}

static bool goes_elsewhere(const struct scenario *scenario, unsigned node)
{
	for (unsigned i = 0; i < scenario->link_count; i++)
		if (scenario->links[i].moves && scenario->links[i].b == node)
			return true;
	return false;
}

/* Without its own address it has another one, where somebody follows; or none at all. A host that
 * has crashed meanwhile has its address back, too. */
static void move(struct sim *sim, const struct trouble *trouble, bool begin)
{
	struct gate *gate = &sim->gates[trouble->node];
	const char *address = sim->scenario->nodes[trouble->node].address;
	char elsewhere[20];
	enum rc rc = RC_OK;

	(void)snprintf(elsewhere, sizeof(elsewhere), "192.0.2.%u", 101 + trouble->node);
	if (goes_elsewhere(sim->scenario, trouble->node) && trouble->number % 3 != 0) {
		if (begin && gate->elsewhere++ == 0)
			rc = world_host_add_address(gate->host, elsewhere);
		else if (!begin && --gate->elsewhere == 0)
			world_host_remove_address(gate->host, elsewhere);
	}
	if (rc != RC_OK)
		sim_fail(sim, "g%u does not get another address", gate->number);
	rc = RC_OK;

	gate->moves = begin ? gate->moves + 1 : gate->moves - 1;
	if (begin && gate->moves == 1)
		world_host_remove_address(gate->host, address);
	if (!begin && gate->moves == 0)
		rc = world_host_add_address(gate->host, address);
	if (rc != RC_OK)
		sim_fail(sim, "g%u does not get its address back", gate->number);
}

/* ---- kernel ---- */

static void refuse(struct gate *gate, const struct trouble *trouble, bool begin)
{
	static const int errors[] = { ENOBUFS, ENOMEM, EINVAL, ENOBUFS };

	if (gate->gateway == NULL)
		return;
	kernel_simulated_fail(gate->kernel, begin ? trouble->amount + 1 : 0,
			      begin ? errors[trouble->amount % 4] : 0, trouble->detail == 1);
}

static void slow_kernel(struct sim *sim, const struct trouble *trouble, bool begin)
{
	struct gate *gate = &sim->gates[trouble->node];

	gate->slow = begin ? gate->slow + 1 : gate->slow - 1;
	sim->slow_kernels = begin ? sim->slow_kernels + 1 : sim->slow_kernels - 1;
	kernel_simulated_delay(gate->kernel,
			       gate->slow > 0 ? (usec_t)trouble->amount * USEC_PER_MSEC : 0);
}

static void expire(struct gate *gate, unsigned which, bool hard)
{
	size_t count = kernel_simulated_sa_count(gate->kernel);
	struct simulated_sa sa;

	if (count > 0 && kernel_simulated_sa(gate->kernel, which % count, &sa))
		kernel_simulated_expire(gate->kernel, sa.sa.spi, hard);
}

static void hold_workers(struct sim *sim, bool begin)
{
	sim->slow_workers = begin ? sim->slow_workers + 1 : sim->slow_workers - 1;
	world_hold_jobs(sim->world, sim->slow_workers > 0);
}

/* ---- gateways ---- */

static void go_down(struct sim *sim, const struct trouble *trouble)
{
	struct gate *gate = &sim->gates[trouble->node];

	if (trouble->kind == TROUBLE_STOP) {
		gate_stop(gate);
		return;
	}
	world_hold_jobs(sim->world, false); /* a gateway is freed without jobs */
	gate_crash(gate);
	world_hold_jobs(sim->world, sim->slow_workers > 0);
	if (trouble->detail == 1)
		kernel_simulated_flush(gate->kernel);
}

static void come_back(struct sim *sim, const struct trouble *trouble)
{
	struct gate *gate = &sim->gates[trouble->node];
	bool down = gate->gateway == NULL;

	if (!down && !gate->stopping)
		return; /* another trouble has brought it back */
	if (!down) {
		world_hold_jobs(sim->world, false);
		gate_leave(gate);
		world_hold_jobs(sim->world, sim->slow_workers > 0);
	}
	(void)gate_boot(gate, 0);
}

static void command(struct gate *gate, enum trouble_kind kind, const char *name, unsigned variant)
{
	struct config *config = NULL;
	struct diag diag = { "" };
	enum rc rc = RC_OK;

	if (kind == TROUBLE_UP)
		rc = gateway_up(gate->gateway, name, &diag);
	else if (kind == TROUBLE_DOWN)
		rc = gateway_down(gate->gateway, name, &diag);
	else if (kind == TROUBLE_ROUTE)
		rc = gateway_route(gate->gateway, name, &diag);
	else if (kind == TROUBLE_UNROUTE)
		rc = gateway_unroute(gate->gateway, name, &diag);
	else if (kind == TROUBLE_DELETE)
		rc = gateway_delete(gate->gateway, name, &diag);
	else if (kind == TROUBLE_REKEY_CHILD)
		rc = gateway_rekey(gate->gateway, name, REKEY_CHILD, &diag);
	else if (kind == TROUBLE_REKEY_IKE)
		rc = gateway_rekey(gate->gateway, name, REKEY_IKE, &diag);
	else if (kind == TROUBLE_REAUTH)
		rc = gateway_rekey(gate->gateway, name, REKEY_REAUTH, &diag);
	else if ((config = gate_config(gate, variant)) != NULL)
		rc = gateway_add(gate->gateway, config, name, &diag);
	if (config != NULL)
		config_unref(config);
	(void)rc; /* unknown by now, for instance */
}

static void each_conn(struct sim *sim, struct gate *gate, unsigned link, enum trouble_kind kind,
		      unsigned variant)
{
	const struct link *it = &sim->scenario->links[link];
	unsigned conns = it->style == LINK_CONNS ? it->tunnels : 1;

	for (unsigned i = 0; i < conns && gate->gateway != NULL && !gate->stopping; i++) {
		char name[16];
		scenario_conn_name(sim->scenario, link, i, name, sizeof(name));
		command(gate, kind, name, variant);
	}
}

static void reload(struct gate *gate, unsigned variant)
{
	struct config *config = gate_config(gate, variant);
	struct diag diag = { "" };

	if (config == NULL)
		return;
	if (gateway_reload(gate->gateway, config, &diag) != RC_OK)
		sim_fail(gate->sim, "g%u does not reload: %s", gate->number, diag.text);
	config_unref(config);
}

/* ---- SAs whose time has come ---- */

static void due_children(struct ike_sa *sa, usec_t now)
{
	list_for(node, &sa->children) container_of(node, struct child_sa, in_ike)->replace_at = now;
}

static void due(struct gate *gate, const struct trouble *trouble)
{
	usec_t now = world_now(gate->sim->world);
	char name[16];

	scenario_conn_name(gate->sim->scenario, trouble->other, 0, name, sizeof(name));
	if (gate->gateway == NULL || gate->stopping)
		return;
	list_for(at, &gate->gateway->peers.list)
	{
		struct peer *peer = container_of(at, struct peer, in_peers);
		if (strcmp(peer->conn->name, name) != 0)
			continue;
		list_for(node, &peer->ike_sas)
		{
			struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
			if (trouble->kind == TROUBLE_DUE_IKE && sa->state == IKE_ESTABLISHED)
				sa->replace_at = now;
			else if (trouble->kind == TROUBLE_DUE_CHILD)
				due_children(sa, now);
		}
		peer_dirty(peer);
	}
}

static unsigned other_end(const struct sim *sim, const struct trouble *trouble)
{
	const struct link *link = &sim->scenario->links[trouble->other];

	return trouble->node == link->a ? link->b : link->a;
}

static void due_at(struct sim *sim, const struct trouble *trouble)
{
	due(&sim->gates[trouble->node], trouble);
	if (trouble->detail == 1)
		due(&sim->gates[other_end(sim, trouble)], trouble);
}

static void rekey_at(struct sim *sim, const struct trouble *trouble)
{
	each_conn(sim, &sim->gates[trouble->node], trouble->other, trouble->kind, 0);
	if (trouble->detail == 1)
		each_conn(sim, &sim->gates[other_end(sim, trouble)], trouble->other, trouble->kind,
			  0);
}

/* ---- the plan ---- */

static void begin(struct sim *sim, const struct trouble *trouble)
{
	struct gate *gate = &sim->gates[trouble->node];
	bool running = gate->gateway != NULL && !gate->stopping;

	sim->verdict->figures.troubles++;
	switch (trouble->kind) {
	case TROUBLE_NETWORK:
		sim->bad_networks[trouble->number] = trouble->amount;
		set_network(sim);
		return;
	case TROUBLE_PARTITION:
		partition(sim, trouble, true);
		return;
	case TROUBLE_NAT:
		world_nat_flush(sim->world);
		return;
	case TROUBLE_REFUSAL:
		refuse(gate, trouble, true);
		return;
	case TROUBLE_SLOW_KERNEL:
		slow_kernel(sim, trouble, true);
		return;
	case TROUBLE_LOST_ANSWER:
		kernel_simulated_mislead(gate->kernel, trouble->amount + 1);
		return;
	case TROUBLE_SLOW_WORKERS:
		hold_workers(sim, true);
		return;
	case TROUBLE_CRASH:
	case TROUBLE_STOP:
		go_down(sim, trouble);
		return;
	case TROUBLE_UP:
	case TROUBLE_DOWN:
	case TROUBLE_ROUTE:
	case TROUBLE_UNROUTE:
	case TROUBLE_DELETE:
	case TROUBLE_ADD:
		each_conn(sim, gate, trouble->other, trouble->kind, trouble->detail);
		return;
	case TROUBLE_RELOAD:
		if (running)
			reload(gate, trouble->detail);
		return;
	case TROUBLE_EXPIRE_SOFT:
	case TROUBLE_EXPIRE_HARD:
		expire(gate, trouble->amount, trouble->kind == TROUBLE_EXPIRE_HARD);
		return;
	case TROUBLE_DUE_CHILD:
	case TROUBLE_DUE_IKE:
		due_at(sim, trouble);
		return;
	case TROUBLE_REKEY_CHILD:
	case TROUBLE_REKEY_IKE:
	case TROUBLE_REAUTH:
		rekey_at(sim, trouble);
		return;
	case TROUBLE_MOVE:
		move(sim, trouble, true);
		return;
	case TROUBLE_REPLAY:
		replay(sim, trouble);
		return;
	case TROUBLE_KINDS:
		return;
	}
}

static void end(struct sim *sim, const struct trouble *trouble)
{
	if (trouble->kind == TROUBLE_NETWORK) {
		sim->bad_networks[trouble->number] = 0;
		set_network(sim);
	} else if (trouble->kind == TROUBLE_PARTITION) {
		partition(sim, trouble, false);
	} else if (trouble->kind == TROUBLE_REFUSAL) {
		refuse(&sim->gates[trouble->node], trouble, false);
	} else if (trouble->kind == TROUBLE_SLOW_KERNEL) {
		slow_kernel(sim, trouble, false);
	} else if (trouble->kind == TROUBLE_SLOW_WORKERS) {
		hold_workers(sim, false);
	} else if (trouble->kind == TROUBLE_MOVE) {
		move(sim, trouble, false);
	} else if (trouble->kind == TROUBLE_CRASH || trouble->kind == TROUBLE_STOP) {
		come_back(sim, trouble);
	}
}

/* The next beginning or end after `at` (or the same moment, later in the plan). */
struct cue {
	usec_t at;
	unsigned index;
	bool ends;
};

static bool earlier(const struct cue *a, const struct cue *b)
{
	if (a->at != b->at)
		return a->at < b->at;
	return a->index != b->index ? a->index < b->index : !a->ends && b->ends;
}

static void consider(const struct cue *last, const struct cue *cue, struct cue *best, bool *found)
{
	if (earlier(last, cue) && (!*found || earlier(cue, best))) {
		*best = *cue;
		*found = true;
	}
}

static bool next_cue(const struct plan *plan, const struct cue *last, struct cue *out)
{
	bool found = false;

	for (unsigned i = 0; i < plan->count; i++) {
		const struct trouble *it = &plan->list[i];
		struct cue cue = { it->at, i, false };
		consider(last, &cue, out, &found);
		cue = (struct cue){ it->at + it->lasts, i, true };
		if (it->lasts > 0)
			consider(last, &cue, out, &found);
	}
	return found;
}

void player_play(struct sim *sim)
{
	struct cue last = { -1, 0, false }, cue;

	set_network(sim);
	while (!sim->verdict->failed && next_cue(sim->plan, &last, &cue)) {
		const struct trouble *trouble = &sim->plan->list[cue.index];
		usec_t now = world_now(sim->world) - sim->begin;

		if (cue.at > now)
			player_wait(sim, cue.at - now);
		if (sim->verbose)
			(void)fprintf(stderr, "%10.3f ** %s: %u %s\n", sim_seconds(sim),
				      cue.ends ? "end of" : "trouble", trouble->number,
				      trouble_name(trouble->kind));
		if (cue.ends)
			end(sim, trouble);
		else
			begin(sim, trouble);
		world_settle(sim->world);
		last = cue;
	}
}

static void finish_link(struct sim *sim, unsigned number)
{
	const struct link *link = &sim->scenario->links[number];

	for (unsigned end = 0; end < 2; end++) {
		struct gate *gate = &sim->gates[end == 0 ? link->a : link->b];
		enum config_auto start = link->ends[end].start;
		if (!link->wanted_in_the_end) {
			each_conn(sim, gate, number, TROUBLE_DELETE, 0);
			continue;
		}
		each_conn(sim, gate, number, TROUBLE_ADD, 0);
		if (start == AUTO_START)
			each_conn(sim, gate, number, TROUBLE_UP, 0);
		else if (start == AUTO_ONDEMAND)
			each_conn(sim, gate, number, TROUBLE_ROUTE, 0);
	}
}

void player_let_go(struct sim *sim)
{
	for (unsigned i = 0; i < sim->scenario->node_count; i++) {
		struct gate *gate = &sim->gates[i];
		kernel_simulated_fail(gate->kernel, 0, 0, false);
		kernel_simulated_mislead(gate->kernel, 0);
		kernel_simulated_delay(gate->kernel, 0);
		reload(gate, 0); /* all conns together: some only go with each other */
	}
	for (unsigned i = 0; i < sim->scenario->link_count; i++)
		finish_link(sim, i);
}
