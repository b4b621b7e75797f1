/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/wire/isakmp_test.h"
#include <nss.h>
#include <pk11pub.h>

static void md5(const char *text, uint8_t out[16])
{
	assert_int_equal(
		PK11_HashBuf(SEC_OID_MD5, out, (const unsigned char *)text, (PRInt32)strlen(text)),
		SECSuccess);
}

static unsigned of_text(const char *text)
{
	uint8_t hash[16];
	md5(text, hash);
	return isakmp_vendor_of(SPAN_OF(hash));
}

static void hashes_of_their_texts_are_known(void **state)
{
	(void)state;
	assert_int_equal(of_text("RFC 3947"), VENDOR_NATT_RFC3947);
	assert_int_equal(of_text("draft-ietf-ipsec-nat-t-ike-03"), VENDOR_NATT_DRAFT_03);
	assert_int_equal(of_text("draft-ietf-ipsec-nat-t-ike-02"), VENDOR_NATT_DRAFT_02);
	assert_int_equal(of_text("draft-ietf-ipsec-nat-t-ike-02\n"), VENDOR_NATT_DRAFT_02);
	assert_int_equal(of_text("draft-ietf-ipsec-nat-t-ike-00"), 0);
	assert_int_equal(of_text("FRAGMENTATION"), VENDOR_FRAGMENTATION);
	assert_int_equal(of_text("strongSwan"), VENDOR_STRONGSWAN);
	assert_int_equal(of_text("KAME/racoon"), VENDOR_RACOON);
	assert_int_equal(of_text("MS NT5 ISAKMPOAKLEY"), VENDOR_WINDOWS);
	assert_int_equal(of_text("CISCO-UNITY"), VENDOR_UNITY);
	assert_int_equal(of_text("anything else"), 0);
}

/* As peers were seen to send them. */
static void others_are_known_by_their_bytes(void **state)
{
	(void)state;
	assert_int_equal(isakmp_vendor_of(BYTES(0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9,
						0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57, 0x01, 0x00)),
			 VENDOR_DPD);
	assert_int_equal(isakmp_vendor_of(BYTES(0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12)),
			 VENDOR_XAUTH);
	assert_int_equal(isakmp_vendor_of(BYTES(0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9,
						0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc, 0x01, 0x00)),
			 VENDOR_UNITY);
	assert_int_equal(isakmp_vendor_of(BYTES(0x1f, 0x07, 0xf7, 0x0e, 0xaa, 0x65, 0x14, 0xd3,
						0xb0, 0xfa, 0x96, 0x54, 0x2a, 0x50, 0x04, 0x07)),
			 VENDOR_CISCO_VPN3000);
	assert_int_equal(
		isakmp_vendor_of(BYTES(0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7,
				       0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3, 0xc0, 0, 0, 0)),
		VENDOR_FRAGMENTATION);
	/* of messages behind phase 1 alone */
	assert_int_equal(
		isakmp_vendor_of(BYTES(0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7,
				       0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3, 0x40, 0, 0, 0)),
		0);
	assert_int_equal(
		isakmp_vendor_of(BYTES(0x1e, 0x2b, 0x51, 0x69, 0x05, 0x99, 0x1c, 0x7d, 0x7c, 0x96,
				       0xfc, 0xbf, 0xb5, 0x87, 0xe4, 0x61, 0, 0, 0, 9)),
		VENDOR_WINDOWS);
	assert_int_equal(isakmp_vendor_of(span_make("OE-Libreswan-4.10", 17)), VENDOR_LIBRESWAN);
	assert_int_equal(isakmp_vendor_of(span_make("OEplutounit0", 12)), VENDOR_OPENSWAN);
}

static void a_cut_or_longer_one_is_not_known(void **state)
{
	uint8_t hash[17];
	(void)state;
	md5("RFC 3947", hash);
	for (size_t len = 0; len <= 17; len++) {
		uint8_t *copy = exact_copy(span_make(hash, len));
		assert_int_equal(isakmp_vendor_of(span_make(copy, len)),
				 len == 16 ? VENDOR_NATT_RFC3947 : 0);
		free(copy);
	}
	assert_int_equal(isakmp_vendor_of(span_make("OE", 2)), 0);
	assert_int_equal(isakmp_vendor_of(SPAN_NONE), 0);
}

static void what_we_send_is_what_we_know_best_first(void **state)
{
	static const unsigned order[] = { VENDOR_NATT_RFC3947,	VENDOR_NATT_DRAFT_03,
					  VENDOR_NATT_DRAFT_02, VENDOR_NATT_DRAFT_02,
					  VENDOR_DPD,		VENDOR_XAUTH,
					  VENDOR_UNITY,		VENDOR_FRAGMENTATION };
	struct wire_test *t = *state;
	isakmp_vendor_emit(&t->writer, UINT32_MAX);
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(t->message.count, sizeof(order) / sizeof(order[0]));
	for (size_t i = 0; p != NULL; p = p->next, i++) {
		assert_int_equal(p->type, ISAKMP_VID);
		assert_int_equal(isakmp_vendor_of(p->body), order[i]);
	}
}

static void only_what_was_asked_for_is_sent(void **state)
{
	struct wire_test *t = *state;
	isakmp_vendor_emit(&t->writer, VENDOR_DPD | VENDOR_FRAGMENTATION | VENDOR_STRONGSWAN);
	const struct payload *p = isakmp_sent(t);
	assert_int_equal(t->message.count, 2);
	assert_span(p->body, BYTES(0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96,
				   0xfc, 0x77, 0x57, 0x01, 0x00));
	assert_int_equal(p->next->body.len, 20);
	assert_int_equal(p->next->body.ptr[16], 0x80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WIRE_TEST(hashes_of_their_texts_are_known),
		WIRE_TEST(others_are_known_by_their_bytes),
		WIRE_TEST(a_cut_or_longer_one_is_not_known),
		WIRE_TEST(what_we_send_is_what_we_know_best_first),
		WIRE_TEST(only_what_was_asked_for_is_sent),
	};
	if (NSS_NoDB_Init(NULL) != SECSuccess)
		return 1;
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	return NSS_Shutdown() == SECSuccess ? failed : 1;
}
