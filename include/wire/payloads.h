/* SPDX-License-Identifier: Apache-2.0 */
/* Every IKEv2 payload: its fields, parse, emit. A parse function gets the body after the generic
 * header, enforces the limits, ignores reserved bits on receipt (RFC 7296 §2.5), and refuses
 * trailing bytes. An emit function writes a whole payload with its generic header through the
 * writer. Spans in results point into the message. */
#ifndef VANTH_WIRE_PAYLOADS_H
#define VANTH_WIRE_PAYLOADS_H

#include "base/addr.h"
#include "wire/message.h"

/* ---- SA, §3.3 (wire/sa.c) ---- */
struct wire_transform {
	uint8_t type; /* enum transform_type, or unknown */
	uint16_t id;
	uint16_t key_length;	/* bits, 0: attribute absent */
	bool unknown_attribute; /* makes this transform unacceptable, §3.3.6 */
};
struct wire_proposal {
	uint8_t number, protocol;
	struct span spi; /* IKE: 0 or 8 bytes, AH and ESP: 4; protocols that we do not know: any */
	struct wire_transform *transforms;
	unsigned transform_count;
};
struct wire_sa {
	struct wire_proposal *proposals;
	unsigned proposal_count;
};
/* Also checked: at least one proposal, at least one transform in each, numbers that rise by one
 * (the first may be any but 0: a response repeats the chosen one's), no attribute twice. */
enum rc wire_sa_parse(struct arena *arena, struct span body, struct wire_sa *out,
		      struct diag *diag) MUST_CHECK;
void wire_sa_emit(struct writer *writer, const struct wire_sa *sa);

/* ---- KE, §3.4 ---- */
struct wire_ke {
	uint16_t group;
	struct span data;
};
enum rc wire_ke_parse(struct span body, struct wire_ke *out, struct diag *diag) MUST_CHECK;
void wire_ke_emit(struct writer *writer, const struct wire_ke *ke);

/* ---- IDi, IDr, §3.5 ---- */
struct wire_id {
	uint8_t type; /* enum id_type */
	struct span data;
};
/* Checked: lengths of IPv4 and IPv6; no control characters in FQDN and RFC822_ADDR; data unless
 * ID_NULL. */
enum rc wire_id_parse(struct span body, struct wire_id *out, struct diag *diag) MUST_CHECK;
void wire_id_emit(struct writer *writer, enum payload_type which, const struct wire_id *id);
/* Only the body (type, reserved, data): what AUTH signs (§2.15). */
void wire_id_body_emit(struct sink *sink, const struct wire_id *id);

/* ---- CERT §3.6, CERTREQ §3.7 ---- */
struct wire_cert {
	uint8_t encoding;
	struct span data;
};
/* Data may be empty (a CERTREQ without preference); wire_payload_check refuses an empty CERT. */
enum rc wire_cert_parse(struct span body, struct wire_cert *out, struct diag *diag) MUST_CHECK;
void wire_cert_emit(struct writer *writer, enum payload_type which, const struct wire_cert *cert);

/* ---- AUTH, §3.8 ---- */
struct wire_auth {
	uint8_t method; /* enum auth_method */
	struct span data;
};
enum rc wire_auth_parse(struct span body, struct wire_auth *out, struct diag *diag) MUST_CHECK;
void wire_auth_emit(struct writer *writer, const struct wire_auth *auth);

/* ---- Nonce §3.9 ---- */
enum rc wire_nonce_parse(struct span body, struct span *out, struct diag *diag) MUST_CHECK;
void wire_nonce_emit(struct writer *writer, struct span nonce);

/* ---- Notify §3.10 ---- */
struct wire_notify {
	uint8_t protocol;
	uint16_t type; /* enum notify_type */
	struct span spi;
	struct span data;
};
/* Data and SPI of the types whose format is fixed are checked too (COOKIE 1 to 64 bytes, REKEY_SA
 * with an SPI of 4, ...). */
enum rc wire_notify_parse(struct span body, struct wire_notify *out, struct diag *diag) MUST_CHECK;
void wire_notify_emit(struct writer *writer, const struct wire_notify *notify);
static inline bool notify_is_error(uint16_t type)
{
	return type < NOTIFY_FIRST_STATUS;
}

/* ---- Delete §3.11 ---- */
struct wire_delete {
	uint8_t protocol, spi_size; /* IKE: 0 and no SPIs */
	uint16_t count;
	struct span spis; /* count * spi_size */
};
enum rc wire_delete_parse(struct span body, struct wire_delete *out, struct diag *diag) MUST_CHECK;
void wire_delete_emit(struct writer *writer, const struct wire_delete *payload);

/* ---- spi.c ---- */
/* The four bytes of an SPI of AH or ESP, in the arena. */
enum rc wire_spi(struct arena *arena, uint32_t spi, struct span *out) MUST_CHECK;

/* ---- Vendor ID §3.12 ---- */
void wire_vendor_emit(struct writer *writer, struct span id);

/* ---- TSi, TSr §3.13 ---- */
struct wire_ts {
	uint8_t type; /* enum ts_type; others are parsed with range unset */
	uint8_t protocol;
	uint16_t port_from, port_to; /* 65535 to 0: OPAQUE, §3.13.1; otherwise from <= to */
	struct ip_range range;
};
struct wire_ts_list {
	struct wire_ts *items;
	unsigned count;
};
enum rc wire_ts_parse(struct arena *arena, struct span body, struct wire_ts_list *out,
		      struct diag *diag) MUST_CHECK;
void wire_ts_emit(struct writer *writer, enum payload_type which, const struct wire_ts_list *list);

/* ---- SK §3.14, SKF (RFC 7383 §2.5) ---- */
struct wire_sk {
	struct span iv, ciphertext, icv;
	/* From the IKE header to the generic header of SK included (RFC 5282 §5.1), and for SKF to
	 * the fragment numbers. */
	struct span aad;
	struct span signed_part; /* from the IKE header to the end of the ciphertext: what a MAC
				    covers */
	uint16_t fragment, fragments; /* SKF; 0 otherwise */
};
/* iv_len and icv_len come from the negotiated algorithms. */
enum rc wire_sk_parse(const struct ike_message *message, const struct payload *payload,
		      size_t iv_len, size_t icv_len, struct wire_sk *out,
		      struct diag *diag) MUST_CHECK;

/* An SK or SKF payload to be filled: the last one of a message. Pointers and spans point into the
 * sink. */
struct wire_sk_room {
	uint8_t *iv, *text,
		*icv; /* text: inner payloads, padding and pad length, to be encrypted in place */
	size_t text_len;
	struct span aad, signed_part; /* as in struct wire_sk */
};
/* Writes the payload with room for its parts and ends the message (all lengths are final, so that
 * the ICV can be computed). fragments 0: SK; else SKF, and first_type is written into fragment 1
 * only. RC_LIMIT when it does not fit. */
enum rc wire_sk_emit(struct writer *writer, uint8_t first_type, uint16_t fragment,
		     uint16_t fragments, size_t iv_len, size_t text_len, size_t icv_len,
		     struct wire_sk_room *out) MUST_CHECK;

/* ---- CP §3.15 ---- */
struct wire_cp_attribute {
	uint16_t type;
	struct span value;
};
struct wire_cp {
	uint8_t type; /* enum cp_type */
	struct wire_cp_attribute *attributes;
	unsigned count;
};
/* Lengths of the attributes of RFC 7296 §3.15.1 are checked; unknown attributes are kept. */
enum rc wire_cp_parse(struct arena *arena, struct span body, struct wire_cp *out,
		      struct diag *diag) MUST_CHECK;
void wire_cp_emit(struct writer *writer, const struct wire_cp *cp);

/* ---- EAP §3.16 ---- */
struct wire_eap {
	uint8_t code; /* enum eap_code */
	uint8_t identifier;
	uint8_t type;	  /* 0 in Success and Failure */
	struct span data; /* after the type */
	struct span raw;  /* the whole packet; when set, emit writes it as it is (it comes from a
			     RADIUS server) */
};
enum rc wire_eap_parse(struct span body, struct wire_eap *out, struct diag *diag) MUST_CHECK;
void wire_eap_emit(struct writer *writer, const struct wire_eap *eap);

/* Is the body of this payload well-formed? Dispatches to the above; unknown types are. Lets the
 * road refuse malformed payloads before any handler runs. SK and SKF are not looked into. */
enum rc wire_payload_check(struct arena *arena, const struct payload *payload,
			   struct diag *diag) MUST_CHECK;

/* One line for a debug log: "IKE_AUTH response 1 [SK: IDr AUTH SA TSi TSr]". */
const char *wire_message_text(const struct ike_message *message, char *buffer, size_t size);

#endif
