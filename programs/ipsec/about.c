/* SPDX-License-Identifier: Apache-2.0 */
/* Versions, and the algorithms that there are. */
#include <stdio.h>
#include <string.h>
#include "crypto/crypto.h"
#include "ipsec.h"

static void version_reply(void *context, const json_t *parameters, bool continues)
{
	const struct ipsec *ipsec = context;

	(void)continues;
	if (ipsec->json)
		print_json(parameters);
	else
		(void)printf("the daemon that runs: %s %s\n", text_of(parameters, "product"),
			     text_of(parameters, "version"));
}

int verb_version(struct ipsec *ipsec, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (ipsec->json)
		(void)puts("{\"command\":\"" VANTH_VERSION "\"}");
	else
		(void)puts("Vanth " VANTH_VERSION);
	if (!client_probe(ipsec, NULL))
		return EXIT_DONE;
	return client_call(ipsec, "io.vanth.ike.Version", json_object(), false, version_reply,
			   ipsec);
}

static void print_algorithm(const char *kind, const char *name, const char *why)
{
	(void)printf("%-11s %-22s %s\n", kind, name, why == NULL ? "available" : why);
}

static void probe_reply(void *context, const json_t *parameters, bool continues)
{
	const struct ipsec *ipsec = context;
	const json_t *item;
	size_t i;

	(void)continues;
	if (ipsec->json) {
		print_json(parameters);
		return;
	}
	json_array_foreach(json_object_get(parameters, "algorithms"), i, item)
	{
		bool available = json_is_true(json_object_get(item, "available"));
		print_algorithm(text_of(item, "kind"), text_of(item, "name"),
				available ? NULL : text_of(item, "why"));
	}
}

static void own_algorithm(void *context, const char *kind, const char *name, const char *why)
{
	const struct ipsec *ipsec = context;
	json_t *json;

	if (!ipsec->json) {
		print_algorithm(kind, name, why);
		return;
	}
	json = json_pack("{s:s,s:s,s:b,s:s*}", "kind", kind, "name", name, "available", why == NULL,
			 "why", why);
	print_json(json);
	json_decref(json);
}

int verb_algorithms(struct ipsec *ipsec, int argc, char **argv)
{
	struct diag diag = { "" };

	(void)argc;
	(void)argv;
	if (client_probe(ipsec, NULL))
		return client_call(ipsec, "io.vanth.ike.Probe", json_object(), false, probe_reply,
				   ipsec);
	if (crypto_open(NULL, false, &diag) != RC_OK)
		return complain(EXIT_FAILED, "%s", diag.text);
	crypto_probe_report(own_algorithm, ipsec);
	crypto_close();
	return EXIT_DONE;
}
