/* SPDX-License-Identifier: Apache-2.0 */
/* Fragments of a message until all are here (RFC 7383 §2.6). */
#include <string.h>
#include "base/secret.h"
#include "sa/reassembly.h"

static const struct name fault_entries[] = {
	{ FRAGMENT_FINE, "nothing" },
	{ FRAGMENT_NOT_AGREED, "fragmentation was not agreed on" },
	{ FRAGMENT_UNREADABLE, "impossible numbers, or not authentic" },
	{ FRAGMENT_FIRST_TYPE, "not the first one, but names a first payload" },
	{ FRAGMENT_TOTAL, "fewer fragments in all than before" },
	{ FRAGMENT_EXCHANGE, "another exchange than the fragments before" },
	{ FRAGMENT_DIFFERS, "the same number as another one" },
	{ FRAGMENT_TOO_LONG, "the message becomes too long" },
	{ FRAGMENT_MEMORY, "no memory" },
	{ FRAGMENT_CLEAR, "unprotected payloads beside it" },
	{ 0, NULL },
};
const struct names fragment_fault_names = { "fault of a fragment", fault_entries };

static unsigned slot_of(const struct ike_header *header)
{
	return (header->flags & IKE_FLAG_RESPONSE) != 0 ? 1 : 0;
}

struct reassembly *reassembly_of(const struct ike_sa *sa, bool response)
{
	return sa->reassembly[response ? 1 : 0];
}

void reassembly_free(struct sas *sas, struct reassembly *reassembly)
{
	struct ike_sa *sa = reassembly->sa;

	for (unsigned i = 0; i < reassembly->total; i++) {
		if (reassembly->pieces[i].bytes != NULL)
			wipe(reassembly->pieces[i].bytes, reassembly->pieces[i].len);
		mem_free(reassembly->pieces[i].bytes);
	}
	sas->reassembly_bytes -= reassembly->size;
	list_remove(&reassembly->in_sas);
	sa->reassembly[slot_of(&reassembly->header)] = NULL;
	mem_free(reassembly);
}

void reassembly_free_all(struct sas *sas, struct ike_sa *sa)
{
	for (unsigned i = 0; i < 2; i++)
		if (sa->reassembly[i] != NULL)
			reassembly_free(sas, sa->reassembly[i]);
}

unsigned reassembly_expire(struct sas *sas, usec_t now)
{
	unsigned expired = 0;

	while (!list_empty(&sas->reassemblies)) {
		struct reassembly *oldest =
			container_of(sas->reassemblies.next, struct reassembly, in_sas);
		if (oldest->begun + REASSEMBLY_TIME > now)
			break;
		expired += oldest->done ? 0 : 1;
		reassembly_free(sas, oldest);
	}
	return expired;
}

/* The oldest of others go: what an honest peer sends is whole within moments, what a flood left
 * unfinished is older. */
static bool make_room(struct sas *sas, const struct reassembly *but, size_t size)
{
	struct reassembly *oldest;

	while (sas->reassembly_bytes + size > REASSEMBLY_BYTES) {
		struct list *node = sas->reassemblies.next;
		if (but != NULL && node == &but->in_sas)
			node = node->next;
		if (node == &sas->reassemblies)
			return false;
		oldest = container_of(node, struct reassembly, in_sas);
		sas->reassembly_evicted += oldest->done ? 0 : 1;
		reassembly_free(sas, oldest);
	}
	return true;
}

static struct reassembly *begin(struct sas *sas, struct ike_sa *sa, const struct fragment *fragment,
				usec_t now)
{
	size_t size = sizeof(struct reassembly) + fragment->total * sizeof(struct fragment_piece);
	struct reassembly *reassembly;

	if (!make_room(sas, NULL, size))
		return NULL;
	reassembly = mem_alloc(size);
	if (reassembly == NULL)
		return NULL;
	reassembly->sa = sa;
	reassembly->begun = now;
	reassembly->size = size;
	reassembly->total = fragment->total;
	reassembly->header = *fragment->header;
	sas->reassembly_bytes += size;
	list_append(&sas->reassemblies, &reassembly->in_sas);
	sa->reassembly[slot_of(fragment->header)] = reassembly;
	return reassembly;
}

static enum rc wrong(enum fragment_fault *fault, enum fragment_fault what)
{
	*fault = what;
	return RC_SYNTAX;
}

/* May it stand beside those that are here? */
static enum rc check(const struct reassembly *reassembly, const struct fragment *fragment,
		     enum fragment_fault *fault, struct diag *diag)
{
	const struct fragment_piece *piece = &reassembly->pieces[fragment->number - 1];

	if (fragment->total < reassembly->total)
		return diag_fail(diag, wrong(fault, FRAGMENT_TOTAL),
				 "fragment %u of %u, but the message has %u already",
				 fragment->number, fragment->total, reassembly->total);
	if (fragment->header->exchange != reassembly->header.exchange)
		return diag_fail(diag, wrong(fault, FRAGMENT_EXCHANGE),
				 "fragment %u is of exchange %u, others of the message of %u",
				 fragment->number, fragment->header->exchange,
				 reassembly->header.exchange);
	if (piece->here)
		return span_equal(span_make(piece->bytes, piece->len), fragment->plain)
			       ? RC_EXISTS
			       : diag_fail(diag, wrong(fault, FRAGMENT_DIFFERS),
					   "fragment %u of %u came twice with different content",
					   fragment->number, fragment->total);
	if (reassembly->len + fragment->plain.len > LIMIT_MESSAGE) {
		*fault = FRAGMENT_TOO_LONG;
		return diag_fail(diag, RC_LIMIT, "the fragments are longer than %d bytes together",
				 LIMIT_MESSAGE);
	}
	return RC_OK;
}

static bool keep(struct sas *sas, struct reassembly *reassembly, const struct fragment *fragment)
{
	struct fragment_piece *piece = &reassembly->pieces[fragment->number - 1];
	size_t len = fragment->plain.len;

	if (!make_room(sas, reassembly, len))
		return false;
	if (len > 0) {
		piece->bytes = mem_alloc(len);
		if (piece->bytes == NULL)
			return false;
		memcpy(piece->bytes, fragment->plain.ptr, len);
	}
	piece->len = (uint16_t)len;
	piece->here = true;
	reassembly->len += len;
	reassembly->size += len;
	reassembly->have++;
	sas->reassembly_bytes += len;
	return true;
}

static void note(struct reassembly *reassembly, const struct fragment *fragment)
{
	reassembly->header = *fragment->header;
	reassembly->local = fragment->local;
	reassembly->remote = fragment->remote;
	reassembly->natt = fragment->natt;
	if (fragment->number == 1)
		reassembly->first_type = fragment->first_type;
}

enum rc reassembly_add(struct sas *sas, struct ike_sa *sa, const struct fragment *fragment,
		       usec_t now, enum fragment_fault *fault, struct diag *diag)
{
	struct reassembly *reassembly = sa->reassembly[slot_of(fragment->header)];

	*fault = FRAGMENT_FINE;
	if (fragment->number > 1 && fragment->first_type != PAYLOAD_NONE)
		return diag_fail(diag, wrong(fault, FRAGMENT_FIRST_TYPE),
				 "fragment %u names payload %u as the first one inside; only "
				 "fragment 1 may",
				 fragment->number, fragment->first_type);
	if (reassembly != NULL &&
	    (reassembly->header.message_id != fragment->header->message_id ||
	     reassembly->total < fragment->total || reassembly->begun + REASSEMBLY_TIME <= now)) {
		reassembly_free(sas, reassembly);
		reassembly = NULL;
	}
	if (reassembly == NULL)
		reassembly = begin(sas, sa, fragment, now);
	if (reassembly != NULL) {
		TRY(check(reassembly, fragment, fault, diag));
		if (keep(sas, reassembly, fragment)) {
			note(reassembly, fragment);
			return RC_OK;
		}
	}
	*fault = FRAGMENT_MEMORY;
	return diag_fail(diag, RC_NO_MEMORY, "no memory for fragment %u of %u", fragment->number,
			 fragment->total);
}

enum rc reassembly_join(const struct reassembly *reassembly, struct arena *arena,
			struct span *plain)
{
	uint8_t *whole = arena_alloc(arena, reassembly->len + 1);
	size_t at = 0;

	if (whole == NULL)
		return RC_NO_MEMORY;
	for (unsigned i = 0; i < reassembly->total; i++) {
		const struct fragment_piece *piece = &reassembly->pieces[i];
		if (piece->len > 0)
			memcpy(whole + at, piece->bytes, piece->len);
		at += piece->len;
	}
	*plain = span_make(whole, at);
	return RC_OK;
}
