/* SPDX-License-Identifier: Apache-2.0 */
#include "import_parts.h"

bool key_is_certified(const struct private_key *private, const struct certificate *certificate)
{
	struct public_key *key = NULL;
	bool same = certificate_key(certificate, &key, NULL) == RC_OK &&
		    public_key_equal(key, private_key_public(private));

	public_key_unref(key);
	return same;
}

struct looking {
	uint8_t id[KEY_ID_LEN];
	bool found;
};

static enum rc look(void *context, struct span ckaid, const char *nickname)
{
	struct looking *looking = context;

	(void)nickname;
	looking->found |= span_equal(ckaid, SPAN_OF(looking->id));
	return RC_OK;
}

bool key_is_kept(const struct public_key *public)
{
	struct looking looking = { .found = false };

	public_key_id(public, looking.id);
	return store_keys(look, &looking, NULL) == RC_OK && looking.found;
}
