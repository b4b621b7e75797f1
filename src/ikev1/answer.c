/* SPDX-License-Identifier: Apache-2.0 */
/* Phase 1 as the responder, whatever the mode: which conn it is for, and who it is. */
#include "ikev1/private.h"
#include "sa/client.h"

enum rc v1_removed(struct diag *diag)
{
	return diag_fail(diag, RC_CANCELLED, "the conn was removed meanwhile");
}

/* ---- by addresses alone ---- */

static enum rc nobody(const struct step *step, struct diag *diag)
{
	char remote[IP_TEXT_MAX], local[IP_TEXT_MAX];

	return diag_fail(diag, RC_NO_PROPOSAL,
			 "no conn with keyexchange=ikev1 is loaded for %s (ours) and %s",
			 ip_text(&step->local.addr, local), ip_text(&step->remote.addr, remote));
}

enum rc v1_choose(const struct step *step, const struct isakmp_sa *theirs, const struct peer **peer,
		  struct isakmp_choice *choice, struct diag *diag)
{
	const struct peer *candidates[PEER_CANDIDATES_MAX];
	unsigned count = peers_candidates_v1(step->env->peers, &step->local.addr,
					     &step->remote.addr, false, candidates);
	struct isakmp_phase1_terms terms;
	struct diag why = { "" };
	enum rc first = RC_OK;

	for (unsigned i = 0; i < count; i++) {
		enum rc rc = v1_terms(step, candidates[i], &terms, &why);
		if (rc == RC_OK)
			rc = isakmp_choose_phase1(candidates[i]->conn->ike, &terms, theirs, choice,
						  &why);
		*peer = candidates[i];
		if (rc == RC_OK || rc == RC_NO_MEMORY)
			return rc;
		if (i == 0) {
			first = rc;
			*diag = why;
		}
	}
	return count > 0 ? first : nobody(step, diag);
}

/* How phase 1 is proven, and whether a user is proven then: what was negotiated is what the conn
 * asks for. */
static bool agrees(const struct ike_sa *sa, const struct peer *peer)
{
	const struct auth_ends ends = { .peer = peer };

	return peer_user_of(peer) == v1_user_of(sa) &&
	       (isakmp_ends_allow(&ends) & isakmp_auth_kinds(sa->v1->auth)) != 0;
}

enum rc v1_candidate(const struct step *step, const struct peer **out, struct diag *diag)
{
	const struct peer *candidates[PEER_CANDIDATES_MAX];
	unsigned count = peers_candidates_v1(step->env->peers, &step->local.addr,
					     &step->remote.addr, false, candidates);
	for (unsigned i = 0; i < count; i++) {
		*out = candidates[i];
		if (agrees(step->sa, *out) && proposal_allows((*out)->conn->ike, &step->sa->choice))
			return RC_OK;
	}
	return nobody(step, diag);
}

static enum rc copy_to(uint8_t **to, struct span from)
{
	*to = mem_alloc(from.len);
	if (*to == NULL)
		return RC_NO_MEMORY;
	memcpy(*to, from.ptr, from.len);
	return RC_OK;
}

enum rc v1_answer_sa(struct step *step, const struct isakmp_choice *choice, struct outcome *out)
{
	struct ike_sa *sa;

	TRY(ike_sa_new(step->env->sas, RESPONDER, &out->born));
	sa = out->born;
	sa->v1 = isakmp_new();
	if (sa->v1 == NULL)
		return RC_NO_MEMORY;
	sa->spi_i = step->message->header.spi_i;
	sa->local = step->local;
	sa->remote = step->remote;
	sa->choice = choice->choice;
	sa->v1->auth = choice->auth;
	if (choice->user)
		TRY(isakmp_expect_user(sa->v1));
	sa->v1->seconds = choice->seconds;
	sa->v1->vendors = v1_vendors_of(step->message);
	TRY(isakmp_ike_suite(&choice->choice, &sa->suite));
	TRY(copy_to(&sa->larval->init_request, step->message->raw));
	sa->larval->init_request_len = (uint32_t)step->message->raw.len;
	return ike_sa_expect(step->env->sas, sa);
}

enum rc v1_answer_derive(struct step *step, const struct ike_sa *sa, struct span ni,
			 struct v1_derive *derive, struct outcome *out)
{
	size_t len = dh_answer_len(sa->suite.dh);
	uint8_t *nonce = arena_alloc(step->arena, IKEV1_NONCE_LEN);

	derive->suite = sa->suite;
	derive->dh = sa->suite.dh;
	derive->answer = arena_alloc(step->arena, len);
	derive->keys = &out->keys;
	derive->iv = out->v1.iv;
	derive->exchange =
		(struct ikev1_exchange){ .cky_i = sa->spi_i,
					 .cky_r = sa->spi_r,
					 .ni = ni,
					 .nr = span_make(nonce, IKEV1_NONCE_LEN),
					 .public_i = v1_payload(step->message, ISAKMP_KE)->body,
					 .public_r = span_make(derive->answer, len) };
	if (nonce == NULL || derive->answer == NULL)
		return RC_NO_MEMORY;
	TRY(dh_check_public(derive->dh, derive->exchange.public_i, &out->diag));
	TRY(host_random(step->env->host, nonce, IKEV1_NONCE_LEN));
	out->work = (struct slow_work){ .run = v1_derive_run, .arg = derive };
	return RC_SUSPEND;
}

/* ---- by its identity ---- */

struct peer *v1_caller_peer(const struct step *step, const struct v1_caller *caller)
{
	struct peer *peer = peers_by_serial(step->env->peers, caller->peer_serial);

	if ((peer == NULL || peer->doomed) && caller->template_serial != 0)
		peer = peers_by_serial(step->env->peers, caller->template_serial);
	return peer != NULL && !peer->doomed ? peer : NULL;
}

struct auth_ends v1_caller_ends(const struct step *step, const struct v1_caller *caller,
				const struct peer *peer)
{
	return (struct auth_ends){ peer, &caller->theirs.identity, &step->local, &step->remote,
				   false };
}

enum rc v1_caller_find(const struct step *step, struct v1_caller *caller, uint16_t auth,
		       const struct proposal_choice *choice, struct diag *diag)
{
	const struct peer_claim claim = {
		.idi = &caller->theirs.identity,
		.methods = auth == OAKLEY_HYBRID_INIT_RSA ? 0 : isakmp_auth_kinds(auth),
		.user = step->sa != NULL ? v1_user_of(step->sa) : caller->user,
		.choice = choice,
		.v1 = true,
		.aggressive = caller->aggressive
	};
	const struct peer *peer = peers_for_identity(step->env->peers, &step->local.addr,
						     &step->remote.addr, &claim, diag);

	if (peer == NULL)
		return RC_AUTH_FAILED;
	caller->peer_serial = peer->serial;
	caller->template_serial = peer->parent != NULL ? peer->parent->serial : 0;
	return RC_OK;
}

enum rc v1_caller_verified(struct step *step, struct v1_caller *caller, struct outcome *out)
{
	const struct peer *peer = v1_caller_peer(step, caller);
	struct auth_ends ends;

	if (peer == NULL)
		return v1_removed(&out->diag);
	ends = v1_caller_ends(step, caller, peer);
	TRY(v1_theirs_verified(step, step->sa->v1->auth, true, &ends, &caller->theirs, out));
	out->initial_contact = (step->message->header.flags & ISAKMP_FLAG_ENCRYPTION) != 0 &&
			       v1_is_first_contact(step->message); /* in clear anybody adds it */
	out->heard = true;
	return RC_OK;
}

static enum rc allowed(const struct step *step, const struct peer *peer, struct diag *diag)
{
	char chosen[128];

	if (!agrees(step->sa, peer))
		return diag_fail(diag, RC_AUTH_FAILED,
				 "authentication method %u%s was negotiated, which conn %s forbids "
				 "(authby=, xauthserver=)",
				 step->sa->v1->auth,
				 step->sa->v1->user != NULL ? " with XAUTH" : "", peer->conn->name);
	if (proposal_allows(peer->conn->ike, &step->sa->choice))
		return RC_OK;
	return diag_fail(diag, RC_AUTH_FAILED, "%s by IKEv1 was negotiated, which conn %s forbids",
			 proposal_choice_text(&step->sa->choice, chosen, sizeof(chosen)),
			 peer->conn->name);
}

/* The key was chosen before the peer had said who it is: another conn's is no proof of that. */
static enum rc key_is_its_own(const struct step *step, const struct v1_caller *caller,
			      const struct peer *peer, struct diag *diag)
{
	struct ikev1_exchange exchange = v1_exchange_of(step->sa);
	char id[IDENTITY_TEXT_MAX];
	struct span psk;
	enum rc rc;

	if (v1_signs(step->sa->v1->auth))
		return RC_OK;
	TRY(psk_find(step, &peer->local_id, &caller->theirs.identity, &step->local, &step->remote,
		     &psk, diag));
	rc = ikev1_psk_check(&step->sa->suite, &step->sa->keys, &exchange, psk);
	if (rc != RC_AUTH_FAILED)
		return rc;
	return diag_fail(diag, rc,
			 "the shared key by which it came is not the one that %s has "
			 "(ipsec.secrets)%s",
			 identity_text(&caller->theirs.identity, id),
			 caller->aggressive ? ""
					    : ": Main Mode takes the key of the first conn for its "
					      "address; give all clients there one key, or "
					      "certificates");
}

/* XAUTH: the SA is the template's until a user is proven (xauth_server.c), few at a time. */
static enum rc wait_for_user(const struct step *step, struct outcome *out)
{
	const struct payload *id = v1_payload(step->message, ISAKMP_ID);
	struct isakmp_user *user = ARENA_NEW(step->arena, struct isakmp_user);

	if (user == NULL)
		return RC_NO_MEMORY;
	if (step->env->sas->users >= step->env->setup->max_halfopen)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "%zu peers are to prove their users (XAUTH), and no more can "
				 "(max-halfopen-ike=)",
				 step->env->sas->users);
	user->first_contact = out->initial_contact;
	out->initial_contact = false;
	out->v1.user = user;
	if (id != NULL)
		out->v1.id_body = id->body;
	out->established = false;
	out->next = IKEV1_XAUTH;
	return RC_OK;
}

enum rc v1_caller_bind(struct step *step, struct v1_caller *caller, struct outcome *out)
{
	struct peer *peer = v1_caller_peer(step, caller);

	if (peer == NULL)
		return v1_removed(&out->diag);
	TRY(allowed(step, peer, &out->diag));
	TRY(key_is_its_own(step, caller, peer, &out->diag));
	if (peer->template && step->sa->v1->user == NULL) {
		TRY(peer_instantiate(peer, &step->local.addr, &step->remote,
				     &caller->theirs.identity, &out->instance));
		peer = out->instance;
	}
	TRY(unique_keeps_out(step->env, peer, &out->diag));
	out->peer = peer;
	out->established = true;
	out->endpoints_set = true;
	out->local = step->local;
	out->remote = step->remote;
	out->encap = step->sa->encap;
	return step->sa->v1->user != NULL ? wait_for_user(step, out) : RC_OK;
}
