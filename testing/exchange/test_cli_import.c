/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec import of a folder: strongSwan's ipsec.d into an NSS database. */
#include "exchange/command.h"
#include "unit/x509/key_texts.h"
#include "unit/x509/pkcs12_files.h"
#include "x509/pem.h"

struct swan {
	struct authority ca, other;
	struct private_key *key; /* of moonKey.pem */
	struct certificate *moon;
	int64_t now;
};

static void make_folders(struct scene *scene)
{
	static const char *const parts[] = { "ipsec.d", "ipsec.d/cacerts", "ipsec.d/certs",
					     "ipsec.d/private", "ipsec.d/crls" };
	char path[160];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", scene->dir, parts[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
}

static void write_text(struct scene *scene, const char *name, const char *text)
{
	char path[200];

	write_file(scene, name, text, strlen(text));
	(void)snprintf(path, sizeof(path), "%s/%s", scene->dir, name);
	assert_int_equal(chmod(path, 0600), 0);
}

static void write_certificate(struct scene *scene, const char *name,
			      const struct certificate *certificate)
{
	struct span der = certificate_der(certificate);

	write_file(scene, name, (const char *)der.ptr, der.len);
}

static void write_hex(struct scene *scene, const char *name, const char *hex)
{
	char bytes[4096];
	size_t len = strlen(hex) / 2;
	unsigned byte;

	assert_true(len < sizeof(bytes));
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		bytes[i] = (char)byte;
	}
	write_file(scene, name, bytes, len);
}

static void write_crl(struct scene *scene, const char *file, const struct authority *ca,
		      int64_t made)
{
	struct x509_issue_crl crl = { .issuer = ca->certificate,
				      .issuer_key = ca->key,
				      .scheme = authority_scheme(ca->key),
				      .this_update = made,
				      .next_update = made + 3600,
				      .number = 1 };
	struct span der = SPAN_NONE;
	struct arena arena;

	arena_init(&arena, 1u << 20);
	assert_int_equal(x509_issue_crl(&crl, &arena, &der, NULL), RC_OK);
	write_file(scene, file, (const char *)der.ptr, der.len);
	arena_free(&arena);
}

static struct private_key *key_of(const char *text)
{
	struct span in = span_make(text, strlen(text));
	struct private_key *key = NULL;
	struct arena arena;
	struct pem pem;

	arena_init(&arena, 65536);
	assert_int_equal(pem_next(&in, &arena, &pem, NULL), RC_OK);
	assert_int_equal(private_key_import(pem.der, false, NULL, &key, NULL), RC_OK);
	arena_free(&arena);
	return key;
}

static void swan_open(struct scene *scene, struct swan *swan)
{
	struct wish wish = { .subject = "CN=moon", .name = "@moon.example" };
	struct diag diag = { "" };

	assert_int_equal(crypto_open(NULL, false, &diag), RC_OK);
	swan->now = time(NULL);
	authority_new(&swan->ca, NULL, "CN=Swan CA", swan->now);
	authority_new(&swan->other, NULL, "CN=Another CA", swan->now);
	swan->key = key_of(key_plain);
	swan->moon = authority_issue(&swan->ca, &wish, swan->key, swan->now);
	make_folders(scene);
	write_certificate(scene, "ipsec.d/cacerts/swanCert.der", swan->ca.certificate);
	write_certificate(scene, "ipsec.d/certs/moonCert.crt", swan->moon);
	write_text(scene, "ipsec.d/private/moonKey.pem", key_pbes2);
	write_text(scene, "ipsec.secrets",
		   ": ECDSA moonKey.pem \"sesame\"\n: P12 gw.p12 \"secret\"\n");
	write_crl(scene, "ipsec.d/crls/swan.crl", &swan->ca, swan->now - 60);
	write_hex(scene, "ipsec.d/private/gw.p12", p12_modern);
}

static void swan_close(struct swan *swan)
{
	certificate_unref(swan->moon);
	private_key_unref(swan->key);
	authority_free(&swan->ca);
	authority_free(&swan->other);
	crypto_close();
}

static void a_whole_layout_is_taken_over(void **state)
{
	struct scene *scene = *state;
	struct swan swan;

	swan_open(scene, &swan);
	ipsec(scene, "a", "", "import", "ipsec.d", NULL);
	expect(scene, 0, "cacerts/swanCert.der: imported \"swanCert\": CA, trusted\n");
	expect(scene, 0,
	       "certs/moonCert.crt: imported \"moonCert\": certificate, with the private key of "
	       "private/moonKey.pem\n");
	expect(scene, 0, "private/gw.p12: imported \"gw\": 3 certificates, with the private key\n");
	expect(scene, 0, "crls/swan.crl: imported: CRL of CN=Swan CA, 0 revoked\n");
	expect(scene, 0, "4 imported, 0 there already, 0 skipped, 0 failed\n");
	ipsec(scene, "a", "", "list", "certs", NULL);
	expect(scene, 0, "\"moonCert\"");
	expect(scene, 0, "its private key is here");
	expect(scene, 0, "\"gw\"");
	ipsec(scene, "a", "", "list", "cacerts", NULL);
	expect(scene, 0, "\"swanCert\"");
	expect(scene, 0, "\"p12 root\"");
	assert_ptr_equal(strstr(strstr(scene->output, "trust    trusted") + 1, "trust    trusted"),
			 NULL);				  /* the CAs of gw.p12 are not */
	ipsec(scene, "a", "", "import", "ipsec.d", NULL); /* twice: nothing is to do */
	expect(scene, 0, "0 imported, 4 there already, 0 skipped, 0 failed\n");
	swan_close(&swan);
}

static void what_is_there_stays_as_it_is(void **state)
{
	struct scene *scene = *state;
	struct wish wish = { .subject = "CN=somebody else" };
	struct certificate *other;
	struct swan swan;

	swan_open(scene, &swan);
	other = authority_issue(&swan.other, &wish, swan.other.key, swan.now);
	write_certificate(scene, "other.der", other);
	write_certificate(scene, "ca.der", swan.ca.certificate);
	ipsec(scene, "a", "", "import", "other.der", "--name", "moonCert", NULL);
	ipsec(scene, "a", "", "import", "ca.der", "--name", "mine", NULL);
	expect(scene, 0, "not trusted");
	ipsec(scene, "a", "", "import", "ipsec.d", NULL);
	expect(scene, 1,
	       "the nickname \"moonCert\" belongs to the certificate of CN=somebody else");
	expect(scene, 1,
	       "cacerts/swanCert.der: present \"mine\": it is there already, and not trusted");
	expect(scene, 1, "private/moonKey.pem: imported: private key, of no certificate in certs");
	expect(scene, 1, "3 imported, 1 there already, 0 skipped, 1 failed\n");
	ipsec(scene, "a", "", "list", "cacerts", NULL);
	assert_null(strstr(scene->output, "trust    trusted"));
	certificate_unref(other);
	swan_close(&swan);
}

static void bad_files_are_named_and_the_rest_goes_on(void **state)
{
	struct scene *scene = *state;
	struct swan swan;

	swan_open(scene, &swan);
	write_text(scene, "ipsec.secrets", ": P12 gw.p12 \"wrong\"\n");
	write_text(scene, "ipsec.d/certs/broken.pem",
		   "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
	write_text(scene, "ipsec.d/certs/empty.pem", "");
	write_text(scene, "ipsec.d/cacerts/README", "-----BEGIN CERTIFICATE-----\n");
	write_certificate(scene, "ipsec.d/cacerts/moon.pem", swan.moon);
	write_certificate(scene, "ipsec.d/cacerts/swan.old", swan.other.certificate);
	write_certificate(scene, "ipsec.d/private/cert.der", swan.moon);
	write_crl(scene, "ipsec.d/crls/other.crl", &swan.other, swan.now);
	ipsec(scene, "a", "", "import", "ipsec.d", NULL);
	expect(scene, 1, "private/moonKey.pem: the private key: the password is wrong");
	expect(scene, 1, ": RSA FILE");
	expect(scene, 1, "private/gw.p12: the password of the PKCS#12 file is wrong");
	expect(scene, 1, "certs/broken.pem: ");
	expect(scene, 1, "certs/empty.pem: ");
	expect(scene, 1, "cacerts/README: ");
	expect(scene, 1, "cacerts/moon.pem: it is no CA");
	expect(scene, 1, "cacerts/swan.old: skipped: its name ends with none of .pem");
	expect(scene, 1, "private/cert.der: skipped: there is no private key in it");
	expect(scene, 1, "crls/other.crl: its issuer, \"CN=Another CA\", is no CA");
	expect(scene, 1, "certs/moonCert.crt: imported \"moonCert\": certificate\n");
	expect(scene, 1, "3 imported, 0 there already, 2 skipped, 7 failed\n");
	write_text(scene, "ipsec.secrets", ": P12 gw.p12 \"secret\"\n");
	write_text(scene, "pass", "sesame\n");
	ipsec(scene, "a", "", "import", "--password-file", "pass", "ipsec.d", NULL);
	expect(scene, 1, "with the private key of private/moonKey.pem");
	expect(scene, 1, "private/gw.p12: imported \"gw\"");
	swan_close(&swan);
}

static void a_program_can_read_what_was_done(void **state)
{
	struct scene *scene = *state;
	struct swan swan;

	swan_open(scene, &swan);
	write_text(scene, "ipsec.d/certs/empty.pem", "");
	ipsec(scene, "a", "", "import", "--json", "ipsec.d", NULL);
	expect(scene, 1,
	       "{\"file\":\"cacerts/swanCert.der\",\"result\":\"imported\",\"nickname\":"
	       "\"swanCert\",\"text\":\"CA, trusted\"}\n");
	expect(scene, 1, "{\"file\":\"certs/empty.pem\",\"result\":\"failed\",");
	expect(scene, 1, "{\"imported\":4,\"present\":0,\"skipped\":0,\"failed\":1}\n");
	swan_close(&swan);
}

static void a_folder_is_imported_alone(void **state)
{
	struct scene *scene = *state;

	make_folders(scene);
	ipsec(scene, "a", "", "import", "ipsec.d", "--ca", NULL);
	expect(scene, 2, "ipsec.d is a folder: it is imported alone");
	ipsec(scene, "a", "", "import", "ipsec.d/certs", NULL);
	expect(scene, 1, "none of the folders cacerts, certs, private and crls");
	ipsec(scene, "a", "", "import", "ipsec.d", NULL);
	expect(scene, 0, "0 imported, 0 there already, 0 skipped, 0 failed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_whole_layout_is_taken_over, scene_open,
						scene_close),
		cmocka_unit_test_setup_teardown(what_is_there_stays_as_it_is, scene_open,
						scene_close),
		cmocka_unit_test_setup_teardown(bad_files_are_named_and_the_rest_goes_on,
						scene_open, scene_close),
		cmocka_unit_test_setup_teardown(a_program_can_read_what_was_done, scene_open,
						scene_close),
		cmocka_unit_test_setup_teardown(a_folder_is_imported_alone, scene_open,
						scene_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
