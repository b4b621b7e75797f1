/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec import of a folder that looks like strongSwan's ipsec.d. The keys are read first, since a
 * certificate comes with its key; each file is brought in, or not, by itself. */
#include "import_folder.h"
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KEYS_ARENA (size_t)(FOLDER_KEYS_MAX * 65536)

bool is_folder(const char *path)
{
	struct stat state;

	return stat(path, &state) == 0 && S_ISDIR(state.st_mode);
}

/* ---- telling ---- */

static const char *const words[FILE_RESULTS] = {
	[FILE_IMPORTED] = "imported",
	[FILE_PRESENT] = "present",
	[FILE_SKIPPED] = "skipped",
	[FILE_FAILED] = "failed",
};

void folder_tell(struct folder *folder, const char *file, enum folder_result result,
		 const char *nickname, const char *format, ...)
{
	char text[800];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	folder->results[result]++;
	if (folder->ipsec->json) {
		json_t *json = json_pack("{s:s,s:s,s:s?,s:s}", "file", file, "result",
					 words[result], "nickname", nickname, "text", text);
		print_json(json);
		json_decref(json);
	} else if (result == FILE_FAILED)
		(void)complain(0, "%s: %s", file, text);
	else
		(void)printf("%s: %s%s%s%s%s\n", file, words[result], nickname != NULL ? " \"" : "",
			     nickname != NULL ? nickname : "", nickname != NULL ? "\": " : ": ",
			     text);
}

static int tell_all(const struct folder *folder)
{
	const unsigned *results = folder->results;
	json_t *json;

	if (folder->ipsec->json) {
		json = json_pack("{s:I,s:I,s:I,s:I}", "imported",
				 (json_int_t)results[FILE_IMPORTED], "present",
				 (json_int_t)results[FILE_PRESENT], "skipped",
				 (json_int_t)results[FILE_SKIPPED], "failed",
				 (json_int_t)results[FILE_FAILED]);
		print_json(json);
		json_decref(json);
	} else {
		(void)printf("%u imported, %u there already, %u skipped, %u failed\n",
			     results[FILE_IMPORTED], results[FILE_PRESENT], results[FILE_SKIPPED],
			     results[FILE_FAILED]);
		if (results[FILE_IMPORTED] > 0)
			tell_daemon(folder->ipsec);
	}
	return results[FILE_FAILED] > 0 ? EXIT_FAILED : EXIT_DONE;
}

static const char *date_note(const struct certificate *certificate, char out[64])
{
	char date[DATE_MAX];

	out[0] = '\0';
	if (certificate_not_after(certificate) < (int64_t)time(NULL))
		(void)snprintf(out, 64, ", expired on %s",
			       date_text(certificate_not_after(certificate), date));
	return out;
}

/* ---- files ---- */

/* "dir/sub/file" as "sub/file" names it. */
static void folder_path(const struct folder *folder, const char *file, char *out, size_t size)
{
	(void)snprintf(out, size, "%s/%s", folder->path, file);
}

void folder_nickname(const char *file, char out[NICKNAME_MAX])
{
	const char *base = strrchr(file, '/'), *dot;

	base = base != NULL ? base + 1 : file;
	dot = strrchr(base, '.');
	(void)snprintf(out, NICKNAME_MAX, "%.*s",
		       dot != NULL && dot != base ? (int)(dot - base) : 120, base);
}

static const struct store_item *folder_before(const struct folder *folder,
					      const struct certificate *certificate)
{
	for (size_t i = 0; i < folder->before.count; i++)
		if (span_equal(certificate_der(folder->before.items[i].certificate),
			       certificate_der(certificate)))
			return &folder->before.items[i];
	return NULL;
}

static const char *base_of(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash != NULL ? slash + 1 : file;
}

enum rc folder_password(const struct folder *folder, const char *file, struct secret *out)
{
	const struct secrets_file *entry = NULL;
	struct span found = secret_span(&folder->password);

	for (unsigned i = 0; (entry = secrets_file_at(folder->secrets, i)) != NULL; i++)
		if (strcmp(base_of(entry->name), base_of(file)) == 0 && entry->passphrase.len > 0) {
			found = secret_span(&entry->passphrase);
			break;
		}
	TRY(secret_alloc(out, found.len + 1));
	if (found.len > 0)
		memcpy(out->ptr, found.ptr, found.len);
	return RC_OK;
}

static bool is_printable(const char *name)
{
	for (; *name != '\0'; name++)
		if ((unsigned char)*name < 0x20 || *name == 0x7f)
			return false;
	return true;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static bool is_file(const struct folder *folder, const char *file)
{
	struct stat state;
	char path[4096];

	folder_path(folder, file, path, sizeof(path));
	return stat(path, &state) == 0 && S_ISREG(state.st_mode);
}

/* Calls fn for the files in one of the folders, by name. again: what cannot be read was told. */
static void each(struct folder *folder, const char *below, bool again,
		 void (*fn)(struct folder *folder, const char *file, const struct pem *blocks,
			    size_t count))
{
	struct pem blocks[FILE_BLOCKS_MAX];
	struct dirent **names = NULL;
	char path[4096], file[REL_MAX];
	int count;

	folder_path(folder, below, path, sizeof(path));
	count = scandir(path, &names, is_visible, alphasort);
	if (count > FOLDER_FILES_MAX && !again)
		folder_tell(folder, below, FILE_FAILED, NULL,
			    "only the first %d of its %d files are imported", FOLDER_FILES_MAX,
			    count);
	for (int i = 0; i < count; i++) {
		int len = snprintf(file, sizeof(file), "%s/%s", below, names[i]->d_name);
		struct diag diag = { "" };
		struct arena arena;
		size_t found = 0;
		free(names[i]);
		if (i >= FOLDER_FILES_MAX || !is_file(folder, file))
			continue;
		if (len >= (int)sizeof(file) || !is_printable(file)) {
			if (!again)
				folder_tell(folder, below, FILE_FAILED, NULL,
					    "the name of a file is too long, or has control "
					    "characters");
			continue;
		}
		folder_path(folder, file, path, sizeof(path));
		arena_init(&arena, (size_t)3 * PEM_FILE_MAX);
		if (pem_read(path, &arena, blocks, FILE_BLOCKS_MAX, &found, &diag) == RC_OK)
			fn(folder, file, blocks, found);
		else if (!again)
			folder_tell(folder, file, FILE_FAILED, NULL, "%s", diag.text);
		arena_free(&arena);
	}
	free(names);
}

/* ---- private: keys ---- */

static void take_key(struct folder *folder, const char *file, struct span pkcs8)
{
	struct folder_key *key = &folder->keys[folder->key_count];
	struct diag diag = { "" };

	if (folder->key_count == FOLDER_KEYS_MAX) {
		folder_tell(folder, file, FILE_FAILED, NULL, "more than %d private keys",
			    FOLDER_KEYS_MAX);
		return;
	}
	if (private_key_import(pkcs8, false, NULL, &key->key, &diag) != RC_OK) {
		folder_tell(folder, file, FILE_FAILED, NULL, "the private key: %s", diag.text);
		return;
	}
	key->pkcs8 = arena_copy(&folder->arena, pkcs8);
	if (key->pkcs8.ptr == NULL) {
		private_key_unref(key->key);
		folder_tell(folder, file, FILE_FAILED, NULL, "it is too large");
		return;
	}
	(void)snprintf(key->file, sizeof(key->file), "%s", file);
	folder->key_count++;
}

static void take_encrypted(struct folder *folder, const char *file, const struct pem *block)
{
	struct secret password = { NULL, 0 };
	struct pem key = *block;
	struct diag diag = { "out of memory" };
	struct arena arena;
	enum rc rc = folder_password(folder, file, &password);

	arena_init(&arena, (size_t)1 << 18);
	if (rc == RC_OK)
		rc = pem_open_key(&key, (const char *)password.ptr, &arena, &diag);
	if (rc == RC_OK)
		take_key(folder, file, key.der);
	else
		folder_tell(
			folder, file, FILE_FAILED, NULL,
			rc == RC_AUTH_FAILED
				? "the private key: %s; say which it is in ipsec.secrets (: RSA "
				  "FILE \"passphrase\") or with --password-file"
				: "the private key: %s",
			diag.text);
	arena_free(&arena);
	secret_wipe(&password);
}

static void take_private(struct folder *folder, const char *file, const struct pem *blocks,
			 size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (blocks[i].kind == PEM_PRIVATE_KEY)
			take_key(folder, file, blocks[i].der);
		else if (blocks[i].kind == PEM_ENCRYPTED_KEY)
			take_encrypted(folder, file, &blocks[i]);
		any = any || blocks[i].kind == PEM_PRIVATE_KEY ||
		      blocks[i].kind == PEM_ENCRYPTED_KEY || blocks[i].kind == PEM_PKCS12;
	}
	if (!any)
		folder_tell(folder, file, FILE_SKIPPED, NULL, "there is no private key in it");
}

static void take_bundle(struct folder *folder, const char *file, const struct pem *blocks,
			size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (blocks[i].kind == PEM_PKCS12)
			folder_bundle(folder, file, blocks[i].der);
}

/* ---- cacerts, certs ---- */

static struct folder_key *key_for(struct folder *folder, const struct certificate *certificate)
{
	for (unsigned i = 0; i < folder->key_count; i++)
		if (key_is_certified(folder->keys[i].key, certificate))
			return &folder->keys[i];
	return NULL;
}

/* *added: it was not there. */
static enum rc keep_key(const struct folder_key *key, const char *nickname, bool *added,
			struct diag *diag)
{
	struct private_key *kept = NULL;

	*added = false;
	if (key_is_kept(private_key_public(key->key)))
		return RC_OK;
	TRY(private_key_import(key->pkcs8, true, nickname, &kept, diag));
	private_key_unref(kept);
	*added = true;
	return RC_OK;
}

static void tell_certificate(struct folder *folder, const char *file, const char *nickname,
			     const struct certificate *certificate, const struct folder_key *key,
			     bool trusted, bool added)
{
	const struct store_item *before = folder_before(folder, certificate);
	bool ca = certificate_is_ca(certificate);
	char note[64];

	if (added)
		folder_tell(folder, file, FILE_IMPORTED, nickname, "%s%s%s%s%s",
			    ca ? "CA" : "certificate", trusted ? ", trusted" : "",
			    key != NULL ? ", with the private key of " : "",
			    key != NULL ? key->file : "", date_note(certificate, note));
	else
		folder_tell(folder, file, FILE_PRESENT, nickname, "it is there already%s",
			    trusted && before != NULL && !before->trusted
				    ? ", and not trusted (\"ipsec import --ca\" of this file alone "
				      "makes it so)"
				    : "");
}

/* Who is there keeps name and trust. */
static void add_certificate(struct folder *folder, const char *file, const char *nickname,
			    const struct certificate *certificate, bool trusted)
{
	const struct store_item *before = folder_before(folder, certificate);
	struct folder_key *key = trusted ? NULL : key_for(folder, certificate);
	bool added = false, key_added = false;
	struct diag diag = { "" };
	enum rc rc = RC_OK;

	if (before != NULL)
		nickname = before->nickname;
	else
		rc = store_nickname_free(nickname, certificate, &diag);
	if (rc == RC_OK && key != NULL)
		rc = keep_key(key, nickname, &key_added, &diag);
	if (rc == RC_OK && before == NULL)
		rc = store_add(certificate, nickname, trusted, &added, &diag);
	if (rc != RC_OK) {
		if (key_added)
			(void)!store_remove_key(private_key_public(key->key), NULL);
		folder_tell(folder, file, FILE_FAILED, NULL, "%s", diag.text);
		return;
	}
	if (key != NULL)
		key->used = true;
	tell_certificate(folder, file, nickname, certificate, key, trusted, added || key_added);
}

static void take_certificates(struct folder *folder, const char *file, const struct pem *blocks,
			      size_t count, bool trusted)
{
	char nickname[NICKNAME_MAX];
	unsigned found = 0;

	for (size_t i = 0; i < count; i++) {
		struct certificate *certificate = NULL;
		struct diag diag = { "" };
		if (blocks[i].kind != PEM_CERTIFICATE)
			continue;
		folder_nickname(file, nickname);
		if (certificate_parse(blocks[i].der, &certificate, &diag) != RC_OK)
			folder_tell(folder, file, FILE_FAILED, NULL, "%s", diag.text);
		else if (trusted && !certificate_is_ca(certificate))
			folder_tell(folder, file, FILE_FAILED, NULL,
				    "it is no CA (its basic constraints do not say so); other "
				    "certificates belong into certs");
		else {
			if (found > 0)
				certificate_nickname(certificate, nickname);
			add_certificate(folder, file, nickname, certificate, trusted);
		}
		certificate_unref(certificate);
		found++;
	}
	if (found == 0 && !(count > 0 && blocks[0].kind == PEM_PKCS12))
		folder_tell(folder, file, FILE_SKIPPED, NULL, "there is no certificate in it");
}

static bool ends_right(const char *file)
{
	static const char *const endings[] = { ".pem", ".crt", ".cer", ".der" };
	const char *dot = strrchr(file, '.');

	for (size_t i = 0; dot != NULL && i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcasecmp(dot, endings[i]) == 0)
			return true;
	return false;
}

/* What is trusted is not taken by mistake. */
static void take_ca(struct folder *folder, const char *file, const struct pem *blocks, size_t count)
{
	if (ends_right(file))
		take_certificates(folder, file, blocks, count, true);
	else
		folder_tell(folder, file, FILE_SKIPPED, NULL,
			    "its name ends with none of .pem, .crt, .cer and .der");
}

static void take_own(struct folder *folder, const char *file, const struct pem *blocks,
		     size_t count)
{
	take_certificates(folder, file, blocks, count, false);
}

static void keep_lonely_keys(struct folder *folder)
{
	char id[2 * KEY_ID_LEN + 1], nickname[NICKNAME_MAX];
	struct diag diag = { "" };
	uint8_t bytes[KEY_ID_LEN];
	bool added;

	for (unsigned i = 0; i < folder->key_count; i++) {
		const struct folder_key *key = &folder->keys[i];
		if (key->used)
			continue;
		folder_nickname(key->file, nickname);
		public_key_id(private_key_public(key->key), bytes);
		for (size_t k = 0; k < KEY_ID_LEN; k++)
			(void)snprintf(id + 2 * k, 3, "%02x", bytes[k]);
		if (keep_key(key, nickname, &added, &diag) != RC_OK)
			folder_tell(folder, key->file, FILE_FAILED, NULL, "%s", diag.text);
		else
			folder_tell(folder, key->file, added ? FILE_IMPORTED : FILE_PRESENT, NULL,
				    "private key, of no certificate in certs: leftckaid=%s", id);
	}
}

/* ---- crls ---- */

static void take_crl(struct folder *folder, const char *file, const struct pem *blocks,
		     size_t count)
{
	unsigned found = 0;

	for (size_t i = 0; i < count; i++) {
		struct store_crl crl;
		struct diag diag = { "" };
		enum rc rc;
		if (blocks[i].kind != PEM_CRL)
			continue;
		found++;
		rc = store_check_crl(blocks[i].der, NULL, 0, &crl, &diag);
		if (rc == RC_OK)
			rc = store_add_crl(blocks[i].der, &diag);
		if (rc == RC_OK)
			folder_tell(folder, file, FILE_IMPORTED, NULL, "CRL of %.200s, %u revoked",
				    crl.issuer, crl.entries);
		else
			folder_tell(folder, file, rc == RC_EXISTS ? FILE_PRESENT : FILE_FAILED,
				    NULL, "%s", diag.text);
	}
	if (found == 0)
		folder_tell(folder, file, FILE_SKIPPED, NULL, "there is no CRL in it");
}

/* ---- the whole ---- */

/* ipsec.secrets stands beside ipsec.d. */
static void read_secrets(struct folder *folder)
{
	struct config_errors errors;
	char path[4096], text[700];

	folder_path(folder, "../ipsec.secrets", path, sizeof(path));
	if (access(path, R_OK) != 0)
		return;
	config_errors_init(&errors);
	if (secrets_load(path, false, &folder->secrets, &errors) != RC_OK) {
		folder->secrets = NULL;
		list_for(node, &errors.list)(void)
			complain(0, "%s",
				 config_error_text(container_of(node, struct config_error, in_list),
						   text, sizeof(text)));
		(void)complain(0, "%s is not read: passphrases in it are not known", path);
	}
	config_errors_free(&errors);
}

static int check_layout(const struct folder *folder)
{
	static const char *const parts[] = { "cacerts", "certs", "private", "crls" };
	char path[4096];

	if (strlen(folder->path) > sizeof(path) - REL_MAX)
		return complain(EXIT_USAGE, "the name of the folder is too long");
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		folder_path(folder, parts[i], path, sizeof(path));
		if (is_folder(path))
			return EXIT_DONE;
	}
	return complain(EXIT_FAILED,
			"%s has none of the folders cacerts, certs, private and crls that "
			"strongSwan's ipsec.d has; single files: ipsec import %s/FILE...",
			folder->path, folder->path);
}

static int run(struct folder *folder, const char *password_file)
{
	struct diag diag = { "" };
	int code = check_layout(folder);

	if (code == EXIT_DONE && password_file != NULL)
		code = take_password(password_file, "", false, &folder->password);
	if (code == EXIT_DONE && store_list(false, &folder->before, &diag) != RC_OK)
		code = complain(EXIT_FAILED, "%s", diag.text);
	if (code != EXIT_DONE)
		return code;
	read_secrets(folder);
	each(folder, "private", false, take_private);
	each(folder, "cacerts", false, take_ca);
	each(folder, "certs", false, take_own);
	keep_lonely_keys(folder);
	each(folder, "private", true, take_bundle);
	each(folder, "certs", true, take_bundle);
	each(folder, "crls", false, take_crl);
	return tell_all(folder);
}

int import_folder(const struct ipsec *ipsec, const struct key_options *options, const char *path)
{
	struct folder *folder = mem_alloc(sizeof(*folder));
	int code;

	if (folder == NULL)
		return complain(EXIT_FAILED, "out of memory");
	folder->ipsec = ipsec;
	folder->path = path;
	arena_init(&folder->arena, KEYS_ARENA);
	code = run(folder, options->password_file);
	for (unsigned i = 0; i < folder->key_count; i++)
		private_key_unref(folder->keys[i].key);
	store_list_free(&folder->before);
	secrets_free(folder->secrets);
	secret_wipe(&folder->password);
	arena_free(&folder->arena);
	mem_free(folder);
	return code;
}
