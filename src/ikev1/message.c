/* SPDX-License-Identifier: Apache-2.0 */
/* Encrypted messages of IKEv1: the CBC chain that they continue, sealed and opened (RFC 2409
 * appendix B). */
#include "ikev1/private.h"

enum rc ikev1_iv_of(const struct ike_sa *sa, const struct ike_header *header,
		    uint8_t iv[IKEV1_IV_MAX])
{
	const struct isakmp *v1 = sa->v1;
	const struct isakmp_exchange *exchange;

	if (header->message_id == 0) {
		memcpy(iv, v1->iv, IKEV1_IV_MAX);
		return RC_OK;
	}
	if (sa->request.bytes != NULL && header->message_id == v1->request_id) {
		memcpy(iv, v1->request_iv, IKEV1_IV_MAX);
		return RC_OK;
	}
	exchange = isakmp_exchange_find(v1, header->message_id);
	/* CONNECTED has the message ID of its Quick Mode (RFC 2408 §3.1), but is no part of it */
	if (exchange == NULL || exchange->exchange != header->exchange)
		return ikev1_iv_exchange(&sa->suite, v1->iv, header->message_id, iv);
	memcpy(iv, exchange->iv, IKEV1_IV_MAX);
	return RC_OK;
}

enum rc ikev1_open(const struct ike_sa *sa, struct arena *arena, struct ike_message *message,
		   uint8_t iv[IKEV1_IV_MAX], struct diag *diag)
{
	struct span cipher = message->raw;
	uint8_t *plain;

	if ((message->header.flags & ISAKMP_FLAG_ENCRYPTION) == 0)
		return diag_fail(diag, RC_INTEGRITY,
				 "a message in clear where it must be encrypted");
	cipher.ptr += IKE_HEADER_LEN;
	cipher.len -= IKE_HEADER_LEN;
	plain = arena_alloc(arena, cipher.len > 0 ? cipher.len : 1);
	if (plain == NULL)
		return RC_NO_MEMORY;
	TRY(ikev1_decrypt(&sa->suite, &sa->keys, iv, cipher, plain));
	return isakmp_inner_parse(arena, span_make(plain, cipher.len), message, diag);
}

size_t ikev1_sealed_len(const struct ike_sa *sa, const struct outcome_message *message)
{
	return IKE_HEADER_LEN + ikev1_padded(&sa->suite, message->bytes.len);
}

enum rc ikev1_seal(const struct ike_sa *sa, uint32_t message_id,
		   const struct outcome_message *message, uint8_t iv[IKEV1_IV_MAX],
		   struct sink *out)
{
	size_t total = ikev1_sealed_len(sa, message);
	struct ike_header header = { .spi_i = sa->spi_i,
				     .spi_r = sa->spi_r,
				     .next = message->first_type,
				     .version = IKE_VERSION_1,
				     .exchange = message->exchange,
				     .flags = ISAKMP_FLAG_ENCRYPTION,
				     .message_id = message_id,
				     .length = (uint32_t)total };
	size_t start = out->len;
	uint8_t *data;

	if (total > LIMIT_MESSAGE)
		return RC_LIMIT;
	wire_header_emit(out, &header);
	data = sink_room(out, total - IKE_HEADER_LEN);
	TRY(sink_rc(out));
	sink_patch_u8(out, start + 16, header.next);
	sink_patch_u32(out, start + 24, header.length);
	memcpy(data, message->bytes.ptr, message->bytes.len);
	return ikev1_encrypt(&sa->suite, &sa->keys, iv, data, message->bytes.len);
}
