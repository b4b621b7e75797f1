/* SPDX-License-Identifier: Apache-2.0 */
/* The real kernel, in a network namespace of its own; or the reason why not. */
#ifndef VANTH_TEST_KERNEL_NAMESPACE_H
#define VANTH_TEST_KERNEL_NAMESPACE_H

#include <sched.h>
#include <stdio.h>
#include <unistd.h>
#include "base/rc.h"

/* NULL: this process now stands in a fresh namespace. */
static inline const char *namespace_enter(void)
{
	if (geteuid() != 0)
		return "needs root";
	if (unshare(CLONE_NEWNET) != 0)
		return "may not make a network namespace";
	return NULL;
}

/* What a test program prints and returns when none of it can run here. */
static inline int namespace_skip(const char *name, const char *reason)
{
	printf("1..1\nok 1 # SKIP %s: %s\n", name, reason);
	return 0;
}

#endif
