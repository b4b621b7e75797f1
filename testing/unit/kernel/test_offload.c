/* SPDX-License-Identifier: Apache-2.0 */
/* The messages, and the conversation with a kernel that this file plays (xfrm_converse() below
 * stands in the place of the one in converse.c). */
#include "unit/test.h"
#include <errno.h>
#include <net/if.h>
#include "unit/kernel/fake_host.h"
#include "unit/kernel/messages.h"

#define HEADER sizeof(struct xfrm_usersa_info)

/* What it was asked, and what it says. */
static struct {
	unsigned count;
	struct {
		uint16_t type;
		bool offload;
	} asked[8];
	int refuses;   /* errno for an SA with offload */
	int lacks;     /* errno for one without */
	bool does;     /* the card takes it */
	bool hides;    /* it would not show the SA */
	bool standing; /* the SA is there */
} world;

static bool has_device(const struct nlmsghdr *message)
{
	return message->nlmsg_type == XFRM_MSG_NEWSA &&
	       attribute(message, HEADER, XFRMA_OFFLOAD_DEV).len != 0;
}

static int add_sa(bool offload, struct answer *answer)
{
	int error = offload && world.refuses != 0 ? world.refuses : world.lacks;

	if (error != 0 && offload)
		(void)snprintf(answer->text, CARD_TEXT_MAX, "the driver says no");
	world.standing = world.standing || error == 0;
	return error;
}

static int show_sa(struct answer *answer)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	struct nlmsghdr *found;

	if (world.hides)
		return ENOBUFS;
	sa.esn = true; /* for a replay state in the message */
	sa.replay_window = 32;
	sa.offload = world.does ? KERNEL_OFFLOAD_CRYPTO : KERNEL_OFFLOAD_NONE;
	found = xfrm_sa_add_encode(answer->found, &sa);
	xfrm_offload_sa_put(found, &sa, 3);
	return 0;
}

int xfrm_converse(int fd, uint32_t *sequence, struct nlmsghdr *message, uint16_t flags,
		  struct answer *answer)
{
	bool offload = has_device(message);

	(void)fd;
	(void)flags;
	++*sequence;
	assert_true(world.count < 8);
	world.asked[world.count].type = message->nlmsg_type;
	world.asked[world.count++].offload = offload;
	answer->text[0] = '\0';
	if (message->nlmsg_type == XFRM_MSG_NEWSA)
		return add_sa(offload, answer);
	if (message->nlmsg_type == XFRM_MSG_GETSA)
		return show_sa(answer);
	assert_int_equal(message->nlmsg_type, XFRM_MSG_DELSA);
	world.standing = false;
	return 0;
}

static int begin(void **state)
{
	(void)state;
	memset(&world, 0, sizeof world);
	return 0;
}

static int try(enum kernel_offload offload, char text[CARD_TEXT_MAX])
{
	struct kernel_request request = { .op = KERNEL_SA_ADD, .sa = gcm_sa(0x1000) };
	uint32_t sequence = world.count;
	int error;

	request.sa.offload = (uint8_t)offload;
	text[0] = '\0';
	error = xfrm_offload_add(-1, &sequence, &request, text);
	assert_int_equal(sequence, world.count);
	return error;
}

static void what_a_card_takes_is_left_to_it(void **state)
{
	char text[CARD_TEXT_MAX];

	(void)state;
	world.does = true;
	assert_int_equal(try(KERNEL_OFFLOAD_CRYPTO, text), 0);
	assert_int_equal(try(KERNEL_OFFLOAD_AUTO, text), 0);
	assert_string_equal(text, "");
	assert_int_equal(world.count, 4);
	assert_true(world.asked[0].offload && world.asked[2].offload);
	assert_int_equal(world.asked[1].type, XFRM_MSG_GETSA);
}

/* Linux takes it without a word and does it itself. */
static void an_sa_that_linux_took_for_itself_goes_again_where_a_card_must(void **state)
{
	char text[CARD_TEXT_MAX];

	(void)state;
	assert_int_equal(try(KERNEL_OFFLOAD_CRYPTO, text), EOPNOTSUPP);
	assert_int_equal(world.count, 3);
	assert_int_equal(world.asked[2].type, XFRM_MSG_DELSA);
	assert_false(world.standing);
	assert_non_null(strstr(text, "has no ESP offload"));
}

static void with_auto_it_stays_and_the_reason_is_told(void **state)
{
	char text[CARD_TEXT_MAX];

	(void)state;
	assert_int_equal(try(KERNEL_OFFLOAD_AUTO, text), 0);
	assert_int_equal(world.count, 2);
	assert_true(world.standing);
	assert_non_null(strstr(text, "has no ESP offload"));
}

static void what_the_driver_refuses_is_made_without_it_where_auto_says_so(void **state)
{
	char text[CARD_TEXT_MAX];

	(void)state;
	world.refuses = EINVAL;
	assert_int_equal(try(KERNEL_OFFLOAD_AUTO, text), 0);
	assert_int_equal(world.count, 2);
	assert_false(world.asked[1].offload);
	assert_string_equal(text, "the driver says no");
	assert_true(world.standing);
	assert_int_equal(try(KERNEL_OFFLOAD_PACKET, text), EINVAL);
	assert_string_equal(text, "the driver says no");
	assert_int_equal(world.count, 3);
}

/* An SPI that is taken, an algorithm that is missing: no card is to blame. */
static void other_refusals_stay_what_they_are(void **state)
{
	char text[CARD_TEXT_MAX];

	(void)state;
	world.refuses = EEXIST;
	assert_int_equal(try(KERNEL_OFFLOAD_AUTO, text), EEXIST);
	assert_int_equal(world.count, 1);
	world.refuses = world.lacks = ENOSYS;
	assert_int_equal(try(KERNEL_OFFLOAD_AUTO, text), ENOSYS);
	assert_false(world.standing);
}

static void an_sa_that_nobody_can_look_at_is_not_kept_where_a_card_must(void **state)
{
	char text[CARD_TEXT_MAX];

	(void)state;
	world.hides = true;
	assert_int_equal(try(KERNEL_OFFLOAD_CRYPTO, text), ENOBUFS);
	assert_false(world.standing);
	assert_int_equal(try(KERNEL_OFFLOAD_AUTO, text), 0);
	assert_true(world.standing);
}

/* A tunnel that goes on in software is better than none. */
static void an_sa_that_moves_goes_on_without_a_card_that_cannot(void **state)
{
	struct kernel_request request = { .op = KERNEL_SA_MOVE, .sa = gcm_sa(0x1000) };
	uint32_t sequence = 0;
	char text[CARD_TEXT_MAX];

	(void)state;
	world.does = true;
	world.refuses = EINVAL;
	request.device = 5;
	request.to.src = address("192.0.2.9");
	request.to.dst = address("192.0.2.10");
	assert_int_equal(xfrm_move(-1, &sequence, &request, text), 0);
	assert_int_equal(world.count, 4);
	assert_true(world.asked[1].offload);
	assert_int_equal(world.asked[2].type, XFRM_MSG_NEWSA);
	assert_false(world.asked[2].offload);
	assert_int_equal(world.asked[3].type, XFRM_MSG_DELSA);
}

static unsigned lines;

static void count_line(void *context, enum log_level level, const struct log_subject *subject,
		       const char *text)
{
	(void)context;
	(void)level;
	(void)subject;
	assert_string_equal(text, "nic-offload=auto: ESP is done in software: the driver says no");
	lines++;
}

static void init_xfrm(struct xfrm *xfrm, struct fake_host *host)
{
	fake_host_init(host);
	*xfrm = (struct xfrm){ .host = &host->host, .log = log_new(LOG_LEVEL_INFO) };
	xfrm->requests = xfrm->events = -1;
	xfrm->flush.run = xfrm_requests_turn_end;
	xfrm_spread_init(&xfrm->spread);
	list_init(&xfrm->outstanding);
	list_init(&xfrm->answered);
	assert_int_equal(log_add_sink(xfrm->log, (struct log_sink){ .write = count_line }), RC_OK);
}

/* The answer comes at the end of the turn, as of every request; of both directions one line tells.
 */
static void what_is_done_in_software_is_told_once(void **state)
{
	static struct xfrm xfrm;
	struct fake_host host;
	struct counted out = sa_request(KERNEL_SA_ADD, gcm_sa(0x1000));
	struct counted in = sa_request(KERNEL_SA_ADD, gcm_sa(0x1001));

	(void)state;
	init_xfrm(&xfrm, &host);
	world.refuses = EINVAL;
	out.request.sa.offload = in.request.sa.offload = KERNEL_OFFLOAD_AUTO;
	in.request.sa.direction = KERNEL_IN;
	xfrm_requests_submit(&xfrm.kernel, &in.request);
	xfrm_requests_submit(&xfrm.kernel, &out.request);
	assert_int_equal(in.answers + out.answers, 0);
	fake_turn(&host);
	assert_int_equal(in.answers + out.answers, 2);
	assert_int_equal(in.request.rc, RC_OK);
	assert_int_equal(out.request.rc, RC_OK);
	assert_int_equal(lines, 1);
	log_free(xfrm.log);
}

static struct xfrm_user_offload offload_of(const struct nlmsghdr *message, size_t header)
{
	struct span value = attribute(message, header, XFRMA_OFFLOAD_DEV);
	struct xfrm_user_offload offload = { 0 };

	if (value.len == 0)
		return offload;
	assert_int_equal(value.len, sizeof offload);
	memcpy(&offload, value.ptr, sizeof offload);
	return offload;
}

static void assert_flags(struct kernel_sa sa, enum kernel_offload offload, unsigned flags)
{
	struct message at;
	struct nlmsghdr *message = xfrm_sa_add_encode(at.bytes, &sa);
	struct xfrm_user_offload value;

	sa.offload = (uint8_t)offload;
	xfrm_offload_sa_put(message, &sa, 7);
	value = offload_of(message, HEADER);
	assert_int_equal(value.ifindex, 7);
	assert_int_equal(value.flags, flags);
}

static void the_attribute_names_device_direction_family_and_kind(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000);
	struct message at;
	struct nlmsghdr *plain = xfrm_sa_add_encode(at.bytes, &sa);

	(void)state;
	xfrm_offload_sa_put(plain, &sa, 7);
	assert_int_equal(attribute(plain, HEADER, XFRMA_OFFLOAD_DEV).len, 0);
	assert_flags(sa, KERNEL_OFFLOAD_CRYPTO, 0);
	assert_flags(sa, KERNEL_OFFLOAD_AUTO, 0);
	assert_flags(sa, KERNEL_OFFLOAD_PACKET, XFRM_OFFLOAD_PACKET);
	sa.direction = KERNEL_IN;
	assert_flags(sa, KERNEL_OFFLOAD_CRYPTO, XFRM_OFFLOAD_INBOUND);
	sa.src = address("2001:db8::1");
	sa.dst = address("2001:db8::2");
	assert_flags(sa, KERNEL_OFFLOAD_PACKET,
		     XFRM_OFFLOAD_PACKET | XFRM_OFFLOAD_INBOUND | XFRM_OFFLOAD_IPV6);
}

static void a_policy_has_the_device_of_its_sas(void **state)
{
	struct kernel_policy policy = out_policy();
	struct message at;
	struct nlmsghdr *message = xfrm_policy_set_encode(at.bytes, &policy, 0);
	struct xfrm_user_offload value;

	(void)state;
	xfrm_offload_policy_put(message, 9);
	value = offload_of(message, sizeof(struct xfrm_userpolicy_info));
	assert_int_equal(value.ifindex, 9);
	assert_int_equal(value.flags, XFRM_OFFLOAD_PACKET);
}

static enum rc by_loopback(struct host *host, const struct ip_addr *remote, struct host_route *out)
{
	(void)host;
	*out = (struct host_route){ .device = "lo" };
	return remote->bytes[3] == 2 ? RC_OK : RC_NOT_FOUND;
}

static void the_device_is_where_the_peer_is(void **state)
{
	struct fake_host fake;
	struct host_ops ops = fake_ops;
	struct ip_addr peer = address("192.0.2.2"), nowhere = address("192.0.2.3"), unset = { 0 };

	(void)state;
	fake_host_init(&fake);
	assert_int_equal(xfrm_offload_device(&fake.host, &peer), 0);
	ops.route_to = by_loopback;
	fake.host.ops = &ops;
	assert_int_equal(xfrm_offload_device(&fake.host, &peer), if_nametoindex("lo"));
	assert_int_equal(xfrm_offload_device(&fake.host, &nowhere), 0);
	assert_int_equal(xfrm_offload_device(&fake.host, &unset), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_a_card_takes_is_left_to_it, begin),
		cmocka_unit_test_setup(
			an_sa_that_linux_took_for_itself_goes_again_where_a_card_must, begin),
		cmocka_unit_test_setup(with_auto_it_stays_and_the_reason_is_told, begin),
		cmocka_unit_test_setup(
			what_the_driver_refuses_is_made_without_it_where_auto_says_so, begin),
		cmocka_unit_test_setup(other_refusals_stay_what_they_are, begin),
		cmocka_unit_test_setup(an_sa_that_nobody_can_look_at_is_not_kept_where_a_card_must,
				       begin),
		cmocka_unit_test_setup(an_sa_that_moves_goes_on_without_a_card_that_cannot, begin),
		cmocka_unit_test_setup(what_is_done_in_software_is_told_once, begin),
		cmocka_unit_test(the_attribute_names_device_direction_family_and_kind),
		cmocka_unit_test(a_policy_has_the_device_of_its_sas),
		cmocka_unit_test(the_device_is_where_the_peer_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
