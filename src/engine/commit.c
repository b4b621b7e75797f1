/* SPDX-License-Identifier: Apache-2.0 */
/* commit(): the only place with effects. In this order: kernel, SA state, send, timers, log
 * (architecture.md §3). */
#include "sa/intermediate.h"
#include "engine/private.h"
#include "sa/window.h"

static bool is_request(const struct errand *errand)
{
	if (errand->step.message == NULL)
		return false;
	if (ike_major(&errand->step.message->header) == 1)
		return errand->row->event == EVENT_QUICK_REQUEST ||
		       errand->row->event == EVENT_TRANSACTION_REQUEST;
	return (errand->step.message->header.flags & IKE_FLAG_RESPONSE) == 0;
}

static void take_keys(struct ike_sa *sa, struct outcome *out)
{
	if (out->keys.block.ptr == NULL)
		return;
	if (!out->keys_later || !intermediate_keep_keys(sa))
		ike_keys_wipe(&sa->keys);
	sa->keys = out->keys;
	out->keys = (struct ike_keys){ .block = { NULL, 0 } };
}

static void commit_fields(struct ike_sa *sa, struct outcome *out)
{
	if (!out->keys_later)
		take_keys(sa, out);
	if (out->ppk)
		sa->ppk = true;
	if (out->choice_set) {
		sa->choice = out->choice;
		sa->suite = out->suite;
	}
	if (out->peer_spi != 0)
		sa->spi_r = out->peer_spi;
	if (out->fragmentation)
		sa->fragmentation = true;
	if (out->nat_set) {
		sa->nat_here = out->nat_here;
		sa->nat_there = out->nat_there;
	}
	if (out->endpoints_set)
		path_take(sa, out);
}

/* A newborn SA enters the tables; from here on it has an owner. */
static enum rc commit_born(struct errand *errand)
{
	struct gateway *gateway = errand->gateway;
	struct ike_sa *sa = errand->out.born;

	if (sa == NULL)
		return RC_OK;
	sa->owner = gateway;
	TRY(ike_sa_link(&gateway->sas, sa));
	errand->out.born = NULL;
	errand->step.sa = sa;
	errand->sa_serial = sa->serial;
	if (sa->role == INITIATOR) {
		sa->initiating = errand->initiating; /* it goes on to be counted */
		errand->initiating = false;
	} else {
		sa->recv_next = 1;
		sa->question_len = (uint32_t)errand->message.raw.len;
	}
	return RC_OK;
}

static enum rc commit_peer(struct errand *errand)
{
	struct gateway *gateway = errand->gateway;
	struct outcome *out = &errand->out;
	struct ike_sa *sa = errand->step.sa;

	if (out->peer == NULL || (sa->peer != NULL && !ike_sa_asks_user(sa)))
		return RC_OK; /* XAUTH: it was the template's until its user was proven */
	if (out->instance != NULL) {
		TRY(peer_link(out->instance));
		out->instance = NULL;
	}
	ike_sa_bind(&gateway->sas, sa, out->peer);
	return RC_OK;
}

/* After the SA has its peer, whose ticket it may use up. */
static void commit_resume(struct errand *errand)
{
	struct outcome *out = &errand->out;
	struct ike_sa *sa = errand->step.sa;

	if (out->resume == RESUME_NOTHING || sa->larval == NULL)
		return;
	ticket_free(sa->larval->resume);
	sa->larval->resume = NULL;
	if (out->resume == RESUME_TICKET) {
		sa->larval->resume = out->ticket;
		out->ticket = NULL;
	} else if (out->resume == RESUME_TAKE && sa->peer != NULL) {
		sa->larval->resume = sa->peer->ticket;
		sa->peer->ticket = NULL;
	}
	sa->ppk = sa->larval->resume != NULL && sa->larval->resume->ppk;
}

static void commit_state(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;
	enum ike_state next = errand->out.next != IKE_START ? errand->out.next : errand->row->next;

	if (errand->out.stay || sa->state == next)
		return;
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_STATE, next, sa->state, 0);
	if (next == IKE_ESTABLISHED && sa->state < IKE_ESTABLISHED)
		errand->gateway->sas.established_count++;
	errand->gateway->sas.users -= ike_sa_asks_user(sa);
	sa->state = (uint8_t)next;
	errand->gateway->sas.users += ike_sa_asks_user(sa);
}

static void commit_established(struct errand *errand)
{
	struct gateway *gateway = errand->gateway;
	struct ike_sa *sa = errand->step.sa;

	if (sa->initiating) {
		sa->initiating = false;
		gateway->initiating--;
	}
	ike_up(gateway, sa);
	if (sa->v1 != NULL)
		phase1_back(gateway, sa);
	unique_established(gateway, sa, errand->out.initial_contact);
}

static enum rc commit_child(struct errand *errand, struct child_sa **linked)
{
	struct outcome *out = &errand->out;
	struct child_sa *child = out->child;

	*linked = NULL;
	if (child == NULL || out->child_failed != RC_OK || out->creation_failed != RC_OK)
		return RC_OK;
	child->ike = errand->step.sa;
	child->state = CHILD_UP;
	TRY(child_sa_link(&errand->gateway->sas, child));
	child->policies_installed = true;
	outbound_waits(errand, child);
	out->child = NULL;
	*linked = child;
	return RC_OK;
}

static void commit_child_up(struct errand *errand, struct child_sa *child)
{
	if (child == NULL)
		return;
	child_install(errand->gateway, &errand->out.kernel, child);
	child_up(errand->gateway, child);
}

static enum rc commit_message(struct errand *errand)
{
	struct gateway *gateway = errand->gateway;
	const struct outcome_message *message = &errand->out.message;
	struct ike_sa *sa = errand->step.sa;

	if (!message->present)
		return RC_OK;
	if (sa != NULL && sa->v1 != NULL)
		return v1_send(errand);
	if (sa == NULL) {
		send_clear(gateway, &errand->step.local, &errand->step.remote, message->bytes);
		return RC_OK;
	}
	if (!message->response)
		return send_request(gateway, sa, message);
	if (!message->clear)
		window_advance(sa, errand->step.message->raw.len);
	return send_response(gateway, sa, &errand->step, message);
}

static void commit_children_ended(struct errand *errand)
{
	struct outcome *out = &errand->out;

	for (unsigned i = 0; i < out->ended_count; i++)
		child_down(errand->gateway, out->ended[i], out->ended_reason);
	if (errand->row->event == EVENT_DELETE_CHILD && errand->step.subject != NULL &&
	    out->ended_count == 0) /* IKEv1's Delete is not answered: it is among them */
		errand->step.subject->state = CHILD_DELETING;
}

/* Our Delete is out: the children end with it at once, and so does what waits to inherit. */
static void commit_leaving(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;
	struct ike_sa *heir = heir_waiting(sa);

	if (errand->out.message.purpose != REQUEST_DELETE_IKE)
		return;
	if (heir != NULL) {
		heir->delete_wanted = true;
		heir->delete_reason = sa->delete_reason;
		heir->heir_of = 0;
	}
	while (!list_empty(&sa->children))
		child_down(errand->gateway,
			   container_of(sa->children.next, struct child_sa, in_ike),
			   sa->delete_reason);
}

static void commit_child_failed(struct errand *errand)
{
	struct outcome *out = &errand->out;
	struct ike_sa *sa = errand->step.sa;
	struct tunnel *tunnel = errand->step.tunnel;

	if (out->child_failed == RC_OK)
		return;
	if (tunnel == NULL && out->child != NULL)
		tunnel = out->child->tunnel;
	if (!is_request(errand)) {
		attempt_failed(errand->gateway, sa->peer, tunnel, sa->serial, out->child_failed,
			       out->diag.text);
		return;
	}
	peer_record(sa->peer, sa->serial, RECORD_NOTIFY_OUT, ikev2_notify_of(out->child_failed), 0,
		    0);
	log_write(errand->gateway->log, LOG_LEVEL_WARNING,
		  &(struct log_subject){ .peer = sa->peer->conn->name,
					 .tunnel = tunnel != NULL ? tunnel->name : NULL,
					 .serial = sa->serial,
					 .reason = rc_name(out->child_failed) },
		  "Child SA refused: %s", out->diag.text);
}

static void heard(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;
	const struct ike_message *message = errand->step.message;

	if (message == NULL || sa->peer == NULL)
		return;
	if (errand->out.heard)
		sa->last_heard = errand->step.now;
	peer_record(
		sa->peer, sa->serial, RECORD_RECEIVED,
		message->header.exchange |
			((message->header.flags & IKE_FLAG_RESPONSE) != 0 ? RECORD_RESPONSE : 0),
		message->header.message_id, 0);
}

static void tell_received(struct errand *errand)
{
	struct ike_sa *sa = errand->step.sa;
	const struct ike_message *message = errand->step.message;
	char text[256];

	if (message == NULL || sa->peer == NULL || sa->larval == NULL)
		return;
	watch_tell(errand->gateway, GATEWAY_PROGRESS, sa->peer, larval_tunnel(sa), sa->serial,
		   RC_OK, "received %s",
		   sa->v1 != NULL ? isakmp_message_text(message, text, sizeof(text))
				  : wire_message_text(message, text, sizeof(text)));
}

/* §2.8.1: what the peer made for the same as a request of ours that is out. */
static void commit_rival(struct errand *errand)
{
	const struct outcome *out = &errand->out;
	struct ike_creation *creation = errand->step.sa->creation;

	if (creation == NULL || out->rival_nonce.ptr == NULL ||
	    out->rival_nonce.len > sizeof(creation->rival_nonce))
		return;
	if (out->child != NULL || out->successor != NULL)
		creation->rival = out->child != NULL ? out->child->serial : out->successor->serial;
	else if (out->followup != NULL)
		creation->rival_followup = out->followup->serial;
	memcpy(creation->rival_nonce, out->rival_nonce.ptr, out->rival_nonce.len);
	creation->rival_nonce_len = (uint16_t)out->rival_nonce.len;
}

static void commit_creation(struct errand *errand)
{
	if (errand->out.creation == NULL)
		return;
	ike_sa_set_creation(&errand->gateway->sas, errand->step.sa, errand->out.creation);
	errand->out.creation = NULL;
}

static enum rc commit_sa(struct errand *errand)
{
	struct outcome *out = &errand->out;
	struct gateway *gateway = errand->gateway;
	struct child_sa *child;
	struct ike_sa *born;
	struct asked asked;

	TRY(commit_born(errand));
	if (errand->step.sa->larval != NULL)
		TRY(larval_take(errand->step.sa->larval, out));
	commit_fields(errand->step.sa, out);
	TRY(v1_commit(errand));
	TRY(commit_peer(errand));
	xauth_commit(errand);
	TRY(addresses_commit(errand));
	commit_resume(errand);
	heard(errand);
	tell_received(errand);
	TRY(path_commit(errand));
	asked = asked_of(errand->step.sa);
	commit_rival(errand);
	if (out->request_done)
		request_finish(gateway, errand->step.sa);
	commit_state(errand);
	TRY(commit_child(errand, &child)); /* the reply promises it */
	born = out->successor;
	TRY(successor_link(errand));
	TRY(commit_message(errand));
	take_keys(errand->step.sa, out);
	commit_creation(errand);
	followup_commit(errand);
	if (out->established)
		commit_established(errand);
	commit_child_up(errand, child);
	commit_replaced(errand, child);
	commit_succession(errand, born);
	commit_child_failed(errand);
	commit_creation_failed(errand, &asked);
	commit_children_ended(errand);
	commit_leaving(errand);
	if (out->initial_contact && !out->established) /* IKEv1 says it later too */
		unique_established(gateway, errand->step.sa, true);
	if (out->established) {
		if (errand->step.sa->v1 != NULL)
			isakmp_forget_phase1(errand->step.sa->v1);
		proofs_keep(errand->step.sa);
		ike_sa_forget_larval(errand->step.sa);
		life_begin(gateway, errand->step.sa);
	}
	extra_commit(errand);
	life_arm(gateway, errand->step.sa);
	return RC_OK;
}

static void sa_ends(struct errand *errand, enum rc reason, const char *text)
{
	struct ike_sa *sa = errand->step.sa;

	if (sa == NULL)
		return;
	errand->step.sa = NULL;
	ike_down(errand->gateway, sa, reason, text);
}

/* Ours to end; or it does not answer, but may hear us. */
static bool says_goodbye(const struct errand *errand)
{
	const struct ike_sa *sa = errand->step.sa;

	if (sa != NULL &&
	    (sa->state == IKEV1_CONFIG || sa->state == IKEV1_XAUTH)) /* the peer believes in it */
		return errand->row->event != EVENT_V1_INFORMATIONAL;
	return sa != NULL && sa->state == IKE_ESTABLISHED &&
	       (errand->row->event == EVENT_GIVE_UP || errand->row->event == EVENT_DELETE_IKE ||
		errand->row->event == EVENT_TRANSACTION);
}

void commit(struct errand *errand)
{
	struct outcome *out = &errand->out;
	struct ike_sa *sa = errand->step.sa;
	enum rc rc;

	if (sa != NULL && sa->state < IKE_ESTABLISHED && !out->established)
		redirect_commit(errand);
	if (out->ike_ended != RC_OK && !out->message.present) {
		if (says_goodbye(errand) && sa->v1 != NULL && !sa->delete_wanted &&
		    phase1_outlived(errand->gateway, sa, out->ike_ended))
			phase1_gone(errand->gateway, sa, out->ike_ended); /* no Deletes for them */
		if (says_goodbye(errand))
			send_goodbye(errand->gateway, sa, &errand->arena, 0);
		commit_children_ended(errand); /* IKEv1: others may outlive it */
		sa_ends(errand, out->ike_ended, out->diag.text);
		return;
	}
	if (sa == NULL && out->born == NULL)
		return;
	rc = commit_sa(errand);
	if (rc != RC_OK) {
		log_write(errand->gateway->log, LOG_LEVEL_ERROR, NULL,
			  "an IKE SA fails at commit: %s", rc_name(rc));
		if (errand->step.sa != NULL && errand->step.sa->state >= IKE_ESTABLISHED)
			send_goodbye(errand->gateway, errand->step.sa, &errand->arena, 0);
		if ((errand->step.sa == NULL || errand->step.sa->peer == NULL) &&
		    errand->step.message == NULL && errand->step.peer != NULL)
			attempt_failed(errand->gateway, errand->step.peer, errand->step.tunnel, 0,
				       rc, "could not be committed");
		sa_ends(errand, rc, "could not be committed");
	} else if (out->ike_ended != RC_OK) {
		sa_ends(errand, out->ike_ended, out->diag.text);
	} else if (errand->step.sa->peer != NULL) {
		peer_dirty(errand->step.sa->peer);
	}
}

/* ---- failures ---- */

static void log_failure(struct errand *errand, enum rc rc)
{
	struct ike_sa *sa = errand->step.sa;
	struct log_subject subject = { .reason = rc_name(rc) };
	char remote[IP_TEXT_MAX];
	bool named; /* the line begins with a name, not with the address already */

	if (rc == RC_DROP && errand->out.diag.text[0] == '\0')
		return;
	if (sa != NULL)
		subject = subject_of(sa);
	subject.reason = rc_name(rc);
	subject.remote = endpoint_text(&errand->step.remote, remote);
	named = errand->step.message != NULL && (subject.peer != NULL || subject.tunnel != NULL);
	log_limited(errand->gateway->log, &errand->gateway->reject_limit, errand->step.now,
		    LOG_LEVEL_WARNING, &subject, "%s%s%s", named ? subject.remote : "",
		    named ? ": " : "",
		    errand->out.diag.text[0] != '\0' ? errand->out.diag.text : rc_name(rc));
}

/* The answer to a request that made no SA. */
static void answer_clear(struct errand *errand, uint16_t notify)
{
	uint8_t buffer[256];
	struct sink sink;

	sink_init(&sink, buffer, sizeof(buffer));
	if (ikev2_emit_notify(&sink, &errand->step.message->header, 0, notify,
			      errand->out.notify_data) != RC_OK)
		return;
	send_clear(errand->gateway, &errand->step.local, &errand->step.remote, sink_written(&sink));
}

static void answer_sealed(struct errand *errand, uint16_t notify)
{
	struct outcome_message message = { .response = true };
	const struct ike_header *header = &errand->step.message->header;
	struct ike_sa *sa = errand->step.sa;

	message.exchange = header->exchange;
	if (ikev2_inner_notify(&errand->arena, notify, errand->out.notify_protocol,
			       errand->out.notify_spi, errand->out.notify_data, &message) != RC_OK)
		return;
	window_advance(sa, errand->step.message->raw.len);
	if (sa->peer != NULL)
		peer_record(sa->peer, sa->serial, RECORD_NOTIFY_OUT, notify, 0, 0);
	(void)(send_response(errand->gateway, sa, &errand->step, &message) == RC_OK);
}

/* The peer asks again, and perhaps there is memory then. */
static bool better_silent(const struct errand *errand, enum rc rc)
{
	const struct ike_sa *sa = errand->step.sa;

	return rc == RC_NO_MEMORY && (sa == NULL || sa->state >= IKE_ESTABLISHED);
}

static void answer_failure(struct errand *errand, enum rc rc)
{
	struct outcome *out = &errand->out;
	uint16_t notify = out->notify != 0 ? out->notify : ikev2_notify_of(rc);

	if (errand->step.message != NULL && ike_major(&errand->step.message->header) == 1) {
		v1_refuse(errand, rc);
	} else if (out->message.present && out->message.clear) {
		send_clear(errand->gateway, &errand->step.local, &errand->step.remote,
			   out->message.bytes);
	} else if (notify == 0 || !is_request(errand) || better_silent(errand, rc)) {
		return;
	} else if (errand->step.sa == NULL) {
		answer_clear(errand, notify);
	} else {
		answer_sealed(errand, notify);
	}
}

/* §2.21.2, §2.21.3: which errors end an IKE SA. */
static bool fatal(const struct errand *errand, enum rc rc)
{
	const struct ike_sa *sa = errand->step.sa;

	switch ((enum ike_state)sa->state) {
	case IKE_START:
	case IKEV2_HALF_OPEN:
	case IKEV2_INTERMEDIATE_SENT:
	case IKEV2_AUTH_SENT:
	case IKEV2_ROUNDS:
		return rc != RC_DROP;
	case IKEV1_MAIN_SA:
	case IKEV1_MAIN_KE:
	case IKEV1_MAIN_ID:
	case IKEV1_AGGRESSIVE:
	case IKEV1_XAUTH:
	case IKEV1_CONFIG:
		return v1_fatal(errand, rc);
	case IKEV2_INIT_SENT:
		/* nothing is authenticated yet: what cannot be read may be a forgery */
		return rc == RC_NO_PROPOSAL || rc == RC_PEER_REFUSED || rc == RC_AUTH_FAILED ||
		       rc == RC_INTERNAL || rc == RC_NO_MEMORY || rc == RC_CANCELLED ||
		       rc == RC_UNSUPPORTED;
	case IKE_ESTABLISHED:
		if (sa->v1 != NULL)
			return v1_fatal(errand, rc);
		/* the peer believes in what it answered, and we have lost what reading it takes */
		if ((errand->row->event == EVENT_CREATE_CHILD_RESPONSE ||
		     errand->row->event == EVENT_FOLLOWUP_RESPONSE) &&
		    rc != RC_DROP)
			return true;
		return rc == RC_SYNTAX || rc == RC_TRUNCATED || rc == RC_TRAILING || rc == RC_LIMIT;
	case IKE_REKEYED:
	case IKE_DELETING:
	case IKEV1_GONE:
		return rc == RC_SYNTAX || rc == RC_TRUNCATED || rc == RC_TRAILING || rc == RC_LIMIT;
	case IKE_STATE_COUNT:
		break;
	}
	return true;
}

/* The larval SA lost its key pair to a worker and cannot go on: the attempt is over. */
static bool crippled(const struct ike_sa *sa)
{
	return sa->role == INITIATOR &&
	       (sa->state == IKEV2_INIT_SENT || sa->state == IKEV1_MAIN_KE ||
		sa->state == IKEV1_AGGRESSIVE) &&
	       sa->larval != NULL && sa->larval->pair == NULL && sa->larval->resume == NULL;
}

/* Then attempt_failed() tells. */
static bool attempt_ends(const struct errand *errand, enum rc rc)
{
	const struct ike_sa *sa = errand->step.sa;

	if (sa == NULL)
		return errand->step.message == NULL && errand->step.peer != NULL;
	return sa->peer != NULL && sa->state < IKE_ESTABLISHED &&
	       (fatal(errand, rc) || crippled(sa));
}

/* An answer that we cannot accept ends an SA that is up at the other end. */
static bool peer_believes(const struct errand *errand)
{
	const struct ike_sa *sa = errand->step.sa;

	if (is_request(errand) || !errand->out.heard)
		return false;
	return sa->state == IKE_ESTABLISHED || sa->state == IKEV2_ROUNDS ||
	       (sa->state == IKEV2_AUTH_SENT &&
		wire_payload_find(errand->step.message, PAYLOAD_AUTH) != NULL);
}

void commit_failure(struct errand *errand, enum rc rc)
{
	struct ike_sa *sa = errand->step.sa;

	if (!attempt_ends(errand, rc))
		log_failure(errand, rc);
	answer_failure(errand, rc);
	if (sa == NULL) {
		if (errand->step.message == NULL && errand->step.peer != NULL)
			attempt_failed(errand->gateway, errand->step.peer, errand->step.tunnel, 0,
				       rc,
				       errand->out.diag.text[0] != '\0' ? errand->out.diag.text
									: rc_name(rc));
		return;
	}
	heard(errand);
	rekey_refused(errand);
	followup_failed(errand, rc);
	if (!fatal(errand, rc) && !crippled(sa)) {
		if (errand->step.message == NULL)
			decide_later(errand->gateway, sa->peer);
		else if (errand->out.out_of_place)
			request_refused(errand);
		return;
	}
	if (ike_sa_is_half_open(sa) && is_request(errand) && sa->recv_next > 1) {
		sa->refused = true; /* until its half-open time is over: the answer may get lost */
		return;
	}
	if (peer_believes(errand))
		send_goodbye(errand->gateway, sa, &errand->arena, ikev2_notify_of(rc));
	else if (sa->state == IKEV1_MAIN_ID && errand->out.heard)
		v1_disown(errand);
	sa_ends(errand, rc, errand->out.diag.text);
}
