/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "sa/isakmp.h"
#include "unit/sa/sas_test.h"

static struct config_setup setup = { .max_halfopen = 1000, .halfopen_timeout = 30 * USEC_PER_SEC };

/* The key pair is made at once, unless making. */
static struct ike_sa *enter_as(struct sas_fixture *f, const char *address, bool making)
{
	struct ike_sa *sa = sas_ike(f, RESPONDER);
	static uint32_t number;

	sa->remote = sas_endpoint(address, 500);
	sa->larval->init_request = mem_alloc(sizeof(number));
	assert_non_null(sa->larval->init_request);
	number++;
	memcpy(sa->larval->init_request, &number, sizeof(number));
	sa->larval->init_request_len = sizeof(number);
	assert_int_equal(ike_sa_expect(&f->sas, sa), RC_OK);
	if (making)
		return sa;
	assert_int_equal(ike_sa_link(&f->sas, sa), RC_OK);
	sa->state = IKEV2_HALF_OPEN;
	return sa;
}

static struct ike_sa *enter(struct sas_fixture *f, const char *address)
{
	return enter_as(f, address, false);
}

static void enter_many(struct sas_fixture *f, const char *address, unsigned count)
{
	while (count-- > 0)
		(void)enter(f, address);
}

static enum half_open_room room(struct sas_fixture *f, const char *address)
{
	struct ip_addr remote = sas_endpoint(address, 0).addr;

	return half_open_room(&f->sas, &setup, &remote, host_now(f->host));
}

static struct ike_sa *surplus(struct sas_fixture *f, const char *address)
{
	struct ip_addr remote = sas_endpoint(address, 0).addr;

	return half_open_surplus(&f->sas, &setup, &remote, host_now(f->host));
}

static void finish(struct sas_fixture *f)
{
	list_for_safe(node, &f->sas.half_open)
		ike_sa_free(&f->sas, container_of(node, struct ike_sa, in_half_open));
	assert_int_equal(f->sas.half_open_count, 0);
	assert_int_equal(f->sas.table.groups.count, 0);
	assert_int_equal(f->sas.table.unproven, 0);
	assert_true(list_empty(&f->sas.table.making));
	for (unsigned i = 0; i < HALF_OPEN_CROWDS; i++)
		assert_true(list_empty(&f->sas.table.crowds[i]));
	sas_end(f);
}

static void address_has_a_share_and_its_oldest_makes_room_when_it_is_not_young(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *first = enter(&f, "198.51.100.1");
	enter_many(&f, "198.51.100.1", 62);
	assert_int_equal(room(&f, "198.51.100.1"), HALF_OPEN_ROOM);
	enter_many(&f, "198.51.100.1", 1);
	assert_int_equal(room(&f, "198.51.100.1"), HALF_OPEN_MANY_ADDRESS);
	assert_int_equal(room(&f, "198.51.100.2"), HALF_OPEN_ROOM);
	assert_null(surplus(&f, "198.51.100.1"));
	world_run(f.world, USEC_PER_SEC);
	assert_int_equal(room(&f, "198.51.100.1"), HALF_OPEN_ROOM);
	(void)enter(&f, "198.51.100.1");
	assert_ptr_equal(surplus(&f, "198.51.100.1"), first);
	ike_sa_free(&f.sas, first);
	assert_null(surplus(&f, "198.51.100.1"));
	finish(&f);
}

static void prefix_has_a_share_over_all_its_addresses(void **state)
{
	struct sas_fixture f;
	char address[32];

	(void)state;
	sas_begin(&f, SAS_CONN);
	for (unsigned i = 0; i < 128; i++) {
		(void)snprintf(address, sizeof(address), "198.51.100.%u", i);
		(void)enter(&f, address);
	}
	assert_int_equal(room(&f, "198.51.100.200"), HALF_OPEN_MANY_PREFIX);
	assert_int_equal(room(&f, "198.51.101.200"), HALF_OPEN_ROOM);
	finish(&f);
}

static void ipv6_addresses_are_64_bits_and_prefixes_48(void **state)
{
	struct sas_fixture f;
	char address[40];

	(void)state;
	sas_begin(&f, SAS_CONN);
	for (unsigned i = 0; i < 64; i++) {
		(void)snprintf(address, sizeof(address), "2001:db8:1:2::%x", i + 1);
		(void)enter(&f, address);
	}
	assert_int_equal(room(&f, "2001:db8:1:2:ffff::1"), HALF_OPEN_MANY_ADDRESS);
	assert_int_equal(room(&f, "2001:db8:1:3::1"), HALF_OPEN_ROOM);
	enter_many(&f, "2001:db8:1:3::1", 64);
	assert_int_equal(room(&f, "2001:db8:1:4::1"), HALF_OPEN_MANY_PREFIX);
	assert_int_equal(room(&f, "2001:db8:2:4::1"), HALF_OPEN_ROOM);
	finish(&f);
}

/* An IPv4 address and the IPv6 one that begins with the same bytes are not the same. */
static void families_are_kept_apart(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	enter_many(&f, "32.1.13.184", 64);
	assert_int_equal(room(&f, "32.1.13.184"), HALF_OPEN_MANY_ADDRESS);
	assert_int_equal(room(&f, "2001:db8::1"), HALF_OPEN_ROOM);
	finish(&f);
}

/* Fills the table: 90 each of eleven prefixes, 10 of another. */
static void fill(struct sas_fixture *f)
{
	char address[32];

	enter_many(f, "203.0.113.1", 10);
	for (unsigned i = 0; i < 990; i++) {
		(void)snprintf(address, sizeof(address), "10.0.%u.%u", i % 11, i / 22);
		(void)enter(f, address);
	}
	assert_int_equal(f->sas.half_open_count, 1000);
}

static void full_table_makes_room_from_the_most_crowded_prefix_even_young_ones(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	fill(&f);
	assert_int_equal(room(&f, "192.0.2.77"), HALF_OPEN_ROOM);
	(void)enter(&f, "192.0.2.77");
	struct ike_sa *victim = surplus(&f, "192.0.2.77");
	assert_non_null(victim);
	assert_int_equal(victim->remote.addr.bytes[0], 10);
	ike_sa_free(&f.sas, victim);
	assert_null(surplus(&f, "192.0.2.77"));
	finish(&f);
}

static void one_of_a_crowd_displaces_nobody_young(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	fill(&f);
	assert_int_equal(room(&f, "10.0.3.200"), HALF_OPEN_FULL);
	world_run(f.world, USEC_PER_SEC);
	assert_int_equal(room(&f, "10.0.3.200"), HALF_OPEN_ROOM);
	finish(&f);
}

static void one_that_is_worked_on_is_passed_over(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *first = enter(&f, "198.51.100.1"), *second = enter(&f, "198.51.100.1");
	enter_many(&f, "198.51.100.1", 63);
	world_run(f.world, USEC_PER_SEC);
	first->errand = &f;
	assert_ptr_equal(surplus(&f, "198.51.100.1"), second);
	first->errand = NULL;
	assert_ptr_equal(surplus(&f, "198.51.100.1"), first);
	finish(&f);
}

/* It is in no table yet: only its errand may end it. */
static void one_of_ikev1_that_is_being_made_is_passed_over(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *first = enter_as(&f, "198.51.100.1", true);
	first->v1 = isakmp_new();
	assert_non_null(first->v1);
	assert_false(ike_sa_is_half_open(first));
	struct ike_sa *second = enter(&f, "198.51.100.1");
	enter_many(&f, "198.51.100.1", 63);
	world_run(f.world, 10 * USEC_PER_SEC);
	assert_ptr_equal(surplus(&f, "198.51.100.1"), second);
	ike_sa_free(&f.sas, first);
	finish(&f);
}

static void waiting_key_pairs_are_bounded_in_time_first_for_those_with_many(void **state)
{
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	struct ike_sa *first = enter_as(&f, "198.51.100.1", true);
	for (unsigned i = 0; i < 63; i++)
		(void)enter_as(&f, "198.51.100.2", true);
	assert_int_equal(room(&f, "198.51.100.3"), HALF_OPEN_ROOM);
	world_run(f.world, 600 * USEC_PER_MSEC);
	assert_int_equal(half_open_queue_age(&f.sas, host_now(f.host)), 600 * USEC_PER_MSEC);
	assert_int_equal(room(&f, "198.51.100.3"), HALF_OPEN_BUSY);
	assert_int_equal(room(&f, "203.0.113.3"), HALF_OPEN_ROOM);
	half_open_made(first);
	assert_int_equal(room(&f, "198.51.100.3"), HALF_OPEN_ROOM);
	world_run(f.world, 1400 * USEC_PER_MSEC);
	assert_int_equal(room(&f, "203.0.113.3"), HALF_OPEN_BUSY);
	finish(&f);
}

static void entering_without_memory_leaves_no_trace(void **state)
{
	struct sas_fixture f;
	struct ike_sa *sa;
	unsigned failed = 0;

	(void)state;
	sas_begin(&f, SAS_CONN);
	enter_many(&f, "203.0.113.1", 1); /* the tables have their slots */
	sa = sas_ike(&f, RESPONDER);
	for (uint64_t n = 1; n <= 2; n++) {
		mem_fail_nth(n);
		failed += half_open_enter(&f.sas, sa) == RC_NO_MEMORY;
		mem_fail_nth(0);
		assert_int_equal(f.sas.half_open_count, 1);
		assert_int_equal(f.sas.table.groups.count, 2);
	}
	assert_int_equal(failed, 2);
	ike_sa_free(&f.sas, sa);
	finish(&f);
}

static void who_has_begun_is_known_by_address(void **state)
{
	const struct ip_addr one = sas_endpoint("192.0.2.1", 0).addr;
	const struct ip_addr other = sas_endpoint("192.0.2.2", 0).addr;
	struct sas_fixture f;

	(void)state;
	sas_begin(&f, SAS_CONN);
	assert_false(half_open_here(&f.sas, &one));
	(void)enter(&f, "192.0.2.1");
	assert_true(half_open_here(&f.sas, &one));
	assert_false(half_open_here(&f.sas, &other));
	finish(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_begun_is_known_by_address),
		cmocka_unit_test(
			address_has_a_share_and_its_oldest_makes_room_when_it_is_not_young),
		cmocka_unit_test(prefix_has_a_share_over_all_its_addresses),
		cmocka_unit_test(ipv6_addresses_are_64_bits_and_prefixes_48),
		cmocka_unit_test(families_are_kept_apart),
		cmocka_unit_test(
			full_table_makes_room_from_the_most_crowded_prefix_even_young_ones),
		cmocka_unit_test(one_of_a_crowd_displaces_nobody_young),
		cmocka_unit_test(one_that_is_worked_on_is_passed_over),
		cmocka_unit_test(one_of_ikev1_that_is_being_made_is_passed_over),
		cmocka_unit_test(waiting_key_pairs_are_bounded_in_time_first_for_those_with_many),
		cmocka_unit_test(entering_without_memory_leaves_no_trace),
	};

	return sas_run(tests);
}
