/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that wait until the daemon has read its files. */
#include "control/private.h"

struct reading {
	struct control_wait wait;
	struct call *call;
	void (*then)(struct call *call, const struct control_wait *wait);
};

static struct reading *reading_of(struct control_wait *wait)
{
	return container_of(wait, struct reading, wait);
}

/* The client is gone. */
static void cancelled(struct call *call)
{
	struct reading *reading = call->own;

	list_remove(&reading->wait.in_queue);
	mem_free(reading);
}

static void go_on(struct call *call)
{
	struct reading *reading = call->own;

	call->cancel = NULL;
	call->own = NULL;
	reading->then(call, &reading->wait);
	mem_free(reading);
}

static void was_read(struct control_wait *wait, enum rc rc, const struct diag *diag)
{
	struct reading *reading = reading_of(wait);
	struct call *call = reading->call;

	if (rc == RC_OK) {
		call_guarded(call, go_on);
		return;
	}
	call->cancel = NULL;
	call->own = NULL;
	mem_free(reading);
	call_fail(call, rc, diag->text);
}

/* One that does not read its answers misses some. */
static void progressed(struct control_wait *wait, unsigned done, unsigned total)
{
	struct call *call = reading_of(wait)->call;

	if (call->more && call_has_room(call))
		call_reply(call, json_pack("{s:i,s:i}", "done", (int)done, "total", (int)total),
			   true);
}

static void wait_for(struct call *call, void (*hook)(void *context, struct control_wait *wait),
		     void (*then)(struct call *call, const struct control_wait *wait))
{
	struct reading *reading = mem_alloc(sizeof(*reading));

	if (reading == NULL) {
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	*reading = (struct reading){ .wait = { .progress = progressed, .done = was_read },
				     .call = call,
				     .then = then };
	call->own = reading;
	call->cancel = cancelled;
	hook(call->control->hooks.context, &reading->wait);
}

/* ---- reload ---- */

static void answer_report(struct call *call, const struct control_wait *wait)
{
	const struct gateway_reload_report *report = wait->report;

	if (report == NULL) {
		call_done(call);
		return;
	}
	call_reply(call,
		   json_pack("{s:i,s:i,s:i,s:i,s:i,s:i}", "added", (int)report->added, "removed",
			     (int)report->removed, "changed", (int)report->changed, "updated",
			     (int)report->updated, "unchanged", (int)report->unchanged, "failed",
			     (int)report->failed),
		   false);
}

void method_reload(struct call *call)
{
	wait_for(call, call->control->hooks.reload, answer_report);
}

static void answer_done(struct call *call, const struct control_wait *wait)
{
	(void)wait;
	call_done(call);
}

void method_reload_secrets(struct call *call)
{
	wait_for(call, call->control->hooks.reload_secrets, answer_done);
}

void method_reload_keys(struct call *call)
{
	wait_for(call, call->control->hooks.reload_keys, answer_done);
}

/* ---- add, start ---- */

static void add(struct call *call, const struct control_wait *wait)
{
	struct diag diag = { "" };
	enum rc rc = gateway_add(call->gateway, wait->config, call_text(call, "name"), &diag);

	call_answer(call, rc, &diag);
}

void method_add(struct call *call)
{
	wait_for(call, call->control->hooks.read_config, add);
}

/* As the configuration has it now; a conn that is loaded and has not changed is left alone. */
static void take_and_start(struct call *call, const struct control_wait *wait)
{
	struct diag diag = { "" };
	enum rc rc = gateway_take(call->gateway, wait->config, call_text(call, "name"), &diag);

	if (rc != RC_OK)
		call_fail(call, rc, diag.text);
	else
		method_up(call);
}

void method_start(struct call *call)
{
	wait_for(call, call->control->hooks.read_config, take_and_start);
}
