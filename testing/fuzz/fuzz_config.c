/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for src/config. The first byte says what the rest is:
 *	'c'	ipsec.conf
 *	's'	ipsec.secrets
 *	'i'	an identity
 *	'n'	the DER form of a distinguished name
 * Besides not crashing: there is a result or an error, never both; every conn has its algorithms;
 *every key that a file has can be looked up; what is printed of an identity is read as an equal
 *one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_config: not so: %s\n", what);
	abort();
}

static void exercise_errors(struct config_errors *errors, bool loaded)
{
	char text[800];
	unsigned listed = 0;
	must((errors->errors == 0) == loaded, "a result or an error");
	list_for(node, &errors->list)
	{
		const struct config_error *error = container_of(node, struct config_error, in_list);
		config_error_text(error, text, sizeof(text));
		must(error->text[0] != '\0', "an error has a text");
		for (const char *p = text; *p != '\0'; p++)
			must((unsigned char)*p >= 0x20 && *p != 0x7f, "an error is printable");
		listed++;
	}
	must(listed <= 202, "errors are bounded");
	config_errors_free(errors);
}

static void exercise_conf(struct span text)
{
	struct config_errors errors;
	struct config *config = NULL;
	config_errors_init(&errors);
	enum rc rc = config_load_text("fuzz", text, &config, &errors);
	must((rc == RC_OK) == (config != NULL), "a result comes with RC_OK");
	for (unsigned i = 0; config != NULL && i < config->conn_count; i++) {
		const struct config_conn *conn = config->conns[i];
		must(conn->ike != NULL && conn->esp != NULL, "a conn has algorithms");
		must(config_conn_find(config, conn->name) == conn, "a conn is found by its name");
		must(config_conn_change(conn, conn, NULL) != CONFIG_NEW_SA,
		     "a conn is equal to itself");
		must(config_conn_change(conn, config->conns[0], NULL) == CONFIG_NEW_SA || i == 0,
		     "names differ");
	}
	exercise_errors(&errors, rc == RC_OK);
	config_unref(config);
}

static void exercise_secrets(struct span text)
{
	struct config_errors errors;
	struct secrets *secrets = NULL;
	config_errors_init(&errors);
	enum rc rc = secrets_load_text("fuzz", text, &secrets, &errors);
	must((rc == RC_OK) == (secrets != NULL), "a result comes with RC_OK");
	if (secrets != NULL) {
		struct identity a = { 0 }, b = { 0 };
		struct diag diag;
		struct span psk;
		must(identity_parse("@a", &a, &diag) == RC_OK, "@a");
		must(identity_parse("CN=b", &b, &diag) == RC_OK, "CN=b");
		rc = secrets_psk(secrets, &a, NULL, &b, NULL, &psk, &diag);
		must(rc == RC_OK ? psk.len > 0 : rc == RC_NOT_FOUND, "a key is found or not");
		identity_free(&a);
		identity_free(&b);
		rc = RC_OK;
	}
	exercise_errors(&errors, rc == RC_OK);
	secrets_free(secrets);
}

static void exercise_identity(const struct identity *id)
{
	char text[IDENTITY_TEXT_MAX];
	uint8_t key[IDENTITY_KEY_MAX], other[IDENTITY_KEY_MAX];
	struct identity back = { 0 };
	struct diag diag;
	identity_text(id, text);
	must(identity_equal(id, id), "an identity is equal to itself");
	must(identity_key(id, key) <= sizeof(key), "a key fits");
	if (strlen(text) < IDENTITY_TEXT_MAX - 8 && id->type != ID_NULL && id->type != ID_NONE &&
	    id->type != ID_DER_ASN1_DN && identity_parse(text, &back, &diag) == RC_OK &&
	    back.type == id->type) {
		must(identity_equal(id, &back), "what is printed is an equal identity");
		must(span_equal(span_make(key, identity_key(id, key)),
				span_make(other, identity_key(&back, other))),
		     "equal identities have equal keys");
	}
	identity_free(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool open;
	struct diag diag;
	struct identity id = { 0 };
	char text[2048];

	if (!open)
		must(crypto_open(NULL, false, &diag) == RC_OK, "crypto opens");
	open = true;
	if (size == 0)
		return 0;
	struct span rest = span_make(data + 1, size - 1);
	snprintf(text, sizeof(text), "%.*s", size - 1 < 2000 ? (int)size - 1 : 2000, data + 1);
	if (data[0] == 'c')
		exercise_conf(rest);
	else if (data[0] == 's')
		exercise_secrets(rest);
	else if (data[0] == 'i' && identity_parse(text, &id, &diag) == RC_OK)
		exercise_identity(&id);
	else if (data[0] == 'n' &&
		 identity_from_wire(&(struct wire_id){ ID_DER_ASN1_DN, rest }, &id) == RC_OK)
		exercise_identity(&id);
	identity_free(&id);
	return 0;
}
