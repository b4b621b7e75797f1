/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.2: IKE_AUTH as the initiator, with its first Child SA, in one round or several
 * (rfc4739). Rows last, each step in the order of time. */
#include "ikev2/auth.h"
#include "ikev2/certs.h"
#include "ikev2/cp.h"
#include "ikev2/intermediate.h"
#include "ikev2/ppk.h"
#include "ikev2/redirect.h"
#include "ikev2/resume.h"
#include "ikev2/rounds.h"

struct auth_response {
	unsigned round; /* from 1 */
	bool proves;	/* the peer, in this exchange */
	struct wire_id idr;
	struct check check;
	struct identity identity;
	struct child_exchange child;
	struct wire_notify error;
	struct tunnel *tunnel; /* found again after each suspension */
	uint64_t tunnel_serial;
};

static enum rc refused(const struct wire_notify *notify, const struct step *step,
		       struct outcome *out)
{
	char number[48], id[IDENTITY_TEXT_MAX], ours[IDENTITY_TEXT_MAX];
	const char *name = names_text(&notify_names, notify->type, number, sizeof(number));
	bool again = step->sa->larval->rounds != NULL;
	const struct auth_ends ends = { .peer = step->peer,
					.local = &step->sa->local,
					.again = again };
	struct identity us = step->peer->local_id;

	if (again)
		TRY(auth_local_id(step, &ends, &us, &out->diag));
	return diag_fail(
		&out->diag, notify_rc(notify->type),
		"peer refused IKE_AUTH%s: %s; we are %s and expected %s%s",
		again ? " (its second round)" : "", name, identity_text(&us, ours),
		identity_text(again ? rounds_expected(step->peer) : &step->peer->remote_id, id),
		notify->type != AUTHENTICATION_FAILED ? ""
		: step->sa->larval->use_ppk ? " (compare the secrets, PPKs and IDs of both sides)"
					    : " (compare the secrets and IDs of both sides)");
}

static enum rc read_proof(struct step *step, struct auth_response *in, struct outcome *out)
{
	const struct payload *idr = payload_of(step->message, PAYLOAD_IDr);
	const struct payload *auth = payload_of(step->message, PAYLOAD_AUTH);

	if (idr == NULL || auth == NULL)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "IKE_AUTH response without IDr or AUTH%s",
				 in->round > 1 ? ": peer leaves out its second proof" : "");
	TRY(wire_id_parse(idr->body, &in->idr, &out->diag));
	TRY(wire_auth_parse(auth->body, &in->check.auth, &out->diag));
	in->identity = identity_borrowed(&in->idr);
	return check_read(step, &in->check, &out->diag);
}

static enum rc read_nothing(const struct ike_message *message, struct outcome *out)
{
	if (payload_of(message, PAYLOAD_IDr) == NULL && payload_of(message, PAYLOAD_AUTH) == NULL)
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED,
			 "peer proves its identity once more, which it has not announced");
}

static enum rc read_response(struct step *step, struct outcome *out)
{
	struct auth_response *in = ARENA_NEW(step->arena, struct auth_response);
	const struct ike_message *message = step->message;
	bool error;

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	out->request_done = true;
	in->round = rounds_current(step->sa->larval);
	if (in->round > 1)
		TRY(rounds_check_same(step->peer, step->sa->larval->rounds, &out->diag));
	in->proves = in->round <= rounds_view(step->peer, in->round).theirs_all;
	error = notify_error(message, &in->error);
	/* beside AUTH, or where none is due, it may be about the Child SA (§2.21.2) */
	if (error && payload_of(message, PAYLOAD_AUTH) == NULL &&
	    (in->proves || notify_ends_ike(in->error.type)))
		return refused(&in->error, step, out);
	TRY(in->proves ? read_proof(step, in, out) : read_nothing(message, out));
	return child_read(step->arena, message, &in->child, &out->diag);
}

static enum rc check_identity(struct step *step, const struct auth_response *in,
			      struct outcome *out)
{
	char expected[IDENTITY_TEXT_MAX], got[IDENTITY_TEXT_MAX];

	if (in->round > 1)
		return rounds_check_identity(step->peer, step->sa->larval->rounds, &in->identity,
					     &out->diag);
	if (identity_match(&step->peer->remote_id, &in->identity) > 0)
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED, "peer says it is %s, we expect %s",
			 identity_text(&in->identity, got),
			 identity_text(&step->peer->remote_id, expected));
}

/* RFC 8784 §3: PPK_IDENTITY in the answer says that the peer has mixed the PPK in; then our keys
 * are made with it too, otherwise they stay as they are. */
static enum rc mix_ppk(struct step *step, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	const struct config_conn *conn = step->peer->conn;
	struct wire_notify notify;
	struct ppk ppk;

	if (sa->larval->use_ppk && notify_find(step->message, PPK_IDENTITY, &notify)) {
		TRY(ppk_propose(step, step->peer, &sa->local, &sa->remote, &ppk, &out->diag));
		if (ppk.id.len == 0)
			return diag_fail(&out->diag, RC_AUTH_FAILED,
					 "the PPK is not in ipsec.secrets any more");
		out->ppk = true;
		return ike_keys_mix_ppk(&sa->suite, &sa->keys, ppk.key, &out->keys);
	}
	if (conn->ppk != PPK_INSIST)
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED,
			 "peer did not use the post-quantum preshared key, and conn %s has "
			 "ppk=insist",
			 conn->name);
}

static struct auth_ends ends_of(const struct step *step, const struct auth_response *in)
{
	return (struct auth_ends){ step->peer, &in->identity, &step->sa->local, &step->sa->remote,
				   in->round > 1 };
}

static enum rc verify_proof(struct step *step, struct auth_input *input, struct outcome *out)
{
	struct auth_response *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	/* the secret is the one for whom we expect */
	const struct auth_ends ends = { step->peer,
					in->round > 1 ? rounds_expected(step->peer)
						      : &step->peer->remote_id,
					&sa->local, &sa->remote, in->round > 1 };

	if (in->round == 1)
		TRY(mix_ppk(step, out));
	input->sk_p = ike_key(keys_now(sa, out), &sa->suite, SK_pr);
	TRY(intermediate_signed(step, out, rounds_auth_id(sa, step->message->header.message_id),
				&input->int_auth));
	return check_begin(step, &ends, input, &in->check, out);
}

static enum rc verify_peer(struct step *step, struct outcome *out)
{
	struct auth_response *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	struct auth_input input = {
		.suite = &sa->suite,
		.message = span_make(sa->larval->init_response, sa->larval->init_response_len),
		.nonce = span_make(sa->larval->ni, sa->larval->ni_size),
		.sk_p = ike_key(&sa->keys, &sa->suite, SK_pr),
		.id = &in->idr,
	};

	if (!in->proves)
		return RC_OK;
	TRY(check_identity(step, in, out));
	if (sa->larval->resume != NULL)
		return resume_verify_gateway(step, &input, &in->check.auth, out);
	return verify_proof(step, &input, out);
}

static enum rc verified(struct step *step, struct outcome *out)
{
	struct auth_response *in = step->scratch;
	const struct auth_ends ends = ends_of(step, in);

	return in->proves ? check_end(step, &ends, &in->check, out) : RC_OK;
}

/* RFC 4739: the Child SA is answered with the last response. */
static enum rc next_round(struct step *step, const struct auth_response *in, struct outcome *out)
{
	if (in->child.present)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "peer makes the Child SA before the second proof that conn %s "
				 "asks for",
				 step->peer->conn->name);
	out->rounds = (struct outcome_rounds){
		.ours = true, .theirs = true, .kinds = rounds_kinds(step->peer), .id = &in->idr
	};
	rounds_keep(out);
	round_request_make(step);
	return RC_OK;
}

static enum rc go_on(struct step *step, struct outcome *out)
{
	const struct auth_response *in = step->scratch;
	struct rounds_view view = rounds_view(step->peer, in->round);

	if (in->proves)
		rounds_proven(step->peer, out, false, in->check.auth.method, &in->idr);
	if (step->sa->larval->resume == NULL) {
		TRY(rounds_check_follows(step->peer, &view, step->message, &out->diag));
		if (!rounds_over(&view))
			return next_round(step, in, out);
	} else if (!rounds_over(&view)) {
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "a session cannot be resumed for conn %s: it asks for two proofs "
				 "now",
				 step->peer->conn->name);
	}
	TRY(rounds_join(step, out));
	told_read(step, out);
	if (in->round == 1)
		out->extra.gateway = &in->idr;
	out->established = true;
	return mobike_read_support(step, step->peer, out);
}

/* The IKE SA stands, the Child SA does not (§1.2, §2.21.2): told, and the row goes on. */
static enum rc child_refused(struct outcome *out, enum rc rc)
{
	out->child_failed = rc;
	return RC_OK;
}

static enum rc child_notify(const struct step *step, const struct auth_response *in,
			    struct outcome *out)
{
	char number[48], esp[128] = "", selectors[SELECTORS_TEXT_MAX] = "";
	const char *name = names_text(&notify_names, in->error.type, number, sizeof(number));

	if (in->error.type == NOTIFY_NONE)
		return child_refused(out, diag_fail(&out->diag, RC_PEER_REFUSED,
						    "peer answered without a Child SA and says "
						    "nothing"));
	if (step->tunnel != NULL) {
		proposal_text(step->tunnel->conn->esp, esp, sizeof(esp));
		selectors_text(&step->tunnel->selectors, selectors);
	}
	return child_refused(out, diag_fail(&out->diag, notify_rc(in->error.type),
					    "peer refused the Child SA: %s; we offered %s for %s",
					    name, esp, selectors));
}

static enum rc childless_config(struct step *step, struct outcome *out)
{
	enum rc rc = step->tunnel != NULL ? cp_read_reply(step, step->tunnel, out) : RC_OK;

	return rc == RC_NO_ADDRESS ? child_refused(out, rc) : rc;
}

static enum rc accept_child(struct step *step, struct auth_response *in, struct child_sa *child,
			    struct outcome *out)
{
	in->child.ours = step->sa->larval->proposed;
	child_see_answer_through_nat(step, child->tunnel, &in->child);
	return child_accept(step->env->sas, &in->child, PROPOSAL_NO_DH, child, &out->diag);
}

static enum rc make_child(struct step *step, struct outcome *out)
{
	struct auth_response *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	struct child_sa *child;
	enum rc rc;

	rc = redirect_read(step, SPAN_NONE, out);
	if (rc == RC_OK || rc == RC_NO_MEMORY)
		return rc; /* RFC 5685 §6: there is no Child SA then */
	if (rc != RC_NOT_FOUND && !in->child.present)
		return child_refused(out, rc);
	if (sa->larval->child_spi == 0) /* RFC 6023 §3: nothing was asked for */
		return in->child.present ? diag_fail(&out->diag, RC_SYNTAX,
						     "a Child SA that we did not ask for")
					 : childless_config(step, out);
	if (!in->child.present)
		return child_notify(step, in, out);
	if (step->tunnel == NULL)
		return child_refused(out, diag_fail(&out->diag, RC_CANCELLED,
						    "the tunnel is not wanted any more"));
	rc = cp_read_reply(step, step->tunnel, out);
	if (rc != RC_OK)
		return child_refused(out, rc);
	TRY(child_sa_new(step->env->sas, &child));
	out->child = child;
	child->spi_in = sa->larval->child_spi;
	child->tunnel = step->tunnel;
	child->initiator = true;
	child->mode = step->tunnel->conn->type == TYPE_TRANSPORT ? KERNEL_TRANSPORT : KERNEL_TUNNEL;
	child_place(child, &sa->local, &sa->remote, sa->encap);
	rc = accept_child(step, in, child, out);
	if (rc == RC_OK)
		rc = cp_take(out, child, &out->diag);
	if (rc != RC_OK)
		return child_refused(out, rc);
	TRY(child_derive(child, &sa->suite, keys_now(sa, out), SPAN_NONE,
			 span_make(sa->larval->ni, sa->larval->ni_size),
			 span_make(sa->larval->nr, sa->larval->nr_size), SPAN_NONE, out));
	TRY(child_install_in(step->arena, child, secret_span(&out->keymat), &out->kernel_wait));
	TRY(child_install_out(step->arena, child, secret_span(&out->keymat), &out->kernel_wait));
	return RC_SUSPEND;
}

static enum rc finish(struct step *step, struct outcome *out)
{
	const struct auth_response *in = step->scratch;

	if (in->child.present && out->child_failed == RC_OK && step->rc != RC_OK) {
		out->diag = step->job_diag;
		diag_prefix(&out->diag, "the kernel refused the Child SA");
		out->child_failed = step->rc;
	}
	/* §2.21.2: the peer believes in a Child SA that we do not have */
	if (out->child_failed != RC_OK && in->child.present)
		return child_emit_delete(step->arena, in->child.protocol,
					 step->sa->larval->child_spi, &out->message);
	return RC_OK;
}

static const step_fn response_steps[] = {
	read_response, verify_peer /* suspends: signature */, verified,
	go_on,	       make_child /* suspends: kernel */,     finish,
	NULL
};

static const struct payload_rule response_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_IDr, 0, 1, ENCRYPTED }, /* absent: an error notify */
	{ PAYLOAD_CERT, 0, 8, ENCRYPTED },
	{ PAYLOAD_AUTH, 0, 1, ENCRYPTED },
	{ PAYLOAD_CP, 0, 1, ENCRYPTED },
	{ PAYLOAD_SA, 0, 1, ENCRYPTED }, /* absent: the Child SA was refused */
	{ PAYLOAD_TSi, 0, 1, ENCRYPTED },
	{ PAYLOAD_TSr, 0, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

const struct ike_row ikev2_auth_initiate_rows[] = {
	{ IKEV2_ROUNDS, INITIATOR, EVENT_AUTH_RESPONSE, response_rules, response_steps,
	  IKE_ESTABLISHED,
	  "peer has heard our second proof, or given its own: now the Child SA is made" },
	{ IKEV2_AUTH_SENT, INITIATOR, EVENT_AUTH_RESPONSE, response_rules, response_steps,
	  IKE_ESTABLISHED,
	  "peer proved its identity: both halves of the Child SA go to the kernel" },
	{ .story = NULL },
};
