/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "exchange/abuse.h"

#define V1_ADD	   ABUSE_V1 "\tauto=add\n"
#define AGGRESSIVE "\taggressive=yes\n"
#define PFS	   ABUSE_V1 "\tpfs=yes\n\tauto=add\n"
#define NO_PFS	   ABUSE_V1 "\tpfs=no\n\tauto=add\n"
#define ROAD                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tkeyexchange=ikev1\n\tinitial-contact=no\n"  \
	"\tike=aes128-sha2_256-dh19\n\tesp=aes128-sha2_256\n\tauto=add\n"
#define CLIENT ROAD "\tleftsourceip=%config\n"
#define SERVER ROAD "\tleftaddresspool=10.9.0.0/24\n"

#define PLAN(title, a, b, count)                                                                   \
	{                                                                                          \
		.name = title, .west = a, .east = b, .messages = count                             \
	}
const struct abuse_plan abuse_main = PLAN("Main Mode", NO_PFS, NO_PFS, 9);
const struct abuse_plan abuse_aggressive =
	PLAN("Aggressive Mode", NO_PFS AGGRESSIVE, NO_PFS AGGRESSIVE, 6);
const struct abuse_plan abuse_pfs = PLAN("Main Mode, PFS", PFS, PFS, 9);
const struct abuse_plan abuse_pull =
	PLAN("ModeCfg pull", CLIENT "\tmodecfgpull=yes\n", SERVER "\tmodecfgpull=yes\n", 11);
const struct abuse_plan abuse_push =
	PLAN("ModeCfg push", CLIENT "\tmodecfgpull=no\n", SERVER "\tmodecfgpull=no\n", 11);

bool abuse_is_phase1(const struct abuse *abuse)
{
	return abuse->letter.header.message_id == 0;
}

/* ---- the SA ---- */

struct ike_sa *abuse_sa(const struct abuse *abuse)
{
	const struct ike_header *header = &abuse->letter.header;
	const struct sas *sas = &abuse->to->gateway->sas;
	struct ike_sa *sa = header->spi_r != 0 ? ike_sa_by_spi(sas, header->spi_r) : NULL;

	if (sa == NULL)
		sa = ike_sa_by_spi(sas, header->spi_i);
	return sa;
}

/* ---- open and seal ---- */

static void part_read(struct abuse_letter *letter, struct span *in, uint8_t type, uint8_t *next)
{
	struct abuse_part *part = &letter->parts[letter->count++];
	uint8_t reserved;
	uint16_t len;

	assert_in_range(letter->count, 1, ABUSE_PARTS_MAX);
	assert_int_equal(span_u8(in, next), RC_OK);
	assert_int_equal(span_u8(in, &reserved), RC_OK);
	assert_int_equal(span_u16(in, &len), RC_OK);
	assert_true(len >= 4);
	*part = (struct abuse_part){ .type = type };
	assert_int_equal(span_take(in, (size_t)len - 4, &part->body), RC_OK);
}

static void letter_open(struct abuse *abuse)
{
	struct abuse_letter *letter = &abuse->letter;
	struct span in = span_make(abuse->bytes, abuse->len);
	uint8_t iv[IKEV1_IV_MAX], type;

	*letter = (struct abuse_letter){ .count = 0 };
	assert_int_equal(wire_header_parse(in, &letter->header, NULL), RC_OK);
	in = span_make(abuse->bytes + IKE_HEADER_LEN, abuse->len - IKE_HEADER_LEN);
	if ((letter->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0) {
		const struct ike_sa *sa = abuse_sa(abuse);
		assert_non_null(sa);
		assert_int_equal(ikev1_iv_of(sa, &letter->header, iv), RC_OK);
		assert_int_equal(ikev1_decrypt(&sa->suite, &sa->keys, iv, in, letter->store),
				 RC_OK);
	} else {
		memcpy(letter->store, in.ptr, in.len);
	}
	in.ptr = letter->store;
	for (type = letter->header.next; type != 0;)
		part_read(letter, &in, type, &type);
}

static void put_part(struct sink *sink, const struct abuse_letter *letter, unsigned i)
{
	const struct abuse_part *part = &letter->parts[i];

	sink_u8(sink, i + 1 < letter->count ? letter->parts[i + 1].type : 0);
	sink_u8(sink, 0);
	sink_u16(sink, (uint16_t)((int)part->body.len + 4 + part->length));
	sink_span(sink, part->body);
}

/* prf(SKEYID_a, M-ID [| Ni_b] | what follows) */
static void hash_anew(const struct abuse *abuse, const struct abuse_letter *letter,
		      struct sink *sink)
{
	const struct ike_sa *sa = abuse_sa(abuse);
	const struct ike_header *header = &letter->header;
	uint8_t id[4], *hash = sink->ptr + IKE_HEADER_LEN + 4;
	struct span parts[3] = { SPAN_OF(id), SPAN_NONE, SPAN_NONE };
	size_t behind;

	if (sa == NULL || sa->keys.block.ptr == NULL || letter->count == 0)
		return;
	behind = IKE_HEADER_LEN + 4 + (size_t)sa->suite.prf->len;
	if (letter->parts[0].type != ISAKMP_HASH ||
	    letter->parts[0].body.len != sa->suite.prf->len || sink->len < behind)
		return;
	for (unsigned i = 0; i < 4; i++)
		id[i] = (uint8_t)(header->message_id >> (24 - 8 * i));
	if (header->exchange == EXCHANGE_V1_QUICK && sa->creation != NULL &&
	    header->message_id == sa->v1->request_id)
		parts[1] = SPAN_OF(sa->creation->ni);
	parts[2] = span_make(sink->ptr + behind, sink->len - behind);
	assert_int_equal(ikev1_hash(&sa->suite, &sa->keys, parts, 3, hash), RC_OK);
}

static void letter_seal(const struct abuse *abuse, const struct abuse_letter *letter,
			struct sink *sink)
{
	const struct ike_sa *sa = abuse_sa(abuse);
	size_t plain = sink->len - IKE_HEADER_LEN;
	uint8_t iv[IKEV1_IV_MAX];

	if (sa == NULL || sa->keys.block.ptr == NULL)
		return;
	assert_int_equal(ikev1_iv_of(sa, &letter->header, iv), RC_OK);
	for (size_t i = plain; i < ikev1_padded(&sa->suite, plain); i++)
		sink_u8(sink, 0);
	if (plain > 0)
		assert_int_equal(
			ikev1_encrypt(&sa->suite, &sa->keys, iv, sink->ptr + IKE_HEADER_LEN, plain),
			RC_OK);
}

struct abuse_letter *abuse_copy(const struct abuse *abuse, struct abuse_letter *copy)
{
	*copy = abuse->letter;
	for (unsigned i = 0; i < copy->count; i++)
		copy->parts[i].body.ptr =
			copy->store + (abuse->letter.parts[i].body.ptr - abuse->letter.store);
	return copy;
}

size_t abuse_write(const struct abuse *abuse, struct abuse_letter *letter, bool rehash,
		   uint8_t *out, size_t room)
{
	struct sink sink;

	sink_init(&sink, out, room);
	wire_header_emit(&sink, &letter->header);
	for (unsigned i = 0; i < letter->count; i++)
		put_part(&sink, letter, i);
	if (sink_rc(&sink) != RC_OK || sink.len + 16 > room)
		return 0;
	sink_patch_u8(&sink, 16, letter->count > 0 ? letter->parts[0].type : 0);
	if (rehash)
		hash_anew(abuse, letter, &sink);
	if ((letter->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0)
		letter_seal(abuse, letter, &sink);
	sink_patch_u32(&sink, 24, (uint32_t)sink.len);
	return sink.len;
}

/* ---- what is looked at ---- */

struct look {
	size_t ike, children, half_open, established, creations, kernel_sas, policies, heap;
	unsigned ike_up, child_up, ike_down, child_down, failed;
	uint64_t serial;
	unsigned state, exchanges, tries;
	uint32_t request_len, answer_len;
	uint8_t iv[IKEV1_IV_MAX];
	uint32_t dpd_sent, dpd_seen;
	struct ip_endpoint local, remote;
	bool encap, refused, keys;
	uint32_t seconds, child_seconds;
	usec_t expires, child_expires;
	struct isakmp_user user;
};

/* Its Child SAs' lifetimes. */
static void look_at_lives(const struct ike_sa *sa, struct look *look)
{
	look->seconds = sa->v1->seconds;
	look->expires = sa->expires;
	list_for(node, &sa->children)
	{
		const struct child_sa *child = container_of(node, struct child_sa, in_ike);
		look->child_seconds += child->peer_seconds;
		look->child_expires += child->expires;
	}
}

static struct look look_at(const struct abuse *abuse)
{
	const struct end *to = abuse->to;
	const struct sas *sas = &to->gateway->sas;
	const struct ike_sa *sa = abuse_sa(abuse);
	struct look look;

	memset(&look, 0, sizeof(look)); /* padding is compared */
	look.ike = sas->ike_count;
	look.children = sas->child_count;
	look.half_open = sas->half_open_count;
	look.established = sas->established_count;
	look.creations = sas->creations;
	look.kernel_sas = kernel_simulated_sa_count(to->kernel);
	look.policies = kernel_simulated_policy_count(to->kernel);
	look.ike_up = to->ike_up;
	look.child_up = to->child_up;
	look.ike_down = to->ike_down;
	look.child_down = to->child_down;
	look.failed = to->failed;
	if (sa == NULL || sa->v1 == NULL)
		return look;
	look.serial = sa->serial;
	look.state = sa->state;
	look.exchanges = sa->v1->exchange_count;
	look.tries = sa->request.tries;
	look.request_len = sa->request.len;
	look.answer_len = sa->answer_len;
	memcpy(look.iv, sa->v1->iv, sizeof(look.iv));
	look.dpd_sent = sa->v1->dpd_sent;
	look.dpd_seen = sa->v1->dpd_seen;
	look.local = sa->local;
	look.remote = sa->remote;
	look.encap = sa->encap;
	look.refused = sa->refused;
	look.keys = sa->keys.block.ptr != NULL;
	look_at_lives(sa, &look);
	if (sa->v1->user != NULL)
		memcpy(&look.user, sa->v1->user, sizeof(look.user));
	return look;
}

/* ---- the way there ---- */

static struct flight *first_flight(struct abuse *abuse)
{
	struct list *flights = world_flights(abuse->pair.world);

	return list_empty(flights) ? NULL : container_of(flights->next, struct flight, in_world);
}

static struct flight *next_flight(struct abuse *abuse)
{
	if (first_flight(abuse) == NULL && abuse->plan->provoke != NULL)
		abuse->plan->provoke(abuse);
	return first_flight(abuse);
}

static void hold_honest(struct abuse *abuse)
{
	struct flight *flight = next_flight(abuse);

	if (flight == NULL)
		fail_msg("%s: no message %u\nwest: %s\neast: %s", abuse->plan->name, abuse->message,
			 abuse->pair.west.journal, abuse->pair.east.journal);
	assert_true(flight->len <= sizeof(abuse->bytes));
	abuse->honest = flight;
	memcpy(abuse->bytes, flight->bytes, flight->len);
	abuse->len = flight->len;
	abuse->from = flight->from;
	abuse->to_endpoint = flight->to;
	abuse->to = flight->to.addr.bytes[3] == 1 ? &abuse->pair.west : &abuse->pair.east;
	letter_open(abuse);
	abuse->hashed = !abuse_is_phase1(abuse) && abuse->letter.count > 1;
}

static void reach(struct abuse *abuse)
{
	const struct abuse_plan *plan = abuse->plan;
	const char *secrets = plan->secrets != NULL ? plan->secrets : ABUSE_SECRETS;

	pair_start(&abuse->pair, 1, plan->west, plan->east, secrets, secrets);
	if (plan->prepare != NULL)
		plan->prepare(abuse);
	world_manual(abuse->pair.world, true);
	end_up(&abuse->pair.west, "t");
	world_settle(abuse->pair.world);
	for (unsigned i = 0; i < abuse->message; i++) {
		struct flight *flight = next_flight(abuse);
		if (flight == NULL)
			fail_msg("%s: no message %u\nwest: %s\neast: %s", abuse->plan->name, i,
				 abuse->pair.west.journal, abuse->pair.east.journal);
		world_deliver(abuse->pair.world, flight);
		world_settle(abuse->pair.world);
	}
	hold_honest(abuse);
}

void abuse_begin(struct abuse *abuse, const struct abuse_plan *plan, unsigned message)
{
	memset(abuse, 0, sizeof(*abuse));
	abuse->plan = plan;
	abuse->message = message;
	reach(abuse);
}

static bool both_up(const struct abuse *abuse)
{
	const struct sas *west = &abuse->pair.west.gateway->sas,
			 *east = &abuse->pair.east.gateway->sas;

	return west->child_count == 1 && east->child_count == 1 && west->half_open_count == 0;
}

static void must_come_up(struct abuse *abuse, usec_t limit, const char *what)
{
	usec_t until = world_now(abuse->pair.world) + limit;

	world_manual(abuse->pair.world, false);
	while (!both_up(abuse) && world_now(abuse->pair.world) < until)
		world_run(abuse->pair.world, limit / 20);
	if (!both_up(abuse))
		fail_msg("%s, message %u: no tunnel after it: %s\nwest: %s\neast: %s",
			 abuse->plan->name, abuse->message, what, abuse->pair.west.journal,
			 abuse->pair.east.journal);
	assert_int_equal(abuse->pair.west.gateway->counters.stuck, 0);
	assert_true(list_empty(&abuse->pair.east.gateway->errands));
}

#define PROMPT (300 * USEC_PER_MSEC) /* before anything is said again */
#define HEALED (400 * USEC_PER_SEC)

void abuse_end(struct abuse *abuse)
{
	world_deliver(abuse->pair.world, abuse->honest);
	world_settle(abuse->pair.world);
	must_come_up(abuse, PROMPT, "only refused ones");
	pair_end(&abuse->pair);
}

/* What one of those did may take its time to heal. */
static void must_heal(struct abuse *abuse, const char *what)
{
	usec_t limit = abuse->plan->heals > 0 ? abuse->plan->heals * (usec_t)USEC_PER_SEC : HEALED;

	world_deliver(abuse->pair.world, abuse->honest);
	must_come_up(abuse, limit, what);
}

static void begin_anew(struct abuse *abuse, const char *what)
{
	unsigned every = abuse->plan->every;

	if (every == 0 || abuse->dirty % every == 0)
		must_heal(abuse, what);
	abuse->dirty++;
	pair_end(&abuse->pair);
	reach(abuse);
}

/* ---- the abuse ---- */

static struct flight *injected(struct abuse *abuse)
{
	struct list *flights = world_flights(abuse->pair.world);

	return container_of(flights->prev, struct flight, in_world);
}

/* Answers get lost. */
static void lose_answers(struct abuse *abuse, uint64_t last)
{
	list_for_safe(node, world_flights(abuse->pair.world))
	{
		struct flight *flight = container_of(node, struct flight, in_world);
		if (flight->id > last)
			world_drop(abuse->pair.world, flight);
	}
}

static void nothing_came_up(const struct abuse *abuse, const struct look *before,
			    const struct look *now, const char *what)
{
	if (now->ike_up > before->ike_up || now->child_up > before->child_up ||
	    now->children > before->children || now->kernel_sas > before->kernel_sas ||
	    now->established > before->established)
		fail_msg("%s, message %u: something is established by it: %s", abuse->plan->name,
			 abuse->message, what);
}

static void must_be_refused(const struct abuse *abuse, const struct look *before,
			    const struct look *now, uint64_t sent, const char *what)
{
	if (memcmp(before, now, sizeof(*now)) != 0)
		fail_msg("%s, message %u: something changed: %s\nwest: %s\neast: %s",
			 abuse->plan->name, abuse->message, what, abuse->pair.west.journal,
			 abuse->pair.east.journal);
	if (sent > 0)
		fail_msg("%s, message %u: it is answered: %s", abuse->plan->name, abuse->message,
			 what);
}

void abuse_try(struct abuse *abuse, struct span bytes, enum abuse_verdict verdict, const char *what)
{
	struct gateway *gateway = abuse->to->gateway;
	uint64_t sent = gateway->counters.datagrams_out;
	struct look before = look_at(abuse), now;
	uint64_t last;

	abuse->cases++;
	assert_int_equal(world_inject(abuse->pair.world, &abuse->from, &abuse->to_endpoint, bytes),
			 RC_OK);
	last = injected(abuse)->id;
	world_deliver(abuse->pair.world, injected(abuse));
	world_settle(abuse->pair.world);
	now = look_at(abuse);
	sent = gateway->counters.datagrams_out - sent;
	if (verdict != ABUSE_ANY)
		nothing_came_up(abuse, &before, &now, what);
	if (verdict == ABUSE_REFUSED || verdict == ABUSE_TOLD)
		must_be_refused(abuse, &before, &now, verdict == ABUSE_TOLD ? 0 : sent, what);
	if (sent > (verdict == ABUSE_ANY ? 3 : 1))
		fail_msg("%s, message %u: %u datagrams in answer to it: %s", abuse->plan->name,
			 abuse->message, (unsigned)sent, what);
	assert_true(list_empty(&gateway->errands));
	if (verdict == ABUSE_REFUSED)
		return;
	if (verdict == ABUSE_TOLD && sent > 0)
		assert_in_range(injected(abuse)->len, IKE_HEADER_LEN, bytes.len);
	lose_answers(abuse, last);
	if (memcmp(&before, &now, sizeof(now)) != 0)
		begin_anew(abuse, what);
}

void abuse_try_letter(struct abuse *abuse, struct abuse_letter *letter, bool rehash,
		      enum abuse_verdict verdict, const char *what)
{
	uint8_t bytes[sizeof(letter->store)];
	size_t len = abuse_write(abuse, letter, rehash, bytes, sizeof(bytes));

	if (len > 0)
		abuse_try(abuse, span_make(bytes, len), verdict, what);
}

/* ---- flips ---- */

static void flip_sealed(struct abuse *abuse)
{
	uint8_t bytes[sizeof(abuse->bytes)];
	char what[80];

	for (size_t at = IKE_HEADER_LEN; at < abuse->len; at++) {
		memcpy(bytes, abuse->bytes, abuse->len);
		bytes[at] ^= (uint8_t)(1u << at % 8);
		(void)snprintf(what, sizeof(what), "byte %zu flipped under the seal", at);
		abuse_try(abuse, span_make(bytes, abuse->len), ABUSE_REFUSED, what);
	}
}

void abuse_flips(struct abuse *abuse)
{
	struct abuse_letter letter;
	char what[80];

	assert_true(abuse->hashed);
	flip_sealed(abuse);
	for (size_t i = 0; i < abuse->letter.parts[0].body.len; i++) {
		abuse_copy(abuse, &letter);
		letter.store[letter.parts[0].body.ptr - letter.store + (ptrdiff_t)i] ^= 0x10;
		(void)snprintf(what, sizeof(what), "byte %zu of its HASH", i);
		abuse_try_letter(abuse, &letter, false, ABUSE_REFUSED, what);
	}
}
