/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys from files; those of the database are in test_database.c. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "x509/pem.h"
#include "x509_test.h"

/* Throw-away P-256 keys: PKCS#8, and the same kind as SEC 1. */
static const char pkcs8[] = "-----BEGIN PRIVATE KEY-----\n"
			    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgEjMpgojQ6hP3T5vb\n"
			    "t7Aif0TfgHyZ0YisAzkDXNuBYuShRANCAATw/bDndSuTFqbm1lN7Z9dy7e5aZs28\n"
			    "A6+ZQMB8mS/T2NftNmygfrbVFxpMN7ejeDSeuqBW7LI3taueDm2U00xd\n"
			    "-----END PRIVATE KEY-----\n";
static const char sec1[] = "-----BEGIN EC PRIVATE KEY-----\n"
			   "MHcCAQEEIMfmZORCDAbX8wYp2TTxWp+eQsFwq6koxpSmdV47mQxeoAoGCCqGSM49\n"
			   "AwEHoUQDQgAE1NCG9ALozVpCfF0vgnXe+Ssq/hAUKNvyl91Sj5fSWYg2HuCZztZF\n"
			   "/070H9F+2pe/YSpQ0Pu8+KrYkADG+oLbig==\n"
			   "-----END EC PRIVATE KEY-----\n";

static struct party root, middle, gw, other;
static struct x509_trust *trust;

/* A key of these files, to be certified. */
static struct private_key *key_of(const char *text)
{
	static struct arena arena;
	struct span in = span_make(text, strlen(text));
	struct private_key *key = NULL;
	struct diag diag = { "" };
	struct pem pem;
	arena_init(&arena, 65536);
	assert_int_equal(pem_next(&in, &arena, &pem, NULL), RC_OK);
	if (private_key_import(pem.der, false, NULL, &key, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	arena_free(&arena);
	return key;
}

static struct party certified(const char *subject, const char *key)
{
	struct private_key *private = key_of(key);
	struct party party = pki_make(
		(struct x509_issue){ .subject = subject, .key = private_key_public(private) },
		&middle);
	party.key = private;
	return party;
}

static int parties_make(void **state)
{
	if (pki_open(state) != 0)
		return -1;
	root = pki_root("CN=root");
	middle = pki_ca("CN=middle", &root);
	gw = certified("CN=gw", pkcs8);
	other = certified("CN=other", sec1);
	trust = pki_trust((const struct party *const[]){ &root }, 1);
	return 0;
}

static int parties_free(void **state)
{
	x509_trust_unref(trust);
	pki_free(&gw);
	pki_free(&other);
	pki_free(&middle);
	pki_free(&root);
	return pki_close(state);
}

static void put_certificate(FILE *file, const struct party *party)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct span der = certificate_der(party->certificate);
	fputs("-----BEGIN CERTIFICATE-----\n", file);
	for (size_t i = 0; i < der.len; i += 3) {
		uint32_t group = (uint32_t)der.ptr[i] << 16;
		group |= i + 1 < der.len ? (uint32_t)der.ptr[i + 1] << 8 : 0;
		group |= i + 2 < der.len ? der.ptr[i + 2] : 0;
		fputc(digits[group >> 18], file);
		fputc(digits[group >> 12 & 63], file);
		fputc(i + 1 < der.len ? digits[group >> 6 & 63] : '=', file);
		fputc(i + 2 < der.len ? digits[group & 63] : '=', file);
	}
	fputs("\n-----END CERTIFICATE-----\n", file);
}

/* A file with these certificates and this key (either may be missing); the caller unlinks. */
static void make_file(char path[32], const struct party *const *parties, size_t count,
		      const char *key)
{
	snprintf(path, 32, "/tmp/vanth-cred-XXXXXX");
	FILE *file = fdopen(mkstemp(path), "w");
	assert_non_null(file);
	for (size_t i = 0; i < count; i++)
		put_certificate(file, parties[i]);
	if (key != NULL)
		fputs(key, file);
	fclose(file);
}

static enum rc load(const struct party *const *parties, size_t count, const char *key,
		    const char *key_path, struct credential **out, struct diag *diag)
{
	char path[32];
	enum rc rc;
	make_file(path, parties, count, key);
	rc = x509_credential_load(path, key_path, NULL, trust, out, diag);
	unlink(path);
	return rc;
}

static bool is_of(const struct certificate *certificate, const struct party *party)
{
	return span_equal(certificate_der(certificate), certificate_der(party->certificate));
}

static void certificate_chain_and_key_may_be_in_one_file(void **state)
{
	const struct party *parties[] = { &gw, &middle, &root };
	struct credential *credential = NULL;
	struct diag diag = { "" };
	(void)state;
	if (load(parties, 3, pkcs8, NULL, &credential, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_true(is_of(credential->certificate, &gw));
	assert_true(
		public_key_equal(private_key_public(credential->key), private_key_public(gw.key)));
	assert_int_equal(credential->chain_count, 1); /* the root is the peer's to have */
	assert_true(is_of(credential->chain[0], &middle));
	credential_unref(credential);
}

static void the_order_in_a_file_does_not_matter(void **state)
{
	const struct party *parties[] = { &root, &middle, &other };
	struct credential *credential = NULL;
	struct diag diag = { "" };
	(void)state;
	if (load(parties, 3, sec1, NULL, &credential, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_true(is_of(credential->certificate, &other));
	assert_int_equal(credential->chain_count, 1);
	credential_unref(credential);
}

/* A file may still have the one that was renewed; a PKCS#12 file comes with the best one first. */
static void of_several_certificates_of_the_key_the_one_valid_longest_is_ours(void **state)
{
	struct party old = pki_make((struct x509_issue){ .subject = "CN=gw",
							 .key = private_key_public(gw.key),
							 .not_before = NOW - 2 * DAY,
							 .not_after = NOW - DAY },
				    &middle);
	const struct party *parties[2][3] = { { &gw, &old, &middle }, { &old, &gw, &middle } };
	struct credential *credential = NULL;
	struct diag diag = { "" };

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		if (load(parties[i], 3, pkcs8, NULL, &credential, &diag) != RC_OK)
			fail_msg("%s", diag.text);
		if (!is_of(credential->certificate, &gw))
			fail_msg("order %u: the one that has expired", i);
		assert_int_equal(credential->chain_count, 1);
		credential_unref(credential);
	}
	pki_free(&old);
}

static void the_key_may_be_in_a_file_of_its_own(void **state)
{
	const struct party *parties[] = { &gw };
	struct credential *credential = NULL;
	struct diag diag = { "" };
	char key_path[32];
	(void)state;
	make_file(key_path, NULL, 0, pkcs8);
	assert_int_equal(load(parties, 1, NULL, key_path, &credential, &diag), RC_OK);
	unlink(key_path);
	assert_int_equal(credential->chain_count, 0); /* nobody has the intermediate */
	credential_unref(credential);
	make_file(key_path, parties, 1, NULL);
	assert_int_equal(load(parties, 1, NULL, key_path, &credential, &diag), RC_NOT_FOUND);
	assert_says(diag, "holds no private key");
	unlink(key_path);
}

static void a_key_of_another_certificate_is_refused(void **state)
{
	const struct party *parties[] = { &gw };
	struct credential *credential = NULL;
	struct diag diag = { "" };
	(void)state;
	assert_int_equal(load(parties, 1, sec1, NULL, &credential, &diag), RC_BAD_PUBLIC);
	assert_says(diag, "belongs to another certificate");
	assert_null(credential);
}

static void a_missing_or_encrypted_key_is_told_with_what_helps(void **state)
{
	static const char encrypted[] = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAQID\n"
					"-----END ENCRYPTED PRIVATE KEY-----\n";
	struct party keyless = pki_leaf("CN=keyless", NULL, &middle);
	const struct party *parties[] = { &keyless };
	struct credential *credential = NULL;
	struct diag diag = { "" };
	(void)state;
	private_key_unref(keyless.key);
	keyless.key = NULL;
	assert_int_equal(load(parties, 1, NULL, NULL, &credential, &diag), RC_NOT_FOUND);
	assert_says(diag, "ipsec import");
	assert_int_equal(load(parties, 1, encrypted, NULL, &credential, &diag), RC_AUTH_FAILED);
	assert_says(diag, "is encrypted");
	assert_int_equal(load(NULL, 0, pkcs8, NULL, &credential, &diag), RC_NOT_FOUND);
	assert_says(diag, "holds no certificate");
	pki_free(&keyless);
}

static void lack_of_memory_never_gives_half_a_credential(void **state)
{
	const struct party *parties[] = { &gw, &middle };
	struct credential *credential = NULL;
	enum rc rc = RC_NO_MEMORY;
	char path[32];
	(void)state;
	make_file(path, parties, 2, pkcs8);
	for (uint64_t nth = 1; rc != RC_OK && nth < 200; nth++) {
		mem_fail_nth(nth);
		rc = x509_credential_load(path, NULL, NULL, trust, &credential, NULL);
		mem_fail_nth(0);
		assert_true(rc == RC_OK || (rc == RC_NO_MEMORY && credential == NULL));
	}
	unlink(path);
	assert_int_equal(rc, RC_OK);
	credential_unref(credential);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(certificate_chain_and_key_may_be_in_one_file),
		cmocka_unit_test(the_order_in_a_file_does_not_matter),
		cmocka_unit_test(of_several_certificates_of_the_key_the_one_valid_longest_is_ours),
		cmocka_unit_test(the_key_may_be_in_a_file_of_its_own),
		cmocka_unit_test(a_key_of_another_certificate_is_refused),
		cmocka_unit_test(a_missing_or_encrypted_key_is_told_with_what_helps),
		cmocka_unit_test(lack_of_memory_never_gives_half_a_credential),
	};
	return cmocka_run_group_tests(tests, parties_make, parties_free);
}
