/* SPDX-License-Identifier: Apache-2.0 */
/* What only an ISAKMP SA of IKEv1 has. */
#include "sa/isakmp.h"
#include <string.h>

static const struct name user_events[] = {
	{ USER_SAME, "unchanged" },
	{ USER_GIVEN, "given" },
	{ USER_PROVEN, "proven" },
	{ USER_WRONG, "asked again" },
	{ USER_REFUSED, "refused" },
	{ USER_TOLERATED, "not proven, but tolerated" },
	{ 0, NULL },
};
const struct names isakmp_user_event_names = { "user event", user_events };

struct isakmp *isakmp_new(void)
{
	struct isakmp *isakmp = mem_alloc(sizeof(*isakmp));

	if (isakmp == NULL)
		return NULL;
	isakmp->phase1 = mem_alloc(sizeof(*isakmp->phase1));
	if (isakmp->phase1 == NULL) {
		mem_free(isakmp);
		return NULL;
	}
	list_init(&isakmp->exchanges);
	return isakmp;
}

const char *isakmp_gone_text(enum rc reason)
{
	if (reason == RC_PEER_DELETED)
		return "the peer deleted it";
	return "its lifetime is over";
}

void isakmp_forget_phase1(struct isakmp *isakmp)
{
	struct isakmp_phase1 *phase1 = isakmp->phase1;

	if (phase1 == NULL)
		return;
	mem_free(phase1->sa_body);
	mem_free(phase1->public_i);
	mem_free(phase1->public_r);
	mem_free(phase1->id_body);
	mem_free(phase1);
	isakmp->phase1 = NULL;
}

void isakmp_exchange_free(struct isakmp *isakmp, struct isakmp_exchange *exchange)
{
	list_remove(&exchange->in_sa);
	isakmp->exchange_count--;
	mem_free(exchange->answer);
	wipe(exchange, sizeof(*exchange));
	mem_free(exchange);
}

void isakmp_free(struct isakmp *isakmp)
{
	if (isakmp == NULL)
		return;
	isakmp_forget_phase1(isakmp);
	if (isakmp->user != NULL)
		wipe(isakmp->user, sizeof(*isakmp->user));
	mem_free(isakmp->user);
	for (unsigned i = 0; i < ISAKMP_SAID_MAX; i++)
		mem_free(isakmp->said[i].bytes);
	while (!list_empty(&isakmp->exchanges))
		isakmp_exchange_free(isakmp, container_of(isakmp->exchanges.next,
							  struct isakmp_exchange, in_sa));
	mem_free(isakmp);
}

static enum rc copy_bytes(uint8_t **to, struct span from)
{
	uint8_t *copy;

	if (from.ptr == NULL)
		return RC_OK;
	copy = mem_alloc(from.len);
	if (copy == NULL)
		return RC_NO_MEMORY;
	memcpy(copy, from.ptr, from.len);
	mem_free(*to);
	*to = copy;
	return RC_OK;
}

static enum rc take_phase1(struct isakmp_phase1 *phase1, const struct outcome_isakmp *out)
{
	TRY(copy_bytes(&phase1->sa_body, out->sa_body));
	if (out->sa_body.ptr != NULL)
		phase1->sa_body_len = (uint32_t)out->sa_body.len;
	TRY(copy_bytes(&phase1->id_body, out->id_body));
	if (out->id_body.ptr != NULL)
		phase1->id_body_len = (uint32_t)out->id_body.len;
	TRY(copy_bytes(&phase1->public_i, out->public_i));
	TRY(copy_bytes(&phase1->public_r, out->public_r));
	if (out->public_i.ptr != NULL)
		phase1->public_len = (uint16_t)out->public_i.len;
	return RC_OK;
}

bool isakmp_was_told(const struct isakmp *isakmp, uint32_t message_id)
{
	for (unsigned i = 0; i < ISAKMP_TOLD_MAX; i++)
		if (isakmp->told[i] == message_id && message_id != 0)
			return true;
	return false;
}

void isakmp_remember(struct isakmp *isakmp, uint32_t message_id)
{
	isakmp->told[isakmp->told_at++ % ISAKMP_TOLD_MAX] = message_id;
}

enum rc isakmp_expect_user(struct isakmp *isakmp)
{
	if (isakmp->user == NULL)
		isakmp->user = mem_alloc(sizeof(*isakmp->user));
	return isakmp->user != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc take_user(struct isakmp *isakmp, const struct isakmp_user *user)
{
	if (user == NULL)
		return RC_OK;
	TRY(isakmp_expect_user(isakmp));
	*isakmp->user = *user;
	return RC_OK;
}

enum rc isakmp_take(struct isakmp *isakmp, const struct outcome_isakmp *out)
{
	TRY(take_user(isakmp, out->user));
	if (isakmp->phase1 != NULL)
		TRY(take_phase1(isakmp->phase1, out));
	isakmp->vendors |= out->vendors;
	if (out->auth != 0)
		isakmp->auth = out->auth;
	if (out->seconds != 0)
		isakmp->seconds = out->seconds;
	if (out->dpd_sent != 0)
		isakmp->dpd_sent = out->dpd_sent;
	if (out->dpd_seen != 0)
		isakmp->dpd_seen = out->dpd_seen;
	if (out->told != 0)
		isakmp_remember(isakmp, out->told);
	if (out->told_lifetime)
		isakmp->told_lifetime = true;
	if (out->hint != 0)
		isakmp->hint = out->hint;
	if (out->configured)
		isakmp->configured = true;
	if (out->iv_set)
		memcpy(isakmp->iv, out->iv, sizeof(isakmp->iv));
	return RC_OK;
}

struct isakmp_exchange *isakmp_exchange_find(const struct isakmp *isakmp, uint32_t message_id)
{
	list_for(node, &isakmp->exchanges)
	{
		struct isakmp_exchange *exchange =
			container_of(node, struct isakmp_exchange, in_sa);
		if (exchange->message_id == message_id)
			return exchange;
	}
	return NULL;
}

static struct isakmp_exchange *oldest_done(const struct isakmp *isakmp)
{
	list_for(node, &isakmp->exchanges)
	{
		struct isakmp_exchange *exchange =
			container_of(node, struct isakmp_exchange, in_sa);
		if (exchange->proof_len == 0)
			return exchange;
	}
	return NULL;
}

bool isakmp_has_room(const struct isakmp *isakmp)
{
	return isakmp->exchange_count < ISAKMP_EXCHANGES_MAX || oldest_done(isakmp) != NULL;
}

static bool make_room(struct isakmp *isakmp)
{
	struct isakmp_exchange *done;

	if (isakmp->exchange_count < ISAKMP_EXCHANGES_MAX)
		return true;
	done = oldest_done(isakmp);
	if (done != NULL)
		isakmp_exchange_free(isakmp, done);
	return done != NULL;
}

enum rc isakmp_exchange_new(struct isakmp *isakmp, uint32_t message_id,
			    struct isakmp_exchange **out)
{
	struct isakmp_exchange *exchange;

	if (!make_room(isakmp))
		return RC_LIMIT;
	exchange = mem_alloc(sizeof(*exchange));
	if (exchange == NULL)
		return RC_NO_MEMORY;
	exchange->message_id = message_id;
	list_append(&isakmp->exchanges, &exchange->in_sa);
	isakmp->exchange_count++;
	*out = exchange;
	return RC_OK;
}
