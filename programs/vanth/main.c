/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's process: arguments in, daemon_run(), exit code out. */
#include <stdio.h>
#include "daemon/daemon.h"

int main(int argc, char **argv)
{
	struct daemon_options options;
	struct diag diag;

	if (daemon_options_parse(argc, argv, &options, &diag) != RC_OK) {
		(void)fprintf(stderr, "vanth: %s\n", diag.text);
		return 2;
	}
	if (options.show_help) {
		(void)fputs(daemon_usage(), stdout);
		return 0;
	}
	if (options.show_version) {
		(void)puts("Vanth " VANTH_VERSION);
		return 0;
	}
	return daemon_run(&options);
}
