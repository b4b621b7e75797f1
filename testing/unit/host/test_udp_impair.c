/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/host/real_fixture.h"

#define MANY 1000

struct scene {
	struct host *host;
	struct inbox inbox;
	uint16_t port, natt;
};
static struct scene scene;

static int scene_begin(void **state)
{
	(void)state;
	memset(&scene, 0, sizeof(scene));
	scene.host = scene.inbox.host = real_host();
	scene.port = free_ports();
	scene.natt = (uint16_t)(scene.port + 1);
	return scene.host->ops->udp_listen(scene.host, scene.port, scene.natt, inbox_receive,
					   &scene.inbox, NULL) != RC_OK;
}

static int scene_end(void **state)
{
	(void)state;
	host_real_free(scene.host);
	return 0;
}

static void impair(const char *text)
{
	struct impair wanted = { 0 };

	assert_int_equal(impair_parse(text, &wanted, NULL), RC_OK);
	host_real_impair(scene.host, &wanted);
}

/* Until a whole wait brought nothing new: a loaded machine takes longer than one. */
static void settle(usec_t wait)
{
	size_t before = 0;

	for (int round = 0; round < 20; round++) {
		scene.host->ops->wake_at(scene.host, host_now(scene.host) + wait, stop_host,
					 scene.host);
		run_host(scene.host);
		if (scene.inbox.count > 0 && scene.inbox.count == before)
			return;
		before = scene.inbox.count;
	}
}

static void send_many(usec_t wait)
{
	for (unsigned i = 0; i < MANY; i++)
		assert_int_equal(say(scene.host, at("127.0.0.1", scene.port),
				     at("127.0.0.2", scene.port), "12345678"),
				 RC_OK);
	settle(wait);
}

static void drop_and_duplicate_come_at_their_rates(void **state)
{
	(void)state;
	impair("drop=20%");
	send_many(250000);
	assert_in_range(scene.inbox.count, MANY * 73 / 100, MANY * 87 / 100);
	scene.inbox.count = 0;
	impair("duplicate=50%");
	send_many(250000);
	assert_in_range(scene.inbox.count, MANY * 142 / 100, MANY * 158 / 100);
}

static void corruption_changes_the_payload_not_the_marker(void **state)
{
	unsigned changed = 0;

	(void)state;
	impair("corrupt=100%");
	for (int i = 0; i < 100; i++)
		assert_int_equal(say(scene.host, at("127.0.0.1", scene.natt),
				     at("127.0.0.2", scene.natt), "12345678"),
				 RC_OK);
	settle(150000);
	assert_int_equal(scene.inbox.count, 100);
	for (size_t i = 0; i < 100; i++)
		changed += !letter_says(&scene.inbox.letters[i], "12345678");
	assert_int_equal(changed, 100);
}

static void delay_keeps_datagrams_back(void **state)
{
	usec_t begin = host_now(scene.host);

	(void)state;
	impair("delay=200ms");
	send_many(500000);
	assert_int_equal(scene.inbox.count, MANY);
	/* the loop's clock is coarse: a few milliseconds early at most */
	assert_true(scene.inbox.letters[0].when >= begin + 190000);
}

static void nothing_impaired_sends_at_once_again(void **state)
{
	(void)state;
	impair("drop=100%");
	send_many(1000);
	assert_int_equal(scene.inbox.count, 0);
	host_real_impair(scene.host, NULL);
	send_many(100000);
	assert_int_equal(scene.inbox.count, MANY);
}

static void host_may_go_with_datagrams_kept_back(void **state)
{
	(void)state;
	impair("delay=60s");
	send_many(1000);
	assert_int_equal(scene.inbox.count, 0);
}

static void keepalives_are_impaired_and_no_memory_is_told(void **state)
{
	struct ip_endpoint from = at("127.0.0.1", scene.natt), to = at("127.0.0.2", scene.port);
	uint8_t scrap[8];

	(void)state;
	impair("delay=1ms");
	assert_int_equal(host_random(scene.host, scrap, sizeof(scrap)), RC_OK); /* fills the pool */
	assert_int_equal(scene.host->ops->udp_keepalive(scene.host, &from, &to), RC_OK);
	mem_fail_nth(1);
	assert_int_equal(scene.host->ops->udp_keepalive(scene.host, &from, &to), RC_NO_MEMORY);
	mem_fail_nth(0);
	scene.host->ops->wake_at(scene.host, host_now(scene.host) + 100000, stop_host, scene.host);
	run_host(scene.host);
	assert_int_equal(scene.inbox.count, 1);
	assert_int_equal(scene.inbox.letters[0].len, 1);
	assert_int_equal(scene.inbox.letters[0].bytes[0], 0xff);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)
	const struct CMUnitTest tests[] = {
		TEST(drop_and_duplicate_come_at_their_rates),
		TEST(corruption_changes_the_payload_not_the_marker),
		TEST(delay_keeps_datagrams_back),
		TEST(nothing_impaired_sends_at_once_again),
		TEST(host_may_go_with_datagrams_kept_back),
		TEST(keepalives_are_impaired_and_no_memory_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
