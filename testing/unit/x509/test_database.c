/* SPDX-License-Identifier: Apache-2.0 */
/* With a database of NSS's in a folder of its own. */
#include <cert.h>
#include <ftw.h>
#include <pk11pub.h>
#include <stdlib.h>
#include <unistd.h>
#include "x509/database.h"
#include "x509_test.h"

static char folder[] = "/tmp/vanth-x509-XXXXXX";

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static int database_open(void **state)
{
	struct diag diag = { "" };
	(void)state;
	if (mkdtemp(folder) == NULL || crypto_open(folder, true, &diag) != RC_OK) {
		print_error("%s\n", diag.text);
		return -1;
	}
	return pki_open(state); /* the same NSS once more */
}

static int database_close(void **state)
{
	pki_close(state);
	crypto_close();
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void import(const struct certificate *certificate, const char *nickname, const char *trust)
{
	PK11SlotInfo *slot = PK11_GetInternalKeySlot();
	SECItem der = { siBuffer, (unsigned char *)certificate_der(certificate).ptr,
			(unsigned)certificate_der(certificate).len };
	CERTCertificate *cert =
		CERT_NewTempCertificate(CERT_GetDefaultCertDB(), &der, NULL, PR_FALSE, PR_TRUE);
	CERTCertTrust flags = { 0, 0, 0 };
	assert_non_null(cert);
	assert_int_equal(PK11_ImportCert(slot, cert, CK_INVALID_HANDLE, nickname, PR_FALSE),
			 SECSuccess);
	assert_int_equal(CERT_DecodeTrustString(&flags, trust), SECSuccess);
	assert_int_equal(CERT_ChangeCertTrust(CERT_GetDefaultCertDB(), cert, &flags), SECSuccess);
	CERT_DestroyCertificate(cert);
	PK11_FreeSlot(slot);
}

static const struct x509_ca *ca_named(const struct x509_trust *trust, const char *nickname)
{
	const struct x509_ca *ca;
	for (size_t i = 0; (ca = x509_trust_at(trust, i)) != NULL; i++)
		if (strcmp(ca->nickname, nickname) == 0)
			return ca;
	return NULL;
}

static void trust_flags_make_anchors_and_cas_without_them_help(void **state)
{
	struct party root = pki_root("CN=root"), middle = pki_ca("CN=middle", &root);
	struct party client = pki_root("CN=client"), gw = pki_leaf("CN=gw", NULL, &middle);
	struct x509_trust *trust = NULL;
	struct diag diag = { "" };
	(void)state;
	import(root.certificate, "the root", "CT,,");
	import(middle.certificate, "the middle", ",,");
	import(client.certificate, "for clients", "T,,");
	import(gw.certificate, "a gateway", "u,,");
	assert_int_equal(x509_trust_load(&trust, &diag), RC_OK);
	assert_int_equal(x509_trust_count(trust), 3);
	assert_true(ca_named(trust, "the root")->trusted);
	assert_true(ca_named(trust, "for clients")->trusted);
	assert_false(ca_named(trust, "the middle")->trusted);
	assert_null(ca_named(trust, "a gateway"));
	assert_int_equal(pki_verify(trust, (const struct party *const[]){ &gw }, 1, &diag), RC_OK);
	x509_trust_unref(trust);
	pki_free(&gw);
	pki_free(&client);
	pki_free(&middle);
	pki_free(&root);
}

static void a_certificate_is_found_by_its_nickname(void **state)
{
	struct party old, renewed, *root = &(struct party){ .key = NULL };
	struct certificate *found = NULL;
	(void)state;
	*root = pki_root("CN=another root");
	old = pki_make((struct x509_issue){ .subject = "CN=renewed", .not_before = NOW - 9 * DAY },
		       root);
	renewed = pki_make((struct x509_issue){ .subject = "CN=renewed",
						.not_before = NOW - DAY,
						.not_after = NOW + 2 * YEAR },
			   root);
	import(renewed.certificate, "twice", "u,,");
	import(old.certificate, "twice", "u,,");
	assert_int_equal(database_find("twice", &found, NULL), RC_OK);
	assert_true(span_equal(certificate_der(found), certificate_der(renewed.certificate)));
	certificate_unref(found);
	assert_int_equal(database_find("nobody", &found, NULL), RC_NOT_FOUND);
	assert_null(found);
	pki_free(&old);
	pki_free(&renewed);
	pki_free(root);
}

static void a_credential_finds_key_and_chain_in_the_database(void **state)
{
	struct party root = pki_root("CN=chain root"), middle = pki_ca("CN=chain middle", &root);
	struct private_key *key = NULL;
	struct credential *credential = NULL;
	struct x509_trust *trust = NULL;
	struct diag diag = { "" };
	struct party gw = { .key = NULL };
	(void)state;
	assert_int_equal(private_key_generate(KEY_ECDSA_P256, 0, true, "own", 0, &key, &diag),
			 RC_OK);
	gw = pki_make((struct x509_issue){ .subject = "CN=own", .key = private_key_public(key) },
		      &middle);
	import(root.certificate, "chain root", "CT,,");
	import(middle.certificate, "chain middle", ",,");
	import(gw.certificate, "own", "u,,");
	assert_int_equal(x509_trust_load(&trust, &diag), RC_OK);
	if (x509_credential_load("own", NULL, NULL, trust, &credential, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_string_equal(credential->nickname, "own");
	assert_true(span_equal(certificate_der(credential->certificate),
			       certificate_der(gw.certificate)));
	assert_true(public_key_equal(private_key_public(credential->key), private_key_public(key)));
	assert_int_equal(credential->chain_count, 1); /* not the root */
	assert_true(span_equal(certificate_der(credential->chain[0]),
			       certificate_der(middle.certificate)));
	credential_unref(credential_ref(credential));
	credential_unref(credential);
	x509_trust_unref(trust);
	private_key_unref(key);
	pki_free(&gw);
	pki_free(&middle);
	pki_free(&root);
}

static void a_certificate_without_its_key_says_so(void **state)
{
	struct party gw = pki_leaf("CN=keyless", NULL, NULL);
	struct credential *credential = NULL;
	struct certificate *certificate = NULL;
	struct diag diag = { "" };
	(void)state;
	import(gw.certificate, "keyless", "P,,");
	private_key_unref(gw.key); /* it lived in this process only */
	gw.key = NULL;
	assert_int_equal(x509_credential_load("keyless", NULL, NULL, NULL, &credential, &diag),
			 RC_NOT_FOUND);
	assert_null(credential);
	assert_says(diag, "the private key of \"keyless\"");
	assert_says(diag, "ipsec import");
	assert_int_equal(x509_credential_load("no such", NULL, NULL, NULL, &credential, &diag),
			 RC_NOT_FOUND);
	assert_says(diag, "no certificate \"no such\" in the NSS database");
	/* a peer's certificate needs none */
	assert_int_equal(x509_certificate_load("keyless", &certificate, &diag), RC_OK);
	assert_true(span_equal(certificate_der(certificate), certificate_der(gw.certificate)));
	certificate_unref(certificate);
	pki_free(&gw);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trust_flags_make_anchors_and_cas_without_them_help),
		cmocka_unit_test(a_certificate_is_found_by_its_nickname),
		cmocka_unit_test(a_credential_finds_key_and_chain_in_the_database),
		cmocka_unit_test(a_certificate_without_its_key_says_so),
	};
	return cmocka_run_group_tests(tests, database_open, database_close);
}
