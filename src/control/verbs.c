/* SPDX-License-Identifier: Apache-2.0 */
/* Methods that change something and answer at once. */
#include "control/private.h"

typedef enum rc (*verb_fn)(struct gateway *gateway, const char *name, struct diag *diag);

static void with_name(struct call *call, verb_fn verb)
{
	struct diag diag = { "" };

	call_answer(call, verb(call->gateway, call_text(call, "name"), &diag), &diag);
}

void method_route(struct call *call)
{
	with_name(call, gateway_route);
}

void method_redirect(struct call *call)
{
	struct diag diag = { "" };
	enum rc rc = gateway_redirect(call->gateway, call_text(call, "name"),
				      call_text(call, "gateway"), &diag);

	call_answer(call, rc, &diag);
}

void method_global_redirect(struct call *call)
{
	static const char *const words[] = { "no", "yes", "auto" };
	const struct redirect_policy *policy = &call->gateway->redirect;
	struct diag diag = { "" };
	enum rc rc = gateway_global_redirect(call->gateway, call_text(call, "when"),
					     call_text(call, "to"), &diag);

	if (rc != RC_OK)
		call_answer(call, rc, &diag);
	else
		call_reply(call,
			   json_pack("{s:s,s:s?}", "when", words[policy->when], "to", policy->to),
			   false);
}

void method_unroute(struct call *call)
{
	with_name(call, gateway_unroute);
}

void method_delete(struct call *call)
{
	with_name(call, gateway_delete);
}

void method_shutdown(struct call *call)
{
	const struct control_hooks *hooks = &call->control->hooks;

	call_done(call);
	hooks->shutdown(hooks->context);
}
