/* SPDX-License-Identifier: Apache-2.0 */
/* Processes with a socket for links, as /proc/net/netlink lists them. */
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include "network/private.h"
#include "unit/host/netns.h"

static void only_sockets_for_links_count(void **state)
{
	static const char text[] = "sk Eth Pid Groups\n0 0 312 00000001 0\n"
				   "0 6 700 00000000 0\n0 0\n";
	char table[] = "/tmp/vanth-table-XXXXXX";
	int fd = mkstemp(table);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
	assert_true(neighbour_has_links(table, 312));
	assert_false(neighbour_has_links(table, 31));
	assert_false(neighbour_has_links(table, 700));
	assert_int_equal(remove(table), 0);
}

static void table_that_is_not_there_speaks_against_nobody(void **state)
{
	(void)state;
	assert_true(neighbour_has_links("/nowhere/netlink", 312));
}

/* A socket of this process in one namespace is not seen from another. */
static void namespaces_have_a_table_each(void **state)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int links;

	(void)state;
	netns_bare_or_skip();
	links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	assert_int_equal(bind(links, (const struct sockaddr *)&any, sizeof(any)), 0);
	assert_true(neighbour_has_links("/proc/self/net/netlink", (uint32_t)getpid()));
	netns_bare_or_skip();
	assert_false(neighbour_has_links("/proc/self/net/netlink", (uint32_t)getpid()));
	(void)close(links);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_sockets_for_links_count),
		cmocka_unit_test(table_that_is_not_there_speaks_against_nobody),
		cmocka_unit_test(namespaces_have_a_table_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
