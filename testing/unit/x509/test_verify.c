/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include "x509_test.h"

struct pki { /* root - middle - gw */
	struct party root, middle, gw;
	struct x509_trust *trust;
	struct diag diag;
};

static int pki_new(void **state)
{
	struct pki *pki = calloc(1, sizeof(*pki));
	pki->root = pki_root("CN=root");
	pki->middle = pki_ca("CN=middle", &pki->root);
	pki->gw = pki_leaf("CN=gw", "gw.example.org", &pki->middle);
	pki->trust = pki_trust((const struct party *const[]){ &pki->root }, 1);
	*state = pki;
	return 0;
}

static int pki_done(void **state)
{
	struct pki *pki = *state;
	x509_trust_unref(pki->trust);
	pki_free(&pki->root);
	pki_free(&pki->middle);
	pki_free(&pki->gw);
	free(pki);
	return 0;
}

#define SENT(...)                                                                                  \
	(const struct party *const[]){ __VA_ARGS__ },                                              \
		sizeof((const struct party *const[]){ __VA_ARGS__ }) / sizeof(struct party *)

static void a_chain_with_its_intermediate_is_trusted(void **state)
{
	struct pki *pki = *state;
	struct span ders[] = { certificate_der(pki->gw.certificate),
			       certificate_der(pki->middle.certificate) };
	struct x509_verify verify = { .trust = pki->trust, .ders = ders, .count = 2, .now = NOW };
	assert_int_equal(x509_verify(&verify, &pki->diag), RC_OK);
	assert_int_equal(verify.path_count, 3);
	assert_true(span_equal(certificate_der(verify.path[0]), ders[0]));
	assert_true(span_equal(certificate_der(verify.path[1]), ders[1]));
	assert_ptr_equal(verify.path[2], pki->root.certificate);
	x509_verify_wipe(&verify);
}

static void a_missing_intermediate_is_named(void **state)
{
	struct pki *pki = *state;
	assert_int_equal(pki_verify(pki->trust, SENT(&pki->gw), &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "the issuer of \"CN=gw\"");
	assert_says(pki->diag, "issued by \"CN=middle\"");
}

static void an_intermediate_of_our_own_helps(void **state)
{
	struct pki *pki = *state;
	struct x509_ca cas[] = { { pki->middle.certificate, "middle", false },
				 { pki->root.certificate, "root", true } };
	struct x509_trust *trust = NULL;
	assert_int_equal(x509_trust_of(cas, 2, &trust), RC_OK);
	assert_int_equal(pki_verify(trust, SENT(&pki->gw), &pki->diag), RC_OK);
	x509_trust_unref(trust);
	assert_int_equal(x509_trust_of(cas, 1, &trust), RC_OK);
	assert_int_equal(pki_verify(trust, SENT(&pki->gw), &pki->diag), RC_AUTH_FAILED);
	x509_trust_unref(trust);
}

static void what_the_peer_sends_as_a_root_is_not_trusted(void **state)
{
	struct pki *pki = *state;
	struct party root = pki_root("CN=root"), gw = pki_leaf("CN=gw", NULL, &root);
	assert_int_equal(pki_verify(pki->trust, SENT(&gw, &root), &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "not made by that CA's key");
	assert_int_equal(pki_verify(pki->trust, SENT(&root), &pki->diag), RC_AUTH_FAILED);
	pki_free(&gw);
	pki_free(&root);
}

static void an_unknown_root_is_told_to_be_unknown(void **state)
{
	struct pki *pki = *state;
	struct party root = pki_root("CN=strange"), gw = pki_leaf("CN=gw", NULL, &root);
	assert_int_equal(pki_verify(pki->trust, SENT(&gw, &root), &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "\"CN=strange\"");
	assert_says(pki->diag, "self-signed and not trusted here");
	pki_free(&gw);
	pki_free(&root);
}

static void a_trusted_certificate_of_a_peer_needs_no_ca(void **state)
{
	struct pki *pki = *state;
	struct party gw = pki_leaf("CN=alone", NULL, NULL);
	struct x509_trust *trust = pki_trust(SENT(&gw));
	assert_int_equal(pki_verify(trust, SENT(&gw), &pki->diag), RC_OK);
	assert_int_equal(pki_verify(pki->trust, SENT(&gw), &pki->diag), RC_AUTH_FAILED);
	x509_trust_unref(trust);
	pki_free(&gw);
}

/* Leaf and intermediate as given, below the root. */
static enum rc verify_with(struct pki *pki, struct x509_issue leaf, struct x509_issue ca)
{
	struct party middle = pki_make(ca, &pki->root), gw = pki_make(leaf, &middle);
	enum rc rc = pki_verify(pki->trust, SENT(&gw, &middle), &pki->diag);
	pki_free(&gw);
	pki_free(&middle);
	return rc;
}

static const struct x509_issue good_leaf = { .subject = "CN=gw" };
static const struct x509_issue good_ca = { .subject = "CN=middle", .ca = true, .path_length = -1 };

static void dates_count_at_every_height(void **state)
{
	struct pki *pki = *state;
	struct x509_issue expired = good_leaf, expired_ca = good_ca, early = good_leaf;
	expired.not_before = expired_ca.not_before = NOW - 9 * DAY;
	expired.not_after = expired_ca.not_after = NOW - 1;
	early.not_before = NOW + 1;
	assert_int_equal(verify_with(pki, good_leaf, good_ca), RC_OK);
	assert_int_equal(verify_with(pki, expired, good_ca), RC_AUTH_FAILED);
	assert_says(pki->diag, "\"CN=gw\"");
	assert_says(pki->diag, "expired at");
	assert_int_equal(verify_with(pki, good_leaf, expired_ca), RC_AUTH_FAILED);
	assert_says(pki->diag, "\"CN=middle\"");
	assert_says(pki->diag, "expired at");
	assert_int_equal(verify_with(pki, early, good_ca), RC_AUTH_FAILED);
	assert_says(pki->diag, "not valid before");
}

static void an_expired_root_is_refused_too(void **state)
{
	struct pki *pki = *state;
	struct x509_issue issue = { .subject = "CN=old", .ca = true, .path_length = -1 };
	struct party root, gw;
	struct x509_trust *trust;
	issue.not_after = NOW - 1;
	root = pki_make(issue, NULL);
	gw = pki_leaf("CN=gw", NULL, &root);
	trust = pki_trust(SENT(&root));
	assert_int_equal(pki_verify(trust, SENT(&gw), &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "\"CN=old\"");
	x509_trust_unref(trust);
	pki_free(&gw);
	pki_free(&root);
}

static void an_end_certificate_issues_nothing(void **state)
{
	struct pki *pki = *state;
	struct party forged = pki_leaf("CN=forged", NULL, &pki->gw);
	assert_int_equal(pki_verify(pki->trust, SENT(&forged, &pki->gw, &pki->middle), &pki->diag),
			 RC_AUTH_FAILED);
	assert_says(pki->diag, "is no CA");
	pki_free(&forged);
}

static void constraints_of_the_path_are_checked(void **state)
{
	struct pki *pki = *state;
	struct identity name = pki_identity("gw.evil.net");
	struct x509_issue leaf = good_leaf, ca = good_ca;
	leaf.names = &name;
	leaf.name_count = 1;
	ca.permitted_dns = "example.org";
	assert_int_equal(verify_with(pki, leaf, ca), RC_AUTH_FAILED);
	assert_says(pki->diag, "may certify (name constraints)");
	ca.permitted_dns = NULL;
	ca.excluded_dns = "evil.net";
	assert_int_equal(verify_with(pki, leaf, ca), RC_AUTH_FAILED);
	assert_says(pki->diag, "excludes (name constraints)");
	ca.excluded_dns = NULL;
	assert_int_equal(verify_with(pki, leaf, ca), RC_OK);
	identity_free(&name);
}

static void the_same_issuer_and_serial_twice_confuses_nobody(void **state)
{
	struct pki *pki = *state;
	struct x509_issue issue = good_ca;
	struct party evil = pki_root("CN=root"), fake, gw;
	issue.serial[0] = 1;
	struct party real = pki_make(issue, &pki->root);
	fake = pki_make(issue, &evil); /* issuer and serial number are the same */
	gw = pki_leaf("CN=gw", NULL, &real);
	assert_true(span_equal(certificate_serial(real.certificate),
			       certificate_serial(fake.certificate)));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(pki_verify(pki->trust, SENT(&gw, &fake), &pki->diag),
				 RC_AUTH_FAILED);
		assert_int_equal(pki_verify(pki->trust, SENT(&gw, &real), &pki->diag), RC_OK);
		assert_int_equal(pki_verify(pki->trust, SENT(&gw, &fake, &real), &pki->diag),
				 RC_OK);
	}
	pki_free(&gw);
	pki_free(&fake);
	pki_free(&real);
	pki_free(&evil);
}

static void a_ca_may_be_asked_for(void **state)
{
	struct pki *pki = *state;
	struct span ders[] = { certificate_der(pki->gw.certificate),
			       certificate_der(pki->middle.certificate) };
	struct identity other = pki_identity("CN=other");
	struct x509_verify verify = { .trust = pki->trust, .ders = ders, .count = 2, .now = NOW };
	verify.ca = certificate_subject(pki->root.certificate);
	assert_int_equal(x509_verify(&verify, &pki->diag), RC_OK);
	x509_verify_wipe(&verify);
	verify.ca = certificate_subject(pki->middle.certificate);
	assert_int_equal(x509_verify(&verify, &pki->diag), RC_OK);
	x509_verify_wipe(&verify);
	verify.ca = span_make(other.data, other.len);
	assert_int_equal(x509_verify(&verify, &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "does not come from the CA \"CN=other\"");
	assert_int_equal(verify.path_count, 0);
	identity_free(&other);
}

static void loops_of_cross_signed_cas_come_to_an_end(void **state)
{
	struct pki *pki = *state;
	struct party ca[9], sent[10];
	const struct party *all[10];
	/* nine certificates of one name, each key certified by the next one's, in a circle */
	for (int i = 0; i < 9; i++)
		ca[i] = pki_root("CN=circle");
	for (int i = 0; i < 9; i++)
		sent[i + 1] = pki_make((struct x509_issue){ .subject = "CN=circle",
							    .key = private_key_public(ca[i].key),
							    .ca = true,
							    .path_length = -1 },
				       &ca[(i + 1) % 9]);
	sent[0] = pki_leaf("CN=gw", NULL, &ca[0]);
	for (int i = 0; i < 10; i++)
		all[i] = &sent[i];
	assert_int_equal(pki_verify(pki->trust, all, 10, &pki->diag), RC_AUTH_FAILED);
	for (int i = 0; i < 10; i++)
		pki_free(&sent[i]);
	for (int i = 0; i < 9; i++)
		pki_free(&ca[i]);
}

static void a_chain_longer_than_we_look_at_is_refused(void **state)
{
	struct pki *pki = *state;
	struct party chain[100];
	const struct party *all[100];
	chain[99] = pki_make(
		(struct x509_issue){
			.subject = "CN=ca99", .ca = true, .path_length = -1, .key_usage = 0x8400 },
		&pki->root);
	for (int i = 98; i >= 0; i--) {
		char name[20];
		snprintf(name, sizeof(name), "CN=ca%d", i);
		chain[i] = pki_make((struct x509_issue){ .subject = name,
							 .ca = true,
							 .path_length = -1,
							 .key_usage = 0x8400 },
				    &chain[i + 1]);
	}
	for (int i = 0; i < 100; i++)
		all[i] = &chain[i];
	assert_int_equal(pki_verify(pki->trust, all, 100, &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "100 certificates");
	/* ten of them are looked at; nine and the root are the longest path */
	assert_int_equal(pki_verify(pki->trust, all + 91, 9, &pki->diag), RC_OK);
	assert_int_equal(pki_verify(pki->trust, all + 90, 10, &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "longer than 10");
	for (int i = 0; i < 100; i++)
		pki_free(&chain[i]);
}

static void too_many_bytes_are_refused(void **state)
{
	struct pki *pki = *state;
	uint8_t *large = calloc(1, 1u << 20);
	struct span ders[] = { certificate_der(pki->gw.certificate), span_make(large, 1u << 20) };
	struct x509_verify verify = { .trust = pki->trust, .ders = ders, .count = 2, .now = NOW };
	assert_int_equal(x509_verify(&verify, &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "with 104");
	ders[0] = span_make(large, 70000);
	verify.count = 1;
	assert_int_equal(x509_verify(&verify, &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "the peer's certificate cannot be read");
	verify.count = 0;
	assert_int_equal(x509_verify(&verify, &pki->diag), RC_AUTH_FAILED);
	assert_says(pki->diag, "sent no certificate");
	free(large);
}

static void garbage_beside_a_good_chain_does_no_harm(void **state)
{
	struct pki *pki = *state;
	static const uint8_t garbage[] = { 0x30, 0x80, 1, 2, 3 };
	struct span ders[] = { certificate_der(pki->gw.certificate), SPAN_OF(garbage),
			       certificate_der(pki->middle.certificate) };
	struct x509_verify verify = { .trust = pki->trust, .ders = ders, .count = 3, .now = NOW };
	assert_int_equal(x509_verify(&verify, &pki->diag), RC_OK);
	x509_verify_wipe(&verify);
}

static void *verify_often(void *context)
{
	struct pki *pki = context;
	struct party evil = pki_root("CN=root"), fake = pki_ca("CN=middle", &evil);
	struct diag diag;
	size_t wrong = 0;
	for (int i = 0; i < 100; i++) {
		wrong += pki_verify(pki->trust, SENT(&pki->gw, &pki->middle), &diag) != RC_OK;
		wrong += pki_verify(pki->trust, SENT(&pki->gw, &fake), &diag) == RC_OK;
	}
	pki_free(&fake);
	pki_free(&evil);
	return (void *)wrong;
}

static void two_workers_verify_at_once(void **state)
{
	pthread_t threads[2];
	void *wrong;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, verify_often, *state), 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(threads[i], &wrong);
		assert_null(wrong);
	}
}

#define with_pki(name) cmocka_unit_test_setup_teardown(name, pki_new, pki_done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		with_pki(a_chain_with_its_intermediate_is_trusted),
		with_pki(a_missing_intermediate_is_named),
		with_pki(an_intermediate_of_our_own_helps),
		with_pki(what_the_peer_sends_as_a_root_is_not_trusted),
		with_pki(an_unknown_root_is_told_to_be_unknown),
		with_pki(a_trusted_certificate_of_a_peer_needs_no_ca),
		with_pki(dates_count_at_every_height),
		with_pki(an_expired_root_is_refused_too),
		with_pki(an_end_certificate_issues_nothing),
		with_pki(constraints_of_the_path_are_checked),
		with_pki(the_same_issuer_and_serial_twice_confuses_nobody),
		with_pki(a_ca_may_be_asked_for),
		with_pki(loops_of_cross_signed_cas_come_to_an_end),
		with_pki(a_chain_longer_than_we_look_at_is_refused),
		with_pki(too_many_bytes_are_refused),
		with_pki(garbage_beside_a_good_chain_does_no_harm),
		with_pki(two_workers_verify_at_once),
	};
	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
