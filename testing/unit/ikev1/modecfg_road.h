/* SPDX-License-Identifier: Apache-2.0 */
/* West is a client of east's, which has a pool. Main Mode is ears 0 to 5, ModeCfg 6 and 7, Quick
 * Mode 8 to 10. Either can be made to begin another transaction. */
#ifndef VANTH_TEST_MODECFG_ROAD_H
#define VANTH_TEST_MODECFG_ROAD_H

#include "unit/ikev1/v1_road.h"

#define MODECFG_OF(pull)                                                                           \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tkeyexchange=ikev1\n\tmodecfgpull=" pull     \
	"\n"                                                                                       \
	"\tauto=add\n"
#define MODECFG_CLIENT MODECFG_OF("yes") "\tleftsourceip=%config\n"
#define MODECFG_SERVER MODECFG_OF("yes") "\tleftaddresspool=10.9.0.0/24\n"
/* East tells unasked: 6 and 7 are CFG_SET and CFG_ACK. */
#define MODECFG_WAITS MODECFG_OF("no") "\tleftsourceip=%config\n"
#define MODECFG_TELLS MODECFG_OF("no") "\tleftaddresspool=10.9.0.0/24\n"

struct modecfg_saying {
	uint8_t type;
	uint16_t attributes[8]; /* without a value */
	unsigned count;
	struct isakmp_attribute with[3]; /* and these; type 0: none */
	bool spoiled;			 /* its HASH is wrong */
};

static inline void modecfg_up(struct v1_road *road, const char *server)
{
	v1_road_begin(road, MODECFG_CLIENT, server != NULL ? server : MODECFG_SERVER);
	v1_road_try(road, USEC_PER_SEC);
	if (road->pair.west.child_up != 1 || road->count != 11)
		fail_msg("%u messages, west: %s\neast: %s", road->count, road->pair.west.journal,
			 road->pair.east.journal);
}

static inline void modecfg_seal(struct v1_road *road, const struct ike_sa *sa,
				const struct modecfg_saying *saying, uint32_t message_id,
				uint8_t iv[IKEV1_IV_MAX], struct sink *out)
{
	struct isakmp_attribute attributes[11] = { { .type = 0 } };
	struct isakmp_config config = { saying->type, 0x1234, attributes, saying->count };
	struct outcome_message message = { .present = false };
	struct sink sink;
	struct writer writer;

	for (unsigned i = 0; i < saying->count; i++)
		attributes[i].type = saying->attributes[i];
	for (unsigned i = 0; i < 3 && saying->with[i].type != 0; i++)
		attributes[config.count++] = saying->with[i];
	assert_int_equal(v1_hash_begin(sa, &road->arena, &sink, &writer), RC_OK);
	isakmp_config_emit(&writer, &config);
	assert_int_equal(v1_hash_end(sa, message_id, SPAN_NONE, &writer, &sink,
				     EXCHANGE_V1_TRANSACTION, &message),
			 RC_OK);
	if (saying->spoiled)
		sink.ptr[4] ^= 1;
	assert_int_equal(ikev1_iv_exchange(&sa->suite, sa->v1->iv, message_id, iv), RC_OK);
	assert_int_equal(ikev1_seal(sa, message_id, &message, iv, out), RC_OK);
}

static inline struct isakmp_config *modecfg_read(struct v1_road *road,
						 const struct ike_message *message)
{
	struct isakmp_config *config = ARENA_NEW(&road->arena, struct isakmp_config);
	const struct payload *payload = v1_payload(message, ISAKMP_ATTRIBUTES);

	assert_non_null(payload);
	assert_int_equal(isakmp_config_parse(&road->arena, payload->body, config, NULL), RC_OK);
	return config;
}

/* `from` begins a transaction. What the other end answers; NULL: nothing. */
static inline struct isakmp_config *modecfg_say(struct v1_road *road, struct end *from,
						const struct modecfg_saying *saying,
						uint32_t message_id)
{
	const struct ike_sa *sa = v1_sa(from);
	unsigned before = road->count;
	uint8_t iv[IKEV1_IV_MAX], buffer[1024];
	struct ike_message *answer;
	struct sink out;

	sink_init(&out, buffer, sizeof(buffer));
	modecfg_seal(road, sa, saying, message_id, iv, &out);
	v1_inject(road, sa, sink_written(&out));
	if (road->count == before)
		return NULL;
	answer = v1_heard(road, before);
	if (answer->header.exchange != EXCHANGE_V1_TRANSACTION)
		return NULL;
	assert_int_equal(answer->header.message_id, message_id);
	assert_int_equal(ikev1_open(sa, &road->arena, answer, iv, NULL), RC_OK);
	return modecfg_read(road, answer);
}

static inline const struct isakmp_attribute *modecfg_attribute(const struct isakmp_config *config,
							       uint16_t type)
{
	for (unsigned i = 0; i < config->count; i++)
		if (config->attributes[i].type == type)
			return &config->attributes[i];
	return NULL;
}

static inline bool modecfg_is(const struct isakmp_config *config, uint16_t type, struct span value)
{
	const struct isakmp_attribute *attribute = modecfg_attribute(config, type);

	return attribute != NULL && !attribute->basic && span_equal(attribute->data, value);
}

#endif
