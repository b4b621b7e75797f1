/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec list: what the NSS database and the secrets hold. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "config/config.h"
#include "keys.h"
#include "x509/files.h"

#define DAY ((int64_t)86400)

/* ---- certificates ---- */

static void hex(const uint8_t *bytes, size_t len, char *out)
{
	for (size_t i = 0; i < len; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", bytes[i]);
}

static const char *state_of(const struct certificate *certificate, char buffer[64])
{
	int64_t now = time(NULL), left = certificate_not_after(certificate) - now;

	if (left < 0)
		return "EXPIRED";
	if (now < certificate_not_before(certificate))
		return "NOT YET VALID";
	(void)snprintf(buffer, 64, "%lld days left", (long long)(left / DAY));
	return buffer;
}

struct described {
	char subject[IDENTITY_TEXT_MAX], issuer[IDENTITY_TEXT_MAX], serial[64];
	char from[DATE_MAX], until[DATE_MAX], state[64], key[80], id[2 * KEY_ID_LEN + 1];
	char fingerprint[65];
};

static void describe_key(const struct certificate *certificate, struct described *out)
{
	struct public_key *key = NULL;
	struct diag diag = { "" };
	uint8_t id[KEY_ID_LEN];

	out->id[0] = '\0';
	if (certificate_key(certificate, &key, &diag) != RC_OK) {
		(void)snprintf(out->key, sizeof(out->key), "unusable: %.60s", diag.text);
		return;
	}
	(void)snprintf(out->key, sizeof(out->key), "%s, %u bits", kind_text(public_key_kind(key)),
		       public_key_bits(key));
	public_key_id(key, id);
	hex(id, sizeof(id), out->id);
	public_key_unref(key);
}

static void describe(const struct certificate *certificate, struct described *out)
{
	uint8_t fingerprint[32];

	(void)certificate_subject_text(certificate, out->subject);
	(void)certificate_issuer_text(certificate, out->issuer);
	(void)certificate_serial_text(certificate, out->serial);
	(void)date_text(certificate_not_before(certificate), out->from);
	(void)date_text(certificate_not_after(certificate), out->until);
	certificate_fingerprint(certificate, fingerprint);
	hex(fingerprint, sizeof(fingerprint), out->fingerprint);
	describe_key(certificate, out);
}

static json_t *names_json(const struct certificate *certificate)
{
	json_t *names = json_array();
	char text[IDENTITY_TEXT_MAX];
	struct identity id;

	for (unsigned i = 0; certificate_alternative(certificate, i, &id); i++)
		(void)json_array_append_new(names, json_string(identity_text(&id, text)));
	return names;
}

static void print_item_json(const struct store_item *item, const struct described *about,
			    const char *where)
{
	json_t *json = json_pack(
		"{s:s,s:s,s:s,s:s,s:I,s:I,s:b,s:b,s:b,s:s,s:s,s:s,s:o}", "nickname", item->nickname,
		"subject", about->subject, "issuer", about->issuer, "serial", about->serial,
		"not_before", (json_int_t)certificate_not_before(item->certificate), "not_after",
		(json_int_t)certificate_not_after(item->certificate), "ca",
		certificate_is_ca(item->certificate), "trusted", item->trusted, "private_key",
		item->has_key, "key", about->key, "ckaid", about->id, "sha256", about->fingerprint,
		"names", names_json(item->certificate));
	if (json != NULL && where != NULL)
		(void)json_object_set_new(json, "from", json_string(where));
	print_json(json);
	json_decref(json);
}

static void print_item(const struct store_item *item, const struct described *about,
		       const char *where)
{
	char text[IDENTITY_TEXT_MAX], buffer[64];
	struct identity id;

	(void)printf("\"%s\"\n  subject  %s\n  issuer   %s\n  serial   %s\n", item->nickname,
		     about->subject, about->issuer, about->serial);
	for (unsigned i = 0; certificate_alternative(item->certificate, i, &id); i++)
		(void)printf("  name     %s\n", identity_text(&id, text));
	(void)printf("  valid    %s to %s (%s)\n", about->from, about->until,
		     state_of(item->certificate, buffer));
	(void)printf("  key      %s; ckaid %s; %s\n", about->key, about->id,
		     item->has_key ? "its private key is here" : "no private key here");
	if (certificate_is_ca(item->certificate))
		(void)printf("  trust    %s\n",
			     item->trusted ? "trusted" : "not trusted by itself");
	if (where != NULL)
		(void)printf("  from     %s\n", where);
	(void)printf("  sha256   %s\n", about->fingerprint);
}

static void show(const struct ipsec *ipsec, const struct store_item *item, const char *where)
{
	struct described about;

	describe(item->certificate, &about);
	if (ipsec->json)
		print_item_json(item, &about, where);
	else
		print_item(item, &about, where);
}

/* One of a ca section. */
static bool show_authority(const struct ipsec *ipsec, const struct config *config,
			   const struct config_ca *ca)
{
	struct store_item item = { .nickname = ca->cacert, .trusted = true };
	char where[5000], from[4200];
	struct diag diag = { "" };

	if (x509_authority_load(config, ca, &item.certificate, from, sizeof(from), &diag) !=
	    RC_OK) {
		(void)complain(0, "%s:%u: ca %s is not trusted: %s", ca->file, ca->line, ca->name,
			       diag.text);
		return false;
	}
	(void)snprintf(where, sizeof(where), "%s (ca %s in %s:%u)", from, ca->name, ca->file,
		       ca->line);
	show(ipsec, &item, where);
	certificate_unref(item.certificate);
	return true;
}

/* What the configuration brings; where it has errors, nothing, as for the daemon. */
static unsigned show_authorities(const struct ipsec *ipsec)
{
	struct config_errors errors;
	struct config *config = NULL;
	unsigned count = 0;

	config_errors_init(&errors);
	if (config_load(ipsec->config, &config, &errors) == RC_OK) {
		for (unsigned i = 0; i < config->ca_count; i++)
			count += show_authority(ipsec, config, &config->cas[i]);
		config_unref(config);
	}
	config_errors_free(&errors);
	return count;
}

/* ---- files that the configuration names ---- */

static bool show_file(const struct ipsec *ipsec, const struct x509_file *file)
{
	struct store_item item = { .nickname = file->name, .has_key = file->credential != NULL };
	const char *key = file->credential != NULL ? file->credential->key_from : NULL;
	char where[9000];
	struct diag diag = { "" };

	if (x509_certificate_load(file->path, &item.certificate, &diag) != RC_OK) {
		if (file->credential == NULL) {
			(void)complain(0, "%s: %s", file->name, diag.text);
			return false;
		}
		item.certificate = certificate_ref(file->credential->certificate);
	}
	(void)snprintf(where, sizeof(where), "%s%s%s", file->path, key != NULL ? ", its key " : "",
		       key != NULL ? key : "");
	show(ipsec, &item, where);
	certificate_unref(item.certificate);
	return true;
}

static unsigned show_all_files(const struct ipsec *ipsec, const struct config *config,
			       struct config_errors *errors)
{
	const char *path = config->setup.secretsfile != NULL ? config->setup.secretsfile
							     : VANTH_SYSCONFDIR "/ipsec.secrets";
	struct secrets *secrets = NULL;
	struct x509_trust *trust = NULL;
	struct x509_files *files = NULL;
	const struct x509_file *file;
	unsigned count = 0;

	if (access(path, R_OK) == 0 && secrets_load(path, false, &secrets, errors) != RC_OK)
		secrets = NULL;
	if (x509_trust_load(&trust, NULL) == RC_OK &&
	    x509_files_load(config, secrets, trust, NULL, errors, &files, NULL) == RC_OK)
		for (unsigned i = 0; (file = x509_files_at(files, i)) != NULL; i++)
			count += show_file(ipsec, file);
	x509_files_unref(files);
	x509_trust_unref(trust);
	secrets_free(secrets);
	return count;
}

static unsigned show_files(const struct ipsec *ipsec)
{
	struct config_errors errors;
	struct config *config = NULL;
	unsigned count = 0;

	config_errors_init(&errors);
	if (config_load(ipsec->config, &config, &errors) == RC_OK) {
		count = show_all_files(ipsec, config, &errors);
		config_unref(config);
	}
	config_errors_free(&errors);
	return count;
}

static int list_certificates(const struct ipsec *ipsec, bool cas)
{
	struct store_list list;
	struct diag diag = { "" };
	unsigned count = 0;

	if (store_list(true, &list, &diag) != RC_OK)
		return complain(EXIT_FAILED, "%s", diag.text);
	for (size_t i = 0; i < list.count; i++) {
		if (certificate_is_ca(list.items[i].certificate) != cas)
			continue;
		show(ipsec, &list.items[i], NULL);
		count++;
	}
	store_list_free(&list);
	count += cas ? show_authorities(ipsec) : show_files(ipsec);
	if (count == 0 && !ipsec->json)
		(void)printf("none (\"ipsec import FILE\" brings some in)\n");
	return EXIT_DONE;
}

/* ---- keys ---- */

static enum rc print_key(void *context, struct span ckaid, const char *nickname)
{
	const struct ipsec *ipsec = context;
	struct private_key *key = NULL;
	struct diag diag = { "" };
	char id[129] = "";
	const char *kind = "";
	unsigned bits = 0;
	json_t *json;

	hex(ckaid.ptr, ckaid.len < 64 ? ckaid.len : 64, id);
	if (private_key_find_id(ckaid, &key, &diag) == RC_OK) {
		kind = kind_text(public_key_kind(private_key_public(key)));
		bits = public_key_bits(private_key_public(key));
	}
	if (ipsec->json) {
		json = json_pack("{s:s,s:s,s:s,s:i,s:s}", "nickname", nickname, "ckaid", id, "kind",
				 kind, "bits", (int)bits, "error", diag.text);
		print_json(json);
		json_decref(json);
	} else if (key != NULL) {
		(void)printf("ckaid %s  %s, %u bits  \"%s\"\n", id, kind, bits, nickname);
	} else {
		(void)printf("ckaid %s  unusable: %s\n", id, diag.text);
	}
	private_key_unref(key);
	return RC_OK;
}

static int list_keys(struct ipsec *ipsec)
{
	struct diag diag = { "" };

	if (store_keys(print_key, ipsec, &diag) != RC_OK)
		return complain(EXIT_FAILED, "%s", diag.text);
	return EXIT_DONE;
}

/* ---- shared keys ---- */

static void print_psk(const struct ipsec *ipsec, const struct secrets *secrets, unsigned index)
{
	char whom[2000];
	const char *file = "";
	unsigned line = 0;
	json_t *json;

	if (!secrets_describe(secrets, index, whom, sizeof(whom), &file, &line))
		return;
	if (!ipsec->json) {
		(void)printf("%s:%u: %s\n", file, line, whom);
		return;
	}
	json = json_pack("{s:s,s:i,s:s}", "file", file, "line", (int)line, "for", whom);
	print_json(json);
	json_decref(json);
}

/* The configuration's secrets file; the usual one without it. */
static void secrets_path(const struct ipsec *ipsec, char *out, size_t size)
{
	struct config_errors errors;
	struct config *config = NULL;

	(void)snprintf(out, size, "%s", VANTH_SYSCONFDIR "/ipsec.secrets");
	config_errors_init(&errors);
	if (config_load(ipsec->config, &config, &errors) == RC_OK) {
		if (config->setup.secretsfile != NULL)
			(void)snprintf(out, size, "%s", config->setup.secretsfile);
		config_unref(config);
	}
	config_errors_free(&errors);
}

static int list_psks(const struct ipsec *ipsec)
{
	struct config_errors errors;
	struct secrets *secrets = NULL;
	char path[4096], text[700];
	int code = EXIT_DONE;

	secrets_path(ipsec, path, sizeof(path));
	config_errors_init(&errors);
	if (secrets_load(path, false, &secrets, &errors) != RC_OK) {
		list_for(node, &errors.list)(void)
			complain(0, "%s",
				 config_error_text(container_of(node, struct config_error, in_list),
						   text, sizeof(text)));
		code = EXIT_FAILED;
	} else {
		for (unsigned i = 0; i < secrets_count(secrets); i++)
			print_psk(ipsec, secrets, i);
		secrets_free(secrets);
	}
	config_errors_free(&errors);
	return code;
}

int verb_list(struct ipsec *ipsec, int argc, char **argv)
{
	struct key_options options;
	struct diag diag = { "" };
	int code = key_options(ipsec, argc, argv, 0, &options);
	const char *what = code == EXIT_DONE && options.count == 1 ? options.arguments[0] : "";
	bool certs = strcmp(what, "certs") == 0, cas = strcmp(what, "cacerts") == 0;
	bool psks = strcmp(what, "psks") == 0;

	if (code != EXIT_DONE)
		return code;
	if (strcmp(what, "crls") == 0)
		return list_crls(ipsec);
	if (strcmp(what, "leases") == 0)
		return list_leases(ipsec);
	if (!certs && !cas && !psks && strcmp(what, "pubkeys") != 0)
		return complain(EXIT_USAGE,
				"usage: ipsec list certs|cacerts|crls|leases|pubkeys|psks "
				"[--json] [--nssdir DIR]");
	if (psks && crypto_open(NULL, false, &diag) != RC_OK)
		code = complain(EXIT_FAILED, "%s", diag.text);
	else if (!psks)
		code = open_keys(ipsec, &options, false);
	if (code != EXIT_DONE)
		return code;
	if (psks)
		code = list_psks(ipsec);
	else
		code = certs || cas ? list_certificates(ipsec, cas) : list_keys(ipsec);
	close_keys();
	return code;
}
