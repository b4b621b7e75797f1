/* SPDX-License-Identifier: Apache-2.0 */
/* Public keys: SubjectPublicKeyInfo (RFC 5280 §4.1, RFC 3279 §2.3, RFC 5480, RFC 8410) read
 * strictly and checked before NSS sees them. There is one encoding of each key, so keys are equal
 * when their bytes are. */
#include <string.h>
#include "base/arena.h"
#include "base/der.h"
#include "base/names.h"
#include "crypto/crypto.h"
#include "crypto/key.h"
#include "crypto/sign_private.h"

const struct names key_kind_names = { "kind of key", (const struct name[]){
							     { KEY_RSA, "RSA" },
							     { KEY_ECDSA_P256, "ECDSA P-256" },
							     { KEY_ECDSA_P384, "ECDSA P-384" },
							     { KEY_ECDSA_P521, "ECDSA P-521" },
							     { KEY_ED25519, "Ed25519" },
							     { 0, NULL },
						     } };

static const uint8_t oid_rsa[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01 };
static const uint8_t oid_ec[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
static const uint8_t oid_ed25519[] = { 0x2b, 0x65, 0x70 };

#define UNCOMPRESSED	 0x04 /* SEC 1 §2.3.3 */
#define ED25519_LEN	 32
#define EXPONENT_LEN_MAX 8

struct found { /* its spans point into what was read */
	enum key_kind kind;
	unsigned bits;
	struct span modulus, exponent, point;
};

static unsigned bits_of(struct span number)
{
	if (number.len == 0 || number.ptr[0] == 0)
		return 0;
	return (unsigned)(8 * number.len) - ((unsigned)__builtin_clz(number.ptr[0]) - 24);
}

static enum rc check_exponent(struct span e, struct diag *diag)
{
	if (e.len > EXPONENT_LEN_MAX)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the RSA key's exponent has %u bits; at most %d are accepted",
				 bits_of(e), EXPONENT_LEN_MAX * 8);
	if ((e.ptr[e.len - 1] & 1) == 0 || (e.len == 1 && e.ptr[0] < 3))
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the RSA key's exponent is %s; it must be odd and at least 3",
				 e.len == 1 && e.ptr[0] < 3 ? "too small" : "even");
	return RC_OK;
}

static enum rc check_rsa(struct found *key, struct diag *diag)
{
	key->kind = KEY_RSA;
	key->bits = bits_of(key->modulus);
	if (key->bits < RSA_BITS_MIN || key->bits > RSA_BITS_MAX)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the RSA key has %u bits; %d to %d are accepted", key->bits,
				 RSA_BITS_MIN, RSA_BITS_MAX);
	if ((key->modulus.ptr[key->modulus.len - 1] & 1) == 0)
		return diag_fail(diag, RC_BAD_PUBLIC, "the RSA key's modulus is even");
	return check_exponent(key->exponent, diag);
}

/* RFC 3279 §2.3.1: the parameters are NULL. */
static enum rc read_rsa(struct span parameters, struct span bits, struct found *key,
			struct diag *diag)
{
	struct span numbers, null;
	if (der_only(parameters, ASN1_NULL, &null) != RC_OK || null.len != 0)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the RSA key's algorithm has parameters that are not NULL");
	if (der_only(bits, ASN1_SEQUENCE, &numbers) != RC_OK ||
	    der_unsigned(&numbers, &key->modulus) != RC_OK ||
	    der_unsigned(&numbers, &key->exponent) != RC_OK || span_end(&numbers) != RC_OK)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the RSA key is not a modulus and an exponent in DER");
	return check_rsa(key, diag);
}

static enum rc check_point(const struct curve *curve, struct span point, struct diag *diag)
{
	char name[24];
	const char *text = names_text(&key_kind_names, (int)curve->kind, name, sizeof name);
	if (point.len == curve->len + 1u && (point.ptr[0] & 0xfe) == 2)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the %s key is a compressed point; only uncompressed ones are "
				 "accepted (RFC 5480 §2.2)",
				 text);
	if (point.len != 2u * curve->len + 1 || point.ptr[0] != UNCOMPRESSED)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the %s key is no uncompressed point: %zu bytes instead of %u",
				 text, point.len, 2u * curve->len + 1);
	if (!curve_has_point(curve, point.ptr + 1))
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the %s key is a point that is not on its curve", text);
	return RC_OK;
}

/* RFC 5480 §2.1.1: a named curve; explicit parameters could be any curve. */
static enum rc read_ec(struct span parameters, struct span bits, struct found *key,
		       struct diag *diag)
{
	struct span oid;
	char text[DER_OID_TEXT_MAX];
	if (der_is_next(&parameters, ASN1_SEQUENCE))
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the EC key spells out its curve; only named curves are accepted "
				 "(RFC 5480 §2.1.1)");
	if (der_only(parameters, ASN1_OID, &oid) != RC_OK)
		return diag_fail(diag, RC_BAD_PUBLIC, "the EC key does not name its curve");
	const struct curve *curve = curve_by_oid(oid);
	if (curve == NULL)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the EC key's curve %s is none of P-256, P-384 and P-521",
				 der_oid_text(oid, text));
	*key = (struct found){ .kind = curve->kind, .bits = curve->bits, .point = bits };
	return check_point(curve, bits, diag);
}

/* RFC 8410 §3, §4: no parameters, 32 bytes. */
static enum rc read_ed25519(struct span parameters, struct span bits, struct found *key,
			    struct diag *diag)
{
	if (parameters.len != 0)
		return diag_fail(diag, RC_BAD_PUBLIC, "the Ed25519 key has parameters");
	if (bits.len != ED25519_LEN)
		return diag_fail(diag, RC_BAD_PUBLIC, "the Ed25519 key has %zu bytes instead of %d",
				 bits.len, ED25519_LEN);
	*key = (struct found){ .kind = KEY_ED25519, .bits = 256, .point = bits };
	return RC_OK;
}

static enum rc read_spki(struct span der, struct found *key, struct diag *diag)
{
	struct span spki, algorithm, oid, bits;
	char text[DER_OID_TEXT_MAX];
	if (der.len > SPKI_MAX)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the public key has %zu bytes; at most %d are accepted", der.len,
				 SPKI_MAX);
	enum rc rc = der_only(der, ASN1_SEQUENCE, &spki);
	if (rc == RC_TRAILING)
		return diag_fail(diag, RC_BAD_PUBLIC, "bytes follow the public key");
	if (rc != RC_OK || der_take(&spki, ASN1_SEQUENCE, &algorithm) != RC_OK ||
	    der_take(&algorithm, ASN1_OID, &oid) != RC_OK || der_bits(&spki, &bits) != RC_OK ||
	    span_end(&spki) != RC_OK)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the public key is no SubjectPublicKeyInfo in DER");
	if (span_equal(oid, SPAN_OF(oid_rsa)))
		return read_rsa(algorithm, bits, key, diag);
	if (span_equal(oid, SPAN_OF(oid_ec)))
		return read_ec(algorithm, bits, key, diag);
	if (span_equal(oid, SPAN_OF(oid_ed25519)))
		return read_ed25519(algorithm, bits, key, diag);
	return diag_fail(diag, RC_BAD_PUBLIC,
			 "the public key is of kind %s; RSA, ECDSA and Ed25519 are supported",
			 der_oid_text(oid, text));
}

static struct span moved(struct span part, struct span from, const uint8_t *to)
{
	return part.ptr == NULL ? part : span_make(to + (part.ptr - from.ptr), part.len);
}

enum rc public_key_parse(struct span der, struct public_key **out, struct diag *diag)
{
	struct found found = { 0 };
	TRY(read_spki(der, &found, diag));
	struct public_key *key = mem_alloc(sizeof *key + der.len);
	if (key == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory for a public key");
	atomic_init(&key->refs, 1);
	key->kind = found.kind;
	key->bits = (uint16_t)found.bits;
	key->modulus = moved(found.modulus, der, key->spki);
	key->exponent = moved(found.exponent, der, key->spki);
	key->point = moved(found.point, der, key->spki);
	key->spki_len = der.len;
	memcpy(key->spki, der.ptr, der.len);
	enum rc rc = hash_sha1(key->kind == KEY_RSA ? &key->modulus : &key->point, 1, key->id);
	if (rc == RC_OK)
		*out = key;
	else
		mem_free(key);
	return rc == RC_OK ? RC_OK : diag_fail(diag, rc, "cannot hash a public key");
}

enum rc public_key_from_spki(struct span der, struct public_key **out, struct diag *diag)
{
	struct public_key *key;
	TRY(public_key_parse(der, &key, diag));
	if (key->kind == KEY_ED25519 && !sign_works(SIGN_ED25519, KEY_ED25519)) {
		public_key_unref(key);
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the key is Ed25519, which this version of NSS does not have");
	}
	*out = key;
	return RC_OK;
}

enum rc spki_of_rsa(struct span modulus, struct span exponent, struct sink *out)
{
	size_t whole = der_begin(out, ASN1_SEQUENCE), at = der_begin(out, ASN1_SEQUENCE);
	der_put(out, ASN1_OID, SPAN_OF(oid_rsa));
	der_put(out, ASN1_NULL, SPAN_NONE);
	der_end(out, at);
	at = der_begin(out, ASN1_BIT_STRING);
	sink_u8(out, 0);
	size_t numbers = der_begin(out, ASN1_SEQUENCE);
	der_put_unsigned(out, modulus);
	der_put_unsigned(out, exponent);
	der_end(out, numbers);
	der_end(out, at);
	der_end(out, whole);
	return sink_rc(out);
}

/* RFC 3110 §2: a length of one byte, or 0 and two; leading zeros are prohibited. */
static enum rc split_rfc3110(struct span bytes, struct span *exponent, struct span *modulus)
{
	uint8_t shorter;
	uint16_t len;
	TRY(span_u8(&bytes, &shorter));
	len = shorter;
	if (shorter == 0)
		TRY(span_u16(&bytes, &len));
	TRY(span_take(&bytes, len, exponent));
	*modulus = bytes;
	bool good = len > 0 && bytes.len > 0 && exponent->ptr[0] != 0 && bytes.ptr[0] != 0 &&
		    (shorter != 0 || len > 255);
	return good ? RC_OK : RC_SYNTAX;
}

enum rc public_key_from_rfc3110(struct span bytes, struct public_key **out, struct diag *diag)
{
	struct found key = { 0 };
	uint8_t buffer[SPKI_MAX];
	struct sink sink;
	if (split_rfc3110(bytes, &key.exponent, &key.modulus) != RC_OK)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the raw RSA key is not as RFC 3110 §2 says: length of the "
				 "exponent, exponent, modulus");
	TRY(check_rsa(&key, diag));
	sink_init(&sink, buffer, sizeof buffer);
	TRY(spki_of_rsa(key.modulus, key.exponent, &sink));
	return public_key_from_spki(sink_written(&sink), out, diag);
}

struct public_key *public_key_ref(struct public_key *key)
{
	atomic_fetch_add_explicit(&key->refs, 1, memory_order_relaxed);
	return key;
}

void public_key_unref(struct public_key *key)
{
	if (key == NULL || atomic_fetch_sub_explicit(&key->refs, 1, memory_order_acq_rel) != 1)
		return;
	key_forget(key);
	mem_free(key);
}

enum key_kind public_key_kind(const struct public_key *key)
{
	return key->kind;
}

unsigned public_key_bits(const struct public_key *key)
{
	return key->bits;
}

struct span public_key_spki(const struct public_key *key)
{
	return span_make(key->spki, key->spki_len);
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
	return a == b || span_equal(public_key_spki(a), public_key_spki(b));
}

void public_key_id(const struct public_key *key, uint8_t id[KEY_ID_LEN])
{
	memcpy(id, key->id, KEY_ID_LEN);
}

enum rc public_key_to_rfc3110(const struct public_key *key, struct arena *arena, struct span *out)
{
	if (key->kind != KEY_RSA)
		return RC_UNSUPPORTED;
	size_t len = 1 + key->exponent.len + key->modulus.len; /* an exponent has 8 bytes at most */
	uint8_t *bytes = arena_alloc(arena, len);
	struct sink sink;
	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, bytes, len);
	sink_u8(&sink, (uint8_t)key->exponent.len);
	sink_span(&sink, key->exponent);
	sink_span(&sink, key->modulus);
	*out = sink_written(&sink);
	return sink_rc(&sink);
}
