/* SPDX-License-Identifier: Apache-2.0 */
/* Which dumped objects are ours; the removal itself is in the suite. */
#include "unit/test.h"
#include "unit/kernel/messages.h"

static struct message dumped, made;

static bool is_seven(void *context, uint32_t reqid)
{
	(void)context;
	return reqid == 7;
}

static const struct kernel nobodys = { .is_known = NULL }, ours = { .is_known = is_seven };

static struct nlmsghdr *dump_sa(uint32_t reqid, uint32_t spi)
{
	struct xfrm_usersa_info info = { .reqid = reqid, .family = AF_INET };
	struct nlmsghdr *message = mnl_nlmsg_put_header(dumped.bytes);
	info.id.spi = htonl(spi);
	info.id.proto = IPPROTO_ESP;
	message->nlmsg_type = XFRM_MSG_NEWSA;
	memcpy(mnl_nlmsg_put_extra_header(message, sizeof info), &info, sizeof info);
	xfrm_mark_put(message, 3, 3, 0);
	return message;
}

static struct nlmsghdr *signed_sa(uint32_t reqid, uint32_t spi)
{
	struct nlmsghdr *message = dump_sa(reqid, spi);
	((struct xfrm_usersa_info *)mnl_nlmsg_get_payload(message))->seq = xfrm_sa_sign(spi);
	return message;
}

static struct nlmsghdr *dump_policy(uint32_t index, uint8_t dir, uint32_t reqid)
{
	struct xfrm_userpolicy_info info = { .index = index, .dir = dir };
	struct xfrm_user_tmpl tmpl = { .reqid = reqid };
	struct nlmsghdr *message = mnl_nlmsg_put_header(dumped.bytes);
	message->nlmsg_type = XFRM_MSG_NEWPOLICY;
	memcpy(mnl_nlmsg_put_extra_header(message, sizeof info), &info, sizeof info);
	if (reqid != 0)
		mnl_attr_put(message, XFRMA_TMPL, sizeof tmpl, &tmpl);
	xfrm_mark_put(message, 3, 3, 9);
	return message;
}

static void an_sa_with_a_reqid_of_ours_is_deleted_by_id_and_mark(void **state)
{
	struct nlmsghdr *message = xfrm_stale_encode(&nobodys, made.bytes, dump_sa(REQID, 0x1000));
	struct xfrm_usersa_id id;
	(void)state;
	assert_non_null(message);
	memcpy(&id, mnl_nlmsg_get_payload(message), sizeof id);
	assert_int_equal(message->nlmsg_type, XFRM_MSG_DELSA);
	assert_int_equal(ntohl(id.spi), 0x1000);
	assert_true(attribute(message, sizeof id, XFRMA_MARK).len > 0);
}

/* reqid= of a conn may be any number, and others may use it too. */
static void with_a_reqid_that_is_configured_what_we_made_is_ours(void **state)
{
	uint32_t index = xfrm_policy_index(9, KERNEL_IN);
	(void)state;
	assert_non_null(xfrm_stale_encode(&ours, made.bytes, signed_sa(7, 0x1000)));
	assert_null(xfrm_stale_encode(&ours, made.bytes, dump_sa(7, 0x1000)));
	assert_null(xfrm_stale_encode(&ours, made.bytes, signed_sa(8, 0x1000)));
	assert_null(xfrm_stale_encode(&nobodys, made.bytes, signed_sa(7, 0x1000)));
	assert_non_null(xfrm_stale_encode(&ours, made.bytes, dump_policy(index, 0, 7)));
	assert_null(xfrm_stale_encode(&ours, made.bytes, dump_policy(0x11, 1, 7)));
	assert_null(xfrm_stale_encode(&ours, made.bytes, dump_policy(index, 0, 8)));
}

static void each_sa_is_signed_in_its_own_way(void **state)
{
	struct kernel_sa sa = gcm_sa(0x1000), same = gcm_sa(0x1000), other = gcm_sa(0x1001);
	struct xfrm_usersa_info info;
	(void)state;
	memcpy(&info, mnl_nlmsg_get_payload(xfrm_sa_add_encode(made.bytes, &sa)), sizeof info);
	assert_int_equal(info.seq, 0); /* the reqid says it */
	same.reqid = other.reqid = 7;
	memcpy(&info, mnl_nlmsg_get_payload(xfrm_sa_add_encode(made.bytes, &same)), sizeof info);
	assert_int_equal(info.seq, xfrm_sa_sign(0x1000));
	memcpy(&info, mnl_nlmsg_get_payload(xfrm_sa_add_encode(made.bytes, &other)), sizeof info);
	assert_int_not_equal(info.seq, xfrm_sa_sign(0x1000));
	assert_int_not_equal(xfrm_sa_sign(0), 0);
}

static void foreign_and_larval_sas_are_left_alone(void **state)
{
	(void)state;
	assert_null(xfrm_stale_encode(&nobodys, made.bytes, dump_sa(1, 0x1000)));
	assert_null(
		xfrm_stale_encode(&nobodys, made.bytes, dump_sa(KERNEL_REQID_FIRST - 1, 0x1000)));
	assert_null(xfrm_stale_encode(&nobodys, made.bytes, dump_sa(REQID, 0)));
}

static void a_policy_is_deleted_by_its_index(void **state)
{
	struct nlmsghdr *message =
		xfrm_stale_encode(&nobodys, made.bytes, dump_policy(0x11, 1, REQID));
	struct xfrm_userpolicy_id id;
	(void)state;
	assert_non_null(message);
	memcpy(&id, mnl_nlmsg_get_payload(message), sizeof id);
	assert_int_equal(message->nlmsg_type, XFRM_MSG_DELPOLICY);
	assert_int_equal(id.index, 0x11);
	assert_int_equal(id.dir, 1);
	assert_true(attribute(message, sizeof id, XFRMA_MARK).len > 0);
	assert_true(attribute(message, sizeof id, XFRMA_IF_ID).len > 0);
}

static void a_policy_without_template_is_ours_by_its_index(void **state)
{
	(void)state;
	assert_non_null(xfrm_stale_encode(&nobodys, made.bytes,
					  dump_policy(xfrm_policy_index(9, KERNEL_IN), 0, 0)));
	assert_null(xfrm_stale_encode(&nobodys, made.bytes, dump_policy(0x11, 1, 0)));
	assert_null(xfrm_stale_encode(&nobodys, made.bytes,
				      dump_policy(xfrm_policy_index(9, KERNEL_IN), 0, 77)));
}

static void policies_of_sockets_are_left_alone(void **state)
{
	(void)state;
	assert_null(xfrm_stale_encode(&nobodys, made.bytes,
				      dump_policy(xfrm_policy_index(9, KERNEL_IN), 3, 0)));
}

static void encode_any(const struct nlmsghdr *message)
{
	(void)xfrm_stale_encode(&nobodys, made.bytes, message);
}

static void no_mutilated_dump_reads_beyond_its_end(void **state)
{
	(void)state;
	each_mutilation(dump_sa(REQID, 0x1000), encode_any);
	each_mutilation(dump_policy(0x11, 1, REQID), encode_any);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_sa_with_a_reqid_of_ours_is_deleted_by_id_and_mark),
		cmocka_unit_test(with_a_reqid_that_is_configured_what_we_made_is_ours),
		cmocka_unit_test(each_sa_is_signed_in_its_own_way),
		cmocka_unit_test(foreign_and_larval_sas_are_left_alone),
		cmocka_unit_test(a_policy_is_deleted_by_its_index),
		cmocka_unit_test(a_policy_without_template_is_ours_by_its_index),
		cmocka_unit_test(policies_of_sockets_are_left_alone),
		cmocka_unit_test(no_mutilated_dump_reads_beyond_its_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
