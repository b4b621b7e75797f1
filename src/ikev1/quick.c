/* SPDX-License-Identifier: Apache-2.0 */
/* rfc2409 §5.5: what both ends of Quick Mode do: payloads, selectors, key material. */
#include "ikev1/private.h"

#define SECONDS_MAX (24u * 3600u)

/* The first two messages. */
const struct payload_rule v1_quick_rules[] = {
	{ ISAKMP_HASH, 1, 1, ENCRYPTED },
	{ ISAKMP_SA, 1, 1, ENCRYPTED },
	{ ISAKMP_NONCE, 1, 1, ENCRYPTED },
	{ ISAKMP_KE, 0, 1, ENCRYPTED },
	{ ISAKMP_ID, 0, 2, ENCRYPTED },
	{ ISAKMP_NAT_OA, 0, 2, ENCRYPTED },
	PAYLOAD_RULES_END,
};

enum rc v1_quick_read(struct step *step, struct v1_quick *quick, struct diag *diag)
{
	const struct ike_message *message = step->message;
	const struct payload *ke = v1_payload(message, ISAKMP_KE);
	const struct payload *id = v1_payload(message, ISAKMP_ID);

	TRY(isakmp_sa_parse(step->arena, v1_payload(message, ISAKMP_SA)->body, &quick->sa, diag));
	TRY(isakmp_nonce_parse(v1_payload(message, ISAKMP_NONCE)->body, &quick->nonce, diag));
	if (ke != NULL)
		quick->public = ke->body;
	for (unsigned i = 0; i < 2 && id != NULL; i++, id = isakmp_payload_next(id)) {
		TRY(isakmp_id_parse(id->body, &quick->ids[i], diag));
		quick->ids_present = i == 1;
	}
	if (isakmp_payload_count(message, ISAKMP_ID) == 1)
		return diag_fail(diag, RC_SYNTAX,
				 "Quick Mode: one ID payload; expected none or two");
	return RC_OK;
}

enum rc v1_quick_take_spi(struct child_sa *child, struct diag *diag)
{
	struct span spi = span_make(child->choice.spi, 4);

	if (child->choice.spi_len != 4)
		return diag_fail(diag, RC_SYNTAX, "SPI of %u bytes for an IPsec SA",
				 child->choice.spi_len);
	return span_u32(&spi, &child->spi_out);
}

static uint16_t encapsulation(bool transport, bool udp, bool draft)
{
	if (!udp)
		return transport ? ENCAPSULATION_TRANSPORT : ENCAPSULATION_TUNNEL;
	if (draft)
		return transport ? ENCAPSULATION_UDP_TRANSPORT_DRAFT
				 : ENCAPSULATION_UDP_TUNNEL_DRAFT;
	return transport ? ENCAPSULATION_UDP_TRANSPORT : ENCAPSULATION_UDP_TUNNEL;
}

struct isakmp_phase2_terms v1_quick_terms(const struct ike_sa *sa, const struct tunnel *tunnel,
					  uint16_t group)
{
	const struct config_conn *conn = tunnel->conn;
	bool transport = conn->type == TYPE_TRANSPORT,
	     draft = (v1_natt(sa, NULL) & VENDOR_NATT_RFC3947) == 0;
	struct isakmp_phase2_terms terms = { .group = group, .seconds = SECONDS_MAX };

	terms.encapsulations[terms.encapsulation_count++] =
		encapsulation(transport, sa->encap, draft);
	if (conn->salifetime > 0 && conn->salifetime / USEC_PER_SEC < SECONDS_MAX)
		terms.seconds = (uint32_t)(conn->salifetime / USEC_PER_SEC);
	return terms;
}

enum rc v1_connected(struct step *step, const struct isakmp_notify *notify, struct outcome *out)
{
	const struct isakmp_exchange *exchange =
		isakmp_exchange_find(step->sa->v1, step->message->header.message_id);
	struct child_sa *child = NULL;
	struct span spi = notify->spi;
	uint32_t spi_out;

	if (spi.len == 4 && span_u32(&spi, &spi_out) == RC_OK)
		child = child_sa_by_out(step->sa, notify->protocol, spi_out);
	else if (exchange != NULL)
		child = child_sa_by_serial(step->sa, exchange->child);
	if (child != NULL && child->initiator)
		out->v1.connected = child->serial;
	return RC_OK;
}

/* The half for the responder's SPI comes first: the initiator sends with it. */
enum rc v1_keymat(struct child_sa *child, const struct ike_sa *sa, struct span ni, struct span nr,
		  struct outcome *out)
{
	uint32_t first = child->initiator ? child->spi_out : child->spi_in;
	uint32_t second = child->initiator ? child->spi_in : child->spi_out;
	struct span shared = secret_span(&out->shared);
	size_t encr_len, integ_len, half;
	struct secret keymat = { NULL, 0 };
	enum rc rc;

	TRY(esp_key_lengths(child->choice.encr, child->choice.encr_bits, child->choice.integ,
			    &encr_len, &integ_len));
	half = encr_len + integ_len;
	TRY(secret_alloc(&keymat, 2 * half));
	rc = ikev1_keymat(&sa->suite, &sa->keys, shared, child->choice.protocol, first, ni, nr,
			  half, keymat.ptr);
	if (rc == RC_OK)
		rc = ikev1_keymat(&sa->suite, &sa->keys, shared, child->choice.protocol, second, ni,
				  nr, half, keymat.ptr + half);
	if (rc == RC_OK)
		secret_move(&out->keymat, &keymat);
	secret_wipe(&keymat);
	return rc;
}

/* ---- selectors ---- */

static enum rc to_ts(const struct isakmp_id *id, struct wire_ts *out, struct diag *diag)
{
	*out = (struct wire_ts){ .protocol = id->protocol,
				 .port_from = id->port,
				 .port_to = id->port != 0 ? id->port : UINT16_MAX };
	TRY(isakmp_id_range(id, &out->range, diag));
	out->type = out->range.from.family == AF_INET ? TS_IPV4_ADDR_RANGE : TS_IPV6_ADDR_RANGE;
	return RC_OK;
}

static void host_ts(const struct ip_addr *addr, struct wire_ts *out)
{
	*out = (struct wire_ts){ .type = addr->family == AF_INET ? TS_IPV4_ADDR_RANGE
								 : TS_IPV6_ADDR_RANGE,
				 .port_to = UINT16_MAX,
				 .range = range_single(addr) };
}

enum rc v1_quick_selectors(const struct step *step, const struct v1_quick *quick, bool ours,
			   struct wire_ts_list *tsi, struct wire_ts_list *tsr, struct diag *diag)
{
	struct wire_ts *items = arena_array(step->arena, 2, sizeof(*items));
	const struct ike_sa *sa = step->sa;

	if (items == NULL)
		return RC_NO_MEMORY;
	if (quick->ids_present) {
		TRY(to_ts(&quick->ids[0], &items[0], diag));
		TRY(to_ts(&quick->ids[1], &items[1], diag));
	} else {
		host_ts(ours ? &sa->local.addr : &sa->remote.addr, &items[0]);
		host_ts(ours ? &sa->remote.addr : &sa->local.addr, &items[1]);
	}
	*tsi = (struct wire_ts_list){ &items[0], 1 };
	*tsr = (struct wire_ts_list){ &items[1], 1 };
	if (v1_offers_transport(&quick->sa))
		v1_see_through_nat(sa, ours, tsi, tsr);
	return RC_OK;
}

static void emit_id(const struct selector *selector, struct writer *writer)
{
	uint16_t port = selector->port_from == selector->port_to ? selector->port_from : 0;
	struct isakmp_id id;
	uint8_t data[32];

	isakmp_id_of_range(&selector->range, selector->protocol, port, data, &id);
	isakmp_id_emit(writer, &id);
}

void v1_quick_emit_ids(const struct selectors *selectors, bool initiator, struct writer *writer)
{
	const struct selector_pair *pair = &selectors->first; /* IKEv1 has no more */

	emit_id(initiator ? &pair->local : &pair->remote, writer);
	emit_id(initiator ? &pair->remote : &pair->local, writer);
}

enum rc v1_hash3(const struct step *step, uint32_t message_id, struct span ni, struct span nr,
		 struct span *out)
{
	uint8_t head[5] = { 0 };
	uint8_t *hash = arena_alloc(step->arena, PRF_MAX);
	struct span parts[] = { SPAN_OF(head), ni, nr };

	if (hash == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; i < 4; i++)
		head[1 + i] = (uint8_t)(message_id >> (24 - 8 * i));
	TRY(ikev1_hash(&step->sa->suite, &step->sa->keys, parts, 3, hash));
	*out = span_make(hash, step->sa->suite.prf->len);
	return RC_OK;
}
