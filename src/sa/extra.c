/* SPDX-License-Identifier: Apache-2.0 */
/* What hangs off some IKE SAs, and the tokens of quick crash detection. */
#include <string.h>
#include "sa/extra.h"
#include "sa/proofs.h"
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

static void config_free(struct ike_config *config)
{
	if (config == NULL)
		return;
	mem_free(config->domains);
	mem_free(config->banner);
	mem_free(config->split);
	mem_free(config);
}

void ike_extra_free(struct ike_sa *sa)
{
	if (sa->extra == NULL)
		return;
	forget_token(sa->extra);
	ticket_free(sa->extra->ticket);
	mem_free(sa->extra->redirect);
	config_free(sa->extra->config);
	identity_free(&sa->extra->gateway);
	mem_free(sa->extra->proof);
	proofs_free(sa->extra->proofs);
	mem_free(sa->extra->ends_because);
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

static char *text_or_null(const char *text, bool *failed)
{
	char *copy = text != NULL ? mem_text(text) : NULL;

	*failed = *failed || (text != NULL && copy == NULL);
	return copy;
}

static struct ike_split *split_or_null(const struct ike_split *split, bool *failed)
{
	struct ike_split *copy = split != NULL ? mem_alloc(sizeof(*copy)) : NULL;

	if (copy != NULL)
		*copy = *split;
	*failed = *failed || (split != NULL && copy == NULL);
	return copy;
}

enum rc ike_extra_config(struct ike_sa *sa, const struct ike_config *config)
{
	struct ike_extra *extra = ike_extra_of(sa);
	struct ike_config *copy = mem_alloc(sizeof(*copy));
	bool failed = extra == NULL || copy == NULL;

	if (copy != NULL) {
		*copy = *config;
		copy->domains = text_or_null(config->domains, &failed);
		copy->banner = text_or_null(config->banner, &failed);
		copy->split = split_or_null(config->split, &failed);
	}
	if (failed) {
		config_free(copy);
		return RC_NO_MEMORY;
	}
	config_free(extra->config);
	extra->config = copy;
	return RC_OK;
}

static struct ip_addr with_bits(struct ip_addr addr, unsigned from, bool set)
{
	for (unsigned bit = from; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);
		uint8_t *byte = &addr.bytes[bit / 8];
		*byte = (uint8_t)(set ? *byte | mask : *byte & ~mask);
	}
	return addr;
}

struct ip_range ike_config_range(const struct ike_config *config, uint8_t family)
{
	const struct ip_addr *addr = &config->addresses[family == AF_INET6];
	unsigned prefix = config->prefix6;

	if (!ip_is_set(addr))
		return (struct ip_range){ .from = { .family = AF_UNSPEC } };
	if (family == AF_INET || prefix < 64 || prefix >= 128) /* larger ones are not for one */
		return range_single(addr);
	return (struct ip_range){ with_bits(*addr, prefix, false), with_bits(*addr, prefix, true) };
}

enum rc ike_extra_inherit(struct ike_sa *from, struct ike_sa *to, bool announced)
{
	struct ike_extra *old = from->extra;
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
	if (old->config != NULL && extra->config == NULL) {
		extra->config = old->config;
		old->config = NULL;
	}
	if (old->proof != NULL && extra->proof == NULL) {
		extra->proof = old->proof;
		old->proof = NULL;
	}
	if (old->proofs != NULL && extra->proofs == NULL) {
		extra->proofs = old->proofs;
		old->proofs = NULL;
	}
	extra->auth_told = old->auth_told;
	extra->authenticated = old->authenticated;
	extra->certified_until = old->certified_until;
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
