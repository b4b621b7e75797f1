/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: the road
 *
 * Every event - a datagram, a timer, a decision of reconcile - becomes an errand: it finds its row,
 * runs the row's steps one after the other, and ends in commit() or commit_failure(). A step may
 * suspend for slow work or for the kernel; the errand then waits in gateway->errands and goes on
 * with the next step. An SA has one errand at a time; further events wait in the SA's own bounded
 * queue. Whatever happened to the SA meanwhile is seen by looking it up by serial number; peers and
 * tunnels that an errand refers to are marked busy and stay.
 */
#include <errno.h>
#include "engine/private.h"
#include "sa/compress.h"

static void hold(struct errand *errand, struct peer *peer)
{
	if (peer == NULL || errand->held != NULL)
		return;
	errand->held = peer;
	peer->busy++;
}

struct errand *errand_new(struct gateway *gateway, struct ike_sa *sa, const struct ike_row *row)
{
	struct errand *errand = mem_alloc(sizeof(*errand));

	if (errand == NULL)
		return NULL;
	if (row != NULL)
		row_count(gateway, row);
	errand->gateway = gateway;
	errand->born = ++gateway->errands_begun;
	errand->row = row;
	errand->next = row != NULL ? row->steps : NULL;
	arena_init(&errand->arena, LIMIT_EVENT_ARENA);
	errand->step = (struct step){ .env = &gateway->env,
				      .arena = &errand->arena,
				      .now = host_now(gateway->host),
				      .sa = sa };
	errand->step.waiter = &errand->waiter;
	list_init(&errand->out.kernel_wait);
	list_init(&errand->out.kernel);
	list_append(&gateway->errands, &errand->in_gateway);
	if (sa == NULL)
		return errand;
	errand->sa_serial = sa->serial;
	errand->step.peer = sa->peer;
	errand->step.tunnel = larval_tunnel(sa);
	errand->tunnel_serial = errand->step.tunnel != NULL ? errand->step.tunnel->serial : 0;
	hold(errand, sa->peer);
	sa->errand = errand;
	return errand;
}

/* Requests that live in the arena must not be answered after it. */
static void cancel_kernel(struct errand *errand)
{
	struct kernel *kernel = errand->gateway->kernel;

	for (unsigned i = 0; i < errand->asked_count; i++)
		if (errand->asked[i] != NULL)
			kernel->ops->cancel(kernel, errand->asked[i]);
	errand->asked_count = 0;
}

/* What a failed or abandoned outcome still owns. A Child SA may be half in the kernel. */
static void outcome_discard(struct gateway *gateway, struct errand *errand)
{
	struct outcome *out = &errand->out;

	if (out->child != NULL) {
		if (out->keymat.ptr != NULL)
			child_uninstall(gateway, out->child, false);
		child_sa_free(&gateway->sas, out->child);
	}
	if (out->born != NULL)
		ike_sa_free(&gateway->sas, out->born);
	dh_free(out->pair);
	if (out->successor != NULL)
		ike_sa_free(&gateway->sas, out->successor);
	ike_creation_free(out->creation);
	selectors_free(out->proposed);
	followup_free(out->followup);
	ticket_free(out->ticket);
	out->ticket = NULL;
	outcome_release(out);
	ike_keys_wipe(&out->keys);
	secret_wipe(&out->keymat);
	secret_wipe(&out->shared);
	out->child = NULL;
	out->born = out->successor = NULL;
	out->creation = NULL;
	out->proposed = NULL;
	out->followup = NULL;
	out->pair = NULL;
}

void errand_free(struct errand *errand)
{
	struct ike_sa *sa = ike_sa_by_serial(&errand->gateway->sas, errand->sa_serial);

	cancel_kernel(errand);
	x509_waiter_forget(&errand->waiter);
	if (errand->out.work.run != NULL && errand->out.work.drop != NULL)
		errand->out.work.drop(errand->out.work.arg);
	outcome_discard(errand->gateway, errand);
	if (errand->held != NULL) {
		errand->held->busy--;
		if (errand->held->doomed)
			peer_dirty(errand->held);
	}
	if (errand->out.instance != NULL)
		peer_free(errand->out.instance);
	if (sa != NULL && sa->errand == errand)
		sa->errand = NULL;
	if (errand->initiating)
		errand->gateway->initiating--;
	if (errand->creating)
		errand->gateway->creating--;
	if (errand->initiating || errand->creating)
		line_place_free(errand->gateway);
	list_remove(&errand->in_gateway);
	arena_free(&errand->arena);
	mem_free(errand);
}

/* Anybody can make a half-open SA wait for its keys with whatever he sends behind it. */
static bool fits(const struct ike_sa *sa, size_t len)
{
	list_for(node, &sa->waiting) len += container_of(node, struct waiting, in_sa)->len;
	return len <=
	       (sa->peer != NULL && !ike_sa_asks_user(sa) ? WAITING_PROVEN_MAX : WAITING_BYTES_MAX);
}

bool waiting_add(struct ike_sa *sa, const struct waiting *what, struct span bytes)
{
	struct waiting *copy;

	if (sa->waiting_count >= WAITING_MAX || !fits(sa, bytes.len))
		return false;
	copy = mem_alloc(sizeof(*copy) + bytes.len);
	if (copy == NULL)
		return false;
	*copy = *what;
	copy->len = bytes.len;
	if (bytes.len > 0)
		memcpy(copy->bytes, bytes.ptr, bytes.len);
	list_append(&sa->waiting, &copy->in_sa);
	sa->waiting_count++;
	return true;
}

void waiting_free_all(struct ike_sa *sa)
{
	list_for_safe(node, &sa->waiting)
	{
		list_remove(node);
		mem_free(container_of(node, struct waiting, in_sa));
	}
	sa->waiting_count = 0;
}

static void waiting_run(struct gateway *gateway, struct ike_sa *sa, const struct waiting *waiting)
{
	struct datagram datagram = { waiting->local, waiting->remote, waiting->natt,
				     span_make(waiting->bytes, waiting->len) };
	struct child_sa *child;

	if (waiting->packet) {
		gateway_receive(gateway, &datagram);
		return;
	}
	if (waiting->event != EVENT_DELETE_CHILD) {
		road_event(gateway, sa, waiting->event, NULL, NULL, NULL);
		return;
	}
	child = child_sa_by_serial(sa, waiting->child);
	if (child != NULL)
		road_event(gateway, sa, waiting->event, NULL, NULL, child);
}

/* One after the other: what came while the SA was busy, then what is whole or has its turn. */
void waiting_pump(struct gateway *gateway, uint64_t serial)
{
	struct ike_sa *sa = ike_sa_by_serial(&gateway->sas, serial);

	while (sa != NULL && sa->errand == NULL && !list_empty(&sa->waiting)) {
		struct waiting *waiting = container_of(sa->waiting.next, struct waiting, in_sa);
		list_remove(&waiting->in_sa);
		sa->waiting_count--;
		waiting_run(gateway, sa, waiting);
		mem_free(waiting);
		sa = ike_sa_by_serial(&gateway->sas, serial);
	}
	while (sa != NULL && sa->errand == NULL &&
	       (fragments_run(gateway, sa) || window_run(gateway, sa)))
		sa = ike_sa_by_serial(&gateway->sas, serial);
}

static void finish(struct errand *errand, enum rc rc)
{
	struct gateway *gateway = errand->gateway;
	uint64_t serial = errand->sa_serial;
	struct ike_sa *sa = errand->step.sa;

	if (sa != NULL)
		sa->errand = NULL;
	redirect_note(errand, rc);
	if (rc == RC_OK)
		commit(errand);
	else
		commit_failure(errand, rc);
	errand_free(errand);
	waiting_pump(gateway, serial);
}

/* Our own beginning of an IKE SA; what a peer began is always welcome. */
static bool still_wanted(const struct step *step)
{
	if (step->peer == NULL)
		return true;
	return !step->peer->doomed && step->tunnel != NULL && !step->tunnel->doomed &&
	       (step->tunnel->wanted >= WANTED_ON_DEMAND ||
		tunnel_succeeds(step->tunnel, step->now) ||
		phase1_renewal_due(step->peer, step->now));
}

/* After a suspension: is there still somebody to do this for? */
static bool refresh(struct errand *errand)
{
	struct step *step = &errand->step;

	step->now = host_now(errand->gateway->host);
	step->rc = errand->job_rc;
	step->job_diag = errand->job_diag;
	if (errand->sa_serial == 0)
		return !errand->gateway->stopping && still_wanted(step);
	step->sa = ike_sa_by_serial(&errand->gateway->sas, errand->sa_serial);
	if (step->sa == NULL)
		return false;
	step->tunnel = peer_tunnel_by_serial(step->sa->peer, errand->tunnel_serial);
	step->subject = child_sa_by_serial(step->sa, errand->subject_serial);
	return true;
}

static void resume(struct errand *errand)
{
	if (!refresh(errand)) {
		errand_free(errand);
		return;
	}
	errand_run(errand);
}

static void job_work(struct job *job, unsigned worker)
{
	struct errand *errand = container_of(job, struct errand, job);

	errand->job_rc = errand->out.work.run(errand->out.work.arg, worker, &errand->job_diag);
}

static void job_done(struct job *job)
{
	struct errand *errand = container_of(job, struct errand, job);

	errand->out.work = (struct slow_work){ .run = NULL };
	resume(errand);
}

/* An SA that the kernel refuses is somebody else's, or nobody's. */
static void note_sa(struct child_sa *child, const struct kernel_request *request, bool installed)
{
	if (child == NULL || request->op != KERNEL_SA_ADD)
		return;
	child_sa_installed(child, &request->sa, installed);
}

static void kernel_done(struct kernel_request *request)
{
	struct errand *errand = request->owner;

	if (request->rc != RC_OK && request->error != ENOBUFS) /* a lost answer: it may be there */
		note_sa(errand->out.child, request, false);

	for (unsigned i = 0; i < errand->asked_count; i++)
		if (errand->asked[i] == request)
			errand->asked[i] = NULL;
	if (request->rc != RC_OK && errand->job_rc == RC_OK) {
		errand->job_rc = request->rc;
		errand->job_diag = request->diag;
	}
	if (--errand->kernel_left == 0)
		resume(errand);
}

static void waiter_ready(struct x509_waiter *waiter)
{
	resume(container_of(waiter, struct errand, waiter));
}

static unsigned list_length(const struct list *list)
{
	unsigned length = 0;

	list_for(node, list) length++;
	return length;
}

static bool claim(struct errand *errand)
{
	struct child_sa *child = errand->out.child;

	if (child == NULL)
		return true;
	child->policies_installed = true;
	return child_sa_claim(&errand->gateway->sas, child) == RC_OK;
}

static void submit_kernel(struct errand *errand)
{
	struct kernel *kernel = errand->gateway->kernel;
	unsigned count = list_length(&errand->out.kernel_wait);

	errand->asked = arena_array(&errand->arena, count, sizeof(struct kernel_request *));
	if (errand->asked == NULL || count == 0 || !claim(errand)) {
		errand->job_rc = count == 0 ? RC_OK : RC_NO_MEMORY;
		list_init(&errand->out.kernel_wait);
		resume(errand);
		return;
	}
	errand->kernel_left = errand->asked_count = count;
	for (unsigned i = 0; i < count; i++) {
		struct list *node = errand->out.kernel_wait.next;
		struct kernel_request *request = container_of(node, struct kernel_request, queue);
		list_remove(node);
		request->done = kernel_done; /* later, never from inside submit */
		request->owner = errand;
		errand->asked[i] = request;
	}
	for (unsigned i = 0; i < count; i++) {
		note_sa(errand->out.child, errand->asked[i], true);
		kernel->ops->submit(kernel, errand->asked[i]);
	}
}

static void suspend(struct errand *errand)
{
	errand->job_rc = RC_OK;
	errand->job_diag.text[0] = '\0';
	if (errand->out.instance != NULL)
		hold(errand, errand->out.instance->parent);
	else
		hold(errand, errand->out.peer);
	if (errand->step.again) {
		errand->waiter.ready = waiter_ready;
		return;
	}
	if (errand->out.work.run == NULL) {
		submit_kernel(errand);
		return;
	}
	errand->job.work = job_work;
	errand->job.done = job_done;
	errand->gateway->host->ops->job_submit(errand->gateway->host, &errand->job);
}

void errand_run(struct errand *errand)
{
	enum rc rc = RC_OK;

	while (rc == RC_OK && *errand->next != NULL) {
		step_fn step = *errand->next++;
		errand->step.divert = NULL;
		errand->step.again = false;
		rc = step(&errand->step, &errand->out);
		if (errand->step.divert != NULL)
			errand->next = errand->step.divert;
		if (errand->step.again)
			errand->next--;
	}
	if (rc == RC_SUSPEND)
		suspend(errand);
	else
		finish(errand, rc);
}

static void wait_for_errand(struct ike_sa *sa, enum ike_event event, struct child_sa *subject)
{
	struct waiting waiting = { .event = event, .child = subject != NULL ? subject->serial : 0 };

	(void)waiting_add(sa, &waiting, SPAN_NONE); /* full: reconcile or the timer asks again */
}

/* Our next request would need a window that is not free; nothing is left to give up. Either is
 * decided again when what is outstanding is answered or given up. */
static bool out_of_turn(const struct ike_sa *sa, enum ike_event event)
{
	switch (event) {
	case EVENT_MOVE:
	case EVENT_PROBE:
	case EVENT_TELL:
	case EVENT_TRANSACTION:
	case EVENT_DELETE_CHILD:
	case EVENT_DELETE_IKE:
	case EVENT_CREATE_CHILD:
	case EVENT_REKEY_CHILD:
	case EVENT_REKEY_IKE:
		return (sa->state == IKE_ESTABLISHED || sa->state == IKE_REKEYED) &&
		       sa->request.bytes != NULL;
	case EVENT_GIVE_UP:
		return !ike_sa_is_half_open(sa) && sa->request.bytes == NULL &&
		       sa->state != IKEV1_XAUTH &&
		       sa->state != IKEV1_CONFIG; /* it waits for what it is told unasked */
	case EVENT_INITIATE:
	case EVENT_SA_INIT_REQUEST:
	case EVENT_SA_INIT_RESPONSE:
	case EVENT_RESUME_REQUEST:
	case EVENT_RESUME_RESPONSE:
	case EVENT_AUTH_REQUEST:
	case EVENT_AUTH_RESPONSE:
	case EVENT_INTERMEDIATE_REQUEST:
	case EVENT_INTERMEDIATE_RESPONSE:
	case EVENT_CREATE_CHILD_REQUEST:
	case EVENT_CREATE_CHILD_RESPONSE:
	case EVENT_FOLLOWUP_REQUEST:
	case EVENT_FOLLOWUP_RESPONSE:
	case EVENT_INFORMATIONAL_REQUEST:
	case EVENT_INFORMATIONAL_RESPONSE:
	case EVENT_OTHER_REQUEST:
	case EVENT_MAIN:
	case EVENT_AGGRESSIVE:
	case EVENT_QUICK_REQUEST:
	case EVENT_QUICK_RESPONSE:
	case EVENT_QUICK_PROOF:
	case EVENT_V1_INFORMATIONAL:
	case EVENT_TRANSACTION_REQUEST:
	case EVENT_TRANSACTION_RESPONSE:
	case EVENT_V1_OTHER:
	case IKE_EVENT_COUNT:
		break;
	}
	return false;
}

void decide_later(struct gateway *gateway, struct peer *peer)
{
	if (peer != NULL)
		reconcile_at(gateway, peer, host_now(gateway->host) + NO_MEMORY_DELAY);
}

static bool is_renewal(enum ike_event event)
{
	return event == EVENT_CREATE_CHILD || event == EVENT_REKEY_CHILD ||
	       event == EVENT_REKEY_IKE;
}

void road_event(struct gateway *gateway, struct ike_sa *sa, enum ike_event event, struct peer *peer,
		struct tunnel *tunnel, struct child_sa *subject)
{
	enum ike_state state = sa != NULL ? (enum ike_state)sa->state : IKE_START;
	enum ike_role role = sa != NULL ? (enum ike_role)sa->role : INITIATOR;
	const struct ike_row *row;
	struct errand *errand;

	if (sa != NULL && sa->errand != NULL) {
		if (!is_renewal(event)) /* reconcile asks again */
			wait_for_errand(sa, event, subject);
		return;
	}
	if (sa != NULL && out_of_turn(sa, event))
		return;
	row = row_find(version_of(sa, peer), state, role, event);
	if (row == NULL)
		return;
	if (row->steps == NULL) { /* rejected: the story says why, and reconcile looks again */
		row_count(gateway, row);
		return;
	}
	errand = errand_new(gateway, sa, row);
	if (errand == NULL) {
		decide_later(gateway, sa != NULL ? sa->peer : peer);
		return;
	}
	if (sa == NULL) {
		errand->step.peer = peer;
		errand->step.tunnel = tunnel;
		hold(errand, peer);
		errand->initiating = true;
		gateway->initiating++;
	}
	if (is_renewal(event)) {
		errand->creating = true;
		gateway->creating++;
	}
	if (tunnel != NULL) {
		errand->step.tunnel = tunnel;
		errand->tunnel_serial = tunnel->serial;
	}
	errand->step.subject = subject;
	errand->subject_serial = subject != NULL ? subject->serial : 0;
	errand_run(errand);
}
