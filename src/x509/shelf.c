/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: shelf
 *
 * Where CRLs are not fetched, or not only, the operator puts them in a folder (ipsec.d/crls), or in
 * the NSS database (ipsec import, crlutil). All of them are read again together, on a worker; each
 * must be of a CA that the database knows, by name and signature. On the loop they become sources
 * that are never fetched, and what is not there any more goes.
 */
#include "x509/shelf.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "x509/database.h"
#include "x509/path.h"
#include "x509/pem.h"
#include "x509/sources.h"

#define BLOCKS_MAX 16	/* of one file */
#define FILES_MAX  1024 /* that are looked at */
#define BLOCK_MARK "#"	/* before the number of a CRL that is not the first of its file */

struct reading {
	struct shelf *shelf;
	struct certificate **cas; /* borrowed */
	size_t ca_count;
	unsigned worker;
	const char *from;
};

void shelf_free(struct shelf *shelf)
{
	if (shelf == NULL)
		return;
	for (unsigned i = 0; i < shelf->count; i++) {
		mem_free(shelf->items[i].from);
		crl_unref(shelf->items[i].crl);
		certificate_unref(shelf->items[i].issuer);
	}
	for (unsigned i = 0; i < shelf->failed; i++) {
		mem_free(shelf->failures[i].from);
		mem_free(shelf->failures[i].text);
	}
	mem_free(shelf);
}

/* ---- on a worker ---- */

enum rc shelf_issuer(const struct crl *crl, struct certificate *const *cas, size_t count,
		     unsigned worker, struct certificate **out, struct diag *diag)
{
	char text[IDENTITY_TEXT_MAX];
	enum rc rc = RC_NOT_FOUND;

	for (size_t i = 0; i < count; i++) {
		if (!certificate_is_ca(cas[i]) || !x509_name_equal(cas[i]->subject, crl->issuer))
			continue;
		rc = crl_check_issuer(crl, cas[i], worker, diag);
		if (rc == RC_OK) {
			*out = cas[i];
			return RC_OK;
		}
	}
	if (rc == RC_NOT_FOUND)
		return diag_fail(diag, rc, "its issuer, \"%.150s\", is no CA of the NSS database",
				 x509_name_text(crl->issuer, text));
	return rc;
}

static void note_failure(struct shelf *shelf, const char *from, const struct diag *diag)
{
	struct shelf_failure failure = { NULL, NULL };
	char text[600];

	(void)snprintf(text, sizeof(text), "%.250s: %.300s", from, diag->text);
	if (shelf->failed < SHELF_CRLS_MAX)
		failure = (struct shelf_failure){ mem_text(from), mem_text(text) };
	if (failure.from != NULL && failure.text != NULL) {
		shelf->failures[shelf->failed++] = failure;
		return;
	}
	mem_free(failure.from);
	mem_free(failure.text);
	shelf->partial = true; /* nobody remembers which, so nothing goes */
}

static enum rc add(struct reading *reading, struct span der, struct diag *diag)
{
	struct shelf *shelf = reading->shelf;
	struct shelf_item *item = &shelf->items[shelf->count];
	struct certificate *issuer = NULL;
	struct crl *crl = NULL;
	enum rc rc;

	if (shelf->count == SHELF_CRLS_MAX || shelf->bytes + der.len > SHELF_BYTES_MAX)
		return diag_fail(diag, RC_LIMIT, "no more than %d CRLs, and %u bytes, are kept",
				 SHELF_CRLS_MAX, SHELF_BYTES_MAX);
	rc = crl_parse(der, &crl, diag);
	if (rc == RC_OK)
		rc = shelf_issuer(crl, reading->cas, reading->ca_count, reading->worker, &issuer,
				  diag);
	if (rc == RC_OK && (item->from = mem_text(reading->from)) == NULL)
		rc = diag_fail(diag, RC_NO_MEMORY, "out of memory");
	if (rc != RC_OK) {
		crl_unref(crl);
		return rc;
	}
	item->crl = crl;
	item->issuer = certificate_ref(issuer);
	shelf->bytes += der.len;
	shelf->count++;
	return RC_OK;
}

static enum rc add_or_note(void *context, struct span der)
{
	struct reading *reading = context;
	struct diag diag = { "" };

	if (add(reading, der, &diag) != RC_OK)
		note_failure(reading->shelf, reading->from, &diag);
	return RC_OK;
}

static enum rc read_blocks(struct reading *reading, const char *path, struct arena *arena,
			   struct diag *diag)
{
	struct pem blocks[BLOCKS_MAX];
	unsigned before = reading->shelf->count + reading->shelf->failed, number = 0;
	char name[PATH_MAX + 8];
	size_t count = 0;

	TRY(pem_read(path, arena, blocks, BLOCKS_MAX, &count, diag));
	for (size_t i = 0; i < count; i++) {
		if (blocks[i].kind != PEM_CRL)
			continue;
		if (++number > 1) {
			(void)snprintf(name, sizeof(name), "%s" BLOCK_MARK "%u", path, number);
			reading->from = name;
		}
		TRY(add_or_note(reading, blocks[i].der));
	}
	reading->from = path;
	if (before == reading->shelf->count + reading->shelf->failed)
		return diag_fail(diag, RC_NOT_FOUND, "it holds no CRL");
	return RC_OK;
}

static void read_one(struct reading *reading, const char *path)
{
	struct diag diag = { "" };
	struct arena arena;

	arena_init(&arena, 4 * (size_t)PEM_FILE_MAX);
	reading->from = path;
	if (read_blocks(reading, path, &arena, &diag) != RC_OK)
		note_failure(reading->shelf, path, &diag);
	arena_free(&arena);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static void read_folder(struct reading *reading, const char *folder)
{
	struct dirent **entries = NULL;
	struct diag diag = { "" };
	char path[1000];
	int count = scandir(folder, &entries, is_visible, alphasort);

	if (count < 0 && errno != ENOENT) {
		(void)diag_fail(&diag, RC_IO, "%s", strerror(errno));
		note_failure(reading->shelf, folder, &diag);
		reading->shelf->partial = true;
	}
	for (int i = 0; i < count; i++) {
		int len = snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		if (i < FILES_MAX && len > 0 && len < (int)sizeof(path))
			read_one(reading, path);
		free(entries[i]); /* scandir(3)'s own */
	}
	free(entries);
}

static bool collect_cas(struct reading *reading, const struct x509_trust *trust)
{
	const struct x509_ca *ca;

	reading->cas = mem_alloc((x509_trust_count(trust) + 1) * sizeof(*reading->cas));
	if (reading->cas == NULL)
		return false;
	while ((ca = x509_trust_at(trust, reading->ca_count)) != NULL)
		reading->cas[reading->ca_count++] = ca->certificate;
	return true;
}

struct shelf *shelf_read(const char *folder, const struct x509_trust *trust, unsigned worker)
{
	struct shelf *shelf = mem_alloc(sizeof(*shelf));
	struct reading reading = { .shelf = shelf, .worker = worker, .from = SHELF_DATABASE };
	struct diag diag = { "" };

	if (shelf == NULL || !collect_cas(&reading, trust)) {
		mem_free(shelf);
		return NULL;
	}
	if (database_crls(add_or_note, &reading, &diag) != RC_OK) {
		note_failure(shelf, SHELF_DATABASE, &diag);
		shelf->partial = true;
	}
	if (folder != NULL)
		read_folder(&reading, folder);
	mem_free(reading.cas);
	return shelf;
}

/* ---- on the loop ---- */

static bool same_crl(const struct crl *a, const struct crl *b)
{
	return a != NULL && b != NULL && span_equal(a->der, b->der);
}

static void tell(const struct revocation *revocation, const struct shelf_item *item)
{
	char issuer[IDENTITY_TEXT_MAX], made[ASN1_TIME_TEXT_MAX], next[ASN1_TIME_TEXT_MAX];
	const struct crl *crl = item->crl;
	int64_t now = revocation->env.host->ops->wall(revocation->env.host);
	bool over = crl->next_update != 0 && crl->next_update < now;

	log_write(revocation->env.log, over ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO, NULL,
		  "CRL of \"%.100s\" from %s: made %s, %u entries, next update %s%s",
		  x509_name_text(crl->issuer, issuer), item->from,
		  asn1_time_text(crl->this_update, made), crl->count,
		  crl->next_update != 0 ? asn1_time_text(crl->next_update, next) : "not told",
		  over ? ", which is over: put a newer one there" : "");
}

/* True: it is another one than before. */
static bool take_one(struct revocation *revocation, struct shelf_item *item)
{
	struct span from = span_make(item->from, strlen(item->from));
	struct source *source = source_of_crl(revocation, from, item->issuer);
	bool same;

	if (source == NULL) {
		log_write(revocation->env.log, LOG_LEVEL_ERROR, NULL,
			  "CRL from %s: not taken: out of memory, or too many CRLs", item->from);
		return false;
	}
	source->local = source->there = true;
	same = same_crl(source->crl, item->crl);
	if (!same) {
		source_drop_crl(source);
		source->crl = crl_ref(item->crl);
		revocation->crl_bytes += item->crl->der.len;
		tell(revocation, item);
	}
	source->fetched = host_now(revocation->env.host);
	source->fetched_wall = revocation->env.host->ops->wall(revocation->env.host);
	return !same;
}

/* From that file: its first CRL or another one. */
static bool is_from(const char *from, const char *file)
{
	size_t len = strlen(file);

	return strncmp(from, file, len) == 0 &&
	       (from[len] == '\0' || strncmp(from + len, BLOCK_MARK, strlen(BLOCK_MARK)) == 0);
}

/* It may be half written: what was known of it counts until it can be read. */
static void keep_failed(struct revocation *revocation, const struct shelf_failure *failure)
{
	log_write(revocation->env.log, LOG_LEVEL_WARNING, NULL, "CRL from %s", failure->text);
	list_for(node, &revocation->ages[SOURCE_CRL])
	{
		struct source *source = container_of(node, struct source, in_age);
		if (source->local && is_from(source->url, failure->from))
			source->there = true;
	}
}

void shelf_take(struct revocation *revocation, struct shelf *shelf)
{
	bool news = false;

	list_for(node, &revocation->ages[SOURCE_CRL]) container_of(node, struct source, in_age)
		->there = false;
	for (unsigned i = 0; i < shelf->count; i++)
		news |= take_one(revocation, &shelf->items[i]);
	for (unsigned i = 0; i < shelf->failed; i++)
		keep_failed(revocation, &shelf->failures[i]);
	if (!shelf->partial)
		sources_forget_local(revocation);
	sources_trim(revocation, NULL);
	if (news && revocation->env.news != NULL)
		revocation->env.news(revocation->env.context);
}

/* ---- again ---- */

/* On a worker; belongs to itself. */
struct rereading {
	struct job job;
	struct revocation *revocation; /* NULL: it has gone */
	struct x509_trust *trust;
	struct shelf *shelf;
	char *folder;
};

static void reread_work(struct job *job, unsigned worker)
{
	struct rereading *reading = container_of(job, struct rereading, job);

	reading->shelf = shelf_read(reading->folder, reading->trust, worker);
}

static void rereading_free(struct rereading *reading)
{
	shelf_free(reading->shelf);
	x509_trust_unref(reading->trust);
	mem_free(reading->folder);
	mem_free(reading);
}

static void reread_done(struct job *job)
{
	struct rereading *reading = container_of(job, struct rereading, job);
	struct revocation *revocation = reading->revocation;

	if (revocation != NULL) {
		struct x509_trust *again = revocation->read_again;
		revocation->reading = NULL;
		revocation->read_again = NULL;
		if (reading->shelf != NULL)
			shelf_take(revocation, reading->shelf);
		else
			log_write(revocation->env.log, LOG_LEVEL_ERROR, NULL,
				  "out of memory: CRLs in files are not read");
		if (again != NULL)
			revocation_reread(revocation, again);
		x509_trust_unref(again);
	}
	rereading_free(reading);
}

void shelf_forget(struct revocation *revocation)
{
	if (revocation->reading != NULL)
		revocation->reading->revocation = NULL;
	x509_trust_unref(revocation->read_again);
	mem_free(revocation->folder);
}

static bool copy_folder(const struct revocation *revocation, struct rereading *reading)
{
	if (revocation->folder != NULL)
		reading->folder = mem_text(revocation->folder);
	return revocation->folder == NULL || reading->folder != NULL;
}

enum rc revocation_folder(struct revocation *revocation, const char *folder)
{
	char *copy = mem_text(folder);

	if (copy == NULL)
		return RC_NO_MEMORY;
	mem_free(revocation->folder);
	revocation->folder = copy;
	return RC_OK;
}

enum rc revocation_read_now(struct revocation *revocation, const struct x509_trust *trust)
{
	struct shelf *shelf = shelf_read(revocation->folder, trust, 0);

	if (shelf == NULL)
		return RC_NO_MEMORY;
	shelf_take(revocation, shelf);
	shelf_free(shelf);
	return RC_OK;
}

void revocation_reread(struct revocation *revocation, struct x509_trust *trust)
{
	struct rereading *reading;

	if (revocation->ended)
		return;
	if (revocation->reading != NULL) { /* what changed behind its back is not lost */
		x509_trust_unref(revocation->read_again);
		revocation->read_again = x509_trust_ref(trust);
		return;
	}
	reading = mem_alloc(sizeof(*reading));
	if (reading != NULL && copy_folder(revocation, reading)) {
		reading->revocation = revocation;
		reading->trust = x509_trust_ref(trust);
		reading->job = (struct job){ .work = reread_work, .done = reread_done };
		revocation->reading = reading;
		revocation->env.host->ops->job_submit(revocation->env.host, &reading->job);
		return;
	}
	mem_free(reading);
	log_write(revocation->env.log, LOG_LEVEL_ERROR, NULL,
		  "out of memory: CRLs in files are not read");
}
