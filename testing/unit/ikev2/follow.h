/* SPDX-License-Identifier: Apache-2.0 */
/* A CREATE_CHILD_SA of west with additional key exchanges, stopped where the test wants. */
#ifndef VANTH_TEST_FOLLOW_H
#define VANTH_TEST_FOLLOW_H

#include "ikev2/create.h"
#include "unit/ikev2/renewal.h"

#define FOLLOW_ONE                                                                                 \
	PAIR_CONN "\tike=aes_gcm256-sha2_256-dh31;addke1=dh19\n\tesp=aes_gcm256-dh31;addke1="      \
		  "dh19\n"
#define FOLLOW_TWO                                                                                 \
	PAIR_CONN "\tike=aes_gcm256-sha2_256-dh31;addke1=dh19;addke2=dh20\n"                       \
		  "\tesp=aes_gcm256-dh31;addke1=dh19;addke2=dh20\n"

struct follow { /* what a forged message holds */
	struct road *road;
	uint16_t group; /* DH_NONE: no KE */
	size_t cut;	/* bytes less than the group has */
	struct span link;
	uint16_t notify; /* NOTIFY_NONE: none */
};
static struct follow follow_says;

static inline void follow_fill(struct writer *writer)
{
	struct wire_notify notify = { .type = ADDITIONAL_KEY_EXCHANGE, .data = follow_says.link };
	struct wire_notify error = { .type = follow_says.notify };
	struct dh_pair *pair = NULL;
	struct wire_ke ke = { .group = follow_says.group };

	if (follow_says.group != DH_NONE) {
		assert_int_equal(dh_generate(crypto_dh(follow_says.group), 0, &pair), RC_OK);
		ke.data = dh_public(pair);
		ke.data.len -= follow_says.cut;
		wire_ke_emit(writer, &ke);
		dh_free(pair);
	}
	if (follow_says.link.len > 0)
		wire_notify_emit(writer, &notify);
	if (follow_says.notify != NOTIFY_NONE)
		wire_notify_emit(writer, &error);
}

/* As many datagrams of west's CREATE_CHILD_SA are delivered; what is in flight then is lost. */
static inline void follow_begin(struct road *road, const char *conf, bool ike, unsigned delivered)
{
	road_up(road, conf, conf);
	renewal_begin(road, &road->pair.west, ike);
	for (unsigned i = 0; i < delivered; i++)
		renewal_deliver(road);
	while (!list_empty(world_flights(road->pair.world)))
		world_drop(road->pair.world, container_of(world_flights(road->pair.world)->next,
							  struct flight, in_world));
	road->count = 0;
}

/* West says it; what east answers is heard. */
static inline uint16_t follow_say(struct road *road, struct follow says)
{
	struct outcome_message message;

	follow_says = says;
	message = road_inner(road, EXCHANGE_IKE_FOLLOWUP_KE, follow_fill);
	world_manual(road->pair.world, false);
	road->count = 0;
	road_say(road, &road->pair.west, &message);
	for (unsigned i = 0; i < road->count; i++) /* west may have asked again meanwhile */
		if ((road_heard(road, i)->header.flags & IKE_FLAG_RESPONSE) != 0)
			return road_notify(road_opened(road, i, road_sa(&road->pair.west)));
	fail_msg("east does not answer");
	return 0;
}

/* East answers what west asked last. */
static inline void follow_answer(struct road *road, struct follow says)
{
	struct outcome_message message;
	struct ike_sa *sa = road_sa(&road->pair.east);
	uint8_t buffer[2048];
	struct sink sink;

	follow_says = says;
	message = road_inner(road, EXCHANGE_IKE_FOLLOWUP_KE, follow_fill);
	message.response = true;
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(sa, sa->seal_counter++, sa->recv_next++, &message, &sink),
			 RC_OK);
	assert_int_equal(
		world_inject(road->pair.world, &sa->local, &sa->remote, sink_written(&sink)),
		RC_OK);
	renewal_deliver(road);
}

static inline struct span follow_link(struct end *end)
{
	const struct ike_followup *followup = road_sa(end)->followups;

	assert_non_null(followup);
	return span_make(followup->link, followup->link_len);
}

#endif
