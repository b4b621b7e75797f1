/* SPDX-License-Identifier: Apache-2.0 */
/* What hangs off some IKE SAs, and the tokens of quick crash detection. */
#include <string.h>
#include "sa/extra.h"
#include "sa/ticket.h"

struct ike_extra *ike_extra_of(struct ike_sa *sa)
{
	if (sa->extra == NULL)
		sa->extra = mem_alloc(sizeof(*sa->extra));
	return sa->extra;
}

static void forget_token(struct ike_extra *extra)
{
	if (extra->crash_token != NULL)
		wipe(extra->crash_token, extra->crash_token_len);
	mem_free(extra->crash_token);
	extra->crash_token = NULL;
	extra->crash_token_len = 0;
}

void ike_extra_free(struct ike_sa *sa)
{
	if (sa->extra == NULL)
		return;
	forget_token(sa->extra);
	ticket_free(sa->extra->ticket);
	mem_free(sa->extra->redirect);
	identity_free(&sa->extra->gateway);
	mem_free(sa->extra);
	sa->extra = NULL;
}

enum rc ike_extra_crash_token(struct ike_sa *sa, struct span token)
{
	struct ike_extra *extra;
	uint8_t *copy;

	if (token.len < CRASH_TOKEN_MIN || token.len > CRASH_TOKEN_MAX)
		return RC_LIMIT;
	extra = ike_extra_of(sa);
	copy = mem_alloc(token.len);
	if (extra == NULL || copy == NULL) {
		mem_free(copy);
		return RC_NO_MEMORY;
	}
	memcpy(copy, token.ptr, token.len);
	forget_token(extra);
	extra->crash_token = copy;
	extra->crash_token_len = (uint8_t)token.len;
	return RC_OK;
}

enum rc ike_extra_inherit(struct ike_sa *from, struct ike_sa *to, bool announced)
{
	const struct ike_extra *old = from->extra;
	struct ike_extra *extra;
	uint16_t methods[PROPOSAL_ADDKE_MAX];

	if (proposal_addke(&to->choice, methods) == 0) /* what they made is in SK_d */
		memcpy(to->choice.addke, from->choice.addke, sizeof(to->choice.addke));
	to->auth_ends = from->auth_ends;
	to->must_reauth = from->must_reauth;
	to->peer_redirects = from->peer_redirects;
	if (old == NULL && announced)
		return RC_OK;
	extra = ike_extra_of(to);
	if (extra == NULL)
		return RC_NO_MEMORY;
	if (old == NULL) { /* it had no token of the peer's; the peer may have one of ours */
		extra->tell |= TELL_CRASH_TOKEN;
		return RC_OK;
	}
	extra->auth_told = old->auth_told;
	extra->authenticated = old->authenticated;
	extra->tell |= old->tell;
	if (old->redirect != NULL && extra->redirect == NULL) {
		extra->redirect = mem_text(old->redirect);
		if (extra->redirect == NULL)
			return RC_NO_MEMORY;
	}
	if (old->gateway.type != ID_NONE) { /* the ticket is of the old keys */
		TRY(identity_copy(&old->gateway, &extra->gateway));
		extra->tell |= TELL_TICKET;
	}
	if (announced)
		extra->tell &= (uint8_t)~TELL_CRASH_TOKEN;
	else
		extra->tell |= TELL_CRASH_TOKEN;
	return RC_OK;
}

/* ---- quick crash detection ---- */

enum rc crash_token(const struct sas *sas, uint64_t spi_i, uint64_t spi_r,
		    uint8_t out[CRASH_TOKEN_LEN])
{
	static const char label[] = "crash token";
	const struct prf_alg *prf = crypto_prf(PRF_HMAC_SHA2_256);
	uint8_t spis[16];
	struct span parts[] = { SPAN_OF(label), SPAN_OF(spis) };
	struct sink sink;

	if (!sas->crash_secret_known || prf == NULL)
		return RC_NOT_FOUND;
	sink_init(&sink, spis, sizeof(spis));
	sink_u64(&sink, spi_i);
	sink_u64(&sink, spi_r);
	return prf_parts(prf, span_make(sas->crash_secret, sizeof(sas->crash_secret)), parts, 2,
			 out);
}

bool crash_spis_alive(const struct sas *sas, uint64_t spi_i, uint64_t spi_r)
{
	return ike_sa_by_spi(sas, spi_i) != NULL || ike_sa_by_spi(sas, spi_r) != NULL;
}
