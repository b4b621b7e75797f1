/* SPDX-License-Identifier: Apache-2.0 */
/* `ipsec redirect`: peers that are connected, and new ones, are sent to other gateways. */
#include <stdio.h>
#include "ipsec.h"

struct redirected {
	const struct ipsec *ipsec;
	const char *to;
};

static void peers_reply(void *context, const json_t *parameters, bool continues)
{
	const struct redirected *redirected = context;

	(void)continues;
	if (redirected->ipsec->json)
		print_json(parameters);
	else
		(void)printf("the peers are told to go to %s\n", redirected->to);
}

static void add_text(json_t *parameters, const char *key, const char *value)
{
	if (parameters != NULL && value != NULL)
		(void)json_object_set_new(parameters, key, json_string(value));
}

int redirect_peers(const struct ipsec *ipsec, const char *to, const char *name)
{
	struct redirected redirected = { ipsec, to };
	json_t *parameters = json_object();

	add_text(parameters, "gateway", to);
	add_text(parameters, "name", name);
	return client_call(ipsec, "io.vanth.ike.Redirect", parameters, false, peers_reply,
			   &redirected);
}

static void new_reply(void *context, const json_t *parameters, bool continues)
{
	const struct ipsec *ipsec = context;
	const char *to = text_of(parameters, "to");

	(void)continues;
	if (ipsec->json)
		print_json(parameters);
	else
		(void)printf("global-redirect=%s global-redirect-to=%s, until the next reload\n",
			     text_of(parameters, "when"), to);
}

int redirect_new_peers(struct ipsec *ipsec, const char *when, const char *to)
{
	json_t *parameters = json_object();

	add_text(parameters, "when", when);
	add_text(parameters, "to", to);
	return client_call(ipsec, "io.vanth.ike.GlobalRedirect", parameters, false, new_reply,
			   ipsec);
}

int verb_redirect(struct ipsec *ipsec, int argc, char **argv)
{
	if (ipsec->global != NULL && argc > 1)
		return complain(EXIT_USAGE, "--global is about new peers, whatever their conn is: "
					    "it takes no NAME");
	if (ipsec->global != NULL)
		return redirect_new_peers(ipsec, ipsec->global, ipsec->to);
	if (ipsec->to == NULL)
		return complain(EXIT_USAGE, "\"ipsec redirect\" needs --to GATEWAY[,GATEWAY]...");
	return redirect_peers(ipsec, ipsec->to, argc > 1 ? argv[1] : NULL);
}
