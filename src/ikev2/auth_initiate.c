/* SPDX-License-Identifier: Apache-2.0 */
/* rfc7296 §1.2: IKE_AUTH as the initiator, with its first Child SA. Rows last, each step in the
 * order of time. */
#include "ikev2/auth.h"
#include "ikev2/intermediate.h"
#include "ikev2/ppk.h"
#include "ikev2/redirect.h"
#include "ikev2/resume.h"

struct auth_response {
	struct wire_id idr;
	struct wire_auth auth;
	struct identity identity;
	struct child_exchange child;
	struct wire_notify error;
	struct tunnel *tunnel; /* found again after each suspension */
	uint64_t tunnel_serial;
};

/* ---- the request ---- */

/* IKE_AUTH follows IKE_SA_INIT at once, when much is still to be committed, or IKE_INTERMEDIATE. */
static const struct ike_suite *suite_now(const struct step *step, const struct outcome *out)
{
	return out->choice_set ? &out->suite : &step->sa->suite;
}

static const struct ip_endpoint *local_now(const struct step *step, const struct outcome *out)
{
	return out->endpoints_set ? &out->local : &step->sa->local;
}

static const struct ip_endpoint *remote_now(const struct step *step, const struct outcome *out)
{
	return out->endpoints_set ? &out->remote : &step->sa->remote;
}

static enum rc sign(struct step *step, const struct ike_keys *keys, const struct wire_id *id,
		    struct outcome *out, struct span *value)
{
	const struct ike_larval *larval = step->sa->larval;
	struct auth_input input = {
		.suite = suite_now(step, out),
		.message = span_make(larval->init_request, larval->init_request_len),
		.nonce = out->nr.ptr != NULL ? out->nr : span_make(larval->nr, larval->nr_size),
		.sk_p = ike_key(keys, suite_now(step, out), SK_pi),
		.id = id,
	};
	struct span psk;

	if (larval->resume != NULL)
		return resumed_auth(step->arena, &input, value);
	TRY(intermediate_signed(step, out, step->sa->send_next, &input.int_auth));
	TRY(psk_find(step, step->peer, &step->peer->remote_id, local_now(step, out),
		     remote_now(step, out), &psk, &out->diag));
	return psk_auth(step->arena, &input, psk, value);
}

/* RFC 8784 §3: AUTH with the PPK in SK_pi. */
static enum rc sign_with_ppk(struct step *step, const struct ppk *ppk, const struct wire_id *id,
			     struct outcome *out, struct span *value)
{
	struct ike_keys mixed = { .block = { NULL, 0 } };
	enum rc rc =
		ike_keys_mix_ppk(suite_now(step, out), keys_now(step->sa, out), ppk->key, &mixed);

	if (rc == RC_OK)
		rc = sign(step, &mixed, id, out, value);
	ike_keys_wipe(&mixed);
	return rc;
}

static enum rc emit_auth(struct step *step, const struct ppk *ppk, const struct wire_id *id,
			 struct writer *writer, struct outcome *out)
{
	struct wire_auth auth = { .method = AUTH_SHARED_KEY };

	if (ppk->id.len > 0)
		TRY(sign_with_ppk(step, ppk, id, out, &auth.data));
	else
		TRY(sign(step, keys_now(step->sa, out), id, out, &auth.data));
	wire_auth_emit(writer, &auth);
	return RC_OK;
}

/* The PPK's name, and AUTH without it for a peer that does not have it. */
static enum rc emit_ppk(struct step *step, const struct ppk *ppk, struct writer *writer,
			struct outcome *out)
{
	struct wire_id idi = identity_to_wire(&step->peer->local_id);
	struct span without;

	if (ppk->id.len == 0)
		return RC_OK;
	TRY(ppk_emit_identity(step->arena, writer, ppk->id));
	if (step->peer->conn->ppk == PPK_INSIST)
		return RC_OK;
	TRY(sign(step, keys_now(step->sa, out), &idi, out, &without));
	ppk_emit_no_ppk_auth(writer, without);
	return RC_OK;
}

/* §2.4: only when nothing of this peer is alive (architecture.md §6) or about to be: another
 * IKE_AUTH of ours may have been accepted already. */
static bool first_contact(const struct ike_sa *sa, const struct peer *peer)
{
	if (!peer->conn->initial_contact)
		return false;
	list_for(node, &peer->ike_sas)
	{
		const struct ike_sa *other = container_of(node, struct ike_sa, in_peer);
		if (other != sa && other->state != IKEV2_INIT_SENT &&
		    other->state != IKEV2_INTERMEDIATE_SENT)
			return false;
	}
	return true;
}

static enum rc emit_identities(struct step *step, const struct ppk *ppk, struct writer *writer,
			       struct outcome *out)
{
	struct wire_id idi = identity_to_wire(&step->peer->local_id);
	struct wire_id idr = identity_to_wire(&step->peer->remote_id);

	wire_id_emit(writer, PAYLOAD_IDi, &idi);
	if (first_contact(step->sa, step->peer))
		emit_notify(writer, INITIAL_CONTACT);
	if (!identity_has_wildcard(&step->peer->remote_id))
		wire_id_emit(writer, PAYLOAD_IDr, &idr);
	return emit_auth(step, ppk, &idi, writer, out);
}

static enum rc emit_child(struct step *step, struct writer *writer, struct outcome *out)
{
	TRY(child_spi_random(step->env->sas, &out->child_spi));
	TRY(child_offer_sa(step->arena, step->tunnel, out->child_spi, PROPOSAL_NO_DH, NULL,
			   writer));
	child_offer_ts(step->tunnel, writer);
	return RC_OK;
}

enum rc auth_request_emit(struct step *step, struct outcome *out)
{
	struct sink sink;
	struct writer writer;
	bool childless;
	struct ppk ppk = { .id = SPAN_NONE };

	if (step->tunnel == NULL)
		return diag_fail(&out->diag, RC_CANCELLED, "the tunnel is not wanted any more");
	if (out->use_ppk || step->sa->larval->use_ppk)
		TRY(ppk_propose(step, step->peer, local_now(step, out), remote_now(step, out), &ppk,
				&out->diag));
	TRY(inner_start(step->arena, &sink, &writer));
	TRY(emit_identities(step, &ppk, &writer, out));
	TRY(childless_begin(step->peer->conn, out->childless || step->sa->larval->childless,
			    &childless, &out->diag));
	if (!childless)
		TRY(emit_child(step, &writer, out));
	TRY(told_emit_token(step, step->sa->spi_i,
			    out->peer_spi != 0 ? out->peer_spi : step->sa->spi_r, &writer));
	TRY(emit_ppk(step, &ppk, &writer, out));
	TRY(mobike_emit_support(step, step->peer, &out->local.addr, &writer));
	resume_emit_request(step->peer, &writer);
	emit_window_size(&writer);
	out->message.exchange = EXCHANGE_IKE_AUTH;
	out->message.purpose = REQUEST_AUTH;
	return inner_finish(&writer, &sink, &out->message);
}

/* ---- the answer ---- */

static enum rc refused(const struct wire_notify *notify, const struct step *step,
		       struct outcome *out)
{
	char number[48], id[IDENTITY_TEXT_MAX], ours[IDENTITY_TEXT_MAX];
	const char *name = names_text(&notify_names, notify->type, number, sizeof(number));

	return diag_fail(&out->diag, notify_rc(notify->type),
			 "peer refused IKE_AUTH: %s; we are %s and expected %s%s", name,
			 identity_text(&step->peer->local_id, ours),
			 identity_text(&step->peer->remote_id, id),
			 notify->type != AUTHENTICATION_FAILED ? ""
			 : step->sa->larval->use_ppk
				 ? " (compare the secrets, PPKs and IDs of both sides)"
				 : " (compare the secrets and IDs of both sides)");
}

static enum rc read_response(struct step *step, struct outcome *out)
{
	struct auth_response *in = ARENA_NEW(step->arena, struct auth_response);
	const struct ike_message *message = step->message;
	const struct payload *idr = payload_of(message, PAYLOAD_IDr);
	const struct payload *auth = payload_of(message, PAYLOAD_AUTH);

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	out->request_done = true;
	bool error = notify_error(message, &in->error);
	if (error && auth == NULL)
		return refused(&in->error, step, out);
	if (idr == NULL || auth == NULL)
		return diag_fail(&out->diag, RC_AUTH_FAILED,
				 "IKE_AUTH response without IDr or AUTH");
	TRY(wire_id_parse(idr->body, &in->idr, &out->diag));
	TRY(wire_auth_parse(auth->body, &in->auth, &out->diag));
	return child_read(step->arena, message, &in->child, &out->diag);
}

static enum rc check_identity(struct step *step, const struct auth_response *in,
			      struct outcome *out)
{
	char expected[IDENTITY_TEXT_MAX], got[IDENTITY_TEXT_MAX];
	struct identity id;
	unsigned match;

	TRY(identity_from_wire(&in->idr, &id));
	match = identity_match(&step->peer->remote_id, &id);
	(void)identity_text(&id, got);
	identity_free(&id);
	if (match > 0)
		return RC_OK;
	return diag_fail(&out->diag, RC_AUTH_FAILED, "peer says it is %s, we expect %s", got,
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

static enum rc verify_secret(struct step *step, struct auth_input *input,
			     const struct auth_response *in, struct outcome *out)
{
	const struct ike_sa *sa = step->sa;
	struct span psk;

	TRY(mix_ppk(step, out));
	input->sk_p = ike_key(keys_now(sa, out), &sa->suite, SK_pr);
	TRY(intermediate_signed(step, out, step->message->header.message_id, &input->int_auth));
	TRY(psk_find(step, step->peer, &step->peer->remote_id, &sa->local, &sa->remote, &psk,
		     &out->diag));
	return psk_verify(step->arena, input, psk, &in->auth, &out->diag);
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

	TRY(check_identity(step, in, out));
	if (sa->larval->resume != NULL)
		TRY(resume_verify_gateway(step, &input, &in->auth, out));
	else
		TRY(verify_secret(step, &input, in, out));
	told_read(step, out);
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
	char number[48], esp[128] = "", selectors[SELECTOR_PAIR_TEXT_MAX] = "";
	const char *name = names_text(&notify_names, in->error.type, number, sizeof(number));

	if (in->error.type == NOTIFY_NONE)
		return child_refused(out, diag_fail(&out->diag, RC_PEER_REFUSED,
						    "peer answered without a Child SA and says "
						    "nothing"));
	if (step->tunnel != NULL) {
		proposal_text(step->tunnel->conn->esp, esp, sizeof(esp));
		selector_pair_text(&step->tunnel->selectors, selectors);
	}
	return child_refused(out, diag_fail(&out->diag, notify_rc(in->error.type),
					    "peer refused the Child SA: %s; we offered %s for %s",
					    name, esp, selectors));
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
					 : RC_OK;
	if (!in->child.present)
		return child_notify(step, in, out);
	if (step->tunnel == NULL)
		return child_refused(out, diag_fail(&out->diag, RC_CANCELLED,
						    "the tunnel is not wanted any more"));
	TRY(child_sa_new(step->env->sas, &child));
	out->child = child;
	child->spi_in = sa->larval->child_spi;
	child->tunnel = step->tunnel;
	child->initiator = true;
	child->mode = step->tunnel->conn->type == TYPE_TRANSPORT ? KERNEL_TRANSPORT : KERNEL_TUNNEL;
	child_place(child, &sa->local, &sa->remote, sa->encap);
	rc = child_accept(step->env->sas, &in->child, PROPOSAL_NO_DH, child, &out->diag);
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
		return child_emit_delete(step->arena, step->sa->larval->child_spi, &out->message);
	return RC_OK;
}

static const step_fn response_steps[] = { read_response, verify_peer,
					  make_child /* suspends: kernel */, finish, NULL };

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

const struct ikev2_row ikev2_auth_initiate_rows[] = {
	{ IKEV2_AUTH_SENT, INITIATOR, EVENT_AUTH_RESPONSE, response_rules, response_steps,
	  IKEV2_ESTABLISHED,
	  "peer proved its identity: both halves of the Child SA go to the kernel" },
	{ .story = NULL },
};
