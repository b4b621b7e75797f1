/* SPDX-License-Identifier: Apache-2.0 */
/* Is a peer's certificate to be trusted? A search from it upwards to an anchor of this gateway,
 * through what the peer sent and the intermediates we have. NSS could search too, but over one
 * store of the whole process, into which every peer's certificates would go; here a search knows
 * its own certificates only, nothing outlives it, and two run beside each other.
 *
 *	leaf: its own checks
 *	each step up: an issuer by name that is not on the path yet; its checks; the signature
 *	at an anchor: constraints of the whole path
 *
 * A hostile bundle (cross-signed in circles) can make the search wide but not long: signatures and
 * steps are counted. When nothing leads to an anchor, the reason told is that of the attempt which
 * came nearest. */
#include <stdio.h>
#include <string.h>
#include "x509/path.h"
#include "x509/verified.h"

#define SIGNATURES_MAX 32
#define STEPS_MAX      400

/* How telling a reason is, among those at the same height. */
enum telling { TELL_UNKNOWN, TELL_SIGNATURE, TELL_ISSUER, TELL_PATH };

struct search {
	struct x509_verify *verify;
	struct certificate *sent[X509_CHAIN_MAX]; /* by the peer; [0] is its own */
	unsigned sent_count;
	const struct certificate *path[X509_CHAIN_MAX];
	unsigned height;
	unsigned signatures, steps; /* left */
	enum rc rc;
	struct diag why;
	unsigned rank; /* of why */
};

static void tell(struct search *search, enum telling telling, enum rc rc, const struct diag *why)
{
	unsigned rank = 1 + search->height * 4 + (unsigned)telling;
	if (rank <= search->rank)
		return;
	search->rank = rank;
	search->rc = rc == RC_NO_MEMORY ? rc : RC_AUTH_FAILED;
	search->why = *why;
}

/* ---- one step ---- */

static bool on_path(const struct search *search, const struct certificate *candidate)
{
	for (unsigned i = 0; i < search->height; i++)
		if (span_equal(search->path[i]->spki, candidate->spki) &&
		    span_equal(search->path[i]->subject, candidate->subject))
			return true;
	return false;
}

static bool could_be_issuer(struct search *search, const struct certificate *candidate)
{
	const struct certificate *child = search->path[search->height - 1];
	return x509_name_equal(child->issuer, candidate->subject) && !on_path(search, candidate);
}

static enum rc check_step(struct search *search, const struct certificate *candidate, bool anchor,
			  enum telling *telling, struct diag *why)
{
	const struct certificate *child = search->path[search->height - 1];
	enum rc rc = path_check_dates(candidate, search->verify->now, why);
	*telling = TELL_ISSUER;
	if (rc == RC_OK)
		rc = path_check_issuer(candidate, anchor, why);
	if (rc != RC_OK)
		return rc;
	*telling = TELL_SIGNATURE;
	if (search->signatures == 0)
		return diag_fail(why, RC_LIMIT,
				 "gave up after %d signatures: too many CAs with the same names",
				 SIGNATURES_MAX);
	search->signatures--;
	if (verified_holds(x509_trust_verified(search->verify->trust), child, candidate))
		return RC_OK;
	return path_signed_by(child, candidate, search->verify->worker, why);
}

/* rightca=: a CA that must be on the path. */
static enum rc check_ca(const struct search *search, struct diag *why)
{
	char wanted[IDENTITY_TEXT_MAX], text[PATH_TEXT_MAX];
	struct span ca = search->verify->ca;
	for (unsigned i = 0; i < search->height; i++)
		if (ca.len == 0 || x509_name_equal(ca, search->path[i]->issuer))
			return RC_OK;
	return diag_fail(why, RC_AUTH_FAILED, "%s does not come from the CA \"%.100s\"",
			 path_text(search->path[0], text), x509_name_text(ca, wanted));
}

static enum rc check_whole(struct search *search)
{
	struct diag why = { "" };
	enum rc rc = check_ca(search, &why);
	if (rc == RC_OK)
		rc = path_check_constraints(search->path, search->height, &why);
	if (rc != RC_OK)
		tell(search, TELL_PATH, rc, &why);
	return rc;
}

static void tell_unknown_issuer(struct search *search)
{
	char text[PATH_TEXT_MAX];
	struct diag why;
	const struct certificate *top = search->path[search->height - 1];
	bool self = certificate_self_issued(top);
	diag_fail(&why, RC_AUTH_FAILED,
		  self ? "%s is self-signed and not trusted here (ipsec import, then trust it)"
		       : "the issuer of %s is not known here (import and trust that CA)",
		  path_text(top, text));
	tell(search, TELL_UNKNOWN, RC_AUTH_FAILED, &why);
}

/* Candidates in the order in which they are tried: anchors, our intermediates, what the peer sent.
 * NULL: there are no more. */
static const struct certificate *candidate_at(const struct search *search, size_t index,
					      bool *anchor)
{
	const struct x509_trust *trust = search->verify->trust;
	size_t ours = x509_trust_count(trust);
	const struct x509_ca *ca = index < 2 * ours ? x509_trust_at(trust, index % ours) : NULL;

	*anchor = index < ours;
	if (index >= 2 * ours + search->sent_count)
		return NULL;
	return ca != NULL ? ca->certificate : search->sent[index - 2 * ours];
}

/* Our CAs come twice: only anchors in the first turn, only intermediates in the second. */
static bool is_turn(const struct search *search, size_t index)
{
	const struct x509_trust *trust = search->verify->trust;
	size_t ours = x509_trust_count(trust);
	return index >= 2 * ours || x509_trust_at(trust, index % ours)->trusted == (index < ours);
}

static bool step_onto(struct search *search, const struct certificate *candidate, bool anchor)
{
	struct diag why = { "" };
	enum telling telling = TELL_UNKNOWN;
	enum rc rc;

	if (search->steps == 0)
		return false;
	search->steps--;
	rc = check_step(search, candidate, anchor, &telling, &why);
	if (rc == RC_OK && search->height == X509_CHAIN_MAX)
		rc = diag_fail(&why, RC_LIMIT, "the chain is longer than %d certificates",
			       X509_CHAIN_MAX);
	if (rc != RC_OK) {
		tell(search, telling, rc, &why);
		return false;
	}
	search->path[search->height++] = candidate;
	return true;
}

/* Recursive, as deep as a path may be long. */
static bool climb(struct search *search)
{
	const struct certificate *candidate;
	bool anchor = false, named = false;

	for (size_t i = 0; (candidate = candidate_at(search, i, &anchor)) != NULL; i++) {
		if (!is_turn(search, i) || !could_be_issuer(search, candidate))
			continue;
		named = true;
		if (!step_onto(search, candidate, anchor))
			continue;
		if (anchor ? check_whole(search) == RC_OK : climb(search))
			return true;
		search->height--;
	}
	if (!named)
		tell_unknown_issuer(search);
	return false;
}

/* ---- the whole ---- */

/* A peer's own certificate may be trusted as it is. */
static bool leaf_is_anchor(const struct search *search)
{
	const struct x509_ca *ca;
	for (size_t i = 0; (ca = x509_trust_at(search->verify->trust, i)) != NULL; i++)
		if (ca->trusted && span_equal(ca->certificate->der, search->sent[0]->der))
			return true;
	return false;
}

static enum rc find_path(struct search *search, struct diag *diag)
{
	const struct certificate *leaf = search->sent[0];
	TRY(path_check_dates(leaf, search->verify->now, diag));
	TRY(path_check_leaf(leaf, diag));
	search->path[search->height++] = leaf;
	if (leaf_is_anchor(search) ? check_whole(search) == RC_OK : climb(search))
		return RC_OK;
	return diag_fail(diag, search->rc, "%s", search->why.text);
}

static enum rc check_amount(const struct x509_verify *verify, struct diag *diag)
{
	size_t bytes = 0;
	if (verify->count == 0)
		return diag_fail(diag, RC_AUTH_FAILED, "the peer sent no certificate");
	for (size_t i = 0; i < verify->count; i++)
		bytes += verify->ders[i].len;
	if (verify->count > X509_CHAIN_MAX || bytes > X509_BYTES_MAX)
		return diag_fail(diag, RC_AUTH_FAILED,
				 "the peer sent %zu certificates with %zu bytes; at most %d with "
				 "%d are looked at",
				 verify->count, bytes, X509_CHAIN_MAX, X509_BYTES_MAX);
	return RC_OK;
}

/* The peer's own must be readable; others that are not are left out. */
static enum rc read_sent(struct search *search, struct diag *diag)
{
	const struct x509_verify *verify = search->verify;
	struct diag why = { "" };
	for (size_t i = 0; i < verify->count; i++) {
		struct certificate **next = &search->sent[search->sent_count];
		enum rc rc = certificate_parse(verify->ders[i], next, &why);
		if (rc == RC_OK)
			search->sent_count++;
		else if (rc == RC_NO_MEMORY || i == 0)
			return diag_fail(diag, rc == RC_NO_MEMORY ? rc : RC_AUTH_FAILED,
					 "the peer's certificate cannot be read: %s", why.text);
	}
	return RC_OK;
}

/* Before the references are handed over. */
static void keep_verified(const struct search *search)
{
	struct verified *verified = x509_trust_verified(search->verify->trust);
	for (unsigned i = 0; i + 1 < search->height; i++)
		verified_keep(verified, search->path[i], search->path[i + 1]);
}

enum rc x509_verify(struct x509_verify *verify, struct diag *diag)
{
	struct search search = {
		.verify = verify,
		.signatures = SIGNATURES_MAX,
		.steps = STEPS_MAX,
		.rc = RC_AUTH_FAILED,
		.why = { "no way to a trusted CA was found" },
	};
	enum rc rc = check_amount(verify, diag);

	verify->path_count = 0;
	if (rc == RC_OK)
		rc = read_sent(&search, diag);
	if (rc == RC_OK)
		rc = find_path(&search, diag);
	if (rc == RC_OK)
		keep_verified(&search);
	for (unsigned i = 0; i < search.height && rc == RC_OK; i++)
		verify->path[verify->path_count++] =
			certificate_ref((struct certificate *)search.path[i]);
	for (unsigned i = 0; i < search.sent_count; i++)
		certificate_unref(search.sent[i]);
	return rc;
}

void x509_verify_wipe(struct x509_verify *verify)
{
	for (unsigned i = 0; i < verify->path_count; i++)
		certificate_unref(verify->path[i]);
	verify->path_count = 0;
}
