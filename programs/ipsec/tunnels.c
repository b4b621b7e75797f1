/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that change what is wanted of a conn: up, down, route, unroute, add, delete, replace. */
#include <stdio.h>
#include <string.h>
#include "ipsec.h"

struct watching {
	const struct ipsec *ipsec;
	const char *name;
};

static bool up_reply(void *context, const json_t *parameters, bool continues)
{
	const struct watching *watching = context;
	const char *event = json_string_value(json_object_get(parameters, "event"));
	const char *text = json_string_value(json_object_get(parameters, "text"));

	if (watching->ipsec->json)
		print_json(parameters);
	else if (continues && text != NULL)
		(void)printf("\"%s\" %s\n", watching->name, text);
	else if (event != NULL && strcmp(event, "already-up") == 0)
		(void)printf("\"%s\" is up already\n", watching->name);
	else if (event != NULL)
		(void)printf("\"%s\" is up\n", watching->name);
	(void)fflush(stdout);
	return true;
}

int verb_up(struct ipsec *ipsec, int argc, char **argv)
{
	struct watching watching = { ipsec, argc > 1 ? argv[1] : "" };
	json_t *parameters;

	parameters = json_pack("{s:s}", "name", watching.name);
	if (ipsec->asynchronous)
		(void)json_object_set_new(parameters, "asynchronous", json_true());
	return client_call(ipsec, "io.vanth.ike.Up", parameters, !ipsec->asynchronous, up_reply,
			   &watching);
}

static bool down_reply(void *context, const json_t *parameters, bool continues)
{
	const struct watching *watching = context;

	(void)continues;
	if (watching->ipsec->json)
		print_json(parameters);
	else if (json_is_false(json_object_get(parameters, "complete")))
		(void)printf("\"%s\" goes down; the peer has not confirmed yet\n", watching->name);
	else
		(void)printf("\"%s\" is down\n", watching->name);
	return true;
}

int verb_down(struct ipsec *ipsec, int argc, char **argv)
{
	struct watching watching = { ipsec, argc > 1 ? argv[1] : "" };

	return client_call(ipsec, "io.vanth.ike.Down", json_pack("{s:s}", "name", watching.name),
			   false, down_reply, &watching);
}

static bool plain_reply(void *context, const json_t *parameters, bool continues)
{
	const struct ipsec *ipsec = context;

	(void)continues;
	if (ipsec->json)
		print_json(parameters);
	return true;
}

static const struct {
	const char *verb, *method;
} simple[] = {
	{ "route", "io.vanth.ike.Route" },   { "unroute", "io.vanth.ike.Unroute" },
	{ "add", "io.vanth.ike.Add" },	     { "replace", "io.vanth.ike.Add" },
	{ "delete", "io.vanth.ike.Delete" }, { "reload", "io.vanth.ike.Reload" },
	{ "stop", "io.vanth.ike.Shutdown" }, { "rereadsecrets", "io.vanth.ike.ReloadSecrets" },
};

int verb_simple(struct ipsec *ipsec, int argc, char **argv)
{
	json_t *parameters = argc > 1 ? json_pack("{s:s}", "name", argv[1]) : NULL;

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (strcmp(simple[i].verb, argv[0]) == 0)
			return client_call(ipsec, simple[i].method, parameters, false, plain_reply,
					   ipsec);
	json_decref(parameters);
	return EXIT_USAGE;
}
