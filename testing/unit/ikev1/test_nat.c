/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev1/private.h"
#include "unit/sa/sas_test.h"

#define CKY_I 0x1112131415161718u
#define CKY_R 0x2122232425262728u
#define NATT  (VENDOR_NATT_RFC3947 | VENDOR_NATT_DRAFT_02 | VENDOR_NATT_DRAFT_03)

/* From west to east, as the initiator's second message. */
struct letter {
	struct sas_fixture f;
	struct sa_env env;
	struct arena arena;
	struct ike_suite suite;
	struct ike_sa sender, receiver;
	struct ike_message message;
	struct ip_endpoint west, east, outside;
	struct sink sink;
	struct writer writer;
	uint8_t bytes[2048];
};

static void letter_begin(struct letter *letter, uint16_t prf)
{
	struct ike_header header = { .spi_i = CKY_I,
				     .spi_r = CKY_R,
				     .version = IKE_VERSION_1,
				     .exchange = EXCHANGE_V1_MAIN };

	sas_begin(&letter->f, SAS_CONN);
	arena_init(&letter->arena, 65536);
	letter->env = (struct sa_env){ .host = letter->f.host };
	letter->suite = (struct ike_suite){ .prf = ikev1_prf(prf) };
	assert_non_null(letter->suite.prf);
	letter->west = sas_endpoint("192.0.2.1", 500);
	letter->east = sas_endpoint("192.0.2.2", 500);
	letter->outside = sas_endpoint("198.51.100.7", 1024);
	letter->sender = (struct ike_sa){
		.spi_i = CKY_I, .v1 = isakmp_new(), .local = letter->west, .remote = letter->east
	};
	letter->receiver = (struct ike_sa){ .spi_i = CKY_I, .spi_r = CKY_R, .v1 = isakmp_new() };
	assert_true(letter->sender.v1 != NULL && letter->receiver.v1 != NULL);
	letter->sender.v1->vendors = letter->receiver.v1->vendors = VENDOR_NATT_RFC3947;
	sink_init(&letter->sink, letter->bytes, sizeof(letter->bytes));
	writer_message(&letter->writer, &letter->sink, &header);
}

static void letter_write(struct letter *letter, bool force)
{
	static const struct ike_message before; /* the peer's, without Vendor IDs */
	struct step step = { .env = &letter->env, .message = &before };

	assert_int_equal(
		v1_nat_emit(&step, &letter->sender, CKY_R, &letter->suite, force, &letter->writer),
		RC_OK);
}

static void letter_send(struct letter *letter)
{
	assert_int_equal(writer_message_end(&letter->writer), RC_OK);
	assert_int_equal(isakmp_message_parse(&letter->arena, sink_written(&letter->sink),
					      &letter->message, NULL),
			 RC_OK);
}

static void letter_end(struct letter *letter)
{
	isakmp_free(letter->sender.v1);
	isakmp_free(letter->receiver.v1);
	arena_free(&letter->arena);
	sas_end(&letter->f);
}

static struct v1_nat seen_with(struct letter *letter, const struct ip_endpoint *local,
			       const struct ip_endpoint *remote, uint64_t cky_r)
{
	struct step step = {
		.env = &letter->env, .message = &letter->message, .local = *local, .remote = *remote
	};
	struct v1_nat nat;

	assert_int_equal(v1_nat_detect(&step, &letter->receiver, cky_r, &letter->suite, &nat),
			 RC_OK);
	return nat;
}

static struct v1_nat seen(struct letter *letter, const struct ip_endpoint *local,
			  const struct ip_endpoint *remote)
{
	return seen_with(letter, local, remote, CKY_R);
}

/* Supported, and these ends are behind a NAT. */
static void assert_nat(struct v1_nat nat, bool here, bool there)
{
	assert_true(nat.supported);
	assert_int_equal(nat.here, here);
	assert_int_equal(nat.there, there);
}

static void assert_nothing(struct v1_nat nat)
{
	assert_false(nat.supported || nat.here || nat.there);
}

static void what_arrives_as_it_was_sent_has_no_nat(void **state)
{
	static const uint16_t prfs[] = { PRF_HMAC_MD5, PRF_HMAC_SHA1, PRF_HMAC_SHA2_256,
					 PRF_HMAC_SHA2_512 };
	struct letter letter;

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		letter_begin(&letter, prfs[i]);
		letter_write(&letter, false);
		letter_send(&letter);
		assert_nat(seen(&letter, &letter.east, &letter.west), false, false);
		letter_end(&letter);
	}
}

/* RFC 3947 §3.2: HASH(CKY-I | CKY-R | IP | Port), the remote end first. */
static void hashes_are_of_cookies_address_and_port_and_the_peers_end_is_first(void **state)
{
	static const uint8_t east[] = { 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
					0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
					192,  0,    2,	  2,	0x01, 0xf4 };
	struct letter letter;
	struct span whole = SPAN_OF(east);
	uint8_t want[PRF_MAX], west[sizeof(east)];

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter_write(&letter, false);
	letter_send(&letter);
	assert_int_equal(letter.message.count, 2);
	assert_int_equal(letter.message.first->type, ISAKMP_NAT_D);
	assert_int_equal(ikev1_digest(&letter.suite, &whole, 1, want), RC_OK);
	assert_true(span_equal(letter.message.first->body, span_make(want, 20)));
	memcpy(west, east, sizeof(west));
	west[19] = 1;
	whole = SPAN_OF(west);
	assert_int_equal(ikev1_digest(&letter.suite, &whole, 1, want), RC_OK);
	assert_true(span_equal(letter.message.last->body, span_make(want, 20)));
	letter_end(&letter);
}

static void each_changed_end_is_told_apart(void **state)
{
	struct letter letter;
	struct ip_endpoint port;

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter_write(&letter, false);
	letter_send(&letter);
	assert_nat(seen(&letter, &letter.east, &letter.outside), false, true);
	assert_nat(seen(&letter, &letter.outside, &letter.west), true, false);
	assert_nat(seen(&letter, &letter.outside, &letter.outside), true, true);
	port = letter.west;
	port.port = 501;
	assert_nat(seen(&letter, &letter.east, &port), false, true);
	port = letter.east;
	port.port = 4500;
	assert_nat(seen(&letter, &port, &letter.west), true, false);
	letter_end(&letter);
}

static void ends_with_ipv6_are_told_apart_too(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA2_256);
	letter.sender.local = letter.west = sas_endpoint("2001:db8::1", 500);
	letter.sender.remote = letter.east = sas_endpoint("2001:db8::2", 500);
	letter_write(&letter, false);
	letter_send(&letter);
	assert_nat(seen(&letter, &letter.east, &letter.west), false, false);
	letter.west = sas_endpoint("2001:db8::3", 500);
	assert_nat(seen(&letter, &letter.east, &letter.west), false, true);
	letter_end(&letter);
}

static void hashes_of_other_cookies_do_not_match(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter_write(&letter, false);
	letter_send(&letter);
	assert_nat(seen_with(&letter, &letter.east, &letter.west, CKY_R + 1), true, true);
	letter.receiver.spi_i++;
	assert_nat(seen(&letter, &letter.east, &letter.west), true, true);
	letter_end(&letter);
}

static void forced_encapsulation_looks_like_a_nat_to_the_other_end_only(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter_write(&letter, true);
	letter_send(&letter);
	assert_nat(seen(&letter, &letter.east, &letter.west), false, true);
	letter_end(&letter);
}

/* §3.2: a multihomed sender may name several ends of its own. */
static void one_match_among_several_sources_is_enough(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter_write(&letter, true);
	letter_write(&letter, false);
	letter_write(&letter, true);
	letter_send(&letter);
	assert_int_equal(letter.message.count, 6);
	assert_nat(seen(&letter, &letter.east, &letter.west), false, false);
	letter_end(&letter);
}

static void peer_without_hashes_or_without_vendor_id_does_not_support_it(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter_send(&letter);
	assert_nothing(seen(&letter, &letter.east, &letter.outside));
	letter_end(&letter);
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter_write(&letter, false);
	letter_send(&letter);
	letter.receiver.v1->vendors = VENDOR_DPD | VENDOR_STRONGSWAN;
	assert_nothing(seen(&letter, &letter.east, &letter.outside));
	letter_end(&letter);
}

static void vendor_id_that_comes_with_the_hashes_counts(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter_write(&letter, false);
	isakmp_vendor_emit(&letter.writer, VENDOR_NATT_RFC3947);
	letter_send(&letter);
	letter.receiver.v1->vendors = 0;
	assert_nat(seen(&letter, &letter.east, &letter.outside), false, true);
	letter_end(&letter);
}

/* The drafts gave NAT-D a number of the private range; a peer that knows no other skips 20. */
static void peer_that_knows_only_the_drafts_gets_and_sends_their_payload(void **state)
{
	struct letter letter;

	(void)state;
	for (unsigned draft = VENDOR_NATT_DRAFT_02; draft <= VENDOR_NATT_DRAFT_03; draft <<= 1) {
		letter_begin(&letter, PRF_HMAC_SHA1);
		letter.sender.v1->vendors = letter.receiver.v1->vendors = draft;
		letter_write(&letter, false);
		letter_send(&letter);
		assert_int_equal(letter.bytes[16], ISAKMP_NAT_D_DRAFT);
		assert_int_equal(letter.bytes[IKE_HEADER_LEN], ISAKMP_NAT_D_DRAFT);
		assert_nat(seen(&letter, &letter.east, &letter.west), false, false);
		assert_nat(seen(&letter, &letter.east, &letter.outside), false, true);
		letter_end(&letter);
	}
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter.sender.v1->vendors = NATT;
	letter_write(&letter, false);
	letter_send(&letter);
	assert_int_equal(letter.bytes[16], ISAKMP_NAT_D);
	letter_end(&letter);
}

/* nat-ikev1-method=drafts: the peer would know the RFC, but was not told that we do. */
static void what_was_not_announced_is_not_used(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA1);
	letter.sender.v1->vendors = letter.receiver.v1->vendors = NATT;
	letter.sender.v1->withheld = VENDOR_NATT_RFC3947;
	letter_write(&letter, false);
	letter_send(&letter);
	assert_int_equal(letter.bytes[16], ISAKMP_NAT_D_DRAFT);
	letter.receiver.v1->withheld = NATT;
	assert_nothing(seen(&letter, &letter.east, &letter.outside));
	letter_end(&letter);
}

/* ---- hostile messages ---- */

/* The two payloads, of these lengths: the front of the right hash, or the hash and more. */
static struct v1_nat seen_cut(size_t first, size_t second)
{
	struct letter letter;
	uint8_t more[64] = { 0 };
	struct v1_nat nat;

	letter_begin(&letter, PRF_HMAC_SHA1);
	letter_write(&letter, false);
	letter_send(&letter);
	memcpy(more, letter.message.first->body.ptr, 20);
	letter.message.first->body = span_make(more, first);
	memcpy(more + 32, letter.message.last->body.ptr, 20);
	letter.message.last->body = span_make(more + 32, second);
	nat = seen(&letter, &letter.east, &letter.west);
	letter_end(&letter);
	return nat;
}

static void hash_of_another_length_never_matches(void **state)
{
	(void)state;
	assert_nat(seen_cut(20, 20), false, false);
	for (size_t len = 0; len < 32; len += len == 19 ? 2 : 1) {
		assert_nat(seen_cut(len, 20), true, false);
		assert_nat(seen_cut(20, len), false, true);
	}
}

static void one_hash_alone_tells_nothing(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, PRF_HMAC_SHA1);
	isakmp_bytes_emit(&letter.writer, ISAKMP_NAT_D, SPAN_OF("what is not a hash"));
	letter_send(&letter);
	assert_nothing(seen(&letter, &letter.east, &letter.outside));
	letter_end(&letter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_arrives_as_it_was_sent_has_no_nat),
		cmocka_unit_test(hashes_are_of_cookies_address_and_port_and_the_peers_end_is_first),
		cmocka_unit_test(each_changed_end_is_told_apart),
		cmocka_unit_test(ends_with_ipv6_are_told_apart_too),
		cmocka_unit_test(hashes_of_other_cookies_do_not_match),
		cmocka_unit_test(forced_encapsulation_looks_like_a_nat_to_the_other_end_only),
		cmocka_unit_test(one_match_among_several_sources_is_enough),
		cmocka_unit_test(peer_without_hashes_or_without_vendor_id_does_not_support_it),
		cmocka_unit_test(vendor_id_that_comes_with_the_hashes_counts),
		cmocka_unit_test(peer_that_knows_only_the_drafts_gets_and_sends_their_payload),
		cmocka_unit_test(what_was_not_announced_is_not_used),
		cmocka_unit_test(hash_of_another_length_never_matches),
		cmocka_unit_test(one_hash_alone_tells_nothing),
	};

	return sas_run(tests);
}
