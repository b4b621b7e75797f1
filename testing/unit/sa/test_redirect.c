/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/redirect.h"
#include "unit/sa/sas_test.h"

static enum rc read_bytes(const void *bytes, size_t len, struct redirect_target *out)
{
	struct span in = span_make(bytes, len);

	return redirect_target_read(&in, out, NULL);
}

static void targets_of_every_type_come_back_as_they_were_emitted(void **state)
{
	static const char *const texts[] = { "192.0.2.1", "2001:db8::1", "vpn.example.org" };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct redirect_target target, back;
		uint8_t buffer[300];
		char text[256];
		struct sink sink;
		assert_int_equal(redirect_target_parse(texts[i], &target), RC_OK);
		sink_init(&sink, buffer, sizeof(buffer));
		redirect_target_emit(&sink, &target);
		assert_int_equal(buffer[0], i + 1);
		assert_int_equal(read_bytes(buffer, sink.len, &back), RC_OK);
		assert_true(redirect_target_equal(&target, &back));
		assert_string_equal(redirect_target_text(&back, text), texts[i]);
	}
}

static void hostile_targets_are_refused(void **state)
{
	static const struct {
		uint8_t bytes[8];
		size_t len;
	} bad[] = {
		{ { 0 }, 0 },
		{ { 1 }, 1 },
		{ { 1, 4, 1, 2, 3 }, 5 },
		{ { 1, 3, 1, 2, 3 }, 5 },
		{ { 2, 4, 1, 2, 3, 4 }, 6 },
		{ { 3, 0 }, 2 },
		{ { 3, 2, 'a', 0 }, 4 },
		{ { 3, 2, 'a', '/' }, 4 },
		{ { 3, 2, '.', 'a' }, 4 },
		{ { 0, 4, 1, 2, 3, 4 }, 6 },
		{ { 4, 4, 'a', 'b', 'c', 'd' }, 6 },
	};
	struct redirect_target target;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(read_bytes(bad[i].bytes, bad[i].len, &target), RC_SYNTAX);
	assert_int_equal(redirect_target_parse("no host", &target), RC_SYNTAX);
	assert_int_equal(redirect_target_parse("", &target), RC_SYNTAX);
}

static bool allowed(const char *list, const char *gateway)
{
	struct redirect_target target;

	assert_int_equal(redirect_target_parse(gateway, &target), RC_OK);
	return redirect_allowed(list, &target);
}

static void list_allows_addresses_subnets_and_names(void **state)
{
	(void)state;
	assert_true(allowed(NULL, "192.0.2.1"));
	assert_true(allowed("%any", "gw.example.org"));
	assert_true(allowed("198.51.100.7, 192.0.2.0/24", "192.0.2.1"));
	assert_false(allowed("198.51.100.7,192.0.2.0/24", "192.0.3.1"));
	assert_false(allowed("192.0.2.0/24", "gw.example.org"));
	assert_true(allowed("GW.example.org", "gw.example.org"));
	assert_false(allowed("", "192.0.2.1"));
}

static void more_than_five_in_five_minutes_are_a_loop(void **state)
{
	struct redirect redirect = { .count = 0 };
	usec_t now = 1000 * USEC_PER_SEC;

	(void)state;
	assert_false(redirect_too_often(NULL, now));
	for (unsigned i = 0; i < REDIRECTS_MAX; i++) {
		assert_false(redirect_too_often(&redirect, now));
		redirect.times[redirect.count++ % REDIRECTS_MAX] = now;
	}
	assert_true(redirect_too_often(&redirect, now + 1));
	assert_false(redirect_too_often(&redirect, now + REDIRECT_PERIOD));
}

static struct ip_addr client_at(unsigned i)
{
	return (struct ip_addr){ .family = AF_INET,
				 .bytes = { 10, 0, (uint8_t)(i >> 8), (uint8_t)i } };
}

static const struct redirect_target nowhere = { .name = "" };

/* Which of gw1.example.org to gw4.example.org; 0: none. */
static unsigned picked(const char *list, unsigned client)
{
	struct ip_addr addr = client_at(client), self = client_at(0xffff);
	struct redirect_target target;

	if (!redirect_list_pick(list, &addr, &self, &nowhere, &target))
		return 0;
	assert_int_equal(strlen(target.name), strlen("gw1.example.org"));
	return (unsigned)(target.name[2] - '0');
}

#define THREE "gw1.example.org,gw2.example.org, gw3.example.org"

static void clients_are_spread_evenly_and_come_back_to_the_same_gateway(void **state)
{
	unsigned counts[5] = { 0 };

	(void)state;
	for (unsigned i = 0; i < 3000; i++) {
		unsigned which = picked(THREE, i);
		counts[which]++;
		assert_int_equal(picked(THREE, i), which);
		assert_int_equal(picked("gw3.example.org gw1.example.org,GW2.example.org", i),
				 which);
	}
	for (unsigned i = 1; i <= 3; i++)
		assert_in_range(counts[i], 850, 1150);
}

static void gateway_more_or_less_moves_nobody_elses_clients(void **state)
{
	unsigned moved = 0;

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		unsigned before = picked(THREE, i), after = picked(THREE ",gw4.example.org", i);
		assert_true(after == before || after == 4);
		moved += after == 4;
	}
	assert_in_range(moved, 180, 320);
}

static void nobody_is_sent_to_the_gateway_itself_nor_back(void **state)
{
	struct ip_addr client = client_at(1), self;
	struct redirect_target from, target;

	(void)state;
	assert_int_equal(ip_parse("192.0.2.1", &self), RC_OK);
	assert_int_equal(redirect_target_parse("GW.example.org", &from), RC_OK);
	assert_false(redirect_list_pick("192.0.2.1", &client, &self, &nowhere, &target));
	assert_false(
		redirect_list_pick("192.0.2.1,gw.example.org", &client, &self, &from, &target));
	assert_true(redirect_list_pick("192.0.2.1,gw.example.org,192.0.2.2", &client, &self, &from,
				       &target));
	assert_int_equal(target.addr.bytes[3], 2);
}

static void lists_of_gateways_are_checked(void **state)
{
	char many[REDIRECT_TARGETS_MAX * 10 + 16] = "";
	struct diag diag;

	(void)state;
	assert_int_equal(redirect_list_check(THREE, &diag), RC_OK);
	assert_int_equal(redirect_list_check("192.0.2.1 , 2001:db8::1", &diag), RC_OK);
	assert_int_equal(redirect_list_check("", &diag), RC_SYNTAX);
	assert_int_equal(redirect_list_check(" , ", &diag), RC_SYNTAX);
	assert_int_equal(redirect_list_check("192.0.2.1,a host!", &diag), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "not each of these"));
	for (unsigned i = 0; i < REDIRECT_TARGETS_MAX; i++)
		memcpy(many + i * 10, "192.0.2.1,", 10);
	assert_int_equal(redirect_list_check(many, &diag), RC_OK);
	memcpy(many + REDIRECT_TARGETS_MAX * 10, "gw", 3);
	assert_int_equal(redirect_list_check(many, &diag), RC_SYNTAX);
	assert_non_null(strstr(diag.text, "17 gateways"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_of_every_type_come_back_as_they_were_emitted),
		cmocka_unit_test(hostile_targets_are_refused),
		cmocka_unit_test(list_allows_addresses_subnets_and_names),
		cmocka_unit_test(more_than_five_in_five_minutes_are_a_loop),
		cmocka_unit_test(clients_are_spread_evenly_and_come_back_to_the_same_gateway),
		cmocka_unit_test(gateway_more_or_less_moves_nobody_elses_clients),
		cmocka_unit_test(nobody_is_sent_to_the_gateway_itself_nor_back),
		cmocka_unit_test(lists_of_gateways_are_checked),
	};

	return sas_run(tests);
}
