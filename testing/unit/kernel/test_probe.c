/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include <errno.h>
#include <unistd.h>
#include "kernel/algorithms.h"
#include "unit/kernel/messages.h"
#include "unit/kernel/namespace.h"

static const struct kernel nobodys = { .is_known = NULL };

static const struct probe everything = { .encrs = UINT32_MAX, .integs = UINT32_MAX };

static void support_is_a_cipher_that_is_there_with_integrity_that_is_there(void **state)
{
	struct probe probe = { .encrs = 1, .integs = 1 }; /* the first of each table */
	uint16_t encr = kernel_algorithm_encrs[0].id, integ = kernel_algorithm_integs[0].id;
	(void)state;
	assert_true(xfrm_probe_supports(&probe, encr, 128, INTEG_NONE));
	assert_false(xfrm_probe_supports(&probe, kernel_algorithm_encrs[1].id, 128, INTEG_NONE));
	assert_true(xfrm_probe_supports(&probe, ENCR_NONE, 0, integ)); /* AH */
	assert_false(xfrm_probe_supports(&probe, ENCR_NONE, 0, kernel_algorithm_integs[1].id));
	assert_false(xfrm_probe_supports(&probe, ENCR_AES_CBC, 128, integ));
}

static void impossible_combinations_are_never_supported(void **state)
{
	(void)state;
	assert_false(xfrm_probe_supports(&everything, ENCR_AES_GCM_16, 128, INTEG_HMAC_SHA1_96));
	assert_false(xfrm_probe_supports(&everything, ENCR_AES_GCM_16, 127, INTEG_NONE));
	assert_false(xfrm_probe_supports(&everything, ENCR_AES_CBC, 128, INTEG_NONE));
	assert_false(xfrm_probe_supports(&everything, 200, 0, INTEG_HMAC_SHA1_96));
	assert_true(xfrm_probe_supports(&everything, ENCR_CHACHA20_POLY1305, 256, INTEG_NONE));
	assert_true(xfrm_probe_supports(&everything, ENCR_CHACHA20_POLY1305, 0, INTEG_NONE));
}

static void a_socket_that_fails_is_an_error_with_its_reason(void **state)
{
	struct probe probe;
	uint32_t sequence = 0;
	struct diag diag;
	(void)state;
	assert_int_equal(xfrm_probe_run(-1, &sequence, 0x1000, &probe, &diag), RC_IO);
	assert_non_null(strstr(diag.text, "Bad file descriptor"));
}

static void this_kernel_answers_every_trial_and_keeps_no_sa(void **state)
{
	struct probe probe;
	uint32_t sequence = 0;
	unsigned removed = 0;
	struct diag diag;
	const char *reason = namespace_enter();
	int fd;
	(void)state;
	if (reason != NULL)
		skip();
	if (xfrm_open(0, &fd, &diag) != RC_OK)
		skip();
	assert_int_equal(xfrm_probe_run(fd, &sequence, 0x1000, &probe, &diag), RC_OK);
	assert_int_not_equal(probe.error_v4, ENOBUFS);
	assert_int_equal(probe.blind, probe.error_v4 != 0);
	assert_int_equal(xfrm_stale_remove(&nobodys, fd, &sequence, &removed, &diag), RC_OK);
	assert_int_equal(removed, 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(support_is_a_cipher_that_is_there_with_integrity_that_is_there),
		cmocka_unit_test(impossible_combinations_are_never_supported),
		cmocka_unit_test(a_socket_that_fails_is_an_error_with_its_reason),
		cmocka_unit_test(this_kernel_answers_every_trial_and_keeps_no_sa),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
