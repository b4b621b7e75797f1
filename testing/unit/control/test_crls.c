/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/authority.h"
#include "unit/control/fixture.h"

#define LIST "{\"method\":\"io.vanth.ike.Revocations\",\"more\":true}"

static void without_certificates_nothing_is_known(void **state)
{
	struct fixture fixture;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, NULL);
	reply = ask(&fixture, LIST);
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(reply, "parameters"), "entries")),
		0);
	json_decref(reply);
	expect_done(ask(&fixture, "{\"method\":\"io.vanth.ike.RefetchCrls\"}"));
	fixture_end(&fixture);
}

/* Many: in several replies, each once. */
static void each_source_is_shown_with_what_went_wrong(void **state)
{
	struct fixture fixture;
	struct authority ca;
	unsigned count = 0, replies = 0;
	bool more = true;
	int fd;

	(void)state;
	fixture_begin(&fixture, NULL);
	authority_new(&ca, NULL, "CN=Test CA", fixture.host->ops->wall(fixture.host));
	for (unsigned i = 0; i < 120; i++) {
		struct x509_waiter waiter = { .ready = NULL };
		struct private_key *key = authority_key(KEY_ECDSA_P256);
		char url[64];
		struct wish wish = { .subject = "CN=peer", .crl_url = url };
		struct certificate *path[2] = { NULL, ca.certificate };
		struct diag diag = { "" };
		(void)snprintf(url, sizeof(url), "http://127.0.0.1:9/%u.crl", i);
		path[0] = authority_issue(&ca, &wish, key, fixture.host->ops->wall(fixture.host));
		assert_int_equal(
			x509_revocation(fixture.gateway->revocation, path, 2, &waiter, &diag),
			RC_OK);
		certificate_unref(path[0]);
		private_key_unref(key);
	}
	fd = dial(&fixture);
	say_call(fd, LIST);
	while (more) {
		json_t *reply = hear(&fixture, fd);
		json_t *entries = json_object_get(json_object_get(reply, "parameters"), "entries");
		json_t *entry = json_array_get(entries, 0);
		if (entry != NULL) {
			assert_string_equal(json_string_value(json_object_get(entry, "issuer")),
					    "CN=Test CA");
			assert_true(json_is_false(json_object_get(entry, "known")));
		}
		count += (unsigned)json_array_size(entries);
		replies++;
		more = json_is_true(json_object_get(reply, "continues"));
		json_decref(reply);
	}
	assert_int_equal(count, 120);
	assert_true(replies >= 3);
	hang_up(&fixture, fd);
	fixture_end(&fixture);
	authority_free(&ca);
}

static void write_hex(const struct certificate *certificate, char *out)
{
	struct span der = certificate_der(certificate);

	for (size_t i = 0; i < der.len; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", der.ptr[i]);
}

static void what_is_known_of_a_certificate_is_told(void **state)
{
	static char leaf[8000], issuer[8000], text[20000];
	struct private_key *key = authority_key(KEY_ECDSA_P256);
	struct wish wish = { .subject = "CN=peer" };
	struct certificate *certificate;
	struct fixture fixture;
	struct authority ca;
	json_t *reply;

	(void)state;
	fixture_begin(&fixture, NULL);
	authority_new(&ca, NULL, "CN=Test CA", fixture.host->ops->wall(fixture.host));
	certificate = authority_issue(&ca, &wish, key, fixture.host->ops->wall(fixture.host));
	write_hex(certificate, leaf);
	write_hex(ca.certificate, issuer);
	(void)snprintf(text, sizeof(text),
		       "{\"method\":\"io.vanth.ike.RevocationOf\",\"parameters\":{"
		       "\"certificate\":\"%s\",\"issuer\":\"%s\"}}",
		       leaf, issuer);
	reply = ask(&fixture, text);
	assert_string_equal(json_string_value(json_object_get(json_object_get(reply, "parameters"),
							      "standing")),
			    "unknown");
	json_decref(reply);
	leaf[0] = 'x';
	for (unsigned i = 0; i < 3; i++) { /* no digits, odd, no certificate */
		(void)snprintf(text, sizeof(text),
			       "{\"method\":\"io.vanth.ike.RevocationOf\",\"parameters\":{"
			       "\"certificate\":\"%s\",\"issuer\":\"%s\"}}",
			       i == 0	? leaf
			       : i == 1 ? "abc"
					: "3003020101",
			       issuer);
		reply = ask(&fixture, text);
		assert_string_equal(json_string_value(json_object_get(reply, "error")),
				    "org.varlink.service.InvalidParameter");
		json_decref(reply);
	}
	certificate_unref(certificate);
	private_key_unref(key);
	fixture_end(&fixture);
	authority_free(&ca);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_certificates_nothing_is_known),
		cmocka_unit_test(each_source_is_shown_with_what_went_wrong),
		cmocka_unit_test(what_is_known_of_a_certificate_is_told),
	};

	return cmocka_run_group_tests(tests, fixtures_crypto_open, fixtures_crypto_close);
}
