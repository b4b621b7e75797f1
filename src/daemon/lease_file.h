/* SPDX-License-Identifier: Apache-2.0 */
/* What statedir/leases and statedir/leases.journal say. */
#ifndef VANTH_DAEMON_LEASE_FILE_H
#define VANTH_DAEMON_LEASE_FILE_H

#include "peer/pool.h"

#define LEASE_PATH_MAX 544 /* of the path, with what is put behind it */

/* All zero: empty. */
struct lease_text {
	char *bytes;
	size_t len, room;
	bool failed; /* out of memory, or too large: what was added last is missing */
};
/* The text of no lease. */
void lease_text_begin(struct lease_text *text);
/* One more lease; nothing for an owner that could not be known again. */
void lease_text_add(struct lease_text *text, const struct pool_lease_info *lease);
void lease_text_wipe(struct lease_text *text);

/* These block: a worker calls them. The text takes the place of the file, and there is no journal
 * any more. generation: greater than that of any text before it. */
enum rc lease_file_write(const char *path, struct lease_text *text, uint64_t generation,
			 struct diag *diag) MUST_CHECK;
/* The text is one more of the journal of the file of that generation (0: there is no file). When
 * that fails nothing must be appended until the file was written. */
enum rc lease_file_append(const char *path, struct lease_text *text, uint64_t generation,
			  struct diag *diag) MUST_CHECK;

struct lease_memory_one {
	struct config_pool pool;
	struct ip_addr addr;
	int64_t since;
	struct identity owner;
	size_t order; /* what comes later in the files is later */
	bool stale;   /* something later says otherwise */
};
struct lease_memory {
	struct lease_memory_one *list;
	size_t count, room;
	uint64_t generation; /* of the file, or of what is newer in the journal; 0: none */
};
/* All that the file and its journal say, in their order; not what a crash has left of a journal
 * that is older than the file. *journal: there is one. RC_NOT_FOUND:
 * there is nothing. Any other error: something is damaged or cannot be read; memory has what is
 * good. */
enum rc lease_file_read(const char *path, struct lease_memory *memory, bool *journal,
			struct diag *diag) MUST_CHECK;
void lease_memory_wipe(struct lease_memory *memory);

#endif
