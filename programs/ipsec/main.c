/* SPDX-License-Identifier: Apache-2.0 */
/* The `ipsec` command line: finds the verb, takes the options, runs it. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ipsec.h"

static const struct verb verbs[] = {
	{ "up", "NAME", "bring a tunnel up and show the negotiation", verb_up, false },
	{ "down", "NAME", "end a tunnel", verb_down, false },
	{ "route", "NAME", "bring a tunnel up when traffic wants it", verb_simple, false },
	{ "unroute", "NAME", "no longer", verb_simple, false },
	{ "add", "NAME", "load a conn from the configuration", verb_simple, false },
	{ "replace", "NAME", "load a conn again", verb_simple, false },
	{ "delete", "NAME", "unload a conn", verb_simple, false },
	{ "stop", "", "end the daemon", verb_simple, false },
	{ "reload", "", "read the configuration again", verb_simple, false },
	{ "rereadsecrets", "", "read the secrets again", verb_simple, false },
	{ "status", "[NAME]", "what is wanted and what is up", verb_status, false },
	{ "trafficstatus", "[NAME]", "bytes and packets of Child SAs", verb_traffic, false },
};

const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

enum option_code {
	OPTION_CTLSOCKET = 256,
	OPTION_CONFIG,
	OPTION_JSON,
	OPTION_ASYNCHRONOUS,
	OPTION_TIMEOUT
};

static const struct option options[] = {
	{ "ctlsocket", required_argument, NULL, OPTION_CTLSOCKET },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "asynchronous", no_argument, NULL, OPTION_ASYNCHRONOUS },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ NULL, 0, NULL, 0 },
};

static bool take(struct ipsec *ipsec, int code)
{
	switch (code) {
	case OPTION_CTLSOCKET:
		ipsec->ctlsocket = optarg;
		return true;
	case OPTION_CONFIG:
		ipsec->config = optarg;
		return true;
	case OPTION_JSON:
		ipsec->json = true;
		return true;
	case OPTION_ASYNCHRONOUS:
		ipsec->asynchronous = true;
		return true;
	case OPTION_TIMEOUT:
		ipsec->timeout = (unsigned)strtoul(optarg, NULL, 10);
		return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct ipsec ipsec = { .program = argv[0],
			       .ctlsocket = VANTH_RUNDIR "/vanth.ctl",
			       .config = VANTH_SYSCONFDIR "/ipsec.conf" };
	const struct verb *verb;
	int code;

	while ((code = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (!take(&ipsec, code))
			return EXIT_USAGE;
	if (optind >= argc)
		return complain(EXIT_USAGE, "usage: ipsec VERB [ARGUMENT]...");
	verb = verb_find(argv[optind]);
	if (verb == NULL)
		return complain(EXIT_USAGE, "unknown verb \"%s\"", argv[optind]);
	return verb->run(&ipsec, argc - optind, argv + optind);
}
