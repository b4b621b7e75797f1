/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs of `ipsec` about keys and certificates: processes, files, NSS databases. */
#include "exchange/command.h"
#include "unit/x509/key_texts.h"

static void write_conf(struct scene *scene, const char *id)
{
	char text[600];
	int len = snprintf(text, sizeof(text),
			   "conn t\n\tleft=127.0.0.1\n\tright=192.0.2.9\n\tleftcert=west\n"
			   "\tleftid=%s\n\trightid=@east.example\n\tleftauth=ecdsa\n"
			   "\trightauth=ecdsa\n",
			   id);
	write_file(scene, "t.conf", text, (size_t)len);
}

static int begin(void **state)
{
	if (scene_open(state) != 0)
		return -1;
	write_conf(*state, "@west.example");
	return 0;
}

/* A CA and a certificate on "a", another one in east.p12. */
static void make_certificates(struct scene *scene)
{
	ipsec(scene, "a", "", "newca", NULL);
	expect(scene, 0, "CA \"Private CA\"");
	ipsec(scene, "a", "", "newcert", "--name", "west", "--san", "@west.example", NULL);
	expect(scene, 0, "may call itself @west.example");
	ipsec(scene, "a", "secret\n", "newcert", "--name", "east", "--san", "@east.example",
	      "--export", "east.p12", NULL);
	expect(scene, 0, "east.p12 holds it");
}

static void two_hosts_get_certificates_of_a_private_ca(void **state)
{
	struct scene *scene = *state;

	make_certificates(scene);
	ipsec(scene, "a", "", "list", "certs", NULL);
	expect(scene, 0, "\"west\"");
	assert_null(strstr(scene->output, "\"east\"")); /* its key is the other host's alone */
	ipsec(scene, "a", "", "check", "t", NULL);
	expect(scene, 0, "t: 0 failures, 0 warnings");
	expect(scene, 0, "west names nobody who says whether it is revoked");
	expect(scene, 0, "the daemon does not run");
	ipsec(scene, "b", "secret\n", "import", "east.p12", NULL);
	expect(scene, 0, "with its private key");
	expect(scene, 0, "trusted: peers with certificates of it are accepted");
	ipsec(scene, "b", "", "list", "cacerts", "--json", NULL);
	expect(scene, 0, "\"trusted\":true,\"private_key\":false");
	ipsec(scene, "b", "secret\n", "import", "east.p12", NULL);
	expect(scene, 0, "(was there already)");
}

/* Where a CA of the configuration is from. */
static void cas_of_the_configuration_are_listed(void **state)
{
	static const char conf[] = "ca office\n\tcacert=Private CA\n\tauto=add\n"
				   "ca gone\n\tcacert=gone.pem\n\tauto=add\n";
	struct scene *scene = *state;

	make_certificates(scene);
	write_file(scene, "t.conf", conf, sizeof(conf) - 1);
	ipsec(scene, "a", "", "list", "cacerts", NULL);
	expect(scene, 0, "from     Private CA (ca office in t.conf:1)");
	expect(scene, 0,
	       "t.conf:4: ca gone is not trusted: there is neither a certificate "
	       "\"gone.pem\" in the NSS database nor a file ./ipsec.d/cacerts/gone.pem");
	ipsec(scene, "a", "", "list", "cacerts", "--json", NULL);
	expect(scene, 0, "\"from\":\"Private CA (ca office in t.conf:1)\"");
	write_conf(scene, "@west.example");
}

/* What its ca section says is what the daemon asks. */
static void a_check_names_the_places_of_a_ca_section(void **state)
{
	static const char conf[] =
		"ca office\n\tcacert=Private CA\n\tcrluri=http://crl.example/a.crl\n"
		"\tocspuri=http://ocsp.example/\n\tocspuri2=http://ocsp2.example/\n\tauto=add\n"
		"conn t\n\tleft=127.0.0.1\n\tright=192.0.2.9\n\tleftcert=west\n"
		"\tleftid=@west.example\n\trightid=@east.example\n\tleftauth=ecdsa\n"
		"\trightauth=ecdsa\n";
	struct scene *scene = *state;

	make_certificates(scene);
	write_file(scene, "t.conf", conf, sizeof(conf) - 1);
	ipsec(scene, "a", "", "check", "t", NULL);
	expect(scene, 0,
	       "west has somebody who says whether it is revoked: OCSP (ca section) "
	       "http://ocsp.example/, OCSP (ca section) http://ocsp2.example/, CRL (ca section) "
	       "http://crl.example/a.crl");
	write_conf(scene, "@west.example");
}

static void what_exists_is_not_made_again(void **state)
{
	struct scene *scene = *state;

	make_certificates(scene);
	ipsec(scene, "a", "", "newca", NULL);
	expect(scene, 1, "there is a certificate \"Private CA\" already (CN=Private CA, valid");
	ipsec(scene, "a", "secret\n", "newcert", "--name", "x", "--export", "east.p12", NULL);
	expect(scene, 1, "it is not overwritten");
	ipsec(scene, "a", "", "newcert", "--name", "x", "--ca", "y", NULL);
	expect(scene, 4, "no CA \"y\"");
	ipsec(scene, "b", "", "newcert", "--name", "x", NULL);
	expect(scene, 4, "\"ipsec newca\" makes one");
	ipsec(scene, "a", "", "newcert", "--name", "x", "--san", "CN=x", NULL);
	expect(scene, 2, "--san CN=x: expected");
}

static void a_check_tells_what_is_wrong_and_what_to_do(void **state)
{
	struct scene *scene = *state;

	ipsec(scene, "c", "", "initnss", NULL);
	expect(scene, 0, "a new NSS database");
	ipsec(scene, "c", "", "check", "t", NULL);
	expect(scene, 1, "no certificate \"west\"");
	expect(scene, 1, "no CA is trusted here");
	ipsec(scene, "c", "", "newca", "--name", "c", NULL);
	ipsec(scene, "c", "", "newcert", "--name", "west", "--san", "@west.example", "--days", "9",
	      NULL);
	ipsec(scene, "c", "", "check", "t", NULL);
	expect(scene, 0, "WARN");
	expect(scene, 0, "renew it");
	write_conf(scene, "@other.example");
	ipsec(scene, "c", "", "check", "t", NULL);
	expect(scene, 1, "our identity @other.example does not stand in the certificate");
	expect(scene, 1, "@west.example");
	ipsec(scene, "c", "", "check", "nobody", NULL);
	expect(scene, 4, "no conn \"nobody\"");
}

static void make_folder(struct scene *scene, const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", scene->dir, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void put(struct scene *scene, const char *name, const char *text)
{
	char path[160];

	write_file(scene, name, text, strlen(text));
	(void)snprintf(path, sizeof(path), "%s/%s", scene->dir, name);
	assert_int_equal(chmod(path, 0600), 0);
}

/* Where certificate and key are, and what is missing. */
static void files_of_strongswans_layout_are_checked_and_listed(void **state)
{
	static const char conf[] = "config setup\n\tsecretsfile=t.secrets\n"
				   "conn t\n\tleft=127.0.0.1\n\tright=192.0.2.9\n"
				   "\tleftcert=gwCert.pem\n\tleftid=%fromcert\n"
				   "\tleftauth=ecdsa\n\trightauth=ecdsa\n";
	struct scene *scene = *state;

	make_folder(scene, "ipsec.d");
	make_folder(scene, "ipsec.d/certs");
	make_folder(scene, "ipsec.d/private");
	put(scene, "t.conf", conf);
	put(scene, "t.secrets", ": ECDSA gwKey.pem\n");
	ipsec(scene, "d", "", "initnss", NULL);
	ipsec(scene, "d", "", "check", "t", NULL);
	expect(scene, 1, "no file of that name in ipsec.d/certs");
	put(scene, "ipsec.d/certs/gwCert.pem", key_certificate);
	put(scene, "ipsec.d/private/gwKey.pem", key_aes128);
	ipsec(scene, "d", "", "check", "t", NULL);
	expect(scene, 1, "t.secrets:1: warning: the ECDSA entry is not used: the key in ");
	expect(scene, 1, "no key fits the certificate");
	ipsec(scene, "d", "", "list", "certs", NULL);
	expect(scene, 0, "ipsec.d/certs/gwCert.pem\n");
	expect(scene, 0, "no private key here");
	put(scene, "t.secrets", ": ECDSA gwKey.pem \"sesame\"\n");
	ipsec(scene, "d", "", "check", "t", NULL);
	expect(scene, 1, "ipsec.d/certs/gwCert.pem, and its private key in ");
	expect(scene, 1, "signs as authby= says");
	ipsec(scene, "d", "", "list", "certs", "--json", NULL);
	expect(scene, 0, "\"private_key\":true");
	expect(scene, 0, "ipsec.d/private/gwKey.pem\"");
	write_conf(scene, "@west.example");
}

static void an_encrypted_key_is_imported_with_its_passphrase(void **state)
{
	struct scene *scene = *state;

	put(scene, "gw.pem", key_certificate);
	put(scene, "gw.key", key_des3);
	ipsec(scene, "e", "", "initnss", NULL);
	ipsec(scene, "e", "Sesame\n", "import", "gw.pem", "gw.key", NULL);
	expect(scene, 1, "gw.key: the private key: the passphrase is wrong");
	ipsec(scene, "e", "", "list", "pubkeys", NULL);
	assert_null(strstr(scene->output, "ckaid"));
	ipsec(scene, "e", "sesame\n", "import", "gw.pem", "gw.key", NULL);
	expect(scene, 0, "with its private key");
	ipsec(scene, "e", "", "list", "pubkeys", NULL);
	expect(scene, 0, "ckaid");
}

static void hostile_files_change_nothing(void **state)
{
	struct scene *scene = *state;
	char path[160], *large = calloc(1, 9 << 20);
	char half[300];
	FILE *file;

	assert_non_null(large);
	make_certificates(scene);
	ipsec(scene, "b", "wrong\n", "import", "east.p12", NULL);
	expect(scene, 1, "password of the PKCS#12 file is wrong");
	ipsec(scene, "b", "", "import", "east.p12", NULL);
	expect(scene, 1, "--password-file");
	(void)snprintf(path, sizeof(path), "%s/east.p12", scene->dir);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fread(half, 1, sizeof(half), file), sizeof(half));
	(void)fclose(file);
	write_file(scene, "half.p12", half, sizeof(half));
	write_file(scene, "large", large, 9 << 20);
	write_file(scene, "text", "hello\n", 6);
	write_file(scene, "pem", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
		   59);
	(void)snprintf(path, sizeof(path), "%s/fifo", scene->dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	ipsec(scene, "b", "secret\n", "import", "half.p12", NULL);
	expect(scene, 1, "half.p12");
	ipsec(scene, "b", "", "import", "large", NULL);
	expect(scene, 1, "at most");
	ipsec(scene, "b", "", "import", "fifo", NULL);
	expect(scene, 1, "fifo is not a file");
	ipsec(scene, "b", "", "import", ".", NULL);
	expect(scene, 1, "none of the folders cacerts");
	ipsec(scene, "b", "", "import", "nothing", NULL);
	expect(scene, 1, "No such file");
	ipsec(scene, "b", "", "import", "text", NULL);
	expect(scene, 1, "neither");
	ipsec(scene, "b", "secret\n", "import", "east.p12", "pem", NULL);
	expect(scene, 1, "pem");
	ipsec(scene, "b", "", "list", "certs", NULL);
	expect(scene, 0, "none");
	free(large);
}

static void raw_keys_are_made_and_shown(void **state)
{
	struct scene *scene = *state;

	ipsec(scene, "a", "", "initnss", NULL);
	ipsec(scene, "a", "", "showhostkey", "--left", NULL);
	expect(scene, 4, "\"ipsec newhostkey\" makes one");
	ipsec(scene, "a", "", "newhostkey", "--name", "one", NULL);
	expect(scene, 0, "leftckaid=");
	ipsec(scene, "a", "", "newhostkey", "--name", "two", "--bits", "2048", NULL);
	expect(scene, 0, "RSA key of 2048 bits");
	ipsec(scene, "a", "", "showhostkey", "--left", "--name", "one", NULL);
	expect(scene, 0, "leftpubkey=0sMFkwEwYH");
	ipsec(scene, "a", "", "showhostkey", "--right", "--name", "two", NULL);
	expect(scene, 0, "rightrsasigkey=0sAwEAA");
	ipsec(scene, "a", "", "showhostkey", "--ipseckey", "--name", "two", NULL);
	expect(scene, 0, "IN IPSECKEY 10 0 2 . AwEAA");
	ipsec(scene, "a", "", "showhostkey", "--list", NULL);
	expect(scene, 0, "keyid: two");
	ipsec(scene, "a", "", "showhostkey", "--left", NULL);
	expect(scene, 2, "--ckaid or --name says which");
	ipsec(scene, "a", "", "newhostkey", "--bits", "1024", NULL);
	expect(scene, 2, "expected 2048 to");
}

/* A list of its own CA, and one of somebody of the same name. */
static void write_list(struct scene *scene, const char *file, const struct authority *ca,
		       int64_t made)
{
	struct x509_revoked entry = { span_make((const uint8_t *)"\x07", 1), made - 60, 1 };
	struct x509_issue_crl crl = { .issuer = ca->certificate,
				      .issuer_key = ca->key,
				      .scheme = authority_scheme(ca->key),
				      .revoked = &entry,
				      .count = 1,
				      .this_update = made,
				      .next_update = made + 3600,
				      .number = 1 };
	struct span der = SPAN_NONE;
	struct diag diag = { "" };
	struct arena arena;

	arena_init(&arena, 1u << 20);
	if (x509_issue_crl(&crl, &arena, &der, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	write_file(scene, file, (const char *)der.ptr, der.len);
	arena_free(&arena);
}

static void lists_of_revoked_certificates_are_imported(void **state)
{
	struct scene *scene = *state;
	struct authority ca, impostor;
	struct diag diag = { "" };
	int64_t now = time(NULL);

	assert_int_equal(crypto_open(NULL, false, &diag), RC_OK);
	authority_new(&ca, NULL, "CN=Lister", now);
	authority_new(&impostor, NULL, "CN=Lister", now);
	write_list(scene, "now.crl", &ca, now - 60);
	write_list(scene, "old.crl", &ca, now - 7200);
	write_list(scene, "false.crl", &impostor, now);
	write_file(scene, "ca.der", (const char *)certificate_der(ca.certificate).ptr,
		   certificate_der(ca.certificate).len);
	ipsec(scene, "a", "", "initnss", NULL);
	ipsec(scene, "a", "", "import", "now.crl", NULL);
	expect(scene, 1,
	       "now.crl: the CRL: its issuer, \"CN=Lister\", is no CA of the NSS database; import "
	       "that first");
	ipsec(scene, "a", "", "import", "--ca", "ca.der", "old.crl", NULL);
	expect(scene, 0, "CRL of CN=Lister: made ");
	expect(scene, 0, "1 revoked\n  it is out of date");
	ipsec(scene, "a", "", "import", "false.crl", NULL);
	expect(scene, 1, "false.crl: the CRL: its signature is not made by the key of");
	ipsec(scene, "a", "", "import", "now.crl", NULL);
	expect(scene, 0, "1 revoked\n");
	assert_null(strstr(scene->output, "out of date"));
	ipsec(scene, "a", "", "import", "old.crl", NULL);
	expect(scene, 0, "(not taken: it was there already, or a newer one is)");
	authority_free(&ca);
	authority_free(&impostor);
	crypto_close();
}

/* Where the conn is another host's, nothing that is found is of any use. */
static void a_conn_of_other_hosts_is_told_as_that(void **state)
{
	static const char conf[] = "conn t\n\tleft=198.51.100.77\n\tright=198.51.100.78\n"
				   "\tauthby=secret\n\tauto=add\n";
	struct scene *scene = *state;

	ipsec(scene, "a", "", "initnss", NULL);
	write_file(scene, "t.conf", conf, sizeof(conf) - 1);
	ipsec(scene, "a", "", "check", "t", NULL);
	expect(scene, 0, "neither left= nor right= is an address of this host");
	assert_null(strstr(scene->output, "left is this host"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_conn_of_other_hosts_is_told_as_that, begin,
						scene_close),
		cmocka_unit_test_setup_teardown(two_hosts_get_certificates_of_a_private_ca, begin,
						scene_close),
		cmocka_unit_test_setup_teardown(cas_of_the_configuration_are_listed, begin,
						scene_close),
		cmocka_unit_test_setup_teardown(a_check_names_the_places_of_a_ca_section, begin,
						scene_close),
		cmocka_unit_test_setup_teardown(what_exists_is_not_made_again, begin, scene_close),
		cmocka_unit_test_setup_teardown(a_check_tells_what_is_wrong_and_what_to_do, begin,
						scene_close),
		cmocka_unit_test_setup_teardown(files_of_strongswans_layout_are_checked_and_listed,
						begin, scene_close),
		cmocka_unit_test_setup_teardown(an_encrypted_key_is_imported_with_its_passphrase,
						scene_open, scene_close),
		cmocka_unit_test_setup_teardown(hostile_files_change_nothing, begin, scene_close),
		cmocka_unit_test_setup_teardown(lists_of_revoked_certificates_are_imported, begin,
						scene_close),
		cmocka_unit_test_setup_teardown(raw_keys_are_made_and_shown, begin, scene_close),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
