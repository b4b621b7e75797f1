/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/host/inbox.h"

struct got {
	int calls;
	enum rc rc;
	char body[64];
	size_t len;
	bool explained;
};

static void answered(void *context, enum rc rc, struct span body, const char *error)
{
	struct got *got = context;
	got->calls++;
	got->rc = rc;
	got->len = body.len;
	if (body.len < sizeof(got->body) && body.len > 0)
		memcpy(got->body, body.ptr, body.len);
	got->explained = error != NULL;
}

static const char url[] = "http://crl.example.org/a";

static struct got ask(struct world *world, struct host *host, struct span body)
{
	struct fetch_request request = { .url = url,
					 .limit = 5 * USEC_PER_SEC,
					 .size_max = 10,
					 .body = body,
					 .content_type = "text/plain" };
	struct got got = { .calls = 0 };
	assert_non_null(host->ops->fetch(host, &request, answered, &got));
	assert_int_equal(got.calls, 0);
	world_run(world, 6 * USEC_PER_SEC);
	assert_int_equal(got.calls, 1);
	return got;
}

static struct got ask_served(enum served served, const char *body)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct got got;
	assert_int_equal(world_serve(world, url, served, span_make(body, strlen(body))), RC_OK);
	got = ask(world, host, SPAN_NONE);
	assert_int_equal(world_served(world, url, NULL), 1);
	world_free(world);
	return got;
}

static void a_page_is_given_as_it_is_served(void **state)
{
	struct got got = ask_served(SERVE_BODY, "hello");
	(void)state;
	assert_int_equal(got.rc, RC_OK);
	assert_int_equal(got.len, 5);
	assert_memory_equal(got.body, "hello", 5);
	assert_false(got.explained);
}

static void every_failure_has_its_reason(void **state)
{
	static const struct {
		enum served served;
		const char *body;
		enum rc rc;
	} rows[] = {
		{ SERVE_NOTHING, "", RC_IO },
		{ SERVE_MISSING, "", RC_NOT_FOUND },
		{ SERVE_HANG, "", RC_TIMEOUT },
		{ SERVE_ENDLESS, "", RC_LIMIT },
		{ SERVE_BODY, "more than ten", RC_LIMIT },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct got got = ask_served(rows[i].served, rows[i].body);
		assert_int_equal(got.rc, rows[i].rc);
		assert_true(got.explained);
		assert_int_equal(got.len, 0);
	}
}

static void an_unknown_url_is_a_server_that_is_not_there(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	(void)state;
	assert_int_equal(ask(world, host, SPAN_NONE).rc, RC_IO);
	assert_int_equal(world_served(world, url, NULL), 0);
	world_free(world);
}

static void what_was_posted_can_be_looked_at(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct span posted;
	(void)state;
	assert_int_equal(world_serve(world, url, SERVE_BODY, SPAN_NONE), RC_OK);
	assert_int_equal(ask(world, host, span_make("question", 8)).rc, RC_OK);
	assert_int_equal(world_served(world, url, &posted), 1);
	assert_true(span_equal_text(posted, "question"));
	world_free(world);
}

static void a_cancelled_fetch_is_never_answered(void **state)
{
	struct world *world = world_new(1);
	struct host *host = world_host(world, "a");
	struct fetch_request request = { .url = url, .limit = 1, .size_max = 1 };
	struct got got = { .calls = 0 };
	(void)state;
	host->ops->fetch_cancel(host, host->ops->fetch(host, &request, answered, &got));
	assert_non_null(host->ops->fetch(host, &request, answered, &got));
	world_host_free(host);
	world_run(world, USEC_PER_SEC);
	assert_int_equal(got.calls, 0);
	world_free(world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_is_given_as_it_is_served),
		cmocka_unit_test(every_failure_has_its_reason),
		cmocka_unit_test(an_unknown_url_is_a_server_that_is_not_there),
		cmocka_unit_test(what_was_posted_can_be_looked_at),
		cmocka_unit_test(a_cancelled_fetch_is_never_answered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
