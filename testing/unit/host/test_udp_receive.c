/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include "unit/host/real_fixture.h"

struct scene {
	struct host *host;
	struct inbox inbox;
	uint16_t port;
	int fd; /* a stranger's socket */
	struct captured captured;
};
static struct scene scene;

/* "stop" is the last datagram of a test. */
static void scene_receive(void *context, const struct datagram *datagram)
{
	if (span_equal_text(datagram->payload, "stop"))
		host_real_stop(scene.host);
	else
		inbox_receive(context, datagram);
}

static void throw_at(const char *address, uint16_t port, struct span bytes)
{
	struct ip_endpoint to = at(address, port);
	struct sockaddr_storage remote;
	socklen_t len = endpoint_to_sockaddr(&to, &remote);

	assert_int_equal(sendto(scene.fd, bytes.ptr, bytes.len, 0, (struct sockaddr *)&remote, len),
			 bytes.len);
}

static void throw_text(uint16_t port, const char *text)
{
	throw_at("127.0.0.1", port, span_make(text, strlen(text)));
}

static int scene_begin(void **state)
{
	struct ip_endpoint any = at("127.0.0.1", 0);
	struct sockaddr_storage local;

	(void)state;
	memset(&scene, 0, sizeof(scene));
	scene.host = scene.inbox.host = real_host_logging(1, &scene.captured);
	scene.port = free_ports();
	scene.fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(
		bind(scene.fd, (struct sockaddr *)&local, endpoint_to_sockaddr(&any, &local)), 0);
	return scene.host->ops->udp_listen(scene.host, scene.port, (uint16_t)(scene.port + 1),
					   scene_receive, &scene.inbox, NULL) != RC_OK;
}

static int scene_end(void **state)
{
	(void)state;
	host_real_free(scene.host);
	log_free(scene.captured.log);
	close(scene.fd);
	return 0;
}

static void garbage_on_the_natt_port_never_comes_up(void **state)
{
	uint16_t natt = (uint16_t)(scene.port + 1);
	static uint8_t esp[1400] = { 0x12, 0x34, 0x56, 0x78 };

	(void)state;
	for (size_t len = 0; len < sizeof(esp); len += 7)
		throw_at("127.0.0.1", natt, span_make(esp, len));
	throw_at("127.0.0.1", natt, span_make("\xff", 1));
	throw_at("127.0.0.1", natt, span_make("\0\0\0", 3));
	throw_at("127.0.0.1", natt, span_make("\0\0\0\1stop", 8));
	throw_at("127.0.0.1", natt, span_make("\0\0\0\0ike", 7));
	throw_at("127.0.0.1", natt, span_make("\0\0\0\0stop", 8));
	run_host(scene.host);
	assert_int_equal(scene.inbox.count, 1);
	assert_true(letter_says(&scene.inbox.letters[0], "ike"));
	assert_true(scene.inbox.letters[0].natt);
	assert_int_equal(scene.inbox.letters[0].local.port, natt);
}

static void anything_on_the_plain_port_comes_up_as_it_is(void **state)
{
	(void)state;
	throw_at("127.0.0.1", scene.port, SPAN_NONE);
	throw_at("127.0.0.1", scene.port, span_make("\xff", 1));
	throw_at("127.0.0.1", scene.port, span_make("\0\0\0\0x", 5));
	throw_text(scene.port, "stop");
	run_host(scene.host);
	assert_int_equal(scene.inbox.count, 3);
	assert_int_equal(scene.inbox.letters[0].len, 0);
	assert_int_equal(scene.inbox.letters[1].len, 1);
	assert_int_equal(scene.inbox.letters[2].len, 5);
	assert_false(scene.inbox.letters[2].natt);
}

static void largest_datagram_arrives_whole(void **state)
{
	static uint8_t bytes[65507] = { 'b' };

	(void)state;
	throw_at("127.0.0.1", scene.port, SPAN_OF(bytes));
	throw_text(scene.port, "stop");
	run_host(scene.host);
	assert_int_equal(scene.inbox.letters[0].len, sizeof(bytes));
}

static void burst_arrives_in_order(void **state)
{
	(void)state;
	for (int i = 0; i < 300; i++) { /* more than one turn takes */
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		throw_text(scene.port, text);
	}
	throw_text(scene.port, "stop");
	run_host(scene.host);
	assert_int_equal(scene.inbox.count, 300);
	for (int i = 0; i < 300; i++) {
		char text[16];

		snprintf(text, sizeof(text), "%d", i);
		assert_true(letter_says(&scene.inbox.letters[i], text));
	}
}

static void count_received(void *context)
{
	size_t *count = context;

	*count = scene.inbox.count;
}

static void flood_lets_timers_through(void **state)
{
	size_t at_wake = SIZE_MAX;

	(void)state;
	for (int i = 0; i < 300; i++)
		throw_text(scene.port, "flood");
	throw_text(scene.port, "stop");
	scene.host->ops->wake_at(scene.host, 0, count_received, &at_wake);
	run_host(scene.host);
	assert_int_equal(scene.inbox.count, 300);
	assert_true(at_wake <= 128);
}

static void receive_and_close(void *context, const struct datagram *datagram)
{
	scene_receive(context, datagram);
	assert_int_equal(scene.host->ops->udp_listen(scene.host, scene.port,
						     (uint16_t)(scene.port + 1), scene_receive,
						     context, NULL),
			 RC_OK);
	scene.host->ops->wake_at(scene.host, host_now(scene.host) + 10000, stop_host, scene.host);
}

static void callback_may_replace_the_sockets(void **state)
{
	(void)state;
	assert_int_equal(scene.host->ops->udp_listen(scene.host, scene.port,
						     (uint16_t)(scene.port + 1), receive_and_close,
						     &scene.inbox, NULL),
			 RC_OK);
	for (int i = 0; i < 10; i++)
		throw_text(scene.port, "x");
	run_host(scene.host);
	assert_int_equal(scene.inbox.count, 1); /* the rest went with the old socket */
	throw_text(scene.port, "y");
	throw_text(scene.port, "stop");
	run_host(scene.host);
	assert_int_equal(scene.inbox.count, 2);
}

static void multicast_and_broadcast_are_ignored(void **state)
{
	static const int on = 1;

	(void)state;
	assert_int_equal(setsockopt(scene.fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)), 0);
	throw_at("127.255.255.255", scene.port, span_make("all", 3));
	throw_text(scene.port, "stop");
	run_host(scene.host);
	assert_int_equal(scene.inbox.count, 0);
}

static void errors_of_a_socket_do_not_spin_the_loop(void **state)
{
	struct real *real = real_of(scene.host);
	int broken = socket(AF_UNIX, SOCK_STREAM, 0); /* readable for ever, and never a datagram */
	struct watch *before = real->udp.sockets[0].watch;
	int fd = real->udp.sockets[0].fd;
	unsigned before_lines = scene.captured.lines;

	(void)state;
	real->udp.sockets[0].fd = broken;
	real->udp.sockets[0].watch =
		watch_new(scene.host, broken, HOST_READ, udp_receive, &real->udp.sockets[0]);
	watch_change(scene.host, before, 0);
	scene.host->ops->wake_at(scene.host, host_now(scene.host) + 250000, stop_host, scene.host);
	run_host(scene.host);
	assert_in_range(scene.captured.lines - before_lines, 1, 3); /* a try each 100 ms */
	watch_free(scene.host, real->udp.sockets[0].watch);
	close(broken);
	real->udp.sockets[0].fd = fd;
	real->udp.sockets[0].watch = before;
	udp_resume(real);
	throw_text(scene.port, "still there");
	throw_text(scene.port, "stop");
	run_host(scene.host);
	assert_int_equal(scene.inbox.count, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)
	const struct CMUnitTest tests[] = {
		TEST(garbage_on_the_natt_port_never_comes_up),
		TEST(anything_on_the_plain_port_comes_up_as_it_is),
		TEST(largest_datagram_arrives_whole),
		TEST(burst_arrives_in_order),
		TEST(flood_lets_timers_through),
		TEST(callback_may_replace_the_sockets),
		TEST(multicast_and_broadcast_are_ignored),
		TEST(errors_of_a_socket_do_not_spin_the_loop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
