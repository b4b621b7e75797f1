/* SPDX-License-Identifier: Apache-2.0 */
/* A call from its message to its last reply. */
#include <stdio.h>
#include <string.h>
#include "base/text.h"
#include "control/private.h"

/* ---- parameters ---- */

const char *call_text(const struct call *call, const char *name)
{
	return json_string_value(json_object_get(call->parameters, name));
}

bool call_flag(const struct call *call, const char *name)
{
	return json_is_true(json_object_get(call->parameters, name));
}

json_t *json_safe(const char *text)
{
	char safe[1024];

	if (text == NULL)
		return json_null();
	(void)text_escape(safe, sizeof(safe), text);
	return json_string(safe);
}

/* ---- replies ---- */

void call_free(struct call *call)
{
	void (*cancel)(struct call * call) = call->cancel;

	call->cancel = NULL;
	if (cancel != NULL)
		cancel(call);
	call->client->call = NULL;
	json_decref(call->message);
	mem_free(call);
}

static void end(struct call *call)
{
	client_later(call->client);
	call->over = true;
	call->resume = NULL;
	call->cancel = NULL;
	if (!call->running)
		call_free(call);
}

void call_reply(struct call *call, json_t *parameters, bool continues)
{
	json_t *message = NULL;

	if (call->oneway || (continues && !call->more)) {
		json_decref(parameters);
	} else {
		if (parameters != NULL)
			message = json_pack("{s:o}", "parameters", parameters);
		if (message != NULL && continues)
			(void)json_object_set_new(message, "continues", json_true());
		client_send(call->client, message);
	}
	if (!continues)
		end(call);
}

void call_done(struct call *call)
{
	call_reply(call, json_object(), false);
}

void call_error(struct call *call, const char *error, json_t *parameters)
{
	if (call->oneway)
		json_decref(parameters);
	else
		client_send(call->client, parameters == NULL
						  ? NULL
						  : json_pack("{s:s,s:o}", "error", error,
							      "parameters", parameters));
	end(call);
}

void call_fail(struct call *call, enum rc rc, const char *text)
{
	const char *error = rc == RC_NOT_FOUND ? "io.vanth.ike.NotFound" : "io.vanth.ike.Failed";

	call_error(call, error,
		   json_pack("{s:s,s:o}", "reason", rc_name(rc), "text",
			     json_safe(text[0] != '\0' ? text : rc_name(rc))));
}

void call_answer(struct call *call, enum rc rc, const struct diag *diag)
{
	if (rc == RC_OK)
		call_done(call);
	else
		call_fail(call, rc, diag->text);
}

void call_invalid(struct call *call, const char *parameter, const char *text)
{
	call_error(
		call, "org.varlink.service.InvalidParameter",
		json_pack("{s:o,s:o}", "parameter", json_safe(parameter), "text", json_safe(text)));
}

bool call_has_room(const struct call *call)
{
	return client_has_room(call->client);
}

/* ---- beginning ---- */

static const struct parameter *parameter_find(const struct method *method, const char *name)
{
	for (const struct parameter *p = method->parameters; p->name != NULL; p++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}

static void unknown_parameter(struct call *call, const char *name)
{
	const struct parameter *list = call->method->parameters;
	char text[256];
	int len = snprintf(text, sizeof(text), "%s has no parameter \"%.64s\"; it has",
			   call->method->name, name);

	if (list->name == NULL)
		(void)snprintf(text + len, sizeof(text) - (size_t)len, " none");
	for (const struct parameter *p = list; p->name != NULL && len < (int)sizeof(text); p++)
		len += snprintf(text + len, sizeof(text) - (size_t)len, "%s \"%s\"",
				p == list ? "" : ",", p->name);
	call_invalid(call, name, text);
}

static bool type_fits(const struct parameter *parameter, const json_t *value)
{
	if (json_is_null(value))
		return !parameter->required;
	return parameter->type == PARAMETER_TEXT ? json_is_string(value) : json_is_boolean(value);
}

static bool parameters_fit(struct call *call)
{
	const char *name;
	json_t *value;
	char text[128];

	json_object_foreach((json_t *)(uintptr_t)call->parameters, name, value)
	{
		const struct parameter *parameter = parameter_find(call->method, name);
		if (parameter == NULL) {
			unknown_parameter(call, name);
			return false;
		}
		if (type_fits(parameter, value))
			continue;
		(void)snprintf(text, sizeof(text), "\"%s\" must be a %s", name,
			       parameter->type == PARAMETER_TEXT ? "string" : "bool");
		call_invalid(call, name, text);
		return false;
	}
	for (const struct parameter *p = call->method->parameters; p->name != NULL; p++) {
		if (!p->required || json_object_get(call->parameters, p->name) != NULL)
			continue;
		(void)snprintf(text, sizeof(text), "\"%s\" is missing", p->name);
		call_invalid(call, p->name, text);
		return false;
	}
	return true;
}

static void unknown_method(struct call *call, const char *name)
{
	const char *dot = strrchr(name, '.');
	char interface[128];

	if (method_interface_known(name)) {
		call_error(call, "org.varlink.service.MethodNotFound",
			   json_pack("{s:o}", "method", json_safe(name)));
		return;
	}
	(void)snprintf(interface, sizeof(interface), "%.*s", dot != NULL ? (int)(dot - name) : 127,
		       name);
	call_error(call, "org.varlink.service.InterfaceNotFound",
		   json_pack("{s:o}", "interface", json_safe(interface)));
}

static void denied(struct call *call)
{
	bool writes = call->method->access == ACCESS_WRITE;

	call_error(
		call, "org.varlink.service.PermissionDenied",
		json_pack(
			"{s:s}", "text",
			writes ? "only root may do that"
			       : "only root and the control group (--control-group) may see that"));
}

static void run(struct call *call)
{
	const json_t *parameters = json_object_get(call->message, "parameters");
	const char *name = json_string_value(json_object_get(call->message, "method"));

	call->parameters = json_is_object(parameters) ? parameters : NULL;
	call->method = method_find(name);
	if (call->method == NULL)
		unknown_method(call, name);
	else if (parameters != NULL && !json_is_object(parameters) && !json_is_null(parameters))
		call_invalid(call, "parameters", "\"parameters\" must be an object");
	else if (call->client->access < call->method->access)
		denied(call);
	else if (call->method->stream && !call->more)
		call_error(call, "org.varlink.service.ExpectedMore",
			   json_pack("{s:s}", "text",
				     "this method answers many times: call it with \"more\""));
	else if (parameters_fit(call))
		call->method->run(call);
}

void call_guarded(struct call *call, void (*fn)(struct call *call))
{
	bool within = call->running;

	call->running = true;
	fn(call);
	call->running = within;
	if (call->over && !within)
		call_free(call);
}

void call_resume(struct call *call)
{
	call_guarded(call, call->resume);
}

void call_begin(struct client *client, json_t *message)
{
	bool named = json_is_string(json_object_get(message, "method"));
	struct call *call = named ? mem_alloc(sizeof(*call)) : NULL;

	if (call == NULL) {
		json_decref(message);
		client->closing = true;
		client_send(client,
			    json_pack("{s:s,s:{s:s}}", "error", "io.vanth.ike.BadMessage",
				      "parameters", "text",
				      named ? "out of memory" : "a call names its \"method\""));
		return;
	}
	*call = (struct call){ .client = client,
			       .gateway = client->control->gateway,
			       .control = client->control,
			       .message = message,
			       .more = json_is_true(json_object_get(message, "more")),
			       .oneway = json_is_true(json_object_get(message, "oneway")) };
	client->call = call;
	call_guarded(call, run);
}
