/* SPDX-License-Identifier: Apache-2.0 */
/* Methods about revoked certificates: what is known, and that it be fetched again. */
#include "control/private.h"

#define SOME 50 /* entries of one reply */

struct listing {
	size_t index;
};

static json_t *seconds_or_null(int64_t seconds)
{
	return seconds != 0 ? json_integer((json_int_t)seconds) : json_null();
}

static json_t *show_entry(const struct call *call, const struct revocation_entry *entry)
{
	usec_t now = host_now(call->gateway->host);
	json_t *json = json_pack(
		"{s:s,s:o,s:o,s:o,s:b,s:b,s:b,s:o,s:o,s:o}", "kind", entry->ocsp ? "ocsp" : "crl",
		"from", json_safe(entry->from), "issuer",
		json_safe(entry->issuer[0] != '\0' ? entry->issuer : NULL), "subject",
		json_safe(entry->subject), "known", entry->known, "current", entry->current, "busy",
		entry->busy, "this_update", seconds_or_null(entry->this_update), "next_update",
		seconds_or_null(entry->next_update), "error", json_safe(entry->why));

	if (json == NULL)
		return NULL;
	(void)json_object_set_new(
		json, "age",
		entry->known ? json_real((double)(now - entry->fetched) / (double)USEC_PER_SEC)
			     : json_null());
	(void)json_object_set_new(json, "entries",
				  entry->known && !entry->ocsp ? json_integer(entry->entries)
							       : json_null());
	(void)json_object_set_new(json, "status", json_safe(entry->status));
	return json;
}

static void cancelled(struct call *call)
{
	mem_free(call->own);
	call->own = NULL;
}

static void list_some(struct call *call)
{
	struct listing *listing = call->own;
	struct revocation_entry entry;
	json_t *entries;
	bool more = true;

	while (more && call_has_room(call)) {
		entries = json_array();
		for (unsigned i = 0; i < SOME && more; i++) {
			more = revocation_entry(call->gateway->revocation, listing->index, &entry);
			if (more)
				(void)json_array_append_new(entries, show_entry(call, &entry));
			listing->index += more;
		}
		if (!more) {
			call->cancel = NULL;
			call->resume = NULL;
			cancelled(call);
		}
		call_reply(call, json_pack("{s:o}", "entries", entries), more);
	}
}

void method_revocations(struct call *call)
{
	call->own = mem_alloc(sizeof(struct listing));
	if (call->own == NULL) {
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	call->cancel = cancelled;
	call->resume = list_some;
	list_some(call);
}

void method_refetch_crls(struct call *call)
{
	revocation_refetch(call->gateway->revocation);
	call_done(call);
}
