/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that change what is wanted of a conn: up, down, rekey, route, unroute, add, delete,
 * replace. */
#include <stdio.h>
#include <string.h>
#include "ipsec.h"
#include "keys.h"

/* What a reply is printed about. */
struct about {
	const struct ipsec *ipsec;
	const char *name;
};

/* "office" #3: sent IKE_AUTH request */
static void print_event(const json_t *event, const char *name)
{
	const char *tunnel = text_of(event, "tunnel");
	long long serial = number_of(event, "serial"), lost = number_of(event, "lost");

	if (lost > 0)
		(void)printf("(%lld events left out)\n", lost);
	(void)printf("\"%s\"", tunnel[0] != '\0' ? tunnel : name);
	if (serial > 0)
		(void)printf(" #%lld", serial);
	(void)printf(": %s\n", text_of(event, "text"));
	(void)fflush(stdout);
}

static void up_reply(void *context, const json_t *parameters, bool continues)
{
	const struct about *about = context;
	const char *event = text_of(parameters, "event");

	if (about->ipsec->json)
		print_json(parameters);
	else if (continues)
		print_event(parameters, about->name);
	else if (strcmp(event, "already-up") == 0)
		(void)printf("\"%s\" is up already\n", about->name);
	else if (strcmp(event, "done") == 0)
		(void)printf("\"%s\" is up\n", about->name);
	else
		(void)printf("\"%s\" is wanted up; \"ipsec status %s\" shows how it goes\n",
			     about->name, about->name);
}

static int up_by(struct ipsec *ipsec, const char *method, int argc, char **argv)
{
	struct about about = { ipsec, argv[1] };
	json_t *parameters = name_parameter(argc, argv);

	if (parameters != NULL && ipsec->asynchronous)
		(void)json_object_set_new(parameters, "asynchronous", json_true());
	return client_call(ipsec, method, parameters, !ipsec->asynchronous, up_reply, &about);
}

/* ---- with a user and a password ---- */

bool logs_in(const struct ipsec *ipsec)
{
	return ipsec->username != NULL || ipsec->password != NULL || ipsec->password_stdin ||
	       ipsec->password_file != NULL;
}

/* Takes the password. */
static int login(struct ipsec *ipsec, const char *name, json_t *password)
{
	struct about about = { ipsec, name };
	json_t *parameters = json_pack("{s:s,s:o}", "name", name, "password", password);

	if (parameters != NULL && ipsec->username != NULL &&
	    json_object_set_new(parameters, "username", json_string(ipsec->username)) != 0) {
		json_decref(parameters);
		return complain(EXIT_USAGE, "the user's name is not UTF-8");
	}
	if (parameters != NULL && ipsec->asynchronous)
		(void)json_object_set_new(parameters, "asynchronous", json_true());
	return client_call(ipsec, "io.vanth.ike.Login", parameters, !ipsec->asynchronous, up_reply,
			   &about);
}

/* The password is asked for where the command line does not have it (whack's spelling). */
static int up_as(struct ipsec *ipsec, const char *name)
{
	struct secret asked = { NULL, 0 };
	json_t *password = NULL;
	char prompt[128];
	int code = EXIT_DONE;

	if (ipsec->password_stdin && ipsec->password_file != NULL)
		return complain(EXIT_USAGE,
				"--password-stdin and --password-file cannot be used at once");
	(void)snprintf(prompt, sizeof(prompt), "Password%s%.60s for \"%.40s\"",
		       ipsec->username != NULL ? " of " : "",
		       ipsec->username != NULL ? ipsec->username : "", name);
	if (ipsec->password != NULL) {
		password = json_string(ipsec->password);
		wipe(ipsec->password, strlen(ipsec->password)); /* others see argv */
	} else {
		code = take_password(ipsec->password_file, prompt, false, &asked);
	}
	if (asked.ptr != NULL)
		password = json_string((const char *)asked.ptr);
	secret_wipe(&asked);
	if (code != EXIT_DONE)
		return code;
	if (password == NULL)
		return complain(EXIT_USAGE, "the password is not UTF-8");
	return login(ipsec, name, password);
}

int verb_up(struct ipsec *ipsec, int argc, char **argv)
{
	if (logs_in(ipsec))
		return up_as(ipsec, argv[1]);
	return up_by(ipsec, "io.vanth.ike.Up", argc, argv);
}

int verb_add_up(struct ipsec *ipsec, int argc, char **argv)
{
	return up_by(ipsec, "io.vanth.ike.Start", argc, argv);
}

static void rekey_reply(void *context, const json_t *parameters, bool continues)
{
	const struct about *about = context;

	if (about->ipsec->json)
		print_json(parameters);
	else if (continues)
		print_event(parameters, about->name);
	else if (strcmp(text_of(parameters, "event"), "done") == 0)
		(void)printf("\"%s\" is rekeyed\n", about->name);
	else
		(void)printf("\"%s\" is being rekeyed; \"ipsec status %s\" shows its SAs\n",
			     about->name, about->name);
}

int verb_rekey(struct ipsec *ipsec, int argc, char **argv)
{
	struct about about = { ipsec, argv[1] };
	json_t *parameters = name_parameter(argc, argv);

	if (parameters != NULL && ipsec->what != NULL)
		(void)json_object_set_new(parameters, "what", json_string(ipsec->what));
	if (parameters != NULL && ipsec->asynchronous)
		(void)json_object_set_new(parameters, "asynchronous", json_true());
	return client_call(ipsec, "io.vanth.ike.Rekey", parameters, !ipsec->asynchronous,
			   rekey_reply, &about);
}

static void down_reply(void *context, const json_t *parameters, bool continues)
{
	const struct about *about = context;

	(void)continues;
	if (about->ipsec->json)
		print_json(parameters);
	else if (json_is_false(json_object_get(parameters, "complete")))
		(void)printf("\"%s\" goes down; the peer has not confirmed yet\n", about->name);
	else
		(void)printf("\"%s\" is down\n", about->name);
}

int verb_down(struct ipsec *ipsec, int argc, char **argv)
{
	struct about about = { ipsec, argv[1] };
	json_t *parameters = name_parameter(argc, argv);

	if (parameters != NULL && ipsec->asynchronous)
		(void)json_object_set_new(parameters, "asynchronous", json_true());
	return client_call(ipsec, "io.vanth.ike.Down", parameters, false, down_reply, &about);
}

/* ---- verbs that are answered with "done" ---- */

static const struct simple {
	const char *verb, *method, *done; /* done: with the name, if there is one */
} simple[] = {
	{ "route", "io.vanth.ike.Route", "\"%s\" comes up when traffic wants it\n" },
	{ "unroute", "io.vanth.ike.Unroute", "\"%s\" no longer comes up for traffic\n" },
	{ "add", "io.vanth.ike.Add", "\"%s\" is loaded\n" },
	{ "replace", "io.vanth.ike.Add", "\"%s\" is loaded again\n" },
	{ "delete", "io.vanth.ike.Delete", "\"%s\" is gone\n" },
	{ "reload", "io.vanth.ike.Reload", "configuration and secrets read again%s\n" },
	{ "rereadsecrets", "io.vanth.ike.ReloadSecrets", "secrets read again%s\n" },
	{ "rereadcacerts", "io.vanth.ike.ReloadKeys", "certificates, keys and CAs read again%s\n" },
	{ "rereadcrls", "io.vanth.ike.RefetchCrls", "revocation lists are fetched again%s\n" },
};

struct answered {
	const struct ipsec *ipsec;
	const struct simple *simple;
	const char *name;
};

static void print_done(const char *text, const char *name)
{
	const char *place = strstr(text, "%s");

	(void)printf("%.*s%s%s", (int)(place - text), text, name, place + 2);
}

/* What has not changed is counted too, so that nobody wonders what was read. */
static void print_reload(const json_t *parameters)
{
	(void)printf("conns: %lld added, %lld removed, %lld changed, %lld updated without new SAs, "
		     "%lld unchanged, %lld failed\n",
		     number_of(parameters, "added"), number_of(parameters, "removed"),
		     number_of(parameters, "changed"), number_of(parameters, "updated"),
		     number_of(parameters, "unchanged"), number_of(parameters, "failed"));
}

static void simple_reply(void *context, const json_t *parameters, bool continues)
{
	const struct answered *answered = context;

	(void)continues;
	if (answered->ipsec->json)
		print_json(parameters);
	else
		print_done(answered->simple->done, answered->name);
	if (!answered->ipsec->json && json_object_get(parameters, "unchanged") != NULL)
		print_reload(parameters);
}

int verb_simple(struct ipsec *ipsec, int argc, char **argv)
{
	struct answered answered = { ipsec, NULL, argc > 1 ? argv[1] : "" };

	for (size_t i = 0; i < sizeof(simple) / sizeof(simple[0]); i++)
		if (strcmp(simple[i].verb, argv[0]) == 0)
			answered.simple = &simple[i];
	if (answered.simple == NULL)
		return EXIT_USAGE;
	return client_call(ipsec, answered.simple->method, name_parameter(argc, argv), false,
			   simple_reply, &answered);
}

int verb_reread(struct ipsec *ipsec, int argc, char **argv)
{
	char *secrets[] = { "rereadsecrets", NULL }, *keys[] = { "rereadcacerts", NULL };
	int code = verb_simple(ipsec, 1, secrets);

	(void)argc;
	(void)argv;
	return code == EXIT_DONE ? verb_simple(ipsec, 1, keys) : code;
}
