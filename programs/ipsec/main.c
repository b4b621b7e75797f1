/* SPDX-License-Identifier: Apache-2.0 */
/* The `ipsec` command line: options before or after the verb, then the verb. */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "control/json_memory.h"
#include "ipsec.h"

enum option_code {
	OPTION_CTLSOCKET = 256,
	OPTION_CONFIG,
	OPTION_JSON,
	OPTION_ASYNCHRONOUS,
	OPTION_TIMEOUT,
	OPTION_WHAT,
	OPTION_TO,
	OPTION_GLOBAL,
	OPTION_USERNAME,
	OPTION_PASSWORD_STDIN,
	OPTION_PASSWORD_FILE,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option options[] = {
	{ "ctlsocket", required_argument, NULL, OPTION_CTLSOCKET },
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "json", no_argument, NULL, OPTION_JSON },
	{ "asynchronous", no_argument, NULL, OPTION_ASYNCHRONOUS },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "child", no_argument, NULL, OPTION_WHAT },
	{ "ike", no_argument, NULL, OPTION_WHAT },
	{ "reauth", no_argument, NULL, OPTION_WHAT },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "global", required_argument, NULL, OPTION_GLOBAL },
	{ "username", required_argument, NULL, OPTION_USERNAME },
	{ "password-stdin", no_argument, NULL, OPTION_PASSWORD_STDIN },
	{ "password-file", required_argument, NULL, OPTION_PASSWORD_FILE },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static int take_timeout(struct ipsec *ipsec, const char *text)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value == 0 || value > 86400)
		return complain(EXIT_USAGE, "--timeout %s: expected seconds, 1 to 86400", text);
	ipsec->timeout = (unsigned)value;
	return EXIT_DONE;
}

static int take_what(struct ipsec *ipsec, const char *what)
{
	if (ipsec->what != NULL && ipsec->what != what)
		return complain(EXIT_USAGE, "--%s and --%s cannot be done at once", ipsec->what,
				what);
	ipsec->what = what;
	return EXIT_DONE;
}

static int take(struct ipsec *ipsec, int code, const char *what, const char **verb)
{
	switch (code) {
	case OPTION_CTLSOCKET:
		ipsec->ctlsocket = optarg;
		ipsec->ctlsocket_set = true;
		return EXIT_DONE;
	case OPTION_CONFIG:
		ipsec->config = optarg;
		ipsec->config_set = true;
		return EXIT_DONE;
	case OPTION_JSON:
		ipsec->json = true;
		return EXIT_DONE;
	case OPTION_ASYNCHRONOUS:
		ipsec->asynchronous = true;
		return EXIT_DONE;
	case OPTION_TIMEOUT:
		return take_timeout(ipsec, optarg);
	case OPTION_WHAT:
		return take_what(ipsec, what);
	case OPTION_TO:
		ipsec->to = optarg;
		return EXIT_DONE;
	case OPTION_GLOBAL:
		ipsec->global = optarg;
		return EXIT_DONE;
	case OPTION_USERNAME:
		ipsec->username = optarg;
		return EXIT_DONE;
	case OPTION_PASSWORD_STDIN:
		ipsec->password_stdin = true;
		return EXIT_DONE;
	case OPTION_PASSWORD_FILE:
		ipsec->password_file = optarg;
		return EXIT_DONE;
	case OPTION_HELP:
		*verb = "help";
		return EXIT_DONE;
	case OPTION_VERSION:
		*verb = "version";
		return EXIT_DONE;
	}
	return EXIT_USAGE;
}

/* Options up to the first other argument ("+"), or wherever they are. */
static int parse(struct ipsec *ipsec, int argc, char **argv, const char *how, const char **verb)
{
	int code, which = 0;

	opterr = 0;
	while ((code = getopt_long(argc, argv, how, options, &which)) != -1) {
		if (code == ':')
			return complain(EXIT_USAGE, "option %s needs a value", argv[optind - 1]);
		if (code == '?' && elsewhere(argv[optind - 1]) != NULL)
			return complain(EXIT_USAGE, "\"%s\" is no option here; type %s",
					argv[optind - 1], elsewhere(argv[optind - 1]));
		if (code == '?')
			return complain(EXIT_USAGE,
					"unknown option \"%s\" (\"ipsec help\" lists them)",
					argv[optind - 1]);
		if (take(ipsec, code, options[which].name, verb) != EXIT_DONE)
			return EXIT_USAGE;
	}
	return EXIT_DONE;
}

static int run_checked(struct ipsec *ipsec, const struct verb *verb, int argc, char **argv)
{
	int given = argc - 1;

	if (given < verb->min || given > verb->max)
		return complain(EXIT_USAGE, "usage: ipsec %s%s%s", verb->name,
				verb->arguments[0] != '\0' ? " " : "", verb->arguments);
	if (!verb->waits && (ipsec->asynchronous || ipsec->timeout > 0))
		return complain(EXIT_USAGE, "\"ipsec %s\" takes no --asynchronous and no --timeout",
				verb->name);
	if (!verb->chooses && ipsec->what != NULL)
		return complain(EXIT_USAGE, "\"ipsec %s\" takes no --%s", verb->name, ipsec->what);
	if (!verb->sends && (ipsec->to != NULL || ipsec->global != NULL))
		return complain(EXIT_USAGE, "\"ipsec %s\" takes no --to and no --global",
				verb->name);
	if (verb->run != verb_up && logs_in(ipsec))
		return complain(EXIT_USAGE,
				"\"ipsec %s\" takes no --username and no --password-...; "
				"\"ipsec up\" does",
				verb->name);
	return verb->run(ipsec, argc, argv);
}

static int run(struct ipsec *ipsec, const struct verb *verb, int argc, char **argv)
{
	const char *other = NULL;
	int first;

	if (verb->max < 0)
		return verb->run(ipsec, argc, argv);
	optind = 0; /* argv[0] is the verb from now on: getopt begins again */
	if (parse(ipsec, argc, argv, ":", &other) != EXIT_DONE)
		return EXIT_USAGE;
	if (other != NULL && strcmp(other, "help") == 0)
		return verb_help(ipsec, 2, (char *[]){ NULL, argv[0], NULL });
	first = optind - 1; /* the verb moves to just before what is left */
	argv[first] = (char *)(size_t)verb->name;
	return run_checked(ipsec, verb, argc - first, argv + first);
}

int main(int argc, char **argv)
{
	struct ipsec ipsec = { .ctlsocket = VANTH_RUNDIR "/vanth.ctl",
			       .config = VANTH_SYSCONFDIR "/ipsec.conf" };
	const char *name = NULL;
	const struct verb *verb;

	json_memory_wipes();
	if (parse(&ipsec, argc, argv, "+:", &name) != EXIT_DONE)
		return EXIT_USAGE;
	if (name == NULL && optind < argc) {
		name = argv[optind];
	} else if (name == NULL) {
		usage();
		return EXIT_USAGE;
	} else {
		return verb_find(name)->run(&ipsec, 1, argv);
	}
	verb = verb_find(name);
	if (verb == NULL)
		return EXIT_USAGE;
	return run(&ipsec, verb, argc - optind, argv + optind);
}
