/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include <errno.h>
#include "kernel/request.h"
#include "unit/kernel/objects.h"

static enum rc result(enum kernel_op op, int error)
{
	struct kernel_request request = { .op = op };
	kernel_request_settle(&request, error, NULL);
	assert_int_equal(request.error, error);
	assert_true(request.flags & REQUEST_ANSWERED);
	return request.rc;
}

static void each_errno_becomes_what_its_operation_means(void **state)
{
	(void)state;
	for (enum kernel_op op = KERNEL_SA_ADD; op <= KERNEL_POLICY_DELETE; op++) {
		assert_int_equal(result(op, 0), RC_OK);
		assert_int_equal(result(op, EINVAL), RC_KERNEL);
	}
	assert_int_equal(result(KERNEL_SA_ADD, EEXIST), RC_EXISTS);
	assert_int_equal(result(KERNEL_POLICY_SET, EEXIST), RC_KERNEL);
	assert_int_equal(result(KERNEL_SA_ADD, ESRCH), RC_KERNEL);
	assert_int_equal(result(KERNEL_SA_DELETE, ESRCH), RC_OK);
	assert_int_equal(result(KERNEL_POLICY_DELETE, ENOENT), RC_OK);
	assert_int_equal(result(KERNEL_SA_QUERY, ESRCH), RC_NOT_FOUND);
}

static void the_sentence_names_object_errno_kernel_text_and_remedy(void **state)
{
	struct kernel_request request = { .op = KERNEL_SA_ADD, .sa = cbc_sa(0xabcd1234) };
	(void)state;
	kernel_request_settle(&request, EPROTONOSUPPORT, "no type");
	assert_string_equal(
		request.diag.text,
		"the kernel refused to add the SA 192.0.2.1 -> 192.0.2.2 SPI abcd1234: Protocol "
		"not supported (no type); this kernel has no ESP, AH or IPComp for that address "
		"family: modprobe esp4 esp6 (ah4 ah6, ipcomp ipcomp6), or boot a kernel with "
		"CONFIG_INET_ESP");
	request = (struct kernel_request){ .op = KERNEL_POLICY_SET, .policy = out_policy() };
	kernel_request_settle(&request, EPERM, NULL);
	assert_string_equal(
		request.diag.text,
		"the kernel refused to set the out policy 10.1.0.0/16 -> 10.2.0.0/16: Operation "
		"not permitted; CAP_NET_ADMIN is needed in this network namespace");
}

static void success_and_unknown_errnos_have_texts_too(void **state)
{
	struct kernel_request request = { .op = KERNEL_SA_QUERY, .sa = cbc_sa(0x1000) };
	(void)state;
	(void)diag_fail(&request.diag, RC_OK, "old");
	kernel_request_settle(&request, 0, NULL);
	assert_string_equal(request.diag.text, "");
	kernel_request_settle(&request, 99999, NULL);
	assert_non_null(strstr(request.diag.text, "unknown error"));
}

static void freeing_no_kernel_is_harmless(void **state)
{
	(void)state;
	kernel_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_errno_becomes_what_its_operation_means),
		cmocka_unit_test(the_sentence_names_object_errno_kernel_text_and_remedy),
		cmocka_unit_test(success_and_unknown_errnos_have_texts_too),
		cmocka_unit_test(freeing_no_kernel_is_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
