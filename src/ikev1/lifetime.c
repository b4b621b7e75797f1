/* SPDX-License-Identifier: Apache-2.0 */
/* RESPONDER-LIFETIME (rfc2407 §4.6.3.1): the responder takes what the initiator offers (§4.5.4),
 * and tells it when an SA does not live so long here. Of Quick Mode it stands in the answer, of
 * phase 1 in an Informational message of its own: both have a HASH. It only ever shortens. */
#include "ikev1/private.h"

#define SECONDS_DEFAULT 28800 /* rfc2407 §4.5: of an IPsec SA, where nothing is said */

/* ---- words ---- */

static bool is_type(uint16_t attribute)
{
	return attribute == IPSEC_LIFE_TYPE || attribute == OAKLEY_LIFE_TYPE;
}

static bool is_duration(uint16_t attribute)
{
	return attribute == IPSEC_LIFE_DURATION || attribute == OAKLEY_LIFE_DURATION;
}

/* One beyond all bounds shortens nothing. */
static void take(struct v1_lifetime *life, uint64_t type, uint64_t value)
{
	if (type == LIFE_SECONDS && life->seconds == 0 && value <= UINT32_MAX)
		life->seconds = (uint32_t)value;
	else if (type == LIFE_KILOBYTES && life->kilobytes == 0)
		life->kilobytes = value;
}

enum rc v1_lifetime_read(struct arena *arena, const struct isakmp_notify *notify,
			 struct v1_lifetime *out, struct diag *diag)
{
	struct isakmp_attribute *attributes;
	uint64_t type = 0, value;
	unsigned count;

	*out = (struct v1_lifetime){ .seconds = 0 };
	TRY(isakmp_attributes_parse(arena, notify->data, &attributes, &count, diag));
	for (unsigned i = 0; i < count; i++) {
		if (isakmp_attribute_number(&attributes[i], &value) != RC_OK)
			value = 0;
		if (is_type(attributes[i].type))
			type = value;
		else if (is_duration(attributes[i].type))
			take(out, type, value);
	}
	return RC_OK;
}

static struct isakmp_attribute basic(uint16_t type, uint16_t value)
{
	return (struct isakmp_attribute){ .type = type, .basic = true, .value = value };
}

static void put(struct sink *sink, bool phase1, uint16_t unit, uint64_t value)
{
	const struct isakmp_attribute type =
		basic(phase1 ? OAKLEY_LIFE_TYPE : IPSEC_LIFE_TYPE, unit);
	uint16_t duration = phase1 ? OAKLEY_LIFE_DURATION : IPSEC_LIFE_DURATION;

	if (value == 0)
		return;
	sink_u16(sink, (uint16_t)(type.type | 0x8000));
	sink_u16(sink, type.value);
	sink_u16(sink, duration);
	sink_u16(sink, value > UINT32_MAX ? 8 : 4);
	if (value > UINT32_MAX)
		sink_u64(sink, value);
	else
		sink_u32(sink, (uint32_t)value);
}

enum rc v1_lifetime_emit(struct arena *arena, uint8_t protocol, struct span spi,
			 const struct v1_lifetime *lifetime, struct writer *writer)
{
	struct isakmp_notify notify = { .doi = ISAKMP_DOI_IPSEC,
					.protocol = protocol,
					.type = IPSEC_RESPONDER_LIFETIME,
					.spi = spi };
	bool phase1 = protocol == PROTOCOL_IKE;
	uint8_t *bytes;
	struct sink sink;

	if (lifetime->seconds == 0 && lifetime->kilobytes == 0)
		return RC_OK;
	bytes = arena_alloc(arena, 32);
	if (bytes == NULL)
		return RC_NO_MEMORY;
	sink_init(&sink, bytes, 32);
	put(&sink, phase1, LIFE_SECONDS, lifetime->seconds);
	put(&sink, phase1, LIFE_KILOBYTES, lifetime->kilobytes);
	TRY(sink_rc(&sink));
	notify.data = sink_written(&sink);
	isakmp_notify_emit(writer, &notify);
	return RC_OK;
}

/* ---- ours ---- */

struct v1_lifetime v1_lifetime_of_child(const struct config_conn *conn)
{
	usec_t seconds = conn->salifetime / USEC_PER_SEC;

	return (struct v1_lifetime){ .seconds = seconds < UINT32_MAX ? (uint32_t)seconds : 0,
				     .kilobytes = conn->ipsec_max_bytes >> 10 };
}

struct v1_lifetime v1_lifetime_shorter(struct v1_lifetime ours, struct v1_lifetime theirs)
{
	struct v1_lifetime out = { .seconds = 0 };

	if (theirs.seconds == 0)
		theirs.seconds = SECONDS_DEFAULT;
	if (ours.seconds != 0 && ours.seconds < theirs.seconds)
		out.seconds = ours.seconds;
	if (ours.kilobytes != 0 && (theirs.kilobytes == 0 || ours.kilobytes < theirs.kilobytes))
		out.kilobytes = ours.kilobytes;
	return out;
}

/* A peer that says nothing about phase 1 keeps it for ever. */
bool ikev1_tells_lifetime(const struct ike_sa *sa)
{
	usec_t own = sa->peer->conn->ikelifetime;

	return own > 0 && own / USEC_PER_SEC < UINT32_MAX &&
	       (sa->v1->seconds == 0 || own < (usec_t)sa->v1->seconds * USEC_PER_SEC);
}

static enum rc tell(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct v1_lifetime life = { .seconds = (uint32_t)(sa->peer->conn->ikelifetime /
							  USEC_PER_SEC) };
	uint8_t *cookies = arena_alloc(step->arena, 16);
	struct sink sink, text;
	struct writer writer;

	if (cookies == NULL)
		return RC_NO_MEMORY;
	if (!ikev1_tells_lifetime(sa))
		return RC_DROP;
	sink_init(&text, cookies, 16);
	sink_u64(&text, sa->spi_i);
	sink_u64(&text, sa->spi_r);
	TRY(v1_message_id(step->env, sa, &out->v1.message_id));
	TRY(v1_hash_begin(sa, step->arena, &sink, &writer));
	TRY(v1_lifetime_emit(step->arena, PROTOCOL_IKE, sink_written(&text), &life, &writer));
	out->v1.once = true;
	out->v1.told_lifetime = true;
	out->v1.told = out->v1.message_id; /* nobody tells us our own */
	return v1_hash_end(sa, out->v1.message_id, SPAN_NONE, &writer, &sink,
			   EXCHANGE_V1_INFORMATIONAL, &out->message);
}

/* ---- the peer's ---- */

enum rc v1_lifetime_of_answer(const struct step *step, struct v1_lifetime *out, struct diag *diag)
{
	const struct payload *payload = v1_payload(step->message, ISAKMP_NOTIFICATION);
	struct isakmp_notify notify;

	*out = (struct v1_lifetime){ .seconds = 0 };
	for (; payload != NULL; payload = isakmp_payload_next(payload)) {
		TRY(isakmp_notify_parse(payload->body, &notify, diag));
		if (notify.type == IPSEC_RESPONDER_LIFETIME)
			return v1_lifetime_read(step->arena, &notify, out, diag);
	}
	return RC_OK;
}

static void shorten_phase1(const struct ike_sa *sa, uint32_t seconds, struct outcome *out)
{
	if (sa->role == INITIATOR && seconds != 0 &&
	    (sa->v1->seconds == 0 || seconds < sa->v1->seconds))
		out->v1.seconds = seconds;
}

enum rc v1_lifetime_told(struct step *step, const struct isakmp_notify *notify, struct outcome *out)
{
	struct span spi = notify->spi;
	struct v1_lifetime life;
	struct child_sa *child;
	uint32_t spi_out;

	TRY(v1_lifetime_read(step->arena, notify, &life, &out->diag));
	if (notify->protocol == PROTOCOL_IKE) {
		shorten_phase1(step->sa, life.seconds, out);
		return RC_OK;
	}
	if (spi.len != 4 || span_u32(&spi, &spi_out) != RC_OK)
		return RC_OK;
	child = child_sa_by_out(step->sa, notify->protocol, spi_out);
	if (child == NULL || !child->initiator || life.seconds == 0)
		return RC_OK;
	out->v1.shortened = child->serial;
	out->v1.shorter = life.seconds;
	return RC_OK;
}

static const step_fn tell_steps[] = { tell, NULL };

const struct ike_row ikev1_lifetime_rows[] = {
	{ IKE_ESTABLISHED, RESPONDER, EVENT_TELL, NULL, tell_steps, IKE_ESTABLISHED,
	  "phase 1 does not live as long here as the peer offered: it is told" },
	{ .story = NULL },
};
