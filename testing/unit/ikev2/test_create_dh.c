/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/create.h"
#include "unit/ikev2/road.h"

struct bench {
	struct arena arena;
	struct step step;
	struct outcome out;
};

static void begin(struct bench *bench)
{
	memset(bench, 0, sizeof(*bench));
	arena_init(&bench->arena, 1u << 20);
	bench->step.arena = &bench->arena;
}

static void finish(struct bench *bench)
{
	secret_wipe(&bench->out.shared);
	arena_free(&bench->arena);
}

static void both_ends_compute_the_same(void **state)
{
	struct bench ours, theirs;
	struct dh_pair *pair = NULL;
	struct wire_ke ke;
	struct span public;

	(void)state;
	begin(&ours);
	begin(&theirs);
	assert_int_equal(create_generate(&ours.step, DH_CURVE25519, &pair, &ours.out), RC_SUSPEND);
	assert_int_equal(ours.out.work.run(ours.out.work.arg, 0, NULL), RC_OK);
	ke = (struct wire_ke){ DH_CURVE25519, dh_public(pair) };
	assert_int_equal(create_answer_dh(&theirs.step, &ke, &public, &theirs.out), RC_SUSPEND);
	assert_int_equal(theirs.out.work.run(theirs.out.work.arg, 0, NULL), RC_OK);
	assert_int_equal(create_compute(&ours.step, &pair, public, &ours.out), RC_SUSPEND);
	assert_null(pair); /* taken */
	assert_int_equal(ours.out.work.run(ours.out.work.arg, 0, NULL), RC_OK);
	assert_true(secret_equal(secret_span(&ours.out.shared), secret_span(&theirs.out.shared)));
	finish(&ours);
	finish(&theirs);
}

static void bad_public_value_is_refused_before_the_worker(void **state)
{
	static const uint8_t shorter[31] = { 9 };
	struct wire_ke ke = { DH_CURVE25519, SPAN_OF(shorter) };
	struct bench bench;
	struct span public;

	(void)state;
	begin(&bench);
	assert_int_equal(create_answer_dh(&bench.step, &ke, &public, &bench.out), RC_BAD_PUBLIC);
	ke.group = 9999;
	assert_int_equal(create_answer_dh(&bench.step, &ke, &public, &bench.out), RC_UNSUPPORTED);
	assert_null(bench.out.work.run);
	finish(&bench);
}

static void wanted_group_is_told_in_network_order(void **state)
{
	static const uint8_t group[] = { 0, DH_ECP_256 };
	struct bench bench;

	(void)state;
	begin(&bench);
	assert_int_equal(create_want_group(&bench.step, DH_ECP_256, &bench.out), RC_INVALID_KE);
	assert_true(span_equal(bench.out.notify_data, SPAN_OF(group)));
	finish(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_compute_the_same),
		cmocka_unit_test(bad_public_value_is_refused_before_the_worker),
		cmocka_unit_test(wanted_group_is_told_in_network_order),
	};

	return exchange_run(tests);
}
