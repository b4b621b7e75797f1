/* SPDX-License-Identifier: Apache-2.0 */
/* ca sections: CAs that the configuration brings, and where they tell what they have revoked. */
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/loader.h"

static const struct name auto_list[] = {
	{ 0, "ignore" },
	{ 1, "add" },
	{ 0, NULL },
};
const struct names ca_auto_names = { "value", auto_list };

#define URI_MAX 1000

void config_ca_wipe(struct config_ca *ca)
{
	mem_free(ca->name);
	mem_free(ca->cacert);
	for (unsigned i = 0; i < CONFIG_CA_OCSPS; i++)
		mem_free(ca->ocsp_uris[i]);
	for (unsigned i = 0; i < CONFIG_CA_CRLS; i++)
		mem_free(ca->crl_uris[i]);
	*ca = (struct config_ca){ 0 };
}

static enum rc take_text(const char *text, char **field)
{
	char *copy = mem_text(text);

	if (copy == NULL)
		return RC_NO_MEMORY;
	mem_free(*field);
	*field = copy;
	return RC_OK;
}

/* ---- values ---- */

enum rc field_cacert(const char *text, void *object, struct finding *finding)
{
	if (text[0] == '%')
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%.60s\" is not supported: certificates of tokens are in the "
				 "NSS database, by their nickname",
				 text);
	return take_text(text, &((struct config_ca *)object)->cacert);
}

/* http only: what comes is signed, and https could need itself. */
static enum rc take_uri(const char *text, const char *what, char **field, struct finding *finding)
{
	static const char scheme[] = "http://";
	size_t len = strlen(text);

	if (strncasecmp(text, scheme, sizeof(scheme) - 1) != 0)
		return diag_fail(&finding->diag, RC_UNSUPPORTED, "%s by http only, not %.60s", what,
				 text);
	if (len == sizeof(scheme) - 1 || len > URI_MAX || strpbrk(text, " \t<>\"") != NULL)
		return diag_fail(&finding->diag, RC_SYNTAX,
				 "\"%.60s\" is no URL (write http://host/file, at most %d "
				 "characters)",
				 text, URI_MAX);
	return take_text(text, field);
}

enum rc field_crluri(const char *text, void *object, struct finding *finding)
{
	return take_uri(text, "CRLs are fetched", &((struct config_ca *)object)->crl_uris[0],
			finding);
}

enum rc field_crluri2(const char *text, void *object, struct finding *finding)
{
	return take_uri(text, "CRLs are fetched", &((struct config_ca *)object)->crl_uris[1],
			finding);
}

enum rc field_ocspuri(const char *text, void *object, struct finding *finding)
{
	return take_uri(text, "responders are asked", &((struct config_ca *)object)->ocsp_uris[0],
			finding);
}

enum rc field_ocspuri2(const char *text, void *object, struct finding *finding)
{
	return take_uri(text, "responders are asked", &((struct config_ca *)object)->ocsp_uris[1],
			finding);
}

/* ---- sections ---- */

/* *good: no value was bad. */
static enum rc apply(struct loader *loader, const struct merge *merge, struct config_ca *ca,
		     bool *good)
{
	struct finding finding = { 0 };

	*good = true;
	TRY(keyword_defaults(SECTION_CA, ca, &finding));
	for (unsigned slot = 0; slot < keywords_ours_count(); slot++) {
		struct setting *setting = merge->chosen[0][slot];
		enum rc rc;
		if (setting == NULL)
			continue;
		*good = *good && !setting->bad;
		if (setting->bad)
			continue;
		rc = keyword_apply(setting->keyword, setting->value, ca, &finding);
		if (rc == RC_NO_MEMORY)
			return rc;
		if (rc != RC_OK)
			setting_report(loader, setting, &finding);
	}
	return RC_OK;
}

/* Is it one to be loaded? What is only a part for also= needs nothing. */
static bool is_wanted(struct loader *loader, const struct section *section,
		      const struct config_ca *ca)
{
	if (!ca->load) {
		if (!section->referenced)
			report_warning(loader->errors, section->at,
				       "ca %s is not trusted: write auto=add", section->name);
		return false;
	}
	if (ca->cacert != NULL)
		return true;
	report_error(loader->errors, section->at,
		     "ca %s has no cacert=: write the file of its certificate, or its nickname in "
		     "the NSS database",
		     section->name);
	return false;
}

static enum rc build(struct loader *loader, struct section *section)
{
	struct config *config = &loader->whole->config;
	struct config_ca *ca = &config->cas[config->ca_count];
	struct merge merge;
	bool good;
	enum rc rc;

	merge_conn(loader, section, &merge);
	rc = apply(loader, &merge, ca, &good);
	if (rc == RC_OK && good && is_wanted(loader, section, ca)) {
		ca->file = section->at.file;
		ca->line = section->at.line;
		rc = take_text(section->name, &ca->name);
		if (rc == RC_OK) {
			config->ca_count++;
			return RC_OK;
		}
	}
	config_ca_wipe(ca);
	return rc;
}

void authorities_build(struct loader *loader)
{
	struct config *config = &loader->whole->config;

	if (loader->cas.count == 0)
		return;
	config->cas = mem_alloc(loader->cas.count * sizeof(*config->cas));
	if (config->cas == NULL)
		loader->no_memory = true;
	for (unsigned i = 0; i < loader->cas.count && !loader->no_memory; i++)
		if (build(loader, loader->cas.at[i]) != RC_OK)
			loader->no_memory = true;
}
