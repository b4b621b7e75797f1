/* SPDX-License-Identifier: Apache-2.0 */
/* leftprotoport=: ranges of ports, OPAQUE, types of ICMP (RFC 7296 §3.13.1), in both roles. */
#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define RANGE  "\trightprotoport=tcp/1000-2000\n"
#define ICMP   "\tleftprotoport=icmp/8\n"
#define OPAQUE "\tleftprotoport=udp/%opaque\n\trightprotoport=udp/%opaque\n"

static struct selector packet_end(const char *addr, uint8_t protocol, uint16_t port)
{
	struct ip_addr one;
	struct ip_range range;

	assert_int_equal(ip_parse(addr, &one), RC_OK);
	range = range_single(&one);
	return (struct selector){ range, protocol, port, port };
}

/* From behind west to behind east. */
static enum simulated_verdict packet(struct pair *pair, uint8_t protocol, uint16_t from,
				     uint16_t to)
{
	struct selector src = packet_end("10.1.0.7", protocol, from);
	struct selector dst = packet_end("10.2.0.7", protocol, to);

	return kernel_simulated_packet(pair->west.kernel, pair->east.kernel, &src, &dst, 84);
}

static enum simulated_verdict packet_back(struct pair *pair, uint8_t protocol, uint16_t from,
					  uint16_t to)
{
	struct selector src = packet_end("10.2.0.7", protocol, from);
	struct selector dst = packet_end("10.1.0.7", protocol, to);

	return kernel_simulated_packet(pair->east.kernel, pair->west.kernel, &src, &dst, 84);
}

/* Begun by west or by east. */
static void begin(struct pair *pair, bool from_west, const char *west, const char *east)
{
	pair_start(pair, 3, west, east, NULL, NULL);
	end_up(from_west ? &pair->west : &pair->east, "t");
	assert_true(pair_comes_up(pair, 5 * USEC_PER_SEC));
}

static void a_range_of_ports_is_protected_and_nothing_else(void **state)
{
	(void)state;
	for (unsigned role = 0; role < 2; role++) {
		struct pair pair;
		begin(&pair, role == 0, PAIR_CONN RANGE, PAIR_CONN RANGE);
		for (uint16_t port = 1000; port <= 2000; port = (uint16_t)(port + 125)) {
			assert_int_equal(packet(&pair, IPPROTO_TCP, 40000, port),
					 SIMULATED_ARRIVED);
			assert_int_equal(packet_back(&pair, IPPROTO_TCP, port, 40000),
					 SIMULATED_ARRIVED);
		}
		assert_int_equal(packet(&pair, IPPROTO_TCP, 40000, 999), SIMULATED_CLEAR);
		assert_int_equal(packet(&pair, IPPROTO_TCP, 40000, 2001), SIMULATED_CLEAR);
		assert_int_equal(packet(&pair, IPPROTO_UDP, 40000, 1500), SIMULATED_CLEAR);
		pair_end(&pair);
	}
}

static void a_range_is_narrowed_to_a_part_of_it(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, true, PAIR_CONN RANGE "\tnarrowing=yes\n",
	      PAIR_CONN "\trightprotoport=tcp/1500-1600\n\tnarrowing=yes\n");
	assert_int_equal(packet(&pair, IPPROTO_TCP, 40000, 1500), SIMULATED_ARRIVED);
	assert_int_equal(packet(&pair, IPPROTO_TCP, 40000, 1600), SIMULATED_ARRIVED);
	assert_int_equal(packet(&pair, IPPROTO_TCP, 40000, 1400), SIMULATED_CLEAR);
	pair_end(&pair);
}

static void ranges_apart_are_refused_with_both_told(void **state)
{
	struct pair pair;

	(void)state;
	pair_start(&pair, 3, PAIR_CONN RANGE, PAIR_CONN "\trightprotoport=tcp/3000-3100\n", NULL,
		   NULL);
	end_up(&pair.west, "t");
	pair_run(&pair, 5 * USEC_PER_SEC);
	assert_int_equal(pair.west.child_up, 0);
	assert_true(end_said(&pair.east, "tcp/1000-2000"));
	assert_true(end_said(&pair.east, "tcp/3000-3100"));
	pair_end(&pair);
}

static void one_icmp_type_with_all_its_codes_is_protected(void **state)
{
	(void)state;
	for (unsigned role = 0; role < 2; role++) {
		struct pair pair;
		begin(&pair, role == 0, PAIR_CONN ICMP, PAIR_CONN ICMP);
		assert_int_equal(packet(&pair, IPPROTO_ICMP, 0x0800, 0x0800), SIMULATED_ARRIVED);
		assert_int_equal(packet(&pair, IPPROTO_ICMP, 0x0805, 0x0805), SIMULATED_ARRIVED);
		assert_int_equal(packet(&pair, IPPROTO_ICMP, 0x0000, 0x0000), SIMULATED_CLEAR);
		assert_int_equal(packet(&pair, IPPROTO_ICMP, 0x0900, 0x0900), SIMULATED_CLEAR);
		pair_end(&pair);
	}
}

static void a_type_with_a_code_is_narrowed_out_of_the_type(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, true, PAIR_CONN "\tleftprotoport=icmp/3\n\tnarrowing=yes\n",
	      PAIR_CONN "\tleftprotoport=icmp/3/1\n\tnarrowing=yes\n");
	assert_int_equal(packet(&pair, IPPROTO_ICMP, 0x0301, 0x0301), SIMULATED_ARRIVED);
	assert_int_equal(packet(&pair, IPPROTO_ICMP, 0x0300, 0x0300), SIMULATED_CLEAR);
	pair_end(&pair);
}

static void opaque_ports_are_those_that_nobody_sees(void **state)
{
	(void)state;
	for (unsigned role = 0; role < 2; role++) {
		struct pair pair;
		begin(&pair, role == 0, PAIR_CONN OPAQUE, PAIR_CONN OPAQUE);
		assert_int_equal(packet(&pair, IPPROTO_UDP, 0, 0), SIMULATED_ARRIVED);
		assert_int_equal(packet(&pair, IPPROTO_UDP, 40000, 53), SIMULATED_CLEAR);
		pair_end(&pair);
	}
}

/* RFC 4301 §4.4.1.1: ANY includes OPAQUE. */
static void opaque_is_narrowed_out_of_any(void **state)
{
	struct pair pair;

	(void)state;
	begin(&pair, true, PAIR_CONN "\tleftprotoport=udp\n\tnarrowing=yes\n",
	      PAIR_CONN OPAQUE "\tnarrowing=yes\n");
	assert_int_equal(packet(&pair, IPPROTO_UDP, 0, 0), SIMULATED_ARRIVED);
	assert_int_equal(packet(&pair, IPPROTO_UDP, 40000, 53), SIMULATED_CLEAR);
	pair_end(&pair);
}

static void a_range_stays_over_a_rekey_and_goes_with_the_tunnel(void **state)
{
	struct pair pair;
	struct diag diag;

	(void)state;
	begin(&pair, true, PAIR_CONN RANGE "\tsalifetime=60s\n\trekeymargin=20s\n",
	      PAIR_CONN RANGE);
	pair_run(&pair, 90 * USEC_PER_SEC);
	assert_true(pair.west.child_up > 1);
	assert_int_equal(packet(&pair, IPPROTO_TCP, 40000, 1234), SIMULATED_ARRIVED);
	assert_int_equal(gateway_down(pair.west.gateway, "t", &diag), RC_OK);
	pair_run(&pair, 60 * USEC_PER_SEC);
	end_assert_empty(&pair.west);
	end_assert_empty(&pair.east);
	pair_end(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_range_of_ports_is_protected_and_nothing_else),
		cmocka_unit_test(a_range_is_narrowed_to_a_part_of_it),
		cmocka_unit_test(ranges_apart_are_refused_with_both_told),
		cmocka_unit_test(one_icmp_type_with_all_its_codes_is_protected),
		cmocka_unit_test(a_type_with_a_code_is_narrowed_out_of_the_type),
		cmocka_unit_test(opaque_ports_are_those_that_nobody_sees),
		cmocka_unit_test(opaque_is_narrowed_out_of_any),
		cmocka_unit_test(a_range_stays_over_a_rekey_and_goes_with_the_tunnel),
	};

	return exchange_run(tests);
}
