/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/private.h"
#include "unit/sa/sas_test.h"

#define I 11
#define R 12

struct letter {
	struct sas_fixture f;
	struct arena arena;
	struct ike_message message;
	struct ip_endpoint west, east, outside;
};

/* From west to east, with both notifies as west sees itself and the peer; notifies 0: none. */
static void letter_begin(struct letter *letter, bool force, unsigned notifies)
{
	struct ike_header header = {
		.spi_i = I, .spi_r = R, .version = IKE_VERSION_2, .exchange = EXCHANGE_IKE_SA_INIT
	};
	struct writer writer;
	struct sink sink;

	sas_begin(&letter->f, SAS_CONN);
	arena_init(&letter->arena, 65536);
	letter->west = sas_endpoint("192.0.2.1", 500);
	letter->east = sas_endpoint("192.0.2.2", 500);
	letter->outside = sas_endpoint("198.51.100.7", 1024);
	uint8_t *buffer = arena_alloc(&letter->arena, 512);
	sink_init(&sink, buffer, 512);
	writer_message(&writer, &sink, &header);
	for (unsigned i = 0; i < notifies; i++)
		assert_int_equal(nat_emit(&writer, letter->f.host, I, R, &letter->west,
					  &letter->east, force),
				 RC_OK);
	assert_int_equal(writer_message_end(&writer), RC_OK);
	assert_int_equal(wire_message_parse(&letter->arena, sink_written(&sink), &letter->message,
					    NULL, NULL),
			 RC_OK);
}

static void letter_end(struct letter *letter)
{
	arena_free(&letter->arena);
	sas_end(&letter->f);
}

static struct nat_findings seen(struct letter *letter, const struct ip_endpoint *local,
				const struct ip_endpoint *remote)
{
	struct nat_findings out;

	assert_int_equal(nat_detect(&letter->message, local, remote, I, R, &out), RC_OK);
	return out;
}

static void what_arrives_as_it_was_sent_has_no_nat(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, false, 1);
	struct nat_findings nat = seen(&letter, &letter.east, &letter.west);
	assert_true(nat.supported && !nat.here && !nat.there);
	letter_end(&letter);
}

static void each_changed_end_is_told_apart(void **state)
{
	struct letter letter;
	struct ip_endpoint port;

	(void)state;
	letter_begin(&letter, false, 1);
	struct nat_findings nat = seen(&letter, &letter.east, &letter.outside);
	assert_true(nat.there && !nat.here);
	nat = seen(&letter, &letter.outside, &letter.west);
	assert_true(nat.here && !nat.there);
	port = letter.west;
	port.port = 501;
	nat = seen(&letter, &letter.east, &port);
	assert_true(nat.there && !nat.here);
	letter_end(&letter);
}

static void hashes_of_other_spis_do_not_match(void **state)
{
	struct letter letter;
	struct nat_findings nat;

	(void)state;
	letter_begin(&letter, false, 1);
	assert_int_equal(nat_detect(&letter.message, &letter.east, &letter.west, I, R + 1, &nat),
			 RC_OK);
	assert_true(nat.here && nat.there);
	letter_end(&letter);
}

static void peer_that_sends_none_does_not_support_it(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, false, 0);
	struct nat_findings nat = seen(&letter, &letter.east, &letter.outside);
	assert_true(!nat.supported && !nat.here && !nat.there);
	letter_end(&letter);
}

static void forced_encapsulation_looks_like_a_nat_to_the_other_end_only(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, true, 1);
	struct nat_findings nat = seen(&letter, &letter.east, &letter.west);
	assert_true(nat.supported && nat.there && !nat.here);
	letter_end(&letter);
}

/* §2.23: a multihomed sender may name several sources. */
static void one_match_among_several_sources_is_enough(void **state)
{
	struct letter letter;

	(void)state;
	letter_begin(&letter, false, 3);
	struct nat_findings nat = seen(&letter, &letter.east, &letter.west);
	assert_true(nat.supported && !nat.there && !nat.here);
	letter_end(&letter);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_arrives_as_it_was_sent_has_no_nat),
		cmocka_unit_test(each_changed_end_is_told_apart),
		cmocka_unit_test(hashes_of_other_spis_do_not_match),
		cmocka_unit_test(peer_that_sends_none_does_not_support_it),
		cmocka_unit_test(forced_encapsulation_looks_like_a_nat_to_the_other_end_only),
		cmocka_unit_test(one_match_among_several_sources_is_enough),
	};

	return sas_run(tests);
}
