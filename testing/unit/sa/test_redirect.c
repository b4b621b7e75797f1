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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(targets_of_every_type_come_back_as_they_were_emitted),
		cmocka_unit_test(hostile_targets_are_refused),
		cmocka_unit_test(list_allows_addresses_subnets_and_names),
		cmocka_unit_test(more_than_five_in_five_minutes_are_a_loop),
	};

	return sas_run(tests);
}
