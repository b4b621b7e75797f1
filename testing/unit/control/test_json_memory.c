/* SPDX-License-Identifier: Apache-2.0 */
#include "control/json_memory.h"
#include <jansson.h>
#include <stdlib.h>
#include "base/secret.h"
#include "unit/traces.h"

/* "curiouser and curiouser", masked */
static const char password[] = "\066\040\047\074\072\040\046\060\047\165\064\073\061\165\066\040"
			       "\047\074\072\040\046\060\047";

static void what_is_there_is_found(void **state)
{
	char *text = malloc(sizeof(password));

	(void)state;
	assert_non_null(text);
	trace_text(password, text);
	if (traces_in(0, password) < 0)
		skip();
	assert_int_equal(traces_in(0, password), 1);
	wipe(text, sizeof(password));
	assert_int_equal(traces_in(0, password), 0);
	free(text);
}

/* Long enough for jansson to grow its buffers on the way, and to leave the old ones behind. */
static json_t *parsed(const char *masked)
{
	static char text[400]; /* printf() would leave a trace of its own */
	json_t *json;

	(void)strcpy(text, "{\"method\":\"io.vanth.ike.Login\",\"parameters\":{\"password\":\"");
	for (unsigned i = 0; i < 4; i++)
		trace_text(masked, text + strlen(text));
	(void)strcat(text, "\"}}");
	json = json_loads(text, 0, NULL);
	wipe(text, sizeof(text));
	return json;
}

/* dumped: how often it is there while the JSON is. */
static void read_and_write(const char *masked, int *dumped)
{
	json_t *json = parsed(masked);
	char *text;

	assert_non_null(json);
	text = json_dumps(json, JSON_COMPACT);
	assert_non_null(text);
	*dumped = traces_in(0, password);
	json_text_free(text);
	json_decref(json);
}

/* The first time with another text: the dynamic linker, which then looks for the functions, saves
 * the registers on the stack, whatever memcpy() has left in them. */
static void json_that_is_gone_leaves_no_trace(void **state)
{
	int dumped;

	(void)state;
	read_and_write("another", &dumped);
	read_and_write(password, &dumped);
	if (dumped < 0)
		skip();
	assert_true(dumped >= 8);
	assert_int_equal(traces_in(0, password), 0);
}

static void nothing_is_freed_as_nothing(void **state)
{
	(void)state;
	json_text_free(NULL);
	assert_null(json_loads("{", 0, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_there_is_found),
		cmocka_unit_test(json_that_is_gone_leaves_no_trace),
		cmocka_unit_test(nothing_is_freed_as_nothing),
	};

	json_memory_wipes();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
