/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "config/source.h"

static enum rc check_file(const struct stat *st, const char *path, enum source_kind kind,
			  struct diag *diag)
{
	if (!S_ISREG(st->st_mode))
		return diag_fail(diag, RC_IO, "is not a regular file");
	if (kind == SOURCE_SECRET && (st->st_mode & 077) != 0)
		return diag_fail(diag, RC_PERMISSION,
				 "others than its owner may access it (mode %03o): keys in it may "
				 "be known to "
				 "them; chmod 600 %s",
				 st->st_mode & 0777, path);
	if (st->st_size > (off_t)SOURCE_FILE_MAX)
		return diag_fail(diag, RC_LIMIT, "has %lld bytes; at most %u are allowed",
				 (long long)st->st_size, SOURCE_FILE_MAX);
	return RC_OK;
}

static enum rc read_all(int fd, size_t size, struct source_file *out, struct diag *diag)
{
	out->text = mem_alloc(size + 1);
	if (out->text == NULL)
		return RC_NO_MEMORY;
	while (out->len < size) {
		ssize_t got = read(fd, out->text + out->len, size - out->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return diag_fail(diag, RC_IO, "cannot be read: %s", strerror(errno));
		if (got == 0)
			break;
		out->len += (size_t)got;
	}
	out->text[out->len] = '\0';
	return RC_OK;
}

enum rc source_read(const char *path, enum source_kind kind, struct source_file *out,
		    struct diag *diag)
{
	struct stat st;
	enum rc rc;
	/* O_NONBLOCK: a FIFO must not hold us before we see that it is one */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	*out = (struct source_file){ 0 };
	if (fd < 0)
		return diag_fail(diag, RC_IO, "cannot be opened: %s", strerror(errno));
	if (fstat(fd, &st) != 0)
		rc = diag_fail(diag, RC_IO, "cannot be read: %s", strerror(errno));
	else
		rc = check_file(&st, path, kind, diag);
	if (rc == RC_OK) {
		out->device = st.st_dev;
		out->inode = st.st_ino;
		rc = read_all(fd, (size_t)st.st_size, out, diag);
	}
	close(fd);
	if (rc != RC_OK)
		source_free(out);
	return rc;
}

enum rc source_copy(struct span text, struct source_file *out)
{
	*out = (struct source_file){ 0 };
	out->text = mem_alloc(text.len + 1);
	if (out->text == NULL)
		return RC_NO_MEMORY;
	if (text.len > 0)
		memcpy(out->text, text.ptr, text.len);
	out->len = text.len;
	return RC_OK;
}

void source_free(struct source_file *file)
{
	if (file->text != NULL)
		wipe(file->text, file->len);
	mem_free(file->text);
	*file = (struct source_file){ 0 };
}

static enum rc check_stack(const struct source_stack *stack, const char *path,
			   const struct source_file *file, struct diag *diag)
{
	for (unsigned i = 0; i < stack->depth; i++)
		if (stack->open[i].device == file->device && stack->open[i].inode == file->inode)
			return diag_fail(diag, RC_SYNTAX, "%s includes itself%s%s", path,
					 i + 1 < stack->depth ? " by way of " : "",
					 i + 1 < stack->depth ? stack->open[i + 1].name : "");
	if (stack->bytes + file->len > SOURCE_TOTAL_MAX || stack->files == SOURCE_FILES_MAX)
		return diag_fail(diag, RC_LIMIT,
				 "too much to read: at most %u files with %u bytes are allowed",
				 SOURCE_FILES_MAX, SOURCE_TOTAL_MAX);
	return RC_OK;
}

enum rc source_push(struct source_stack *stack, const char *path, struct place at,
		    struct config_errors *errors, struct source_file *out)
{
	struct diag diag = { "" };
	enum rc rc;

	*out = (struct source_file){ 0 };
	if (stack->depth == SOURCE_DEPTH_MAX) {
		report_error(errors, at, "include: more than %d files deep", SOURCE_DEPTH_MAX);
		return RC_LIMIT;
	}
	rc = source_read(path, stack->kind, out, &diag);
	if (rc == RC_OK) {
		rc = check_stack(stack, path, out, &diag);
		if (rc == RC_OK) {
			stack->open[stack->depth].device = out->device;
			stack->open[stack->depth].inode = out->inode;
			stack->open[stack->depth++].name = path;
			stack->files++;
			stack->bytes += out->len;
			return RC_OK;
		}
		source_free(out);
		report_error(errors, at, "include: %s", diag.text);
		return rc;
	}
	if (rc == RC_NO_MEMORY)
		return rc;
	if (at.line == 0)
		report_error(errors, at, "%s", diag.text);
	else
		report_error(errors, at, "include: %s %s", path, diag.text);
	return rc;
}

void source_pop(struct source_stack *stack)
{
	stack->depth--;
}

static bool join(const char *base, const char *pattern, char *out, size_t size)
{
	const char *slash = strrchr(base, '/');
	int written;
	if (pattern[0] == '/' || slash == NULL)
		written = snprintf(out, size, "%s", pattern);
	else
		written = snprintf(out, size, "%.*s/%s", (int)(slash - base), base, pattern);
	return written >= 0 && (size_t)written < size;
}

static enum rc no_match(const char *pattern, struct place at, struct config_errors *errors)
{
	if (strpbrk(pattern, "*?[{") != NULL)
		return RC_OK;
	report_error(errors, at, "include: %s cannot be opened: %s", pattern, strerror(ENOENT));
	return RC_IO;
}

enum rc source_include(const struct source_stack *stack, const char *pattern, struct place at,
		       struct config_errors *errors,
		       enum rc (*visit)(void *context, const char *path, struct place at),
		       void *context)
{
	char path[PATH_MAX];
	glob_t found = { 0 };
	enum rc rc = RC_OK;
	int result;

	if (!stack->may_include || pattern[0] == '\0' ||
	    !join(at.file, pattern, path, sizeof(path))) {
		report_error(errors, at, "include: %s",
			     !stack->may_include  ? "not possible here: the text is not a file"
			     : pattern[0] == '\0' ? "the file name is missing"
						  : "the file name is too long");
		return RC_SYNTAX;
	}
	result = glob(path, GLOB_BRACE, NULL, &found);
	if (result == GLOB_NOMATCH) {
		rc = no_match(path, at, errors);
	} else if (result != 0) {
		report_error(errors, at, "include: %s cannot be searched", path);
		rc = result == GLOB_NOSPACE ? RC_NO_MEMORY : RC_IO;
	}
	for (size_t i = 0; result == 0 && i < found.gl_pathc && rc != RC_NO_MEMORY; i++) {
		enum rc one = visit(context, found.gl_pathv[i], at);
		rc = one != RC_OK ? one : rc;
	}
	globfree(&found);
	return rc;
}
