/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/extra.h"
#include "unit/sa/sas_test.h"

static void know_secret(struct sas_fixture *f, uint8_t byte)
{
	memset(f->sas.crash_secret, byte, sizeof(f->sas.crash_secret));
	f->sas.crash_secret_known = true;
}

static void token_depends_on_the_secret_and_on_both_spis_and_on_nothing_else(void **state)
{
	struct sas_fixture f;
	uint8_t a[CRASH_TOKEN_LEN], b[CRASH_TOKEN_LEN];

	(void)state;
	sas_begin(&f, SAS_CONN);
	assert_int_equal(crash_token(&f.sas, 1, 2, a), RC_NOT_FOUND);
	know_secret(&f, 7);
	assert_int_equal(crash_token(&f.sas, 1, 2, a), RC_OK);
	assert_int_equal(crash_token(&f.sas, 1, 2, b), RC_OK);
	assert_memory_equal(a, b, sizeof(a));
	assert_int_equal(crash_token(&f.sas, 2, 1, b), RC_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(crash_token(&f.sas, 1, 3, b), RC_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	know_secret(&f, 8);
	assert_int_equal(crash_token(&f.sas, 1, 2, b), RC_OK);
	assert_memory_not_equal(a, b, sizeof(a));
	sas_end(&f);
}

static void spis_are_alive_when_either_is_ours(void **state)
{
	struct sas_fixture f;
	struct ike_sa *sa;

	(void)state;
	sas_begin(&f, SAS_CONN);
	sa = sas_ike_bound(&f);
	assert_true(crash_spis_alive(&f.sas, sa->spi_i, 5));
	assert_true(crash_spis_alive(&f.sas, 5, sa->spi_i));
	assert_false(crash_spis_alive(&f.sas, 5, 6));
	ike_sa_free(&f.sas, sa);
	sas_end(&f);
}

static void tokens_of_a_wrong_length_are_refused_and_a_new_one_replaces_the_old(void **state)
{
	struct sas_fixture f;
	uint8_t bytes[129] = { 1 };
	struct ike_sa *sa;

	(void)state;
	sas_begin(&f, SAS_CONN);
	sa = sas_ike_bound(&f);
	assert_int_equal(ike_extra_crash_token(sa, span_make(bytes, 15)), RC_LIMIT);
	assert_int_equal(ike_extra_crash_token(sa, span_make(bytes, 129)), RC_LIMIT);
	assert_int_equal(ike_extra_crash_token(sa, span_make(bytes, 128)), RC_OK);
	assert_int_equal(ike_extra_crash_token(sa, span_make(bytes, 16)), RC_OK);
	assert_int_equal(sa->extra->crash_token_len, 16);
	ike_sa_free(&f.sas, sa);
	sas_end(&f);
}

/* A rekey proves no identity, and has new SPIs. */
static void successor_has_the_end_of_the_authentication_but_not_the_token(void **state)
{
	struct sas_fixture f;
	uint8_t bytes[32] = { 1 };
	struct ike_sa *from, *to;

	(void)state;
	sas_begin(&f, SAS_CONN);
	from = sas_ike_bound(&f);
	to = sas_ike_bound(&f);
	from->auth_ends = 1234;
	from->must_reauth = true;
	assert_int_equal(ike_extra_crash_token(from, SPAN_OF(bytes)), RC_OK);
	from->extra->auth_told = 60;
	from->extra->authenticated = 99;
	assert_int_equal(ike_extra_inherit(from, to, false), RC_OK);
	assert_int_equal(to->auth_ends, 1234);
	assert_true(to->must_reauth);
	assert_null(to->extra->crash_token);
	assert_int_equal(to->extra->auth_told, 60);
	assert_int_equal(to->extra->authenticated, 99);
	assert_int_equal(to->extra->tell, TELL_CRASH_TOKEN);
	assert_int_equal(ike_extra_crash_token(to, SPAN_OF(bytes)), RC_OK);
	assert_int_equal(ike_extra_inherit(from, to, true), RC_OK);
	assert_non_null(to->extra->crash_token); /* it came with the rekey */
	assert_int_equal(to->extra->tell, 0);
	ike_sa_free(&f.sas, from);
	ike_sa_free(&f.sas, to);
	sas_end(&f);
}

static void no_memory_for_a_token_leaves_the_sa_as_it_was(void **state)
{
	struct sas_fixture f;
	uint8_t bytes[32] = { 1 };
	struct ike_sa *sa;

	(void)state;
	sas_begin(&f, SAS_CONN);
	sa = sas_ike_bound(&f);
	for (uint64_t nth = 1; nth <= 2; nth++) {
		mem_fail_nth(nth);
		assert_int_equal(ike_extra_crash_token(sa, SPAN_OF(bytes)), RC_NO_MEMORY);
		mem_fail_nth(0);
		assert_true(sa->extra == NULL || sa->extra->crash_token == NULL);
		ike_extra_free(sa);
	}
	ike_sa_free(&f.sas, sa);
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(token_depends_on_the_secret_and_on_both_spis_and_on_nothing_else),
		cmocka_unit_test(spis_are_alive_when_either_is_ours),
		cmocka_unit_test(
			tokens_of_a_wrong_length_are_refused_and_a_new_one_replaces_the_old),
		cmocka_unit_test(successor_has_the_end_of_the_authentication_but_not_the_token),
		cmocka_unit_test(no_memory_for_a_token_leaves_the_sa_as_it_was),
	};

	return sas_run(tests);
}
