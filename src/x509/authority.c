/* SPDX-License-Identifier: Apache-2.0 */
/* The CAs that the configuration brings in its ca sections. They stand beside those of the database
 * and are anchors; what they say of revocation goes with them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "x509/database.h"
#include "x509/path.h"
#include "x509/x509.h"

#define PATH_LEN_MAX 4096

/* ---- one ---- */

static bool is_absolute(const char *name)
{
	return name[0] == '/';
}

/* Files of this name stand in the folder that strongSwan has for them. */
static enum rc load_file(const struct config *config, const char *name, const char *path,
			 struct certificate **out, struct diag *diag)
{
	if (access(path, F_OK) == 0)
		return x509_certificate_load(path, out, diag);
	if (is_absolute(name))
		return diag_fail(diag, RC_NOT_FOUND, "%.200s: %s", path, strerror(errno));
	return diag_fail(diag, RC_NOT_FOUND,
			 "there is neither a certificate \"%.80s\" in the NSS database nor a file "
			 "%.200s (\"ipsec list cacerts\" shows what is there)",
			 name, config->folder != NULL ? path : name);
}

static void place(const struct config *config, const char *name, char out[PATH_LEN_MAX])
{
	(void)snprintf(out, PATH_LEN_MAX, "%s%s%s",
		       is_absolute(name) || config->folder == NULL ? "" : config->folder,
		       is_absolute(name) ? "" : "ipsec.d/cacerts/", name);
}

/* "/a" and "ipsec.d/cacerts/a" have a slash: x509_certificate_load() takes them for paths. */
static enum rc load(const struct config *config, const char *name, struct certificate **out,
		    char *from, size_t size, struct diag *diag)
{
	char path[PATH_LEN_MAX];
	struct diag why = { "" };
	enum rc rc = RC_NOT_FOUND;

	place(config, name, path);
	if (from != NULL)
		(void)snprintf(from, size, "%s", strchr(name, '/') == NULL ? name : path);
	if (strchr(name, '/') == NULL)
		rc = database_find(name, out, &why);
	if (rc != RC_NOT_FOUND)
		return rc == RC_OK ? rc : diag_fail(diag, rc, "%s", why.text);
	if (from != NULL)
		(void)snprintf(from, size, "%s", path);
	return load_file(config, name, path, out, diag);
}

enum rc x509_authority_load(const struct config *config, const struct config_ca *ca,
			    struct certificate **out, char *from, size_t size, struct diag *diag)
{
	char text[PATH_TEXT_MAX];
	enum rc rc;

	*out = NULL;
	rc = load(config, ca->cacert, out, from, size, diag);
	if (rc != RC_OK || certificate_is_ca(*out))
		return rc;
	rc = diag_fail(diag, RC_AUTH_FAILED,
		       "%.80s, %s, is no CA (its basic constraints do not say so)", ca->cacert,
		       path_text(*out, text));
	certificate_unref(*out);
	*out = NULL;
	return rc;
}

/* ---- all ---- */

struct gathering {
	const struct config *config;
	struct x509_ca *cas;
	size_t count;
	struct certificate **certificates; /* of each section; NULL: left out */
};

/* One that is there already is trusted from now on. */
static void add(struct gathering *gathering, struct certificate *certificate, const char *name)
{
	for (size_t i = 0; i < gathering->count; i++) {
		struct x509_ca *ca = &gathering->cas[i];
		if (!span_equal(certificate_der(ca->certificate), certificate_der(certificate)))
			continue;
		ca->trusted = true;
		return;
	}
	gathering->cas[gathering->count++] =
		(struct x509_ca){ certificate, (char *)(uintptr_t)name, true };
}

static enum rc gather(struct gathering *gathering, unsigned index, struct config_errors *errors)
{
	const struct config_ca *ca = &gathering->config->cas[index];
	struct certificate **certificate = &gathering->certificates[index];
	struct diag diag = { "" };
	char text[sizeof(diag.text) + 100];
	enum rc rc = x509_authority_load(gathering->config, ca, certificate, NULL, 0, &diag);

	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc == RC_OK) {
		add(gathering, *certificate, ca->cacert);
		return RC_OK;
	}
	(void)snprintf(text, sizeof(text), "ca %s is not trusted: %s", ca->name, diag.text);
	if (errors != NULL)
		config_errors_warn(errors, ca->file, ca->line, text);
	return RC_OK;
}

static enum rc gather_all(struct gathering *gathering, const struct x509_trust *base,
			  struct config_errors *errors)
{
	unsigned sections = gathering->config->ca_count;
	const struct x509_ca *ca;

	gathering->cas = mem_alloc((x509_trust_count(base) + sections) * sizeof(*gathering->cas));
	gathering->certificates = mem_alloc(sections * sizeof(*gathering->certificates));
	if (gathering->cas == NULL || gathering->certificates == NULL)
		return RC_NO_MEMORY;
	while ((ca = x509_trust_at(base, gathering->count)) != NULL)
		gathering->cas[gathering->count++] = *ca;
	for (unsigned i = 0; i < sections; i++)
		TRY(gather(gathering, i, errors));
	return RC_OK;
}

static enum rc point(struct x509_trust *trust, const struct gathering *gathering, unsigned index)
{
	const struct config_ca *ca = &gathering->config->cas[index];
	struct x509_points points = { .crls = { NULL } };
	bool any = false;

	for (unsigned i = 0; i < CONFIG_CA_OCSPS; i++) {
		points.ocsps[i] = ca->ocsp_uris[i];
		any = any || ca->ocsp_uris[i] != NULL;
	}
	for (unsigned i = 0; i < CONFIG_CA_CRLS; i++) {
		points.crls[i] = ca->crl_uris[i];
		any = any || ca->crl_uris[i] != NULL;
	}
	if (!any || gathering->certificates[index] == NULL)
		return RC_OK;
	return x509_trust_point(trust, gathering->certificates[index], &points);
}

static enum rc make(const struct gathering *gathering, struct x509_trust **out)
{
	enum rc rc = x509_trust_of(gathering->cas, gathering->count, out);

	for (unsigned i = 0; i < gathering->config->ca_count && rc == RC_OK; i++)
		rc = point(*out, gathering, i);
	if (rc != RC_OK) {
		x509_trust_unref(*out);
		*out = NULL;
	}
	return rc;
}

static void gathering_wipe(struct gathering *gathering)
{
	unsigned sections = gathering->certificates != NULL ? gathering->config->ca_count : 0;

	for (unsigned i = 0; i < sections; i++)
		certificate_unref(gathering->certificates[i]);
	mem_free(gathering->certificates);
	mem_free(gathering->cas);
}

enum rc x509_trust_load_with(const struct config *config, struct config_errors *errors,
			     struct x509_trust **out, struct diag *diag)
{
	struct gathering gathering = { .config = config };
	struct x509_trust *base;
	enum rc rc;

	TRY(x509_trust_load(out, diag));
	if (config->ca_count == 0)
		return RC_OK;
	base = *out;
	*out = NULL;
	rc = gather_all(&gathering, base, errors);
	if (rc == RC_OK)
		rc = make(&gathering, out);
	gathering_wipe(&gathering);
	x509_trust_unref(base);
	return rc == RC_OK ? rc : diag_fail(diag, rc, "out of memory while reading the CAs");
}
