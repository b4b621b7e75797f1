/* SPDX-License-Identifier: Apache-2.0 */
/* A Child SA in the making: its payloads and its key material. */
#include "ikev2/private.h"

enum rc child_read(struct arena *arena, const struct ike_message *message,
		   struct child_exchange *out, struct diag *diag)
{
	const struct payload *sa = payload_of(message, PAYLOAD_SA);
	const struct payload *tsi = payload_of(message, PAYLOAD_TSi);
	const struct payload *tsr = payload_of(message, PAYLOAD_TSr);
	struct wire_notify notify;

	*out = (struct child_exchange){ .present = false };
	if (sa == NULL && tsi == NULL && tsr == NULL)
		return RC_OK;
	if (sa == NULL || tsi == NULL || tsr == NULL)
		return diag_fail(diag, RC_SYNTAX,
				 "SA, TSi and TSr belong together; at least one is missing");
	TRY(wire_sa_parse(arena, sa->body, &out->sa, diag));
	TRY(wire_ts_parse(arena, tsi->body, &out->tsi, diag));
	TRY(wire_ts_parse(arena, tsr->body, &out->tsr, diag));
	out->protocol = out->sa.proposals[0].protocol == PROTOCOL_AH ? PROTOCOL_AH : PROTOCOL_ESP;
	out->transport = notify_find(message, USE_TRANSPORT_MODE, &notify);
	out->no_tfc = notify_find(message, ESP_TFC_PADDING_NOT_SUPPORTED, &notify);
	aggfrag_read(message, out);
	out->cpi = ipcomp_read(message);
	out->others_possible = notify_find(message, ADDITIONAL_TS_POSSIBLE, &notify);
	out->present = true;
	return RC_OK;
}

enum rc child_derive(struct child_sa *child, const struct ike_suite *suite,
		     const struct ike_keys *keys, struct span shared, struct span ni,
		     struct span nr, struct span later, struct outcome *out)
{
	size_t encr_len, integ_len;

	TRY(esp_key_lengths(child->choice.encr, child->choice.encr_bits, child->choice.integ,
			    &encr_len, &integ_len));
	return child_keymat_follow(suite, keys, shared, ni, nr, later, 2 * (encr_len + integ_len),
				   &out->keymat);
}
