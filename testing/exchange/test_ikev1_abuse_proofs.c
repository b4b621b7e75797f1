/* SPDX-License-Identifier: Apache-2.0 */
/* Main Mode and Aggressive Mode with signatures: SIG, CERT and CR changed in every way. Nobody is
 * proven by what is not the very signature of who is named. */
#include <stdio.h>
#include "exchange/abuse.h"
#include "exchange/authority.h"

#define CONN                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tkeyexchange=ikev1\n\tpfs=no\n"             \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"                        \
	"\tleftid=@west\n\trightid=@east\n\tinitial-contact=no\n"                                  \
	"\tike=aes128-sha2_256-dh19\n\tesp=aes128-sha2_256\n\tfragmentation=no\n"                  \
	"\tauthby=rsasig,ecdsa\n"
#define WEST	   CONN "\tleftcert=west\n"
#define EAST	   CONN "\trightcert=east\n"
#define AGGRESSIVE "\taggressive=yes\n"

static struct abuse abuse;
static char what[120];

/* ---- who they are ---- */

static struct {
	enum key_kind kind;
	struct authority ca;
	struct credential *west, *east;
	struct certificate *stranger; /* of another CA, for west's name and key */
} papers;

static void keep(struct end *end, const char *name, struct credential **out)
{
	const struct config_end named = { .cert = (char *)(uintptr_t)name };
	struct diag diag;

	assert_int_equal(keyring_credential(end->gateway->keyring, &named, out, &diag), RC_OK);
	(void)credential_ref(*out);
}

static void make_papers(struct pair *pair)
{
	struct wish west = authority_west, east = authority_east;
	int64_t now = pair->west.host->ops->wall(pair->west.host);
	struct authority other;

	west.kind = east.kind = papers.kind;
	authority_new(&papers.ca, NULL, "CN=Test CA, O=Example", now);
	authority_certifies_both(&papers.ca, pair, &west, &east);
	keep(&pair->west, "west", &papers.west);
	keep(&pair->east, "east", &papers.east);
	authority_new(&other, NULL, "CN=Test CA, O=Example", now);
	papers.stranger = authority_issue(&other, &west, papers.west->key, now);
	authority_free(&other);
}

/* The same again for every pair. */
static void certify(struct abuse *a)
{
	if (papers.west == NULL)
		make_papers(&a->pair);
	authority_trusted(&papers.ca, &a->pair.west);
	authority_trusted(&papers.ca, &a->pair.east);
	assert_int_equal(keyring_credential_set(a->pair.west.gateway->keyring, "west", papers.west),
			 RC_OK);
	assert_int_equal(keyring_credential_set(a->pair.east.gateway->keyring, "east", papers.east),
			 RC_OK);
	peers_orient(&a->pair.west.gateway->peers);
	peers_orient(&a->pair.east.gateway->peers);
}

static void papers_of(enum key_kind kind)
{
	memset(&papers, 0, sizeof(papers));
	papers.kind = kind;
}

static void papers_end(void)
{
	credential_unref(papers.west);
	credential_unref(papers.east);
	certificate_unref(papers.stranger);
	authority_free(&papers.ca);
}

static const struct abuse_plan main_mode = { .name = "Main Mode, signatures",
					     .west = WEST,
					     .east = EAST,
					     .messages = 9,
					     .prepare = certify,
					     .every = 8 };
static const struct abuse_plan aggressive = { .name = "Aggressive Mode, signatures",
					      .west = WEST AGGRESSIVE,
					      .east = EAST AGGRESSIVE,
					      .messages = 6,
					      .prepare = certify,
					      .every = 8 };
/* the messages with SIG and CERT */
static const struct {
	const struct abuse_plan *plan;
	unsigned message;
} proofs[] = { { &main_mode, 4 }, { &main_mode, 5 }, { &aggressive, 1 }, { &aggressive, 2 } };
#define PROOFS (sizeof(proofs) / sizeof(proofs[0]))

static void of_each_proof(enum key_kind kind, void (*fn)(void))
{
	papers_of(kind);
	for (size_t i = 0; i < PROOFS; i++) {
		abuse_begin(&abuse, proofs[i].plan, proofs[i].message);
		fn();
		abuse_end(&abuse);
	}
	papers_end();
}

/* ---- the letter ---- */

static unsigned find(const struct abuse_letter *letter, uint8_t type)
{
	unsigned at = 0;

	while (at < letter->count && letter->parts[at].type != type)
		at++;
	assert_true(at < letter->count);
	return at;
}

/* Those bytes for the payload of that type. */
static void body_is(uint8_t type, struct span body, enum abuse_verdict verdict, const char *how,
		    size_t value)
{
	struct abuse_letter letter;

	abuse_copy(&abuse, &letter);
	letter.parts[find(&letter, type)].body = body;
	(void)snprintf(what, sizeof(what), "payload of type %u %s %zu", type, how, value);
	abuse_try_letter(&abuse, &letter, false, verdict, what);
}

static void flip(uint8_t type, size_t at, uint8_t mask)
{
	uint8_t bytes[2048];
	struct span honest = abuse.letter.parts[find(&abuse.letter, type)].body;

	memcpy(bytes, honest.ptr, honest.len);
	bytes[at] ^= mask;
	body_is(type, span_make(bytes, honest.len), ABUSE_NEVER, "with a bit flipped in byte", at);
}

/* One more payload there. */
static void insert(unsigned at, uint8_t type, struct span body, enum abuse_verdict verdict,
		   const char *how)
{
	struct abuse_letter letter;

	abuse_copy(&abuse, &letter);
	memmove(&letter.parts[at + 1], &letter.parts[at],
		(letter.count++ - at) * sizeof(letter.parts[0]));
	letter.parts[at] = (struct abuse_part){ .type = type, .body = body };
	(void)snprintf(what, sizeof(what), "another payload of type %u, %s", type, how);
	abuse_try_letter(&abuse, &letter, false, verdict, what);
}

/* ---- payload by payload ---- */

static void payloads_of_main_mode_with_signatures(void **state)
{
	(void)state;
	papers_of(KEY_ECDSA_P256);
	for (unsigned message = 2; message < 6; message++) {
		abuse_begin(&abuse, &main_mode, message);
		abuse_payloads(&abuse);
		abuse_end(&abuse);
	}
	papers_end();
}

static void payloads_of_aggressive_mode_with_signatures(void **state)
{
	(void)state;
	papers_of(KEY_ECDSA_P256);
	for (unsigned message = 1; message < 3; message++) { /* the first is as with shared keys */
		abuse_begin(&abuse, &aggressive, message);
		abuse_payloads(&abuse);
		abuse_end(&abuse);
	}
	papers_end();
}

/* ---- SIG ---- */

static void flip_signature(void)
{
	size_t len = abuse.letter.parts[find(&abuse.letter, ISAKMP_SIG)].body.len;

	assert_true(len >= 64);
	for (size_t at = 0; at<len; at += len> 64 ? 15 : 1)
		flip(ISAKMP_SIG, at, (uint8_t)(1u << at % 8));
	flip(ISAKMP_SIG, len - 1, 1);
}

static void each_byte_of_a_signature_counts(void **state)
{
	(void)state;
	of_each_proof(KEY_ECDSA_P256, flip_signature);
}

static void bytes_of_an_rsa_signature_count(void **state)
{
	(void)state;
	of_each_proof(KEY_RSA, flip_signature);
}

static void odd_numbers(const uint8_t *honest)
{
	uint8_t bytes[64];

	for (unsigned half = 0; half < 2; half++) { /* r, s: 0, and far beyond the group's order */
		memcpy(bytes, honest, 64);
		memset(bytes + 32 * half, 0, 32);
		body_is(ISAKMP_SIG, span_make(bytes, 64), ABUSE_NEVER, "with 0 for half", half);
		bytes[32 * half + 31] = 1;
		body_is(ISAKMP_SIG, span_make(bytes, 64), ABUSE_NEVER, "with 1 for half", half);
		memset(bytes + 32 * half, 0xff, 32);
		body_is(ISAKMP_SIG, span_make(bytes, 64), ABUSE_NEVER, "with ones for half", half);
	}
	memcpy(bytes, honest + 32, 32);
	memcpy(bytes + 32, honest, 32);
	body_is(ISAKMP_SIG, span_make(bytes, 64), ABUSE_NEVER, "turned round", 0);
	memset(bytes, 0, 64);
	body_is(ISAKMP_SIG, span_make(bytes, 64), ABUSE_NEVER, "all zero", 0);
}

/* RFC 4754 §7: r and s, one behind the other; not as IKEv2 and certificates write them. */
static void in_der(const uint8_t *honest)
{
	uint8_t der[8 + 66] = { 0x30, 2 * (2 + 33) };

	for (unsigned half = 0; half < 2; half++) {
		uint8_t *to = der + 2 + half * 35;
		to[0] = 2;
		to[1] = 33;
		memcpy(to + 3, honest + 32 * half, 32);
	}
	body_is(ISAKMP_SIG, span_make(der, 72), ABUSE_NEVER, "as DER", 0);
}

static void odd_signatures(void)
{
	static const size_t lens[] = { 0, 1, 31, 32, 63, 65, 66, 96, 128, 132, 255, 256, 1000 };
	uint8_t honest[64], bytes[1000];
	struct span body = abuse.letter.parts[find(&abuse.letter, ISAKMP_SIG)].body;

	assert_int_equal(body.len, 64);
	memcpy(honest, body.ptr, 64);
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		memset(bytes, 0, sizeof(bytes));
		memcpy(bytes, honest, 64);
		body_is(ISAKMP_SIG, span_make(bytes, lens[i]), ABUSE_NEVER, "of length", lens[i]);
	}
	memset(bytes, 0, 65);
	memcpy(bytes + 1, honest, 64);
	body_is(ISAKMP_SIG, span_make(bytes, 65), ABUSE_NEVER, "behind zeros", 1);
	odd_numbers(honest);
	in_der(honest);
}

static void a_signature_of_another_form_or_length_is_none(void **state)
{
	(void)state;
	of_each_proof(KEY_ECDSA_P256, odd_signatures);
}

/* ---- HASH and SIG ---- */

static void hash_of_zeros(uint8_t type, uint8_t *bytes, size_t len)
{
	struct abuse_letter letter;

	memset(bytes, 0, len);
	abuse_copy(&abuse, &letter);
	letter.parts[find(&letter, ISAKMP_SIG)] =
		(struct abuse_part){ .type = type, .body = span_make(bytes, len) };
	(void)snprintf(what, sizeof(what), "payload %u of %zu bytes for SIG", type, len);
	abuse_try_letter(&abuse, &letter, false, ABUSE_NEVER, what);
}

/* What a shared key would prove is nothing here, and two proofs are none. */
static void by_other_means(void)
{
	uint8_t bytes[64] = { 0 };
	unsigned at = find(&abuse.letter, ISAKMP_SIG);
	struct span body = abuse.letter.parts[at].body;

	hash_of_zeros(ISAKMP_HASH, bytes, 32);
	hash_of_zeros(ISAKMP_HASH, bytes, 0);
	hash_of_zeros(ISAKMP_NONCE, bytes, 32);
	insert(at, ISAKMP_HASH, span_make(bytes, 32), ABUSE_NEVER, "before SIG");
	insert(at + 1, ISAKMP_HASH, span_make(bytes, 32), ABUSE_NEVER, "behind SIG");
	insert(at, ISAKMP_SIG, body, ABUSE_NEVER, "the same");
	insert(at, ISAKMP_SIG, span_make(bytes, 64), ABUSE_NEVER, "zeros, before it");
	insert(at + 1, ISAKMP_SIG, span_make(bytes, 64), ABUSE_NEVER, "zeros, behind it");
}

static void one_signature_is_the_only_proof(void **state)
{
	(void)state;
	of_each_proof(KEY_ECDSA_P256, by_other_means);
}

/* Made for other nonces and keys. */
static void a_signature_of_another_exchange_proves_nothing(void **state)
{
	uint8_t old[64];

	(void)state;
	papers_of(KEY_ECDSA_P256);
	for (size_t i = 0; i < PROOFS; i++) {
		/* the other proof of the same exchange: HASH_I for HASH_R, too */
		abuse_begin(&abuse, proofs[i ^ 1].plan, proofs[i ^ 1].message);
		memcpy(old, abuse.letter.parts[find(&abuse.letter, ISAKMP_SIG)].body.ptr, 64);
		pair_end(&abuse.pair);
		abuse_begin(&abuse, proofs[i].plan, proofs[i].message);
		body_is(ISAKMP_SIG, SPAN_OF(old), ABUSE_NEVER, "of the other end", i);
		abuse_end(&abuse);
		/* the same end's, of the other mode */
		abuse_begin(&abuse, proofs[(i + 2) % 4].plan, proofs[(i + 2) % 4].message);
		memcpy(old, abuse.letter.parts[find(&abuse.letter, ISAKMP_SIG)].body.ptr, 64);
		pair_end(&abuse.pair);
		abuse_begin(&abuse, proofs[i].plan, proofs[i].message);
		body_is(ISAKMP_SIG, SPAN_OF(old), ABUSE_NEVER, "of another exchange", i);
		abuse_end(&abuse);
	}
	papers_end();
}

/* ---- ID ---- */

static void other_names(void)
{
	static const char *const names[] = { "west", "east", "wesu", "WEST.", "w", "west.example" };
	const bool is_west = abuse.to == &abuse.pair.east;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		uint8_t body[32] = { ID_FQDN };
		if (strcmp(names[i], is_west ? "west" : "east") == 0)
			continue;
		memcpy(body + 4, names[i], strlen(names[i]));
		body_is(ISAKMP_ID, span_make(body, 4 + strlen(names[i])), ABUSE_NEVER,
			"is another name:", i);
	}
	for (unsigned type = 0; type < 256; type += type < 14 ? 1 : 80) { /* of the same bytes */
		uint8_t body[8] = { (uint8_t)type };
		memcpy(body + 4, is_west ? "west" : "east", 4);
		if (type != ID_FQDN)
			body_is(ISAKMP_ID, SPAN_OF(body), ABUSE_NEVER, "is of type", type);
	}
}

static void a_signature_proves_one_name_only(void **state)
{
	(void)state;
	papers_of(KEY_ECDSA_P256);
	abuse_begin(&abuse, &main_mode, 4);
	other_names();
	abuse_end(&abuse);
	abuse_begin(&abuse, &aggressive, 1);
	other_names();
	abuse_end(&abuse);
	papers_end();
}

/* ---- CERT ---- */

static void change_certificate(void)
{
	static const uint8_t encodings[] = { 0, 1, 3, 5, 7, 11, 12, 255 };
	uint8_t bytes[2048];
	struct span body = abuse.letter.parts[find(&abuse.letter, ISAKMP_CERT)].body;
	size_t len = body.len;

	assert_in_range(len, 100, sizeof(bytes));
	memcpy(bytes, body.ptr, len);
	for (size_t i = 0; i < sizeof(encodings); i++) {
		bytes[0] = encodings[i];
		body_is(ISAKMP_CERT, span_make(bytes, len), ABUSE_NEVER, "of encoding",
			encodings[i]);
	}
	bytes[0] = CERT_X509_SIGNATURE;
	for (size_t cut = 0; cut < len; cut += cut < 6 ? 1 : 97)
		body_is(ISAKMP_CERT, span_make(bytes, cut), ABUSE_NEVER, "cut to", cut);
	for (size_t at = 1; at < len; at += at < 4 ? 1 : 23)
		flip(ISAKMP_CERT, at, (uint8_t)(1u << at % 8));
	flip(ISAKMP_CERT, len - 1, 0x80);
}

static void a_certificate_that_was_changed_is_none(void **state)
{
	(void)state;
	of_each_proof(KEY_ECDSA_P256, change_certificate);
}

static struct span as_body(const struct certificate *certificate, uint8_t bytes[1024])
{
	struct span der = certificate_der(certificate);

	assert_in_range(der.len, 1, 1023);
	bytes[0] = CERT_X509_SIGNATURE;
	memcpy(bytes + 1, der.ptr, der.len);
	return span_make(bytes, der.len + 1);
}

/* Its key is the one that has signed; or its CA is the right one, but its key is not. */
static void foreign_certificates(void)
{
	bool to_east = abuse.to == &abuse.pair.east;
	const struct credential *other = to_east ? papers.east : papers.west;
	unsigned at = find(&abuse.letter, ISAKMP_CERT);
	uint8_t bytes[1024];

	body_is(ISAKMP_CERT, as_body(other->certificate, bytes), ABUSE_NEVER, "of the other end",
		0);
	body_is(ISAKMP_CERT, as_body(papers.ca.certificate, bytes), ABUSE_NEVER, "of the CA", 0);
	insert(at, ISAKMP_CERT, as_body(other->certificate, bytes), ABUSE_NEVER,
	       "of the other end, first");
	insert(at + 1, ISAKMP_CERT, as_body(other->certificate, bytes), ABUSE_ANY,
	       "of the other end, behind it");
	insert(at + 1, ISAKMP_CERT, as_body(papers.ca.certificate, bytes), ABUSE_ANY,
	       "of the CA, behind it");
	if (to_east)
		body_is(ISAKMP_CERT, as_body(papers.stranger, bytes), ABUSE_NEVER,
			"of a CA of the same name", 0);
	if (to_east) /* it comes in no chain with the CA of that name */
		insert(at + 1, ISAKMP_CERT, as_body(papers.stranger, bytes), ABUSE_ANY,
		       "of a CA of the same name, behind it");
}

static void a_certificate_of_somebody_else_is_none(void **state)
{
	(void)state;
	of_each_proof(KEY_ECDSA_P256, foreign_certificates);
}

/* ---- CR ---- */

/* A request says nothing that must be right: whatever it is, there is one answer at most, and
 * nothing is established that was not. */
static void odd_requests(void)
{
	static const uint8_t encodings[] = { 0, 4, 7, 255 };
	uint8_t bytes[1024];

	for (size_t i = 0; i < sizeof(encodings); i++) {
		for (size_t len = 0; len <= 1000; len += len == 0 ? 1 : 333) {
			memset(bytes, 0x30, sizeof(bytes));
			bytes[0] = encodings[i];
			insert(abuse.letter.count, ISAKMP_CR, span_make(bytes, len), ABUSE_ANY,
			       "a request");
		}
	}
}

static void requests_for_certificates_ask_for_nothing_that_hurts(void **state)
{
	static const struct {
		const struct abuse_plan *plan;
		unsigned message;
	} where[] = { { &main_mode, 0 }, { &main_mode, 2 },  { &main_mode, 3 }, { &main_mode, 4 },
		      { &main_mode, 5 }, { &aggressive, 0 }, { &aggressive, 1 } };

	(void)state;
	papers_of(KEY_ECDSA_P256);
	for (size_t i = 0; i < sizeof(where) / sizeof(where[0]); i++) {
		abuse_begin(&abuse, where[i].plan, where[i].message);
		odd_requests();
		abuse_end(&abuse);
	}
	papers_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_of_main_mode_with_signatures),
		cmocka_unit_test(payloads_of_aggressive_mode_with_signatures),
		cmocka_unit_test(each_byte_of_a_signature_counts),
		cmocka_unit_test(bytes_of_an_rsa_signature_count),
		cmocka_unit_test(a_signature_of_another_form_or_length_is_none),
		cmocka_unit_test(one_signature_is_the_only_proof),
		cmocka_unit_test(a_signature_of_another_exchange_proves_nothing),
		cmocka_unit_test(a_signature_proves_one_name_only),
		cmocka_unit_test(a_certificate_that_was_changed_is_none),
		cmocka_unit_test(a_certificate_of_somebody_else_is_none),
		cmocka_unit_test(requests_for_certificates_ask_for_nothing_that_hurts),
	};

	return exchange_run(tests);
}
