/* SPDX-License-Identifier: Apache-2.0 */
/* NAT detection (RFC 3947 §3.2): a hash of cookies, address and port, the peer's end first. */
#include "ikev1/private.h"

unsigned v1_natt(const struct ike_sa *sa, const struct ike_message *message)
{
	unsigned vendors = sa->v1->vendors;

	if (message != NULL)
		vendors |= v1_vendors_of(message);
	return vendors & V1_NATT & ~sa->v1->withheld;
}

static enum rc nat_hash(const struct ike_suite *suite, uint64_t cky_i, uint64_t cky_r,
			const struct ip_endpoint *endpoint, uint8_t out[PRF_MAX])
{
	uint8_t fixed[18];
	struct sink sink;
	struct span parts[3];

	sink_init(&sink, fixed, sizeof(fixed));
	sink_u64(&sink, cky_i);
	sink_u64(&sink, cky_r);
	sink_u16(&sink, endpoint->port);
	parts[0] = span_make(fixed, 16);
	parts[1] = ip_bytes(&endpoint->addr);
	parts[2] = span_make(fixed + 16, 2);
	return ikev1_digest(suite, parts, 3, out);
}

/* The first NAT-D is about our end, the others about any of the peer's. */
enum rc v1_nat_detect(const struct step *step, const struct ike_sa *sa, uint64_t cky_r,
		      const struct ike_suite *suite, struct v1_nat *out)
{
	const struct payload *payload = v1_payload(step->message, ISAKMP_NAT_D);
	uint8_t ours[PRF_MAX], theirs[PRF_MAX];

	*out = (struct v1_nat){ .supported = false };
	if (v1_natt(sa, step->message) == 0 || payload == NULL)
		return RC_OK;
	TRY(nat_hash(suite, sa->spi_i, cky_r, &step->local, ours));
	TRY(nat_hash(suite, sa->spi_i, cky_r, &step->remote, theirs));
	out->here = !span_equal(payload->body, span_make(ours, suite->prf->len));
	out->there = true;
	for (payload = isakmp_payload_next(payload); payload != NULL;
	     payload = isakmp_payload_next(payload)) {
		out->supported = true;
		if (span_equal(payload->body, span_make(theirs, suite->prf->len)))
			out->there = false;
	}
	if (!out->supported)
		out->here = out->there = false;
	return RC_OK;
}

/* Who knows only the drafts skips the payload of RFC 3947. */
static enum isakmp_payload_type nat_payload(const struct step *step, const struct ike_sa *sa)
{
	return (v1_natt(sa, step->message) & VENDOR_NATT_RFC3947) == 0 ? ISAKMP_NAT_D_DRAFT
								       : ISAKMP_NAT_D;
}

enum rc v1_nat_emit_between(const struct step *step, const struct ike_sa *sa, uint64_t cky_r,
			    const struct ike_suite *suite, const struct v1_nat_ends *ends,
			    struct writer *writer)
{
	enum isakmp_payload_type type = nat_payload(step, sa);
	uint8_t hash[PRF_MAX];
	struct span bytes = span_make(hash, suite->prf->len);

	TRY(nat_hash(suite, sa->spi_i, cky_r, ends->remote, hash));
	isakmp_bytes_emit(writer, type, bytes);
	if (ends->force)
		TRY(host_random(step->env->host, hash, sizeof(hash)));
	else
		TRY(nat_hash(suite, sa->spi_i, cky_r, ends->local, hash));
	isakmp_bytes_emit(writer, type, bytes);
	return RC_OK;
}

enum rc v1_nat_emit(const struct step *step, const struct ike_sa *sa, uint64_t cky_r,
		    const struct ike_suite *suite, bool force, struct writer *writer)
{
	const struct v1_nat_ends ends = { &sa->local, &sa->remote, force };

	return v1_nat_emit_between(step, sa, cky_r, suite, &ends, writer);
}
