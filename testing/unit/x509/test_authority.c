/* SPDX-License-Identifier: Apache-2.0 */
/* CAs of ca sections, from files and from the database. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "config/config.h"
#include "x509/store.h"
#include "x509_test.h"

struct layout {
	char folder[32], file[128]; /* file: in ipsec.d/cacerts */
	struct config_ca ca;
	struct config config;
	struct config_errors errors;
	struct x509_trust *trust;
	struct diag diag;
};

static void make_folder(struct layout *l, const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof(path), "%s%s", l->folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void remove_folder(struct layout *l, const char *name)
{
	char path[128];
	(void)snprintf(path, sizeof(path), "%s%s", l->folder, name);
	assert_int_equal(rmdir(path), 0);
}

static void write_file(const char *path, struct span bytes)
{
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
	assert_int_equal(fclose(file), 0);
}

/* A configuration with one ca section, and this in ipsec.d/cacerts/office.der (NULL: nothing). */
static void begin(struct layout *l, const char *cacert, const struct certificate *certificate)
{
	*l = (struct layout){ .folder = "/tmp/vanth-ca-XXXXXX" };
	assert_non_null(mkdtemp(l->folder));
	l->folder[strlen(l->folder)] = '/';
	make_folder(l, "ipsec.d");
	make_folder(l, "ipsec.d/cacerts");
	(void)snprintf(l->file, sizeof(l->file), "%sipsec.d/cacerts/office.der", l->folder);
	if (certificate != NULL)
		write_file(l->file, certificate_der(certificate));
	l->ca = (struct config_ca){ .name = (char *)"office",
				    .cacert = (char *)(uintptr_t)cacert,
				    .crl_uris = { NULL, (char *)"http://crl.example/" },
				    .ocsp_uris = { NULL, (char *)"http://ocsp.example/" },
				    .file = "ipsec.conf",
				    .line = 7,
				    .load = 1 };
	l->config = (struct config){ .cas = &l->ca, .ca_count = 1, .folder = l->folder };
	config_errors_init(&l->errors);
	assert_int_equal(x509_trust_load_with(&l->config, &l->errors, &l->trust, &l->diag), RC_OK);
}

static void end(struct layout *l)
{
	(void)unlink(l->file);
	remove_folder(l, "ipsec.d/cacerts");
	remove_folder(l, "ipsec.d");
	remove_folder(l, "");
	x509_trust_unref(l->trust);
	config_errors_free(&l->errors);
}

static void assert_warns(struct layout *l, const char *words)
{
	char text[700] = "";
	assert_int_equal(l->errors.warnings, 1);
	assert_int_equal(l->errors.errors, 0);
	(void)config_error_text(container_of(l->errors.list.next, struct config_error, in_list),
				text, sizeof(text));
	if (strstr(text, words) == NULL)
		fail_msg("\"%s\" says nothing of \"%s\"", text, words);
}

static void a_bare_name_is_a_file_of_the_layout_and_an_anchor(void **state)
{
	struct party root = pki_root("CN=office"), peer = pki_leaf("CN=peer", "a.example", &root);
	const struct party *sent[] = { &peer };
	struct layout l;
	(void)state;
	begin(&l, "office.der", root.certificate);
	assert_int_equal(l.errors.warnings, 0);
	assert_int_equal(x509_trust_count(l.trust), 1);
	assert_true(x509_trust_at(l.trust, 0)->trusted);
	assert_string_equal(x509_trust_at(l.trust, 0)->nickname, "office.der");
	if (pki_verify(l.trust, sent, 1, &l.diag) != RC_OK)
		fail_msg("%s", l.diag.text);
	end(&l);
	pki_free(&peer);
	pki_free(&root);
}

static void its_places_are_those_of_this_ca_only(void **state)
{
	struct party root = pki_root("CN=office"), other = pki_root("CN=office");
	const struct x509_points *points;
	struct layout l;
	(void)state;
	begin(&l, "office.der", root.certificate);
	points = x509_trust_points(l.trust, root.certificate);
	assert_non_null(points);
	assert_null(points->crls[0]);
	assert_string_equal(points->crls[1], "http://crl.example/");
	assert_null(points->ocsps[0]);
	assert_string_equal(points->ocsps[1], "http://ocsp.example/");
	assert_null(x509_trust_points(l.trust, other.certificate)); /* the name alone is not it */
	end(&l);
	pki_free(&other);
	pki_free(&root);
}

static void a_missing_file_is_a_warning_that_names_file_and_section(void **state)
{
	struct layout l;
	(void)state;
	begin(&l, "office.der", NULL);
	assert_int_equal(x509_trust_count(l.trust), 0);
	assert_warns(&l, "ipsec.conf:7: warning: ca office is not trusted: ");
	assert_warns(&l, "ipsec.d/cacerts/office.der");
	end(&l);
	begin(&l, "/nonexistent/a.pem", NULL);
	assert_warns(&l, "/nonexistent/a.pem: No such file");
	end(&l);
}

static void what_is_no_ca_or_no_certificate_is_a_warning(void **state)
{
	struct party root = pki_root("CN=office"), peer = pki_leaf("CN=peer", "a.example", &root);
	struct layout l;
	(void)state;
	begin(&l, "office.der", peer.certificate);
	assert_int_equal(x509_trust_count(l.trust), 0);
	assert_warns(&l, "\"CN=peer\"");
	assert_warns(&l, "is no CA");
	write_file(l.file, span_make("rubbish", 7));
	config_errors_free(&l.errors);
	x509_trust_unref(l.trust);
	assert_int_equal(x509_trust_load_with(&l.config, &l.errors, &l.trust, &l.diag), RC_OK);
	assert_warns(&l, "office.der");
	end(&l);
	pki_free(&peer);
	pki_free(&root);
}

/* Whose certificate the database has, without trust, is trusted by the section. */
static void a_nickname_of_the_database_comes_first(void **state)
{
	struct party root = pki_root("CN=known"), file = pki_root("CN=file");
	char from[200];
	struct certificate *found;
	struct layout l;
	struct diag diag = { "" };
	(void)state;
	if (store_add(root.certificate, "office.der", false, NULL, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	begin(&l, "office.der", file.certificate);
	assert_int_equal(x509_trust_count(l.trust), 1);
	assert_true(x509_trust_at(l.trust, 0)->trusted);
	assert_true(span_equal(certificate_der(x509_trust_at(l.trust, 0)->certificate),
			       certificate_der(root.certificate)));
	assert_int_equal(x509_authority_load(&l.config, &l.ca, &found, from, sizeof(from), &diag),
			 RC_OK);
	assert_string_equal(from, "office.der");
	certificate_unref(found);
	l.ca.cacert = l.file;
	assert_int_equal(x509_authority_load(&l.config, &l.ca, &found, from, sizeof(from), &diag),
			 RC_OK);
	assert_string_equal(from, l.file);
	certificate_unref(found);
	end(&l);
	pki_free(&file);
	pki_free(&root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bare_name_is_a_file_of_the_layout_and_an_anchor),
		cmocka_unit_test(its_places_are_those_of_this_ca_only),
		cmocka_unit_test(a_missing_file_is_a_warning_that_names_file_and_section),
		cmocka_unit_test(what_is_no_ca_or_no_certificate_is_a_warning),
		cmocka_unit_test(a_nickname_of_the_database_comes_first),
	};
	return cmocka_run_group_tests(tests, pki_database_open, pki_database_close);
}
