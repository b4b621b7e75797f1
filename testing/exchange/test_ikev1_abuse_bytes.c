/* SPDX-License-Identifier: Apache-2.0 */
/* Every message of IKEv1's exchanges truncated and flipped at each of its bytes, with a header that
 * lies, and before its time. */
#include <stdio.h>
#include "exchange/abuse.h"

static struct abuse abuse;

static bool is_sealed(void)
{
	return (abuse.letter.header.flags & ISAKMP_FLAG_ENCRYPTION) != 0;
}

static void each_message(const struct abuse_plan *plan, unsigned first, void (*fn)(void))
{
	for (unsigned message = first; message < plan->messages; message++) {
		abuse_begin(&abuse, plan, message);
		fn();
		abuse_end(&abuse);
	}
}

/* What is common is looked at once. */
static void each_message_of_all(void (*fn)(void))
{
	each_message(&abuse_main, 0, fn);
	each_message(&abuse_aggressive, 0, fn);
	each_message(&abuse_pfs, 6, fn);
	each_message(&abuse_pull, 6, fn);
	each_message(&abuse_push, 6, fn);
}

/* One byte of the datagram is another. */
static void try_byte(size_t at, uint8_t value, enum abuse_verdict verdict)
{
	uint8_t bytes[sizeof(abuse.bytes)];
	char what[80];

	memcpy(bytes, abuse.bytes, abuse.len);
	if (bytes[at] == value)
		return;
	bytes[at] = value;
	(void)snprintf(what, sizeof(what), "byte %zu is %#x", at, value);
	abuse_try(&abuse, span_make(bytes, abuse.len), verdict, what);
}

/* ---- truncated ---- */

static void truncate(void)
{
	uint8_t bytes[sizeof(abuse.bytes)];
	char what[80];

	for (size_t len = 0; len < abuse.len; len++) {
		memcpy(bytes, abuse.bytes, abuse.len);
		(void)snprintf(what, sizeof(what), "cut to %zu bytes", len);
		abuse_try(&abuse, span_make(bytes, len), ABUSE_REFUSED, what);
		if (len < IKE_HEADER_LEN)
			continue;
		bytes[26] = (uint8_t)(len >> 8);
		bytes[27] = (uint8_t)len;
		(void)snprintf(what, sizeof(what), "cut to %zu bytes, and says so", len);
		abuse_try(&abuse, span_make(bytes, len), ABUSE_REFUSED, what);
	}
	for (size_t more = 1; more < 40; more++) {
		size_t len = abuse.len + more;
		memcpy(bytes, abuse.bytes, abuse.len);
		memset(bytes + abuse.len, 1, more); /* three zeros would be padding */
		abuse_try(&abuse, span_make(bytes, len), ABUSE_REFUSED, "bytes behind it");
		bytes[26] = (uint8_t)(len >> 8);
		bytes[27] = (uint8_t)len;
		if (!is_sealed() || more % 16 != 0)
			abuse_try(&abuse, span_make(bytes, len), ABUSE_REFUSED, "longer");
	}
}

static void a_truncated_message_does_nothing(void **state)
{
	(void)state;
	each_message_of_all(truncate);
}

/* ---- flipped ---- */

/* HASH_I covers no NAT-D, which comes behind it in Aggressive Mode: the first byte in clear of it
 * that is in a block of its own. */
static size_t uncovered(void)
{
	size_t end = 0;

	for (unsigned i = 0; i < abuse.letter.count; i++)
		if (abuse.letter.parts[i].type != ISAKMP_NAT_D)
			end += 4 + abuse.letter.parts[i].body.len;
	return IKE_HEADER_LEN + (end + 15) / 16 * 16;
}

static enum abuse_verdict of_flip(size_t at)
{
	if (!abuse_is_phase1(&abuse))
		return ABUSE_REFUSED;
	return at < uncovered() ? ABUSE_NEVER : ABUSE_ANY;
}

/* CBC: one byte of it changes two blocks of what is inside. Of phase 1 the HASH may be wrong then,
 * which ends it. */
static void flip_sealed(void)
{
	for (size_t at = IKE_HEADER_LEN; is_sealed() && at < abuse.len; at++)
		for (unsigned bit = 0; bit < 8; bit += abuse_is_phase1(&abuse) ? 7 : 1)
			try_byte(at, abuse.bytes[at] ^ (uint8_t)(1u << bit), of_flip(at));
}

static void a_byte_that_is_flipped_under_the_seal_is_noticed(void **state)
{
	(void)state;
	each_message_of_all(flip_sealed);
}

/* By somebody who has the keys. */
static void flip_hash(void)
{
	struct abuse_letter letter;
	char what[80];
	unsigned at = 0;

	while (at < abuse.letter.count && abuse.letter.parts[at].type != ISAKMP_HASH)
		at++;
	for (size_t i = 0;
	     is_sealed() && at < abuse.letter.count && i < abuse.letter.parts[at].body.len; i++) {
		uint8_t *byte = abuse.letter.store +
				(abuse.letter.parts[at].body.ptr - abuse.letter.store) + i;
		(void)snprintf(what, sizeof(what), "byte %zu of its HASH", i);
		*byte ^= 0x10;
		letter = abuse.letter;
		abuse_try_letter(&abuse, &letter, false,
				 abuse_is_phase1(&abuse) ? ABUSE_NEVER : ABUSE_REFUSED, what);
		if (abuse.letter.parts[at].body.ptr[i] != letter.parts[at].body.ptr[i])
			continue; /* another pair */
		*byte ^= 0x10;
	}
}

static void each_byte_of_each_hash_counts(void **state)
{
	(void)state;
	each_message_of_all(flip_hash);
}

/* ---- the header ---- */

static void lie_of_version(void)
{
	for (unsigned version = 0; version < 256; version++) {
		uint8_t bytes[sizeof(abuse.bytes)];
		char what[80];
		if (version == IKE_VERSION_1)
			continue;
		memcpy(bytes, abuse.bytes, abuse.len);
		bytes[17] = (uint8_t)version;
		(void)snprintf(what, sizeof(what), "version %u.%u", version >> 4, version & 15);
		/* of IKEv2 and later an end may tell what it speaks */
		abuse_try(&abuse, span_make(bytes, abuse.len),
			  version < IKE_VERSION_2 ? ABUSE_REFUSED : ABUSE_NEVER, what);
	}
}

static void a_message_of_another_version_does_nothing(void **state)
{
	(void)state;
	each_message_of_all(lie_of_version);
}

/* In clear, all of it readable, what must be sealed. The third message of Aggressive Mode proves
 * what it has to in clear too: some peers send it so. */
static void unseal(void)
{
	struct abuse_letter letter = abuse.letter;

	if (!is_sealed())
		return;
	letter.header.flags = 0;
	abuse_try_letter(&abuse, &letter, abuse.hashed,
			 letter.header.exchange == EXCHANGE_V1_AGGRESSIVE ? ABUSE_ANY
									  : ABUSE_REFUSED,
			 "in clear");
	try_byte(19, 0, ABUSE_REFUSED);
}

/* Commit and authentication only mean nothing to us where they stand, and are not protected. */
static void lie_of_flags(void)
{
	unseal();
	for (unsigned flags = 0; flags < 256; flags++) {
		bool sealed = (flags & ISAKMP_FLAG_ENCRYPTION) != 0;
		if (sealed != is_sealed())
			try_byte(19, (uint8_t)flags, ABUSE_REFUSED);
		else if ((flags & (flags - 1)) == 0 || flags == 0xff || flags == 0xfe)
			try_byte(19, (uint8_t)flags, ABUSE_ANY);
	}
}

static void what_must_be_sealed_is_not_heard_in_clear_nor_the_other_way_round(void **state)
{
	(void)state;
	each_message_of_all(lie_of_flags);
}

/* To who began, the first answer brings a cookie: any. */
static bool brings_cookie(void)
{
	return abuse.message == 1;
}

static void flip_cookies(void)
{
	bool first = abuse.letter.header.spi_r == 0;

	for (size_t at = first ? 8 : 0; at < 16; at++)
		for (unsigned bit = 0; bit < 8; bit++)
			try_byte(at, abuse.bytes[at] ^ (uint8_t)(1u << bit),
				 at >= 8 && brings_cookie() ? ABUSE_ANY : ABUSE_REFUSED);
}

static void lie_of_cookies(void)
{
	uint8_t bytes[sizeof(abuse.bytes)];

	flip_cookies();
	memcpy(bytes, abuse.bytes, abuse.len);
	memcpy(bytes, abuse.bytes + 8, 8);
	memcpy(bytes + 8, abuse.bytes, 8);
	abuse_try(&abuse, span_make(bytes, abuse.len), ABUSE_REFUSED, "cookies change places");
	memset(bytes, 0, 8);
	abuse_try(&abuse, span_make(bytes, abuse.len), ABUSE_REFUSED, "no initiator's cookie");
	memset(bytes, 0, 16);
	abuse_try(&abuse, span_make(bytes, abuse.len), ABUSE_REFUSED, "no cookies");
	memcpy(bytes, abuse.bytes, 8);
	if (abuse.message > 0)
		/* the first answer is like a first message then */
		abuse_try(&abuse, span_make(bytes, abuse.len),
			  brings_cookie() ? ABUSE_ANY : ABUSE_REFUSED, "no responder's cookie");
}

static void cookies_of_nobody_are_answered_by_nothing(void **state)
{
	(void)state;
	each_message_of_all(lie_of_cookies);
}

/* Of phase 1 it is 0; of phase 2 the chain and the HASH hang on it. */
static void lie_of_message_id(void)
{
	for (size_t at = 20; at < 24; at++)
		for (unsigned bit = 0; bit < 8; bit++)
			try_byte(at, abuse.bytes[at] ^ (uint8_t)(1u << bit), ABUSE_REFUSED);
	if (!abuse_is_phase1(&abuse)) {
		struct abuse_letter letter = abuse.letter;
		letter.header.message_id = 0;
		abuse_try_letter(&abuse, &letter, true, ABUSE_REFUSED, "message ID 0");
	}
}

static void another_message_id_does_nothing(void **state)
{
	(void)state;
	each_message_of_all(lie_of_message_id);
}

/* As another exchange, its HASH right for it. */
static void lie_of_exchange(void)
{
	struct abuse_letter letter;
	char what[80];

	for (unsigned exchange = 0; exchange < 256; exchange++) {
		enum abuse_verdict verdict = ABUSE_REFUSED;
		if (exchange == abuse.letter.header.exchange)
			continue;
		if (is_sealed() &&
		    (exchange == EXCHANGE_V1_INFORMATIONAL || exchange == EXCHANGE_V1_TRANSACTION ||
		     exchange == EXCHANGE_V1_QUICK))
			verdict = ABUSE_NEVER; /* with the keys: it may be refused in words */
		letter = abuse.letter;
		letter.header.exchange = (uint8_t)exchange;
		(void)snprintf(what, sizeof(what), "exchange type %u", exchange);
		abuse_try_letter(&abuse, &letter, true, verdict, what);
	}
}

static void as_another_exchange_it_does_nothing(void **state)
{
	(void)state;
	each_message_of_all(lie_of_exchange);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_truncated_message_does_nothing),
		cmocka_unit_test(a_byte_that_is_flipped_under_the_seal_is_noticed),
		cmocka_unit_test(each_byte_of_each_hash_counts),
		cmocka_unit_test(a_message_of_another_version_does_nothing),
		cmocka_unit_test(what_must_be_sealed_is_not_heard_in_clear_nor_the_other_way_round),
		cmocka_unit_test(cookies_of_nobody_are_answered_by_nothing),
		cmocka_unit_test(another_message_id_does_nothing),
		cmocka_unit_test(as_another_exchange_it_does_nothing),
	};

	return exchange_run(tests);
}
