/* SPDX-License-Identifier: Apache-2.0 */
/* Is systemd-resolved in our network namespace? What it is told names links by their number, which
 * means another link elsewhere. /proc tells nobody without CAP_SYS_PTRACE the namespace of another
 * user's process, but it lists the netlink sockets of ours: each process has one of a protocol that
 * is called by its process number, and resolved has one for links from its start. */
#include <linux/netlink.h>
#include <stdio.h>
#include "network/private.h"

#define LINES_MAX 100000

bool neighbour_has_links(const char *table, uint32_t pid)
{
	FILE *file = fopen(table, "re");
	char line[256];
	bool found = false;

	if (file == NULL)
		return true; /* nothing speaks against it */
	for (unsigned i = 0; i < LINES_MAX && !found && fgets(line, sizeof(line), file) != NULL;
	     i++) {
		unsigned protocol, port;
		found = sscanf(line, "%*s %u %u", &protocol, &port) == 2 &&
			protocol == NETLINK_ROUTE && port == pid;
	}
	(void)fclose(file);
	return found;
}
