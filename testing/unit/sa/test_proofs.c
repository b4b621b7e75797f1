/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/extra.h"
#include "sa/proofs.h"
#include "unit/sa/sas_test.h"

static struct outcome_proof proof(uint8_t method, const char *name)
{
	return (struct outcome_proof){ method,
				       { ID_FQDN, { (const uint8_t *)name, strlen(name) } } };
}

static void proofs_are_kept_in_the_order_in_which_they_came(void **state)
{
	const struct outcome_proof none = { AUTH_NONE, { 0 } };
	struct outcome_proof a = proof(AUTH_SIGNATURE, "a"), b = proof(AUTH_SHARED_KEY, "b");
	struct ike_proofs *proofs = NULL;
	char text[IDENTITY_TEXT_MAX];

	(void)state;
	assert_int_equal(proofs_note(&proofs, true, &none), RC_OK);
	assert_null(proofs);
	assert_int_equal(proofs_note(&proofs, false, &a), RC_OK);
	assert_int_equal(proofs_note(&proofs, true, &b), RC_OK);
	assert_int_equal(proofs->count, 2);
	assert_false(proofs->list[0].ours);
	assert_true(proofs->list[1].ours);
	assert_int_equal(proofs->list[1].method, AUTH_SHARED_KEY);
	assert_string_equal(identity_text(&proofs->list[0].id, text), "@a");
	proofs_free(proofs);
}

static void there_is_room_for_two_of_each_end_and_no_more(void **state)
{
	struct outcome_proof a = proof(AUTH_SHARED_KEY, "a");
	struct ike_proofs *proofs = NULL;

	(void)state;
	for (unsigned i = 0; i < IKE_PROOFS_MAX; i++)
		assert_int_equal(proofs_note(&proofs, i % 2 == 0, &a), RC_OK);
	assert_int_equal(proofs_note(&proofs, true, &a), RC_LIMIT);
	assert_int_equal(proofs->count, IKE_PROOFS_MAX);
	proofs_free(proofs);
	proofs_free(NULL);
}

static void no_memory_notes_nothing(void **state)
{
	struct outcome_proof a = proof(AUTH_SHARED_KEY, "a");

	(void)state;
	for (uint64_t nth = 1; nth <= 2; nth++) {
		struct ike_proofs *proofs = NULL;
		mem_fail_nth(nth);
		assert_int_equal(proofs_note(&proofs, true, &a), RC_NO_MEMORY);
		mem_fail_nth(0);
		assert_true(proofs == NULL || proofs->count == 0);
		proofs_free(proofs);
	}
}

static void they_go_from_the_larval_part_to_the_sa_and_on_to_its_successor(void **state)
{
	struct outcome_proof a = proof(AUTH_SIGNATURE, "a");
	struct sas_fixture f;
	struct ike_sa *from, *to;

	(void)state;
	sas_begin(&f, SAS_CONN);
	from = sas_ike_bound(&f);
	to = sas_ike_bound(&f);
	proofs_keep(from); /* nothing to keep */
	assert_null(from->extra);
	assert_int_equal(proofs_note(&from->larval->proofs, false, &a), RC_OK);
	proofs_keep(from);
	assert_null(from->larval->proofs);
	assert_int_equal(from->extra->proofs->count, 1);
	assert_int_equal(ike_extra_inherit(from, to, true), RC_OK);
	assert_null(from->extra->proofs);
	assert_int_equal(to->extra->proofs->count, 1);
	ike_sa_free(&f.sas, from);
	ike_sa_free(&f.sas, to);
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(proofs_are_kept_in_the_order_in_which_they_came),
		cmocka_unit_test(there_is_room_for_two_of_each_end_and_no_more),
		cmocka_unit_test(no_memory_notes_nothing),
		cmocka_unit_test(they_go_from_the_larval_part_to_the_sa_and_on_to_its_successor),
	};

	return sas_run(tests);
}
