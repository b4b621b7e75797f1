/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev2/follow.h"

struct bench {
	struct road road;
	struct step step;
	struct outcome out;
	struct ike_followup *followup;
	struct child_sa *child;
};

static void begin(struct bench *bench)
{
	struct gateway *gateway;

	memset(bench, 0, sizeof(*bench));
	road_up(&bench->road, FOLLOW_TWO, FOLLOW_TWO);
	gateway = bench->road.pair.east.gateway;
	bench->step = (struct step){ .env = &gateway->env,
				     .arena = &bench->road.arena,
				     .sa = road_sa(&bench->road.pair.east) };
	bench->child = tunnel_current(road_tunnel(&bench->road.pair.east));
	bench->followup = followup_new(&gateway->sas);
	assert_non_null(bench->followup);
	bench->child->others_possible = true;
	followup_from_child(bench->followup, bench->child);
}

static void finish(struct bench *bench)
{
	struct sas *sas = &bench->road.pair.east.gateway->sas;

	if (bench->out.child != NULL)
		child_sa_free(sas, bench->out.child);
	if (bench->out.successor != NULL)
		ike_sa_free(sas, bench->out.successor);
	followup_free(bench->followup);
	road_end(&bench->road);
}

static void a_child_sa_is_what_was_agreed_on_where_the_ike_sa_is_now(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench);
	bench.followup->spi_in = 0x11111111;
	bench.followup->spi_out = 0x22222222;
	assert_int_equal(ip_parse("192.0.2.77", &bench.step.sa->remote.addr), RC_OK);
	assert_int_equal(followup_to_child(&bench.step, bench.followup, &bench.out), RC_OK);
	const struct child_sa *made = bench.out.child;
	assert_ptr_equal(made->tunnel, bench.child->tunnel);
	assert_int_equal(made->spi_in, 0x11111111);
	assert_int_equal(made->spi_out, 0x22222222);
	assert_int_equal(made->mode, bench.child->mode);
	assert_true(made->others_possible);
	assert_true(selectors_equal(&made->selectors, &bench.child->selectors));
	assert_memory_equal(&made->choice, &bench.child->choice, sizeof(made->choice));
	assert_true(ip_equal(&made->remote, &bench.step.sa->remote.addr));
	assert_false(made->initiator);
	finish(&bench);
}

static void what_has_changed_meanwhile_is_noticed(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench); /* the peer's SPI is taken */
	assert_int_equal(followup_to_child(&bench.step, bench.followup, &bench.out), RC_EXISTS);
	finish(&bench);
	begin(&bench);
	bench.followup->tunnel = 12345;
	assert_int_equal(followup_to_child(&bench.step, bench.followup, &bench.out), RC_CANCELLED);
	bench.followup->tunnel = bench.child->tunnel->serial;
	bench.child->tunnel->doomed = true;
	assert_int_equal(followup_to_child(&bench.step, bench.followup, &bench.out), RC_CANCELLED);
	bench.child->tunnel->doomed = false;
	finish(&bench);
	begin(&bench);
	bench.child->tunnel->selectors.first.local.protocol = 6;
	assert_int_equal(followup_to_child(&bench.step, bench.followup, &bench.out), RC_CANCELLED);
	bench.child->tunnel->selectors.first.local.protocol = 0;
	finish(&bench);
}

/* SKEYSEED = prf(SK_d, SK(0) | Ni | Nr | SK(1) | SK(2)) */
static void an_ike_sa_has_the_keys_of_all_exchanges(void **state)
{
	static const uint8_t ni[20] = "nonce i", nr[33] = "nonce r";
	struct ike_keys keys = { .block = { NULL, 0 } };
	struct bench bench;

	(void)state;
	begin(&bench);
	const struct ike_sa *sa = bench.step.sa;
	bench.followup->choice = sa->choice;
	bench.followup->spi_i = 1;
	bench.followup->spi_r = 2;
	assert_int_equal(followup_set_nonces(bench.followup, SPAN_OF(ni), SPAN_OF(nr)), RC_OK);
	assert_int_equal(secret_set(&bench.followup->first, span_make("zero", 4)), RC_OK);
	assert_int_equal(secret_set(&bench.followup->later, span_make("onetwo", 6)), RC_OK);
	assert_int_equal(followup_to_ike(&bench.step, bench.followup, RESPONDER, &bench.out),
			 RC_OK);
	const struct ike_sa *born = bench.out.successor;
	assert_true(born->spi_i == 1 && born->spi_r == 2 && born->role == RESPONDER);
	assert_int_equal(ike_keys_follow(&sa->suite, &sa->keys, &sa->suite, span_make("zero", 4),
					 SPAN_OF(ni), SPAN_OF(nr), span_make("onetwo", 6), 1, 2,
					 &keys),
			 RC_OK);
	assert_true(secret_equal(secret_span(&keys.block), secret_span(&born->keys.block)));
	ike_keys_wipe(&keys);
	finish(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_sa_is_what_was_agreed_on_where_the_ike_sa_is_now),
		cmocka_unit_test(what_has_changed_meanwhile_is_noticed),
		cmocka_unit_test(an_ike_sa_has_the_keys_of_all_exchanges),
	};

	return exchange_run(tests);
}
