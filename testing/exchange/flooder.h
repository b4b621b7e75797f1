/* SPDX-License-Identifier: Apache-2.0 */
/* Somebody who sends IKE_SA_INIT requests from many addresses, made of an honest one, and perhaps
 * returns the cookies that he is asked for. */
#ifndef VANTH_TEST_FLOODER_H
#define VANTH_TEST_FLOODER_H

#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

struct flooder {
	struct world *world;
	struct ip_endpoint victim;
	uint8_t request[1024]; /* without a cookie */
	size_t len;
	uint64_t sent;
	uint8_t answer[1024]; /* the last datagram of the victim */
	size_t answer_len;
	struct ip_endpoint answered;
	uint64_t cookies, answers; /* of the victim's IKE_SA_INIT responses */
};

static inline bool flooder_hear(void *context, struct flight *flight)
{
	struct flooder *flooder = context;

	if (flight->len > sizeof(flooder->answer) || flight->len < IKE_HEADER_LEN)
		return true;
	if (!ip_equal(&flight->from.addr, &flooder->victim.addr)) {
		if (flooder->len == 0 && flight->bytes[18] == EXCHANGE_IKE_SA_INIT)
			memcpy(flooder->request, flight->bytes, flooder->len = flight->len);
		return true;
	}
	memcpy(flooder->answer, flight->bytes, flooder->answer_len = flight->len);
	flooder->answered = flight->to;
	if (flight->bytes[18] != EXCHANGE_IKE_SA_INIT)
		return true;
	if (flight->bytes[16] == PAYLOAD_NOTIFY && flight->bytes[IKE_HEADER_LEN + 6] == 0x40 &&
	    flight->bytes[IKE_HEADER_LEN + 7] == 0x06)
		flooder->cookies++;
	else
		flooder->answers++;
	return true;
}

/* Takes the request of the next initiator that asks `victim`. */
static inline void flooder_begin(struct flooder *flooder, struct world *world, const char *victim)
{
	memset(flooder, 0, sizeof(*flooder));
	flooder->world = world;
	flooder->victim.port = 500;
	assert_int_equal(ip_parse(victim, &flooder->victim.addr), RC_OK);
	world_tap(world, flooder_hear, flooder);
}

/* Its request with that SPIi; cookie.len 0: none. */
static inline void flooder_send(struct flooder *flooder, const struct ip_endpoint *from,
				uint64_t spi, struct span cookie)
{
	uint8_t bytes[sizeof(flooder->request) + 80];
	size_t extra = cookie.len > 0 ? 8 + cookie.len : 0, len = flooder->len + extra;

	assert_true(flooder->len > IKE_HEADER_LEN);
	assert_in_range(cookie.len, 0, 64);
	memcpy(bytes, flooder->request, IKE_HEADER_LEN);
	memcpy(bytes, &spi, sizeof(spi));
	memcpy(bytes + IKE_HEADER_LEN + extra, flooder->request + IKE_HEADER_LEN,
	       flooder->len - IKE_HEADER_LEN);
	if (extra > 0) {
		const uint8_t notify[8] = {
			flooder->request[16], 0, 0, (uint8_t)extra, 0, 0, 0x40, 0x06
		};
		memcpy(bytes + IKE_HEADER_LEN, notify, sizeof(notify));
		memcpy(bytes + IKE_HEADER_LEN + 8, cookie.ptr, cookie.len);
		bytes[16] = PAYLOAD_NOTIFY;
		bytes[26] = (uint8_t)(len >> 8);
		bytes[27] = (uint8_t)len;
	}
	flooder->sent++;
	assert_int_equal(
		world_inject(flooder->world, from, &flooder->victim, span_make(bytes, len)), RC_OK);
	world_settle(flooder->world);
}

/* The cookie that the last answer asked for; len 0: it was none. */
static inline struct span flooder_cookie(const struct flooder *flooder)
{
	const uint8_t *notify = flooder->answer + IKE_HEADER_LEN;

	if (flooder->answer_len < IKE_HEADER_LEN + 8 || flooder->answer[16] != PAYLOAD_NOTIFY ||
	    notify[6] != 0x40 || notify[7] != 0x06)
		return SPAN_NONE;
	return span_make(notify + 8, flooder->answer_len - IKE_HEADER_LEN - 8);
}

static inline struct ip_endpoint flooder_address(uint32_t number)
{
	struct ip_endpoint out = { .port = 500 };
	char text[32];

	/* 100.64.0.0/10, neighbours in different /24 */
	(void)snprintf(text, sizeof(text), "100.%u.%u.%u", 64 + (number >> 8 & 0x3f), number & 0xff,
		       number >> 14 & 0xff);
	assert_int_equal(ip_parse(text, &out.addr), RC_OK);
	return out;
}

/* A whole round: asked, and answered if a cookie is asked for. */
static inline void flooder_try(struct flooder *flooder, const struct ip_endpoint *from)
{
	uint8_t copy[64];
	struct span cookie;
	uint64_t spi = flooder->sent + 1;

	flooder->answer_len = 0;
	flooder_send(flooder, from, spi, SPAN_NONE);
	cookie = flooder_cookie(flooder);
	if (cookie.len == 0)
		return;
	memcpy(copy, cookie.ptr, cookie.len);
	flooder_send(flooder, from, spi, span_make(copy, cookie.len));
}

#endif
