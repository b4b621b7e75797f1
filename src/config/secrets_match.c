/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry is for whom. Entries that name identities exactly are found by hashing, whatever
 * their number; those with wildcards and those for everybody are walked. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include "base/arena.h"
#include "config/secrets_private.h"

#define SCORE_ANY 1

/* ---- rank of an entry for a pair of identities ---- */
static unsigned pattern_score(const struct secrets_pattern *pattern, const struct side *side)
{
	if (pattern->family != 0 && pattern->family != side->family)
		return 0;
	return identity_match(&pattern->id, &side->id);
}

/* 0: not for them. By Libreswan's order: both named, we named and they any, we named alone, they
 * named and we any, they named alone, any, an entry for everybody; within each, the more specific.
 */
static unsigned rank_of_scores(unsigned we, unsigned they)
{
	unsigned named = (we > SCORE_ANY ? 1U : 0) + (they > SCORE_ANY ? 1U : 0);
	unsigned any = (we == SCORE_ANY ? 1U : 0) + (they == SCORE_ANY ? 1U : 0);
	return named * 1000000 + (we > SCORE_ANY ? 500000U : 0) + (we + they) * 100 + any * 10 + 2;
}

/* Our best score among the patterns without number `not`. */
static unsigned best_score(const struct secrets_entry *entry, const struct side *side,
			   unsigned not )
{
	unsigned best = 0;
	for (unsigned i = 0; i < entry->pattern_count; i++) {
		unsigned score = i != not ? pattern_score(&entry->patterns[i], side) : 0;
		best = score > best ? score : best;
	}
	return best;
}

/* One identity: ours or the peer's. */
static unsigned rank_of_one(const struct secrets_entry *entry, const struct side *local,
			    const struct side *remote)
{
	unsigned we = pattern_score(&entry->patterns[0], local);
	unsigned they = we > 0 ? 0 : pattern_score(&entry->patterns[0], remote);
	return we == 0 && they == 0 ? 0 : rank_of_scores(we, they);
}

unsigned secrets_rank(const struct secrets_entry *entry, const struct side *local,
		      const struct side *remote)
{
	unsigned best = 0;

	if (entry->pattern_count == 0)
		return 1;
	if (entry->pattern_count == 1)
		return rank_of_one(entry, local, remote);
	for (unsigned i = 0; i < entry->pattern_count; i++) { /* one is the peer's, another ours */
		unsigned they = pattern_score(&entry->patterns[i], remote);
		unsigned we = they > 0 ? best_score(entry, local, i) : 0;
		unsigned rank = we > 0 ? rank_of_scores(we, they) : 0;
		best = rank > best ? rank : best;
	}
	return best;
}

/* ---- index ---- */
static bool is_open(const struct secrets_entry *entry)
{
	for (unsigned i = 0; i < entry->pattern_count; i++)
		if (identity_has_wildcard(&entry->patterns[i].id))
			return true;
	return entry->pattern_count == 0;
}

static uint64_t id_hash(const struct table *table, const struct identity *id)
{
	uint8_t key[IDENTITY_KEY_MAX];
	size_t len = identity_key(id, key);
	return table_hash(table, key, len);
}

static enum rc add_nodes(struct secrets *secrets, unsigned number, unsigned *used)
{
	const struct secrets_entry *entry = &secrets->entries[number];
	struct table *table = entry->pattern_count == 1 ? &secrets->soles : &secrets->pairs;

	if (is_open(entry)) {
		secrets->open[secrets->open_count++] = number;
		return RC_OK;
	}
	for (unsigned i = 0; i < entry->pattern_count; i++) {
		struct secrets_node *node = &secrets->nodes[(*used)++];
		node->entry = number;
		TRY(table_insert(table, &node->node, id_hash(table, &entry->patterns[i].id)));
	}
	return RC_OK;
}

/* The same whatever the order of the identities. */
static uint64_t set_hash(const struct table *table, const struct secrets_entry *entry)
{
	uint64_t hash = entry->pattern_count;
	for (unsigned i = 0; i < entry->pattern_count; i++)
		hash += id_hash(table, &entry->patterns[i].id) ^ entry->patterns[i].family;
	return hash;
}

static bool same_pattern(const struct secrets_pattern *a, const struct secrets_pattern *b)
{
	return a->family == b->family && identity_equal(&a->id, &b->id);
}

static bool all_in(const struct secrets_entry *a, const struct secrets_entry *b)
{
	for (unsigned i = 0; i < a->pattern_count; i++) {
		bool found = false;
		for (unsigned k = 0; k < b->pattern_count && !found; k++)
			found = same_pattern(&a->patterns[i], &b->patterns[k]);
		if (!found)
			return false;
	}
	return true;
}

static void warn_twice(const struct secrets *secrets, const struct secrets_entry *entry,
		       const struct secrets_entry *first, struct config_errors *errors)
{
	struct place at = { secrets->files[entry->file], entry->line, 0 };
	if (secret_equal(secret_span(&entry->psk), secret_span(&first->psk)))
		return;
	report_warning(
		errors, at,
		"the entry is never used: one with the same identities and another key is in %s:%u",
		secrets->files[first->file], first->line);
}

/* Warns of entries that an earlier one hides. */
static enum rc find_twice(const struct secrets *secrets, struct config_errors *errors)
{
	struct secrets_node *nodes = mem_alloc((secrets->count + 1) * sizeof(*nodes));
	struct table sets;
	enum rc rc = nodes != NULL ? RC_OK : RC_NO_MEMORY;

	table_init(&sets, secrets->pairs.seed);
	for (unsigned i = 0; rc == RC_OK && i < secrets->count; i++) {
		const struct secrets_entry *entry = &secrets->entries[i], *first = NULL;
		uint64_t hash = set_hash(&sets, entry);
		for (struct table_node *n = table_first(&sets, hash); n != NULL && first == NULL;
		     n = table_next(n)) {
			const struct secrets_node *node =
				container_of(n, struct secrets_node, node);
			const struct secrets_entry *other = &secrets->entries[node->entry];
			if (other->pattern_count == entry->pattern_count && all_in(entry, other) &&
			    all_in(other, entry))
				first = other;
		}
		if (first != NULL) {
			warn_twice(secrets, entry, first, errors);
			continue;
		}
		nodes[i].entry = i;
		rc = table_insert(&sets, &nodes[i].node, hash);
	}
	table_free(&sets);
	mem_free(nodes);
	return rc;
}

enum rc secrets_index(struct secrets *secrets, struct config_errors *errors)
{
	uint64_t seed[2] = { 0x853c49e6748fea9bU, 0xda3e39cb94b95bdbU };
	size_t exact = 0;
	unsigned used = 0;

	/* without it the peers' identities, which they choose, still meet only identities of ours
	 */
	if (getrandom(seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed[0] ^= (uint64_t)(uintptr_t)secrets;
	table_init(&secrets->pairs, seed);
	table_init(&secrets->soles, seed);
	for (unsigned i = 0; i < secrets->count; i++)
		exact += secrets->entries[i].pattern_count;
	secrets->nodes = mem_alloc((exact + 1) * sizeof(*secrets->nodes));
	secrets->open = mem_alloc((secrets->count + 1) * sizeof(*secrets->open));
	if (secrets->nodes == NULL || secrets->open == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; i < secrets->count; i++)
		TRY(add_nodes(secrets, i, &used));
	return find_twice(secrets, errors);
}

/* ---- lookup ---- */
struct search {
	const struct secrets *secrets;
	const struct side *local, *remote;
	unsigned best, entry;
};

static void consider(struct search *search, unsigned number)
{
	unsigned rank =
		secrets_rank(&search->secrets->entries[number], search->local, search->remote);
	if (rank == 0 || rank < search->best || (rank == search->best && number > search->entry))
		return;
	search->best = rank;
	search->entry = number;
}

static void consider_named(struct search *search, const struct table *table,
			   const struct identity *id)
{
	for (struct table_node *n = table_first(table, id_hash(table, id)); n != NULL;
	     n = table_next(n))
		consider(search, container_of(n, struct secrets_node, node)->entry);
}

void secrets_side(struct side *side, const struct identity *id, const struct ip_addr *addr)
{
	*side = (struct side){ .family = AF_UNSPEC };
	if (id != NULL)
		side->id = *id;
	if (addr != NULL && ip_is_set(addr)) {
		side->addr = *addr;
		side->family = addr->family;
	}
	if (side->id.type == ID_NONE && ip_is_set(&side->addr)) {
		side->id.type = side->family == AF_INET ? ID_IPV4_ADDR : ID_IPV6_ADDR;
		side->id.data = side->addr.bytes;
		side->id.len = (uint16_t)ip_len(side->addr.family);
	}
	if (side->id.type == ID_IPV4_ADDR || side->id.type == ID_IPV6_ADDR)
		side->family = side->id.type == ID_IPV4_ADDR ? AF_INET : AF_INET6;
}

enum rc secrets_psk(const struct secrets *secrets, const struct identity *local,
		    const struct ip_addr *local_addr, const struct identity *remote,
		    const struct ip_addr *remote_addr, struct span *out, struct diag *diag)
{
	struct side we, they;
	struct search search = { secrets, &we, &they, 0, 0 };
	char ours[IDENTITY_TEXT_MAX], theirs[IDENTITY_TEXT_MAX];

	secrets_side(&we, local, local_addr);
	secrets_side(&they, remote, remote_addr);
	*out = SPAN_NONE;
	consider_named(&search, &secrets->pairs, &they.id);
	consider_named(&search, &secrets->soles, &they.id);
	consider_named(&search, &secrets->soles, &we.id);
	for (unsigned i = 0; i < secrets->open_count; i++)
		consider(&search, secrets->open[i]);
	if (search.best > 0) {
		*out = secret_span(&secrets->entries[search.entry].psk);
		return RC_OK;
	}
	identity_text(&we.id, ours);
	identity_text(&they.id, theirs);
	return diag_fail(diag, RC_NOT_FOUND,
			 "no preshared key for us (%.90s) and the peer (%.90s) among %u in "
			 "ipsec.secrets: add a "
			 "line \"%.40s %.40s : PSK ...\"",
			 ours, theirs, secrets->count, ours, theirs);
}

/* ---- for people ---- */
unsigned secrets_count(const struct secrets *secrets)
{
	return secrets->count;
}

bool secrets_describe(const struct secrets *secrets, unsigned index, char *whom, size_t size,
		      const char **file, unsigned *line)
{
	const struct secrets_entry *entry =
		index < secrets->count ? &secrets->entries[index] : NULL;
	char text[IDENTITY_TEXT_MAX];
	size_t len = 0;

	if (entry == NULL)
		return false;
	(void)snprintf(whom, size, "everybody");
	for (unsigned i = 0; i < entry->pattern_count && len < size; i++)
		len += (size_t)snprintf(whom + len, size - len, "%s%s", i > 0 ? " " : "",
					identity_text(&entry->patterns[i].id, text));
	*file = secrets->files[entry->file];
	*line = entry->line;
	return true;
}

/* ---- life ---- */
void secrets_free_patterns(struct secrets_pattern *patterns, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		identity_free(&patterns[i].id);
	mem_free(patterns);
}

void secrets_free(struct secrets *secrets)
{
	if (secrets == NULL)
		return;
	for (unsigned i = 0; i < secrets->count; i++) {
		secret_wipe(&secrets->entries[i].psk);
		secrets_free_patterns(secrets->entries[i].patterns,
				      secrets->entries[i].pattern_count);
	}
	secrets_free_ppks(secrets);
	secrets_free_xauths(secrets);
	secrets_free_files(secrets);
	for (unsigned i = 0; i < secrets->file_count; i++)
		mem_free(secrets->files[i]);
	mem_free(secrets->files);
	mem_free(secrets->entries);
	mem_free(secrets->nodes);
	mem_free(secrets->open);
	table_free(&secrets->pairs);
	table_free(&secrets->soles);
	mem_free(secrets);
}
