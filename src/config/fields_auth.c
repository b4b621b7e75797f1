/* SPDX-License-Identifier: Apache-2.0 */
/* Readers of fields about who proves what: methods, certificates, keys, CAs. */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "base/arena.h"
#include "config/dn.h"
#include "config/keywords.h"
#include "config/secrets_private.h"

/* A method in one number: its AUTHBY_ bits, and the hashes of each kind of signature. */
#define HASH(hash)	   (1 << (hash))
#define SHA2		   (HASH(SIGN_SHA2_256) | HASH(SIGN_SHA2_384) | HASH(SIGN_SHA2_512))
#define PSS(hashes)	   (AUTHBY_RSA | (hashes) << 8)
#define PKCS1(hashes)	   (AUTHBY_RSA | (hashes) << 16)
#define ECDSA(hashes)	   (AUTHBY_ECDSA | (hashes) << 24)
#define ANY_RSA		   (PSS(SHA2) | PKCS1(SHA2))
#define ANY_SIGNATURE	   (ANY_RSA | ECDSA(SHA2) | AUTHBY_EDDSA)
#define BITS_OF(value, at) ((uint8_t)((unsigned)(value) >> (at)&0xff))

/* What Libreswan and strongSwan call methods, in authby=, leftauth= and rightauth=. */
static const struct name method_list[] = {
	{ AUTHBY_SECRET, "secret" },
	{ AUTHBY_SECRET, "psk" },
	{ ANY_RSA, "rsasig" },
	{ ANY_RSA, "rsa" },
	{ PKCS1(HASH(SIGN_SHA1)), "rsa-sha1" },
	{ PSS(SHA2), "rsa-sha2" },
	{ PSS(HASH(SIGN_SHA2_256)), "rsa-sha2_256" },
	{ PSS(HASH(SIGN_SHA2_384)), "rsa-sha2_384" },
	{ PSS(HASH(SIGN_SHA2_512)), "rsa-sha2_512" },
	{ PKCS1(HASH(SIGN_SHA2_256)), "rsa-sha256" },
	{ PKCS1(HASH(SIGN_SHA2_384)), "rsa-sha384" },
	{ PKCS1(HASH(SIGN_SHA2_512)), "rsa-sha512" },
	{ PSS(SHA2), "rsa/pss" },
	{ PSS(HASH(SIGN_SHA2_256)), "rsa/pss-sha256" },
	{ PSS(HASH(SIGN_SHA2_384)), "rsa/pss-sha384" },
	{ PSS(HASH(SIGN_SHA2_512)), "rsa/pss-sha512" },
	{ ECDSA(SHA2), "ecdsa" },
	{ ECDSA(SHA2), "ecdsasig" },
	{ ECDSA(SHA2), "ecdsa-sha2" },
	{ ECDSA(HASH(SIGN_SHA2_256)), "ecdsa-sha2_256" },
	{ ECDSA(HASH(SIGN_SHA2_384)), "ecdsa-sha2_384" },
	{ ECDSA(HASH(SIGN_SHA2_512)), "ecdsa-sha2_512" },
	{ ECDSA(HASH(SIGN_SHA2_256)), "ecdsa-sha256" },
	{ ECDSA(HASH(SIGN_SHA2_384)), "ecdsa-sha384" },
	{ ECDSA(HASH(SIGN_SHA2_512)), "ecdsa-sha512" },
	{ AUTHBY_EDDSA, "eddsa" },
	{ AUTHBY_EDDSA, "ed25519" },
	{ ANY_SIGNATURE, "pubkey" },
	{ ANY_SIGNATURE, "cert" },
	{ ANY_SIGNATURE, "rsasig-and-ecdsa" },
	{ AUTHBY_NULL, "null" },
	{ AUTHBY_XAUTH, "xauth" },
	{ AUTHBY_XAUTH, "xauth-generic" },
	{ AUTHBY_XAUTH | AUTHBY_SECRET, "xauthpsk" },
	{ (int)AUTHBY_XAUTH | ANY_RSA, "xauthrsasig" },
	{ 0, "never" },
	{ 0, "none" },
	{ 0, NULL },
};
static const struct names methods = { "authentication method", method_list };

/* Known, and not for us: by the start of their name. */
static const struct {
	const char *start, *why;
} refused_methods[] = {
	{ "eap", "EAP comes with a later version" },
	{ "xauth-pam", "write xauth, and xauthby=pam" },
	{ "xauth-noauth", "write xauth, and xauthby=alwaysok" },
	{ "xauth-eap", "EAP comes with a later version" },
	{ "ecdsa-sha1", "ECDSA is used with SHA-2 only: write ecdsa" },
	{ "ecdsa_sha1", "ECDSA is used with SHA-2 only: write ecdsa" },
	{ "ed448", "of EdDSA only Ed25519 is supported: write eddsa" },
	{ "bliss", "it was an experiment of strongSwan" },
	{ "dss", "DSS signatures are too weak; write rsasig or ecdsa" },
	{ NULL, NULL },
};

/* strongSwan: "rsa-2048-sha256", "ecdsa-384", "pubkey-sha256". */
static bool is_strength(const char *word)
{
	static const char *const starts[] = { "rsa-", "ecdsa-", "pubkey-", "cert-", NULL };

	for (unsigned i = 0; starts[i] != NULL; i++) {
		size_t len = strlen(starts[i]);
		if (strncasecmp(word, starts[i], len) == 0)
			return i >= 2 || (word[len] >= '1' && word[len] <= '9');
	}
	return false;
}

static enum rc read_method(const char *word, int *value, struct finding *finding)
{
	if (strncasecmp(word, "ike:", 4) == 0) /* strongSwan: for IKE, not for chains */
		word += 4;
	for (unsigned i = 0; refused_methods[i].start != NULL; i++)
		if (strncasecmp(word, refused_methods[i].start, strlen(refused_methods[i].start)) ==
		    0)
			return diag_fail(&finding->diag, RC_UNSUPPORTED,
					 "\"%.40s\" is not supported yet: %s", word,
					 refused_methods[i].why);
	if (is_strength(word))
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%.40s\" is not supported: what is too weak is refused anyway; "
				 "write the kind of signature and its hash, as in rsa-sha2_512",
				 word);
	return value_enum(word, &methods, value, &finding->diag);
}

/* "secret|rsasig" too. */
static bool next_method(const char **cursor, char word[VALUE_WORD_MAX], size_t *back)
{
	size_t skip = strspn(*cursor, "|"), bar;

	*cursor += skip;
	if (!value_word(cursor, word))
		return false;
	*back = strlen(word);
	bar = strcspn(word, "|");
	if (word[bar] != '\0') {
		*cursor -= strlen(word) - bar;
		word[bar] = '\0';
		*back = bar;
	}
	return true;
}

static enum rc read_methods(const char *text, unsigned *bits, struct config_signatures *signatures,
			    struct finding *finding)
{
	const char *cursor = text;
	char word[VALUE_WORD_MAX];
	size_t back;

	*bits = 0;
	*signatures = (struct config_signatures){ 0 };
	while (next_method(&cursor, word, &back)) {
		int value = 0;
		finding->column = (size_t)(cursor - text) - back;
		TRY(read_method(word, &value, finding));
		*bits |= BITS_OF(value, 0);
		signatures->pss |= BITS_OF(value, 8);
		signatures->pkcs1 |= BITS_OF(value, 16);
		signatures->ecdsa |= BITS_OF(value, 24);
	}
	return RC_OK;
}

enum rc field_auth(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;
	return read_methods(text, &end->auth, &end->signatures, finding);
}

enum rc field_authby(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	return read_methods(text, &conn->authby, &conn->signatures, finding);
}

void signatures_any(unsigned *auth, struct config_signatures *signatures)
{
	*auth = AUTHBY_SIGNATURE;
	*signatures = (struct config_signatures){ SHA2, SHA2, SHA2 };
}

static enum rc set_text(char **field, const char *text)
{
	char *copy = mem_text(text);
	if (copy == NULL)
		return RC_NO_MEMORY;
	mem_free(*field);
	*field = copy;
	return RC_OK;
}

enum rc field_identity(const char *text, void *object, struct finding *finding)
{
	static const char *const known[] = { "%any",  "%any4",	   "%any6", "%none",
					     "%null", "%fromcert", NULL };
	struct config_end *end = object;

	if (strcasecmp(text, "%myid") == 0)
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "%%myid is not supported: write the identity itself");
	end->id_fromcert = strcasecmp(text, "%fromcert") == 0;
	if (end->id_fromcert) {
		identity_free(&end->id);
		end->id = (struct identity){ 0 };
		return RC_OK;
	}
	if (text[0] == '%' && names_nearest(text, known) == NULL) /* strongSwan: no IDr is sent */
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%.60s\" is not supported: write the identity without \"%%\"; "
				 "%%any takes every one",
				 text);
	return identity_parse(text, &end->id, &finding->diag);
}

enum rc field_cert(const char *text, void *object, struct finding *finding)
{
	if (text[0] == '%')
		return diag_fail(
			&finding->diag, RC_UNSUPPORTED,
			"\"%.60s\" is not supported: add the token to the NSS database with "
			"modutil(1) and write token:nickname",
			text);
	if (strchr(text, ',') != NULL)
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "one certificate for each end: write a conn for each");
	return set_text(&((struct config_end *)object)->cert, text);
}

static void drop_ca(struct config_end *end)
{
	mem_free(end->ca);
	mem_free(end->ca_text);
	end->ca = NULL;
	end->ca_text = NULL;
	end->ca_len = 0;
	end->ca_same = false;
}

enum rc field_ca(const char *text, void *object, struct finding *finding)
{
	struct config_end *end = object;
	uint8_t der[DN_DER_MAX];
	size_t len = 0;

	drop_ca(end);
	if (strcasecmp(text, "%any") == 0)
		return RC_OK;
	if (strcasecmp(text, "%same") == 0) {
		end->ca_same = true;
		return RC_OK;
	}
	if (text[0] == '%')
		return diag_fail(
			&finding->diag, RC_SYNTAX,
			"unknown \"%.60s\": expected a distinguished name, %%same or %%any", text);
	TRY(dn_parse(text, der, &len, &finding->diag));
	end->ca = mem_alloc(len);
	if (end->ca == NULL)
		return RC_NO_MEMORY;
	memcpy(end->ca, der, len);
	end->ca_len = (uint16_t)len;
	return set_text(&end->ca_text, text);
}

enum rc field_ckaid(const char *text, void *object, struct finding *finding)
{
	char id[2 * 64 + 1];
	size_t used = 0;

	for (const char *p = text; *p != '\0'; p++) {
		char c = *p >= 'A' && *p <= 'F' ? (char)(*p + 32) : *p;
		if (c == ':')
			continue;
		if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
			finding->column = (size_t)(p - text);
			return diag_fail(&finding->diag, RC_SYNTAX,
					 "\"%c\" is no hex digit: a CKAID is what ipsec "
					 "showhostkey --list shows",
					 *p);
		}
		if (used == sizeof(id) - 1)
			return diag_fail(&finding->diag, RC_LIMIT,
					 "a CKAID has at most 128 hex digits");
		id[used++] = c;
	}
	id[used] = '\0';
	if (used == 0 || used % 2 != 0)
		return diag_fail(&finding->diag, RC_SYNTAX,
				 "a CKAID of %zu hex digits: two for each byte are needed", used);
	return set_text(&((struct config_end *)object)->ckaid, id);
}

/* ---- raw keys ---- */
static void drop_key(struct config_key *key)
{
	mem_free(key->data);
	mem_free(key->file);
	*key = (struct config_key){ 0 };
}

static bool is_encoded(const char *text)
{
	return text[0] == '0' &&
	       (text[1] == 's' || text[1] == 'S' || text[1] == 'x' || text[1] == 'X');
}

static enum rc decode_key(const char *text, struct config_key *key, uint8_t form,
			  struct finding *finding)
{
	struct secret bytes = { 0 };
	enum rc rc = secret_value(span_make(text, strlen(text)), false, &bytes, &finding->diag);

	if (rc != RC_OK)
		return rc;
	key->data = mem_alloc(bytes.len);
	if (key->data == NULL) {
		secret_wipe(&bytes);
		return RC_NO_MEMORY;
	}
	memcpy(key->data, bytes.ptr, bytes.len);
	key->len = (uint16_t)bytes.len;
	key->form = form;
	secret_wipe(&bytes);
	return RC_OK;
}

/* What both keywords have in common; RC_NOT_FOUND: none of these. */
static enum rc read_key(const char *text, struct config_key *key, uint8_t form,
			struct finding *finding)
{
	drop_key(key);
	if (strcasecmp(text, "%none") == 0)
		return RC_OK;
	if (strcasecmp(text, "%cert") == 0) {
		key->form = CONFIG_KEY_CERT;
		return RC_OK;
	}
	if (strncasecmp(text, "%dns", 4) == 0 || strcasecmp(text, "%any") == 0)
		return diag_fail(&finding->diag, RC_UNSUPPORTED,
				 "\"%.40s\" is not supported: keys are not looked up in the DNS; "
				 "write the key, or %%cert",
				 text);
	if (is_encoded(text))
		return decode_key(text, key, form, finding);
	return RC_NOT_FOUND;
}

enum rc field_rsasigkey(const char *text, void *object, struct finding *finding)
{
	struct config_key *key = &((struct config_end *)object)->key;
	enum rc rc = read_key(text, key, CONFIG_KEY_RFC3110, finding);

	if (rc != RC_NOT_FOUND)
		return rc;
	return diag_fail(&finding->diag, RC_SYNTAX,
			 "\"%.20s\" is no RSA key: write 0s and base64 as ipsec showhostkey does "
			 "it, %%cert or %%none",
			 text);
}

enum rc field_pubkey(const char *text, void *object, struct finding *finding)
{
	struct config_key *key = &((struct config_end *)object)->key;
	enum rc rc = read_key(text, key, CONFIG_KEY_SPKI, finding);

	if (rc != RC_NOT_FOUND)
		return rc;
	if (strchr(text, '/') == NULL || text[0] == '%')
		return diag_fail(&finding->diag, RC_SYNTAX,
				 "\"%.40s\" is no public key: write 0s and base64, a PEM file with "
				 "its path, %%cert or %%none",
				 text);
	key->form = CONFIG_KEY_FILE;
	return set_text(&key->file, text);
}

/* ---- a second proof (RFC 4739) ---- */

static enum rc second_of(void *object, enum rc (*field)(const char *, void *, struct finding *),
			 const char *text, struct finding *finding)
{
	struct config_end *end = object;

	if (end->second == NULL)
		end->second = mem_alloc(sizeof(*end->second));
	return end->second != NULL ? field(text, end->second, finding) : RC_NO_MEMORY;
}

enum rc field_auth2(const char *text, void *object, struct finding *finding)
{
	return second_of(object, field_auth, text, finding);
}

enum rc field_id2(const char *text, void *object, struct finding *finding)
{
	TRY(second_of(object, field_identity, text, finding));
	((struct config_end *)object)->second->id_any = strncasecmp(text, "%any", 4) == 0;
	return RC_OK;
}

enum rc field_cert2(const char *text, void *object, struct finding *finding)
{
	return second_of(object, field_cert, text, finding);
}

enum rc field_ca2(const char *text, void *object, struct finding *finding)
{
	return second_of(object, field_ca, text, finding);
}
