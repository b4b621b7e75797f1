/* SPDX-License-Identifier: Apache-2.0 */
/* A folder for one test, with files in it. */
#ifndef VANTH_TEST_DAEMON_PLACE_H
#define VANTH_TEST_DAEMON_PLACE_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "unit/test.h"

struct place {
	char dir[64];
	char paths[64][128]; /* the last few that were asked for */
	unsigned next;
};

void place_begin(struct place *place);
void place_end(struct place *place); /* with all that is in it */
const char *place_path(struct place *place, const char *name);
const char *place_file(struct place *place, const char *name, const char *text, mode_t mode);

/* Set-up and end of a group of tests that read secrets. */
int place_crypto_open(void **state);
int place_crypto_close(void **state);

#endif
