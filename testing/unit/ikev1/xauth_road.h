/* SPDX-License-Identifier: Apache-2.0 */
/* West is a user of east's. Main Mode is ears 0 to 5, the question 6, the answer 7, the verdict 8
 * and 9, Quick Mode 10 to 12. */
#ifndef VANTH_TEST_XAUTH_ROAD_H
#define VANTH_TEST_XAUTH_ROAD_H

#include "unit/ikev1/modecfg_road.h"

#define XAUTH_CLIENT  V1_ADD "\tleftxauthclient=yes\n\tleftusername=alice\n"
#define XAUTH_SERVER  V1_ADD "\tleftxauthclient=yes\n\txauthby=alwaysok\n"
#define XAUTH_SECRETS V1_SECRETS "alice : XAUTH \"wonderland\"\n"

static inline void xauth_road_begin(struct v1_road *road, const char *server)
{
	v1_road_begin_with(road, XAUTH_CLIENT, server != NULL ? server : XAUTH_SERVER,
			   XAUTH_SECRETS, NULL);
}

static inline bool xauth_lose_transactions(struct flight *flight, unsigned nth)
{
	(void)nth;
	return flight->bytes[18] != EXCHANGE_V1_TRANSACTION;
}

/* Phase 1 is done, and no transaction gets through. */
static inline void xauth_road_waits(struct v1_road *road, const char *server)
{
	xauth_road_begin(road, server);
	road->meddle = xauth_lose_transactions;
	v1_road_try(road, 300 * USEC_PER_MSEC);
	assert_int_equal(v1_sa(&road->pair.west)->state, IKEV1_XAUTH);
	assert_int_equal(v1_sa(&road->pair.east)->state, IKEV1_XAUTH);
}

/* `from` says that, in the exchange that the other end has begun (ours: in a new one). What comes
 * back in it; NULL: nothing. */
static inline struct isakmp_config *xauth_say(struct v1_road *road, struct end *from, bool ours,
					      enum isakmp_cfg_type type,
					      struct isakmp_attribute *attributes, unsigned count)
{
	struct ike_sa *sa = v1_sa(from);
	const struct isakmp_config config = { (uint8_t)type, 0x77, attributes, count };
	struct outcome_message message = { .present = false };
	uint8_t iv[IKEV1_IV_MAX], buffer[1024];
	unsigned before = road->count;
	uint32_t id = 0x1000u + before;
	struct ike_message *answer;
	struct sink sink, out;
	struct writer writer;

	if (!ours) { /* the other end's question: the chain goes on from it */
		struct end *to = from == &road->pair.west ? &road->pair.east : &road->pair.west;
		id = v1_sa(to)->v1->request_id;
		memcpy(iv, v1_sa(to)->v1->request_iv, sizeof(iv));
	} else {
		assert_int_equal(ikev1_iv_exchange(&sa->suite, sa->v1->iv, id, iv), RC_OK);
	}
	assert_int_equal(v1_hash_begin(sa, &road->arena, &sink, &writer), RC_OK);
	isakmp_config_emit(&writer, &config);
	assert_int_equal(
		v1_hash_end(sa, id, SPAN_NONE, &writer, &sink, EXCHANGE_V1_TRANSACTION, &message),
		RC_OK);
	sink_init(&out, buffer, sizeof(buffer));
	assert_int_equal(ikev1_seal(sa, id, &message, iv, &out), RC_OK);
	v1_inject(road, sa, sink_written(&out));
	if (!ours || road->count == before)
		return NULL;
	answer = v1_heard(road, before);
	if (answer->header.exchange != EXCHANGE_V1_TRANSACTION || answer->header.message_id != id)
		return NULL;
	assert_int_equal(ikev1_open(sa, &road->arena, answer, iv, NULL), RC_OK);
	return modecfg_read(road, answer);
}

#endif
