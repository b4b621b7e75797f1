/* SPDX-License-Identifier: Apache-2.0 */
/* What the process may do, reduced to what it needs. */
#include <cap-ng.h>
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include "daemon/daemon.h"

#define LOCKED_MEMORY ((rlim_t)256 << 20) /* keys of 100,000 tunnels and room for more */

/* A leak checker looks into the process from outside, which it may only while it is dumpable. */
#if defined(__SANITIZE_ADDRESS__)
#define LEAK_CHECKED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define LEAK_CHECKED 1
#endif
#endif
#ifndef LEAK_CHECKED
#define LEAK_CHECKED 0
#endif

void daemon_limits(void)
{
	struct rlimit core = { 0, 0 }, locked = { LOCKED_MEMORY, LOCKED_MEMORY }, now;

	(void)setrlimit(RLIMIT_CORE, &core);
	if (!LEAK_CHECKED)
		(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (getrlimit(RLIMIT_MEMLOCK, &now) != 0 || now.rlim_cur >= LOCKED_MEMORY)
		return;
	if (now.rlim_max >= LOCKED_MEMORY)
		locked.rlim_max = now.rlim_max;
	if (setrlimit(RLIMIT_MEMLOCK, &locked) == 0)
		return;
	now.rlim_cur = now.rlim_max; /* more is refused without root: secrets are counted */
	(void)setrlimit(RLIMIT_MEMLOCK, &now);
}

/* The bounding set can be reduced with CAP_SETPCAP only, which a container may not give. */
static capng_select_t reducible(void)
{
	return capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) ? CAPNG_SELECT_BOTH
								   : CAPNG_SELECT_CAPS;
}

static enum rc drop(struct diag *diag)
{
	capng_select_t what = reducible();

	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_updatev(CAPNG_ADD, CAPNG_EFFECTIVE | CAPNG_PERMITTED, CAP_NET_ADMIN,
			  CAP_NET_BIND_SERVICE, -1) != 0 ||
	    capng_update(CAPNG_ADD, CAPNG_INHERITABLE | CAPNG_BOUNDING_SET, CAP_NET_ADMIN) != 0)
		return diag_fail(diag, RC_PERMISSION, "cannot choose capabilities");
	if (capng_apply(what) != 0)
		return diag_fail(diag, RC_PERMISSION, "cannot drop capabilities: %s",
				 strerror(errno));
	/* Programs that we run (updown scripts) set addresses, routes and rules, and have nothing
	 * but that: root's by the bounding set, another user's by the ambient set. */
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_ADMIN, 0, 0);
	return RC_OK;
}

enum rc daemon_privileges(struct diag *diag)
{
	diag->text[0] = '\0';
	daemon_limits();
	if (capng_get_caps_process() != 0)
		return diag_fail(diag, RC_PERMISSION,
				 "cannot read the capabilities of the process");
	if (!capng_have_capability(CAPNG_EFFECTIVE, CAP_NET_ADMIN)) {
		(void)diag_fail(diag, RC_OK,
				"started without CAP_NET_ADMIN (not as root): the kernel's SAs and "
				"ports below 1024 may be out of reach");
		return RC_OK;
	}
	return drop(diag);
}
