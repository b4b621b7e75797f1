/* SPDX-License-Identifier: Apache-2.0 */
/* Informational exchanges of IKEv1 payload by payload: Delete, R-U-THERE, RESPONDER-LIFETIME and
 * other notifications in every odd form, with the keys of phase 1 and without. */
#include <stdio.h>
#include "exchange/abuse.h"

static struct abuse abuse;
static char what[120];

/* West has heard nothing for a while, and asks: once. */
static void let_time_pass(struct abuse *a)
{
	for (unsigned i = 0; i < 350 && list_empty(world_flights(a->pair.world)); i++)
		world_run(a->pair.world, 100 * USEC_PER_MSEC);
}

#define CONN ABUSE_V1 "\tpfs=no\n\tauto=add\n"
static const struct abuse_plan plan = { .name = "Informational",
					.west = CONN "\tdpddelay=30s\n",
					.east = CONN,
					.messages = 11,
					.provoke = let_time_pass };
enum { QUICK_ANSWER = 7, PROBE = 9, ACK = 10 }; /* the messages */

static struct ike_sa *sa(void)
{
	struct ike_sa *found = abuse_sa(&abuse);

	assert_non_null(found);
	return found;
}

static void begin(unsigned message)
{
	abuse_begin(&abuse, &plan, message);
	if (message != QUICK_ANSWER)
		assert_int_equal(abuse.letter.header.exchange, EXCHANGE_V1_INFORMATIONAL);
	assert_ptr_equal(abuse.to, message == PROBE ? &abuse.pair.east : &abuse.pair.west);
}

/* The honest one is heard as if nothing had been: the probe is answered once, the answer taken. */
static void end(void)
{
	struct gateway *gateway = abuse.to->gateway;
	uint64_t sent = gateway->counters.datagrams_out;

	world_deliver(abuse.pair.world, abuse.honest);
	world_settle(abuse.pair.world);
	if (abuse.message == PROBE)
		assert_int_equal(gateway->counters.datagrams_out, sent + 1);
	if (abuse.message == ACK)
		assert_null(sa()->request.bytes);
	world_manual(abuse.pair.world, false);
	world_run(abuse.pair.world, 200 * USEC_PER_MSEC);
	if (abuse.pair.west.gateway->sas.child_count != 1 ||
	    abuse.pair.east.gateway->sas.child_count != 1)
		fail_msg("no tunnel any more\nwest: %s\neast: %s", abuse.pair.west.journal,
			 abuse.pair.east.journal);
	assert_int_equal(abuse.pair.west.child_up + abuse.pair.east.child_up, 2);
	assert_int_equal(abuse.pair.west.ike_down + abuse.pair.east.ike_down, 0);
	pair_end(&abuse.pair);
}

/* ---- what is said ---- */

/* HASH and these, in an exchange of its own. */
static struct abuse_letter letter_of(const struct abuse_part *parts, unsigned count)
{
	static uint32_t message_id = 0x10000;
	struct abuse_letter letter = { .header = abuse.letter.header };
	static const uint8_t zeros[32];

	letter.header.exchange = EXCHANGE_V1_INFORMATIONAL;
	letter.header.flags = ISAKMP_FLAG_ENCRYPTION;
	letter.header.message_id = message_id++;
	letter.parts[letter.count++] =
		(struct abuse_part){ .type = ISAKMP_HASH, .body = SPAN_OF(zeros) };
	for (unsigned i = 0; i < count; i++)
		letter.parts[letter.count++] = parts[i];
	return letter;
}

static void with_hash(uint8_t type, struct span body, enum abuse_verdict verdict)
{
	const struct abuse_part part = { .type = type, .body = body };
	struct abuse_letter letter = letter_of(&part, 1);

	abuse_try_letter(&abuse, &letter, true, verdict, what);
}

/* By nobody who has the keys it is never heard: no HASH, a wrong one, the right one in clear or
 * behind it. */
static void without_hash(uint8_t type, struct span body)
{
	const struct abuse_part part = { .type = type, .body = body };
	struct abuse_letter letter = letter_of(&part, 1);

	abuse_try_letter(&abuse, &letter, false, ABUSE_REFUSED, what);
	letter.parts[0].body.len = 0;
	abuse_try_letter(&abuse, &letter, false, ABUSE_REFUSED, what);
	letter = letter_of(&part, 1);
	letter.header.flags = 0;
	abuse_try_letter(&abuse, &letter, true, ABUSE_REFUSED, what);
	letter = letter_of(&part, 1);
	letter.parts[0] = part;
	letter.count = 1;
	abuse_try_letter(&abuse, &letter, true, ABUSE_REFUSED, what);
	letter.header.flags = 0;
	abuse_try_letter(&abuse, &letter, true, ABUSE_REFUSED, what);
	letter = letter_of(&part, 1);
	letter.parts[1] = letter.parts[0];
	letter.parts[0] = part;
	abuse_try_letter(&abuse, &letter, true, ABUSE_REFUSED, what);
}

static size_t put(uint8_t *to, uint64_t value, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(value >> 8 * (len - 1 - i));
	return len;
}

static void put_cookies(uint8_t to[16])
{
	put(to, sa()->spi_i, 8);
	put(to + 8, sa()->spi_r, 8);
}

static const struct child_sa *child(void)
{
	assert_false(list_empty(&sa()->children));
	return container_of(sa()->children.next, struct child_sa, in_ike);
}

/* ---- payloads and bytes ---- */

static void payloads_of_a_probe_and_its_answer(void **state)
{
	(void)state;
	for (unsigned message = PROBE; message <= ACK; message++) {
		begin(message);
		abuse_payloads(&abuse);
		end();
	}
}

static void each_byte_of_a_probe_and_its_answer_counts(void **state)
{
	(void)state;
	for (unsigned message = PROBE; message <= ACK; message++) {
		begin(message);
		abuse_flips(&abuse);
		end();
	}
}

/* ---- Delete ---- */

enum spis { SPI_OUT, SPI_IN, COOKIES, SWAPPED, FOREIGN, ZEROS }; /* what the SPIs are */

static size_t put_spis(uint8_t *to, enum spis names, size_t len)
{
	uint8_t unit[16] = { 0 };
	size_t unit_len = names <= SPI_IN ? 4 : 16;

	switch (names) {
	case SPI_OUT:
		put(unit, child()->spi_out, 4);
		break;
	case SPI_IN:
		put(unit, child()->spi_in, 4);
		break;
	case COOKIES:
		put_cookies(unit);
		break;
	case SWAPPED:
		put(unit, sa()->spi_r, 8);
		put(unit + 8, sa()->spi_i, 8);
		break;
	case FOREIGN:
		put_cookies(unit);
		unit[15] ^= 1;
		break;
	case ZEROS:
		break;
	}
	for (size_t i = 0; i < len; i++)
		to[i] = unit[i % unit_len];
	return len;
}

static struct span delete_of(uint8_t protocol, uint8_t size, uint16_t count, enum spis names,
			     size_t len)
{
	static uint8_t body[2048];
	size_t at = put(body, 1, 4);

	at += put(body + at, protocol, 1);
	at += put(body + at, size, 1);
	at += put(body + at, count, 2);
	at += put_spis(body + at, names, len);
	(void)snprintf(what, sizeof(what), "Delete of protocol %u, %u SPIs of %u bytes, in %zu",
		       protocol, count, size, len);
	return span_make(body, at);
}

static const struct {
	uint8_t protocol, size;
	uint16_t count;
	enum spis names;
	size_t len;
} odd_deletes[] = {
	/* SPIs of other sizes */
	{ PROTOCOL_ESP, 0, 1, SPI_OUT, 0 },
	{ PROTOCOL_ESP, 0, 1, SPI_OUT, 4 },
	{ PROTOCOL_ESP, 1, 4, SPI_OUT, 4 },
	{ PROTOCOL_ESP, 2, 2, SPI_OUT, 4 },
	{ PROTOCOL_ESP, 3, 1, SPI_OUT, 3 },
	{ PROTOCOL_ESP, 5, 1, SPI_OUT, 5 },
	{ PROTOCOL_ESP, 8, 1, SPI_OUT, 8 },
	{ PROTOCOL_ESP, 16, 1, SPI_OUT, 16 },
	{ PROTOCOL_ESP, 16, 1, COOKIES, 16 },
	{ PROTOCOL_ESP, 255, 1, SPI_OUT, 255 },
	{ PROTOCOL_AH, 8, 1, SPI_OUT, 8 },
	{ PROTOCOL_IKE, 0, 1, COOKIES, 0 },
	{ PROTOCOL_IKE, 0, 1, COOKIES, 16 },
	{ PROTOCOL_IKE, 4, 1, SPI_OUT, 4 },
	{ PROTOCOL_IKE, 4, 4, COOKIES, 16 },
	{ PROTOCOL_IKE, 8, 2, COOKIES, 16 },
	{ PROTOCOL_IKE, 15, 1, COOKIES, 15 },
	{ PROTOCOL_IKE, 17, 1, COOKIES, 17 },
	{ PROTOCOL_IKE, 32, 1, COOKIES, 32 },
	{ PROTOCOL_IKE, 255, 1, COOKIES, 255 },
	{ ISAKMP_PROTOCOL_IPCOMP, 0, 1, SPI_OUT, 0 },
	{ ISAKMP_PROTOCOL_IPCOMP, 2, 2, SPI_OUT, 4 },
	{ ISAKMP_PROTOCOL_IPCOMP, 2, 1, SPI_OUT, 2 },
	{ ISAKMP_PROTOCOL_IPCOMP, 4, 1, SPI_OUT, 4 },
	{ ISAKMP_PROTOCOL_IPCOMP, 8, 1, SPI_OUT, 8 },
	/* more or fewer of them than there are */
	{ PROTOCOL_ESP, 4, 0, SPI_OUT, 0 },
	{ PROTOCOL_ESP, 4, 0, SPI_OUT, 4 },
	{ PROTOCOL_ESP, 4, 1, SPI_OUT, 0 },
	{ PROTOCOL_ESP, 4, 1, SPI_OUT, 3 },
	{ PROTOCOL_ESP, 4, 1, SPI_OUT, 5 },
	{ PROTOCOL_ESP, 4, 1, SPI_OUT, 8 },
	{ PROTOCOL_ESP, 4, 2, SPI_OUT, 4 },
	{ PROTOCOL_ESP, 4, 2, SPI_OUT, 7 },
	{ PROTOCOL_ESP, 4, 256, SPI_OUT, 4 },
	{ PROTOCOL_ESP, 4, 257, SPI_OUT, 1028 },
	{ PROTOCOL_ESP, 4, 65535, SPI_OUT, 4 },
	{ PROTOCOL_IKE, 16, 0, COOKIES, 0 },
	{ PROTOCOL_IKE, 16, 0, COOKIES, 16 },
	{ PROTOCOL_IKE, 16, 1, COOKIES, 0 },
	{ PROTOCOL_IKE, 16, 1, COOKIES, 32 },
	{ PROTOCOL_IKE, 16, 2, COOKIES, 16 },
	{ PROTOCOL_IKE, 16, 65535, COOKIES, 16 },
	/* SAs that are not here, or not of that protocol */
	{ PROTOCOL_ESP, 4, 1, ZEROS, 4 },
	{ PROTOCOL_ESP, 4, 256, ZEROS, 1024 },
	{ PROTOCOL_ESP, 4, 1, SPI_IN, 4 },
	{ PROTOCOL_AH, 4, 1, SPI_OUT, 4 },
	{ PROTOCOL_IKE, 16, 1, ZEROS, 16 },
	{ PROTOCOL_IKE, 16, 1, SWAPPED, 16 },
	{ PROTOCOL_IKE, 16, 1, FOREIGN, 16 },
	{ PROTOCOL_IKE, 16, 100, FOREIGN, 1600 },
	{ 0, 4, 1, SPI_OUT, 4 },
	{ 0, 16, 1, COOKIES, 16 },
	{ 0, 0, 0, ZEROS, 0 },
	{ 0, 0, 65535, ZEROS, 0 },
	{ 5, 4, 1, SPI_OUT, 4 },
	{ 5, 16, 1, COOKIES, 16 },
	{ 128, 2, 1, SPI_OUT, 2 },
	{ 255, 4, 1, SPI_OUT, 4 },
	{ 255, 255, 1, SPI_OUT, 255 },
	{ 77, 1, 3, SPI_OUT, 3 },
	{ 77, 0, 255, SPI_OUT, 0 },
};

/* It ends nothing, and is not answered: by either end. */
static void an_odd_delete_ends_nothing(void **state)
{
	(void)state;
	for (unsigned message = PROBE; message <= ACK; message++) {
		begin(message);
		for (size_t i = 0; i < sizeof(odd_deletes) / sizeof(odd_deletes[0]); i++)
			with_hash(ISAKMP_DELETE,
				  delete_of(odd_deletes[i].protocol, odd_deletes[i].size,
					    odd_deletes[i].count, odd_deletes[i].names,
					    odd_deletes[i].len),
				  ABUSE_REFUSED);
		for (size_t len = 0; len < 12; len++)
			with_hash(ISAKMP_DELETE,
				  span_make(delete_of(PROTOCOL_ESP, 4, 1, SPI_OUT, 4).ptr, len),
				  ABUSE_REFUSED);
		assert_int_equal(abuse.dirty, 0);
		end();
	}
}

static void a_delete_of_nobody_is_not_heard(void **state)
{
	(void)state;
	for (unsigned message = PROBE; message <= ACK; message++) {
		begin(message);
		without_hash(ISAKMP_DELETE, delete_of(PROTOCOL_ESP, 4, 1, SPI_OUT, 4));
		without_hash(ISAKMP_DELETE, delete_of(PROTOCOL_IKE, 16, 1, COOKIES, 16));
		assert_int_equal(abuse.dirty, 0);
		end();
	}
}

/* Each byte of the HASH in front of it. */
static void each_byte_of_the_hash_of_a_delete_counts(void **state)
{
	const struct abuse_part part = { .type = ISAKMP_DELETE };
	uint8_t plain[256], hash[32];
	struct abuse_letter letter;

	(void)state;
	begin(PROBE);
	letter = letter_of(&part, 1);
	letter.parts[1].body = delete_of(PROTOCOL_IKE, 16, 1, COOKIES, 16);
	letter.header.flags = 0; /* to read its HASH */
	assert_true(abuse_write(&abuse, &letter, true, plain, sizeof(plain)) > 0);
	memcpy(hash, plain + IKE_HEADER_LEN + 4, sizeof(hash));
	letter.header.flags = ISAKMP_FLAG_ENCRYPTION;
	letter.parts[0].body = SPAN_OF(hash);
	for (size_t i = 0; i < sizeof(hash); i++) {
		hash[i] ^= 0x08;
		(void)snprintf(what, sizeof(what), "byte %zu of the HASH of a Delete", i);
		abuse_try_letter(&abuse, &letter, false, ABUSE_REFUSED, what);
		hash[i] ^= 0x08;
	}
	end();
}

/* So that the tables above are of what would be heard: it ends what it names, once. */
static void a_right_delete_ends_what_it_names_however_often(void **state)
{
	(void)state;
	for (unsigned ike = 0; ike < 2; ike++) {
		struct abuse_part parts[16];
		struct abuse_letter letter;
		begin(PROBE);
		struct end *east = &abuse.pair.east;
		for (unsigned i = 0; i < 16; i++)
			parts[i] = (struct abuse_part){
				.type = ISAKMP_DELETE,
				.body = ike ? delete_of(PROTOCOL_IKE, 16, 100, COOKIES, 1600)
					    : delete_of(PROTOCOL_ESP, 4, 256, SPI_OUT, 1024),
			};
		letter = letter_of(parts, ike ? 2 : 3);
		uint8_t bytes[4096];
		size_t len = abuse_write(&abuse, &letter, true, bytes, sizeof(bytes));
		assert_true(len > 0);
		uint64_t sent = east->gateway->counters.datagrams_out;
		assert_int_equal(world_inject(abuse.pair.world, &abuse.from, &abuse.to_endpoint,
					      span_make(bytes, len)),
				 RC_OK);
		world_deliver(abuse.pair.world, container_of(world_flights(abuse.pair.world)->prev,
							     struct flight, in_world));
		world_settle(abuse.pair.world);
		assert_int_equal(east->child_down, ike ? 0 : 1);
		assert_int_equal(east->ike_down, ike);
		assert_int_equal(east->gateway->sas.child_count, ike);
		assert_int_equal(east->gateway->counters.datagrams_out, sent);
		pair_end(&abuse.pair);
	}
}

/* ---- notifications ---- */

static struct span notify_of(uint32_t doi, uint8_t protocol, uint16_t type, struct span spi,
			     struct span data)
{
	static uint8_t body[2048];
	size_t at = put(body, doi, 4);

	at += put(body + at, protocol, 1);
	at += put(body + at, spi.len, 1);
	at += put(body + at, type, 2);
	if (spi.len > 0)
		memcpy(body + at, spi.ptr, spi.len);
	at += spi.len;
	if (data.len > 0)
		memcpy(body + at, data.ptr, data.len);
	at += data.len;
	(void)snprintf(what, sizeof(what),
		       "notification %u of DOI %u, protocol %u, SPI of %zu bytes, data of %zu",
		       type, doi, protocol, spi.len, data.len);
	return span_make(body, at);
}

static const size_t lens[] = { 0, 1, 2, 3, 4, 5, 8, 15, 16, 17, 20, 32, 255 };
#define LENS (sizeof(lens) / sizeof(lens[0]))

/* RFC 3706 §5.3: SPI of both cookies (some peers send none), a number of 4 bytes. */
static void odd_probes_and_answers(uint16_t type)
{
	uint8_t spi[255], data[255] = { 0, 0, 0x70, 1 };

	for (size_t i = 0; i < LENS; i++) {
		for (size_t n = 0; n < LENS; n++) {
			bool good = (lens[i] == 0 || lens[i] == 16) && lens[n] == 4;
			put_spis(spi, COOKIES, sizeof(spi));
			struct span body = notify_of(1, PROTOCOL_IKE, type, span_make(spi, lens[i]),
						     span_make(data, lens[n]));
			with_hash(ISAKMP_NOTIFICATION, body, good ? ABUSE_NEVER : ABUSE_REFUSED);
			if (good)
				without_hash(ISAKMP_NOTIFICATION, body);
		}
	}
	for (unsigned short_of = 1; short_of < 8; short_of++)
		with_hash(ISAKMP_NOTIFICATION,
			  span_make(notify_of(1, PROTOCOL_IKE, type, SPAN_NONE, SPAN_NONE).ptr,
				    8 - short_of),
			  ABUSE_REFUSED);
	for (enum spis names = COOKIES; names <= ZEROS; names++) {
		put_spis(spi, names, 16);
		with_hash(ISAKMP_NOTIFICATION,
			  notify_of(names == ZEROS ? 0 : 1, names == ZEROS ? 77 : PROTOCOL_IKE,
				    type, span_make(spi, 16), span_make(data, 4)),
			  ABUSE_NEVER);
	}
}

static void odd_probes_are_answered_once_at_most(void **state)
{
	(void)state;
	for (unsigned message = PROBE; message <= ACK; message++) {
		begin(message);
		odd_probes_and_answers(ISAKMP_R_U_THERE);
		end();
	}
}

static void odd_answers_to_no_probe_say_nothing(void **state)
{
	(void)state;
	for (unsigned message = PROBE; message <= ACK; message++) {
		begin(message);
		odd_probes_and_answers(ISAKMP_R_U_THERE_ACK);
		end();
	}
}

/* Ten in one message, and each number that there is an edge at. */
static void many_probes_at_once_have_one_answer(void **state)
{
	static const uint32_t numbers[] = { 0, 1, 0x7fffffff, 0x80000000, 0xffffffff };
	uint8_t bodies[10][28], data[4];

	(void)state;
	begin(PROBE);
	for (size_t i = 0; i < 5; i++) {
		struct abuse_part parts[10];
		struct abuse_letter letter;
		for (unsigned n = 0; n < 10; n++) {
			put(data, numbers[i] + n, 4);
			struct span body = notify_of(1, PROTOCOL_IKE, ISAKMP_R_U_THERE, SPAN_NONE,
						     SPAN_OF(data));
			memcpy(bodies[n], body.ptr, body.len);
			parts[n] = (struct abuse_part){ .type = ISAKMP_NOTIFICATION,
							.body = span_make(bodies[n], body.len) };
		}
		letter = letter_of(parts, 10);
		(void)snprintf(what, sizeof(what), "ten probes from number %u", numbers[i]);
		abuse_try_letter(&abuse, &letter, true, ABUSE_NEVER, what);
	}
	end();
}

/* Of another number than was asked; an answer is for the question that is out. */
static void an_answer_to_another_probe_answers_nothing(void **state)
{
	static const uint32_t others[] = { 1, 2, 0x7fffffff, 0x80000000, (uint32_t)-1 };
	uint8_t spi[16], data[4];

	(void)state;
	begin(ACK);
	put_cookies(spi);
	for (size_t i = 0; i < 5; i++) {
		put(data, sa()->v1->dpd_sent + others[i], 4);
		with_hash(ISAKMP_NOTIFICATION,
			  notify_of(1, PROTOCOL_IKE, ISAKMP_R_U_THERE_ACK, SPAN_OF(spi),
				    SPAN_OF(data)),
			  ABUSE_REFUSED);
	}
	put(data, sa()->v1->dpd_sent, 4);
	without_hash(ISAKMP_NOTIFICATION,
		     notify_of(1, PROTOCOL_IKE, ISAKMP_R_U_THERE_ACK, SPAN_OF(spi), SPAN_OF(data)));
	end();
}

static const uint16_t types[] = {
	0,     1,     2,     3,	    7,	   8,	  9,	 11,	14,    18,    23,
	24,    28,    30,    31,    8191,  8192,  16383, 16384, 16385, 24575, 24577,
	24579, 32767, 32768, 36135, 36138, 40503, 40959, 40960, 65534, 65535,
};
#define TYPES (sizeof(types) / sizeof(types[0]))

/* Errors, status, and what nobody knows: of an SA that is up they end nothing. */
static void notifications_of_any_type_change_nothing(void **state)
{
	uint8_t spi[255], data[255] = { 0 };

	(void)state;
	for (unsigned message = PROBE; message <= ACK; message++) {
		begin(message);
		for (size_t i = 0; i < TYPES; i++) {
			for (size_t n = 0; n < LENS; n += 2) {
				put_spis(spi, lens[n] == 4 ? SPI_OUT : COOKIES, sizeof(spi));
				with_hash(ISAKMP_NOTIFICATION,
					  notify_of(1, lens[n] == 4 ? PROTOCOL_ESP : PROTOCOL_IKE,
						    types[i], span_make(spi, lens[n]),
						    span_make(data, lens[LENS - 1 - n])),
					  ABUSE_REFUSED);
			}
			put_spis(spi, SPI_OUT, 4);
			with_hash(ISAKMP_NOTIFICATION,
				  notify_of(i % 3 == 0 ? 0 : 99, (uint8_t)(i * 9), types[i],
					    span_make(spi, 4), SPAN_NONE),
				  ABUSE_REFUSED);
		}
		assert_int_equal(abuse.dirty, 0);
		end();
	}
}

/* INITIAL-CONTACT: others end by it, never what it comes in; who has no keys says nothing. */
static void initial_contact_ends_not_what_it_comes_in(void **state)
{
	uint8_t spi[255];

	(void)state;
	for (unsigned message = PROBE; message <= ACK; message++) {
		begin(message);
		for (size_t i = 0; i < LENS; i++) {
			put_spis(spi, COOKIES, sizeof(spi));
			struct span body =
				notify_of(1, PROTOCOL_IKE, IPSEC_INITIAL_CONTACT,
					  span_make(spi, lens[i]), span_make(spi, lens[i]));
			with_hash(ISAKMP_NOTIFICATION, body, ABUSE_REFUSED);
			without_hash(ISAKMP_NOTIFICATION, body);
		}
		end();
	}
}

/* While Quick Mode is out only who has the keys may say that it is not wanted. */
static void an_error_of_nobody_ends_no_quick_mode(void **state)
{
	uint8_t spi[16];

	(void)state;
	begin(QUICK_ANSWER);
	for (size_t i = 0; i < TYPES; i++) {
		put_cookies(spi);
		struct span body = notify_of(1, i % 2 == 0 ? PROTOCOL_IKE : PROTOCOL_ESP, types[i],
					     span_make(spi, i % 2 == 0 ? 16 : 0), SPAN_NONE);
		without_hash(ISAKMP_NOTIFICATION, body);
		with_hash(ISAKMP_NOTIFICATION, body, ABUSE_NEVER);
	}
	end();
}

/* ---- RESPONDER-LIFETIME ---- */

/* Attributes as bytes; heard: it makes the SA live shorter. */
static const struct lifetime {
	const char *bytes;
	size_t len;
	bool heard;
} lifetimes[] = {
#define LIFE(text, heard)                                                                          \
	{                                                                                          \
		text, sizeof(text) - 1, heard                                                      \
	}
#define SECONDS "\x80\x0b\0\1"
	/* right: type, and a duration in either form */
	LIFE(SECONDS "\x80\x0c\x0e\x10", true),
	LIFE(SECONDS "\0\x0c\0\4\0\0\x0e\x10", true),
	LIFE(SECONDS "\0\x0c\0\2\x0e\x10", true),
	LIFE(SECONDS "\0\x0c\0\x8\0\0\0\0\0\0\x0e\x10", true),
	LIFE("\0\x0b\0\2\0\1\x80\x0c\x0e\x10", true),
	/* nothing, half of it, or in the wrong order */
	LIFE("", false),
	LIFE(SECONDS, false),
	LIFE("\x80\x0c\x0e\x10", false),
	LIFE("\x80\x0c\x0e\x10" SECONDS, false),
	/* of 0, of no bytes, beyond all bounds */
	LIFE(SECONDS "\x80\x0c\0\0", false),
	LIFE(SECONDS "\0\x0c\0\4\0\0\0\0", false),
	LIFE(SECONDS "\0\x0c\0\0", false),
	LIFE(SECONDS "\0\x0c\0\x8\xff\xff\xff\xff\xff\xff\xff\xff", false),
	LIFE(SECONDS "\0\x0c\0\x9\1\0\0\0\0\0\0\0\1", false),
	LIFE(SECONDS "\0\x0c\0\4\xff\xff\xff\xff", false),
	/* other units, and none */
	LIFE("\x80\x0b\0\2\x80\x0c\x0e\x10", false),
	LIFE("\x80\x0b\0\0\x80\x0c\x0e\x10", false),
	LIFE("\x80\x0b\xff\xff\x80\x0c\x0e\x10", false),
	LIFE("\0\x0b\0\0\x80\x0c\x0e\x10", false),
	LIFE("\0\x0b\0\x9\1\0\0\0\0\0\0\0\1\x80\x0c\x0e\x10", false),
	/* not whole attributes */
	LIFE("\x80", false),
	LIFE(SECONDS "\x80\x0c\x0e", false),
	LIFE(SECONDS "\0\x0c\0\4\0\0\x0e", false),
	LIFE(SECONDS "\0\x0c\0\5\0\0\x0e\x10", false),
	LIFE(SECONDS "\0\x0c\xff\xff\0\0\x0e\x10", false),
	LIFE(SECONDS "\x80\x0c\x0e\x10\0", false),
	LIFE(SECONDS "\x80\x0c\x0e\x10\0\1\0", false),
	/* of nobody */
	LIFE("\x80\x63\0\1\x80\x64\x0e\x10", false),
	LIFE("\xff\xff\0\1\xff\xff\x0e\x10", false),
};
#define LIFETIMES (sizeof(lifetimes) / sizeof(lifetimes[0]))

static struct span lifetime_of(size_t i, bool of_child, size_t spi_len)
{
	uint8_t data[32], spi[255];

	memcpy(data, lifetimes[i].bytes, lifetimes[i].len);
	for (size_t at = 0; of_child && at + 1 < lifetimes[i].len;
	     at++) /* 11, 12 are IPsec's 1, 2 */
		if ((data[at] & 0x7f) == 0 && (data[at + 1] == 11 || data[at + 1] == 12))
			data[at + 1] = (uint8_t)(data[at + 1] - 10);
	put_spis(spi, of_child ? SPI_OUT : COOKIES, sizeof(spi));
	return notify_of(1, of_child ? PROTOCOL_ESP : PROTOCOL_IKE, IPSEC_RESPONDER_LIFETIME,
			 span_make(spi, spi_len), span_make(data, lifetimes[i].len));
}

static uint32_t seconds(bool of_child)
{
	return of_child ? child()->peer_seconds : sa()->v1->seconds;
}

/* West has begun: it is told. What is heard is looked at in a pair of its own. */
static void odd_lifetimes(bool of_child)
{
	size_t right = of_child ? 4 : 16;

	for (size_t i = 0; i < LIFETIMES; i++) {
		unsigned dirty = abuse.dirty;
		struct span body = lifetime_of(i, of_child, right);
		without_hash(ISAKMP_NOTIFICATION, body);
		with_hash(ISAKMP_NOTIFICATION, body,
			  lifetimes[i].heard ? ABUSE_NEVER : ABUSE_REFUSED);
		assert_int_equal(abuse.dirty - dirty, lifetimes[i].heard);
		for (size_t n = 0; of_child && n < LENS; n++)
			if (lens[n] != right)
				with_hash(ISAKMP_NOTIFICATION, lifetime_of(i, of_child, lens[n]),
					  ABUSE_REFUSED);
	}
}

static void odd_lifetimes_of_phase_1_shorten_nothing(void **state)
{
	(void)state;
	begin(ACK);
	odd_lifetimes(false);
	end();
}

static void odd_lifetimes_of_an_ipsec_sa_shorten_nothing(void **state)
{
	(void)state;
	begin(ACK);
	odd_lifetimes(true);
	end();
}

/* Who has answered takes no word of a lifetime; nor is it ever longer by one. */
static void a_lifetime_is_told_by_the_responder_and_only_shortens(void **state)
{
	uint8_t spi[16];
	uint32_t before;

	(void)state;
	begin(PROBE);
	for (size_t i = 0; i < LIFETIMES; i++) {
		with_hash(ISAKMP_NOTIFICATION, lifetime_of(i, false, 16), ABUSE_REFUSED);
		with_hash(ISAKMP_NOTIFICATION, lifetime_of(i, true, 4), ABUSE_REFUSED);
	}
	end();
	begin(ACK);
	before = seconds(false);
	put_cookies(spi);
	with_hash(ISAKMP_NOTIFICATION,
		  notify_of(1, PROTOCOL_IKE, IPSEC_RESPONDER_LIFETIME, SPAN_OF(spi),
			    span_make((const uint8_t *)SECONDS "\0\x0c\0\4\x7f\xff\xff\xff", 12)),
		  before == 0 ? ABUSE_NEVER : ABUSE_REFUSED);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_of_a_probe_and_its_answer),
		cmocka_unit_test(each_byte_of_a_probe_and_its_answer_counts),
		cmocka_unit_test(an_odd_delete_ends_nothing),
		cmocka_unit_test(a_delete_of_nobody_is_not_heard),
		cmocka_unit_test(each_byte_of_the_hash_of_a_delete_counts),
		cmocka_unit_test(a_right_delete_ends_what_it_names_however_often),
		cmocka_unit_test(odd_probes_are_answered_once_at_most),
		cmocka_unit_test(odd_answers_to_no_probe_say_nothing),
		cmocka_unit_test(many_probes_at_once_have_one_answer),
		cmocka_unit_test(an_answer_to_another_probe_answers_nothing),
		cmocka_unit_test(notifications_of_any_type_change_nothing),
		cmocka_unit_test(initial_contact_ends_not_what_it_comes_in),
		cmocka_unit_test(an_error_of_nobody_ends_no_quick_mode),
		cmocka_unit_test(odd_lifetimes_of_phase_1_shorten_nothing),
		cmocka_unit_test(odd_lifetimes_of_an_ipsec_sa_shorten_nothing),
		cmocka_unit_test(a_lifetime_is_told_by_the_responder_and_only_shortens),
	};

	return exchange_run(tests);
}
