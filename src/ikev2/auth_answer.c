/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.2: IKE_AUTH as the responder, with its first Child SA, in one round or several
 * (rfc4739). Rows last, each step in the order of time. */
#include "ikev2/auth_answer.h"
#include "sa/client.h"

/* ---- who is it? ---- */

/* By what the peer proves itself; in a session that is resumed, by what it has. */
static unsigned methods_of(const struct step *step, const struct auth_request *in)
{
	const struct ticket *resumed = step->sa->larval->resume;

	if (resumed != NULL && resumed->certified_until > 0)
		return AUTHBY_SIGNATURE;
	return auth_method_kinds(in->check.auth.method);
}

static enum rc find_peer(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	struct wire_notify notify;
	struct peer_claim claim = {
		.idi = &in->idi_identity,
		.idr = in->idr_present ? &in->idr_identity : NULL,
		.methods = methods_of(step, in),
		.multiple = notify_find(step->message, MULTIPLE_AUTH_SUPPORTED, &notify),
		.another = notify_find(step->message, ANOTHER_AUTH_FOLLOWS, &notify),
		.choice = &step->sa->choice,
		.tsi = in->child.present ? &in->child.tsi : NULL,
		.tsr = in->child.present ? &in->child.tsr : NULL,
	};
	struct peer *peer;

	peer = peers_for_identity(step->env->peers, &step->local.addr, &step->remote.addr, &claim,
				  &out->diag);
	if (peer == NULL)
		return RC_AUTH_FAILED;
	auth_set_peer(in, peer);
	return RC_OK;
}

/* RFC 8784 §3: from here on the SA's keys are those with the PPK, or AUTH is the one without. */
static enum rc mix_ppk(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	struct span key;

	TRY(ppk_decide(step, in->peer, &in->idi_identity, &in->ppk, &key, &out->diag));
	if (in->ppk.offered && key.len == 0)
		in->check.auth.data = in->ppk.without;
	if (key.len == 0)
		return RC_OK;
	out->ppk = true;
	return ike_keys_mix_ppk(&sa->suite, &sa->keys, key, &out->keys);
}

static void explain_ppk(const struct auth_request *in, struct outcome *out)
{
	char text[PPK_ID_TEXT_MAX];

	if (out->ppk)
		diag_prefix(&out->diag, "with the PPK %s, which may differ too",
			    ppk_id_text(in->ppk.id, text));
}

static struct auth_ends ends_of(const struct step *step, const struct auth_request *in)
{
	return (struct auth_ends){ in->peer, &in->identity, &step->local, &step->remote,
				   in->round > 1 };
}

/* That AUTH covers. */
static uint32_t auth_id(const struct step *step)
{
	return rounds_auth_id(step->sa, step->message->header.message_id);
}

static enum rc verify_proof(struct step *step, struct auth_input *input, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	const struct auth_ends ends = ends_of(step, in);
	enum rc rc = in->round == 1 ? mix_ppk(step, out) : RC_OK;

	input->sk_p = ike_key(keys_now(sa, out), &sa->suite, SK_pi);
	if (rc == RC_OK)
		rc = intermediate_signed(step, out, auth_id(step), &input->int_auth);
	if (rc == RC_OK) {
		rc = check_begin(step, &ends, input, &in->check, out);
		if (rc == RC_AUTH_FAILED)
			explain_ppk(in, out);
	}
	return rc;
}

static enum rc name_it(const struct auth_request *in, enum rc rc, struct outcome *out)
{
	char id[IDENTITY_TEXT_MAX];

	if (rc != RC_OK && rc != RC_SUSPEND)
		diag_prefix(&out->diag, "%s%s", identity_text(&in->identity, id),
			    in->round > 1 ? " (second proof)" : "");
	return rc;
}

static enum rc verify_peer(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	struct auth_input input = {
		.suite = &sa->suite,
		.message = span_make(sa->larval->init_request, sa->larval->init_request_len),
		.nonce = span_make(sa->larval->nr, sa->larval->nr_size),
		.id = &in->id,
	};
	struct resume_claim claim = { in->peer, &in->idi_identity,
				      in->idr_present ? &in->idr_identity : NULL };

	if (!in->proves)
		return RC_OK;
	input.sk_p = ike_key(&sa->keys, &sa->suite, SK_pi);
	if (sa->larval->resume != NULL)
		return resume_verify_client(step, &claim, &input, &in->check.auth, out);
	return name_it(in, verify_proof(step, &input, out), out);
}

/* The conn may have gone while a signature was verified. */
static enum rc verified(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	struct auth_ends ends;

	TRY(auth_find_again(step, in, out));
	if (!in->proves)
		return RC_OK;
	ends = ends_of(step, in);
	TRY(name_it(in, check_end(step, &ends, &in->check, out), out));
	if (step->sa->larval->resume == NULL)
		out->extra.certified_until = check_certified_until(&in->check);
	return RC_OK;
}

/* ---- our own proof ---- */

static struct span our_init_response(const struct ike_sa *sa)
{
	const struct ike_larval *larval = sa->larval;

	return larval->init_response != NULL
		       ? span_make(larval->init_response, larval->init_response_len)
		       : span_make(sa->answer, sa->answer_len);
}

static enum rc prove_ours(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	const struct auth_ends ends = ends_of(step, in);
	struct wire_id idr;
	struct auth_input input = {
		.suite = &sa->suite,
		.message = our_init_response(sa),
		.nonce = span_make(sa->larval->ni, sa->larval->ni_size),
		.sk_p = ike_key(keys_now(sa, out), &sa->suite, SK_pr),
		.id = &idr,
	};

	TRY(auth_local_id(step, &ends, &in->ours, &out->diag));
	idr = identity_to_wire(&in->ours);
	if (sa->larval->resume != NULL) {
		in->prove.method = AUTH_SHARED_KEY;
		return resumed_auth(step->arena, &input, &in->prove.value);
	}
	TRY(intermediate_signed(step, out, auth_id(step), &input.int_auth));
	in->accepts = sa->larval->accepts;
	certs_read_methods(in->first, &in->accepts);
	return prove_begin(step, &ends, &in->accepts, &input, &in->prove, out);
}

static void emit_proof(const struct step *step, const struct auth_request *in,
		       struct writer *writer, struct outcome *out)
{
	const struct auth_ends ends = ends_of(step, in);
	struct wire_id idr = identity_to_wire(&in->ours);
	struct wire_auth auth = { in->prove.method, in->prove.value };
	bool asked = in->cert_asked || payload_of(step->message, PAYLOAD_CERTREQ) != NULL;

	wire_id_emit(writer, PAYLOAD_IDr, &idr);
	certs_emit(auth_local_end(&ends), &in->prove, asked, writer);
	wire_auth_emit(writer, &auth);
	rounds_proven(in->peer, out, true, auth.method, &idr);
}

/* ---- another round (RFC 4739) ---- */

/* The IDr that we say belongs to the peer as it was. */
static enum rc emit_round(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	struct rounds_view view;
	struct sink sink;
	struct writer writer;

	TRY(auth_find_again(step, in, out));
	view = rounds_view(in->peer, in->round);
	TRY(prove_end(step, &in->prove, out));
	TRY(inner_start_with(step->arena, prove_room(&in->prove), &sink, &writer));
	emit_proof(step, in, &writer, out);
	if (view.ours < view.ours_all)
		emit_notify(&writer, ANOTHER_AUTH_FOLLOWS);
	if (out->ppk)
		ppk_emit_confirmation(&writer);
	out->message.exchange = EXCHANGE_IKE_AUTH;
	out->message.response = true;
	return inner_finish(&writer, &sink, &out->message);
}

static const step_fn round_steps[] = { prove_ours /* suspends: signature */, emit_round, NULL };

/* What has been proven so far makes nobody the owner of the IKE SA: it waits, half-open, for the
 * next request. */
static enum rc go_on(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	const struct ike_sa *sa = step->sa;
	struct rounds_view view = rounds_view(in->peer, in->round);
	struct wire_notify notify;

	if (sa->larval->resume == NULL)
		TRY(rounds_check_follows(in->peer, &view, step->message, &out->diag));
	in->prove_ours = in->round <= view.ours_all;
	if (in->proves)
		rounds_proven(in->peer, out, false, in->check.auth.method, &in->id);
	if (rounds_over(&view))
		return rounds_join(step, out);
	if (!notify_find(in->first, MULTIPLE_AUTH_SUPPORTED, &notify))
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "peer cannot authenticate twice (RFC 4739), which conn %s asks "
				 "for (leftauth2=, rightauth2=)",
				 in->peer->conn->name);
	out->rounds =
		(struct outcome_rounds){ .ours = true,
					 .theirs = true,
					 .peer = in->template_serial != 0 ? in->template_serial
									  : in->peer_serial,
					 .kinds = rounds_kinds(in->peer),
					 .first = in->first,
					 .id = &in->idi };
	if (sa->larval->init_response == NULL)
		out->init_response = our_init_response(sa);
	rounds_keep(out);
	step->divert = round_steps;
	return RC_OK;
}

/* The SA may only become the peer's now that its identity is proven. The IKE algorithms that were
 * chosen before the identity was known must be ones that this conn allows. */
static enum rc bind_now(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	struct wire_notify notify;
	char chosen[128];

	if (!proposal_allows(in->peer->conn->ike, &step->sa->choice))
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "%s was negotiated, which conn %s forbids: another conn for these "
				 "addresses has it, and who the peer is was not known yet (ike=)",
				 proposal_choice_text(&step->sa->choice, chosen, sizeof(chosen)),
				 in->peer->conn->name);
	if (in->peer->template) {
		TRY(peer_instantiate(in->peer, &step->local.addr, &step->remote, &in->idi_identity,
				     &out->instance));
		in->peer = out->instance;
		TRY(peer_take_user(in->peer, &in->identity));
	}
	TRY(unique_keeps_out(step->env, in->peer, &out->diag));
	in->peer_serial = in->peer->serial;
	out->peer = in->peer;
	out->established = true;
	out->endpoints_set = true;
	out->local = step->local;
	out->remote = step->remote;
	out->encap = step->sa->encap;
	out->initial_contact = notify_find(step->message, INITIAL_CONTACT, &notify);
	told_read(step, out);
	return mobike_read_support(step, in->peer, out);
}

static enum rc bind_peer(struct step *step, struct outcome *out)
{
	return auth_in_first(step, out, bind_now);
}

static enum rc child_refused(struct outcome *out, struct auth_request *in, enum rc rc)
{
	in->child_rc = out->child_failed = rc;
	in->child_notify = ikev2_notify_of(rc);
	return RC_OK;
}

static enum rc negotiate_child(struct step *step, struct auth_request *in, struct tunnel *tunnel,
			       struct outcome *out)
{
	struct selectors ours;
	enum rc rc;

	TRY(child_sa_new(step->env->sas, &out->child));
	out->child->tunnel = tunnel;
	in->tunnel_serial = tunnel->serial;
	out->child->mode = tunnel->conn->type == TYPE_TRANSPORT ? KERNEL_TRANSPORT : KERNEL_TUNNEL;
	child_place(out->child, &step->local, &step->remote, step->sa->encap && step->natt);
	rc = client_leased(tunnel, out, &ours, &out->diag);
	if (rc != RC_OK)
		return child_refused(out, in, rc);
	in->child.ours = &ours;
	rc = child_choose(step->env->sas, &in->child, DH_NONE, PROPOSAL_NO_DH, out->child,
			  &out->diag);
	in->child.ours = NULL;
	selectors_drop(&ours);
	return rc == RC_OK ? RC_OK : child_refused(out, in, rc);
}

/* RFC 4739 leaves it open: who of two is the client. */
static const struct identity *client_of(const struct auth_request *in)
{
	return peer_second_names_client(in->peer) ? &in->identity : &in->idi_identity;
}

static enum rc choose_child(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	struct tunnel *tunnel;
	enum rc rc;

	in->gateway = redirect_of_conn(step, in->peer->conn);
	if (in->gateway != NULL) {
		in->child.present = false; /* RFC 5685 §6 */
		return RC_OK;
	}
	rc = childless_check(in->peer->conn, in->child.present, &out->diag);
	if (rc != RC_OK && in->child.present)
		return child_refused(out, in, rc);
	if (rc != RC_OK)
		return rc;
	rc = cp_lease(step, in->peer, client_of(in), &in->cp, out);
	if (rc == RC_NO_ADDRESS || rc == RC_CP_REQUIRED)
		return in->child.present ? child_refused(out, in, rc) : RC_OK;
	if (rc != RC_OK || !in->child.present)
		return rc;
	child_see_through_nat(step, in->peer, &in->child);
	tunnel = peer_tunnel_for(in->peer, &in->child.tsi, &in->child.tsr, in->child.transport);
	if (tunnel == NULL)
		return child_refused(out, in, child_no_tunnel(in->peer, &in->child, &out->diag));
	return negotiate_child(step, in, tunnel, out);
}

/* architecture.md §7: the inbound half is in the kernel before the reply that promises it is built.
 */
static enum rc install_inbound(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	const struct ike_sa *sa = step->sa;

	step->rc = RC_OK;
	if (!in->child.present || in->child_rc != RC_OK)
		return RC_OK;
	TRY(child_derive(out->child, &sa->suite, keys_now(sa, out), SPAN_NONE,
			 span_make(sa->larval->ni, sa->larval->ni_size),
			 span_make(sa->larval->nr, sa->larval->nr_size), SPAN_NONE, out));
	TRY(child_install_in(step->arena, out->child, secret_span(&out->keymat),
			     &out->kernel_wait));
	return RC_SUSPEND;
}

static void note_kernel_refusal(struct step *step, struct auth_request *in, struct outcome *out)
{
	if (step->rc == RC_OK || out->child == NULL || in->child_rc != RC_OK)
		return;
	out->diag = step->job_diag;
	diag_prefix(&out->diag, "the kernel refused the Child SA");
	(void)child_refused(out, in, step->rc);
}

/* What the kernel said of the inbound half is kept over the signature. */
static enum rc sign(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;

	if (out->peer == NULL)
		return diag_fail(&out->diag, RC_CANCELLED, "the conn was removed meanwhile");
	in->peer = out->peer;
	note_kernel_refusal(step, in, out);
	return in->prove_ours ? prove_ours(step, out) : RC_OK;
}

static enum rc emit_ticket(struct step *step, struct outcome *out, struct writer *writer)
{
	const struct auth_request *in = step->scratch;
	const struct ike_message *now = step->message;
	enum rc rc;

	step->message = in->first;
	rc = resume_emit_grant(step, out, in->peer, &in->idi_identity, writer);
	step->message = now;
	return rc;
}

/* §2.21.2: an error in the Child SA stands beside an untouched AUTH. */
static enum rc emit_response(struct step *step, struct outcome *out)
{
	struct auth_request *in = step->scratch;
	struct sink sink;
	struct writer writer;

	if (out->peer == NULL)
		return diag_fail(&out->diag, RC_CANCELLED, "the conn was removed meanwhile");
	in->peer = out->peer;
	TRY(prove_end(step, &in->prove, out));
	TRY(inner_start_with(step->arena, prove_room(&in->prove), &sink, &writer));
	if (in->prove_ours)
		emit_proof(step, in, &writer, out);
	emit_window_size(&writer);
	if (in->child_rc != RC_OK)
		emit_notify(&writer, in->child_notify);
	else if (in->gateway == NULL)
		TRY(cp_emit_reply(step, in->peer, &in->cp, out, &writer));
	if (in->child_rc == RC_OK && in->child.present) {
		TRY(child_answer_sa(step->arena, out->child, &writer));
		TRY(child_answer_ts(step->arena, out->child, &in->child, &writer));
		TRY(child_install_out(step->arena, out->child, secret_span(&out->keymat),
				      &out->kernel));
	}
	if (in->gateway != NULL)
		TRY(redirect_emit(step->arena, in->gateway, &writer, out));
	TRY(told_emit_token(step, step->sa->spi_i, step->sa->spi_r, &writer));
	TRY(told_emit_lifetime(step, in->peer->conn, out, &writer));
	if (out->ppk)
		ppk_emit_confirmation(&writer);
	if (out->mobile != NULL)
		TRY(mobike_emit_support(step, in->peer, &step->local.addr, &writer));
	TRY(emit_ticket(step, out, &writer));
	out->message.exchange = EXCHANGE_IKE_AUTH;
	out->message.response = true;
	return inner_finish(&writer, &sink, &out->message);
}

static const step_fn request_steps[] = {
	auth_read_request,
	find_peer,
	verify_peer /* suspends: signature */,
	verified,
	go_on /* to the next round, or here */,
	bind_peer,
	choose_child,
	install_inbound /* suspends: kernel */,
	sign /* suspends: signature */,
	emit_response,
	NULL,
};

static const step_fn further_steps[] = {
	auth_read_further,
	verify_peer /* suspends: signature */,
	verified,
	go_on,
	bind_peer,
	choose_child,
	install_inbound /* suspends: kernel */,
	sign /* suspends: signature */,
	emit_response,
	NULL,
};

static const struct payload_rule request_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_IDi, 1, 1, ENCRYPTED },
	{ PAYLOAD_CERT, 0, 8, ENCRYPTED },
	{ PAYLOAD_CERTREQ, 0, 8, ENCRYPTED },
	{ PAYLOAD_IDr, 0, 1, ENCRYPTED },
	{ PAYLOAD_AUTH, 0, 1, ENCRYPTED }, /* absent: the initiator asks for EAP, §2.16 */
	{ PAYLOAD_CP, 0, 1, ENCRYPTED },
	{ PAYLOAD_SA, 0, 1, ENCRYPTED }, /* absent: childless, RFC 6023 */
	{ PAYLOAD_TSi, 0, 1, ENCRYPTED },
	{ PAYLOAD_TSr, 0, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

static const struct payload_rule further_rules[] = {
	/* payload         min max  where */
	{ PAYLOAD_IDi, 0, 1, ENCRYPTED }, /* absent: only we have another proof to give */
	{ PAYLOAD_CERT, 0, 8, ENCRYPTED },
	{ PAYLOAD_CERTREQ, 0, 8, ENCRYPTED },
	{ PAYLOAD_IDr, 0, 1, ENCRYPTED },
	{ PAYLOAD_AUTH, 0, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

const struct ike_row ikev2_auth_answer_rows[] = {
	{ IKEV2_HALF_OPEN, RESPONDER, EVENT_AUTH_REQUEST, request_rules, request_steps,
	  IKE_ESTABLISHED, "peer proves its identity; we prove ours and make the first Child SA" },
	{ IKEV2_ROUNDS, RESPONDER, EVENT_AUTH_REQUEST, further_rules, further_steps,
	  IKE_ESTABLISHED,
	  "peer has proven itself once more, or hears our second proof; then all is as ever" },
	{ .story = NULL },
};
