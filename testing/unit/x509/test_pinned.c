/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "x509/pinned.h"
#include "x509_test.h"

static struct diag diag;

static struct party lasting(const char *subject, int64_t from, int64_t to,
			    const struct party *issuer)
{
	return pki_make((struct x509_issue){ .subject = subject,
					     .not_before = NOW + from,
					     .not_after = NOW + to },
			issuer);
}

static void its_dates_count(void **state)
{
	struct party old = lasting("CN=old", -10 * DAY, -DAY, NULL);
	struct party early = lasting("CN=early", DAY, 10 * DAY, NULL);
	struct party good = lasting("CN=good", -DAY, DAY, NULL);

	(void)state;
	assert_int_equal(x509_pinned_dates(old.certificate, NOW, &diag), RC_AUTH_FAILED);
	assert_says(diag, "expired at");
	assert_int_equal(x509_pinned_dates(early.certificate, NOW, &diag), RC_AUTH_FAILED);
	assert_says(diag, "is not valid before");
	assert_int_equal(x509_pinned_dates(good.certificate, NOW, &diag), RC_OK);
	pki_free(&old);
	pki_free(&early);
	pki_free(&good);
}

static enum rc find(const struct party *pinned, const struct party *anchor,
		    const struct party *sent, unsigned *count)
{
	struct span ders[2] = { certificate_der(pinned->certificate), SPAN_NONE };
	struct x509_verify verify = { .trust = pki_trust(&anchor, 1), .ders = ders, .now = NOW };
	enum rc rc;

	if (sent != NULL)
		ders[1] = certificate_der(sent->certificate);
	verify.count = sent != NULL ? 2 : 0;
	diag.text[0] = '\0';
	rc = x509_pinned_path(pinned->certificate, &verify, &diag);
	assert_int_equal(verify.count, sent != NULL ? 2 : 0);
	*count = verify.path_count;
	x509_verify_wipe(&verify);
	x509_trust_unref(verify.trust);
	return rc;
}

/* With what the peer sends between, and without anything sent. */
static void its_path_leads_to_a_ca_that_is_trusted(void **state)
{
	struct party root = pki_root("CN=root"), between = pki_ca("CN=between", &root);
	struct party other = pki_root("CN=other");
	struct party near = pki_leaf("CN=near", "a.example", &root);
	struct party far = pki_leaf("CN=far", "b.example", &between);
	unsigned count;

	(void)state;
	assert_int_equal(find(&near, &root, NULL, &count), RC_OK);
	assert_int_equal(count, 2);
	assert_int_equal(find(&far, &root, &between, &count), RC_OK);
	assert_int_equal(count, 3);
	assert_int_equal(find(&far, &root, NULL, &count), RC_AUTH_FAILED);
	assert_int_equal(count, 0);
	assert_int_equal(find(&near, &other, NULL, &count), RC_AUTH_FAILED);
	assert_int_equal(count, 0);
	assert_true(diag.text[0] != '\0');
	pki_free(&far);
	pki_free(&near);
	pki_free(&between);
	pki_free(&other);
	pki_free(&root);
}

static void one_that_made_itself_has_nobody_to_ask(void **state)
{
	struct party root = pki_root("CN=root"), own = lasting("CN=own", -DAY, DAY, NULL);
	unsigned count;

	(void)state;
	assert_true(x509_is_self_issued(own.certificate));
	assert_int_equal(find(&own, &root, NULL, &count), RC_NOT_FOUND);
	assert_int_equal(count, 0);
	pki_free(&own);
	pki_free(&root);
}

static void write_der(const char *path, const struct certificate *certificate)
{
	struct span der = certificate_der(certificate);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(der.ptr, 1, der.len, file), der.len);
	assert_int_equal(fclose(file), 0);
}

/* Each once, with the conn that names it; what is not there is told when it is needed. */
static void a_configuration_with_old_certificates_is_warned_of(void **state)
{
	char path[] = "/tmp/vanth-pinned-XXXXXX", text[900];
	struct party old = lasting("CN=old", -10 * DAY, -DAY, NULL);
	struct config_conn a = { .name = (char *)"a", .file = "t.conf", .line = 3 };
	struct config_conn b = { .name = (char *)"b", .file = "t.conf", .line = 9 };
	struct config_conn *conns[] = { &a, &b };
	struct config config = { .conns = conns, .conn_count = 2 };
	struct config_errors errors;

	(void)state;
	assert_int_equal(close(mkstemp(path)), 0);
	write_der(path, old.certificate);
	a.right.cert = b.right.cert = path;
	b.left.cert = (char *)"/nowhere/to/be/found.pem";
	for (unsigned late = 0; late < 2; late++) {
		config_errors_init(&errors);
		x509_look_at_dates(&config, NULL, late == 1 ? NOW : NOW - 5 * DAY, &errors);
		assert_int_equal(errors.warnings, late);
		assert_int_equal(errors.errors, 0);
		if (late == 1)
			(void)config_error_text(
				container_of(errors.list.next, struct config_error, in_list), text,
				sizeof(text));
		config_errors_free(&errors);
	}
	if (strstr(text, "t.conf:3: warning: conn a: \"/tmp/vanth-pinned-") == NULL ||
	    strstr(text, "expired at") == NULL)
		fail_msg("%s", text);
	assert_int_equal(unlink(path), 0);
	pki_free(&old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(its_dates_count),
		cmocka_unit_test(its_path_leads_to_a_ca_that_is_trusted),
		cmocka_unit_test(one_that_made_itself_has_nobody_to_ask),
		cmocka_unit_test(a_configuration_with_old_certificates_is_warned_of),
	};

	return cmocka_run_group_tests(tests, pki_open, pki_close);
}
