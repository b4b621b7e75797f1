/* SPDX-License-Identifier: Apache-2.0 */
/* The program resolvconf: which one it is, and what its end means. */
#include <string.h>
#include "network/private.h"
#include "unit/host/netns.h"

/* In the folder of this test. */
static void here_do(const char *folder, const char *script)
{
	char all[300];

	(void)snprintf(all, sizeof(all), "cd %s; %s", folder, script);
	netns_do(all);
}

static char said[600];

static void take_line(void *context, enum log_level level, const struct log_subject *subject,
		      const char *text)
{
	(void)context;
	(void)level;
	(void)subject;
	(void)snprintf(said, sizeof(said), "%s", text);
}

static void begin(struct network *network)
{
	memset(network, 0, sizeof(*network));
	said[0] = '\0';
	network->log = log_new(LOG_LEVEL_INFO);
	assert_non_null(network->log);
	assert_int_equal(log_add_sink(network->log, (struct log_sink){ .write = take_line }),
			 RC_OK);
}

static void link_to_resolvectl_is_known_in_the_first_folder_that_has_one(void **state)
{
	char folder[] = "/tmp/vanth-programs-XXXXXX";
	const char *const folders[] = { "/nowhere", folder, NULL };
	struct network network = { .program_folders = folders };

	(void)state;
	assert_non_null(mkdtemp(folder));
	assert_false(resolvconf_is_resolveds_own(&network)); /* there is none */
	here_do(folder, "touch resolvectl; chmod 755 resolvectl; ln -s resolvectl resolvconf");
	assert_true(resolvconf_is_resolveds_own(&network));
	here_do(folder, "rm resolvconf; cp resolvectl resolvconf");
	assert_false(resolvconf_is_resolveds_own(&network));
	network.program_folders = NULL;
	assert_false(resolvconf_is_resolveds_own(&network));
	here_do(folder, "rm resolvconf resolvectl");
	assert_int_equal(rmdir(folder), 0);
}

static void file_that_cannot_be_replaced_is_told_with_the_remedy(void **state)
{
	static const char *const lines[] = {
		"mv: cannot move 'resolv.conf.1': Device or resource busy",
		"cannot create /etc/resolv.conf.1: Read-only file system",
	};
	struct spawn_result result = { .end = SPAWN_EXITED, .code = 1, .last = "no" };
	struct network network;

	(void)state;
	begin(&network);
	for (unsigned i = 0; i < 2; i++) {
		result.last = lines[i];
		resolvconf_say(&network, "eth0", true, &result);
		assert_non_null(strstr(said, "name servers behind eth0 are not set"));
		assert_non_null(strstr(said, lines[i]));
		assert_non_null(strstr(said, "resolv_conf_mv=NO"));
	}
	result.last = "no";
	resolvconf_say(&network, "eth0", true, &result);
	assert_null(strstr(said, "resolv_conf_mv=NO"));
	log_free(network.log);
}

static void good_end_is_no_news(void **state)
{
	struct spawn_result result = { .end = SPAWN_EXITED, .code = 0, .last = "busy" };
	struct network network;

	(void)state;
	begin(&network);
	resolvconf_say(&network, "eth0", true, &result);
	assert_string_equal(said, "");
	result = (struct spawn_result){ .end = SPAWN_FAILED, .code = 2, .last = "" };
	resolvconf_say(&network, "eth0", false, &result);
	assert_non_null(strstr(said, "are not removed: resolvconf cannot be started"));
	log_free(network.log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(link_to_resolvectl_is_known_in_the_first_folder_that_has_one),
		cmocka_unit_test(file_that_cannot_be_replaced_is_told_with_the_remedy),
		cmocka_unit_test(good_end_is_no_news),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
