/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH's messages changed in every way: no user is proven but by the name and the password, and
 * nobody is asked or told anything without the keys of phase 1. */
#include "exchange/abuse.h"
#include "exchange/xauth_office.h"

#define ROAD                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tkeyexchange=ikev1\n\tinitial-contact=no\n"  \
	"\tike=aes128-sha2_256-dh19\n\tesp=aes128-sha2_256\n\tpfs=no\n\tauto=add\n"
/* alice's password with few rounds */
#define USERS "alice:$5$rounds=1000$abcdefgh$zCPBLQmf2iBY3ystUFSI5ySfd8rveOdGIKpA7ReLNzA\n"

static struct abuse abuse;
static struct xauth_office files; /* its folder only */
static struct arena arena;
static char what[120];

static void give_users(struct abuse *a)
{
	struct gateway *gateway = a->pair.east.gateway;

	if (files.folder[0] == '\0') {
		xauth_folder(&files, &a->pair.east);
		xauth_users(&files, USERS);
		return;
	}
	gateway->config->folder = mem_text(files.folder);
}

/* A client whose password was not taken waits half an hour. */
static const struct abuse_plan plan = { .name = "XAUTH",
					.west = ROAD XAUTH_ALICE,
					.east = ROAD "\trightxauthserver=yes\n",
					.messages = 13,
					.prepare = give_users,
					.secrets = XAUTH_SECRETS,
					.heals = 4000,
					.every = 4 };
enum { REQUEST = 6, REPLY, SET, ACK, END }; /* the messages */

static void begin(unsigned message)
{
	arena_init(&arena, 1u << 26);
	abuse_begin(&abuse, &plan, message);
	assert_int_equal(abuse.letter.header.exchange, EXCHANGE_V1_TRANSACTION);
}

static void end(void)
{
	abuse_end(&abuse);
	arena_free(&arena);
	xauth_folder_end(&files);
	files.folder[0] = '\0';
}

/* ---- payloads and bytes ---- */

static void payloads_of_xauth(void **state)
{
	(void)state;
	for (unsigned message = REQUEST; message < END; message++) {
		begin(message);
		abuse_payloads(&abuse);
		end();
	}
}

static void each_byte_of_each_message_and_hash_counts(void **state)
{
	(void)state;
	for (unsigned message = REQUEST; message < END; message++) {
		begin(message);
		abuse_flips(&abuse);
		end();
	}
}

/* ---- attributes ---- */

struct form {
	struct isakmp_config said;
	struct isakmp_attribute attributes[48];
};

static struct form read_form(void)
{
	struct form form;

	memset(&form, 0, sizeof(form));
	assert_int_equal(isakmp_config_parse(&arena, abuse.letter.parts[1].body, &form.said, NULL),
			 RC_OK);
	assert_in_range(form.said.count, 1, 8);
	memcpy(form.attributes, form.said.attributes, form.said.count * sizeof(form.attributes[0]));
	return form;
}

static void try_form(struct form *form, enum abuse_verdict verdict)
{
	struct abuse_letter letter = abuse.letter;
	uint8_t body[4000];
	struct sink sink;
	struct writer writer;

	form->said.attributes = form->attributes;
	sink_init(&sink, body, sizeof(body));
	writer_inner(&writer, &sink);
	isakmp_config_emit(&writer, &form->said);
	assert_int_equal(sink_rc(&sink), RC_OK);
	letter.parts[1].body = span_make(body + 4, sink.len - 4);
	if (span_equal(letter.parts[1].body, abuse.letter.parts[1].body))
		return; /* the honest one */
	abuse_try_letter(&abuse, &letter, true, verdict, what);
	if (verdict == ABUSE_NEVER) /* and by nobody else at all */
		abuse_try_letter(&abuse, &letter, false, ABUSE_REFUSED, what);
}

static int index_of(const struct form *form, uint16_t type)
{
	for (unsigned i = 0; i < form->said.count; i++)
		if (form->attributes[i].type == type)
			return (int)i;
	fail_msg("no attribute %u", type);
	return -1;
}

#define LONG_TEXT 255
static uint8_t long_text[LONG_TEXT];

/* What it becomes; .type 0: as it is. */
static const struct change {
	const char *name;
	struct isakmp_attribute now;
	unsigned len; /* of long_text; 0: now.data */
} changes[] = {
	{ "is 0 in short", { .basic = true }, 0 },
	{ "is 1 in short", { .basic = true, .value = 1 }, 0 },
	{ "is 2 in short", { .basic = true, .value = 2 }, 0 },
	{ "is 65535 in short", { .basic = true, .value = 65535 }, 0 },
	{ "is empty", { .basic = false }, 0 },
	{ "is one byte", { .basic = false }, 1 },
	{ "is 8 bytes", { .basic = false }, 8 },
	{ "is 9 bytes", { .basic = false }, 9 },
	{ "is 64 bytes", { .basic = false }, 64 },
	{ "is 128 bytes", { .basic = false }, 128 },
	{ "is 129 bytes", { .basic = false }, 129 },
	{ "is 255 bytes", { .basic = false }, 255 },
	{ "is a NUL", { .data = { (const uint8_t *)"\0", 1 } }, 0 },
	{ "has a NUL behind it", { .data = { (const uint8_t *)"alice", 6 } }, 0 },
	{ "has a NUL behind the password", { .data = { (const uint8_t *)"wonderland", 11 } }, 0 },
	{ "has a newline", { .data = { (const uint8_t *)"alice\n", 6 } }, 0 },
	{ "has a colon", { .data = { (const uint8_t *)"alice:", 6 } }, 0 },
	{ "is in capitals", { .data = { (const uint8_t *)"WONDERLAND", 10 } }, 0 },
	{ "is shorter", { .data = { (const uint8_t *)"wonderlan", 9 } }, 0 },
	{ "is shorter", { .data = { (const uint8_t *)"alic", 4 } }, 0 },
	{ "is a format", { .data = { (const uint8_t *)"%n%s%x", 6 } }, 0 },
	{ "is a path", { .data = { (const uint8_t *)"../../x", 7 } }, 0 },
};
#define CHANGES (sizeof(changes) / sizeof(changes[0]))

static void change(uint16_t type, const struct change *how, enum abuse_verdict verdict)
{
	struct form form = read_form();
	struct isakmp_attribute *attribute = &form.attributes[index_of(&form, type)];

	memset(long_text, 'x', sizeof(long_text));
	*attribute = how->now;
	attribute->type = type;
	if (how->len > 0)
		attribute->data = span_make(long_text, how->len);
	(void)snprintf(what, sizeof(what), "attribute %u %s", type, how->name);
	try_form(&form, verdict);
}

static void drop(uint16_t type, enum abuse_verdict verdict)
{
	struct form form = read_form();
	int i = index_of(&form, type);

	memmove(&form.attributes[i], &form.attributes[i + 1],
		(size_t)((int)--form.said.count - i) * sizeof(form.attributes[0]));
	(void)snprintf(what, sizeof(what), "attribute %u is missing", type);
	try_form(&form, verdict);
}

/* One more, at the beginning or the end. */
static void also(struct isakmp_attribute attribute, bool first, enum abuse_verdict verdict)
{
	struct form form = read_form();

	memmove(&form.attributes[first ? 1 : 0], &form.attributes[0],
		form.said.count * sizeof(form.attributes[0]));
	form.attributes[first ? 0 : form.said.count] = attribute;
	form.said.count++;
	(void)snprintf(what, sizeof(what), "attribute %u (%s, %u) too, %s", attribute.type,
		       attribute.basic ? "short" : "long", attribute.value,
		       first ? "first" : "last");
	try_form(&form, verdict);
}

static void twice(uint16_t type, enum abuse_verdict verdict)
{
	struct form form = read_form();

	also(form.attributes[index_of(&form, type)], true, verdict);
	also(form.attributes[index_of(&form, type)], false, verdict);
}

/* Of no meaning here, in both forms. */
static void strangers(enum abuse_verdict verdict)
{
	static const uint16_t types[] = { 0,	 1,	2,     8,     13,    16383, 16384,
					  16519, 16524, 16526, 16530, 28672, 28678, 32767 };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		/* an address in two bytes cannot be read */
		also((struct isakmp_attribute){ .type = types[i], .basic = true, .value = 7 },
		     false,
		     types[i] == 1 || types[i] == 2 || types[i] == 8 ? ABUSE_NEVER : verdict);
		also((struct isakmp_attribute){ .type = types[i] }, true, verdict);
	}
}

static void other_types_of_message(uint8_t honest)
{
	for (unsigned type = 0; type < 256; type += type < 8 ? 1 : 31) {
		struct form form = read_form();
		form.said.type = (uint8_t)type;
		(void)snprintf(what, sizeof(what), "a transaction of type %u", type);
		if (type != honest)
			try_form(&form, ABUSE_NEVER);
	}
}

static void none_and_many(void)
{
	struct form form = read_form();

	form.said.count = 0;
	(void)snprintf(what, sizeof(what), "no attributes");
	try_form(&form, ABUSE_NEVER);
	form = read_form();
	while (form.said.count < 48)
		form.attributes[form.said.count++] = form.attributes[0];
	(void)snprintf(what, sizeof(what), "48 attributes");
	try_form(&form, ABUSE_ANY);
}

/* ---- the question ---- */

/* A question never proves anybody: the client says at most once what it knows, or gives up. */
static void the_question_may_be_any(void **state)
{
	static const uint16_t asked[] = { XAUTH_TYPE, XAUTH_USER_NAME, XAUTH_USER_PASSWORD };
	static const uint16_t beyond[] = { XAUTH_PASSCODE, XAUTH_CHALLENGE, XAUTH_STATUS,
					   XAUTH_NEXT_PIN, XAUTH_ANSWER };

	(void)state;
	begin(REQUEST);
	for (size_t i = 0; i < 3; i++) {
		for (size_t n = 0; n < CHANGES; n += n < 12 ? 1 : 4)
			change(asked[i], &changes[n], ABUSE_NEVER);
		drop(asked[i], ABUSE_NEVER);
		twice(asked[i], ABUSE_NEVER);
	}
	for (size_t i = 0; i < 5; i++)
		for (unsigned n = 0; n < 4; n++)
			also((struct isakmp_attribute){ .type = beyond[i],
							.basic = n < 2,
							.value = (uint16_t)n },
			     n % 2 == 0, ABUSE_NEVER);
	strangers(ABUSE_NEVER);
	other_types_of_message(ISAKMP_CFG_REQUEST);
	none_and_many();
	end();
}

/* ---- the answer ---- */

/* Only name and password prove the user; the rest of an answer may be as it is. */
static void nothing_but_name_and_password_proves_the_user(void **state)
{
	(void)state;
	begin(REPLY);
	for (size_t n = 0; n < CHANGES; n++) {
		change(XAUTH_USER_NAME, &changes[n], ABUSE_NEVER);
		change(XAUTH_USER_PASSWORD, &changes[n], ABUSE_NEVER);
		change(XAUTH_TYPE, &changes[n], ABUSE_ANY);
	}
	drop(XAUTH_USER_NAME, ABUSE_NEVER);
	drop(XAUTH_USER_PASSWORD, ABUSE_NEVER);
	drop(XAUTH_TYPE, ABUSE_ANY);
	twice(XAUTH_USER_NAME, ABUSE_NEVER);
	twice(XAUTH_USER_PASSWORD, ABUSE_NEVER);
	twice(XAUTH_TYPE, ABUSE_ANY);
	other_types_of_message(ISAKMP_CFG_REPLY);
	end();
}

static void what_stands_beside_the_password_does_not_help_it(void **state)
{
	const struct isakmp_attribute passcode = {
		.type = XAUTH_PASSCODE, .data = span_make((const uint8_t *)"wonderland", 10)
	};

	(void)state;
	begin(REPLY);
	also(passcode, true, ABUSE_NEVER); /* two passwords are none */
	also(passcode, false, ABUSE_NEVER);
	for (unsigned n = 0; n < 8; n++) {
		uint8_t bytes[9] = { [8] = (uint8_t)(n / 4) };
		struct isakmp_attribute status = { .type = XAUTH_STATUS, .value = n & 3 };
		status.basic = n < 4;
		status.data = status.basic ? SPAN_NONE : span_make(bytes, (n & 3) * 3);
		also(status, n % 2 == 0, n == 1 || n == 7 ? ABUSE_ANY : ABUSE_NEVER);
	}
	strangers(ABUSE_ANY);
	none_and_many();
	end();
}

/* ---- the verdict ---- */

/* Status 1 in any form (a number comes in both), and said once. */
static void only_the_right_word_proves_the_user_to_the_client(void **state)
{
	static const uint8_t one[255] = { [0] = 0, [1] = 0, [2] = 1, [5] = 1 };
	static const struct {
		unsigned from, len;
		enum abuse_verdict verdict;
	} longs[] = { { 2, 1, ABUSE_ANY },    { 1, 2, ABUSE_ANY },   { 0, 3, ABUSE_ANY },
		      { 1, 1, ABUSE_NEVER },  { 2, 2, ABUSE_NEVER }, { 0, 6, ABUSE_NEVER },
		      { 0, 255, ABUSE_NEVER } };

	(void)state;
	begin(SET);
	for (size_t n = 0; n < CHANGES; n++)
		if (!changes[n].now.basic || changes[n].now.value != 1)
			change(XAUTH_STATUS, &changes[n], ABUSE_NEVER);
	for (size_t n = 0; n < sizeof(longs) / sizeof(longs[0]); n++) {
		struct change how = { .name = "in so many bytes" };
		how.now.data = span_make(one + longs[n].from, longs[n].len);
		change(XAUTH_STATUS, &how, longs[n].verdict);
	}
	drop(XAUTH_STATUS, ABUSE_NEVER);
	strangers(ABUSE_ANY);
	other_types_of_message(ISAKMP_CFG_SET);
	end();
}

static void a_verdict_that_says_both_is_a_refusal(void **state)
{
	(void)state;
	begin(SET);
	for (unsigned value = 0; value < 3; value += 2) {
		struct isakmp_attribute status = { .type = XAUTH_STATUS,
						   .basic = true,
						   .value = (uint16_t)value };
		also(status, true, ABUSE_NEVER);
		also(status, false, ABUSE_NEVER);
	}
	end();
}

/* ---- the ACK ---- */

static void the_last_word_changes_nothing(void **state)
{
	(void)state;
	begin(ACK);
	for (size_t n = 0; n < CHANGES; n++)
		change(XAUTH_STATUS, &changes[n], ABUSE_NEVER);
	drop(XAUTH_STATUS, ABUSE_NEVER);
	twice(XAUTH_STATUS, ABUSE_NEVER);
	strangers(ABUSE_NEVER);
	other_types_of_message(ISAKMP_CFG_ACK);
	end();
}

/* ---- attributes that cannot be read ---- */

static bool is_text(const struct isakmp_attribute *attribute, const char *text)
{
	return !attribute->basic &&
	       span_equal(attribute->data, span_make((const uint8_t *)text, strlen(text)));
}

/* Name and password are there once (by either name of it), and no word of giving up. */
static bool is_true(struct span body)
{
	struct isakmp_config said;
	unsigned names = 0, passwords = 0;

	if (isakmp_config_parse(&arena, body, &said, NULL) != RC_OK)
		return false;
	for (unsigned i = 0; i < said.count; i++) {
		const struct isakmp_attribute *attribute = &said.attributes[i];
		if (attribute->type == XAUTH_USER_NAME && is_text(attribute, "alice"))
			names++;
		else if ((attribute->type == XAUTH_USER_PASSWORD ||
			  attribute->type == XAUTH_PASSCODE) &&
			 is_text(attribute, "wonderland"))
			passwords++;
	}
	return names == 1 && passwords == 1;
}

/* Each byte of the attributes payload is another one, by somebody who has the keys: the frame of an
 * attribute, its form, its length. */
static void attributes_that_cannot_be_read_prove_nobody(void **state)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	struct abuse_letter letter;

	(void)state;
	begin(REPLY);
	for (size_t at = 4; at < abuse.letter.parts[1].body.len; at++) { /* behind type and ID */
		for (size_t n = 0; n < sizeof(masks); n++) {
			abuse_copy(&abuse, &letter);
			letter.store[letter.parts[1].body.ptr - letter.store + (ptrdiff_t)at] ^=
				masks[n];
			(void)snprintf(what, sizeof(what), "byte %zu of the answer with %#x", at,
				       masks[n]);
			abuse_try_letter(&abuse, &letter, true,
					 is_true(letter.parts[1].body) ? ABUSE_ANY : ABUSE_NEVER,
					 what);
		}
	}
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(payloads_of_xauth),
		cmocka_unit_test(each_byte_of_each_message_and_hash_counts),
		cmocka_unit_test(the_question_may_be_any),
		cmocka_unit_test(nothing_but_name_and_password_proves_the_user),
		cmocka_unit_test(what_stands_beside_the_password_does_not_help_it),
		cmocka_unit_test(only_the_right_word_proves_the_user_to_the_client),
		cmocka_unit_test(a_verdict_that_says_both_is_a_refusal),
		cmocka_unit_test(the_last_word_changes_nothing),
		cmocka_unit_test(attributes_that_cannot_be_read_prove_nobody),
	};

	return exchange_run(tests);
}
