/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/host/inbox.h"

static void count_call(void *context)
{
	++*(int *)context;
}

static void later_wake_up_replaces_the_earlier(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	int first = 0, second = 0;

	(void)state;
	host->ops->wake_at(host, world_now(world) + 10, count_call, &first);
	host->ops->wake_at(host, world_now(world) + 20, count_call, &second);
	world_run(world, 15);
	assert_int_equal(first + second, 0);
	world_run(world, 15);
	assert_int_equal(first, 0);
	assert_int_equal(second, 1);
	host->ops->wake_at(host, world_now(world) + 10, count_call, &first);
	host->ops->wake_at(host, USEC_NEVER, count_call, &first);
	assert_false(world_step(world));
	world_free(world);
}

static void wall_clock_goes_with_the_world(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	int64_t before = host->ops->wall(host);

	(void)state;
	world_run(world, 90 * USEC_PER_SEC);
	assert_int_equal(host->ops->wall(host), before + 90);
	world_free(world);
}

static void hosts_draw_different_random_numbers(void **state)
{
	struct world *world = world_new(1), *other = world_new(1);
	struct host *a = world_host(world, "a"), *b = world_host(world, "b");
	struct host *again = world_host(other, "whatever");
	uint8_t x[16], y[16], z[16];

	(void)state;
	assert_int_equal(host_random(a, x, sizeof(x)), RC_OK);
	assert_int_equal(host_random(b, y, sizeof(y)), RC_OK);
	assert_int_equal(host_random(again, z, sizeof(z)), RC_OK);
	assert_memory_not_equal(x, y, sizeof(x));
	assert_memory_equal(x, z, sizeof(x));
	world_free(world);
	world_free(other);
}

static void an_address_belongs_to_one_host(void **state)
{
	struct world *world = world_new(1);
	struct host *a = world_host(world, "a"), *b = world_host(world, "b");
	struct ip_addr addr = at("10.0.0.1", 0).addr;

	(void)state;
	assert_int_equal(world_host_add_address(a, "10.0.0.1"), RC_OK);
	assert_int_equal(world_host_add_address(b, "10.0.0.1"), RC_EXISTS);
	assert_int_equal(world_host_add_address(a, "10.0.0.257"), RC_SYNTAX);
	world_host_remove_address(b, "10.0.0.1"); /* not its own */
	assert_true(a->ops->is_local(a, &addr));
	assert_false(b->ops->is_local(b, &addr));
	world_host_remove_address(a, "10.0.0.1");
	assert_false(a->ops->is_local(a, &addr));
	assert_int_equal(world_host_add_address(b, "10.0.0.1"), RC_OK);
	world_free(world);
}

static void burst_of_address_changes_is_told_once(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	int told = 0;

	(void)state;
	assert_int_equal(world_host_add_address(host, "10.0.0.1"), RC_OK);
	host->ops->on_change(host, count_call, &told);
	world_run(world, USEC_PER_SEC);
	assert_int_equal(told, 0);
	assert_int_equal(world_host_add_address(host, "10.0.0.2"), RC_OK);
	world_host_remove_address(host, "10.0.0.1");
	assert_int_equal(told, 0);
	world_run(world, USEC_PER_SEC);
	assert_int_equal(told, 1);
	host->ops->on_change(host, NULL, NULL);
	world_host_remove_address(host, "10.0.0.2");
	world_run(world, USEC_PER_SEC);
	assert_int_equal(told, 1);
	world_free(world);
}

struct task {
	struct deferred deferred;
	struct host *host;
	char name;
	bool again;
	struct task *cancels;
};
static char ran[16];

static void task_run(struct deferred *deferred)
{
	struct task *task = container_of(deferred, struct task, deferred);
	size_t len = strlen(ran);

	ran[len] = task->name;
	ran[len + 1] = '\0';
	if (task->again)
		task->host->ops->defer(task->host, deferred);
	if (task->cancels != NULL)
		deferred_cancel(&task->cancels->deferred);
	task->again = false;
}

static void deferred_work_runs_once_each_in_order(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct task a = { .deferred.run = task_run, .host = host, .name = 'a', .again = true };
	struct task b = { .deferred.run = task_run, .host = host, .name = 'b' };
	struct task c = { .deferred.run = task_run, .host = host, .name = 'c' };

	(void)state;
	ran[0] = '\0';
	host->ops->defer(host, &a.deferred);
	host->ops->defer(host, &b.deferred);
	host->ops->defer(host, &a.deferred);
	host->ops->defer(host, &c.deferred);
	world_settle(world);
	assert_string_equal(ran, "abca");
	world_free(world);
}

static void cancelled_deferred_work_does_not_run(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct task b = { .deferred.run = task_run, .host = host, .name = 'b' };
	struct task a = { .deferred.run = task_run, .host = host, .name = 'a', .cancels = &b };

	(void)state;
	ran[0] = '\0';
	host->ops->defer(host, &a.deferred);
	host->ops->defer(host, &b.deferred);
	world_settle(world);
	assert_string_equal(ran, "a");
	host->ops->defer(host, &b.deferred);
	deferred_cancel(&b.deferred);
	assert_false(world_step(world));
	world_free(world);
}

static void freed_host_leaves_nothing_behind(void **state)
{
	struct world *world = world_new(1);
	static struct inbox inbox, other;
	struct host *a = inbox_host(world, &inbox, "10.0.0.1");
	struct host *b = inbox_host(world, &other, "10.0.0.2");
	struct task task = { .deferred.run = task_run, .host = a, .name = 'x' };
	int woken = 0;

	(void)state;
	ran[0] = '\0';
	a->ops->wake_at(a, world_now(world) + 10, count_call, &woken);
	a->ops->defer(a, &task.deferred);
	assert_int_equal(say(a, at("10.0.0.1", 500), at("10.0.0.2", 500), "bye"), RC_OK);
	assert_int_equal(say(b, at("10.0.0.2", 500), at("10.0.0.1", 500), "hello"), RC_OK);
	world_host_free(a);
	world_run(world, USEC_PER_SEC);
	assert_int_equal(woken, 0);
	assert_string_equal(ran, "");
	assert_false(list_linked(&task.deferred.queue));
	assert_int_equal(inbox.count, 0);
	assert_int_equal(other.count, 1);
	assert_int_equal(world_host_add_address(b, "10.0.0.1"), RC_OK);
	world_free(world);
}

static void no_allocation_failure_harms(void **state)
{
	struct world *world = world_new(1);

	(void)state;
	for (uint64_t n = 1; n < 8; n++) {
		struct host *host;
		enum rc rc = RC_NO_MEMORY;

		mem_fail_nth(n);
		host = world_host(world, "a");
		if (host != NULL)
			rc = world_host_add_address(host, "10.0.0.1");
		mem_fail_nth(0);
		assert_true(rc == RC_OK || rc == RC_NO_MEMORY);
		if (host != NULL)
			assert_string_equal(world_host_name(host), "a");
		world_host_free(host);
	}
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(later_wake_up_replaces_the_earlier),
		cmocka_unit_test(wall_clock_goes_with_the_world),
		cmocka_unit_test(hosts_draw_different_random_numbers),
		cmocka_unit_test(an_address_belongs_to_one_host),
		cmocka_unit_test(burst_of_address_changes_is_told_once),
		cmocka_unit_test(deferred_work_runs_once_each_in_order),
		cmocka_unit_test(cancelled_deferred_work_does_not_run),
		cmocka_unit_test(freed_host_leaves_nothing_behind),
		cmocka_unit_test(no_allocation_failure_harms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
