/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "sa/followup.h"
#include "unit/sa/sas_test.h"

static struct ike_followup *one(struct sas_fixture *f, struct ike_sa *sa, uint8_t purpose,
				uint64_t old, const char *link)
{
	struct ike_followup *followup = followup_new(&f->sas);

	assert_non_null(followup);
	followup->purpose = purpose;
	followup->old = old;
	followup->choice.addke[0] = DH_ECP_256;
	followup->choice.addke[6] = DH_ECP_384;
	assert_int_equal(followup_set_link(followup, span_make(link, strlen(link))), RC_OK);
	if (sa != NULL)
		followup_keep(sa, followup, host_now(f->host));
	return followup;
}

static unsigned count(const struct ike_sa *sa)
{
	unsigned n = 0;

	for (const struct ike_followup *at = sa->followups; at != NULL; at = at->next)
		n++;
	return n;
}

static void secrets_are_kept_in_the_order_of_the_exchanges(void **state)
{
	struct ike_followup *a, *b = NULL, *c = NULL;
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	a = one(&f, NULL, REQUEST_REKEY_IKE, 0, "link");
	assert_int_equal(secret_set(&a->first, span_make("zero", 4)), RC_OK);
	assert_int_equal(followup_method(a), DH_ECP_256);
	assert_int_equal(followup_more(a, span_make("one", 3), &b), RC_OK);
	assert_int_equal(followup_method(b), DH_ECP_384);
	assert_int_equal(followup_more(b, span_make("second", 6), &c), RC_OK);
	assert_int_equal(followup_method(c), DH_NONE);
	assert_true(span_equal(secret_span(&c->first), span_make("zero", 4)));
	assert_true(span_equal(secret_span(&c->later), span_make("onesecond", 9)));
	assert_true(c->serial == a->serial && c->link == NULL);
	followup_free(a);
	followup_free(b);
	followup_free(c);
	sas_end(&f);
}

static void a_link_finds_its_own_and_no_other(void **state)
{
	struct ike_sa *sa, *other;
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	sa = sas_ike(&f, RESPONDER);
	other = sas_ike(&f, RESPONDER);
	struct ike_followup *a = one(&f, sa, REQUEST_CREATE_CHILD, 0, "first");
	struct ike_followup *b = one(&f, sa, REQUEST_CREATE_CHILD, 0, "second");
	assert_ptr_equal(followup_by_link(sa, span_make("first", 5)), a);
	assert_ptr_equal(followup_by_link(sa, span_make("second", 6)), b);
	assert_null(followup_by_link(sa, span_make("secon", 5)));
	assert_null(followup_by_link(sa, SPAN_NONE));
	assert_null(followup_by_link(other, span_make("first", 5)));
	followup_forget(sa, a->serial);
	assert_null(followup_by_link(sa, span_make("first", 5)));
	assert_true(followup_has(sa, b->serial));
	ike_sa_free(&f.sas, sa); /* with what is left */
	ike_sa_free(&f.sas, other);
	sas_end(&f);
}

static void there_are_few_of_them(void **state)
{
	struct sas_fixture f;
	struct ike_sa *sa;

	(void)state;
	sas_begin(&f, SAS_CONN);
	sa = sas_ike(&f, RESPONDER);
	for (unsigned i = 0; i < FOLLOWUPS_MAX; i++) {
		assert_true(followup_room(sa));
		(void)one(&f, sa, REQUEST_REKEY_CHILD, 10 + i, "x");
	}
	assert_false(followup_room(sa));
	(void)one(&f, sa, REQUEST_REKEY_CHILD, 11, "again"); /* instead of the first try */
	assert_int_equal(count(sa), FOLLOWUPS_MAX);
	assert_true(followup_of_child(sa, 11));
	assert_false(followup_of_child(sa, 9));
	assert_false(followup_of_ike(sa));
	followup_forget_all(sa);
	assert_int_equal(count(sa), 0);
	(void)one(&f, sa, REQUEST_REKEY_IKE, 0, "x");
	(void)one(&f, sa, REQUEST_REKEY_IKE, 0, "y");
	assert_int_equal(count(sa), 1);
	assert_true(followup_of_ike(sa));
	struct ike_followup *made = one(&f, NULL, REQUEST_CREATE_CHILD, 0, "z");
	made->tunnel = 7;
	followup_keep(sa, made, 0);
	assert_true(followup_of_tunnel(sa, 7));
	assert_false(followup_of_tunnel(sa, 0));
	ike_sa_free(&f.sas, sa);
	sas_end(&f);
}

static void the_time_of_each_is_bounded(void **state)
{
	struct sas_fixture f;
	struct ike_sa *sa;
	usec_t now;

	(void)state;
	sas_begin(&f, SAS_CONN);
	sa = sas_ike(&f, RESPONDER);
	now = host_now(f.host);
	assert_int_equal(followup_due(sa), USEC_NEVER);
	(void)one(&f, sa, REQUEST_REKEY_CHILD, 1, "x");
	followup_keep(sa, one(&f, NULL, REQUEST_REKEY_CHILD, 2, "y"), now + USEC_PER_SEC);
	assert_int_equal(followup_due(sa), now + FOLLOWUP_TIME);
	assert_int_equal(followup_expire(sa, now + FOLLOWUP_TIME - 1), 0);
	assert_int_equal(followup_expire(sa, now + FOLLOWUP_TIME), 1);
	assert_true(followup_of_child(sa, 2));
	assert_int_equal(followup_expire(sa, now + FOLLOWUP_TIME + USEC_PER_SEC), 1);
	assert_null(sa->followups);
	ike_sa_free(&f.sas, sa);
	sas_end(&f);
}

static void what_a_peer_sends_has_a_limit(void **state)
{
	static const uint8_t bytes[FOLLOWUP_LINK_MAX + 1];
	struct ike_followup *followup;
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	followup = one(&f, NULL, REQUEST_CREATE_CHILD, 0, "x");
	assert_int_equal(followup_set_link(followup, SPAN_OF(bytes)), RC_LIMIT);
	assert_int_equal(followup_set_link(followup, SPAN_NONE), RC_SYNTAX);
	assert_int_equal(followup_set_link(followup, span_make(bytes, FOLLOWUP_LINK_MAX)), RC_OK);
	assert_int_equal(
		followup_set_nonces(followup, span_make(bytes, 256), span_make(bytes, 256)), RC_OK);
	assert_int_equal(followup_set_nonces(followup, span_make(bytes, 257), span_make(bytes, 16)),
			 RC_LIMIT);
	followup_free(followup);
	sas_end(&f);
}

static void no_memory_is_told(void **state)
{
	struct ike_followup *a, *b = NULL;
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	a = one(&f, NULL, REQUEST_CREATE_CHILD, 0, "x");
	mem_fail_nth(1);
	assert_null(followup_new(&f.sas));
	mem_fail_nth(1);
	assert_int_equal(followup_set_link(a, span_make("y", 1)), RC_NO_MEMORY);
	mem_fail_nth(1);
	assert_int_equal(followup_more(a, span_make("y", 1), &b), RC_NO_MEMORY);
	mem_fail_nth(0);
	assert_memory_equal(a->link, "x", 1);
	followup_free(a);
	followup_free(NULL);
	sas_end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(secrets_are_kept_in_the_order_of_the_exchanges),
		cmocka_unit_test(a_link_finds_its_own_and_no_other),
		cmocka_unit_test(there_are_few_of_them),
		cmocka_unit_test(the_time_of_each_is_bounded),
		cmocka_unit_test(what_a_peer_sends_has_a_limit),
		cmocka_unit_test(no_memory_is_told),
	};

	return sas_run(tests);
}
