/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/ikev1/v1_road.h"

/* ---- what is asked for ---- */

static enum rc terms_or(const char *conf, struct isakmp_phase1_terms *terms, struct diag *diag)
{
	struct v1_road road;
	struct step step;
	enum rc rc;

	v1_road_begin(&road, conf, NULL);
	step = (struct step){ .env = &road.pair.west.gateway->env };
	rc = v1_terms(&step, v1_tunnel(&road.pair.west)->peer, terms, diag);
	v1_road_end(&road);
	return rc;
}

static struct isakmp_phase1_terms terms_of(const char *conf)
{
	struct isakmp_phase1_terms terms;
	struct diag diag = { "" };

	assert_int_equal(terms_or(conf, &terms, &diag), RC_OK);
	return terms;
}

static void the_lifetime_is_the_conns_up_to_a_day(void **state)
{
	(void)state;
	assert_int_equal(terms_of(V1_ADD "\tikelifetime=2h\n").seconds, 7200);
	assert_int_equal(terms_of(V1_ADD "\tikelifetime=3d\n").seconds, 86400);
}

static void a_shared_key_is_asked_for(void **state)
{
	struct isakmp_phase1_terms terms = terms_of(V1_ADD);

	(void)state;
	assert_int_equal(terms.auth_count, 1);
	assert_int_equal(terms.auths[0], OAKLEY_PRESHARED_KEY);
}

#define PLAIN "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tkeyexchange=ikev1\n\tauto=add\n"

/* A conn that allows both offers what it can do. */
static void a_signature_is_asked_for_where_we_have_a_key(void **state)
{
	struct isakmp_phase1_terms terms;
	struct diag diag = { "" };

	(void)state;
	terms = terms_of(PLAIN "\tauthby=secret,rsasig\n");
	assert_int_equal(terms.auth_count, 1);
	assert_int_equal(terms.auths[0], OAKLEY_PRESHARED_KEY);
	assert_int_equal(terms_or(PLAIN "\tauthby=rsasig\n", &terms, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "leftcert="));
}

/* ---- keys ---- */

static const uint8_t ni[16] = { 1, 2, 3 }, nr[16] = { 4, 5, 6 };

struct two { /* both ends of one exchange */
	struct v1_derive i, r;
	struct ike_keys keys_i, keys_r;
	uint8_t iv_i[IKEV1_IV_MAX], iv_r[IKEV1_IV_MAX];
	uint8_t answer[600], public_i[600];
	size_t len;
};

static struct v1_derive derive_for(struct two *two)
{
	struct v1_derive derive = { .psk = span_make("secret", 6),
				    .suite = { .encr = ikev1_encr(ENCR_AES_CBC),
					       .encr_key_bits = 256,
					       .prf = ikev1_prf(PRF_HMAC_SHA2_256),
					       .dh = crypto_dh(DH_ECP_256) } };

	assert_true(derive.suite.encr != NULL && derive.suite.prf != NULL &&
		    derive.suite.dh != NULL);
	derive.dh = derive.suite.dh;
	derive.exchange = (struct ikev1_exchange){ .cky_i = 7,
						   .cky_r = 8,
						   .ni = SPAN_OF(ni),
						   .nr = SPAN_OF(nr),
						   .public_i = span_make(two->public_i, two->len),
						   .public_r = span_make(two->answer, two->len) };
	return derive;
}

static void two_begin(struct two *two)
{
	struct dh_pair *pair;

	memset(two, 0, sizeof(*two));
	two->i = derive_for(two);
	assert_int_equal(dh_generate(two->i.dh, 0, &pair), RC_OK);
	two->len = dh_public(pair).len;
	memcpy(two->public_i, dh_public(pair).ptr, two->len);
	two->i = two->r = derive_for(two);
	two->i.pair = pair;
	two->i.keys = &two->keys_i;
	two->i.iv = two->iv_i;
	two->r.answer = two->answer;
	two->r.keys = &two->keys_r;
	two->r.iv = two->iv_r;
}

static void two_run(struct two *two)
{
	struct diag diag;

	assert_int_equal(v1_derive_run(&two->r, 0, &diag), RC_OK);
	assert_int_equal(v1_derive_run(&two->i, 0, &diag), RC_OK);
	assert_null(two->i.pair);
}

static void two_end(struct two *two)
{
	v1_derive_drop(&two->i);
	ike_keys_wipe(&two->keys_i);
	ike_keys_wipe(&two->keys_r);
}

static bool same_keys(const struct two *two)
{
	return span_equal(secret_span(&two->keys_i.block), secret_span(&two->keys_r.block));
}

static void both_ends_derive_the_same_keys_and_chain(void **state)
{
	struct two two;

	(void)state;
	two_begin(&two);
	two_run(&two);
	assert_true(same_keys(&two));
	assert_memory_equal(two.iv_i, two.iv_r, IKEV1_IV_MAX);
	two_end(&two);
}

static void another_shared_key_makes_other_keys(void **state)
{
	struct two two;

	(void)state;
	two_begin(&two);
	two.r.psk = span_make("secres", 6);
	two_run(&two);
	assert_false(same_keys(&two));
	two_end(&two);
}

static void without_a_good_answer_there_are_no_keys_and_the_pair_is_freed(void **state)
{
	struct two two;
	struct diag diag;

	(void)state;
	two_begin(&two);
	memset(two.answer, 0, sizeof(two.answer)); /* no point of the curve */
	assert_int_not_equal(v1_derive_run(&two.i, 0, &diag), RC_OK);
	assert_null(two.i.pair);
	assert_null(two.keys_i.block.ptr);
	two_end(&two);
}

static void work_that_never_ran_frees_its_pair(void **state)
{
	struct two two;

	(void)state;
	two_begin(&two);
	v1_derive_drop(&two.i);
	assert_null(two.i.pair);
	v1_derive_drop(&two.i);
	two_end(&two);
}

/* ---- HASH_I, HASH_R ---- */

/* Both gateways have sent their KE: the initiator its identity too. */
static struct ike_sa *answered_ke(struct v1_road *road)
{
	struct ike_sa *sa;

	v1_road_begin(road, NULL, NULL);
	world_manual(road->pair.world, true);
	end_up(&road->pair.west, "t");
	world_settle(road->pair.world);
	while (road->count < 5) {
		world_deliver(road->pair.world, container_of(world_flights(road->pair.world)->next,
							     struct flight, in_world));
		world_settle(road->pair.world);
	}
	sa = v1_sa(&road->pair.west);
	assert_int_equal(sa->state, IKEV1_MAIN_ID);
	return sa;
}

static struct ike_sa *answering(struct v1_road *road)
{
	assert_false(list_empty(&road->pair.east.gateway->sas.half_open));
	return container_of(road->pair.east.gateway->sas.half_open.next, struct ike_sa,
			    in_half_open);
}

static struct span proof(struct v1_road *road, struct ike_sa *sa, bool of_initiator,
			 const char *name)
{
	struct isakmp_id id = { .type = ID_FQDN, .data = span_make(name, strlen(name)) };
	struct step step = { .sa = sa, .arena = &road->arena };
	struct outcome out = { .diag.text = "" };
	struct span hash;

	assert_int_equal(v1_proof(&step, &out, of_initiator, &id, &hash), RC_OK);
	assert_int_equal(hash.len, sa->suite.prf->len);
	return hash;
}

static void a_proof_is_the_same_at_both_ends_and_of_one_role_and_identity(void **state)
{
	struct v1_road road;
	struct ike_sa *west, *east;
	struct span one;

	(void)state;
	west = answered_ke(&road);
	east = answering(&road);
	one = proof(&road, west, true, "west");
	assert_true(span_equal(one, proof(&road, east, true, "west")));
	assert_false(span_equal(one, proof(&road, east, false, "west")));
	assert_false(span_equal(one, proof(&road, east, true, "wesu")));
	east->v1->phase1->sa_body[8] ^= 1; /* what was offered is covered */
	assert_false(span_equal(one, proof(&road, east, true, "west")));
	v1_road_end(&road);
}

static void what_the_exchange_was_is_in_the_sa(void **state)
{
	struct v1_road road;
	struct ikev1_exchange west, east;

	(void)state;
	west = v1_exchange_of(answered_ke(&road));
	east = v1_exchange_of(answering(&road));
	assert_true(west.cky_i == east.cky_i && west.cky_r == east.cky_r);
	assert_true(span_equal(west.ni, east.ni) && span_equal(west.nr, east.nr));
	assert_true(span_equal(west.public_i, east.public_i));
	assert_true(span_equal(west.public_r, east.public_r));
	assert_int_equal(west.ni.len, IKEV1_NONCE_LEN);
	v1_road_end(&road);
}

/* ---- identities ---- */

static void an_identity_goes_there_and_back(void **state)
{
	uint8_t data[] = "gw.example.org";
	struct identity identity = { .type = ID_FQDN, .len = 14, .data = data }, back;
	struct isakmp_id id = v1_id_of(&identity);

	(void)state;
	assert_int_equal(id.type, ID_FQDN);
	assert_int_equal(id.protocol, 0);
	assert_int_equal(id.port, 0);
	back = v1_identity(&id);
	assert_int_equal(back.type, ID_FQDN);
	assert_int_equal(back.len, 14);
	assert_memory_equal(back.data, data, 14);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_lifetime_is_the_conns_up_to_a_day),
		cmocka_unit_test(a_shared_key_is_asked_for),
		cmocka_unit_test(a_signature_is_asked_for_where_we_have_a_key),
		cmocka_unit_test(both_ends_derive_the_same_keys_and_chain),
		cmocka_unit_test(another_shared_key_makes_other_keys),
		cmocka_unit_test(without_a_good_answer_there_are_no_keys_and_the_pair_is_freed),
		cmocka_unit_test(work_that_never_ran_frees_its_pair),
		cmocka_unit_test(a_proof_is_the_same_at_both_ends_and_of_one_role_and_identity),
		cmocka_unit_test(what_the_exchange_was_is_in_the_sa),
		cmocka_unit_test(an_identity_goes_there_and_back),
	};

	return exchange_run(tests);
}
