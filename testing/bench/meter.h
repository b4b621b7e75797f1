/* SPDX-License-Identifier: Apache-2.0 */
/* What another process uses: CPU time and resident memory; and percentiles. */
#ifndef VANTH_BENCH_METER_H
#define VANTH_BENCH_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct usage {
	double cpu_us; /* of all its threads, since it started; to the ns, other than /proc/PID/stat
			*/
	double rss_kb; /* exact: /proc/PID/smaps_rollup */
	double heap_kb; /* of it, what no other process shares and no file backs */
};
/* False when the process is gone or its files cannot be read. pid 0: nothing is measured, all 0. */
bool meter_read(pid_t pid, struct usage *out);
double meter_own_cpu_us(void);
/* values need not be sorted; they are afterwards. part from 0 to 1. 0 when there are none. */
double meter_percentile(double *values, size_t count, double part);

#endif
