/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "unit/host/real_fixture.h"

struct scene {
	struct host *host;
	struct inbox inbox;
	uint16_t port, natt;
};
static struct scene scene;

static void scene_receive(void *context, const struct datagram *datagram)
{
	if (span_equal_text(datagram->payload, "stop"))
		host_real_stop(scene.host);
	else
		inbox_receive(context, datagram);
}

static enum rc listen_again(struct diag *diag)
{
	return scene.host->ops->udp_listen(scene.host, scene.port, scene.natt, scene_receive,
					   &scene.inbox, diag);
}

static int scene_begin(void **state)
{
	(void)state;
	memset(&scene, 0, sizeof(scene));
	scene.host = scene.inbox.host = real_host();
	scene.port = free_ports();
	scene.natt = (uint16_t)(scene.port + 1);
	return listen_again(NULL) != RC_OK;
}

static int scene_end(void **state)
{
	(void)state;
	host_real_free(scene.host);
	return 0;
}

static void send_text(const char *from, uint16_t from_port, const char *to, uint16_t to_port,
		      const char *text)
{
	assert_int_equal(say(scene.host, at(from, from_port), at(to, to_port), text), RC_OK);
}

static void run_to_the_end(void)
{
	send_text("127.0.0.1", scene.port, "127.0.0.1", scene.port, "stop");
	run_host(scene.host);
}

static void both_ends_addresses_are_exact(void **state)
{
	const struct letter *letters = scene.inbox.letters;

	(void)state;
	send_text("127.0.0.2", scene.port, "127.0.0.3", scene.port, "v4");
	send_text("::1", scene.port, "::1", scene.port, "v6");
	run_to_the_end();
	assert_int_equal(scene.inbox.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct letter *letter = &letters[i];

		if (letter->local.addr.family == AF_INET) {
			assert_true(is_endpoint(&letter->local, "127.0.0.3", scene.port));
			assert_true(is_endpoint(&letter->remote, "127.0.0.2", scene.port));
			assert_true(letter_says(letter, "v4"));
		} else {
			assert_true(is_endpoint(&letter->local, "::1", scene.port));
			assert_true(is_endpoint(&letter->remote, "::1", scene.port));
			assert_true(letter_says(letter, "v6"));
		}
	}
	assert_int_not_equal(letters[0].local.addr.family, letters[1].local.addr.family);
}

static void natt_port_adds_and_takes_the_marker(void **state)
{
	struct ip_endpoint from = at("127.0.0.2", scene.natt), to = at("127.0.0.3", scene.natt);

	(void)state;
	send_text("127.0.0.2", scene.natt, "127.0.0.3", scene.natt, "ike");
	assert_int_equal(scene.host->ops->udp_keepalive(scene.host, &from, &to), RC_OK);
	send_text("127.0.0.2", scene.natt, "127.0.0.3", scene.port, "as on the wire");
	run_to_the_end();
	assert_int_equal(scene.inbox.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct letter *letter = &scene.inbox.letters[i];

		assert_true(is_endpoint(&letter->remote, "127.0.0.2", scene.natt));
		if (letter->natt)
			assert_true(letter_says(letter, "ike"));
		else
			assert_memory_equal(letter->bytes, "\0\0\0\0as on", 9);
	}
}

static void keepalive_is_one_byte_on_the_wire(void **state)
{
	struct ip_endpoint from = at("127.0.0.2", scene.natt), to = at("127.0.0.3", scene.port);

	(void)state;
	assert_int_equal(scene.host->ops->udp_keepalive(scene.host, &from, &to), RC_OK);
	run_to_the_end();
	assert_int_equal(scene.inbox.count, 1);
	assert_int_equal(scene.inbox.letters[0].len, 1);
	assert_int_equal(scene.inbox.letters[0].bytes[0], 0xff);
	from.port = scene.port; /* RFC 3948: only from the NAT-T port */
	assert_int_equal(scene.host->ops->udp_keepalive(scene.host, &from, &to), RC_IO);
}

static void unspecified_source_is_the_kernels_choice(void **state)
{
	(void)state;
	send_text("0.0.0.0", scene.port, "127.0.0.3", scene.port, "x");
	run_to_the_end();
	assert_true(is_addr(&scene.inbox.letters[0].local.addr, "127.0.0.3"));
	assert_true(is_addr(&scene.inbox.letters[0].remote.addr, "127.0.0.1"));
}

static void impossible_sends_fail_at_once(void **state)
{
	struct host *host = scene.host;
	static uint8_t big[65508];
	struct ip_endpoint from = at("127.0.0.1", scene.port), to = at("127.0.0.1", scene.port);

	(void)state;
	assert_int_equal(say(host, at("127.0.0.1", 9), to, "no such port"), RC_IO);
	assert_int_equal(say(host, at("::1", scene.port), to, "two families"), RC_IO);
	assert_int_equal(say(host, at("203.0.113.77", scene.port), to, "not ours"), RC_IO);
	assert_int_equal(host->ops->udp_send(host, &from, &to, SPAN_OF(big)), RC_IO);
}

static void refused_datagrams_do_no_harm(void **state)
{
	(void)state;
	/* nobody listens there: the ICMP errors must neither fail later sends nor wake the loop */
	for (int i = 0; i < 50; i++)
		send_text("127.0.0.1", scene.port, "127.0.0.1", 1, "nobody");
	send_text("127.0.0.1", scene.port, "127.0.0.1", scene.port, "somebody");
	run_to_the_end();
	assert_int_equal(scene.inbox.count, 1);
}

static void limit_shuts_out_other_addresses(void **state)
{
	struct ip_addr limit[2] = { at("127.0.0.3", 0).addr, at("127.0.0.1", 0).addr };

	(void)state;
	assert_int_equal(scene.host->ops->udp_limit(scene.host, limit, 2), RC_OK);
	send_text("127.0.0.1", scene.port, "127.0.0.2", scene.port, "no");
	send_text("127.0.0.1", scene.port, "127.0.0.3", scene.port, "yes");
	run_to_the_end();
	assert_int_equal(scene.inbox.count, 1);
	assert_true(letter_says(&scene.inbox.letters[0], "yes"));
	mem_fail_nth(1);
	assert_int_equal(scene.host->ops->udp_limit(scene.host, limit, 1), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_int_equal(scene.host->ops->udp_limit(scene.host, NULL, 0), RC_OK);
	send_text("127.0.0.1", scene.port, "127.0.0.2", scene.port, "now");
	run_to_the_end();
	assert_int_equal(scene.inbox.count, 2);
}

static void listening_again_replaces_the_sockets(void **state)
{
	(void)state;
	assert_int_equal(listen_again(NULL), RC_OK);
	scene.port = free_ports();
	scene.natt = 0;
	assert_int_equal(listen_again(NULL), RC_OK);
	send_text("127.0.0.1", scene.port, "127.0.0.1", scene.port, "x");
	run_to_the_end();
	assert_int_equal(scene.inbox.count, 1);
	assert_int_equal(real_of(scene.host)->udp.count, 2);
}

static void without_a_receiver_the_sockets_close(void **state)
{
	(void)state;
	assert_int_equal(scene.host->ops->udp_listen(scene.host, 0, 0, NULL, NULL, NULL), RC_OK);
	assert_int_equal(real_of(scene.host)->udp.count, 0);
}

static void failure_leaves_no_half_of_the_sockets(void **state)
{
	struct host *other = real_host();
	struct inbox *inbox = &scene.inbox;
	struct diag diag = { "" };
	uint16_t port = free_ports();

	(void)state;
	assert_int_equal(
		other->ops->udp_listen(other, port, scene.natt, inbox_receive, inbox, &diag),
		RC_EXISTS);
	assert_non_null(strstr(diag.text, "in use"));
	assert_int_equal(real_of(other)->udp.count, 0);
	assert_int_equal(other->ops->udp_listen(other, 0, 0, inbox_receive, inbox, &diag),
			 RC_RANGE);
	assert_int_equal(other->ops->udp_listen(other, port, port, inbox_receive, inbox, &diag),
			 RC_RANGE);
	for (uint64_t n = 1; n <= 2;
	     n++) { /* the batch is there already: a watch for each socket */
		mem_fail_nth(n);
		assert_int_equal(
			other->ops->udp_listen(other, port, 0, inbox_receive, inbox, &diag),
			RC_NO_MEMORY);
		assert_int_equal(real_of(other)->udp.count, 0);
	}
	mem_fail_nth(0);
	host_real_free(other);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, scene_begin, scene_end)
	const struct CMUnitTest tests[] = {
		TEST(both_ends_addresses_are_exact),
		TEST(natt_port_adds_and_takes_the_marker),
		TEST(keepalive_is_one_byte_on_the_wire),
		TEST(unspecified_source_is_the_kernels_choice),
		TEST(impossible_sends_fail_at_once),
		TEST(refused_datagrams_do_no_harm),
		TEST(limit_shuts_out_other_addresses),
		TEST(listening_again_replaces_the_sockets),
		TEST(without_a_receiver_the_sockets_close),
		TEST(failure_leaves_no_half_of_the_sockets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
