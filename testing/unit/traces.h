/* SPDX-License-Identifier: Apache-2.0 */
/* Is a text anywhere in the memory that a process can write to? Whoever looks in itself must not
 * have it: it is given masked, each byte with TRACE_MASK. */
#ifndef VANTH_TEST_TRACES_H
#define VANTH_TEST_TRACES_H

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "unit/test.h"

#define TRACE_MASK	   0x55u
#define TRACES_CHUNK	   65536u
#define TRACES_MAPPING_MAX (1ull << 30) /* larger ones are a sanitizer's */

/* The text, for as long as it is needed. */
static inline void trace_text(const char *masked, char *out)
{
	size_t len = strlen(masked);

	for (size_t i = 0; i < len; i++)
		out[i] = (char)((uint8_t)masked[i] ^ TRACE_MASK);
	out[len] = '\0';
}

static inline bool trace_at(const uint8_t *at, const char *masked, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((at[i] ^ TRACE_MASK) != (uint8_t)masked[i])
			return false;
	return true;
}

/* What this function itself has read does not count. */
static inline unsigned traces_between(int mem, uint64_t from, uint64_t to, const char *masked)
{
	static uint8_t chunk[TRACES_CHUNK];
	const uint64_t own = (uint64_t)(uintptr_t)chunk;
	size_t len = strlen(masked);
	unsigned count = 0;

	for (uint64_t at = from; at + len <= to; at += sizeof(chunk) - len + 1) {
		size_t want = to - at < sizeof(chunk) ? (size_t)(to - at) : sizeof(chunk);
		ssize_t got = pread(mem, chunk, want, (off_t)at);
		for (ssize_t i = 0; i + (ssize_t)len <= got; i++) {
			uint64_t where = at + (uint64_t)i;
			if (where + len > own && where < own + sizeof(chunk))
				continue;
			count += trace_at(chunk + i, masked, len);
		}
	}
	return count;
}

/* pid 0: our own. -1: its memory may not be read. */
static inline int traces_in(pid_t pid, const char *masked)
{
	char path[64], line[512], may[8];
	unsigned long long from, to;
	unsigned count = 0;
	FILE *maps;
	int mem;

	(void)snprintf(path, sizeof(path), "/proc/%d/mem", pid != 0 ? (int)pid : (int)getpid());
	mem = open(path, O_RDONLY | O_CLOEXEC);
	(void)snprintf(path, sizeof(path), "/proc/%d/maps", pid != 0 ? (int)pid : (int)getpid());
	maps = mem >= 0 ? fopen(path, "re") : NULL;
	if (maps == NULL)
		return -1;
	while (fgets(line, sizeof(line), maps) != NULL)
		if (sscanf(line, "%llx-%llx %7s", &from, &to, may) == 3 &&
		    strncmp(may, "rw", 2) == 0 && to - from <= TRACES_MAPPING_MAX)
			count += traces_between(mem, from, to, masked);
	(void)fclose(maps);
	(void)close(mem);
	return (int)count;
}

#endif
