/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/host/inbox.h"

struct answer {
	int calls;
	size_t count;
	struct ip_addr addrs[4];
	bool failed;
};

static void answered(void *context, const struct ip_addr *addrs, size_t count, const char *error)
{
	struct answer *answer = context;

	answer->calls++;
	answer->count = count;
	for (size_t i = 0; i < count && i < 4; i++)
		answer->addrs[i] = addrs[i];
	answer->failed = error != NULL;
}

static struct answer ask(struct world *world, struct host *host, const char *name)
{
	struct answer answer = { 0 };

	assert_non_null(host->ops->resolve(host, name, answered, &answer));
	assert_int_equal(answer.calls, 0); /* never from within */
	world_settle(world);
	assert_int_equal(answer.calls, 1);
	return answer;
}

static void name_resolves_to_all_its_addresses(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct answer answer;

	(void)state;
	assert_int_equal(world_host_dns(world, "gw.example.net", "203.0.113.1"), RC_OK);
	assert_int_equal(world_host_dns(world, "gw.example.net", "2001:db8::1"), RC_OK);
	assert_int_equal(world_host_dns(world, "other.example.net", "203.0.113.2"), RC_OK);
	answer = ask(world, host, "GW.example.net");
	assert_int_equal(answer.count, 2);
	assert_false(answer.failed);
	assert_true(is_addr(&answer.addrs[0], "203.0.113.1"));
	assert_true(is_addr(&answer.addrs[1], "2001:db8::1"));
	assert_int_equal(world_host_dns(world, "gw.example.net", "here"), RC_SYNTAX);
	world_free(world);
}

static void unknown_and_removed_names_fail_with_a_sentence(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct answer answer;

	(void)state;
	answer = ask(world, host, "gw.example.net");
	assert_int_equal(answer.count, 0);
	assert_true(answer.failed);
	assert_int_equal(world_host_dns(world, "gw.example.net", "203.0.113.1"), RC_OK);
	assert_int_equal(world_host_dns(world, "gw.example.net", ""), RC_OK);
	answer = ask(world, host, "gw.example.net");
	assert_int_equal(answer.count, 0);
	world_free(world);
}

static void numeric_name_is_its_own_answer(void **state)
{
	struct world *world = world_new(1);
	struct answer answer = ask(world, world_host(world, "a"), "192.0.2.7");

	(void)state;
	assert_int_equal(answer.count, 1);
	assert_true(is_addr(&answer.addrs[0], "192.0.2.7"));
	world_free(world);
}

static void cancelled_question_is_never_answered(void **state)
{
	struct world *world = world_new(1);
	struct host *a = world_host(world, "a"), *b = world_host(world, "b");
	struct answer cancelled = { 0 }, freed = { 0 };
	struct resolve *resolve = a->ops->resolve(a, "192.0.2.7", answered, &cancelled);

	(void)state;
	a->ops->resolve_cancel(a, resolve);
	assert_non_null(b->ops->resolve(b, "192.0.2.7", answered, &freed));
	world_host_free(b);
	world_run(world, USEC_PER_SEC);
	assert_int_equal(cancelled.calls + freed.calls, 0);
	world_free(world);
}

static void question_without_memory_is_null(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct answer answer = { 0 };

	(void)state;
	for (uint64_t n = 1; n <= 2; n++) {
		mem_fail_nth(n);
		assert_null(host->ops->resolve(host, "192.0.2.7", answered, &answer));
		mem_fail_nth(n);
		assert_int_equal(world_host_dns(world, "gw.example.net", "203.0.113.1"),
				 RC_NO_MEMORY);
		mem_fail_nth(0);
	}
	world_settle(world);
	assert_int_equal(answer.calls, 0);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(name_resolves_to_all_its_addresses),
		cmocka_unit_test(unknown_and_removed_names_fail_with_a_sentence),
		cmocka_unit_test(numeric_name_is_its_own_answer),
		cmocka_unit_test(cancelled_question_is_never_answered),
		cmocka_unit_test(question_without_memory_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
