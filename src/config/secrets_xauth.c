/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords of XAUTH's users in ipsec.secrets: "@alice : XAUTH "password"" as Libreswan has it,
 * "alice : XAUTH "password"" as strongSwan does. */
#include <string.h>
#include "base/arena.h"
#include "config/secrets_private.h"

static bool grow(struct secrets *secrets)
{
	unsigned cap = secrets->xauth_cap == 0 ? 8 : secrets->xauth_cap * 2;
	struct secrets_entry *grown;

	if (secrets->xauth_count < secrets->xauth_cap)
		return true;
	grown = mem_resize(secrets->xauths, cap * sizeof(*grown));
	if (grown == NULL)
		return false;
	secrets->xauths = grown;
	secrets->xauth_cap = cap;
	return true;
}

enum rc secrets_add_xauth(struct secrets *secrets, const struct secrets_entry *entry,
			  struct secret *password)
{
	struct secrets_entry *added;

	if (!grow(secrets))
		return RC_NO_MEMORY;
	added = &secrets->xauths[secrets->xauth_count++];
	*added = *entry;
	added->psk = (struct secret){ NULL, 0 };
	secret_move(&added->psk, password);
	return RC_OK;
}

void secrets_free_xauths(struct secrets *secrets)
{
	for (unsigned i = 0; i < secrets->xauth_count; i++) {
		struct secrets_entry *entry = &secrets->xauths[i];
		for (unsigned k = 0; k < entry->pattern_count; k++)
			identity_free(&entry->patterns[k].id);
		mem_free(entry->patterns);
		secret_wipe(&entry->psk);
	}
	mem_free(secrets->xauths);
	secrets->xauths = NULL;
	secrets->xauth_count = secrets->xauth_cap = 0;
}

/* The identity is only how the reader took the user's name. */
static bool names(const struct secrets_entry *entry, const char *user)
{
	for (unsigned i = 0; i < entry->pattern_count; i++) {
		const struct identity *id = &entry->patterns[i].id;
		bool text =
			id->type == ID_FQDN || id->type == ID_RFC822_ADDR || id->type == ID_KEY_ID;
		if (text && span_equal_text(span_make(id->data, id->len), user))
			return true;
	}
	return false;
}

enum rc secrets_xauth(const struct secrets *secrets, const char *user, struct span *out)
{
	const struct secrets_entry *best = NULL;

	for (unsigned i = 0; secrets != NULL && i < secrets->xauth_count; i++) {
		const struct secrets_entry *entry = &secrets->xauths[i];
		if (names(entry, user)) {
			best = entry;
			break;
		}
		if (entry->pattern_count == 0 && best == NULL)
			best = entry;
	}
	if (best == NULL)
		return RC_NOT_FOUND;
	*out = secret_span(&best->psk);
	return RC_OK;
}
