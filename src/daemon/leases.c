/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: leases over a restart
 *
 * A text file of the state directory: a line that says what it is, one for each lease of a client
 * that can be known again, and the SHA-256 of all that. Some seconds after something has changed
 * the leases are written down in slices on the loop, then a worker makes a new file in the place of
 * the old one: it is never half of one. After a crash what the last seconds brought is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "crypto/crypto.h"
#include "daemon/private.h"
#include "peer/pool.h"

#define FIRST_LINE   "vanth leases 1\n"
#define SUM_LEN	     69 /* "sum ", 64 digits, newline */
#define FILE_MAX     ((size_t)256 << 20)
#define LINE_MAX_LEN 2400 /* an identity of 1024 bytes in hex */
#define SLICE	     256
#define LOOK_EVERY   (5 * USEC_PER_SEC)
#define KINDS_MAX    1024 /* different pools of a configuration */

struct text {
	char *bytes;
	size_t len, room;
	bool failed;
};

struct leases {
	struct gateway *gateway;
	char path[512];
	struct timer look;
	struct deferred slice;		 /* the next part of the text */
	uint64_t cursor, written, taken; /* changes that are in the file; in the text */
	struct text text;
	struct job job;
	bool busy, told;
	struct diag diag; /* of the job */
	enum rc rc;
	pthread_mutex_t lock; /* who writes the file */
	bool closed;	      /* under it: the last word is said */
};

/* ---- the text ---- */

static void add(struct text *text, const void *bytes, size_t len)
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

static void text_wipe(struct text *text)
{
	mem_free(text->bytes);
	*text = (struct text){ 0 };
}

static void add_hex(struct text *text, const uint8_t *bytes, size_t len)
{
	char digits[3];

	for (size_t i = 0; i < len; i++) {
		snprintf(digits, sizeof(digits), "%02x", bytes[i]);
		add(text, digits, 2);
	}
}

static void add_lease(void *context, const struct pool_lease_info *lease)
{
	const struct ip_range *range = &lease->pool->range;
	const struct identity *owner = lease->owner;
	struct text *text = context;
	char line[4 * IP_TEXT_MAX], from[IP_TEXT_MAX], to[IP_TEXT_MAX], addr[IP_TEXT_MAX];
	int len;

	if (owner->type == ID_NONE || owner->type == ID_NULL || owner->len > 1024 || text->failed)
		return;
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
	struct text hex = { 0 };
	uint8_t hash[32];

	if (hash_sha256(&all, 1, hash) != RC_OK)
		return false;
	add(&hex, "sum ", 4);
	add_hex(&hex, hash, sizeof(hash));
	add(&hex, "\n", 2);
	if (!hex.failed)
		memcpy(out, hex.bytes, SUM_LEN + 1);
	text_wipe(&hex);
	return !hex.failed;
}

static bool finish_text(struct text *text)
{
	char sum[SUM_LEN + 1];

	if (text->failed || !sum_of(text->bytes, text->len, sum))
		return false;
	add(text, sum, SUM_LEN);
	return !text->failed;
}

/* ---- the file ---- */

static enum rc write_all(int fd, const struct text *text)
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

static enum rc write_file(const char *path, const struct text *text, struct diag *diag)
{
	char fresh[544];
	enum rc rc;
	int fd, error;

	snprintf(fresh, sizeof(fresh), "%s.new", path);
	(void)unlink(fresh);
	fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return diag_fail(diag, RC_IO, "cannot make %s: %s", fresh, strerror(errno));
	rc = write_all(fd, text);
	error = errno;
	if (close(fd) != 0 || rc != RC_OK)
		return diag_fail(diag, RC_IO, "cannot write %s: %s", fresh, strerror(error));
	if (rename(fresh, path) != 0)
		return diag_fail(diag, RC_IO, "cannot rename %s: %s", fresh, strerror(errno));
	return RC_OK;
}

static enum rc read_all(int fd, const char *path, struct text *text, struct diag *diag)
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
static enum rc read_file(const char *path, struct text *text, struct diag *diag)
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

struct remembered {
	struct config_pool pool;
	struct ip_addr addr;
	int64_t since;
	struct identity owner;
};

struct memory {
	struct remembered *list;
	size_t count, room;
};

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

static bool parse_line(const char *line, struct remembered *out)
{
	char from[IP_TEXT_MAX], to[IP_TEXT_MAX], addr[IP_TEXT_MAX], hex[2050] = "";
	unsigned lease, type;
	long long since;

	*out = (struct remembered){ .since = 0 };
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

static struct remembered *room_for_one(struct memory *memory)
{
	size_t room = memory->room == 0 ? 256 : memory->room * 2;
	struct remembered *grown;

	if (memory->count < memory->room)
		return &memory->list[memory->count];
	grown = mem_resize(memory->list, room * sizeof(*grown));
	if (grown == NULL)
		return NULL;
	memory->list = grown;
	memory->room = room;
	return &memory->list[memory->count];
}

static enum rc parse_lines(char *text, struct memory *memory)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		struct remembered *one = line[0] != '\0' ? room_for_one(memory) : NULL;
		if (line[0] == '\0')
			continue;
		if (one == NULL)
			return RC_NO_MEMORY;
		if (!parse_line(line, one)) {
			identity_free(&one->owner);
			return RC_SYNTAX;
		}
		memory->count++;
	}
	return RC_OK;
}

static enum rc parse_text(struct text *text, struct memory *memory)
{
	size_t first = strlen(FIRST_LINE), end = text->len - SUM_LEN;
	char sum[SUM_LEN + 1];

	if (text->len < first + SUM_LEN || memchr(text->bytes, '\0', text->len) != NULL ||
	    memcmp(text->bytes, FIRST_LINE, first) != 0 || !sum_of(text->bytes, end, sum) ||
	    memcmp(text->bytes + end, sum, SUM_LEN) != 0)
		return RC_SYNTAX;
	text->bytes[end] = '\0';
	return parse_lines(text->bytes + first, memory);
}

static void memory_wipe(struct memory *memory)
{
	for (size_t i = 0; i < memory->count; i++)
		identity_free(&memory->list[i].owner);
	mem_free(memory->list);
}

/* ---- the pools that there are ---- */

struct kinds {
	const struct config_pool *list[KINDS_MAX];
	size_t count;
};

static const struct config_pool *kind_of(const struct kinds *kinds, const struct config_pool *pool)
{
	for (size_t i = 0; i < kinds->count; i++)
		if (kinds->list[i]->lease == pool->lease &&
		    range_equal(&kinds->list[i]->range, &pool->range))
			return kinds->list[i];
	return NULL;
}

static void add_kinds(struct kinds *kinds, const struct config_end *end)
{
	for (unsigned i = 0; i < end->pool_count; i++)
		if (kinds->count < KINDS_MAX && kind_of(kinds, &end->pools[i]) == NULL)
			kinds->list[kinds->count++] = &end->pools[i];
}

static int by_age(const void *a, const void *b)
{
	const struct remembered *x = a, *y = b;

	return x->since < y->since ? -1 : x->since > y->since;
}

static size_t take_memory(const struct gateway *gateway, struct memory *memory)
{
	const struct config *config = gateway->config;
	struct kinds kinds = { .count = 0 };
	size_t taken = 0;

	for (unsigned i = 0; i < config->conn_count; i++) {
		add_kinds(&kinds, &config->conns[i]->left);
		add_kinds(&kinds, &config->conns[i]->right);
	}
	if (memory->count > 0)
		qsort(memory->list, memory->count, sizeof(*memory->list), by_age);
	for (size_t i = 0; i < memory->count; i++) {
		const struct remembered *one = &memory->list[i];
		struct pool_lease_info info = { .pool = kind_of(&kinds, &one->pool),
						.since = one->since,
						.addr = one->addr,
						.owner = &one->owner };
		if (info.pool != NULL && pools_remember(gateway->peers.pools, &info) == RC_OK)
			taken++;
	}
	return taken;
}

static void remember(struct leases *leases)
{
	struct gateway *gateway = leases->gateway;
	struct text text = { 0 };
	struct memory memory = { 0 };
	struct diag diag = { "" };
	enum rc rc = read_file(leases->path, &text, &diag);

	if (rc == RC_OK && (rc = parse_text(&text, &memory)) != RC_OK)
		(void)diag_fail(&diag, rc, "%s is damaged", leases->path);
	if (rc == RC_OK)
		log_write(gateway->log, LOG_LEVEL_NOTICE, NULL,
			  "addresses of %zu clients of an earlier run are kept for them",
			  take_memory(gateway, &memory));
	else if (rc != RC_NOT_FOUND)
		log_write(gateway->log, LOG_LEVEL_WARNING, NULL,
			  "%s: it is ignored, and clients may get other addresses than before",
			  diag.text);
	memory_wipe(&memory);
	text_wipe(&text);
}

/* ---- writing ---- */

static void leases_free(struct leases *leases)
{
	text_wipe(&leases->text);
	pthread_mutex_destroy(&leases->lock);
	mem_free(leases);
}

static void write_work(struct job *job, unsigned worker)
{
	struct leases *leases = container_of(job, struct leases, job);

	(void)worker;
	pthread_mutex_lock(&leases->lock);
	leases->rc = RC_OK;
	if (!leases->closed)
		leases->rc = finish_text(&leases->text)
				     ? write_file(leases->path, &leases->text, &leases->diag)
				     : diag_fail(&leases->diag, RC_NO_MEMORY, "out of memory");
	pthread_mutex_unlock(&leases->lock);
}

static void tell_result(struct leases *leases)
{
	if (leases->rc == RC_OK) {
		leases->written = leases->taken;
		leases->told = false;
		return;
	}
	if (!leases->told)
		log_write(leases->gateway->log, LOG_LEVEL_WARNING, NULL,
			  "leases will not outlive a restart: %s", leases->diag.text);
	leases->told = true;
}

static void write_done(struct job *job)
{
	struct leases *leases = container_of(job, struct leases, job);

	leases->busy = false;
	text_wipe(&leases->text);
	if (leases->closed)
		leases_free(leases);
	else
		tell_result(leases);
}

/* The text is made of slices; what changes meanwhile makes another one. */
static void next_slice(struct deferred *deferred)
{
	struct leases *leases = container_of(deferred, struct leases, slice);
	struct host *host = leases->gateway->host;

	if (pools_walk_slice(leases->gateway->peers.pools, &leases->cursor, SLICE, add_lease,
			     &leases->text))
		host->ops->defer(host, &leases->slice);
	else
		host->ops->job_submit(host, &leases->job);
}

static void begin_text(struct leases *leases)
{
	leases->text = (struct text){ 0 };
	leases->cursor = 0;
	leases->taken = pools_changes(leases->gateway->peers.pools);
	add(&leases->text, FIRST_LINE, strlen(FIRST_LINE));
}

static void look_fire(struct timer *timer)
{
	struct leases *leases = container_of(timer, struct leases, look);
	struct gateway *gateway = leases->gateway;

	gateway_timer(gateway, timer, host_now(gateway->host) + LOOK_EVERY);
	if (leases->busy || pools_changes(gateway->peers.pools) == leases->written)
		return;
	leases->busy = true;
	begin_text(leases);
	next_slice(&leases->slice);
}

void leases_open(struct gateway *gateway, const char *statedir, struct leases **out)
{
	struct leases *leases = mem_alloc(sizeof(*leases));

	*out = NULL;
	if (leases == NULL || snprintf(leases->path, sizeof(leases->path), "%s/leases", statedir) >=
				      (int)sizeof(leases->path)) {
		log_write(gateway->log, LOG_LEVEL_ERROR, NULL,
			  "leases will not outlive a restart: out of memory");
		mem_free(leases);
		return;
	}
	leases->gateway = gateway;
	pthread_mutex_init(&leases->lock, NULL);
	leases->job.work = write_work;
	leases->job.done = write_done;
	leases->slice.run = next_slice;
	leases->look.fire = look_fire;
	remember(leases);
	leases->written = pools_changes(gateway->peers.pools);
	gateway_timer(gateway, &leases->look, host_now(gateway->host) + LOOK_EVERY);
	*out = leases;
}

static void write_last(struct leases *leases)
{
	struct text text;

	begin_text(leases);
	pools_walk_leases(leases->gateway->peers.pools, add_lease, &leases->text);
	text = leases->text;
	leases->rc = finish_text(&text) ? write_file(leases->path, &text, &leases->diag)
					: diag_fail(&leases->diag, RC_NO_MEMORY, "out of memory");
	leases->text = text;
	tell_result(leases);
}

void leases_close(struct leases *leases)
{
	bool working;

	if (leases == NULL)
		return;
	gateway_cancel(leases->gateway, &leases->look);
	working = leases->busy && !list_linked(&leases->slice.queue);
	deferred_cancel(&leases->slice);
	pthread_mutex_lock(&leases->lock); /* a worker ends what it has begun */
	if (working)
		text_wipe(&leases->text);
	if (pools_changes(leases->gateway->peers.pools) != leases->written) {
		text_wipe(&leases->text);
		write_last(leases);
	}
	leases->closed = true;
	pthread_mutex_unlock(&leases->lock);
	if (!working)
		leases_free(leases);
}
