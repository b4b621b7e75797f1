/* SPDX-License-Identifier: Apache-2.0 */
/* Post-quantum preshared keys (RFC 8784) of ipsec.secrets, and the IDs that ppk-ids= lists. */
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "config/keywords.h"
#include "config/secrets_private.h"

static bool grow(struct secrets *secrets)
{
	unsigned cap = secrets->ppk_cap == 0 ? 8 : secrets->ppk_cap * 2;
	struct secrets_ppk *grown;

	if (secrets->ppk_count < secrets->ppk_cap)
		return true;
	grown = mem_resize(secrets->ppks, cap * sizeof(*grown));
	if (grown == NULL)
		return false;
	secrets->ppks = grown;
	secrets->ppk_cap = cap;
	return true;
}

enum rc secrets_add_ppk(struct secrets *secrets, const struct secrets_entry *entry,
			struct secret *id, struct secret *key)
{
	struct secrets_ppk *ppk;

	if (!grow(secrets))
		return RC_NO_MEMORY;
	ppk = &secrets->ppks[secrets->ppk_count++];
	*ppk = (struct secrets_ppk){ .entry = *entry };
	ppk->entry.psk = (struct secret){ NULL, 0 };
	secret_move(&ppk->entry.psk, key);
	secret_move(&ppk->id, id);
	return RC_OK;
}

void secrets_free_ppks(struct secrets *secrets)
{
	for (unsigned i = 0; i < secrets->ppk_count; i++) {
		struct secrets_ppk *ppk = &secrets->ppks[i];
		for (unsigned k = 0; k < ppk->entry.pattern_count; k++)
			identity_free(&ppk->entry.patterns[k].id);
		mem_free(ppk->entry.patterns);
		secret_wipe(&ppk->entry.psk);
		secret_wipe(&ppk->id);
	}
	mem_free(secrets->ppks);
	secrets->ppks = NULL;
	secrets->ppk_count = secrets->ppk_cap = 0;
}

bool secrets_have_ppk(const struct secrets *secrets)
{
	return secrets->ppk_count > 0;
}

static enum rc not_found(struct span id, const struct side *we, const struct side *they,
			 struct diag *diag)
{
	char ours[IDENTITY_TEXT_MAX], theirs[IDENTITY_TEXT_MAX], text[PPK_ID_TEXT_MAX];

	identity_text(&we->id, ours);
	identity_text(&they->id, theirs);
	if (id.len == 0)
		return diag_fail(diag, RC_NOT_FOUND,
				 "no PPK for us (%.90s) and the peer (%.90s) in ipsec.secrets: add "
				 "a line \"%.40s %.40s : PPKS \"id\" ...\"",
				 ours, theirs, ours, theirs);
	return diag_fail(diag, RC_NOT_FOUND,
			 "no PPK with the ID %s for us (%.90s) and the peer (%.90s) in "
			 "ipsec.secrets (PPKS)",
			 ppk_id_text(id, text), ours, theirs);
}

enum rc secrets_ppk(const struct secrets *secrets, const struct identity *local,
		    const struct ip_addr *local_addr, const struct identity *remote,
		    const struct ip_addr *remote_addr, struct span id, struct span *id_out,
		    struct span *out, struct diag *diag)
{
	const struct secrets_ppk *best = NULL;
	struct side we, they;
	unsigned most = 0;

	secrets_side(&we, local, local_addr);
	secrets_side(&they, remote, remote_addr);
	*out = *id_out = SPAN_NONE;
	for (unsigned i = 0; i < secrets->ppk_count; i++) {
		const struct secrets_ppk *ppk = &secrets->ppks[i];
		unsigned rank;
		if (id.len > 0 && !span_equal(id, secret_span(&ppk->id)))
			continue;
		rank = secrets_rank(&ppk->entry, &we, &they);
		if (rank <= most)
			continue;
		most = rank;
		best = ppk;
	}
	if (best == NULL)
		return not_found(id, &we, &they, diag);
	*id_out = secret_span(&best->id);
	*out = secret_span(&best->entry.psk);
	return RC_OK;
}

/* ---- ppk-ids= ---- */

/* One word: text, or 0x and hex, 0s and base64. */
static enum rc word_id(const char *word, uint8_t id[PPK_ID_MAX], size_t *len, struct diag *diag)
{
	bool coded = word[0] == '0' && (word[1] == 'x' || word[1] == 's');
	struct secret value = { NULL, 0 };

	TRY(secret_value(span_make(word, strlen(word)), !coded, &value, diag));
	*len = value.len;
	if (value.len <= PPK_ID_MAX)
		memcpy(id, value.ptr, value.len);
	secret_wipe(&value);
	if (*len > PPK_ID_MAX)
		return diag_fail(diag, RC_LIMIT, "the ID of a PPK has at most %d bytes",
				 PPK_ID_MAX);
	return RC_OK;
}

size_t config_ppk_id(const struct config_conn *conn, unsigned index, uint8_t id[PPK_ID_MAX])
{
	const char *cursor = conn->ppk_ids;
	char word[VALUE_WORD_MAX];
	size_t len = 0;

	while (cursor != NULL && value_word(&cursor, word))
		if (index-- == 0)
			return word_id(word, id, &len, NULL) == RC_OK ? len : 0;
	return 0;
}

enum rc field_ppk_ids(const char *text, void *object, struct finding *finding)
{
	struct config_conn *conn = object;
	const char *cursor = text;
	uint8_t id[PPK_ID_MAX];
	char word[VALUE_WORD_MAX], *copy;
	size_t len = 0;

	while (value_word(&cursor, word)) {
		finding->column = (size_t)(cursor - text) - strlen(word);
		if (word[0] == '\0')
			return diag_fail(&finding->diag, RC_LIMIT,
					 "the ID of a PPK has at most %d bytes", PPK_ID_MAX);
		TRY(word_id(word, id, &len, &finding->diag));
	}
	if (len == 0)
		return diag_fail(&finding->diag, RC_SYNTAX, "the ID of a PPK is missing");
	copy = mem_text(text);
	if (copy == NULL)
		return RC_NO_MEMORY;
	mem_free(conn->ppk_ids);
	conn->ppk_ids = copy;
	return RC_OK;
}

const char *ppk_id_text(struct span id, char buffer[PPK_ID_TEXT_MAX])
{
	bool plain = id.len > 0 && id.len < PPK_ID_TEXT_MAX - 2;
	size_t used = 0;

	for (size_t i = 0; i < id.len; i++)
		plain = plain && id.ptr[i] > 0x20 && id.ptr[i] < 0x7f && id.ptr[i] != '"';
	if (plain) {
		snprintf(buffer, PPK_ID_TEXT_MAX, "\"%.*s\"", (int)id.len, (const char *)id.ptr);
		return buffer;
	}
	used += (size_t)snprintf(buffer, PPK_ID_TEXT_MAX, "0x");
	for (size_t i = 0; i < id.len && used + 6 < PPK_ID_TEXT_MAX; i++)
		used += (size_t)snprintf(buffer + used, PPK_ID_TEXT_MAX - used, "%02x", id.ptr[i]);
	if (used < 2 + 2 * id.len)
		snprintf(buffer + used, PPK_ID_TEXT_MAX - used, "...");
	return buffer;
}
