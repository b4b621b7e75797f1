/* SPDX-License-Identifier: Apache-2.0 */
/* Makes ipsec.conf(5): keywords <docs/man/ipsec.conf.5.in >docs/man/ipsec.conf.5 */
#include <stdio.h>
#include <stdlib.h>
#include "config/config.h"

#define FRAME_MAX 262144

static void put(void *context, const char *text)
{
	fputs(text, context);
}

int main(void)
{
	char *frame = calloc(1, FRAME_MAX);
	size_t len = frame != NULL ? fread(frame, 1, FRAME_MAX - 1, stdin) : 0;

	if (len == 0 || len == FRAME_MAX - 1) {
		fprintf(stderr, "keywords: the frame on standard input is empty or too long\n");
		free(frame);
		return 1;
	}
	config_manual(frame, put, stdout);
	free(frame);
	return fflush(stdout) == 0 ? 0 : 1;
}
