/* SPDX-License-Identifier: Apache-2.0 */
/* A message of IKEv1 with each payload dropped, doubled, moved, emptied, of another type or length,
 * its HASH left as it was or made right again. */
#include <stdio.h>
#include "exchange/abuse.h"

static const uint8_t types[] = {
	/* IKEv1's */
	ISAKMP_NONE,
	ISAKMP_SA,
	ISAKMP_PROPOSAL,
	ISAKMP_TRANSFORM,
	ISAKMP_KE,
	ISAKMP_ID,
	ISAKMP_CERT,
	ISAKMP_CR,
	ISAKMP_HASH,
	ISAKMP_SIG,
	ISAKMP_NONCE,
	ISAKMP_NOTIFICATION,
	ISAKMP_DELETE,
	ISAKMP_VID,
	ISAKMP_ATTRIBUTES,
	15,
	16,
	ISAKMP_NAT_D,
	ISAKMP_NAT_OA,
	ISAKMP_NAT_D_DRAFT,
	ISAKMP_NAT_OA_DRAFT,
	ISAKMP_FRAGMENT,
	/* IKEv2's */
	PAYLOAD_SA,
	PAYLOAD_KE,
	PAYLOAD_IDi,
	PAYLOAD_AUTH,
	PAYLOAD_NONCE,
	PAYLOAD_NOTIFY,
	PAYLOAD_DELETE,
	PAYLOAD_TSi,
	PAYLOAD_SK,
	PAYLOAD_CP,
	PAYLOAD_EAP,
	PAYLOAD_SKF,
	/* nobody's */
	32,
	127,
	128,
	255,
};
#define TYPES (sizeof(types) / sizeof(types[0]))

/* The exchange cannot do without it, and it stands once. */
static bool is_vital(uint8_t type)
{
	return type == ISAKMP_SA || type == ISAKMP_KE || type == ISAKMP_NONCE ||
	       type == ISAKMP_ID || type == ISAKMP_HASH || type == ISAKMP_SIG ||
	       type == ISAKMP_ATTRIBUTES;
}

/* Those may stand in some messages, and say nothing that must be right. */
static bool is_beside(uint8_t type)
{
	return type == ISAKMP_CERT || type == ISAKMP_CR || type == ISAKMP_NOTIFICATION ||
	       type == ISAKMP_VID || type == ISAKMP_NAT_D || type == ISAKMP_NAT_OA ||
	       type == ISAKMP_NAT_D_DRAFT || type == ISAKMP_NAT_OA_DRAFT;
}

/* Nothing may come of what is wrong and not sealed, but for the answer of Aggressive Mode: its HASH
 * is to be believed in clear. A peer with the keys may be told, or end a larval SA. */
static enum abuse_verdict wrong(const struct abuse *abuse, bool rehash)
{
	const struct ike_header *header = &abuse->letter.header;

	if ((header->flags & ISAKMP_FLAG_ENCRYPTION) == 0)
		return header->exchange == EXCHANGE_V1_AGGRESSIVE && header->spi_r != 0
			       ? ABUSE_NEVER
			       : ABUSE_REFUSED;
	return abuse_is_phase1(abuse) || rehash ? ABUSE_NEVER : ABUSE_REFUSED;
}

/* Something less, or more, that nobody must miss: sound, but for its HASH (HASH(3) covers no
 * payload). */
static enum abuse_verdict beside(const struct abuse *abuse, bool rehash)
{
	return abuse_is_phase1(abuse) || rehash || !abuse->hashed ? ABUSE_ANY : ABUSE_REFUSED;
}

static void take_out(struct abuse_letter *letter, unsigned at)
{
	memmove(&letter->parts[at], &letter->parts[at + 1],
		(letter->count - at - 1) * sizeof(letter->parts[0]));
	letter->count--;
}

static void put_in(struct abuse_letter *letter, unsigned at, struct abuse_part part)
{
	memmove(&letter->parts[at + 1], &letter->parts[at],
		(letter->count - at) * sizeof(letter->parts[0]));
	letter->parts[at] = part;
	letter->count++;
}

struct bench {
	struct abuse *abuse;
	bool rehash;
	struct abuse_letter letter;
	char what[80];
};

static void say(struct bench *bench, enum abuse_verdict verdict, const char *how, unsigned at,
		unsigned more)
{
	(void)snprintf(bench->what, sizeof(bench->what), "payload %u of type %u %s %u%s", at,
		       bench->abuse->letter.parts[at].type, how, more,
		       bench->rehash ? ", HASH right" : "");
	abuse_try_letter(bench->abuse, &bench->letter, bench->rehash, verdict, bench->what);
}

static struct abuse_letter *fresh(struct bench *bench)
{
	return abuse_copy(bench->abuse, &bench->letter);
}

static void drop_and_double(struct bench *bench, unsigned at)
{
	struct abuse *abuse = bench->abuse;
	bool vital = is_vital(abuse->letter.parts[at].type);
	enum abuse_verdict bad = wrong(abuse, bench->rehash), good = beside(abuse, bench->rehash);

	take_out(fresh(bench), at);
	say(bench, vital ? bad : good, "dropped", at, 0);
	put_in(fresh(bench), at, abuse->letter.parts[at]);
	say(bench, vital ? bad : good, "doubled", at, 0);
	fresh(bench);
	for (unsigned i = 0; i < 10; i++)
		put_in(&bench->letter, at, abuse->letter.parts[at]);
	say(bench, vital ? bad : good, "ten times more", at, 0);
	take_out(fresh(bench), at);
	put_in(&bench->letter, bench->letter.count, abuse->letter.parts[at]);
	put_in(&bench->letter, bench->letter.count, abuse->letter.parts[at]);
	say(bench, vital ? bad : good, "twice at the end", at, 0);
}

/* SA comes first, but for HASH, which does wherever it is (RFC 2409 §5). Other places are free. */
static void move(struct bench *bench, unsigned at)
{
	struct abuse *abuse = bench->abuse;
	struct abuse_part part = abuse->letter.parts[at];

	for (unsigned to = 0; to < abuse->letter.count; to++) {
		const struct abuse_part *first = &bench->letter.parts[0];
		if (to == at)
			continue;
		take_out(fresh(bench), at);
		put_in(&bench->letter, to, part);
		bool spoilt = false;
		for (unsigned i = 0; i < bench->letter.count; i++) {
			uint8_t type = bench->letter.parts[i].type;
			if (type == ISAKMP_SA)
				spoilt |= i > (first->type == ISAKMP_HASH ? 1u : 0u);
			if (type == ISAKMP_HASH && !abuse_is_phase1(abuse))
				spoilt |= i > 0;
		}
		say(bench, spoilt ? wrong(abuse, bench->rehash) : beside(abuse, bench->rehash),
		    "moved to", at, to);
	}
}

/* Fewer attributes are some, too; RFC 2409 §5: nonces have 8 to 256 bytes. */
static bool bears_cutting(uint8_t type, size_t len)
{
	return type == ISAKMP_ATTRIBUTES || (type == ISAKMP_NONCE && len >= 8);
}

static void length(struct bench *bench, unsigned at)
{
	static const int lies[] = { -1, 1, 2, 3, 4, 5, 16, 1000, 30000 };
	struct abuse *abuse = bench->abuse;
	const struct abuse_part *part = &abuse->letter.parts[at];
	bool vital = is_vital(part->type);
	enum abuse_verdict bad = wrong(abuse, bench->rehash), good = beside(abuse, bench->rehash);

	fresh(bench)->parts[at].body.len = 0;
	say(bench, vital ? bad : good, "emptied", at, 0);
	for (int len = 0; len < 4; len++) {
		fresh(bench)->parts[at].length = len - 4 - (int)part->body.len;
		say(bench, bad, "of the length", at, (unsigned)len);
	}
	for (unsigned i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		/* the last one may take up padding, or leave some */
		enum abuse_verdict verdict = lies[i] < 17 && !vital ? good : bad;
		fresh(bench)->parts[at].length = lies[i];
		say(bench, verdict, "longer by", at, (unsigned)lies[i]);
	}
	for (size_t len = 1; len < part->body.len && len < 40; len += vital ? 1 : 9) {
		fresh(bench)->parts[at].body.len = len;
		say(bench, vital && !bears_cutting(part->type, len) ? bad : good, "cut to", at,
		    (unsigned)len);
	}
}

/* Type 0 ends the chain; what is behind it is padding, where that may be. */
static bool ends_soundly(const struct abuse *abuse, unsigned at)
{
	if ((abuse->letter.header.flags & ISAKMP_FLAG_ENCRYPTION) == 0)
		return false;
	while (at < abuse->letter.count)
		if (is_vital(abuse->letter.parts[at++].type))
			return false;
	return true;
}

static void retype(struct bench *bench, unsigned at)
{
	struct abuse *abuse = bench->abuse;
	uint8_t own = abuse->letter.parts[at].type;

	for (size_t i = 0; i < TYPES; i++) {
		bool sound = types[i] == 0 ? ends_soundly(abuse, at)
					   : !is_vital(own) && is_beside(types[i]);
		if (types[i] == own)
			continue;
		fresh(bench)->parts[at].type = types[i];
		say(bench, sound ? beside(abuse, bench->rehash) : wrong(abuse, bench->rehash),
		    "becomes", at, types[i]);
	}
}

static void insert(struct bench *bench)
{
	static const uint8_t junk[40] = { 0, 0, 0, 1, 1, 16, 0x60, 2 };
	struct abuse *abuse = bench->abuse;

	for (size_t i = 0; i < TYPES; i++) {
		for (size_t len = 0; len <= sizeof(junk) && types[i] != 0; len += 20) {
			struct abuse_part part = { .type = types[i], .body = span_make(junk, len) };
			put_in(fresh(bench), abuse->letter.count, part);
			say(bench,
			    is_beside(types[i]) ? beside(abuse, bench->rehash)
						: wrong(abuse, bench->rehash),
			    "is the last but", abuse->letter.count - 1, types[i]);
		}
	}
}

/* Behind the first two they are as those. */
static bool is_another_vendor(const struct abuse *abuse, unsigned at)
{
	return at > 1 && abuse->letter.parts[at].type == ISAKMP_VID &&
	       abuse->letter.parts[at - 2].type == ISAKMP_VID;
}

void abuse_payloads(struct abuse *abuse)
{
	static struct bench bench;

	for (unsigned rehash = 0; rehash <= (abuse->hashed ? 1u : 0u); rehash++) {
		bench = (struct bench){ .abuse = abuse, .rehash = rehash == 1 };
		for (unsigned at = 0; at < abuse->letter.count; at++) {
			if (is_another_vendor(abuse, at))
				continue;
			drop_and_double(&bench, at);
			move(&bench, at);
			length(&bench, at);
			retype(&bench, at);
		}
		insert(&bench);
	}
}
