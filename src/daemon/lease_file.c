/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: the files of leases
 *
 * A text is a line that says what it is and of which generation, one line for each lease of a
 * client that can be known again, and the SHA-256 of all that. The file `leases` is one such text;
 * a new one, of the next generation, takes its place, so it is never half of one. `leases.journal`
 * is any number of them, one behind the other: what has changed since. A crash may leave half a
 * text at its end, which is as if it had not been written, and a journal that a newer file has
 * overtaken: its texts are of an older generation than the file, and do not count.
 */
#include "daemon/lease_file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "crypto/crypto.h"

#define FIRST_WORDS "vanth leases 2 "
#define FIRST_LEN   (sizeof(FIRST_WORDS) - 1 + 16 + 1) /* the generation in hex, newline */
#define SUM_LEN	    69				       /* "sum ", 64 digits, newline */
#define FILE_MAX    ((size_t)256 << 20)

/* ---- the text ---- */

static void add(struct lease_text *text, const void *bytes, size_t len)
{
	size_t room = text->room == 0 ? 65536 : text->room;
	char *grown;

	while (room < text->len + len)
		room *= 2;
	if (room != text->room) {
		grown = room <= FILE_MAX ? mem_resize(text->bytes, room) : NULL;
		if (grown == NULL) {
			text->failed = true;
			return;
		}
		text->bytes = grown;
		text->room = room;
	}
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
}

static void first_line(uint64_t generation, char out[FIRST_LEN + 1])
{
	(void)snprintf(out, FIRST_LEN + 1, FIRST_WORDS "%016" PRIx64 "\n", generation);
}

/* The generation is known when it is written. */
void lease_text_begin(struct lease_text *text)
{
	char line[FIRST_LEN + 1];

	first_line(0, line);
	add(text, line, FIRST_LEN);
}

void lease_text_wipe(struct lease_text *text)
{
	mem_free(text->bytes);
	*text = (struct lease_text){ 0 };
}

static void add_hex(struct lease_text *text, const uint8_t *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	char hex[256];
	size_t used = 0;

	for (size_t i = 0; i < len; i++) {
		hex[used++] = digits[bytes[i] >> 4];
		hex[used++] = digits[bytes[i] & 15];
		if (used == sizeof(hex) || i + 1 == len) {
			add(text, hex, used);
			used = 0;
		}
	}
}

void lease_text_add(struct lease_text *text, const struct pool_lease_info *lease)
{
	const struct ip_range *range = &lease->pool->range;
	const struct identity *owner = lease->owner;
	char line[4 * IP_TEXT_MAX], from[IP_TEXT_MAX], to[IP_TEXT_MAX], addr[IP_TEXT_MAX];
	int len;

	if (owner->type == ID_NONE || owner->type == ID_NULL || owner->len > 1024 || text->failed)
		return;
	if (text->len == 0)
		lease_text_begin(text);
	len = snprintf(line, sizeof(line), "%s %s %u %s %lld %u ", ip_text(&range->from, from),
		       ip_text(&range->to, to), lease->pool->lease, ip_text(&lease->addr, addr),
		       (long long)lease->since, owner->type);
	add(text, line, (size_t)len);
	add_hex(text, owner->data, owner->len);
	add(text, "\n", 1);
}

static bool sum_of(const char *bytes, size_t len, char out[SUM_LEN + 1])
{
	struct span all = span_make(bytes, len);
	struct lease_text hex = { 0 };
	uint8_t hash[32];

	if (hash_sha256(&all, 1, hash) != RC_OK)
		return false;
	add(&hex, "sum ", 4);
	add_hex(&hex, hash, sizeof(hash));
	add(&hex, "\n", 2);
	if (!hex.failed)
		memcpy(out, hex.bytes, SUM_LEN + 1);
	lease_text_wipe(&hex);
	return !hex.failed;
}

static bool finish_text(struct lease_text *text, uint64_t generation)
{
	char sum[SUM_LEN + 1], line[FIRST_LEN + 1];

	if (text->failed || text->len < FIRST_LEN)
		return false;
	first_line(generation, line);
	memcpy(text->bytes, line, FIRST_LEN);
	if (!sum_of(text->bytes, text->len, sum))
		return false;
	add(text, sum, SUM_LEN);
	return !text->failed;
}

/* ---- the file ---- */

static enum rc write_all(int fd, const struct lease_text *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t len = write(fd, text->bytes + done, text->len - done);
		if (len < 0 && errno == EINTR)
			continue;
		if (len <= 0)
			return RC_IO;
		done += (size_t)len;
	}
	return fsync(fd) == 0 ? RC_OK : RC_IO;
}

static enum rc write_and_close(int fd, const char *path, const struct lease_text *text,
			       struct diag *diag)
{
	enum rc rc = write_all(fd, text);
	int error = errno;

	if (close(fd) != 0 || rc != RC_OK)
		return diag_fail(diag, RC_IO, "cannot write %s: %s", path, strerror(error));
	return RC_OK;
}

static void journal_path(const char *path, char out[LEASE_PATH_MAX])
{
	snprintf(out, LEASE_PATH_MAX, "%s.journal", path);
}

/* What was renamed is there after a failure of power, too. */
static void sync_folder(const char *path)
{
	char folder[LEASE_PATH_MAX];
	int fd;

	snprintf(folder, sizeof(folder), "%s", path);
	fd = open(dirname(folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)fsync(fd);
	(void)close(fd);
}

enum rc lease_file_write(const char *path, struct lease_text *text, uint64_t generation,
			 struct diag *diag)
{
	char fresh[LEASE_PATH_MAX], journal[LEASE_PATH_MAX];
	int fd;

	if (!finish_text(text, generation))
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return diag_fail(diag, RC_IO, "cannot make %s: %s", fresh, strerror(errno));
	TRY(write_and_close(fd, fresh, text, diag));
	if (rename(fresh, path) != 0)
		return diag_fail(diag, RC_IO, "cannot rename %s: %s", fresh, strerror(errno));
	sync_folder(path);
	journal_path(path, journal);
	(void)unlink(journal);
	return RC_OK;
}

enum rc lease_file_append(const char *path, struct lease_text *text, uint64_t generation,
			  struct diag *diag)
{
	char journal[LEASE_PATH_MAX];
	int fd;

	if (!finish_text(text, generation))
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	journal_path(path, journal);
	fd = open(journal, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		  0600);
	if (fd < 0)
		return diag_fail(diag, RC_IO, "cannot open %s: %s", journal, strerror(errno));
	return write_and_close(fd, journal, text, diag);
}

static enum rc read_all(int fd, const char *path, struct lease_text *text, struct diag *diag)
{
	struct stat found;

	if (fstat(fd, &found) != 0 || !S_ISREG(found.st_mode))
		return diag_fail(diag, RC_IO, "%s is not a file", path);
	if (found.st_uid != geteuid() || (found.st_mode & 022) != 0)
		return diag_fail(diag, RC_PERMISSION,
				 "%s belongs to another user or others can write it", path);
	for (;;) {
		char bytes[16384];
		ssize_t len = read(fd, bytes, sizeof(bytes));
		if (len == 0 || text->failed)
			break;
		if (len < 0)
			return diag_fail(diag, RC_IO, "cannot read %s: %s", path, strerror(errno));
		add(text, bytes, (size_t)len);
	}
	if (text->failed)
		return diag_fail(diag, RC_LIMIT, "%s is too large", path);
	return RC_OK;
}

/* RC_NOT_FOUND: there is none. */
static enum rc read_file(const char *path, struct lease_text *text, struct diag *diag)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	enum rc rc;

	if (fd < 0)
		return errno == ENOENT ? RC_NOT_FOUND
				       : diag_fail(diag, RC_IO, "cannot open %s: %s", path,
						   strerror(errno));
	rc = read_all(fd, path, text, diag);
	(void)close(fd);
	return rc;
}

/* ---- what it says ---- */

static bool parse_hex(const char *text, struct identity *owner)
{
	size_t len = strlen(text) / 2;

	owner->data = mem_alloc(len + 1);
	if (owner->data == NULL || len > 1024 || strlen(text) % 2 != 0)
		return false;
	owner->len = (uint16_t)len;
	for (size_t i = 0; i < len; i++) {
		unsigned value;
		if (sscanf(text + 2 * i, "%2x", &value) != 1)
			return false;
		owner->data[i] = (uint8_t)value;
	}
	return true;
}

static bool parse_line(const char *line, struct lease_memory_one *out)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX], addr[IP_TEXT_MAX], hex[2050] = "";
	unsigned lease, type;
	long long since;

	*out = (struct lease_memory_one){ .since = 0 };
	if (sscanf(line, "%63s %63s %u %63s %lld %u %2049s", from, to, &lease, addr, &since, &type,
		   hex) < 6 ||
	    ip_parse(from, &out->pool.range.from) != RC_OK ||
	    ip_parse(to, &out->pool.range.to) != RC_OK || ip_parse(addr, &out->addr) != RC_OK ||
	    out->pool.range.from.family != out->pool.range.to.family || lease > 128 || type > 255)
		return false;
	out->pool.lease = (uint8_t)lease;
	out->since = since;
	out->owner.type = (uint8_t)type;
	return parse_hex(hex, &out->owner);
}

void lease_memory_wipe(struct lease_memory *memory)
{
	for (size_t i = 0; i < memory->count; i++)
		identity_free(&memory->list[i].owner);
	mem_free(memory->list);
	*memory = (struct lease_memory){ 0 };
}

static struct lease_memory_one *room_for_one(struct lease_memory *memory)
{
	size_t room = memory->room == 0 ? 256 : memory->room * 2;
	struct lease_memory_one *grown;

	if (memory->count < memory->room)
		return &memory->list[memory->count];
	grown = mem_resize(memory->list, room * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	memory->list = grown;
	memory->room = room;
	return &memory->list[memory->count];
}

static enum rc parse_lines(char *text, struct lease_memory *memory)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		struct lease_memory_one *one = line[0] != '\0' ? room_for_one(memory) : NULL;
		if (line[0] == '\0')
			continue;
		if (one == NULL)
			return RC_NO_MEMORY;
		if (!parse_line(line, one)) {
			identity_free(&one->owner);
			return RC_SYNTAX;
		}
		one->order = memory->count++;
	}
	return RC_OK;
}

struct found_text {
	uint64_t generation;
	char *lines; /* a NUL is behind them */
	size_t len;
};

static bool read_generation(const char *bytes, uint64_t *out)
{
	char line[FIRST_LEN + 1];

	memcpy(line, bytes, FIRST_LEN); /* sscanf() looks for the end of what it reads */
	line[FIRST_LEN] = '\0';
	if (sscanf(line, FIRST_WORDS "%16" SCNx64, out) != 1)
		return false;
	first_line(*out, line);
	return memcmp(bytes, line, FIRST_LEN) == 0;
}

/* One text at the start of so many bytes, which a NUL follows. */
static enum rc find_text(char *bytes, size_t len, struct found_text *out)
{
	char sum[SUM_LEN + 1], *end;

	if (len < FIRST_LEN + SUM_LEN || !read_generation(bytes, &out->generation))
		return RC_SYNTAX;
	end = memmem(bytes + FIRST_LEN - 1, len - FIRST_LEN + 1, "\nsum ", 5);
	if (end == NULL || (size_t)(++end - bytes) + SUM_LEN > len ||
	    !sum_of(bytes, (size_t)(end - bytes), sum) || memcmp(end, sum, SUM_LEN) != 0 ||
	    memchr(bytes, '\0', (size_t)(end - bytes)) != NULL)
		return RC_SYNTAX;
	*end = '\0';
	out->lines = bytes + FIRST_LEN;
	out->len = (size_t)(end - bytes) + SUM_LEN;
	return RC_OK;
}

static enum rc read_main(const char *path, struct lease_memory *memory, struct diag *diag)
{
	struct lease_text text = { 0 };
	struct found_text found = { 0 };
	enum rc rc = read_file(path, &text, diag);

	if (rc == RC_OK) {
		rc = find_text(text.bytes, text.len, &found);
		if (rc == RC_OK)
			rc = found.len == text.len ? parse_lines(found.lines, memory) : RC_SYNTAX;
		if (rc != RC_OK)
			rc = diag_fail(diag, RC_SYNTAX, "%s is damaged", path);
		memory->generation = found.generation;
	}
	lease_text_wipe(&text);
	return rc;
}

/* What is of an older generation than the file was written before it. */
static enum rc read_journal(const char *path, struct lease_memory *memory, struct diag *diag)
{
	struct lease_text text = { 0 };
	struct found_text found = { 0 };
	char journal[LEASE_PATH_MAX];
	size_t at = 0;
	enum rc rc;

	journal_path(path, journal);
	rc = read_file(journal, &text, diag);
	for (; rc == RC_OK && at < text.len; at += found.len) {
		if (find_text(text.bytes + at, text.len - at, &found) != RC_OK)
			break;
		if (found.generation < memory->generation)
			continue;
		memory->generation = found.generation;
		if (parse_lines(found.lines, memory) != RC_OK)
			break;
	}
	lease_text_wipe(&text);
	return rc;
}

enum rc lease_file_read(const char *path, struct lease_memory *memory, bool *journal,
			struct diag *diag)
{
	struct diag more = { "" };
	enum rc rc = read_main(path, memory, diag), second;

	if (rc != RC_OK)
		lease_memory_wipe(memory);
	second = read_journal(path, memory, &more);
	*journal = second != RC_NOT_FOUND;
	if (second == RC_OK || second == RC_NOT_FOUND)
		return rc == RC_NOT_FOUND ? second : rc;
	if (rc == RC_OK || rc == RC_NOT_FOUND)
		*diag = more;
	return second;
}
