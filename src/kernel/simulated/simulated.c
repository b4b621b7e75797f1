/* SPDX-License-Identifier: Apache-2.0 */
/* DOC: A kernel in memory. submit puts a request in the queue (queue.c); the loop turn's end, or
 * the delay's, applies it to the SAD (sad.c) or SPD (spd.c) and answers. Packets (packet.c) walk
 * both as Linux does and raise events (notices.c). Time moves with kernel_simulated_tick only. */
#include <errno.h>
#include "base/arena.h"
#include "kernel/algorithms.h"
#include "kernel/simulated/simulated.h"
#include "wire/iana.h"

static void turn_end(struct deferred *deferred)
{
	struct simulated *sim = container_of(deferred, struct simulated, turn);
	sim_queue_run(sim);
	sim_notices_deliver(sim);
}

static void delayed_answers(struct timer *timer)
{
	struct simulated *sim = container_of(timer, struct simulated, answers);
	sim->host->ops->defer(sim->host, &sim->turn);
}

static bool is_ours(const struct simulated *sim, const struct sad_sa *sa)
{
	return kernel_reqid_is_known(&sim->kernel, sa->reqid);
}

static bool is_our_policy(const struct simulated *sim, const struct spd_policy *policy)
{
	return policy->action != KERNEL_PROTECT ||
	       kernel_reqid_is_known(&sim->kernel, policy->reqid);
}

static enum rc remove_stale(struct kernel *kernel, unsigned *count, struct diag *diag)
{
	struct simulated *sim = simulated_of(kernel);
	(void)diag;
	*count = sim_sad_flush(sim, is_ours) + sim_spd_flush(sim, is_our_policy);
	return RC_OK;
}

static bool supports(struct kernel *kernel, uint16_t encr, uint16_t encr_bits, uint16_t integ)
{
	const struct algorithm_encr *cipher = kernel_algorithm_encr(encr);
	bool alone = encr == ENCR_NONE || (cipher != NULL && cipher->icv_bits == 0);
	if (encr != ENCR_NONE &&
	    (cipher == NULL || kernel_algorithm_key_bytes(cipher, encr_bits) < 0))
		return false;
	if (alone && kernel_algorithm_integ(integ) == NULL)
		return false;
	return !sim_queue_lacks(simulated_of(kernel), encr, integ);
}

static int lacks(struct kernel *kernel, enum kernel_feature feature)
{
	return simulated_of(kernel)->lacking & 1u << feature ? EPROTONOSUPPORT : 0;
}

static enum rc check_card(struct kernel *kernel, const struct ip_addr *peer, struct diag *diag)
{
	(void)peer;
	if (simulated_of(kernel)->offload != KERNEL_OFFLOAD_NONE)
		return RC_OK;
	return diag_fail(diag, RC_UNSUPPORTED, "the network card has no ESP offload");
}

void kernel_simulated_offload(struct kernel *kernel, enum kernel_offload most)
{
	simulated_of(kernel)->offload = (uint8_t)most;
}

void kernel_simulated_without_feature(struct kernel *kernel, enum kernel_feature feature)
{
	simulated_of(kernel)->lacking |= (uint8_t)(1u << feature);
}

static void simulated_free(struct kernel *kernel)
{
	struct simulated *sim = simulated_of(kernel);
	list_remove(&sim->turn.queue);
	sim_queue_free(sim);
	sim_notices_free(sim);
	kernel_simulated_flush(kernel);
	timer_cancel(&sim->timers, &sim->answers);
	timer_queue_free(&sim->timers);
	table_free(&sim->by_spi);
	table_free(&sim->by_reqid);
	table_free(&sim->policies);
	table_free(&sim->larvals);
	mem_free(sim);
}

static const struct kernel_ops simulated_ops = {
	.submit = sim_queue_submit,
	.cancel = sim_queue_cancel,
	.remove_stale = remove_stale,
	.drain = sim_queue_drain,
	.supports = supports,
	.lacks = lacks,
	.check_card = check_card,
	.free = simulated_free,
};

enum rc kernel_simulated_new(struct host *host, struct kernel **out)
{
	uint64_t seed[2];
	struct simulated *sim;
	TRY(host_random(host, seed, sizeof seed));
	sim = mem_alloc(sizeof *sim);
	if (sim == NULL)
		return RC_NO_MEMORY;
	sim->kernel.ops = &simulated_ops;
	sim->host = host;
	table_init(&sim->by_spi, seed);
	table_init(&sim->by_reqid, seed);
	table_init(&sim->policies, seed);
	table_init(&sim->larvals, seed);
	for (unsigned i = 0; i < 3; i++)
		list_init(&sim->directions[i]);
	timer_queue_init(&sim->timers);
	list_init(&sim->queue);
	list_init(&sim->lost);
	list_init(&sim->events);
	sim->turn.run = turn_end;
	sim->answers.fire = delayed_answers;
	*out = &sim->kernel;
	return RC_OK;
}

void kernel_simulated_fail(struct kernel *kernel, unsigned nth, int error, bool every)
{
	struct simulated *sim = simulated_of(kernel);
	sim->fail_nth = sim->fail_left = nth;
	sim->fail_error = error;
	sim->fail_every = every;
}

void kernel_simulated_lose_answer(struct kernel *kernel, unsigned nth)
{
	simulated_of(kernel)->lose_nth = nth;
}

void kernel_simulated_mislead(struct kernel *kernel, unsigned nth)
{
	simulated_of(kernel)->mislead_nth = nth;
}

void kernel_simulated_delay(struct kernel *kernel, usec_t delay)
{
	simulated_of(kernel)->delay = delay;
}

void kernel_simulated_without(struct kernel *kernel, uint16_t encr, uint16_t integ)
{
	struct simulated *sim = simulated_of(kernel);
	if (sim->without_count >= WITHOUT_MAX)
		return;
	sim->without[sim->without_count].encr = encr;
	sim->without[sim->without_count].integ = integ;
	sim->without_count++;
}

usec_t kernel_simulated_next(const struct kernel *kernel)
{
	return timer_next_due(&simulated_of(kernel)->timers);
}

void kernel_simulated_tick(struct kernel *kernel)
{
	struct simulated *sim = simulated_of(kernel);
	(void)timer_run(&sim->timers, host_now(sim->host), UINT32_MAX);
}

void kernel_simulated_flush(struct kernel *kernel)
{
	struct simulated *sim = simulated_of(kernel);
	(void)sim_sad_flush(sim, NULL);
	(void)sim_spd_flush(sim, NULL);
	sim_larval_flush(sim);
}
