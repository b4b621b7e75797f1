/* SPDX-License-Identifier: Apache-2.0 */
/* The private keys of a PKCS#12 file, for this process only: NSS's own reader can bring them into
 * its database and nowhere else. RFC 7292 §4. */
#include "x509/pkcs12_keys.h"
#include <string.h>
#include "crypto/pbe.h"
#include "x509/ber.h"

#define PARTS_MAX    16 /* of an AuthenticatedSafe, and how deep they nest */
#define PKCS12_ARENA (8 * BER_SIZE_MAX)
#define BAGS_MAX     128

/* 1.2.840.113549.1.7.1 and .6 */
static const uint8_t oid_data[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01 };
static const uint8_t oid_encrypted[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x06 };
/* 1.2.840.113549.1.12.10.1, below which the kinds of bags are */
static const uint8_t oid_bag[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01 };
enum bag { BAG_KEY = 1, BAG_SHROUDED_KEY = 2, BAG_SAFE = 6, BAG_OTHER = 0 };

/* What is encrypted as a whole. */
struct sealed {
	struct span algorithm, content;
};
struct walk {
	struct arena *arena;
	const char *password; /* NULL: only rounds are counted */
	struct sealed sealed[PARTS_MAX];
	unsigned sealed_count, bags;
	uint64_t rounds;
	struct private_key **keys;
	unsigned count, max;
	struct diag *diag;
};

static enum rc count_rounds(struct walk *walk, struct span algorithm)
{
	uint32_t rounds = 0;

	TRY(pbe_rounds(algorithm, &rounds, walk->diag));
	walk->rounds += rounds;
	if (walk->rounds <= PBE_ROUNDS_MAX)
		return RC_OK;
	return diag_fail(walk->diag, RC_LIMIT,
			 "its password is to be hashed more than %d times in all; write the file "
			 "with fewer rounds (openssl pkcs12 -iter)",
			 PBE_ROUNDS_MAX);
}

/* ---- bags ---- */

static enum rc take_key(struct walk *walk, struct span pkcs8)
{
	if (walk->password == NULL)
		return RC_OK;
	if (walk->count == walk->max)
		return diag_fail(walk->diag, RC_LIMIT, "it holds more than %u private keys",
				 walk->max);
	TRY(private_key_import(pkcs8, false, NULL, &walk->keys[walk->count], walk->diag));
	walk->count++;
	return RC_OK;
}

/* RFC 5958 §3: EncryptedPrivateKeyInfo. */
static enum rc take_shrouded(struct walk *walk, struct span in)
{
	struct secret plain = { NULL, 0 };
	struct span algorithm, content;
	enum rc rc;

	TRY(der_only(in, ASN1_SEQUENCE, &in));
	TRY(der_whole(&in, ASN1_SEQUENCE, &algorithm));
	TRY(der_take(&in, ASN1_OCTET_STRING, &content));
	TRY(count_rounds(walk, algorithm));
	if (walk->password == NULL)
		return RC_OK;
	TRY(pbe_decrypt(algorithm, walk->password, content, &plain, walk->diag));
	rc = take_key(walk, secret_span(&plain));
	secret_wipe(&plain);
	return rc;
}

static enum bag kind_of(struct span oid)
{
	if (oid.len != sizeof(oid_bag) + 1 ||
	    !span_equal(span_make(oid.ptr, sizeof(oid_bag)), SPAN_OF(oid_bag)))
		return BAG_OTHER;
	if (oid.ptr[sizeof(oid_bag)] == BAG_KEY)
		return BAG_KEY;
	if (oid.ptr[sizeof(oid_bag)] == BAG_SHROUDED_KEY)
		return BAG_SHROUDED_KEY;
	return oid.ptr[sizeof(oid_bag)] == BAG_SAFE ? BAG_SAFE : BAG_OTHER;
}

static enum rc too_much(const struct walk *walk)
{
	return diag_fail(walk->diag, RC_LIMIT, "it holds too much (%d parts, %d things in them)",
			 PARTS_MAX, BAGS_MAX);
}

/* SafeContents (RFC 7292 §4.2), in DER. */
static enum rc take_bags(struct walk *walk, struct span in, unsigned depth)
{
	struct span bag, oid, value;

	TRY(der_only(in, ASN1_SEQUENCE, &in));
	while (in.len > 0) {
		enum rc rc = RC_OK;
		TRY(der_take(&in, ASN1_SEQUENCE, &bag));
		TRY(der_take(&bag, ASN1_OID, &oid));
		TRY(der_take(&bag, ASN1_CONTEXT_WITH(0), &value));
		if (++walk->bags > BAGS_MAX || depth > PARTS_MAX)
			return too_much(walk);
		switch (kind_of(oid)) {
		case BAG_KEY:
			rc = take_key(walk, value);
			break;
		case BAG_SHROUDED_KEY:
			rc = take_shrouded(walk, value);
			break;
		case BAG_SAFE:
			rc = take_bags(walk, value, depth + 1);
			break;
		case BAG_OTHER:
			break;
		}
		TRY(rc);
	}
	return RC_OK;
}

static enum rc take_safe(struct walk *walk, struct span ber)
{
	struct span der;

	TRY(ber_to_der(ber, walk->arena, &der));
	return take_bags(walk, der, 0);
}

/* ---- parts ---- */

/* encryptedContent is [0] IMPLICIT OCTET STRING: whole, or in parts. */
static enum rc take_content(struct walk *walk, struct span in, struct span *out)
{
	struct span parts, part;
	struct sink sink;
	uint8_t *bytes;

	if (!der_is_next(&in, ASN1_CONTEXT_WITH(0)))
		return der_take(&in, ASN1_CONTEXT(0), out);
	TRY(der_take(&in, ASN1_CONTEXT_WITH(0), &parts));
	bytes = arena_alloc(walk->arena, parts.len + 1);
	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, bytes, parts.len + 1);
	while (parts.len > 0) {
		TRY(der_take(&parts, ASN1_OCTET_STRING, &part));
		sink_span(&sink, part);
	}
	*out = span_make(bytes, sink.len);
	return RC_OK;
}

/* EncryptedData (RFC 5652 §8) */
static enum rc note_sealed(struct walk *walk, struct span in)
{
	struct sealed *sealed = &walk->sealed[walk->sealed_count];
	struct span info;

	if (walk->sealed_count == PARTS_MAX)
		return too_much(walk);
	TRY(der_only(in, ASN1_SEQUENCE, &in));
	TRY(der_take(&in, ASN1_INTEGER, NULL));
	TRY(der_take(&in, ASN1_SEQUENCE, &info));
	TRY(der_take(&info, ASN1_OID, NULL));
	TRY(der_whole(&info, ASN1_SEQUENCE, &sealed->algorithm));
	TRY(take_content(walk, info, &sealed->content));
	TRY(count_rounds(walk, sealed->algorithm));
	walk->sealed_count++;
	return RC_OK;
}

/* ContentInfo */
static enum rc take_part(struct walk *walk, struct span *in)
{
	struct span info, oid, content, octets;

	TRY(der_take(in, ASN1_SEQUENCE, &info));
	TRY(der_take(&info, ASN1_OID, &oid));
	TRY(der_take(&info, ASN1_CONTEXT_WITH(0), &content));
	if (span_equal(oid, SPAN_OF(oid_encrypted)))
		return note_sealed(walk, content);
	if (!span_equal(oid, SPAN_OF(oid_data)))
		return diag_fail(
			walk->diag, RC_UNSUPPORTED,
			"it is encrypted for a certificate; only files with a password are "
			"read");
	TRY(der_only(content, ASN1_OCTET_STRING, &octets));
	return take_safe(walk, octets);
}

/* MacData: DigestInfo, salt, rounds (1 where none are told). */
static enum rc count_mac(struct walk *walk, struct span in)
{
	uint32_t rounds = 1;
	struct span mac;

	if (in.len == 0)
		return RC_OK;
	TRY(der_take(&in, ASN1_SEQUENCE, &mac));
	TRY(der_take(&mac, ASN1_SEQUENCE, NULL));
	TRY(der_take(&mac, ASN1_OCTET_STRING, NULL));
	if (mac.len > 0)
		TRY(der_small(&mac, &rounds));
	walk->rounds += rounds;
	if (walk->rounds <= PBE_ROUNDS_MAX)
		return RC_OK;
	return diag_fail(walk->diag, RC_LIMIT,
			 "its password is to be hashed %u times, more than the %d that we take; "
			 "write the file with fewer (openssl pkcs12 -iter)",
			 rounds, PBE_ROUNDS_MAX);
}

static enum rc take_parts(struct walk *walk, struct span file)
{
	struct span in, info, oid, content, octets, der, parts;

	TRY(ber_to_der(file, walk->arena, &der));
	TRY(der_only(der, ASN1_SEQUENCE, &in));
	TRY(der_take(&in, ASN1_INTEGER, NULL));
	TRY(der_take(&in, ASN1_SEQUENCE, &info));
	TRY(count_mac(walk, in));
	TRY(der_take(&info, ASN1_OID, &oid));
	TRY(der_take(&info, ASN1_CONTEXT_WITH(0), &content));
	if (!span_equal(oid, SPAN_OF(oid_data)))
		return diag_fail(walk->diag, RC_UNSUPPORTED,
				 "it is signed by a key; only files that a password guards are "
				 "read");
	TRY(der_only(content, ASN1_OCTET_STRING, &octets));
	TRY(ber_to_der(octets, walk->arena, &der));
	TRY(der_only(der, ASN1_SEQUENCE, &parts));
	while (parts.len > 0)
		TRY(take_part(walk, &parts));
	return RC_OK;
}

/* Hardly any program puts keys there, so it is done where there are none elsewhere. */
static enum rc open_sealed(struct walk *walk)
{
	for (unsigned i = 0; i < walk->sealed_count && walk->password != NULL; i++) {
		const struct sealed *sealed = &walk->sealed[i];
		struct secret plain = { NULL, 0 };
		enum rc rc;
		if (walk->count > 0)
			return RC_OK;
		TRY(pbe_decrypt(sealed->algorithm, walk->password, sealed->content, &plain,
				walk->diag));
		rc = take_safe(walk, secret_span(&plain));
		secret_wipe(&plain);
		TRY(rc);
	}
	return RC_OK;
}

static enum rc do_walk(struct walk *walk, struct span file)
{
	struct diag said = { "" };
	struct diag *out = walk->diag;
	enum rc rc;

	walk->diag = &said;
	rc = take_parts(walk, file);
	if (rc == RC_OK)
		rc = open_sealed(walk);
	if (rc == RC_OK)
		return rc;
	if (said.text[0] != '\0')
		return diag_fail(out, rc, "%s", said.text);
	return diag_fail(out, rc == RC_NO_MEMORY ? rc : RC_SYNTAX,
			 rc == RC_NO_MEMORY ? "out of memory"
					    : "it is no PKCS#12 file that can be read");
}

enum rc pkcs12_check(struct span file, struct diag *diag)
{
	struct walk *walk = mem_alloc(sizeof(*walk));
	struct arena arena;
	enum rc rc;

	if (walk == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	arena_init(&arena, PKCS12_ARENA);
	walk->arena = &arena;
	walk->diag = diag;
	rc = do_walk(walk, file);
	arena_free(&arena);
	mem_free(walk);
	return rc;
}

enum rc pkcs12_keys(struct span file, const char *password, struct private_key **keys, unsigned max,
		    unsigned *count, struct diag *diag)
{
	struct walk *walk = mem_alloc(sizeof(*walk));
	struct arena arena;
	enum rc rc;

	*count = 0;
	if (walk == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	arena_init(&arena, PKCS12_ARENA);
	walk->arena = &arena;
	walk->password = password;
	walk->keys = keys;
	walk->max = max;
	walk->diag = diag;
	rc = do_walk(walk, file);
	*count = walk->count;
	while (rc != RC_OK && *count > 0)
		private_key_unref(keys[--*count]);
	arena_free(&arena);
	mem_free(walk);
	return rc;
}
