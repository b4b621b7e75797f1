/* SPDX-License-Identifier: Apache-2.0 */
/* IKEv1: messages and every payload (RFC 2408, 2407, 2409, 3947, 3706, the transaction exchange),
 * both ways. Pure: no state is touched. Messages are struct ike_message as IKEv2's are, with
 * payload types of enum isakmp_payload_type; spans in results point into the message; limits.h
 * bounds everything. */
#ifndef VANTH_WIRE_ISAKMP_H
#define VANTH_WIRE_ISAKMP_H

#include "base/addr.h"
#include "wire/isakmp_iana.h"
#include "wire/message.h"
#include "wire/payloads.h"

/* A clear message: header (major version 1, else RC_MAJOR_VERSION) and payloads in order. Reserved
 * bytes are ignored. Of a message with ISAKMP_FLAG_ENCRYPTION the header alone is read, and count
 * is 0. RC_LIMIT beyond LIMIT_PAYLOADS, RC_TRAILING for bytes behind the last payload (clear) that
 * are not up to three zeros, with which some peers fill up, RC_SYNTAX. Payload types of the drafts
 * are read as those of RFC 3947. out->seen counts by type (1..31; that of a fragment is 31). */
enum rc isakmp_message_parse(struct arena *arena, struct span datagram, struct ike_message *out,
			     struct diag *diag) MUST_CHECK;
/* The payloads of a decrypted message (header.next is the first's type), with whatever padding
 * behind them; plain must outlive the message. out->inner is the payloads without padding. After a
 * failure the message is as it was before. */
enum rc isakmp_inner_parse(struct arena *arena, struct span plain, struct ike_message *message,
			   struct diag *diag) MUST_CHECK;
static inline unsigned isakmp_payload_count(const struct ike_message *message, unsigned type)
{
	return type < 32 ? message->seen[type] : message->seen[31];
}
const struct payload *isakmp_payload_find(const struct ike_message *message,
					  enum isakmp_payload_type type);
const struct payload *isakmp_payload_next(const struct payload *payload);
/* What stands behind a payload up to the end of the last one, generic headers and all: what HASH(1)
 * and HASH(2) cover (RFC 2409 §5.5), when payload is the HASH. */
struct span isakmp_behind(const struct ike_message *message, const struct payload *payload);

/* Writing is message.h's writer: a payload begins with this instead of writer_payload_begin(). */
void isakmp_begin(struct writer *writer, enum isakmp_payload_type type);

/* ---- data attributes, RFC 2408 §3.3 ---- */
struct isakmp_attribute {
	uint16_t type;	  /* without the AF bit */
	bool basic;	  /* TV */
	uint16_t value;	  /* TV */
	struct span data; /* TLV; TV: empty */
};
/* A number of at most 64 bit in either form (lifetimes come in both). RC_LIMIT: longer, and not 0
 * in front; RC_SYNTAX: no bytes at all. */
enum rc isakmp_attribute_number(const struct isakmp_attribute *attribute, uint64_t *out) MUST_CHECK;

/* ---- SA, RFC 2408 §3.4 to §3.6 ---- */
struct isakmp_transform {
	uint8_t number, id;
	struct isakmp_attribute *attributes;
	unsigned attribute_count;
	struct span raw; /* the whole payload, generic header included: answers repeat it */
};
struct isakmp_proposal { /* those with the same number belong together (AH and ESP, IPComp) */
	uint8_t number, protocol; /* enum ike_protocol, ISAKMP_PROTOCOL_IPCOMP */
	struct span spi;	  /* 0 to 16 bytes for ISAKMP, AH and ESP 4, IPComp 2 or 4 */
	struct isakmp_transform *transforms;
	unsigned transform_count;
};
struct isakmp_sa {
	uint32_t doi, situation;
	struct isakmp_proposal *proposals;
	unsigned proposal_count;
	struct span body; /* SAi_b */
};
/* Also checked: at least one proposal and one transform, counts that agree, chains that end,
 * numbers of proposals that do not fall and of transforms that rise. An unknown DOI or situation is
 * not read on: proposal_count is 0 and RC_UNSUPPORTED. */
enum rc isakmp_sa_parse(struct arena *arena, struct span body, struct isakmp_sa *out,
			struct diag *diag) MUST_CHECK;
/* raw of the transforms is not looked at. Values that fit go out as TV, others as TLV of 4 or 8
 * bytes: as `basic` says. */
void isakmp_sa_emit(struct writer *writer, const struct isakmp_sa *sa);
/* The body that isakmp_sa_emit() writes: SAi_b of our own. */
struct span isakmp_sa_body(struct arena *arena,
			   const struct isakmp_sa *sa); /* .ptr NULL: no memory */

/* ---- payloads that are bytes: KE, HASH, SIG, NONCE, VID, NAT-D ---- */
void isakmp_bytes_emit(struct writer *writer, enum isakmp_payload_type type, struct span bytes);
/* RFC 2409 §5: 8 to 256 bytes. */
enum rc isakmp_nonce_parse(struct span body, struct span *out, struct diag *diag) MUST_CHECK;

/* ---- ID, RFC 2407 §4.6.2 ---- */
struct isakmp_id {
	uint8_t type; /* enum id_type, enum isakmp_id_type */
	uint8_t protocol;
	uint16_t port;
	struct span data;
};
/* Lengths of addresses, subnets and ranges are checked; no control characters in names. */
enum rc isakmp_id_parse(struct span body, struct isakmp_id *out, struct diag *diag) MUST_CHECK;
void isakmp_id_emit(struct writer *writer, const struct isakmp_id *id);
void isakmp_id_body_emit(struct sink *sink, const struct isakmp_id *id); /* IDii_b, IDir_b */
/* A quick mode ID as a range of addresses. RC_UNSUPPORTED: not an address; RC_SYNTAX: a mask with
 * holes, or a range that ends before it begins. */
enum rc isakmp_id_range(const struct isakmp_id *id, struct ip_range *out,
			struct diag *diag) MUST_CHECK;
/* The shortest form: address, subnet, range. data: 32 bytes of room. */
void isakmp_id_of_range(const struct ip_range *range, uint8_t protocol, uint16_t port,
			uint8_t *data, struct isakmp_id *out);

/* ---- CERT, CR: struct wire_cert ---- */
void isakmp_cert_emit(struct writer *writer, enum isakmp_payload_type which,
		      const struct wire_cert *cert);

/* ---- Notification §3.14, Delete §3.15 ---- */
struct isakmp_notify {
	uint32_t doi;
	uint8_t protocol;
	uint16_t type;
	struct span spi, data;
};
/* R-U-THERE and its ACK: SPI of 16 bytes (the cookies; some peers send none) and 4 bytes of data;
 * RESPONDER-LIFETIME: data of whole attributes. */
enum rc isakmp_notify_parse(struct span body, struct isakmp_notify *out,
			    struct diag *diag) MUST_CHECK;
void isakmp_notify_emit(struct writer *writer, const struct isakmp_notify *notify);
/* Attributes in a notification's data. */
enum rc isakmp_attributes_parse(struct arena *arena, struct span data,
				struct isakmp_attribute **out, unsigned *count,
				struct diag *diag) MUST_CHECK;
struct isakmp_delete {
	uint32_t doi;
	uint8_t protocol, spi_size; /* ISAKMP: 16 (both cookies), AH and ESP: 4 */
	uint16_t count;
	struct span spis;
};
enum rc isakmp_delete_parse(struct span body, struct isakmp_delete *out,
			    struct diag *diag) MUST_CHECK;
void isakmp_delete_emit(struct writer *writer, const struct isakmp_delete *payload);

/* ---- attributes of the transaction exchange ---- */
struct isakmp_config {
	uint8_t type; /* enum isakmp_cfg_type */
	uint16_t identifier;
	struct isakmp_attribute *attributes;
	unsigned count;
};
/* Checked: IPv4 addresses have four bytes, or none. */
enum rc isakmp_config_parse(struct arena *arena, struct span body, struct isakmp_config *out,
			    struct diag *diag) MUST_CHECK;
void isakmp_config_emit(struct writer *writer, const struct isakmp_config *config);

/* ---- NAT-OA (RFC 3947 §5.2) ---- */
enum rc isakmp_nat_oa_parse(struct span body, struct ip_addr *out, struct diag *diag) MUST_CHECK;
/* type: the RFC's number, or that of the drafts. */
void isakmp_nat_oa_emit(struct writer *writer, enum isakmp_payload_type type,
			const struct ip_addr *addr);

/* ---- fragments (payload 132): wire/isakmp_fragment.c ---- */
struct isakmp_fragment {
	uint16_t id;
	uint8_t number; /* from 1 */
	bool last;
	struct span data;
};
enum rc isakmp_fragment_parse(struct span body, struct isakmp_fragment *out,
			      struct diag *diag) MUST_CHECK;
void isakmp_fragment_emit(struct writer *writer, const struct isakmp_fragment *fragment);
/* A whole datagram that is one fragment: RC_SYNTAX when anything else is in it. */
enum rc isakmp_fragment_read(struct span datagram, struct ike_header *header,
			     struct isakmp_fragment *out, struct diag *diag) MUST_CHECK;
/* How many fragments a message of len bytes makes when no datagram has more than limit; 0: more
 * than LIMIT_FRAGMENTS, or none has room. */
unsigned isakmp_fragment_count(size_t len, size_t limit);
/* One of them (from 1), as a datagram. */
enum rc isakmp_fragment_of(struct span message, size_t limit, uint16_t id, unsigned number,
			   struct sink *out) MUST_CHECK;

/* Is the body of this payload well-formed? As wire_payload_check(). */
enum rc isakmp_payload_check(struct arena *arena, const struct payload *payload,
			     struct diag *diag) MUST_CHECK;
/* One line for a debug log: "Main Mode [SA VID VID]", "Quick Mode 5b3f0a11 [HASH SA NONCE ID ID]".
 */
const char *isakmp_message_text(const struct ike_message *message, char *buffer, size_t size);

/* ---- vendor IDs that mean something (wire/isakmp_vendor.c) ---- */
enum isakmp_vendor { /* bits */
		     VENDOR_NATT_RFC3947 = 1,
		     VENDOR_NATT_DRAFT_02 = 2, /* both spellings: with and without the newline */
		     VENDOR_NATT_DRAFT_03 = 4,
		     VENDOR_DPD = 8,
		     VENDOR_XAUTH = 16,
		     VENDOR_UNITY = 32,
		     VENDOR_FRAGMENTATION = 64,
		     VENDOR_STRONGSWAN = 128,
		     VENDOR_LIBRESWAN = 256,
		     VENDOR_OPENSWAN = 512,
		     VENDOR_WINDOWS = 1024,
		     VENDOR_CISCO_VPN3000 = 2048,
		     VENDOR_RACOON = 4096,
};
/* The bit of this payload's body; 0: not known. Versions behind a known beginning do not matter. */
unsigned isakmp_vendor_of(struct span body);
/* Emits those of the set that we send (the NAT-T ones, DPD, XAUTH, Unity, fragmentation), best
 * first. */
void isakmp_vendor_emit(struct writer *writer, unsigned vendors);

#endif
