/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/meter.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double to_us(struct timespec time)
{
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static bool read_memory(pid_t pid, struct usage *out)
{
	char path[64], line[160];
	double value;

	(void)snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)pid);
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return false;
	while (fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "Rss: %lf", &value) == 1)
			out->rss_kb = value;
		if (sscanf(line, "Anonymous: %lf", &value) == 1)
			out->heap_kb = value;
	}
	(void)fclose(file);
	return true;
}

bool meter_read(pid_t pid, struct usage *out)
{
	struct timespec used;
	clockid_t clock;

	*out = (struct usage){ 0 };
	if (pid == 0)
		return true;
	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0)
		return false;
	out->cpu_us = to_us(used);
	return read_memory(pid, out);
}

double meter_own_cpu_us(void)
{
	struct timespec used;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return to_us(used);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

double meter_percentile(double *values, size_t count, double part)
{
	if (count == 0)
		return 0;
	qsort(values, count, sizeof *values, ascending);
	size_t at = (size_t)((double)count * part);
	return values[at < count ? at : count - 1];
}
