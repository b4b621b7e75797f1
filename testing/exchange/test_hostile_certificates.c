/* SPDX-License-Identifier: Apache-2.0 */
/* What a hostile peer may send as its certificates: each is refused with the true reason, and
 * whatever is slow about them is a worker's, never the loop's. */
#include <dlfcn.h>
#include <pk11pub.h>
#include "base/arena.h"
#include "exchange/authority.h"
#include "x509/x509.h"

/* ---- who calls NSS for signatures ---- */

static bool on_worker;
static unsigned by_workers, by_the_loop;

static void count_call(void)
{
	if (on_worker)
		by_workers++;
	else
		by_the_loop++;
}

/* In place of NSS's own, which they call. */
SECStatus PK11_VerifyWithMechanism(SECKEYPublicKey *key, CK_MECHANISM_TYPE mechanism,
				   const SECItem *param, const SECItem *signature,
				   const SECItem *hash, void *context)
{
	SECStatus (*real)(SECKEYPublicKey *, CK_MECHANISM_TYPE, const SECItem *, const SECItem *,
			  const SECItem *, void *);

	*(void **)&real = dlsym(RTLD_NEXT, "PK11_VerifyWithMechanism");
	count_call();
	return real(key, mechanism, param, signature, hash, context);
}

SECStatus PK11_SignWithMechanism(SECKEYPrivateKey *key, CK_MECHANISM_TYPE mechanism,
				 const SECItem *param, SECItem *signature, const SECItem *hash)
{
	SECStatus (*real)(SECKEYPrivateKey *, CK_MECHANISM_TYPE, const SECItem *, SECItem *,
			  const SECItem *);

	*(void **)&real = dlsym(RTLD_NEXT, "PK11_SignWithMechanism");
	count_call();
	return real(key, mechanism, param, signature, hash);
}

SECStatus PK11_PubEncryptRaw(SECKEYPublicKey *key, unsigned char *out, const unsigned char *in,
			     unsigned len, void *context)
{
	SECStatus (*real)(SECKEYPublicKey *, unsigned char *, const unsigned char *, unsigned,
			  void *);

	*(void **)&real = dlsym(RTLD_NEXT, "PK11_PubEncryptRaw");
	count_call();
	return real(key, out, in, len, context);
}

struct watched_job {
	struct job job, *inner;
};

static void watched_work(struct job *job, unsigned worker)
{
	struct watched_job *watched = container_of(job, struct watched_job, job);

	on_worker = true;
	watched->inner->work(watched->inner, worker);
	on_worker = false;
}

static void watched_done(struct job *job)
{
	struct watched_job *watched = container_of(job, struct watched_job, job);
	struct job *inner = watched->inner;

	mem_free(watched);
	inner->done(inner);
}

static void (*submit)(struct host *host, struct job *job);

static void watched_submit(struct host *host, struct job *job)
{
	struct watched_job *watched = mem_alloc(sizeof(*watched));

	assert_non_null(watched);
	watched->job = (struct job){ .work = watched_work, .done = watched_done };
	watched->inner = job;
	submit(host, &watched->job);
}

/* ---- two gateways ---- */

#define CONF                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"                        \
	"\tauthby=rsasig,ecdsa\n"

struct play {
	struct pair pair;
	struct authority ca;
	struct host_ops ops[2];
	const struct host_ops *before[2];
};

static void watch_end(struct play *play, unsigned which)
{
	struct host *host = which == 0 ? play->pair.west.host : play->pair.east.host;

	play->before[which] = host->ops;
	play->ops[which] = *host->ops;
	submit = host->ops->job_submit;
	play->ops[which].job_submit = watched_submit;
	host->ops = &play->ops[which];
}

static void play_begin(struct play *play, const struct wish *west)
{
	static const struct wish east = { .subject = "CN=east",
					  .name = "@east",
					  .kind = KEY_ECDSA_P256 };
	struct authority between;
	struct pair *pair = &play->pair;

	pair_start(pair, 1, CONF "\tleftcert=west\n", CONF "\trightcert=east\n", NULL, NULL);
	authority_new(&play->ca, NULL, "CN=Test CA", pair->west.host->ops->wall(pair->west.host));
	authority_new(&between, &play->ca, "CN=Between",
		      pair->west.host->ops->wall(pair->west.host));
	authority_trusted(&play->ca, &pair->west);
	authority_trusted(&play->ca, &pair->east);
	authority_certifies(&play->ca, &pair->west, "west", west, &between);
	authority_certifies(&play->ca, &pair->east, "east", &east, NULL);
	authority_free(&between);
	watch_end(play, 0);
	watch_end(play, 1);
	by_workers = by_the_loop = 0;
}

static void play_finish(struct play *play)
{
	world_run(play->pair.world, USEC_PER_SEC);
	play->pair.west.host->ops = play->before[0];
	play->pair.east.host->ops = play->before[1];
	pair_end(&play->pair);
	authority_free(&play->ca);
}

static const struct wish good = { .subject = "CN=west", .name = "@west", .kind = KEY_RSA };

static void no_step_on_the_loop_signs_or_verifies(void **state)
{
	struct play play;

	(void)state;
	play_begin(&play, &good);
	end_up(&play.pair.west, "t");
	assert_true(pair_comes_up(&play.pair, 10 * USEC_PER_SEC));
	assert_int_equal(by_the_loop, 0);
	assert_in_range(by_workers, 7, 20); /* two AUTHs, each made and verified; three issuers */
	play_finish(&play);
}

static void a_refused_certificate_costs_the_loop_no_signature_either(void **state)
{
	static const struct wish expired = { .subject = "CN=west",
					     .name = "@west",
					     .kind = KEY_RSA,
					     .not_before = -2 * AUTHORITY_YEAR,
					     .not_after = -3600 };
	struct play play;

	(void)state;
	play_begin(&play, &expired);
	end_up(&play.pair.west, "t");
	world_run(play.pair.world, 3 * USEC_PER_SEC);
	assert_int_equal(play.pair.east.ike_up, 0);
	assert_true(end_said(&play.pair.east, "expired"));
	assert_int_equal(by_the_loop, 0);
	play_finish(&play);
}

/* ---- one certificate ---- */

#define WALL ((int64_t)1800000000)

struct leaf {
	struct authority ca, own;
	struct x509_trust *trust;
	uint8_t der[4096];
	size_t len;
};

static void leaf_begin(struct leaf *leaf, enum key_kind kind)
{
	static const struct wish wish = { .subject = "CN=west", .name = "@west" };
	struct x509_ca ca = { .nickname = (char *)"ca", .trusted = true };
	struct span der;

	authority_new(&leaf->ca, NULL, "CN=Test CA", WALL);
	leaf->own.key = authority_key(kind);
	leaf->own.certificate = authority_issue(&leaf->ca, &wish, leaf->own.key, WALL);
	ca.certificate = leaf->ca.certificate;
	assert_int_equal(x509_trust_of(&ca, 1, &leaf->trust), RC_OK);
	der = certificate_der(leaf->own.certificate);
	assert_true(der.len <= sizeof(leaf->der));
	memcpy(leaf->der, der.ptr, der.len);
	leaf->len = der.len;
}

static void leaf_end(struct leaf *leaf)
{
	x509_trust_unref(leaf->trust);
	authority_free(&leaf->own);
	authority_free(&leaf->ca);
}

static enum rc verify(const struct leaf *leaf, struct diag *diag)
{
	struct span der = span_make(leaf->der, leaf->len);
	struct x509_verify verify = { .trust = leaf->trust, .ders = &der, .count = 1, .now = WALL };
	enum rc rc = x509_verify(&verify, diag);

	x509_verify_wipe(&verify);
	return rc;
}

static size_t place_of(const struct leaf *leaf, const void *what, size_t len)
{
	const uint8_t *found = memmem(leaf->der, leaf->len, what, len);

	assert_non_null(found);
	return (size_t)(found - leaf->der);
}

/* All that encloses the place gets shorter by so many bytes, which go from there on; lengths there
 * are of two bytes. */
static void cut_out(struct leaf *leaf, size_t place, size_t count)
{
	size_t at = 0;

	while (at < place && leaf->der[at + 1] == 0x82) {
		size_t len = (size_t)(leaf->der[at + 2] << 8 | leaf->der[at + 3]);
		size_t inside = at + 4 + (leaf->der[at] == 0x03 ? 1 : 0);
		if (place < at + 4 + len) {
			leaf->der[at + 2] = (uint8_t)((len - count) >> 8);
			leaf->der[at + 3] = (uint8_t)(len - count);
			at = inside;
		} else {
			at += 4 + len;
		}
		while (leaf->der[at + 1] < 0x80) /* small neighbours before it */
			at += 2u + leaf->der[at + 1];
	}
	memmove(leaf->der + place, leaf->der + place + count, leaf->len - place - count);
	leaf->len -= count;
}

static void refused(const struct leaf *leaf, const char *what, const char *because)
{
	struct diag diag = { "" };

	if (verify(leaf, &diag) != RC_AUTH_FAILED || strstr(diag.text, because) == NULL)
		fail_msg("%s: not refused because of \"%s\": %s", what, because, diag.text);
}

static void odd_exponents_and_moduli_are_refused(void **state)
{
	static const uint8_t usual[] = { 0x02, 0x03, 0x01, 0x00, 0x01 };
	struct diag diag = { "" };
	struct leaf leaf;
	size_t at;

	(void)state;
	leaf_begin(&leaf, KEY_RSA);
	if (verify(&leaf, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	at = place_of(&leaf, usual, sizeof(usual));
	leaf.der[at + 4] = 0; /* 65536 */
	refused(&leaf, "an even exponent", "exponent");
	leaf_end(&leaf);
	for (uint8_t exponent = 0; exponent < 3; exponent++) {
		leaf_begin(&leaf, KEY_RSA);
		at = place_of(&leaf, usual, sizeof(usual));
		cut_out(&leaf, at + 3, 2);
		leaf.der[at + 1] = 1;
		leaf.der[at + 2] = exponent;
		refused(&leaf, "a tiny exponent", "exponent");
		leaf_end(&leaf);
	}
	leaf_begin(&leaf, KEY_RSA);
	at = place_of(&leaf, usual, sizeof(usual));
	leaf.der[at - 1] &= 0xfe;
	refused(&leaf, "an even modulus", "modulus");
	leaf_end(&leaf);
}

static void an_unknown_curve_and_a_point_beside_it_are_refused(void **state)
{
	static const uint8_t p256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07 };
	static const uint8_t point[] = { 0x03, 0x42, 0x00, 0x04 };
	struct leaf leaf;

	(void)state;
	leaf_begin(&leaf, KEY_ECDSA_P256);
	leaf.der[place_of(&leaf, p256, sizeof(p256)) + 7] = 0x06;
	refused(&leaf, "another curve", "curve");
	leaf_end(&leaf);
	leaf_begin(&leaf, KEY_ECDSA_P256);
	leaf.der[place_of(&leaf, point, sizeof(point)) + 20] ^= 1;
	refused(&leaf, "a point beside the curve", "curve");
	leaf_end(&leaf);
}

/* Wherever a byte differs, it is another certificate than the one that was signed. */
static void a_certificate_altered_at_any_byte_is_refused(void **state)
{
	struct diag diag = { "" };
	struct leaf leaf;

	(void)state;
	leaf_begin(&leaf, KEY_ECDSA_P256);
	assert_int_equal(verify(&leaf, &diag), RC_OK);
	for (size_t i = 0; i < leaf.len; i++) {
		leaf.der[i] ^= (uint8_t)(1u << i % 8);
		diag.text[0] = '\0';
		if (verify(&leaf, &diag) != RC_AUTH_FAILED || diag.text[0] == '\0')
			fail_msg("byte %zu may differ", i);
		leaf.der[i] ^= (uint8_t)(1u << i % 8);
	}
	assert_int_equal(verify(&leaf, &diag), RC_OK);
	leaf_end(&leaf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_step_on_the_loop_signs_or_verifies),
		cmocka_unit_test(a_refused_certificate_costs_the_loop_no_signature_either),
		cmocka_unit_test(odd_exponents_and_moduli_are_refused),
		cmocka_unit_test(an_unknown_curve_and_a_point_beside_it_are_refused),
		cmocka_unit_test(a_certificate_altered_at_any_byte_is_refused),
	};

	return exchange_run(tests);
}
