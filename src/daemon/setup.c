/* SPDX-License-Identifier: Apache-2.0 */
/* What "config setup" says about the process itself: where it logs, and what only a restart can
 * change. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "daemon/private.h"

/* ---- the log ---- */

/* systemd.exec(5): the variable may be inherited by a process whose standard error is something
 * else. */
static bool stderr_is_the_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat state;

	return stream != NULL && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &state) == 0 && state.st_dev == (dev_t)device &&
	       state.st_ino == (ino_t)inode;
}

static enum rc add_file_sink(struct daemon *daemon, const char *path, struct diag *diag)
{
	struct log_sink sink;

	TRY(log_sink_file(path, &sink, diag));
	return log_add_sink(daemon->log, sink);
}

enum rc setup_open_log(struct daemon *daemon, struct diag *diag)
{
	const struct daemon_options *options = daemon->options;

	daemon->log = log_new(options->log_level);
	if (daemon->log == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	if (options->logfile != NULL)
		return add_file_sink(daemon, options->logfile, diag);
	return log_add_sink(daemon->log,
			    stderr_is_the_journal() ? log_sink_journal() : log_sink_stderr());
}

static void apply_level(struct daemon *daemon, const struct config_setup *setup)
{
	if (setup->log_level >= 0 && !daemon->options->log_level_set)
		log_set_level(daemon->log, (enum log_level)setup->log_level);
}

enum rc setup_apply(struct daemon *daemon, const struct config_setup *setup, struct diag *diag)
{
	apply_level(daemon, setup);
	if (setup->logfile != NULL && daemon->options->logfile == NULL)
		return add_file_sink(daemon, setup->logfile, diag);
	return RC_OK;
}

/* ---- reload ---- */

static bool same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool same_listen(const struct config_setup *a, const struct config_setup *b)
{
	bool same = a->listen_count == b->listen_count;

	for (unsigned i = 0; same && i < a->listen_count; i++)
		same = ip_equal(&a->listen[i], &b->listen[i]);
	return same;
}

void setup_reapply(struct daemon *daemon, const struct config_setup *old,
		   const struct config_setup *setup)
{
	const struct {
		const char *keyword;
		bool same;
	} fixed[] = {
		{ "ikeport", old->ikeport == setup->ikeport },
		{ "nattport", old->nattport == setup->nattport },
		{ "listen", same_listen(old, setup) },
		{ "nhelpers", old->nhelpers == setup->nhelpers },
		{ "logfile", same_text(old->logfile, setup->logfile) },
		{ "nssdir", same_text(old->nssdir, setup->nssdir) },
	};

	apply_level(daemon, setup);
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!fixed[i].same)
			log_write(daemon->log, LOG_LEVEL_WARNING, NULL,
				  "%s= has changed; that takes effect with \"ipsec restart\"",
				  fixed[i].keyword);
}
