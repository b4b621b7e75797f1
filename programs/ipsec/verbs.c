/* SPDX-License-Identifier: Apache-2.0 */
/* The table of verbs, and help about them. */
#include <stdio.h>
#include <string.h>
#include "base/names.h"
#include "config/config.h"
#include "ipsec.h"
#include "keys.h"

static const struct verb verbs[] = {
	/* clang-format off */
	{ "start", "[-- OPTION...]", "start the daemon (OPTION: of vanth(8), when there is no systemd)", verb_start, 0, 64, true, false, false },
	{ "stop", "", "end the daemon: peers are told, nothing stays in the kernel", verb_stop, 0, 0, true, false, false },
	{ "restart", "[-- OPTION...]", "stop, then start", verb_restart, 0, 64, true, false, false },
	{ "status", "[NAME]", "what is wanted, what is, and since when", verb_status, 0, 1, false, false, false },
	{ "briefstatus", "[NAME]", "the same, one line a tunnel", verb_brief, 0, 1, false, false, false },
	{ "trafficstatus", "[NAME]", "bytes and packets of every Child SA", verb_traffic, 0, 1, false, false, false },
	{ "showstates", "[NAME]", "every IKE SA and Child SA, one line each", verb_states, 0, 1, false, false, false },
	{ "explain", "NAME", "why a tunnel is as it is, with the last events of its peer", verb_explain, 1, 1, false, false, false },
	{ "events", "[NAME]", "what happens, as it happens", verb_events, 0, 1, false, false, false },
	{ "up", "NAME", "bring a tunnel up and show the negotiation", verb_up, 1, 1, true, false, false },
	{ "down", "NAME", "end a tunnel; it is not begun again", verb_down, 1, 1, true, false, false },
	{ "rekey", "NAME", "replace its Child SAs now (--ike, --reauth: its IKE SA)", verb_rekey, 1, 1, true, true, false },
	{ "redirect", "--to GATEWAY[,...] [NAME]", "send the peers that are connected to other gateways (--global: new ones)", verb_redirect, 0, 1, false, false, true },
	{ "route", "NAME", "bring a tunnel up when traffic wants it", verb_simple, 1, 1, false, false, false },
	{ "unroute", "NAME", "no longer bring it up for traffic", verb_simple, 1, 1, false, false, false },
	{ "add", "NAME", "load a conn from the configuration", verb_simple, 1, 1, false, false, false },
	{ "replace", "NAME", "load a conn again, as the configuration has it now", verb_simple, 1, 1, false, false, false },
	{ "delete", "NAME", "end a conn and forget it", verb_simple, 1, 1, false, false, false },
	{ "reload", "", "read the configuration and the secrets again; what is equal is not touched", verb_simple, 0, 0, false, false, false },
	{ "rereadsecrets", "", "read the secrets again", verb_simple, 0, 0, false, false, false },
	{ "rereadall", "", "read secrets, certificates, keys and CAs again; SAs stay", verb_reread, 0, 0, false, false, false },
	{ "rereadcacerts", "", "read certificates, keys and CAs again", verb_simple, 0, 0, false, false, false },
	{ "rereadcrls", "", "fetch, or read, the lists of revoked certificates again", verb_simple, 0, 0, false, false, false },
	{ "checkconfig", "[FILE]", "read the configuration and tell all that is wrong in it", verb_checkconfig, 0, 1, false, false, false },
	{ "algorithms", "", "the cryptographic algorithms, and why some are not available", verb_algorithms, 0, 0, false, false, false },
	{ "initnss", "[--nssdir DIR]", "make the NSS database, where keys and certificates are kept", verb_initnss, 0, -1, false, false, false },
	{ "import", "FILE... | DIR [--name NAME] [--ca] [--password-file FILE] [--nssdir DIR]", "bring keys, certificates, CAs and CRLs (PKCS#12, PEM, DER; a whole ipsec.d) into it", verb_import, 0, -1, false, false, false },
	{ "newca", "[--name NAME] [--days N] [--curve CURVE | --bits N] [--subject DN] [--nssdir DIR]", "make a small private CA", verb_newca, 0, -1, false, false, false },
	{ "newcert", "--name NAME [--san NAME]... [--ca CA] [--days N] [--curve CURVE | --bits N] [--subject DN] [--export FILE.p12 [--password-file FILE]] [--nssdir DIR]", "make a certificate of it, for this host or another", verb_newcert, 0, -1, false, false, false },
	{ "list", "certs|cacerts|crls|leases|pubkeys|psks [--nssdir DIR]", "certificates, CAs, what is known of revoked ones, addresses of clients, keys; of shared keys only whose they are", verb_list, 0, -1, false, false, false },
	{ "check", "CONN [--nssdir DIR]", "are its keys and certificates in order, and what is to be done", verb_check, 0, -1, false, false, false },
	{ "newhostkey", "[--bits N | --curve CURVE] [--name NAME] [--nssdir DIR]", "make a raw key", verb_newhostkey, 0, -1, false, false, false },
	{ "showhostkey", "--list | --left|--right|--ipseckey|--pem|--dump [--ckaid ID | --name NAME]", "public halves of the keys here, for ipsec.conf", verb_showhostkey, 0, -1, false, false, false },
	{ "auto", "--up NAME, ...", "Libreswan's spelling of up, down, add, delete, ...", verb_auto, 0, -1, true, false, false },
	{ "whack", "OPTION...", "Libreswan's spelling of the same and more", verb_whack, 0, -1, true, false, false },
	{ "version", "", "of this command and of the daemon", verb_version, 0, 0, false, false, false },
	{ "help", "[VERB|KEYWORD]", "this text; or about a verb, or a keyword of ipsec.conf(5)", verb_help, 0, 1, false, false, false },
	/* clang-format on */
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *find_exactly(const char *name)
{
	for (size_t i = 0; i < VERBS; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

const struct verb *verb_find(const char *name)
{
	const struct verb *found = find_exactly(name);
	const char *names[VERBS + 1], *nearest, *ours = elsewhere(name);

	if (found != NULL)
		return found;
	if (ours != NULL) {
		(void)complain(0, "\"%s\" is no verb here; type %s", name, ours);
		return NULL;
	}
	for (size_t i = 0; i < VERBS; i++)
		names[i] = verbs[i].name;
	names[VERBS] = NULL;
	nearest = names_nearest(name, names);
	if (nearest != NULL)
		(void)complain(0, "unknown verb \"%s\" (did you mean \"%s\"?)", name, nearest);
	else
		(void)complain(0, "unknown verb \"%s\" (\"ipsec help\" lists them)", name);
	return NULL;
}

static void usage_of(const struct verb *verb)
{
	(void)printf("usage: ipsec %s%s%s\n  %s\n", verb->name,
		     verb->arguments[0] != '\0' ? " " : "", verb->arguments, verb->summary);
	if (verb->waits)
		(void)puts("  --asynchronous       do not wait\n"
			   "  --timeout SECONDS    wait no longer than that");
	if (verb->run == verb_up)
		(void)puts(
			"  --username USER      an XAUTH client (IKEv1) logs in as that user; the "
			"password\n"
			"                       is asked for\n"
			"  --password-stdin     it is the first line of standard input, with or "
			"without\n"
			"                       --username (otherwise that of the conn)\n"
			"  --password-file FILE it is the first line of that file");
	if (verb->chooses)
		(void)puts(
			"  --child              Child SAs (also without an option)\n"
			"  --ike                the IKE SA, which keeps its Child SAs\n"
			"  --reauth             all, by a new IKE SA: both ends prove themselves "
			"again");
	if (verb->sends)
		(void)puts("  --to GATEWAY[,...]   addresses or host names; which of them a peer "
			   "is sent\n"
			   "                       to depends on its address\n"
			   "  --global WHEN        yes, no or auto: new peers are sent on, until "
			   "the next "
			   "reload");
}

void usage(void)
{
	char left[64];

	(void)puts("usage: ipsec [OPTION]... VERB [ARGUMENT]...\n");
	for (size_t i = 0; i < VERBS; i++) {
		(void)snprintf(left, sizeof(left), "%s %s", verbs[i].name,
			       strlen(verbs[i].arguments) < 40 ? verbs[i].arguments : "...");
		(void)printf("  %-23s %s\n", left, verbs[i].summary);
	}
	(void)puts(
		"\n  --json               print what the daemon answers, one JSON object a line\n"
		"  --ctlsocket PATH     control socket (default " VANTH_RUNDIR "/vanth.ctl)\n"
		"  --config FILE        for start and checkconfig (default " VANTH_SYSCONFDIR
		"/ipsec.conf)\n"
		"  --asynchronous       up, down, rekey, start, stop: do not wait\n"
		"  --timeout SECONDS    up, down, rekey, start, stop: wait no longer than that\n"
		"  --username, --password-stdin, --password-file  up: an XAUTH client logs in\n"
		"  --child, --ike, --reauth  rekey: what is replaced\n"
		"  --to, --global       redirect: where to, and whether new peers are sent on\n\n"
		"Exit codes: 0 done, 1 failed, 2 usage, 3 the daemon does not run, 4 no such "
		"name,\n"
		"5 the negotiation failed, 6 no permission.");
}

static void put_text(void *context, const char *text)
{
	(void)fputs(text, context);
}

/* A word may be a verb and a keyword (auto). "keywords": all names, for completion. */
int verb_help(struct ipsec *ipsec, int argc, char **argv)
{
	const struct verb *verb = argc > 1 ? find_exactly(argv[1]) : NULL;

	(void)ipsec;
	if (argc > 1 && strcmp(argv[1], "keywords") == 0) {
		config_keyword_names(put_text, stdout);
		return EXIT_DONE;
	}
	if (argc <= 1)
		usage();
	if (verb != NULL)
		usage_of(verb);
	if (argc > 1 && !config_describe(argv[1], put_text, stdout) && verb == NULL)
		return verb_find(argv[1]) != NULL ? EXIT_DONE : EXIT_USAGE;
	return EXIT_DONE;
}
