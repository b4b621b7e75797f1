/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/places.h"
#include "x509_test.h"

static struct span text(const char *url)
{
	return span_make(url, strlen(url));
}

static void what_is_packed_is_read_again_in_its_order(void **state)
{
	struct places places = { .count = 0 }, read;
	char block[100];

	(void)state;
	for (unsigned count = 0; count <= 3; count++) {
		assert_in_range(places_size(&places), count + 1, sizeof(block));
		places_pack(&places, block);
		assert_true(places_are(block, &places));
		places_read(block, &read);
		assert_int_equal(read.count, count);
		for (unsigned i = 0; i < count; i++)
			assert_true(span_equal(read.urls[i], places.urls[i]));
		places_add(&places, text(count == 1 ? "http://b/" : "http://a.example/"));
		assert_false(places_are(block, &places));
	}
}

static void one_follows_the_other_to_the_end(void **state)
{
	struct places places = { .count = 0 };
	char block[100];
	const char *url = block;

	(void)state;
	places_pack(&places, block);
	assert_null(places_next(block));
	places_add(&places, text("http://a/"));
	places_add(&places, text("http://b/"));
	places_pack(&places, block);
	assert_string_equal(url, "http://a/");
	url = places_next(url);
	assert_string_equal(url, "http://b/");
	assert_null(places_next(url));
}

static void what_does_not_fit_is_left_out(void **state)
{
	static char much[SOURCE_URL_MAX + 1];
	struct places places = { .count = 0 };

	(void)state;
	memset(much, 'a', sizeof(much));
	places_add(&places, SPAN_NONE);
	places_add(&places, span_make("http://a\0b", 10));
	places_add(&places, span_make(much, sizeof(much)));
	assert_int_equal(places.count, 0);
	places_add(&places, span_make(much, sizeof(much) - 1));
	assert_int_equal(places.count, 1);
	for (unsigned i = 0; i < 2 * PLACES_MAX; i++)
		places_add(&places, text("http://a/"));
	assert_int_equal(places.count, PLACES_MAX);
}

/* RFC 6960 appendix A.1 */
static void a_question_by_get_is_escaped_base64(void **state)
{
	static const uint8_t bytes[] = { 0xfb, 0xff, 0x00, 'a' };
	uint8_t long_one[200] = { 0 };
	char url[SOURCE_GET_URL_MAX];

	(void)state;
	assert_int_equal(source_get_url("http://o.example", SPAN_OF(bytes), url), RC_OK);
	assert_string_equal(url, "http://o.example/%2B%2F8AYQ%3D%3D");
	assert_int_equal(source_get_url("http://o.example/x/", span_make(bytes, 3), url), RC_OK);
	assert_string_equal(url, "http://o.example/x/%2B%2F8A");
	assert_int_equal(source_get_url("http://o.example", span_make(bytes, 2), url), RC_OK);
	assert_string_equal(url, "http://o.example/%2B%2F8%3D");
	assert_int_equal(source_get_url("http://o.example", SPAN_OF(long_one), url), RC_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_packed_is_read_again_in_its_order),
		cmocka_unit_test(one_follows_the_other_to_the_end),
		cmocka_unit_test(what_does_not_fit_is_left_out),
		cmocka_unit_test(a_question_by_get_is_escaped_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
