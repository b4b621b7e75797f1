/* SPDX-License-Identifier: Apache-2.0 */
/* Leveled, rate-limited, structured log. One struct log a gateway; sinks: stderr, journald, a file,
 * a callback. */
#ifndef VANTH_LOG_LOG_H
#define VANTH_LOG_LOG_H

#include <stdarg.h>
#include <stdint.h>
#include "base/timer.h"

enum log_level {
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_INFO,
	LOG_LEVEL_DEBUG
};

/* What a line is about; any field may be 0 or NULL. */
struct log_subject {
	const char *peer;   /* name of the peer (first conn) */
	const char *tunnel; /* name of the tunnel, e.g. office/1x2 */
	uint64_t serial;    /* of the SA */
	const char *remote; /* "192.0.2.1:500" */
	const char *reason; /* rc_name() of why */
};

struct log_sink {
	/* subject is never NULL; its strings and text are escaped already */
	void (*write)(void *context, enum log_level level, const struct log_subject *subject,
		      const char *text);
	void *context;
	void (*reopen)(void *context); /* after log rotation; may be NULL */
	void (*close)(void *context);  /* by log_free; may be NULL */
};

struct log;
struct log *log_new(enum log_level level); /* NULL: out of memory */
void log_free(struct log *log);
void log_set_level(struct log *log, enum log_level level);
bool log_wants(const struct log *log, enum log_level level); /* log NULL: false */
const char *log_level_name(enum log_level level);	     /* "error", "warning", ... */
/* At most 4 sinks; the log owns it from then on (also when this fails: it is closed). */
enum rc log_add_sink(struct log *log, struct log_sink sink) MUST_CHECK;
void log_reopen(struct log *log);      /* after log rotation */
struct log_sink log_sink_stderr(void); /* "office/1x2" #41: text */
struct log_sink
log_sink_journal(void); /* sd_journal_send with VANTH_PEER=, VANTH_SA=, VANTH_REASON=, ... */
/* Appends, with a time stamp and the level; made with mode 0640. */
enum rc log_sink_file(const char *path, struct log_sink *out, struct diag *diag) MUST_CHECK;

/* log and subject may be NULL. Control characters of peers' texts are escaped. Never blocks on
 * memory; worker threads may write too. */
void log_write(struct log *log, enum log_level level, const struct log_subject *subject,
	       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* A bucket for lines that a peer can provoke: at most `burst` lines, then `per_second`; what was
 * left out is counted and told with the next line that passes ("(1234 more like this)"). Zeroed =
 * 10 burst, 1 per second. */
struct log_limit {
	usec_t refilled;
	uint32_t spent, left_out; /* spent: lines since the bucket was full */
	uint16_t burst, per_second;
};
void log_limited(struct log *log, struct log_limit *limit, usec_t now, enum log_level level,
		 const struct log_subject *subject, const char *format, ...)
	__attribute__((format(printf, 6, 7)));

#endif
