/* SPDX-License-Identifier: Apache-2.0 */
/* A line goes: level check, sentence made on the stack, everything a peer may have written escaped,
 * each sink. Nothing is allocated on the way, so that "out of memory" can be logged too. */
#include "log/log.h"
#include "base/arena.h"
#include "base/text.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define SINKS_MAX      4
#define TEXT_MAX       2048
#define NAME_MAX_SHOWN 128
#define BURST_DEFAULT  10
#define RATE_DEFAULT   1

struct log {
	atomic_int level;
	unsigned sink_count;
	struct log_sink sinks[SINKS_MAX];
};

struct escaped_subject {
	struct log_subject subject;
	char peer[NAME_MAX_SHOWN], tunnel[NAME_MAX_SHOWN], remote[NAME_MAX_SHOWN],
		reason[NAME_MAX_SHOWN];
};

struct log *log_new(enum log_level level)
{
	struct log *log = mem_alloc(sizeof(*log));
	if (log != NULL)
		log_set_level(log, level);
	return log;
}

void log_free(struct log *log)
{
	if (log == NULL)
		return;
	for (unsigned i = 0; i < log->sink_count; i++)
		if (log->sinks[i].close != NULL)
			log->sinks[i].close(log->sinks[i].context);
	mem_free(log);
}

void log_reopen(struct log *log)
{
	for (unsigned i = 0; i < log->sink_count; i++)
		if (log->sinks[i].reopen != NULL)
			log->sinks[i].reopen(log->sinks[i].context);
}

void log_set_level(struct log *log, enum log_level level)
{
	atomic_store_explicit(&log->level, (int)level, memory_order_relaxed);
}

bool log_wants(const struct log *log, enum log_level level)
{
	return log != NULL && (int)level <= atomic_load_explicit(&log->level, memory_order_relaxed);
}

const char *log_level_name(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return "error";
	case LOG_LEVEL_WARNING:
		return "warning";
	case LOG_LEVEL_NOTICE:
		return "notice";
	case LOG_LEVEL_INFO:
		return "info";
	case LOG_LEVEL_DEBUG:
		return "debug";
	}
	return "unknown";
}

enum rc log_add_sink(struct log *log, struct log_sink sink)
{
	if (log->sink_count < SINKS_MAX) {
		log->sinks[log->sink_count++] = sink;
		return RC_OK;
	}
	if (sink.close != NULL)
		sink.close(sink.context);
	return RC_LIMIT;
}

static const char *escape_into(char *out, const char *text)
{
	if (text == NULL)
		return NULL;
	text_escape(out, NAME_MAX_SHOWN, text);
	return out;
}

static void subject_escape(struct escaped_subject *out, const struct log_subject *subject)
{
	out->subject = (struct log_subject){ 0 };
	if (subject == NULL)
		return;
	out->subject.serial = subject->serial;
	out->subject.peer = escape_into(out->peer, subject->peer);
	out->subject.tunnel = escape_into(out->tunnel, subject->tunnel);
	out->subject.remote = escape_into(out->remote, subject->remote);
	out->subject.reason = escape_into(out->reason, subject->reason);
}

static void emit(struct log *log, enum log_level level, const struct log_subject *subject,
		 const char *raw)
{
	char text[TEXT_MAX];
	struct escaped_subject escaped;
	text_escape(text, sizeof(text), raw);
	subject_escape(&escaped, subject);
	for (unsigned i = 0; i < log->sink_count; i++)
		log->sinks[i].write(log->sinks[i].context, level, &escaped.subject, text);
}

void log_write(struct log *log, enum log_level level, const struct log_subject *subject,
	       const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;
	if (!log_wants(log, level))
		return;
	va_start(args, format);
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		snprintf(text, sizeof(text), "(a message that cannot be shown: \"%s\")", format);
	va_end(args);
	emit(log, level, subject, text);
}

static uint32_t burst_of(const struct log_limit *limit)
{
	return limit->burst == 0 ? BURST_DEFAULT : limit->burst;
}

/* Gives back what time has earned; a part of a token stays in `refilled`. */
static void limit_refill(struct log_limit *limit, usec_t now)
{
	usec_t each = USEC_PER_SEC / (limit->per_second == 0 ? RATE_DEFAULT : limit->per_second);
	usec_t earned = now <= limit->refilled ? 0 : (now - limit->refilled) / each;
	if (now < limit->refilled)
		limit->refilled = now;
	if (earned >= limit->spent) {
		limit->spent = 0;
		limit->refilled = now;
	} else {
		limit->spent -= (uint32_t)earned;
		limit->refilled += earned * each;
	}
}

static bool limit_take(struct log_limit *limit, usec_t now)
{
	limit_refill(limit, now);
	if (limit->spent >= burst_of(limit)) {
		limit->left_out += limit->left_out < UINT32_MAX;
		return false;
	}
	limit->spent++;
	return true;
}

void log_limited(struct log *log, struct log_limit *limit, usec_t now, enum log_level level,
		 const struct log_subject *subject, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list args;
	if (!log_wants(log, level) || !limit_take(limit, now))
		return;
	va_start(args, format);
	/* room is kept for the count at the end */
	if (vsnprintf(text, sizeof(text) - 64, format, args) < 0)
		snprintf(text, sizeof(text), "(a message that cannot be shown: \"%s\")", format);
	va_end(args);
	if (limit->left_out > 0) {
		size_t len = strlen(text);
		snprintf(text + len, sizeof(text) - len, " (%u more like this)", limit->left_out);
		limit->left_out = 0;
	}
	emit(log, level, subject, text);
}
