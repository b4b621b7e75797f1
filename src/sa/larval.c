/* SPDX-License-Identifier: Apache-2.0 */
/* What the next message of the initial exchanges needs, out of an outcome into the IKE SA. */
#include <string.h>
#include "sa/intermediate.h"
#include "sa/rounds.h"

static enum rc copy_bytes(uint8_t **to, struct span from)
{
	uint8_t *copy = mem_alloc(from.len);

	if (copy == NULL)
		return RC_NO_MEMORY;
	memcpy(copy, from.ptr, from.len);
	mem_free(*to);
	*to = copy;
	return RC_OK;
}

enum rc larval_take(struct ike_larval *larval, struct outcome *out)
{
	if (out->init_request.ptr != NULL) {
		TRY(copy_bytes(&larval->init_request, out->init_request));
		larval->init_request_len = (uint32_t)out->init_request.len;
	}
	if (out->init_response.ptr != NULL) {
		TRY(copy_bytes(&larval->init_response, out->init_response));
		larval->init_response_len = (uint32_t)out->init_response.len;
	}
	if (out->ni.ptr != NULL) {
		TRY(copy_bytes(&larval->ni, out->ni));
		larval->ni_size = (uint16_t)out->ni.len;
	}
	if (out->nr.ptr != NULL) {
		TRY(copy_bytes(&larval->nr, out->nr));
		larval->nr_size = (uint16_t)out->nr.len;
	}
	if (out->cookie.ptr != NULL) {
		TRY(copy_bytes(&larval->cookie, out->cookie));
		larval->cookie_len = (uint8_t)out->cookie.len;
	}
	if (out->pair != NULL) {
		dh_free(larval->pair);
		larval->pair = out->pair;
		out->pair = NULL;
	}
	if (out->use_ppk)
		larval->use_ppk = true;
	if (out->child_spi != 0)
		larval->child_spi = out->child_spi;
	selectors_replace(&larval->proposed, &out->proposed);
	larval->childless = larval->childless || out->childless;
	larval->cert_asked = larval->cert_asked || out->cert_asked;
	if (out->accepts.hashes != 0 || out->accepts.kinds != 0)
		larval->accepts = out->accepts;
	TRY(intermediate_note(larval, &out->intermediate));
	TRY(rounds_note(larval, &out->rounds));
	TRY(proofs_note(&larval->proofs, false, &out->proven[0]));
	TRY(proofs_note(&larval->proofs, true, &out->proven[1]));
	larval->restarts = (uint8_t)(larval->restarts + out->restarts);
	return RC_OK;
}
