/* SPDX-License-Identifier: Apache-2.0 */
/* The program resolvconf: which one it is, and what its end means. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "network/private.h"

static bool find(const struct network *network, char path[PATH_MAX])
{
	for (const char *const *folder = network->program_folders; *folder != NULL; folder++) {
		int len = snprintf(path, PATH_MAX, "%s/resolvconf", *folder);
		if (len < PATH_MAX && access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* Debian's package systemd-resolved has resolvconf as a link to resolvectl: that one knows no keys,
 * and takes "eth0.vanth0" for eth0. */
bool resolvconf_is_resolveds_own(const struct network *network)
{
	char path[PATH_MAX], real[PATH_MAX];
	const char *name;

	if (network->program_folders == NULL || !find(network, path) ||
	    realpath(path, real) == NULL)
		return false;
	name = strrchr(real, '/');
	return name != NULL &&
	       (strcmp(name, "/resolvectl") == 0 || strcmp(name, "/systemd-resolve") == 0);
}

/* The unit lets one file be written, and only in its place. */
static const char *hint_of(const char *last)
{
	return strstr(last, "Read-only file system") != NULL ||
			       strstr(last, "Device or resource busy") != NULL
		       ? "; the service may write /etc/resolv.conf in its place only: set "
			 "resolv_conf_mv=NO in /etc/resolvconf.conf, or give the unit "
			 "ReadWritePaths=/etc"
		       : "";
}

void resolvconf_say(const struct network *network, const char *device, bool adding,
		    const struct spawn_result *result)
{
	const char *what = adding ? "set" : "removed";

	if (network->log == NULL || (result->end == SPAWN_EXITED && result->code == 0))
		return;
	if (result->end == SPAWN_FAILED)
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "the name servers behind %s are not %s: resolvconf cannot be started "
			  "(%s): install openresolv or systemd-resolved",
			  device, what, strerrordesc_np(result->code));
	else
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "the name servers behind %s are not %s: resolvconf %s: %s%s", device,
			  what,
			  result->end == SPAWN_EXITED	 ? "failed"
			  : result->end == SPAWN_TIMEOUT ? "took longer than 10 s"
							 : "was killed",
			  result->last, hint_of(result->last));
}

void resolvconf_say_refused(const struct network *network, const char *device)
{
	if (network->log != NULL)
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "the name servers behind %s are not set: systemd-resolved does not take "
			  "them, and the resolvconf here is its own, which would set them for all "
			  "that %s leads to; see what systemd-resolved says, or install openresolv",
			  device, device);
}
