/* SPDX-License-Identifier: Apache-2.0 */
/* Where lines go: stderr, a file, the journal. A line is one write, so that threads and processes
 * that share the target do not mix theirs. A sink that cannot write has nobody to tell: it stays
 * silent. */
#include "log/log.h"
#include "base/arena.h"
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#define LINE_MAX_LEN  3072
#define FIELD_MAX_LEN 160
#define FIELDS_MAX    8

struct log_file {
	atomic_int fd;
	char *path;
};

/* "office/1x2" #41: text */
static void subject_text(const struct log_subject *subject, const char *text, char *out,
			 size_t size)
{
	const char *name = subject->tunnel != NULL ? subject->tunnel : subject->peer;
	char serial[24] = "";
	if (subject->serial != 0)
		snprintf(serial, sizeof(serial), "#%llu", (unsigned long long)subject->serial);
	if (name != NULL)
		snprintf(out, size, "\"%s\"%s%s: %s", name, serial[0] ? " " : "", serial, text);
	else if (subject->remote != NULL)
		snprintf(out, size, "%s%s%s: %s", subject->remote, serial[0] ? " " : "", serial,
			 text);
	else
		snprintf(out, size, "%s%s%s", serial, serial[0] ? ": " : "", text);
}

static void write_line(int fd, const struct iovec *parts, int count)
{
	ssize_t done;
	do
		done = writev(fd, parts, count);
	while (done < 0 && errno == EINTR);
}

static void stderr_write(void *context, enum log_level level, const struct log_subject *subject,
			 const char *text)
{
	char line[LINE_MAX_LEN];
	(void)context, (void)level;
	subject_text(subject, text, line, sizeof(line));
	struct iovec parts[] = { { line, strlen(line) }, { (char[]){ '\n' }, 1 } };
	write_line(STDERR_FILENO, parts, 2);
}

struct log_sink log_sink_stderr(void)
{
	return (struct log_sink){ .write = stderr_write };
}

/* "2024-05-01T12:00:00.123456Z warning: " */
static size_t stamp(char *out, size_t size, enum log_level level)
{
	struct timespec now;
	struct tm parts;
	char date[32];
	clock_gettime(CLOCK_REALTIME, &now);
	if (gmtime_r(&now.tv_sec, &parts) == NULL ||
	    strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts) == 0)
		snprintf(date, sizeof(date), "@%lld", (long long)now.tv_sec);
	snprintf(out, size, "%s.%06ldZ %s: ", date, now.tv_nsec / 1000, log_level_name(level));
	return strlen(out);
}

static void file_write(void *context, enum log_level level, const struct log_subject *subject,
		       const char *text)
{
	struct log_file *file = context;
	char head[64], line[LINE_MAX_LEN];
	size_t head_len = stamp(head, sizeof(head), level);
	subject_text(subject, text, line, sizeof(line));
	struct iovec parts[] = { { head, head_len },
				 { line, strlen(line) },
				 { (char[]){ '\n' }, 1 } };
	write_line(atomic_load(&file->fd), parts, 3);
}

static int file_open(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

/* dup2 keeps the number, so that a thread inside file_write never sees a closed one. The old file
 * stays in use when the new one cannot be opened. */
static void file_reopen(void *context)
{
	struct log_file *file = context;
	int fd = file_open(file->path);
	if (fd < 0)
		return;
	(void)dup3(fd, atomic_load(&file->fd), O_CLOEXEC);
	close(fd);
}

static void file_close(void *context)
{
	struct log_file *file = context;
	close(atomic_load(&file->fd));
	mem_free(file->path);
	mem_free(file);
}

static enum rc file_no_memory(struct log_file *file, struct diag *diag)
{
	mem_free(file);
	return diag_fail(diag, RC_NO_MEMORY, "no memory for the log file");
}

enum rc log_sink_file(const char *path, struct log_sink *out, struct diag *diag)
{
	struct log_file *file = mem_alloc(sizeof(*file));
	if (file == NULL)
		return file_no_memory(NULL, diag);
	file->path = mem_text(path);
	if (file->path == NULL)
		return file_no_memory(file, diag);
	int fd = file_open(path);
	if (fd < 0) {
		diag_fail(diag, RC_IO,
			  "cannot open log file \"%s\": %s (expected a path we may append to)",
			  path, strerrordesc_np(errno));
		mem_free(file->path);
		mem_free(file);
		return RC_IO;
	}
	atomic_init(&file->fd, fd);
	*out = (struct log_sink){ file_write, file, file_reopen, file_close };
	return RC_OK;
}

static int journal_priority(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_WARNING:
		return LOG_WARNING;
	case LOG_LEVEL_NOTICE:
		return LOG_NOTICE;
	case LOG_LEVEL_INFO:
		return LOG_INFO;
	case LOG_LEVEL_DEBUG:
		return LOG_DEBUG;
	}
	return LOG_INFO;
}

struct fields {
	struct iovec parts[FIELDS_MAX];
	char texts[FIELDS_MAX][FIELD_MAX_LEN];
	int count;
};

static void field_add(struct fields *fields, const char *name, const char *value)
{
	if (value == NULL || fields->count == FIELDS_MAX)
		return;
	char *text = fields->texts[fields->count];
	snprintf(text, FIELD_MAX_LEN, "%s=%s", name, value);
	fields->parts[fields->count++] = (struct iovec){ text, strlen(text) };
}

/* Without a journal the system has none: nothing to do about it. */
static void journal_write(void *context, enum log_level level, const struct log_subject *subject,
			  const char *text)
{
	char message[LINE_MAX_LEN] = "MESSAGE=", number[24];
	struct fields fields = { .count = 1 };
	(void)context;
	subject_text(subject, text, message + 8, sizeof(message) - 8);
	fields.parts[0] = (struct iovec){ message, strlen(message) };
	snprintf(number, sizeof(number), "%d", journal_priority(level));
	field_add(&fields, "PRIORITY", number);
	field_add(&fields, "SYSLOG_IDENTIFIER", "vanth");
	field_add(&fields, "VANTH_PEER", subject->peer);
	field_add(&fields, "VANTH_TUNNEL", subject->tunnel);
	field_add(&fields, "VANTH_REMOTE", subject->remote);
	field_add(&fields, "VANTH_REASON", subject->reason);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)subject->serial);
	field_add(&fields, "VANTH_SA", subject->serial == 0 ? NULL : number);
	(void)sd_journal_sendv(fields.parts, fields.count);
}

struct log_sink log_sink_journal(void)
{
	return (struct log_sink){ .write = journal_write };
}
