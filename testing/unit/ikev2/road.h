/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of gateways of which one says what the test wants, sealed with its real keys, while the
 * wire is listened to. */
#ifndef VANTH_TEST_ROAD_H
#define VANTH_TEST_ROAD_H

#include "exchange/pair.h"
#include "ikev2/private.h"
#include "unit/test.h"

#define EAR_MAX 16

struct ear { /* what a gateway sent */
	struct ip_endpoint from, to;
	size_t len;
	uint8_t bytes[2048];
};
struct road {
	struct pair pair;
	struct arena arena;
	struct ear ears[EAR_MAX]; /* oldest first; later ones are only counted */
	unsigned count;
};

static inline bool road_listen(void *context, struct flight *flight)
{
	struct road *road = context;
	struct ear *ear = &road->ears[road->count < EAR_MAX ? road->count : EAR_MAX - 1];

	ear->from = flight->from;
	ear->to = flight->to;
	ear->len = flight->len < sizeof(ear->bytes) ? flight->len : sizeof(ear->bytes);
	memcpy(ear->bytes, flight->bytes, ear->len);
	road->count++;
	return true;
}

static inline void road_begin(struct road *road, const char *west, const char *east)
{
	memset(road, 0, sizeof(*road));
	arena_init(&road->arena, 1u << 24);
	pair_start(&road->pair, 1, west, east, NULL, NULL);
	world_tap(road->pair.world, road_listen, road);
}

static inline void road_run(struct road *road, usec_t duration)
{
	world_run(road->pair.world, duration);
}

/* With the tunnel t up, begun by west. */
static inline void road_up(struct road *road, const char *west, const char *east)
{
	road_begin(road, west, east);
	end_up(&road->pair.west, "t");
	road_run(road, 2 * USEC_PER_SEC);
	pair_assert_tunnel(&road->pair);
	road->count = 0;
}

static inline void road_end(struct road *road)
{
	pair_end(&road->pair);
	arena_free(&road->arena);
}

static inline struct tunnel *road_tunnel(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	return tunnel;
}

static inline struct ike_sa *road_sa(struct end *end)
{
	struct peer *peer = road_tunnel(end)->peer;

	assert_false(list_empty(&peer->ike_sas));
	return container_of(peer->ike_sas.next, struct ike_sa, in_peer);
}

/* One inner part with what `fill` writes. */
static inline struct outcome_message road_inner(struct road *road, enum exchange_type exchange,
						void (*fill)(struct writer *writer))
{
	struct outcome_message message = { .exchange = (uint8_t)exchange };
	struct sink sink;
	struct writer writer;

	assert_int_equal(inner_start(&road->arena, &sink, &writer), RC_OK);
	if (fill != NULL)
		fill(&writer);
	assert_int_equal(inner_finish(&writer, &sink, &message), RC_OK);
	return message;
}

/* `from` says it, behind the back of its gateway, as its next request. */
static inline void road_say(struct road *road, struct end *from,
			    const struct outcome_message *message)
{
	struct ike_sa *sa = road_sa(from);
	uint8_t buffer[2048];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	if (sa->local.port == IKE_NATT_PORT)
		sink_u32(&sink, 0); /* the non-ESP marker */
	assert_int_equal(ikev2_seal(sa, sa->seal_counter++, sa->send_next++, message, &sink),
			 RC_OK);
	assert_int_equal(
		world_inject(road->pair.world, &sa->local, &sa->remote, sink_written(&sink)),
		RC_OK);
	road_run(road, 100 * USEC_PER_MSEC);
}

/* The index-th datagram heard, its clear part. */
static inline struct ike_message *road_heard(struct road *road, unsigned index)
{
	struct ike_message *message = ARENA_NEW(&road->arena, struct ike_message);
	struct ear *ear = &road->ears[index];
	size_t marker = ear->from.port == IKE_NATT_PORT ? 4 : 0;

	assert_true(index < road->count && index < EAR_MAX);
	assert_int_equal(wire_message_parse(&road->arena,
					    span_make(ear->bytes + marker, ear->len - marker),
					    message, NULL, NULL),
			 RC_OK);
	return message;
}

/* The same, opened by whom it is for. */
static inline struct ike_message *road_opened(struct road *road, unsigned index, struct ike_sa *to)
{
	struct ike_message *message = road_heard(road, index);

	assert_int_equal(ikev2_open(to, &road->arena, message, NULL, NULL), RC_OK);
	return message;
}

static inline uint16_t road_notify(const struct ike_message *message)
{
	struct wire_notify notify;

	return notify_error(message, &notify) ? notify.type : 0;
}

#endif
