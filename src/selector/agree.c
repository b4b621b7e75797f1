/* SPDX-License-Identifier: Apache-2.0 */
/* RFC 7296 §2.9 for lists: all that both sides allow is the answer. */
#include <string.h>
#include "selector/fit.h"

#define SIDE_TEXT_MAX 84

/* What one list and one of ours have in common. false: more than SELECTORS_MAX. OPAQUE
 * counts only where there is nothing else. */
static bool common(const struct selector *ours, unsigned our_count,
		   const struct wire_ts_list *theirs, struct selector *out, unsigned *count)
{
	struct selector one, both;

	*count = 0;
	for (unsigned opaque = 0; opaque < 2 && *count == 0; opaque++)
		for (unsigned i = 0; i < our_count; i++)
			for (unsigned j = 0; j < theirs->count; j++) {
				if (selector_from_wire(&theirs->items[j], &one) != RC_OK ||
				    !selector_intersect(&ours[i], &one, &both) ||
				    (both.port_from > both.port_to) != (opaque == 1))
					continue;
				if (!selectors_add(out, count, &both))
					return false;
			}
	return true;
}

static enum rc fail(const struct selectors *ours, const struct wire_ts_list *local,
		    const struct wire_ts_list *remote, const char *verb, struct diag *diag)
{
	char local_text[SIDE_TEXT_MAX], remote_text[SIDE_TEXT_MAX], our_text[SELECTORS_TEXT_MAX];

	selector_list_text(local, local_text, sizeof(local_text));
	selector_list_text(remote, remote_text, sizeof(remote_text));
	return diag_fail(diag, RC_TS_UNACCEPTABLE, "peer %s %s === %s (our side first); we have %s",
			 verb, local_text, remote_text, selectors_text(ours, our_text));
}

/* Our pairs, each with how well it fits; the sides are looked at once. */
struct fits {
	struct selector_lists lists;
	struct fit_side local[SELECTORS_MAX], remote[SELECTORS_MAX];
	const struct wire_ts_list *tsi, *tsr; /* theirs: our remote side, our local one */
};

static void look(struct fits *fits, const struct selectors *ours, const struct wire_ts_list *tsi,
		 const struct wire_ts_list *tsr)
{
	fits->tsi = tsi;
	fits->tsr = tsr;
	selectors_lists(ours, &fits->lists);
	for (unsigned i = 0; i < fits->lists.local_count; i++)
		fit_look(&fits->lists.local[i], tsr, &fits->local[i]);
	for (unsigned j = 0; j < fits->lists.remote_count; j++)
		fit_look(&fits->lists.remote[j], tsi, &fits->remote[j]);
}

static unsigned pair_fit(const struct fits *fits, unsigned i, unsigned j,
			 struct selector_pair *pair)
{
	*pair = (struct selector_pair){ fits->lists.local[i], fits->lists.remote[j] };
	return fit_of(pair, &fits->local[i], &fits->remote[j],
		      fit_outside(pair, fits->tsi, fits->tsr));
}

/* The pair of ours that fits best, narrowed. */
static enum rc best_pair(const struct selectors *ours, const struct wire_ts_list *local,
			 const struct wire_ts_list *remote, struct selectors *out,
			 struct diag *diag)
{
	struct selector_lists answer = { .local_count = 1, .remote_count = 1 };
	struct selector_pair pair, best_one;
	struct fits fits;
	unsigned best = 0;

	look(&fits, ours, remote, local);
	for (unsigned i = 0; i < fits.lists.local_count; i++)
		for (unsigned j = 0; j < fits.lists.remote_count; j++) {
			unsigned fit = pair_fit(&fits, i, j, &pair);
			if (fit <= best)
				continue;
			best = fit;
			best_one = pair;
		}
	if (best == 0)
		return fail(ours, local, remote, "proposed", diag);
	TRY(selector_narrow(&best_one, remote, local, &pair, diag));
	answer.local[0] = pair.local;
	answer.remote[0] = pair.remote;
	return selectors_make(&answer, out, diag);
}

static enum rc narrow(const struct selectors *ours, const struct wire_ts_list *local,
		      const struct wire_ts_list *remote, struct selectors *out, struct diag *diag)
{
	struct selector_lists lists, both;
	enum rc rc = RC_LIMIT;

	selectors_lists(ours, &lists);
	if (common(lists.local, lists.local_count, local, both.local, &both.local_count) &&
	    common(lists.remote, lists.remote_count, remote, both.remote, &both.remote_count))
		rc = selectors_make(&both, out, diag);
	if (rc == RC_LIMIT)
		rc = best_pair(ours, local, remote, out, diag);
	return rc;
}

/* To the peer that is no other reason than the rest. */
static enum rc too_many(struct diag *diag)
{
	return diag_fail(diag, RC_TS_UNACCEPTABLE,
			 "what the peer asks for needs more than %d policies in each direction: "
			 "its ranges of addresses or ports are not subnets, and cost a policy for "
			 "each subnet they consist of",
			 SELECTOR_POLICIES_MAX);
}

enum rc selectors_narrow(const struct selectors *ours, const struct wire_ts_list *tsi,
			 const struct wire_ts_list *tsr, struct selectors *out, struct diag *diag)
{
	enum rc rc = narrow(ours, tsr, tsi, out, diag);

	if (rc == RC_LIMIT)
		return too_many(diag);
	return rc == RC_TS_UNACCEPTABLE ? fail(ours, tsr, tsi, "proposed", diag) : rc;
}

/* §2.9: the responder may only take away. */
static bool all_inside(const struct selectors *proposed, bool local,
		       const struct wire_ts_list *list)
{
	struct selector one;

	for (unsigned i = 0; i < list->count; i++)
		if (selector_from_wire(&list->items[i], &one) != RC_OK ||
		    !(local ? selectors_hold_local(proposed, &one)
			    : selectors_hold_remote(proposed, &one)))
			return false;
	return true;
}

enum rc selectors_check_answer(const struct selectors *proposed, const struct wire_ts_list *tsi,
			       const struct wire_ts_list *tsr, struct selectors *out,
			       struct diag *diag)
{
	enum rc rc = RC_TS_UNACCEPTABLE;

	if (all_inside(proposed, true, tsi) && all_inside(proposed, false, tsr))
		rc = narrow(proposed, tsi, tsr, out, diag);
	if (rc == RC_LIMIT)
		return too_many(diag);
	return rc == RC_TS_UNACCEPTABLE ? fail(proposed, tsi, tsr, "answered", diag) : rc;
}

/* Each of the list is one of ours, or a part of another one of the list that is. */
static bool all_whole(const struct selector *ours, unsigned our_count,
		      const struct wire_ts_list *list)
{
	struct selector largest[SELECTORS_MAX], one;
	unsigned count = 0;

	for (unsigned i = 0; i < list->count; i++)
		if (selector_from_wire(&list->items[i], &one) != RC_OK ||
		    !selectors_add(largest, &count, &one))
			return false;
	for (unsigned i = 0; i < count; i++) {
		bool found = false;
		for (unsigned j = 0; j < our_count && !found; j++)
			found = selector_equal(&largest[i], &ours[j]);
		if (!found)
			return false;
	}
	return count > 0;
}

enum rc selectors_check_whole(const struct selectors *ours, const struct wire_ts_list *local,
			      const struct wire_ts_list *remote, struct diag *diag)
{
	struct selector_lists lists;

	selectors_lists(ours, &lists);
	if (all_whole(lists.local, lists.local_count, local) &&
	    all_whole(lists.remote, lists.remote_count, remote))
		return RC_OK;
	return fail(ours, local, remote, "(narrowing=no) says", diag);
}

/* selector_fit() stays below; the best of its ranks is that of equal pairs. */
#define FIT_EXACT 5120u
#define FIT_WHOLE 8192u

static bool lists_equal(const struct selectors *ours, const struct wire_ts_list *local,
			const struct wire_ts_list *remote)
{
	struct selector_lists lists;
	struct selectors theirs;
	struct diag diag;
	bool equal;

	lists.local_count = lists.remote_count = 0;
	for (unsigned i = 0; i < local->count; i++) {
		struct selector one;
		if (selector_from_wire(&local->items[i], &one) != RC_OK ||
		    !selectors_add(lists.local, &lists.local_count, &one))
			return false;
	}
	for (unsigned i = 0; i < remote->count; i++) {
		struct selector one;
		if (selector_from_wire(&remote->items[i], &one) != RC_OK ||
		    !selectors_add(lists.remote, &lists.remote_count, &one))
			return false;
	}
	if (selectors_make(&lists, &theirs, &diag) != RC_OK)
		return false;
	equal = selectors_equal(ours, &theirs);
	selectors_drop(&theirs);
	return equal;
}

unsigned selectors_fit(const struct selectors *ours, const struct wire_ts_list *tsi,
		       const struct wire_ts_list *tsr)
{
	unsigned best = 0, exact = 0;
	struct selector_pair pair;
	struct fits fits;

	look(&fits, ours, tsi, tsr);
	for (unsigned i = 0; i < fits.lists.local_count; i++)
		for (unsigned j = 0; j < fits.lists.remote_count; j++) {
			unsigned fit = pair_fit(&fits, i, j, &pair);
			exact += fit >= FIT_EXACT;
			best = fit > best ? fit : best;
		}
	if (best > 0 && lists_equal(ours, tsr, tsi))
		return FIT_WHOLE;
	return exact > 0 ? FIT_EXACT + exact : best;
}

bool selectors_left_out(const struct selectors *narrowed, const struct wire_ts_list *local,
			const struct wire_ts_list *remote)
{
	return !all_inside(narrowed, true, local) || !all_inside(narrowed, false, remote);
}
