/* SPDX-License-Identifier: Apache-2.0 */
#include <dlfcn.h>
#include <netdb.h>
#include <semaphore.h>
#include "base/arena.h"
#include "unit/host/real_fixture.h"

/* Ours comes before libc's: "slow" waits until a test lets it go, and every answer comes several
 * times. */
static sem_t asked, let_go;

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		struct addrinfo **found)
{
	static const struct addrinfo any_type = { .ai_family = AF_UNSPEC };
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	if (strcmp(name, "slow") != 0)
		return real(name, service, hints != NULL ? &any_type : NULL, found);
	sem_post(&asked);
	sem_wait(&let_go);
	return real("127.0.0.1", service, &any_type, found);
}

struct answer {
	struct host *host;
	struct resolve *cancels;
	unsigned calls, *left;
	size_t count;
	bool v4, v6;
	char error[128];
};

static void answered(void *context, const struct ip_addr *addrs, size_t count, const char *error)
{
	struct answer *answer = context;

	answer->calls++;
	answer->count = count;
	for (size_t i = 0; i < count; i++) {
		answer->v4 |= is_addr(&addrs[i], "127.0.0.1");
		answer->v6 |= is_addr(&addrs[i], "::1");
	}
	if (error != NULL)
		snprintf(answer->error, sizeof(answer->error), "%s", error);
	if (answer->cancels != NULL)
		answer->host->ops->resolve_cancel(answer->host, answer->cancels);
	if (--*answer->left == 0)
		host_real_stop(answer->host);
}

static void localhost_resolves_without_duplicates(void **state)
{
	struct host *host = real_host();
	unsigned left = 1;
	struct answer answer = { .host = host, .left = &left };

	(void)state;
	assert_non_null(host->ops->resolve(host, "localhost", answered, &answer));
	assert_int_equal(answer.calls, 0);
	run_host(host);
	assert_int_equal(answer.calls, 1);
	assert_true(answer.v4 || answer.v6);
	assert_in_range(answer.count, 1, 2);
	assert_string_equal(answer.error, "");
	host_real_free(host);
}

static void numeric_names_resolve_to_themselves(void **state)
{
	struct host *host = real_host();
	unsigned left = 2;
	struct answer v4 = { .host = host, .left = &left }, v6 = { .host = host, .left = &left };

	(void)state;
	assert_non_null(host->ops->resolve(host, "127.0.0.1", answered, &v4));
	assert_non_null(host->ops->resolve(host, "::1", answered, &v6));
	run_host(host);
	assert_true(v4.v4 && v4.count == 1);
	assert_true(v6.v6 && v6.count == 1);
	host_real_free(host);
}

static void impossible_name_fails_with_a_sentence(void **state)
{
	struct host *host = real_host();
	unsigned left = 1;
	struct answer answer = { .host = host, .left = &left };
	char name[400];

	(void)state;
	memset(name, 'a', sizeof(name)); /* one label of 399: refused without a query */
	name[sizeof(name) - 1] = '\0';
	assert_non_null(host->ops->resolve(host, name, answered, &answer));
	run_host(host);
	assert_int_equal(answer.count, 0);
	assert_int_not_equal(strlen(answer.error), 0);
	host_real_free(host);
}

static void hundreds_of_questions_are_all_answered(void **state)
{
	static struct answer answers[300];
	struct host *host = real_host();
	unsigned left = 300;

	(void)state;
	for (size_t i = 0; i < 300; i++) {
		answers[i] = (struct answer){ .host = host, .left = &left };
		assert_non_null(host->ops->resolve(host, "127.0.0.1", answered, &answers[i]));
	}
	run_host(host);
	for (size_t i = 0; i < 300; i++)
		assert_true(answers[i].calls == 1 && answers[i].v4);
	host_real_free(host);
}

static void cancelled_questions_are_never_answered(void **state)
{
	static struct answer answers[100];
	struct resolve *resolves[100];
	struct host *host = real_host();
	unsigned left = 50;

	(void)state;
	for (size_t i = 0; i < 100; i++) {
		answers[i] = (struct answer){ .host = host, .left = &left };
		resolves[i] = host->ops->resolve(host, "127.0.0.1", answered, &answers[i]);
		assert_non_null(resolves[i]);
	}
	for (size_t i = 0; i < 100; i += 2) /* waiting, asked and answered ones */
		host->ops->resolve_cancel(host, resolves[i]);
	run_host(host);
	for (size_t i = 0; i < 100; i++)
		assert_int_equal(answers[i].calls, i % 2);
	host->ops->resolve_cancel(host, NULL);
	host_real_free(host);
}

static void question_is_cancelled_while_it_is_asked(void **state)
{
	struct host *host = real_host();
	unsigned left = 1;
	struct answer slow = { .host = host, .left = &left }, other = slow;
	struct resolve *resolve = host->ops->resolve(host, "slow", answered, &slow);

	(void)state;
	assert_non_null(resolve);
	sem_wait(&asked);
	host->ops->resolve_cancel(host, resolve);
	sem_post(&let_go);
	for (int i = 0; i < 20; i++) { /* its thread is long through when these are answered */
		left = 1;
		assert_non_null(host->ops->resolve(host, "127.0.0.1", answered, &other));
		run_host(host);
	}
	assert_int_equal(slow.calls, 0);
	assert_int_equal(other.calls, 20);
	host_real_free(host);
}

static void slow_questions_do_not_hold_up_others(void **state)
{
	struct host *host = real_host();
	unsigned left = 1;
	struct answer slow = { .host = host, .left = &left }, quick = slow;

	(void)state;
	for (int i = 0; i < 7; i++) { /* the eighth thread is for the rest */
		assert_non_null(host->ops->resolve(host, "slow", answered, &slow));
		sem_wait(&asked);
	}
	assert_non_null(host->ops->resolve(host, "127.0.0.1", answered, &quick));
	run_host(host);
	assert_int_equal(quick.calls, 1);
	assert_int_equal(slow.calls, 0);
	left = 7;
	for (int i = 0; i < 7; i++)
		sem_post(&let_go);
	run_host(host);
	assert_int_equal(slow.calls, 7);
	assert_int_equal(slow.count, 1); /* the same address three times is one */
	host_real_free(host);
}

static void host_goes_while_a_question_is_asked(void **state)
{
	struct host *host = real_host();
	unsigned left = 1;
	struct answer slow = { .host = host, .left = &left };

	(void)state;
	assert_non_null(host->ops->resolve(host, "slow", answered, &slow));
	sem_wait(&asked);
	host_real_free(host); /* does not wait for it */
	sem_post(&let_go);
	assert_int_equal(slow.calls, 0);
}

static void an_answer_may_cancel_another_question(void **state)
{
	struct host *host = real_host();
	unsigned left = 1;
	struct answer a = { .host = host, .left = &left }, b = { .host = host, .left = &left };

	(void)state;
	b.cancels = host->ops->resolve(host, "127.0.0.1", answered, &a);
	a.cancels = host->ops->resolve(host, "127.0.0.1", answered, &b);
	assert_non_null(a.cancels);
	assert_non_null(b.cancels);
	run_host(host);
	host->ops->wake_at(host, host_now(host) + 20000, stop_host, host);
	run_host(host);
	assert_int_equal(a.calls + b.calls, 1);
	host_real_free(host);
}

static void host_can_go_while_questions_are_out(void **state)
{
	unsigned left = 1000;

	(void)state;
	for (int round = 0; round < 20; round++) {
		struct host *host = real_host();
		struct answer answer = { .host = host, .left = &left };

		for (int i = 0; i < 20; i++)
			assert_non_null(host->ops->resolve(host, "localhost", answered, &answer));
		host_real_free(host);
		assert_int_equal(answer.calls, 0);
	}
}

static void question_without_memory_is_null(void **state)
{
	struct host *host = real_host();
	unsigned left = 1;
	struct answer answer = { .host = host, .left = &left };

	(void)state;
	mem_fail_nth(1);
	assert_null(host->ops->resolve(host, "localhost", answered, &answer));
	mem_fail_nth(0);
	host_real_free(host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(localhost_resolves_without_duplicates),
		cmocka_unit_test(numeric_names_resolve_to_themselves),
		cmocka_unit_test(impossible_name_fails_with_a_sentence),
		cmocka_unit_test(hundreds_of_questions_are_all_answered),
		cmocka_unit_test(cancelled_questions_are_never_answered),
		cmocka_unit_test(question_is_cancelled_while_it_is_asked),
		cmocka_unit_test(slow_questions_do_not_hold_up_others),
		cmocka_unit_test(host_goes_while_a_question_is_asked),
		cmocka_unit_test(an_answer_may_cancel_another_question),
		cmocka_unit_test(host_can_go_while_questions_are_out),
		cmocka_unit_test(question_without_memory_is_null),
	};

	sem_init(&asked, 0, 0);
	sem_init(&let_go, 0, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
