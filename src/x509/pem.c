/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pem.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/secret.h"
#include "crypto/pbe.h"
#include "x509/asn1.h"

static const char begin[] = "-----BEGIN ", end[] = "-----END ", dashes[] = "-----",
		  dek_info[] = "DEK-Info: ";

/* ---- base 64 ---- */

static int digit_of(uint8_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

static bool is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static enum rc decode(struct span text, struct arena *arena, struct span *out)
{
	uint8_t *bytes = arena_alloc(arena, text.len / 4 * 3 + 3);
	size_t len = 0;
	uint32_t group = 0;
	unsigned digits = 0, padding = 0;

	if (bytes == NULL)
		return RC_NO_MEMORY;
	for (size_t i = 0; i < text.len; i++) {
		int value = digit_of(text.ptr[i]);
		if (is_blank(text.ptr[i]))
			continue;
		padding += text.ptr[i] == '=';
		if ((value < 0 && text.ptr[i] != '=') || (value >= 0 && padding > 0))
			return RC_SYNTAX;
		group = group << 6 | (value < 0 ? 0 : (uint32_t)value);
		if (++digits % 4 != 0)
			continue;
		for (int shift = 16; shift >= 0; shift -= 8)
			bytes[len++] = (uint8_t)(group >> shift);
	}
	if (digits % 4 != 0 || padding > 2 || len < padding)
		return RC_SYNTAX;
	*out = span_make(bytes, len - padding);
	return RC_OK;
}

/* ---- keys in their older forms, as PKCS#8 (RFC 5958) ---- */

struct pkcs8 {
	struct span algorithm; /* content of its AlgorithmIdentifier */
	struct span key;
};

static enum rc make_pkcs8(const struct pkcs8 *from, struct arena *arena, struct span *out)
{
	size_t size = from->key.len + from->algorithm.len + 32, at;
	uint8_t *bytes = arena_alloc(arena, size);
	struct sink sink;
	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, bytes, size);
	at = der_begin(&sink, ASN1_SEQUENCE);
	der_put_small(&sink, 0);
	der_put(&sink, ASN1_SEQUENCE, from->algorithm);
	der_put(&sink, ASN1_OCTET_STRING, from->key);
	der_end(&sink, at);
	*out = sink_written(&sink);
	return sink_rc(&sink);
}

static enum rc from_rsa(struct span key, struct arena *arena, struct span *out)
{
	static const uint8_t algorithm[] = {
		6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0
	};
	struct pkcs8 parts = { SPAN_OF(algorithm), key };
	return make_pkcs8(&parts, arena, out);
}

/* RFC 5915: the curve stands in [0]. */
static enum rc from_ec(struct span key, struct arena *arena, struct span *out)
{
	static const uint8_t id[] = { 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1 };
	struct span in, part, curve;
	uint8_t algorithm[64];
	struct sink sink;
	int32_t version;
	struct pkcs8 parts;

	TRY(der_only(key, ASN1_SEQUENCE, &in));
	TRY(asn1_small(&in, &version));
	TRY(der_take(&in, ASN1_OCTET_STRING, &part));
	TRY(der_take(&in, ASN1_CONTEXT_WITH(0), &curve));
	sink_init(&sink, algorithm, sizeof(algorithm));
	sink_bytes(&sink, id, sizeof(id));
	sink_span(&sink, curve);
	TRY(sink_rc(&sink));
	parts = (struct pkcs8){ sink_written(&sink), key };
	return make_pkcs8(&parts, arena, out);
}

/* ---- blocks ---- */

static const struct {
	const char *label;
	enum pem_kind kind;
	enum rc (*rewrite)(struct span key, struct arena *arena, struct span *out);
} labels[] = {
	{ "CERTIFICATE", PEM_CERTIFICATE, NULL },
	{ "X509 CERTIFICATE", PEM_CERTIFICATE, NULL },
	{ "X509 CRL", PEM_CRL, NULL },
	{ "PRIVATE KEY", PEM_PRIVATE_KEY, NULL },
	{ "RSA PRIVATE KEY", PEM_PRIVATE_KEY, from_rsa },
	{ "EC PRIVATE KEY", PEM_PRIVATE_KEY, from_ec },
	{ "ENCRYPTED PRIVATE KEY", PEM_ENCRYPTED_KEY, NULL },
	{ "PUBLIC KEY", PEM_PUBLIC_KEY, NULL },
};

static enum rc understand(const char *label, struct arena *arena, struct pem *out)
{
	out->kind = PEM_OTHER;
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (strcmp(labels[i].label, label) != 0)
			continue;
		out->kind = labels[i].kind;
		if (labels[i].rewrite != NULL)
			return labels[i].rewrite(out->der, arena, &out->der);
	}
	return RC_OK;
}

static const uint8_t *find(struct span text, const char *what)
{
	return text.len > 0 ? memmem(text.ptr, text.len, what, strlen(what)) : NULL;
}

static struct span after(struct span text, const uint8_t *at)
{
	return span_make(at, text.len - (size_t)(at - text.ptr));
}

/* The label and what stands between BEGIN and END, both consumed. */
static enum rc cut_block(struct span *text, char label[40], struct span *body)
{
	const uint8_t *at = find(*text, begin), *stop;
	size_t len;
	if (at == NULL)
		return RC_NOT_FOUND;
	*text = after(*text, at + strlen(begin));
	stop = find(*text, dashes);
	len = stop != NULL ? (size_t)(stop - text->ptr) : 0;
	if (stop == NULL || len >= 40)
		return RC_SYNTAX;
	memcpy(label, text->ptr, len);
	label[len] = '\0';
	*text = after(*text, stop + strlen(dashes));
	stop = find(*text, end);
	if (stop == NULL)
		return RC_SYNTAX;
	*body = span_make(text->ptr, (size_t)(stop - text->ptr));
	*text = after(*text, stop + strlen(end));
	return RC_OK;
}

/* "Proc-Type: 4,ENCRYPTED": OpenSSL's own way of old. */
static bool has_headers(struct span body)
{
	return find(body, "ENCRYPTED") != NULL;
}

static const char *known_label(const char *label)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
		if (strcmp(labels[i].label, label) == 0)
			return labels[i].label;
	return "";
}

/* "AES-128-CBC,0123..." up to the end of its line. */
static void read_cipher(struct span text, struct pem *out)
{
	char cipher[sizeof(out->cipher)] = "", iv[2 * DEK_IV_MAX + 1] = "", line[80];
	unsigned byte;

	(void)snprintf(line, sizeof(line), "%.*s", (int)(text.len < 79 ? text.len : 79),
		       (const char *)text.ptr);
	if (sscanf(line, "%23[^,],%32[0-9A-Fa-f]", cipher, iv) != 2 || strlen(iv) % 2 != 0)
		return;
	(void)snprintf(out->cipher, sizeof(out->cipher), "%s", cipher);
	while (out->iv_len < strlen(iv) / 2 && sscanf(iv + 2 * out->iv_len, "%2x", &byte) == 1)
		out->iv[out->iv_len++] = (uint8_t)byte;
}

/* The headers end with an empty line. What cannot be read stays empty, and is told when it is to be
 * opened. */
static enum rc read_encrypted(struct span body, const char *label, struct arena *arena,
			      struct pem *out)
{
	const uint8_t *info = find(body, dek_info), *text = find(body, "\n\n"),
		      *other = find(body, "\n\r\n");
	enum rc rc = RC_OK;

	*out = (struct pem){ .kind = PEM_ENCRYPTED_KEY, .label = known_label(label) };
	text = text != NULL ? text : other;
	if (info != NULL && text != NULL && info < text) {
		read_cipher(after(body, info + strlen(dek_info)), out);
		rc = decode(after(body, text), arena, &out->der);
	}
	return rc == RC_NO_MEMORY ? rc : RC_OK;
}

enum rc pem_next(struct span *text, struct arena *arena, struct pem *out, struct diag *diag)
{
	char label[40] = "";
	struct span body = SPAN_NONE;
	enum rc rc = cut_block(text, label, &body);

	if (rc == RC_NOT_FOUND)
		return rc;
	if (rc == RC_OK && has_headers(body))
		return read_encrypted(body, label, arena, out);
	out->label = NULL;
	if (rc == RC_OK)
		rc = decode(body, arena, &out->der);
	if (rc == RC_OK)
		rc = understand(label, arena, out);
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc;
	return diag_fail(diag, RC_SYNTAX, "the PEM block \"%s\" is broken",
			 label[0] != '\0' ? label : "BEGIN");
}

/* ---- encrypted keys ---- */

static enum rc open_pkcs8(const struct pem *block, const char *password, struct secret *out,
			  struct diag *diag)
{
	struct span in, algorithm, content;

	if (der_only(block->der, ASN1_SEQUENCE, &in) != RC_OK ||
	    der_whole(&in, ASN1_SEQUENCE, &algorithm) != RC_OK ||
	    der_take(&in, ASN1_OCTET_STRING, &content) != RC_OK)
		return diag_fail(diag, RC_SYNTAX, "how it is encrypted cannot be read");
	return pbe_decrypt(algorithm, password, content, out, diag);
}

enum rc pem_open_key(struct pem *block, const char *password, struct arena *arena,
		     struct diag *diag)
{
	struct secret plain = { NULL, 0 };
	struct pem opened = { .kind = PEM_PRIVATE_KEY };
	enum rc rc;

	if (block->label != NULL)
		rc = dek_decrypt(block->cipher, span_make(block->iv, block->iv_len), password,
				 block->der, &plain, diag);
	else
		rc = open_pkcs8(block, password, &plain, diag);
	if (rc == RC_OK) {
		opened.der = arena_copy(arena, secret_span(&plain));
		rc = opened.der.ptr == NULL ? RC_NO_MEMORY : RC_OK;
	}
	secret_wipe(&plain);
	if (rc == RC_OK && block->label != NULL)
		rc = understand(block->label, arena, &opened);
	if (rc == RC_SYNTAX && opened.der.ptr != NULL)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "the passphrase is wrong, or the file is damaged");
	if (rc == RC_OK)
		*block = opened;
	return rc;
}

/* ---- files ---- */

/* What a DER file is shows in its first elements: a certificate begins with a SEQUENCE of
 * [0] version or a serial number, PKCS#12 with the number 3, PKCS#8 with 0 or 1 (encrypted: with an
 * AlgorithmIdentifier and an OCTET STRING). */
static enum rc recognise(struct pem *out)
{
	static const uint8_t of_nss[] = { 0x30, 0x80, 2, 1, 3 }; /* PKCS#12 need not be DER */
	struct span in, first;
	int32_t number = 0;
	if (out->der.len > sizeof(of_nss) &&
	    span_equal(span_make(out->der.ptr, sizeof(of_nss)), SPAN_OF(of_nss))) {
		out->kind = PEM_PKCS12;
		return RC_OK;
	}
	if (der_take(&(struct span){ out->der.ptr, out->der.len }, ASN1_SEQUENCE, &in) != RC_OK)
		return RC_NOT_FOUND;
	if (asn1_small(&in, &number) == RC_OK) {
		out->kind = number == 3 ? PEM_PKCS12 : PEM_PRIVATE_KEY;
		return RC_OK;
	}
	if (der_take(&in, ASN1_SEQUENCE, &first) != RC_OK)
		return RC_NOT_FOUND;
	if (der_is_next(&in, ASN1_BIT_STRING))
		out->kind = PEM_PUBLIC_KEY;
	else if (der_is_next(&in, ASN1_OCTET_STRING))
		out->kind = PEM_ENCRYPTED_KEY;
	else if (der_is_next(&first, ASN1_CONTEXT_WITH(0)))
		out->kind = PEM_CERTIFICATE;
	else
		out->kind = asn1_small(&first, &number) == RC_OK &&
					    der_take(&first, ASN1_SEQUENCE, &in) == RC_OK &&
					    der_take(&first, ASN1_SEQUENCE, &in) == RC_OK &&
					    !der_is_next(&first, ASN1_SEQUENCE)
				    ? PEM_CRL
				    : PEM_CERTIFICATE;
	return RC_OK;
}

static enum rc read_all(int fd, size_t size, uint8_t *bytes, size_t *len)
{
	while (*len < size) {
		ssize_t got = read(fd, bytes + *len, size - *len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return RC_IO;
		if (got == 0)
			break;
		*len += (size_t)got;
	}
	return RC_OK;
}

static enum rc read_file(const char *path, struct arena *arena, struct span *out, struct diag *diag)
{
	struct stat status;
	size_t len = 0;
	uint8_t *bytes;
	enum rc rc;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return diag_fail(diag, errno == ENOENT ? RC_NOT_FOUND : RC_IO, "cannot read %s: %s",
				 path, strerror(errno));
	if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > PEM_FILE_MAX) {
		close(fd);
		return diag_fail(diag, RC_LIMIT, "%s is not a file of at most %d bytes", path,
				 PEM_FILE_MAX);
	}
	bytes = arena_alloc(arena, (size_t)status.st_size + 1);
	rc = bytes != NULL ? read_all(fd, (size_t)status.st_size, bytes, &len) : RC_NO_MEMORY;
	close(fd);
	*out = span_make(bytes, len);
	return rc == RC_OK ? rc : diag_fail(diag, rc, "cannot read %s", path);
}

enum rc pem_read(const char *path, struct arena *arena, struct pem *out, size_t max, size_t *count,
		 struct diag *diag)
{
	struct span text;
	enum rc rc = RC_OK;

	*count = 0;
	TRY(read_file(path, arena, &text, diag));
	if (find(text, begin) == NULL) {
		out[0] = (struct pem){ .der = text };
		*count = max > 0 && recognise(&out[0]) == RC_OK;
	}
	for (size_t n = 0; n < max && rc == RC_OK && find(text, begin) != NULL; n++) {
		rc = pem_next(&text, arena, &out[n], diag);
		*count = n + 1;
	}
	if (rc != RC_OK) {
		diag_prefix(diag, "%s", path);
		return rc;
	}
	if (*count == 0)
		return diag_fail(diag, RC_NOT_FOUND,
				 "%s holds neither PEM blocks nor a certificate in DER", path);
	return RC_OK;
}
