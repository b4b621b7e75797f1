/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1's Vendor IDs that mean something, RFC 2408 §3.16. Most are the MD5 of a text. */
#include <string.h>
#include "wire/isakmp.h"

/* What a body begins with, and how long it may be. */
struct vendor {
	unsigned bit;
	uint8_t begins, least, most; /* bytes */
	uint8_t bytes[16];
};
#define ANY_LEN 255

/* Best first. */
static const struct vendor vendors_known[] = {
	/* MD5 of "RFC 3947" (RFC 3947 §3.1) */
	{ VENDOR_NATT_RFC3947,
	  16,
	  16,
	  16,
	  { 0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57, 0x28, 0xf2, 0x0e, 0x95,
	    0x45, 0x2f } },
	/* MD5 of "draft-ietf-ipsec-nat-t-ike-03" */
	{ VENDOR_NATT_DRAFT_03,
	  16,
	  16,
	  16,
	  { 0x7d, 0x94, 0x19, 0xa6, 0x53, 0x10, 0xca, 0x6f, 0x2c, 0x17, 0x9d, 0x92, 0x15, 0x52,
	    0x9d, 0x56 } },
	/* MD5 of "draft-ietf-ipsec-nat-t-ike-02\n" */
	{ VENDOR_NATT_DRAFT_02,
	  16,
	  16,
	  16,
	  { 0x90, 0xcb, 0x80, 0x91, 0x3e, 0xbb, 0x69, 0x6e, 0x08, 0x63, 0x81, 0xb5, 0xec, 0x42,
	    0x7b, 0x1f } },
	/* the same without the newline */
	{ VENDOR_NATT_DRAFT_02,
	  16,
	  16,
	  16,
	  { 0xcd, 0x60, 0x46, 0x43, 0x35, 0xdf, 0x21, 0xf8, 0x7c, 0xfd, 0xb2, 0xfc, 0x68, 0xb6,
	    0xa4, 0x48 } },
	/* RFC 3706 §5.1; behind it major and minor version */
	{ VENDOR_DPD,
	  14,
	  16,
	  16,
	  { 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86, 0x96, 0xfc, 0x77, 0x57 } },
	/* draft-beaulieu-ike-xauth §2.1 */
	{ VENDOR_XAUTH, 8, 8, 8, { 0x09, 0x00, 0x26, 0x89, 0xdf, 0xd6, 0xb7, 0x12 } },
	/* MD5 of "CISCO-UNITY" but for two bytes of version */
	{ VENDOR_UNITY,
	  14,
	  16,
	  16,
	  { 0x12, 0xf5, 0xf2, 0x8c, 0x45, 0x71, 0x68, 0xa9, 0x70, 0x2d, 0x9f, 0xe2, 0x74, 0xcc } },
	/* MD5 of "FRAGMENTATION"; behind it what the sender can */
	{ VENDOR_FRAGMENTATION,
	  16,
	  16,
	  20,
	  { 0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7, 0xde, 0x7f, 0x00, 0xd6,
	    0xc2, 0xd3 } },
	/* MD5 of "strongSwan" */
	{ VENDOR_STRONGSWAN,
	  16,
	  16,
	  16,
	  { 0x88, 0x2f, 0xe5, 0x6d, 0x6f, 0xd2, 0x0d, 0xbc, 0x22, 0x51, 0x61, 0x3b, 0x2e, 0xbe,
	    0x5b, 0xeb } },
	/* MD5 of "MS NT5 ISAKMPOAKLEY"; behind it a version */
	{ VENDOR_WINDOWS,
	  16,
	  16,
	  20,
	  { 0x1e, 0x2b, 0x51, 0x69, 0x05, 0x99, 0x1c, 0x7d, 0x7c, 0x96, 0xfc, 0xbf, 0xb5, 0x87,
	    0xe4, 0x61 } },
	/* two bytes of version behind it */
	{ VENDOR_CISCO_VPN3000,
	  14,
	  16,
	  16,
	  { 0x1f, 0x07, 0xf7, 0x0e, 0xaa, 0x65, 0x14, 0xd3, 0xb0, 0xfa, 0x96, 0x54, 0x2a, 0x50 } },
	/* MD5 of "KAME/racoon" */
	{ VENDOR_RACOON,
	  16,
	  16,
	  16,
	  { 0x70, 0x03, 0xcb, 0xc1, 0x09, 0x7d, 0xbe, 0x9c, 0x26, 0x00, 0xba, 0x69, 0x83, 0xbc,
	    0x8b, 0x35 } },
	/* the version follows */
	{ VENDOR_LIBRESWAN,
	  12,
	  12,
	  ANY_LEN,
	  { 'O', 'E', '-', 'L', 'i', 'b', 'r', 'e', 's', 'w', 'a', 'n' } },
	/* what its version makes of ten letters */
	{ VENDOR_OPENSWAN, 2, 12, 12, { 'O', 'E' } },
};
#define VENDORS_KNOWN (sizeof(vendors_known) / sizeof(vendors_known[0]))

/* Four bytes behind it, if they are there, tell for what (Cisco: 0xc0000000, racoon, strongSwan:
 * 0x80000000); the upper bit is about phase 1. */
static bool fragments_phase1(struct span body)
{
	return body.len < 20 || (body.ptr[16] & 0x80) != 0;
}

unsigned isakmp_vendor_of(struct span body)
{
	for (size_t i = 0; i < VENDORS_KNOWN; i++) {
		const struct vendor *vendor = &vendors_known[i];
		if (body.len >= vendor->least &&
		    (body.len <= vendor->most || vendor->most == ANY_LEN) &&
		    memcmp(body.ptr, vendor->bytes, vendor->begins) == 0)
			return vendor->bit != VENDOR_FRAGMENTATION || fragments_phase1(body)
				       ? vendor->bit
				       : 0;
	}
	return 0;
}

/* What we write behind a known beginning: DPD and Unity 1.0; of the fragments that both modes are
 * understood, which strongSwan wants to see and Cisco sends. */
static void version_emit(struct sink *sink, unsigned bit)
{
	if (bit == VENDOR_DPD || bit == VENDOR_UNITY)
		sink_u16(sink, 0x0100);
	else if (bit == VENDOR_FRAGMENTATION)
		sink_u32(sink, 0x80000000u);
}

void isakmp_vendor_emit(struct writer *writer, unsigned vendors)
{
	const unsigned sent = VENDOR_NATT_RFC3947 | VENDOR_NATT_DRAFT_03 | VENDOR_NATT_DRAFT_02 |
			      VENDOR_DPD | VENDOR_XAUTH | VENDOR_UNITY | VENDOR_FRAGMENTATION;

	for (size_t i = 0; i < VENDORS_KNOWN; i++) {
		const struct vendor *vendor = &vendors_known[i];
		if ((vendors & sent & vendor->bit) == 0)
			continue;
		isakmp_begin(writer, ISAKMP_VID);
		sink_bytes(writer->sink, vendor->bytes, vendor->begins);
		version_emit(writer->sink, vendor->bit);
		writer_payload_end(writer);
	}
}
