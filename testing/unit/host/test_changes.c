/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/host/real_fixture.h"
#include "unit/host/netns.h"

struct scene {
	struct host *host;
	unsigned calls;
};

static void changed(void *context)
{
	struct scene *scene = context;

	scene->calls++;
	host_real_stop(scene->host);
}

static void run_for(struct host *host, usec_t duration)
{
	host->ops->wake_at(host, host_now(host) + duration, stop_host, host);
	run_host(host);
}

static void burst_of_changes_is_told_once(void **state)
{
	struct scene scene = { 0 };

	(void)state;
	netns_bare_or_skip();
	scene.host = real_host();
	scene.host->ops->on_change(scene.host, changed, &scene);
	for (int i = 1; i < 40; i++) {
		char script[128];

		snprintf(script, sizeof(script), "ip addr add 10.0.0.%d/24 dev lo", i);
		netns_do(script);
	}
	run_host(scene.host);
	assert_int_equal(scene.calls, 1);
	run_for(scene.host, 250000);
	assert_int_equal(scene.calls, 1);
	netns_do("ip route add 198.51.100.0/24 dev lo proto 86; ip route flush proto 86");
	run_for(scene.host, 250000); /* our own */
	assert_int_equal(scene.calls, 1);
	netns_do("ip route add 203.0.113.0/24 dev lo");
	run_host(scene.host);
	assert_int_equal(scene.calls, 2);
	netns_do("ip link set lo down");
	run_host(scene.host);
	assert_int_equal(scene.calls, 3);
	host_real_free(scene.host);
}

struct stream {
	struct scene *scene;
	int sent, sent_when_told;
};

static void stream_told(void *context)
{
	struct stream *stream = context;

	if (stream->sent_when_told == 0)
		stream->sent_when_told = stream->sent;
}

static void stream_goes_on(void *context)
{
	struct stream *stream = context;
	struct host *host = stream->scene->host;
	char script[128];

	if (stream->sent == 10) {
		host_real_stop(host);
		return;
	}
	snprintf(script, sizeof(script), "ip addr add 10.0.0.%d/24 dev lo", ++stream->sent);
	netns_do(script);
	host->ops->wake_at(host, host_now(host) + 30000, stream_goes_on, stream);
}

static void changes_without_end_are_told_meanwhile(void **state)
{
	struct scene scene = { 0 };
	struct stream stream = { .scene = &scene };

	(void)state;
	netns_bare_or_skip();
	scene.host = real_host();
	scene.host->ops->on_change(scene.host, stream_told, &stream);
	scene.host->ops->wake_at(scene.host, 0, stream_goes_on, &stream);
	run_host(scene.host);
	assert_in_range(stream.sent_when_told, 1, 9);
	host_real_free(scene.host);
}

static void listener_can_leave(void **state)
{
	struct scene scene = { 0 };

	(void)state;
	netns_bare_or_skip();
	scene.host = real_host();
	scene.host->ops->on_change(scene.host, changed, &scene);
	netns_do("ip addr add 10.0.0.1/24 dev lo");
	run_for(scene.host, 50000); /* noticed, not told yet */
	scene.host->ops->on_change(scene.host, NULL, NULL);
	netns_do("ip addr add 10.0.0.2/24 dev lo");
	run_for(scene.host, 250000);
	assert_int_equal(scene.calls, 0);
	assert_int_equal(real_of(scene.host)->changes.fd, -1);
	scene.host->ops->on_change(scene.host, changed, &scene);
	netns_do("ip addr add 10.0.0.3/24 dev lo");
	run_host(scene.host);
	assert_int_equal(scene.calls, 1);
	host_real_free(scene.host);
}

static void more_than_the_socket_holds_is_still_a_change(void **state)
{
	struct scene scene = { 0 };
	static const int small = 1;

	(void)state;
	netns_bare_or_skip();
	scene.host = real_host();
	scene.host->ops->on_change(scene.host, changed, &scene);
	assert_int_equal(setsockopt(real_of(scene.host)->changes.fd, SOL_SOCKET, SO_RCVBUF, &small,
				    sizeof(small)),
			 0);
	netns_do("for i in $(seq 1 100); do ip addr add 10.0.0.$i/24 dev lo; done");
	run_host(scene.host);
	assert_int_equal(scene.calls, 1);
	run_for(scene.host, 250000); /* and the loop is quiet again */
	assert_int_equal(scene.calls, 1);
	host_real_free(scene.host);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(burst_of_changes_is_told_once),
		cmocka_unit_test(changes_without_end_are_told_meanwhile),
		cmocka_unit_test(listener_can_leave),
		cmocka_unit_test(more_than_the_socket_holds_is_still_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
