/* SPDX-License-Identifier: Apache-2.0 */
/* Libreswan's spellings: `ipsec whack --initiate --name X`, `ipsec auto --up X`. Each stands for a
 * verb of ours. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ipsec.h"

enum option_code {
	OPTION_NAME = 256,
	OPTION_CTLSOCKET,
	OPTION_CONFIG,
	OPTION_ASYNCHRONOUS,
	OPTION_JSON,
	OPTION_REDIRECT_TO,
	OPTION_GLOBAL,
	OPTION_GLOBAL_TO,
	OPTION_USER,
	OPTION_PASSWORD,
	OPTION_FIRST_VERB, /* and the index of the spelling */
};

static int rekey_ike(struct ipsec *ipsec, int argc, char **argv)
{
	ipsec->what = "ike";
	return verb_rekey(ipsec, argc, argv);
}

/* What each spelling stands for. NULL: it is always so, nothing is to be done. */
struct spelling {
	const char *option, *verb;
	verb_fn run;
	bool whack, autos, named;
};

/* clang-format off */
static const struct spelling spellings[] = {
	/* option	    verb	     runs	      whack  auto   NAME */
	{ "initiate",	    "up",	     verb_up,	      true,  false, true },
	{ "terminate",	    "down",	     verb_down,	      true,  false, true },
	{ "rekey-ike",	    "rekey",	     rekey_ike,	      true,  false, true },
	{ "rekey-child",    "rekey",	     verb_rekey,      true,  false, true },
	{ "rekey-ipsec",    "rekey",	     verb_rekey,      true,  false, true },
	{ "up",		    "up",	     verb_up,	      false, true,  true },
	{ "start",	    "start",	     verb_add_up,     false, true,  true },
	{ "down",	    "down",	     verb_down,	      false, true,  true },
	{ "add",	    "add",	     verb_simple,     false, true,  true },
	{ "replace",	    "replace",	     verb_simple,     false, true,  true },
	{ "delete",	    "delete",	     verb_simple,     true,  true,  true },
	{ "route",	    "route",	     verb_simple,     true,  true,  true },
	{ "ondemand",	    "route",	     verb_simple,     true,  true,  true },
	{ "unroute",	    "unroute",	     verb_simple,     true,  true,  true },
	{ "status",	    "status",	     verb_status,     true,  true,  false },
	{ "trafficstatus",  "trafficstatus", verb_traffic,    true,  false, false },
	{ "briefstatus",    "briefstatus",   verb_brief,      true,  false, false },
	{ "briefconnectionstatus", "briefstatus", verb_brief, true,  false, false },
	{ "connectionstatus", "status",	     verb_status,     true,  false, false },
	{ "showstates",	    "showstates",    verb_states,     true,  false, false },
	{ "shutdown",	    "stop",	     verb_stop,	      true,  false, false },
	{ "rereadsecrets",  "rereadsecrets", verb_simple,     true,  true,  false },
	{ "rereadall",	    "rereadall",     verb_reread,     true,  true,  false },
	{ "listen",	    "version",	     NULL,	      true,  false, false },
	{ "ready",	    "version",	     NULL,	      false, true,  false },
};
/* clang-format on */
#define SPELLINGS (sizeof(spellings) / sizeof(spellings[0]))
#define COMMON	  12 /* the last seven: whack only */

struct asked {
	const struct spelling *spelling;
	char *name;
	const char *redirect_to, *global, *global_to;
};

static size_t fill_options(struct option *options, bool whack)
{
	size_t count = 5;

	options[0] = (struct option){ "name", required_argument, NULL, OPTION_NAME };
	options[1] = (struct option){ "ctlsocket", required_argument, NULL, OPTION_CTLSOCKET };
	options[2] = (struct option){ "config", required_argument, NULL, OPTION_CONFIG };
	options[3] = (struct option){ "asynchronous", no_argument, NULL, OPTION_ASYNCHRONOUS };
	options[4] = (struct option){ "json", no_argument, NULL, OPTION_JSON };
	if (whack) {
		options[count++] = (struct option){ "redirect-to", required_argument, NULL,
						    OPTION_REDIRECT_TO };
		options[count++] = (struct option){ "global-redirect", required_argument, NULL,
						    OPTION_GLOBAL };
		options[count++] = (struct option){ "global-redirect-to", required_argument, NULL,
						    OPTION_GLOBAL_TO };
		options[count++] =
			(struct option){ "xauthname", required_argument, NULL, OPTION_USER };
		options[count++] =
			(struct option){ "xauthuser", required_argument, NULL, OPTION_USER };
		options[count++] =
			(struct option){ "username", required_argument, NULL, OPTION_USER };
		options[count++] =
			(struct option){ "xauthpass", required_argument, NULL, OPTION_PASSWORD };
	}
	for (size_t i = 0; i < SPELLINGS; i++)
		if (whack ? spellings[i].whack : spellings[i].autos)
			options[count++] = (struct option){ spellings[i].option, no_argument, NULL,
							    OPTION_FIRST_VERB + (int)i };
	options[count] = (struct option){ 0 };
	return count;
}

static int unknown(const char *command, const char *option, bool whack)
{
	const char *ours = option != NULL ? elsewhere(option) : NULL;

	if (ours != NULL)
		return complain(EXIT_USAGE, "ipsec %s has no \"%s\"; type %s", command, option,
				ours);
	if (option != NULL)
		(void)complain(0, "unknown option \"%s\"; ipsec %s takes:", option, command);
	else
		(void)complain(0, "ipsec %s takes:", command);
	for (size_t i = 0; i < SPELLINGS; i++)
		if (whack ? spellings[i].whack : spellings[i].autos)
			(void)fprintf(stderr, "  --%s%s\n", spellings[i].option,
				      !spellings[i].named ? ""
				      : whack		  ? " --name NAME"
							  : " NAME");
	if (whack)
		(void)fputs(
			"  --initiate --name NAME --xauthname USER [--xauthpass PASSWORD]\n"
			"  [--name NAME] --redirect-to GATEWAY[,...]\n"
			"  --global-redirect yes|no|auto [--global-redirect-to GATEWAY[,...]]\n",
			stderr);
	return EXIT_USAGE;
}

static int take(struct ipsec *ipsec, int code, struct asked *asked)
{
	switch (code) {
	case OPTION_NAME:
		asked->name = optarg;
		return EXIT_DONE;
	case OPTION_CTLSOCKET:
		ipsec->ctlsocket = optarg;
		ipsec->ctlsocket_set = true;
		return EXIT_DONE;
	case OPTION_CONFIG:
		ipsec->config = optarg;
		ipsec->config_set = true;
		return EXIT_DONE;
	case OPTION_ASYNCHRONOUS:
		ipsec->asynchronous = true;
		return EXIT_DONE;
	case OPTION_JSON:
		ipsec->json = true;
		return EXIT_DONE;
	case OPTION_REDIRECT_TO:
		asked->redirect_to = optarg;
		return EXIT_DONE;
	case OPTION_GLOBAL:
		asked->global = optarg;
		return EXIT_DONE;
	case OPTION_GLOBAL_TO:
		asked->global_to = optarg;
		return EXIT_DONE;
	case OPTION_USER:
		ipsec->username = optarg;
		return EXIT_DONE;
	case OPTION_PASSWORD:
		ipsec->password = optarg;
		return EXIT_DONE;
	}
	if (asked->spelling != NULL)
		return complain(EXIT_USAGE, "--%s and --%s cannot be done at once",
				asked->spelling->option,
				spellings[code - OPTION_FIRST_VERB].option);
	asked->spelling = &spellings[code - OPTION_FIRST_VERB];
	return EXIT_DONE;
}

static int run(struct ipsec *ipsec, const struct asked *asked)
{
	const struct spelling *spelling = asked->spelling;
	char *argv[] = { (char *)(size_t)spelling->verb, asked->name, NULL };

	if (spelling->named && asked->name == NULL)
		return complain(EXIT_USAGE, "--%s needs the name of a conn", spelling->option);
	if (logs_in(ipsec) && spelling->run != verb_up)
		return complain(EXIT_USAGE, "--xauthname and --xauthpass go with --initiate");
	if (spelling->run != NULL)
		return spelling->run(ipsec, asked->name != NULL ? 2 : 1, argv);
	return client_call(ipsec, "io.vanth.ike.Version", json_object(), false, NULL, NULL);
}

static int redirect(struct ipsec *ipsec, const struct asked *asked)
{
	if (asked->spelling != NULL)
		return complain(EXIT_USAGE, "--%s and a redirect cannot be done at once",
				asked->spelling->option);
	if (asked->redirect_to != NULL && (asked->global != NULL || asked->global_to != NULL))
		return complain(EXIT_USAGE, "--redirect-to (peers that are connected) and "
					    "--global-redirect (new ones) cannot be done at once");
	if (asked->redirect_to != NULL)
		return redirect_peers(ipsec, asked->redirect_to, asked->name);
	return redirect_new_peers(ipsec, asked->global, asked->global_to);
}

static int translate(struct ipsec *ipsec, int argc, char **argv, bool whack)
{
	struct option options[COMMON + SPELLINGS + 1];
	struct asked asked = { .name = NULL };
	int code;

	(void)fill_options(options, whack);
	optind = 0;
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (code == ':')
			return complain(EXIT_USAGE, "option %s needs a value", argv[optind - 1]);
		if (code == '?')
			return unknown(argv[0], argv[optind - 1], whack);
		if (take(ipsec, code, &asked) != EXIT_DONE)
			return EXIT_USAGE;
	}
	if (asked.name == NULL && optind < argc)
		asked.name = argv[optind++];
	if (optind < argc)
		return complain(EXIT_USAGE, "unexpected argument \"%s\"", argv[optind]);
	if (asked.redirect_to != NULL || asked.global != NULL || asked.global_to != NULL)
		return redirect(ipsec, &asked);
	if (asked.spelling == NULL)
		return unknown(argv[0], NULL, whack);
	return run(ipsec, &asked);
}

int verb_whack(struct ipsec *ipsec, int argc, char **argv)
{
	return translate(ipsec, argc, argv, true);
}

int verb_auto(struct ipsec *ipsec, int argc, char **argv)
{
	return translate(ipsec, argc, argv, false);
}
