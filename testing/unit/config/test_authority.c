/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>
#include "config_test.h"

static void a_ca_is_read_with_all_that_it_says(void **state)
{
	const struct config_ca *ca;
	struct loaded l;
	(void)state;
	load_text(&l, "ca office\n cacert=officeCA.pem\n crluri=http://crl.example/a.crl\n"
		      " crluri2=HTTP://crl2.example/a.crl\n ocspuri1=http://ocsp.example:8880\n"
		      " ocspuri2=http://ocsp2.example/\n auto=add\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->ca_count, 1);
	ca = &l.config->cas[0];
	assert_string_equal(ca->name, "office");
	assert_string_equal(ca->cacert, "officeCA.pem");
	assert_string_equal(ca->crl_uris[0], "http://crl.example/a.crl");
	assert_string_equal(ca->crl_uris[1], "HTTP://crl2.example/a.crl");
	assert_string_equal(ca->ocsp_uris[0], "http://ocsp.example:8880");
	assert_string_equal(ca->ocsp_uris[1], "http://ocsp2.example/");
	assert_string_equal(ca->file, "t.conf");
	assert_int_equal(ca->line, 1);
	assert_null(l.config->folder);
	unload(&l);
}

static void cas_take_from_others_and_from_their_own_default(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, "ca base\n ocspuri=http://ocsp.example/\n"
		      "ca %default\n crluri=http://crl.example/\n auto=add\n cacert=d\n"
		      "ca a\n also=base\n cacert=a\n"
		      "ca b\n also=a\n crluri=http://b.example/\n"
		      "conn %default\n auto=ignore\n"
		      "conn a\n left=192.0.2.1\n right=192.0.2.2\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->ca_count, 3);
	assert_string_equal(l.config->cas[0].cacert, "d");
	assert_string_equal(l.config->cas[1].cacert, "a");
	assert_string_equal(l.config->cas[1].ocsp_uris[0], "http://ocsp.example/");
	assert_string_equal(l.config->cas[1].crl_uris[0], "http://crl.example/");
	assert_string_equal(l.config->cas[2].cacert, "a");
	assert_string_equal(l.config->cas[2].ocsp_uris[0], "http://ocsp.example/");
	assert_string_equal(l.config->cas[2].crl_uris[0], "http://b.example/");
	assert_int_equal(l.config->conn_count, 1);
	unload(&l);
}

static void a_ca_that_is_not_added_is_told_unless_others_use_it(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, "ca a\n cacert=a\nca b\n cacert=b\nca c\n also=b\n auto=add\n");
	assert_string_equal(l.report, "t.conf:1:4: warning: ca a is not trusted: write auto=add\n");
	assert_int_equal(l.config->ca_count, 1);
	assert_string_equal(l.config->cas[0].name, "c");
	assert_string_equal(l.config->cas[0].cacert, "b");
	unload(&l);
}

static void what_is_wrong_in_a_ca_is_told(void **state)
{
	(void)state;
	assert_fails("ca a\n auto=add\n",
		     "t.conf:1:4: ca a has no cacert=: write the file of its certificate, or its "
		     "nickname in the NSS database\n");
	assert_fails("ca a\n auto=add\n cacert=a\n crluri=ldap://ldap.example/a\n",
		     "t.conf:4:9: crluri=: CRLs are fetched by http only, not "
		     "ldap://ldap.example/a\n");
	assert_fails("ca a\n auto=add\n cacert=a\n ocspuri=https://ocsp.example/\n",
		     "t.conf:4:10: ocspuri=: responders are asked by http only, not "
		     "https://ocsp.example/\n");
	assert_fails("ca a\n auto=add\n cacert=a\n crluri=http://\n",
		     "t.conf:4:9: crluri=: \"http://\" is no URL (write http://host/file, at most "
		     "1000 characters)\n");
	assert_fails("ca a\n auto=start\n cacert=a\n",
		     "t.conf:2:7: auto=: unknown value \"start\" (known: ignore, add)\n");
	assert_fails("ca a\n cacret=a\n auto=add\n cacert=a\n",
		     "t.conf:2:2: unknown keyword \"cacret\" (did you mean \"cacert\"?)\n");
	assert_fails("ca a\n left=192.0.2.1\n auto=add\n cacert=a\n",
		     "t.conf:2:2: unknown keyword \"left\" (it belongs in a conn section)\n");
	assert_fails("conn a\n left=192.0.2.1\n right=192.0.2.2\n cacert=a\n",
		     "t.conf:4:2: unknown keyword \"cacert\" (it belongs in a ca section)\n");
	assert_fails("ca a\n also=b\n auto=add\n cacert=a\nconn b\n auto=ignore\n",
		     "t.conf:5:6: warning: conn b is not loaded: it has no left= and right=, and "
		     "no also= names it\nt.conf:2:7: also=: there is no ca \"b\"\n");
	assert_fails("ca a\n auto=add\n cacert=a\nca a\n cacert=b\n",
		     "t.conf:4:4: ca a is there already, in t.conf:1: names must differ\n");
}

static void other_keywords_of_a_ca_are_ignored_with_a_word(void **state)
{
	(void)state;
	assert_loads("ca a\n cacert=a\n auto=add\n certuribase=http://certs.example/\n",
		     "t.conf:4:14: warning: certuribase=: ignored: certificates are sent whole, "
		     "never as a hash and a URL\n");
}

/* A bare name stands for a file beside the configuration. */
static void the_folder_of_the_first_file_is_known(void **state)
{
	char folder[] = "/tmp/vanth-authority-XXXXXX", path[80], with_slash[80];
	struct config_errors errors;
	struct config *config;
	FILE *file;
	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/ipsec.conf", folder);

	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs("# nothing\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	config_errors_init(&errors);
	assert_int_equal(config_load(path, &config, &errors), RC_OK);
	snprintf(with_slash, sizeof(with_slash), "%s/", folder);
	assert_string_equal(config->folder, with_slash);
	config_unref(config);
	config_errors_free(&errors);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ca_is_read_with_all_that_it_says),
		cmocka_unit_test(cas_take_from_others_and_from_their_own_default),
		cmocka_unit_test(a_ca_that_is_not_added_is_told_unless_others_use_it),
		cmocka_unit_test(what_is_wrong_in_a_ca_is_told),
		cmocka_unit_test(other_keywords_of_a_ca_are_ignored_with_a_word),
		cmocka_unit_test(the_folder_of_the_first_file_is_known),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
