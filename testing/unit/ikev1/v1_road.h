/* SPDX-License-Identifier: Apache-2.0 */
/* A pair of gateways that speak IKEv1, while the wire is listened to and meddled with; one of them
 * can be made to say what the test wants, sealed with its real keys. */
#ifndef VANTH_TEST_V1_ROAD_H
#define VANTH_TEST_V1_ROAD_H

#include "exchange/pair.h"
#include "ikev1/private.h"
#include "unit/test.h"

#define V1_BASE	   PAIR_BASE "\tkeyexchange=ikev1\n"
#define V1_ADD	   V1_BASE "\tauto=add\n"
#define V1_SECRETS ": PSK \"correct horse battery staple\"\n"
#define V1_OTHER   ": PSK \"wrong horse battery staple\"\n"

#define V1_EARS 32

struct v1_ear { /* what a gateway sent */
	struct ip_endpoint from, to;
	size_t len;
	uint8_t bytes[2048];
};
struct v1_road {
	struct pair pair;
	struct arena arena;
	struct v1_ear ears[V1_EARS]; /* oldest first, as they were sent; later ones are counted */
	unsigned count;
	/* may change a datagram; nth from 0; false: lost. NULL: nobody meddles */
	bool (*meddle)(struct flight *flight, unsigned nth);
};

static inline bool v1_road_listen(void *context, struct flight *flight)
{
	struct v1_road *road = context;
	struct v1_ear *ear = &road->ears[road->count < V1_EARS ? road->count : V1_EARS - 1];

	ear->from = flight->from;
	ear->to = flight->to;
	ear->len = flight->len < sizeof(ear->bytes) ? flight->len : sizeof(ear->bytes);
	memcpy(ear->bytes, flight->bytes, ear->len);
	return road->meddle == NULL ? ++road->count > 0 : road->meddle(flight, road->count++);
}

static inline void v1_road_begin_with(struct v1_road *road, const char *west, const char *east,
				      const char *west_secrets, const char *east_secrets)
{
	memset(road, 0, sizeof(*road));
	arena_init(&road->arena, 1u << 24);
	pair_start(&road->pair, 1, west != NULL ? west : V1_ADD, east != NULL ? east : V1_ADD,
		   west_secrets != NULL ? west_secrets : V1_SECRETS,
		   east_secrets != NULL ? east_secrets : V1_SECRETS);
	world_tap(road->pair.world, v1_road_listen, road);
}

static inline void v1_road_begin(struct v1_road *road, const char *west, const char *east)
{
	v1_road_begin_with(road, west, east, NULL, NULL);
}

static inline void v1_road_run(struct v1_road *road, usec_t duration)
{
	world_run(road->pair.world, duration);
}

/* West begins; so much time passes. */
static inline void v1_road_try(struct v1_road *road, usec_t duration)
{
	end_up(&road->pair.west, "t");
	v1_road_run(road, duration);
}

/* With the tunnel t up, begun by west. Main Mode was ears 0 to 5, Quick Mode 6 to 8. */
static inline void v1_road_up(struct v1_road *road, const char *west, const char *east)
{
	v1_road_begin(road, west, east);
	v1_road_try(road, 3 * USEC_PER_SEC);
	pair_assert_tunnel(&road->pair);
	assert_int_equal(road->count, 9);
}

static inline void v1_road_end(struct v1_road *road)
{
	pair_end(&road->pair);
	arena_free(&road->arena);
}

static inline struct tunnel *v1_tunnel(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	assert_non_null(tunnel);
	return tunnel;
}

static inline struct ike_sa *v1_sa(struct end *end)
{
	struct peer *peer = v1_tunnel(end)->peer;

	assert_false(list_empty(&peer->ike_sas));
	return container_of(peer->ike_sas.next, struct ike_sa, in_peer);
}

static inline struct child_sa *v1_child(struct end *end)
{
	struct child_sa *child = tunnel_current(v1_tunnel(end));

	assert_non_null(child);
	return child;
}

static inline bool v1_has_ike(struct end *end)
{
	return !list_empty(&v1_tunnel(end)->peer->ike_sas);
}

/* The same datagram again, as if its sender had repeated it. */
static inline void v1_repeat(struct v1_road *road, unsigned index)
{
	const struct v1_ear *ear = &road->ears[index];

	assert_true(index < road->count && index < V1_EARS);
	assert_int_equal(world_inject(road->pair.world, &ear->from, &ear->to,
				      span_make(ear->bytes, ear->len)),
			 RC_OK);
	v1_road_run(road, 100 * USEC_PER_MSEC);
}

static inline bool v1_same(const struct v1_road *road, unsigned a, unsigned b)
{
	return road->ears[a].len == road->ears[b].len &&
	       memcmp(road->ears[a].bytes, road->ears[b].bytes, road->ears[a].len) == 0;
}

/* The index-th datagram heard: of an encrypted one the header. */
static inline struct ike_message *v1_heard(struct v1_road *road, unsigned index)
{
	struct ike_message *message = ARENA_NEW(&road->arena, struct ike_message);
	const struct v1_ear *ear = &road->ears[index];
	size_t marker = ear->from.port == IKE_NATT_PORT ? 4 : 0;

	assert_true(index < road->count && index < V1_EARS);
	assert_int_equal(isakmp_message_parse(&road->arena,
					      span_make(ear->bytes + marker, ear->len - marker),
					      message, NULL),
			 RC_OK);
	return message;
}

/* The same, opened with the keys of sa: the first message of an exchange of phase 2. */
static inline struct ike_message *v1_opened(struct v1_road *road, unsigned index,
					    const struct ike_sa *sa)
{
	struct ike_message *message = v1_heard(road, index);
	uint8_t iv[IKEV1_IV_MAX];

	assert_int_equal(ikev1_iv_exchange(&sa->suite, sa->v1->iv, message->header.message_id, iv),
			 RC_OK);
	assert_int_equal(ikev1_open(sa, &road->arena, message, iv, NULL), RC_OK);
	return message;
}

static inline void v1_inject(struct v1_road *road, const struct ike_sa *sa, struct span bytes)
{
	assert_int_equal(world_inject(road->pair.world, &sa->local, &sa->remote, bytes), RC_OK);
	v1_road_run(road, 200 * USEC_PER_MSEC);
}

/* `from` says in a new exchange what `fill` writes behind a HASH (which is wrong when spoiled). */
static inline void v1_say(struct v1_road *road, struct end *from, enum exchange_type exchange,
			  uint32_t message_id, bool spoiled,
			  void (*fill)(struct writer *writer, void *context), void *context)
{
	struct ike_sa *sa = v1_sa(from);
	struct outcome_message message = { .present = false };
	uint8_t iv[IKEV1_IV_MAX], buffer[2048];
	struct sink sink, out;
	struct writer writer;

	assert_int_equal(v1_hash_begin(sa, &road->arena, &sink, &writer), RC_OK);
	fill(&writer, context);
	assert_int_equal(
		v1_hash_end(sa, message_id, SPAN_NONE, &writer, &sink, (uint8_t)exchange, &message),
		RC_OK);
	if (spoiled)
		sink.ptr[4] ^= 1;
	assert_int_equal(ikev1_iv_exchange(&sa->suite, sa->v1->iv, message_id, iv), RC_OK);
	sink_init(&out, buffer, sizeof(buffer));
	assert_int_equal(ikev1_seal(sa, message_id, &message, iv, &out), RC_OK);
	v1_inject(road, sa, sink_written(&out));
}

#endif
