/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec.secrets: an entry starts in the first column, "identities : KIND value", and goes on in the
 * indented lines below it. No message repeats what might be a key. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "base/names.h"
#include "config/secrets_private.h"
#include "config/source.h"

#define KEY_FILE_NAME_MAX 1024

struct token {
	struct span text;
	struct place at;
	bool quoted, first, end; /* first: in the first column; end: no more */
};

struct reader {
	struct secrets *secrets;
	struct config_errors *errors;
	struct source_stack stack;
	const char *file;
	struct span text; /* what is left */
	unsigned line, column;
	struct token next;
	enum rc (*read_file)(void *reader, const char *path, struct place at); /* for includes */
};

/* ---- tokens ---- */
static void advance(struct reader *r, size_t count)
{
	r->text.ptr += count;
	r->text.len -= count;
	r->column += (unsigned)count;
}

static void next_line(struct reader *r)
{
	advance(r, 1);
	r->line++;
	r->column = 1;
}

static size_t line_left(const struct reader *r)
{
	const uint8_t *end = memchr(r->text.ptr, '\n', r->text.len);
	size_t len = end != NULL ? (size_t)(end - r->text.ptr) : r->text.len;
	return len > 0 && r->text.ptr[len - 1] == '\r' ? len - 1 : len;
}

static void skip_space(struct reader *r)
{
	while (r->text.len > 0) {
		uint8_t c = *r->text.ptr;
		if (c == '\n')
			next_line(r);
		else if (c == ' ' || c == '\t' || (c == '\r' && line_left(r) == 0))
			advance(r, 1);
		else if (c == '#')
			advance(r, line_left(r));
		else
			return;
	}
}

static bool is_control(uint8_t c)
{
	return (c < 0x20 && c != '\t') || c == 0x7f;
}

static size_t quoted_length(const struct reader *r, uint8_t quote)
{
	size_t left = line_left(r);
	for (size_t i = 1; i < left; i++)
		if (r->text.ptr[i] == quote)
			return i - 1;
	return SIZE_MAX;
}

static size_t plain_length(const struct reader *r)
{
	size_t left = line_left(r), i = 0;
	while (i < left && r->text.ptr[i] != ' ' && r->text.ptr[i] != '\t')
		i++;
	/* "192.0.2.2: PSK", as many write it, but not "fd00::" */
	if (i > 1 && r->text.ptr[i - 1] == ':' && r->text.ptr[i - 2] != ':')
		i--;
	return i;
}

static bool clean(struct reader *r, struct span text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_control(text.ptr[i]))
			continue;
		report_error(r->errors,
			     (struct place){ r->file, r->line,
					     r->column + (unsigned)(text.ptr + i - r->text.ptr) },
			     "%s (0x%02x) in the line: is this a text file?",
			     text.ptr[i] == 0 ? "a NUL byte" : "a control character", text.ptr[i]);
		return false;
	}
	return true;
}

/* Reads the token after r->next. */
static void read_token(struct reader *r)
{
	struct token token = { 0 };
	uint8_t c;
	size_t len;

	skip_space(r);
	token.at = (struct place){ r->file, r->line, r->column };
	token.end = r->text.len == 0;
	token.first = r->column == 1;
	if (!token.end) {
		c = *r->text.ptr;
		token.quoted = c == '"' || c == '\'';
		len = token.quoted ? quoted_length(r, c) : plain_length(r);
		if (len == SIZE_MAX) {
			report_error(r->errors, token.at, "the closing %c is missing on this line",
				     c);
			len = line_left(r) - 1;
			token.text = span_make(r->text.ptr + 1, 0);
			advance(r, len + 1);
		} else {
			token.text = span_make(r->text.ptr + (token.quoted ? 1 : 0), len);
			if (!clean(r, token.text))
				token.text.len = 0;
			advance(r, len + (token.quoted ? 2 : 0));
		}
	}
	r->next = token;
}

static bool entry_goes_on(const struct reader *r)
{
	return !r->next.end && !r->next.first;
}

static void skip_entry(struct reader *r)
{
	while (entry_goes_on(r))
		read_token(r);
}

static bool is_colon(const struct token *token)
{
	return !token->quoted && span_equal_text(token->text, ":");
}

/* ---- entries ---- */
static enum rc parse_pattern(struct reader *r, const struct token *token,
			     struct secrets_pattern *out)
{
	char text[1100];
	struct diag diag = { "" };
	enum rc rc;

	*out = (struct secrets_pattern){ 0 };
	if (token->text.len >= sizeof(text) || token->text.len == 0) {
		report_error(r->errors, token->at, "an identity has 1 to %zu characters",
			     sizeof(text) - 1);
		return RC_SYNTAX;
	}
	snprintf(text, sizeof(text), "%.*s", (int)token->text.len, (const char *)token->text.ptr);
	if (strcasecmp(text, "%any4") == 0)
		return RC_OK;
	if (strcasecmp(text, "%any6") == 0 || strcmp(text, "::") == 0)
		out->family = AF_INET6;
	rc = identity_parse(text, &out->id, &diag);
	if (rc != RC_OK && rc != RC_NO_MEMORY)
		report_error(r->errors, token->at, "%s", diag.text);
	return rc;
}

/* The identities from the first token to the colon, which stays in r->next. */
static enum rc read_patterns(struct reader *r, struct secrets_pattern **out, unsigned *count)
{
	struct token *tokens = mem_alloc(SECRETS_IDS_MAX * sizeof(*tokens));
	struct secrets_pattern *patterns;
	unsigned n = 0, done = 0;
	enum rc rc = RC_OK;

	if (tokens == NULL)
		return RC_NO_MEMORY;
	do {
		if (is_colon(&r->next))
			break;
		if (n < SECRETS_IDS_MAX)
			tokens[n] = r->next;
		n++;
		read_token(r);
	} while (entry_goes_on(r));
	if (n > SECRETS_IDS_MAX || !is_colon(&r->next) || (r->next.first && n > 0)) {
		report_error(r->errors, tokens[0].at,
			     n > SECRETS_IDS_MAX
				     ? "too many identities in one entry"
				     : "\" : \" is missing (an entry is: identities : PSK \"key\", "
				       "with a blank "
				       "behind the colon; lines below it must be indented)");
		mem_free(tokens);
		return RC_SYNTAX;
	}
	patterns = n > 0 ? mem_alloc(n * sizeof(*patterns)) : NULL;
	if (n > 0 && patterns == NULL)
		rc = RC_NO_MEMORY;
	for (unsigned i = 0; rc == RC_OK && i < n; i++, done++)
		rc = parse_pattern(r, &tokens[i], &patterns[i]);
	mem_free(tokens);
	if (rc != RC_OK) {
		secrets_free_patterns(patterns, patterns != NULL ? done : 0);
		return rc;
	}
	*out = patterns;
	*count = n;
	return RC_OK;
}

static bool grow(struct secrets *secrets)
{
	unsigned cap = secrets->cap == 0 ? 16 : secrets->cap * 2;
	struct secrets_entry *grown;
	if (secrets->count < secrets->cap)
		return true;
	grown = mem_resize(secrets->entries, cap * sizeof(*grown));
	if (grown == NULL)
		return false;
	secrets->entries = grown;
	secrets->cap = cap;
	return true;
}

/* After "PSK". Takes the patterns over when it succeeds. */
static enum rc read_psk(struct reader *r, struct secrets_pattern *patterns, unsigned count,
			struct place at)
{
	struct secrets_entry *entry;
	struct secret psk = { 0 };
	struct diag diag = { "" };
	enum rc rc;

	if (!entry_goes_on(r)) {
		report_error(r->errors, at, "the key after PSK is missing");
		return RC_SYNTAX;
	}
	rc = secret_value(r->next.text, r->next.quoted, &psk, &diag);
	if (rc == RC_OK) {
		read_token(r);
		if (entry_goes_on(r))
			rc = diag_fail(&diag, RC_SYNTAX, "something follows the key");
	}
	if (rc == RC_OK && !grow(r->secrets))
		rc = RC_NO_MEMORY;
	if (rc != RC_OK) {
		if (rc != RC_NO_MEMORY)
			report_error(r->errors, r->next.at, "%s", diag.text);
		secret_wipe(&psk);
		return rc;
	}
	entry = &r->secrets->entries[r->secrets->count++];
	*entry = (struct secrets_entry){ .patterns = patterns,
					 .pattern_count = count,
					 .file = r->secrets->file_count - 1,
					 .line = at.line };
	secret_move(&entry->psk, &psk);
	return RC_OK;
}

#define PPKS_FORM "PPKS \"its ID\" \"the key\""
/* One value and what follows it. */
static enum rc read_value(struct reader *r, struct secret *out, const char *what, const char *form,
			  struct place at)
{
	struct diag diag = { "" };
	enum rc rc;

	if (!entry_goes_on(r)) {
		report_error(r->errors, at, "%s is missing (: %s)", what, form);
		return RC_SYNTAX;
	}
	rc = secret_value(r->next.text, r->next.quoted, out, &diag);
	if (rc != RC_OK && rc != RC_NO_MEMORY)
		report_error(r->errors, r->next.at, "%s: %s", what, diag.text);
	if (rc == RC_OK)
		read_token(r);
	return rc;
}

/* After "PPKS". Takes the patterns over when it succeeds. */
static enum rc read_ppk(struct reader *r, struct secrets_pattern *patterns, unsigned count,
			struct place at)
{
	struct secrets_entry entry = { .patterns = patterns,
				       .pattern_count = count,
				       .file = r->secrets->file_count - 1,
				       .line = at.line };
	struct secret id = { 0 }, key = { 0 };
	struct place id_at = r->next.at;
	enum rc rc = read_value(r, &id, "the ID of the PPK", PPKS_FORM, at);

	if (rc == RC_OK && id.len > PPK_ID_MAX) {
		report_error(r->errors, id_at, "the ID of a PPK has at most %d bytes", PPK_ID_MAX);
		rc = RC_SYNTAX;
	}
	if (rc == RC_OK)
		rc = read_value(r, &key, "the key of the PPK", PPKS_FORM, at);
	if (rc == RC_OK && entry_goes_on(r)) {
		report_error(r->errors, r->next.at, "something follows the key");
		rc = RC_SYNTAX;
	}
	if (rc == RC_OK)
		rc = secrets_add_ppk(r->secrets, &entry, &id, &key);
	secret_wipe(&id);
	secret_wipe(&key);
	return rc;
}

/* ": RSA {": keys of old, written out. */
static bool skip_written_key(struct reader *r, const char *kind, struct place at)
{
	if (r->next.quoted || r->next.text.len == 0 || r->next.text.ptr[0] != '{')
		return false;
	report_warning(r->errors, at,
		       "a key written out is not used: put it into a file (: %s FILE), or use "
		       "\"ipsec import FILE\"",
		       kind);
	return true;
}

/* The passphrase after the name of a file, if there is one. RC_NOT_FOUND: not here. */
static enum rc read_passphrase(struct reader *r, const char *kind, struct secret *out,
			       struct place at)
{
	if (!entry_goes_on(r))
		return RC_OK;
	if (!r->next.quoted && span_equal_text(r->next.text, "%prompt")) {
		report_warning(
			r->errors, r->next.at,
			"the %s entry is not used: a daemon has nobody to ask; write the "
			"passphrase here in quotes, or use \"ipsec import FILE\", which asks",
			kind);
		return RC_NOT_FOUND;
	}
	if (r->next.quoted && r->next.text.len == 0) {
		read_token(r);
		return RC_OK;
	}
	return read_value(r, out, "the passphrase", "RSA FILE \"passphrase\"", at);
}

/* After RSA, PKCS8, P12 and their like. */
static enum rc read_key_file(struct reader *r, const char *kind, struct place at)
{
	struct secrets_file file = { .kind = kind, .file = r->file, .line = at.line };
	struct token name = r->next;
	struct secret passphrase = { NULL, 0 };
	enum rc rc;

	if (!entry_goes_on(r) || name.text.len == 0 || name.text.len > KEY_FILE_NAME_MAX) {
		report_error(r->errors, at,
			     "the name of the file with the key is missing or too long (: %s FILE "
			     "\"passphrase\")",
			     kind);
		return RC_SYNTAX;
	}
	if (skip_written_key(r, kind, at))
		return RC_OK;
	read_token(r);
	rc = read_passphrase(r, kind, &passphrase, at);
	if (rc == RC_OK && entry_goes_on(r)) {
		report_error(r->errors, r->next.at, "something follows the %s",
			     passphrase.len > 0 ? "passphrase" : "name of the file");
		rc = RC_SYNTAX;
	}
	if (rc == RC_OK)
		rc = secrets_add_file(r->secrets, &file, name.text, &passphrase);
	if (rc == RC_LIMIT)
		report_error(r->errors, at, "too many files with keys: at most %d are read",
			     SECRETS_FILES_MAX);
	secret_wipe(&passphrase);
	return rc;
}

static enum rc other_kind(struct reader *r, const struct token *kind)
{
	static const char *const later[] = { "PSK",   "RSA",  "ECDSA",	"ED25519", "ED448", "BLISS",
					     "PKCS8", "P12",  "PKCS12", "PUBKEY",  "PIN",   "XAUTH",
					     "EAP",   "NTLM", "PPK",	"PPKS",	   NULL };
	char word[16];
	const char *near;

	snprintf(word, sizeof(word), "%.*s", kind->text.len < 15 ? (int)kind->text.len : 15,
		 (const char *)kind->text.ptr);
	for (const char *const *k = later; *k != NULL && !kind->quoted; k++)
		if (strcasecmp(*k, word) == 0) {
			report_warning(r->errors, kind->at,
				       "%s entries are not used: it is kept for a later version",
				       *k);
			return RC_OK;
		}
	near = kind->quoted ? NULL : names_nearest(word, later);
	report_error(r->errors, kind->at, "the kind of the secret is missing or unknown%s%s%s",
		     near != NULL ? " (did you mean \"" : " (write PSK before a preshared key)",
		     near != NULL ? near : "", near != NULL ? "\"?)" : "");
	return RC_SYNTAX;
}

/* After "XAUTH". Takes the patterns over when it succeeds. */
static enum rc read_xauth(struct reader *r, struct secrets_pattern *patterns, unsigned count,
			  struct place at)
{
	struct secrets_entry entry = { .patterns = patterns,
				       .pattern_count = count,
				       .file = r->secrets->file_count - 1,
				       .line = at.line };
	struct secret password = { NULL, 0 };
	enum rc rc = read_value(r, &password, "the password of the user", "XAUTH \"password\"", at);

	if (rc == RC_OK && entry_goes_on(r)) {
		report_error(r->errors, r->next.at, "something follows the password");
		rc = RC_SYNTAX;
	}
	if (rc == RC_OK)
		rc = secrets_add_xauth(r->secrets, &entry, &password);
	secret_wipe(&password);
	return rc;
}

static bool is_kind(const struct token *kind, const char *word)
{
	return !kind->quoted && kind->text.len == strlen(word) &&
	       strncasecmp((const char *)kind->text.ptr, word, kind->text.len) == 0;
}

/* r->next is the colon. */
static enum rc read_secret(struct reader *r, struct secrets_pattern *patterns, unsigned count)
{
	struct place at = r->next.at;
	struct token kind;
	const char *word;

	read_token(r);
	kind = r->next;
	if (!entry_goes_on(r)) {
		report_error(r->errors, at, "PSK and the key are missing after \":\"");
		return RC_SYNTAX;
	}
	read_token(r);
	if (is_kind(&kind, "PSK"))
		return read_psk(r, patterns, count, kind.at);
	if (is_kind(&kind, "PPKS") || is_kind(&kind, "PPK"))
		return read_ppk(r, patterns, count, kind.at);
	if (is_kind(&kind, "XAUTH"))
		return read_xauth(r, patterns, count, kind.at);
	word = kind.quoted ? NULL : secrets_file_kind(kind.text);
	if (word == NULL)
		(void)other_kind(r, &kind);
	else if (read_key_file(r, word, kind.at) == RC_NO_MEMORY)
		return RC_NO_MEMORY;
	return RC_NOT_FOUND; /* the patterns are not needed */
}

static enum rc read_include(struct reader *r)
{
	char pattern[1024];
	struct token token;
	enum rc rc;

	read_token(r);
	token = r->next;
	if (!entry_goes_on(r) || token.text.len == 0 || token.text.len >= sizeof(pattern)) {
		report_error(r->errors, token.at, "include: the file name is missing or too long");
		return RC_SYNTAX;
	}
	snprintf(pattern, sizeof(pattern), "%.*s", (int)token.text.len,
		 (const char *)token.text.ptr);
	read_token(r);
	if (entry_goes_on(r))
		report_error(r->errors, r->next.at, "include: something follows the file name");
	skip_entry(r);
	rc = source_include(&r->stack, pattern, token.at, r->errors, r->read_file, r);
	return rc == RC_NO_MEMORY ? rc : RC_OK;
}

static enum rc read_entry(struct reader *r)
{
	struct secrets_pattern *patterns = NULL;
	unsigned count = 0;
	enum rc rc;

	if (!r->next.first) {
		report_error(r->errors, r->next.at,
			     "the line is indented, but no entry is above it");
		skip_entry(r);
		return RC_OK;
	}
	if (!r->next.quoted && span_equal_text(r->next.text, "include"))
		return read_include(r);
	rc = read_patterns(r, &patterns, &count);
	if (rc == RC_OK) {
		rc = read_secret(r, patterns, count);
		if (rc != RC_OK)
			secrets_free_patterns(patterns, count);
	}
	skip_entry(r);
	return rc == RC_NO_MEMORY ? rc : RC_OK;
}

static enum rc add_file(struct secrets *secrets, const char *name)
{
	char **grown = mem_resize(secrets->files, (secrets->file_count + 1) * sizeof(char *));
	if (grown == NULL)
		return RC_NO_MEMORY;
	secrets->files = grown;
	secrets->files[secrets->file_count] = mem_text(name);
	if (secrets->files[secrets->file_count] == NULL)
		return RC_NO_MEMORY;
	secrets->file_count++;
	return RC_OK;
}

/* An include saves where it is, reads, and goes on there. */
static enum rc read_text(struct reader *r, const char *name, struct span text)
{
	struct reader saved = *r;
	enum rc rc = add_file(r->secrets, name);

	r->file = rc == RC_OK ? r->secrets->files[r->secrets->file_count - 1] : name;
	r->text = text;
	r->line = r->column = 1;
	if (text.len >= 3 && span_equal(span_make(text.ptr, 3), span_make("\xef\xbb\xbf", 3))) {
		r->text = span_make(text.ptr + 3, text.len - 3);
	}
	if (rc == RC_OK)
		read_token(r);
	while (rc == RC_OK && !r->next.end)
		rc = read_entry(r);
	saved.stack = r->stack;
	*r = saved;
	return rc;
}

static enum rc read_file(void *context, const char *path, struct place at)
{
	struct reader *r = context;
	struct source_file file;
	enum rc rc = source_push(&r->stack, path, at, r->errors, &file);

	if (rc != RC_OK)
		return rc;
	rc = read_text(r, path, span_make(file.text, file.len));
	source_pop(&r->stack);
	source_free(&file);
	return rc;
}

/* ---- all ---- */
static enum rc load(struct reader *r, const char *path, const char *name, struct span text,
		    struct secrets **out)
{
	struct place whole = { name, 0, 0 };
	unsigned before = r->errors->errors;
	enum rc rc = RC_NO_MEMORY;

	*out = NULL;
	r->secrets = mem_alloc(sizeof(*r->secrets));
	if (r->secrets != NULL)
		rc = path != NULL ? read_file(r, path, whole) : read_text(r, name, text);
	if (rc == RC_OK && r->errors->errors != before)
		rc = RC_SYNTAX;
	if (rc == RC_OK)
		rc = secrets_index(r->secrets, r->errors);
	if (rc == RC_NO_MEMORY)
		report_error(r->errors, whole, "out of memory");
	if (rc != RC_OK) {
		secrets_free(r->secrets);
		return rc;
	}
	*out = r->secrets;
	return RC_OK;
}

enum rc secrets_load(const char *path, bool lax, struct secrets **out, struct config_errors *errors)
{
	struct reader r = { .errors = errors, .read_file = read_file };
	r.stack.may_include = true;
	r.stack.kind = lax ? SOURCE_SECRET_LAX : SOURCE_SECRET;
	return load(&r, path, path, SPAN_NONE, out);
}

enum rc secrets_load_text(const char *name, struct span text, struct secrets **out,
			  struct config_errors *errors)
{
	struct reader r = { .errors = errors, .read_file = read_file };
	return load(&r, NULL, name, text, out);
}
