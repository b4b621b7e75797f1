/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pinned.h"
#include <stdio.h>
#include <string.h>
#include "x509/path.h"

bool x509_is_self_issued(const struct certificate *certificate)
{
	return x509_name_equal(certificate->issuer, certificate->subject);
}

enum rc x509_pinned_dates(const struct certificate *pinned, int64_t now, struct diag *diag)
{
	return path_check_dates(pinned, now, diag);
}

/* What the peer sent after its own may be the intermediates. */
enum rc x509_pinned_path(const struct certificate *pinned, struct x509_verify *verify,
			 struct diag *why)
{
	struct span ders[X509_CHAIN_MAX] = { pinned->der };
	const struct span *sent = verify->ders;
	size_t count = verify->count;
	enum rc rc;

	if (x509_is_self_issued(pinned))
		return RC_NOT_FOUND;
	verify->count = 1;
	for (size_t i = 0; i < count && verify->count < X509_CHAIN_MAX; i++)
		if (!span_equal(sent[i], pinned->der))
			ders[verify->count++] = sent[i];
	verify->ders = ders;
	rc = x509_verify(verify, why);
	verify->ders = sent;
	verify->count = count;
	if (rc != RC_OK)
		x509_verify_wipe(verify);
	return rc;
}

/* ---- at load ---- */

#define LOADED_MAX 1000 /* certificates of the database */

struct looking {
	const struct x509_files *files;
	struct config_errors *errors;
	int64_t now;
	unsigned loaded;
	const char *last; /* conns that take it from one another name it one after the other */
};

/* What cannot be read is told when it is needed. NULL: that. */
static struct certificate *certificate_of(struct looking *looking, const char *name)
{
	const struct x509_file *file = x509_files_find(looking->files, name);
	struct certificate *certificate = NULL;
	struct diag diag;

	if (file != NULL)
		return file->certificate != NULL ? certificate_ref(file->certificate) : NULL;
	if (looking->loaded++ >= LOADED_MAX ||
	    x509_certificate_load(name, &certificate, &diag) != RC_OK)
		return NULL;
	return certificate;
}

static void look_at(struct looking *looking, const struct config_conn *conn, const char *name)
{
	struct certificate *certificate;
	struct diag diag = { "" };
	char text[sizeof(diag.text) + 200];

	if (name == NULL || (looking->last != NULL && strcmp(looking->last, name) == 0))
		return;
	looking->last = name;
	certificate = certificate_of(looking, name);
	if (certificate != NULL && path_check_dates(certificate, looking->now, &diag) != RC_OK) {
		(void)snprintf(text, sizeof(text),
			       "conn %.60s: \"%.100s\" is refused when it is used: %s", conn->name,
			       name, diag.text);
		config_errors_warn(looking->errors, conn->file, conn->line, text);
	}
	certificate_unref(certificate);
}

void x509_look_at_dates(const struct config *config, const struct x509_files *files, int64_t now,
			struct config_errors *errors)
{
	for (unsigned side = 0; side < 2; side++) {
		struct looking looking = { .files = files, .errors = errors, .now = now };
		for (unsigned i = 0; i < config->conn_count; i++) {
			const struct config_conn *conn = config->conns[i];
			look_at(&looking, conn, side == 0 ? conn->left.cert : conn->right.cert);
		}
	}
}
