/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include "sa/followup.h"

struct ike_followup *followup_new(struct sas *sas)
{
	struct ike_followup *followup = mem_alloc(sizeof(*followup));

	if (followup != NULL)
		followup->serial = peers_serial(sas->peers);
	return followup;
}

void followup_free(struct ike_followup *followup)
{
	if (followup == NULL)
		return;
	secret_wipe(&followup->first);
	secret_wipe(&followup->later);
	selectors_drop(&followup->selectors);
	mem_free(followup->link);
	mem_free(followup);
}

enum rc followup_set_link(struct ike_followup *followup, struct span link)
{
	uint8_t *copy;

	if (link.len == 0)
		return RC_SYNTAX;
	if (link.len > FOLLOWUP_LINK_MAX)
		return RC_LIMIT;
	copy = mem_alloc(link.len);
	if (copy == NULL)
		return RC_NO_MEMORY;
	memcpy(copy, link.ptr, link.len);
	mem_free(followup->link);
	followup->link = copy;
	followup->link_len = (uint16_t)link.len;
	return RC_OK;
}

enum rc followup_set_nonces(struct ike_followup *followup, struct span ni, struct span nr)
{
	if (ni.len > sizeof(followup->ni) || nr.len > sizeof(followup->nr))
		return RC_LIMIT;
	if (ni.len > 0)
		memcpy(followup->ni, ni.ptr, ni.len);
	if (nr.len > 0)
		memcpy(followup->nr, nr.ptr, nr.len);
	followup->ni_len = (uint16_t)ni.len;
	followup->nr_len = (uint16_t)nr.len;
	return RC_OK;
}

static enum rc take_secrets(struct ike_followup *to, const struct ike_followup *from,
			    struct span shared)
{
	TRY(secret_set(&to->first, secret_span(&from->first)));
	TRY(secret_alloc(&to->later, from->later.len + shared.len));
	if (from->later.len > 0)
		memcpy(to->later.ptr, from->later.ptr, from->later.len);
	memcpy(to->later.ptr + from->later.len, shared.ptr, shared.len);
	return RC_OK;
}

enum rc followup_more(const struct ike_followup *before, struct span shared,
		      struct ike_followup **out)
{
	struct ike_followup *more = mem_alloc(sizeof(*more));
	enum rc rc;

	if (more == NULL)
		return RC_NO_MEMORY;
	*more = *before;
	more->selectors = selectors_hold(&before->selectors);
	more->next = NULL;
	more->link = NULL;
	more->link_len = 0;
	more->first = more->later = (struct secret){ NULL, 0 };
	more->done++;
	rc = take_secrets(more, before, shared);
	if (rc != RC_OK) {
		followup_free(more);
		return rc;
	}
	*out = more;
	return RC_OK;
}

uint16_t followup_method(const struct ike_followup *followup)
{
	uint16_t methods[PROPOSAL_ADDKE_MAX];
	unsigned count = proposal_addke(&followup->choice, methods);

	return followup->done < count ? methods[followup->done] : DH_NONE;
}

bool followup_room(const struct ike_sa *sa)
{
	unsigned count = 0;

	for (const struct ike_followup *one = sa->followups; one != NULL; one = one->next)
		count++;
	return count < FOLLOWUPS_MAX;
}

const struct ike_followup *followup_by_link(const struct ike_sa *sa, struct span link)
{
	for (const struct ike_followup *one = sa->followups; one != NULL; one = one->next)
		if (link.len > 0 && secret_equal(span_make(one->link, one->link_len), link))
			return one;
	return NULL;
}

bool followup_of_tunnel(const struct ike_sa *sa, uint64_t tunnel)
{
	for (const struct ike_followup *one = sa->followups; one != NULL; one = one->next)
		if (one->purpose != REQUEST_REKEY_IKE && one->tunnel == tunnel)
			return true;
	return false;
}

bool followup_of_child(const struct ike_sa *sa, uint64_t child)
{
	for (const struct ike_followup *one = sa->followups; one != NULL; one = one->next)
		if (one->purpose == REQUEST_REKEY_CHILD && one->old == child)
			return true;
	return false;
}

bool followup_of_ike(const struct ike_sa *sa)
{
	for (const struct ike_followup *one = sa->followups; one != NULL; one = one->next)
		if (one->purpose == REQUEST_REKEY_IKE)
			return true;
	return false;
}

bool followup_has(const struct ike_sa *sa, uint64_t serial)
{
	for (const struct ike_followup *one = sa->followups; one != NULL; one = one->next)
		if (one->serial == serial)
			return true;
	return false;
}

static bool is_serial(const struct ike_followup *one, const void *context)
{
	return one->serial == *(const uint64_t *)context;
}

static bool is_too_old(const struct ike_followup *one, const void *context)
{
	return one->expires <= *(const usec_t *)context;
}

static bool is_for_the_same(const struct ike_followup *one, const void *context)
{
	const struct ike_followup *other = context;

	return one->purpose == other->purpose && one->old == other->old &&
	       one->purpose != REQUEST_CREATE_CHILD;
}

static unsigned drop(struct ike_sa *sa,
		     bool (*which)(const struct ike_followup *one, const void *context),
		     const void *context)
{
	struct ike_followup **at = &sa->followups;
	unsigned count = 0;

	while (*at != NULL) {
		struct ike_followup *one = *at;
		if (!which(one, context)) {
			at = &one->next;
			continue;
		}
		*at = one->next;
		followup_free(one);
		count++;
	}
	return count;
}

void followup_keep(struct ike_sa *sa, struct ike_followup *followup, usec_t now)
{
	(void)drop(sa, is_for_the_same, followup);
	followup->expires = now + FOLLOWUP_TIME;
	followup->next = sa->followups;
	sa->followups = followup;
}

void followup_forget(struct ike_sa *sa, uint64_t serial)
{
	(void)drop(sa, is_serial, &serial);
}

void followup_forget_all(struct ike_sa *sa)
{
	while (sa->followups != NULL) {
		struct ike_followup *one = sa->followups;
		sa->followups = one->next;
		followup_free(one);
	}
}

usec_t followup_due(const struct ike_sa *sa)
{
	usec_t due = USEC_NEVER;

	for (const struct ike_followup *one = sa->followups; one != NULL; one = one->next)
		if (one->expires < due)
			due = one->expires;
	return due;
}

unsigned followup_expire(struct ike_sa *sa, usec_t now)
{
	return drop(sa, is_too_old, &now);
}
