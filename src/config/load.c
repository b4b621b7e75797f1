/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec.conf from its first byte to the checked result; see loader.h for the way. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "base/arena.h"
#include "config/loader.h"

static struct config_whole *whole_of(const struct config *config)
{
	return container_of((struct config *)(uintptr_t)config, struct config_whole, config);
}

/* ---- the result's life ---- */
static void whole_free(struct config_whole *whole)
{
	for (unsigned i = 0; i < whole->config.conn_count; i++) {
		conn_free(whole->config.conns[i]);
		mem_free(container_of(whole->config.conns[i], struct conn_whole, conn));
	}
	mem_free(whole->config.conns);
	while (whole->shared != NULL) {
		struct shared_proposal *shared = whole->shared;
		whole->shared = shared->next;
		proposal_free(shared->list);
		mem_free(shared->text);
		mem_free(shared);
	}
	while (whole->files != NULL) {
		struct file_name *file = whole->files;
		whole->files = file->next;
		mem_free(file->text);
		mem_free(file);
	}
	setup_free(&whole->config.setup);
	for (unsigned i = 0; i < whole->config.ca_count; i++)
		config_ca_wipe(&whole->config.cas[i]);
	mem_free(whole->config.cas);
	mem_free(whole->config.folder);
	table_free(&whole->names);
	table_free(&whole->proposals);
	mem_free(whole);
}

static struct config_whole *whole_new(void)
{
	struct config_whole *whole = mem_alloc(sizeof(*whole));
	uint64_t seed[2] = { 0x9e3779b97f4a7c15U, 0xc2b2ae3d27d4eb4fU };

	if (whole == NULL)
		return NULL;
	if (getrandom(seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed[0] ^= (uint64_t)(uintptr_t)whole; /* early boot: our own file is no attacker */
	table_init(&whole->names, seed);
	table_init(&whole->proposals, seed);
	whole->config.refs = 1;
	return whole;
}

void config_ref(struct config *config)
{
	config->refs++;
}

void config_unref(struct config *config)
{
	if (config != NULL && --config->refs == 0)
		whole_free(whole_of(config));
}

const struct config_conn *config_conn_find(const struct config *config, const char *name)
{
	const struct config_whole *whole = whole_of(config);
	uint64_t hash = table_hash(&whole->names, name, strlen(name));
	for (struct table_node *n = table_first(&whole->names, hash); n != NULL;
	     n = table_next(n)) {
		const struct conn_whole *conn = container_of(n, struct conn_whole, node);
		if (strcmp(conn->conn.name, name) == 0)
			return &conn->conn;
	}
	return NULL;
}

/* ---- texts ---- */
static const char *keep_name(struct loader *loader, const char *path)
{
	struct file_name *name = mem_alloc(sizeof(*name));
	if (name == NULL)
		return NULL;
	name->text = mem_text(path);
	if (name->text == NULL) {
		mem_free(name);
		return NULL;
	}
	name->next = loader->whole->files;
	loader->whole->files = name;
	return name->text;
}

/* Takes the file over, also when it fails. */
static enum rc keep_text(struct loader *loader, struct source_file *file)
{
	struct source_text *text = mem_alloc(sizeof(*text));
	if (text == NULL) {
		source_free(file);
		return RC_NO_MEMORY;
	}
	text->file = *file;
	text->next = loader->texts;
	loader->texts = text;
	return RC_OK;
}

static void read_include(struct loader *loader, const struct line *line, const char *file)
{
	struct place at = { file, line->number, line->value_column };
	const struct section *before = loader->current;
	if (source_include(&loader->stack, line->value, at, loader->errors, loader->read_file,
			   loader) == RC_NO_MEMORY)
		loader->no_memory = true;
	if (loader->current != before)
		loader->current = NULL;
}

static enum rc read_lines(struct loader *loader, const char *name, struct source_file *file)
{
	struct lexer lexer;
	struct line line;

	lexer_init(&lexer, name, file->text, file->len, loader->errors);
	for (lexer_next(&lexer, &line); line.kind != LINE_END; lexer_next(&lexer, &line)) {
		if (line.kind == LINE_HEAD && strcmp(line.key, "include") == 0)
			read_include(loader, &line, name);
		else
			sections_line(loader, &lexer, &line);
		if (loader->no_memory)
			return RC_NO_MEMORY;
	}
	return RC_OK;
}

/* The folder of the file that the load began with. */
static enum rc keep_folder(struct loader *loader, const char *path)
{
	char **folder = &loader->whole->config.folder;
	const char *slash = strrchr(path, '/');

	if (*folder != NULL)
		return RC_OK;
	*folder = mem_text(slash != NULL ? path : "./");
	if (*folder != NULL && slash != NULL)
		(*folder)[slash + 1 - path] = '\0';
	return *folder != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc read_file(void *context, const char *path, struct place at)
{
	struct loader *loader = context;
	struct source_file file;
	const char *name;
	enum rc rc = source_push(&loader->stack, path, at, loader->errors, &file);

	if (rc != RC_OK)
		return rc;
	name = keep_folder(loader, path) == RC_OK ? keep_name(loader, path) : NULL;
	if (name == NULL)
		source_free(&file);
	rc = name != NULL ? keep_text(loader, &file) : RC_NO_MEMORY;
	if (rc == RC_OK)
		rc = read_lines(loader, name, &file);
	source_pop(&loader->stack);
	return rc;
}

static enum rc read_text(struct loader *loader, const char *name, struct span text)
{
	struct source_file file;
	const char *kept = keep_name(loader, name);

	if (kept == NULL)
		return RC_NO_MEMORY;
	TRY(source_copy(text, &file));
	TRY(keep_text(loader, &file));
	return read_lines(loader, kept, &file);
}

/* ---- one load ---- */
static unsigned slot_of(const char *name, enum keyword_section section)
{
	unsigned slot = 0;
	for (const struct keyword *k = keywords_ours; k->info.name != NULL; k++, slot++)
		if (k->section == section && strcmp(k->info.name, name) == 0)
			return slot;
	return 0;
}

static enum rc loader_init(struct loader *loader, struct config_errors *errors)
{
	struct finding finding;

	*loader = (struct loader){ .errors = errors, .whole = whole_new() };
	if (loader->whole == NULL)
		return RC_NO_MEMORY;
	table_init(&loader->names, loader->whole->names.seed);
	keyword_index_init(&loader->index);
	loader->read_file = read_file;
	loader->setup.name = "setup";
	loader->defaults.name = loader->ca_defaults.name = "%default";
	loader->ca_defaults.ca = true;
	loader->slot_host = slot_of("", SECTION_END);
	loader->slot_auto = slot_of("auto", SECTION_CONN);
	loader->slot_margin = slot_of("rekeymargin", SECTION_CONN);
	loader->slot_authby = slot_of("authby", SECTION_CONN);
	return keyword_defaults(SECTION_CONN, &loader->blank, &finding);
}

static void loader_free(struct loader *loader)
{
	sections_free(loader);
	while (loader->texts != NULL) {
		struct source_text *text = loader->texts;
		loader->texts = text->next;
		source_free(&text->file);
		mem_free(text);
	}
	if (loader->whole != NULL)
		whole_free(loader->whole);
}

static void build(struct loader *loader)
{
	sections_check(loader);
	setup_build(loader);
	check_setup(loader);
	for (unsigned i = 0; i < loader->conns.count && !loader->no_memory; i++)
		conn_build(loader, loader->conns.at[i]);
	if (!loader->no_memory)
		authorities_build(loader);
	if (!loader->no_memory) {
		check_peers(loader);
		check_shunts(loader);
	}
	if (!loader->no_memory)
		check_pools(loader);
}

/* path or, when it is NULL, text. */
static enum rc load(const char *path, const char *name, struct span text, bool everything,
		    struct config **out, struct config_errors *errors)
{
	struct loader *loader = mem_alloc(sizeof(*loader));
	unsigned before = errors->errors;
	enum rc rc = RC_NO_MEMORY;

	*out = NULL;
	if (loader != NULL) {
		rc = loader_init(loader, errors);
		loader->stack.may_include = path != NULL;
		loader->everything = everything;
		if (rc == RC_OK)
			rc = path != NULL ? read_file(loader, path, (struct place){ path, 0, 0 })
					  : read_text(loader, name, text);
		if (rc == RC_OK || (path != NULL && loader->texts != NULL && rc != RC_NO_MEMORY))
			build(loader);
		if (loader->no_memory)
			rc = RC_NO_MEMORY;
		if (rc == RC_OK && errors->errors != before)
			rc = RC_SYNTAX;
		if (rc == RC_OK) {
			*out = &loader->whole->config;
			loader->whole = NULL;
		}
		loader_free(loader);
		mem_free(loader);
	}
	if (rc == RC_NO_MEMORY)
		report_error(errors, (struct place){ name, 0, 0 }, "out of memory");
	return rc;
}

enum rc config_load(const char *path, struct config **out, struct config_errors *errors)
{
	return load(path, path, SPAN_NONE, false, out, errors);
}

enum rc config_load_text(const char *name, struct span text, struct config **out,
			 struct config_errors *errors)
{
	return load(NULL, name, text, false, out, errors);
}

enum rc config_load_everything(const char *name, struct span text, struct config **out,
			       struct config_errors *errors)
{
	return load(NULL, name, text, true, out, errors);
}
