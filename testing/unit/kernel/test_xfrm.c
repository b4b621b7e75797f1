/* SPDX-License-Identifier: Apache-2.0 */
/* The suite on the running kernel, in a network namespace of its own. SAs need a kernel with ESP,
 * policies do not. */
#include "unit/test.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include "base/arena.h"
#include "kernel/xfrm/xfrm.h"
#include "unit/kernel/namespace.h"
#include "unit/kernel/suite.h"

static enum rc suite_kernel(struct host *host, struct kernel **out)
{
	struct diag diag = { "" };
	enum rc rc = kernel_xfrm_new(host, NULL, out, &diag);
	if (rc != RC_OK)
		print_message("%s\n", diag.text);
	return rc;
}

static void set_address(int control, const char *name, unsigned long what, const char *text)
{
	struct ifreq request = { 0 };
	struct sockaddr_in addr = { .sin_family = AF_INET };
	memcpy(request.ifr_name, name, strlen(name));
	assert_int_equal(inet_pton(AF_INET, text, &addr.sin_addr), 1);
	memcpy(&request.ifr_addr, &addr, sizeof addr);
	assert_int_equal(ioctl(control, what, &request), 0);
}

/* A tun device with 10.1.0.1/16: packets to 10.2.0.0/16 leave by a route to it. -1: there are none
 * here. */
static int tun_open(void)
{
	struct ifreq request = { .ifr_name = "vtest", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (tun < 0 || ioctl(tun, TUNSETIFF, &request) != 0) {
		if (tun >= 0)
			close(tun);
		close(control);
		return -1;
	}
	set_address(control, "vtest", SIOCSIFADDR, "10.1.0.1");
	set_address(control, "vtest", SIOCSIFNETMASK, "255.0.0.0");
	request.ifr_flags = IFF_UP;
	assert_int_equal(ioctl(control, SIOCSIFFLAGS, &request), 0);
	close(control);
	return tun;
}

static void send_packet(const char *to, uint16_t port)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in from = { .sin_family = AF_INET, .sin_port = htons(777) };
	struct sockaddr_in addr = { .sin_family = AF_INET, .sin_port = htons(port) };
	assert_int_equal(inet_pton(AF_INET, to, &addr.sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof from), 0);
	(void)sendto(fd, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&addr, sizeof addr);
	close(fd);
}

static void a_packet_under_a_trap_raises_one_acquire(void **state)
{
	struct suite *suite = *state;
	struct kernel_policy trap = out_policy();
	int tun = tun_open();
	if (tun < 0)
		skip();
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, trap), RC_OK);
	send_packet("10.2.0.7", 4242);
	send_packet("10.2.0.7", 4242);
	fake_turn(&suite->host);
	close(tun);
	assert_int_equal(suite->events, 1);
	assert_int_equal(suite->last.type, KERNEL_ACQUIRE);
	assert_int_equal(suite->last.reqid, REQID);
	assert_int_equal(suite->last.packet_src.port_from, 777);
	struct selector to = service("10.2.0.7", IPPROTO_UDP, 4242, 4242);
	assert_true(selector_equal(&suite->last.packet_dst, &to));
	struct ip_addr dst = address("192.0.2.2");
	assert_true(ip_equal(&suite->last.dst, &dst));
}

static void a_trap_of_anothers_reqid_raises_nothing(void **state)
{
	struct suite *suite = *state;
	struct kernel_policy trap = out_policy();
	int tun = tun_open();
	if (tun < 0)
		skip();
	trap.reqid = 99;
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, trap), RC_OK);
	send_packet("10.2.0.7", 4242);
	fake_turn(&suite->host);
	close(tun);
	assert_int_equal(suite->events, 0);
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_DELETE, trap), RC_OK);
}

static void lost_events_ask_for_a_comparison(void **state)
{
	struct suite *suite = *state;
	struct xfrm *xfrm = xfrm_of(suite->kernel);
	int small = 1, tun = tun_open();
	if (tun < 0)
		skip();
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, out_policy()), RC_OK);
	assert_int_equal(setsockopt(xfrm->events, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
	for (unsigned i = 0; i < 32; i++) {
		struct kernel_policy trap = out_policy();
		trap.dst =
			service("10.2.0.7", IPPROTO_UDP, (uint16_t)(100 + i), (uint16_t)(100 + i));
		trap.src.protocol = IPPROTO_UDP;
		trap.reqid = REQID + i;
		trap.priority = 1;
		assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, trap), RC_OK);
	}
	for (uint16_t i = 0; i < 32; i++)
		send_packet("10.2.0.7", (uint16_t)(100 + i));
	fake_turn(&suite->host);
	close(tun);
	assert_int_equal(suite->last.type, KERNEL_RESYNC);
}

static void lost_answers_fail_their_requests_and_no_other(void **state)
{
	struct suite *suite = *state;
	struct xfrm *xfrm = xfrm_of(suite->kernel);
	struct counted many[64];
	unsigned lost = 0;
	int small = 1, large = 1 << 20;
	assert_int_equal(setsockopt(xfrm->requests, SOL_SOCKET, SO_RCVBUF, &small, sizeof small),
			 0);
	for (unsigned i = 0; i < 64; i++) {
		many[i] = policy_request(KERNEL_POLICY_SET, out_policy());
		submit(suite, &many[i]);
	}
	fake_turn(&suite->host);
	for (unsigned i = 0; i < 64; i++) {
		assert_int_equal(many[i].answers, 1);
		if (many[i].request.rc == RC_OK)
			continue;
		assert_int_equal(many[i].request.error, ENOBUFS);
		lost++;
	}
	assert_in_range(lost, 1, 63);
	assert_int_equal(
		setsockopt(xfrm->requests, SOL_SOCKET, SO_RCVBUFFORCE, &large, sizeof large), 0);
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, out_policy()), RC_OK);
}

static void nothing_of_a_sent_key_stays_in_memory(void **state)
{
	struct suite *suite = *state;
	struct xfrm *xfrm = xfrm_of(suite->kernel);
	struct counted add = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	submit(suite, &add);
	assert_non_null(memmem(xfrm->batch, sizeof xfrm->batch, key_bytes, 16));
	fake_turn(&suite->host);
	assert_null(memmem(xfrm->batch, sizeof xfrm->batch, key_bytes, 16));
}

/* Waits for the kernel, at most 5 s for each event. */
static void wait_event(struct suite *suite, unsigned count)
{
	struct pollfd ready = { .fd = suite->host.watch.fd, .events = POLLIN };
	while (suite->events < count && poll(&ready, 1, 5000) > 0)
		fake_turn(&suite->host);
	assert_int_equal(suite->events, count);
	assert_int_equal(suite->last.type, KERNEL_EXPIRE);
}

static void lifetimes_expire_softly_and_then_hard(void **state)
{
	NEEDS_ESP();
	struct suite *suite = *state;
	struct kernel_sa sa = gcm_sa(0x1000);
	sa.soft_seconds = 1;
	sa.hard_seconds = 2;
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, sa), RC_OK);
	wait_event(suite, 1);
	assert_false(suite->last.hard);
	assert_int_equal(suite->last.spi, 0x1000);
	assert_int_equal(suite->last.reqid, REQID);
	assert_int_equal(suite->last.protocol, PROTOCOL_ESP);
	assert_true(ip_equal(&suite->last.dst, &sa.dst));
	wait_event(suite, 2);
	assert_true(suite->last.hard);
	assert_int_equal(ask_sa(suite, KERNEL_SA_QUERY, sa), RC_NOT_FOUND);
}

static void without_esp_the_refusal_names_the_remedy(void **state)
{
	struct suite *suite = *state;
	struct counted add = sa_request(KERNEL_SA_ADD, cbc_sa(0x1000));
	if (suite_has_esp)
		skip();
	assert_int_equal(ask(suite, &add), RC_KERNEL);
	assert_non_null(strstr(add.request.diag.text, "esp4"));
	assert_true(suite->kernel->ops->supports(suite->kernel, ENCR_AES_GCM_16, 128, INTEG_NONE));
}

static void a_refusal_that_blames_an_algorithm_asks_again_once_a_minute(void **state)
{
	struct suite *suite = *state;
	struct xfrm *xfrm = xfrm_of(suite->kernel);
	usec_t started = suite->host.now;
	if (suite_has_esp)
		skip(); /* it has all algorithms */
	suite->host.now += 59 * USEC_PER_SEC;
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_KERNEL);
	assert_true(xfrm->doubt);
	assert_true(xfrm->probed == started);
	suite->host.now += USEC_PER_SEC;
	assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, gcm_sa(0x1000)), RC_KERNEL);
	assert_false(xfrm->doubt);
	assert_true(xfrm->probed == suite->host.now);
}

static bool is_1234(void *context, uint32_t reqid)
{
	(void)context;
	return reqid == 1234;
}

/* As another program would install them. */
static void install_anothers(struct kernel_policy policy, struct kernel_sa sa)
{
	_Alignas(8) uint8_t bytes[XFRM_MESSAGE_MAX];
	uint32_t sequence = 0;
	char text[160];
	struct answer answer = { .text = text };
	struct diag diag;
	int fd;
	assert_int_equal(xfrm_open(0, &fd, &diag), RC_OK);
	assert_int_equal(xfrm_converse(fd, &sequence, xfrm_policy_set_encode(bytes, &policy, 0),
				       NLM_F_ACK, &answer),
			 0);
	if (suite_has_esp) {
		struct nlmsghdr *message = xfrm_sa_add_encode(bytes, &sa);
		((struct xfrm_usersa_info *)mnl_nlmsg_get_payload(message))->seq = 0;
		assert_int_equal(xfrm_converse(fd, &sequence, message, NLM_F_ACK, &answer), 0);
	}
	close(fd);
}

/* reqid=1234 */
static void with_a_configured_reqid_only_what_we_made_is_stale(void **state)
{
	struct suite *suite = *state;
	struct kernel_policy own = out_policy(), anothers = out_policy();
	struct kernel_sa sa = gcm_sa(0x1000), theirs = gcm_sa(0x1001);
	own.reqid = anothers.reqid = sa.reqid = theirs.reqid = 1234;
	anothers.src = subnet("10.77.0.0/16");
	suite->kernel->is_known = is_1234;
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_SET, own), RC_OK);
	if (suite_has_esp)
		assert_int_equal(ask_sa(suite, KERNEL_SA_ADD, sa), RC_OK);
	install_anothers(anothers, theirs);
	assert_int_equal(stale(suite), suite_has_esp ? 2 : 1);
	if (suite_has_esp)
		assert_int_equal(ask_sa(suite, KERNEL_SA_DELETE, theirs), RC_OK);
	suite->kernel->is_known = NULL;
	assert_int_equal(ask_policy(suite, KERNEL_POLICY_DELETE, anothers), RC_OK);
}

static void a_virtual_host_gets_no_real_kernel(void **state)
{
	struct host_ops ops = fake_ops;
	struct fake_host fake;
	struct kernel *kernel;
	struct diag diag;
	(void)state;
	fake_host_init(&fake);
	ops.watch = NULL;
	fake.host.ops = &ops;
	assert_int_equal(kernel_xfrm_new(&fake.host, NULL, &kernel, &diag), RC_UNSUPPORTED);
}

static void a_kernel_that_gets_no_memory_is_not_made(void **state)
{
	struct fake_host fake;
	struct kernel *kernel;
	struct diag diag;
	(void)state;
	fake_host_init(&fake);
	mem_fail_nth(1);
	assert_int_equal(kernel_xfrm_new(&fake.host, NULL, &kernel, &diag), RC_NO_MEMORY);
	mem_fail_nth(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SUITE_TESTS,
		SUITE_TEST(a_packet_under_a_trap_raises_one_acquire),
		SUITE_TEST(a_trap_of_anothers_reqid_raises_nothing),
		SUITE_TEST(lost_events_ask_for_a_comparison),
		SUITE_TEST(lost_answers_fail_their_requests_and_no_other),
		SUITE_TEST(nothing_of_a_sent_key_stays_in_memory),
		SUITE_TEST(lifetimes_expire_softly_and_then_hard),
		SUITE_TEST(without_esp_the_refusal_names_the_remedy),
		SUITE_TEST(a_refusal_that_blames_an_algorithm_asks_again_once_a_minute),
		SUITE_TEST(with_a_configured_reqid_only_what_we_made_is_stale),
		cmocka_unit_test(a_virtual_host_gets_no_real_kernel),
		cmocka_unit_test(a_kernel_that_gets_no_memory_is_not_made),
	};
	struct fake_host fake;
	struct kernel *kernel;
	struct diag diag;
	const char *reason = namespace_enter();
	if (reason != NULL)
		return namespace_skip("kernel/xfrm", reason);
	fake_host_init(&fake);
	if (kernel_xfrm_new(&fake.host, NULL, &kernel, &diag) != RC_OK)
		return namespace_skip("kernel/xfrm", diag.text);
	suite_has_esp = xfrm_of(kernel)->probe.error_v4 == 0;
	kernel_free(kernel);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
