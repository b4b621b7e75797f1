/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's command line. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "daemon/daemon.h"
#include "base/names.h"

enum option_code {
	OPTION_CONFIG = 256,
	OPTION_SECRETS,
	OPTION_NSSDIR,
	OPTION_RUNDIR,
	OPTION_CTLSOCKET,
	OPTION_CONTROL_GROUP,
	OPTION_FOREGROUND,
	OPTION_LOG_LEVEL,
	OPTION_LOGFILE,
	OPTION_KERNEL,
	OPTION_WORKERS,
	OPTION_HELP,
	OPTION_VERSION,
};

static const struct option table[] = {
	{ "config", required_argument, NULL, OPTION_CONFIG },
	{ "secrets", required_argument, NULL, OPTION_SECRETS },
	{ "nssdir", required_argument, NULL, OPTION_NSSDIR },
	{ "rundir", required_argument, NULL, OPTION_RUNDIR },
	{ "ctlsocket", required_argument, NULL, OPTION_CTLSOCKET },
	{ "control-group", required_argument, NULL, OPTION_CONTROL_GROUP },
	{ "foreground", no_argument, NULL, OPTION_FOREGROUND },
	{ "log-level", required_argument, NULL, OPTION_LOG_LEVEL },
	{ "logfile", required_argument, NULL, OPTION_LOGFILE },
	{ "kernel", required_argument, NULL, OPTION_KERNEL },
	{ "workers", required_argument, NULL, OPTION_WORKERS },
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ NULL, 0, NULL, 0 },
};

static const struct name level_entries[] = {
	{ LOG_LEVEL_ERROR, "error" },	{ LOG_LEVEL_WARNING, "warning" },
	{ LOG_LEVEL_NOTICE, "notice" }, { LOG_LEVEL_INFO, "info" },
	{ LOG_LEVEL_DEBUG, "debug" },	{ 0, NULL },
};
static const struct names levels = { "log level", level_entries };

static enum rc take_level(const char *text, struct daemon_options *out, struct diag *diag)
{
	int value;

	if (!names_find(&levels, text, &value))
		return diag_fail(diag, RC_SYNTAX,
				 "--log-level %s: expected error, warning, notice, info or debug",
				 text);
	out->log_level = (enum log_level)value;
	out->log_level_set = true;
	return RC_OK;
}

static enum rc take_kernel(const char *text, struct daemon_options *out, struct diag *diag)
{
	out->simulated_kernel = strcmp(text, "simulated") == 0;
	if (out->simulated_kernel || strcmp(text, "xfrm") == 0)
		return RC_OK;
	return diag_fail(diag, RC_SYNTAX, "--kernel %s: expected xfrm or simulated", text);
}

static enum rc take_workers(const char *text, struct daemon_options *out, struct diag *diag)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*end != '\0' || text[0] == '\0' || value > 256)
		return diag_fail(diag, RC_SYNTAX, "--workers %s: expected a number up to 256",
				 text);
	out->workers = (unsigned)value;
	return RC_OK;
}

static enum rc take(int code, const char *value, struct daemon_options *out, struct diag *diag)
{
	switch (code) {
	case OPTION_CONFIG:
		out->config = value;
		return RC_OK;
	case OPTION_SECRETS:
		out->secrets = value;
		out->secrets_set = true;
		return RC_OK;
	case OPTION_NSSDIR:
		out->nssdir = value;
		out->nssdir_set = true;
		return RC_OK;
	case OPTION_RUNDIR:
		out->rundir = value;
		return RC_OK;
	case OPTION_CTLSOCKET:
		out->ctlsocket = value;
		return RC_OK;
	case OPTION_CONTROL_GROUP:
		out->control_group = value;
		return RC_OK;
	case OPTION_FOREGROUND:
		out->foreground = true;
		return RC_OK;
	case OPTION_LOG_LEVEL:
		return take_level(value, out, diag);
	case OPTION_LOGFILE:
		out->logfile = value;
		return RC_OK;
	case OPTION_KERNEL:
		return take_kernel(value, out, diag);
	case OPTION_WORKERS:
		return take_workers(value, out, diag);
	case OPTION_HELP:
		out->show_help = true;
		return RC_OK;
	case OPTION_VERSION:
		out->show_version = true;
		return RC_OK;
	}
	return RC_SYNTAX;
}

enum rc daemon_options_parse(int argc, char *const *argv, struct daemon_options *out,
			     struct diag *diag)
{
	int code;

	*out = (struct daemon_options){
		.config = VANTH_SYSCONFDIR "/ipsec.conf",
		.secrets = VANTH_SYSCONFDIR "/ipsec.secrets",
		.nssdir = VANTH_NSSDIR,
		.rundir = VANTH_RUNDIR,
		.log_level = LOG_LEVEL_INFO,
	};
	opterr = 0;
	optind = 1;
	while ((code = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (code == '?')
			return diag_fail(diag, RC_SYNTAX,
					 "unknown or incomplete option \"%s\" (see --help)",
					 argv[optind - 1]);
		TRY(take(code, optarg, out, diag));
	}
	if (optind < argc)
		return diag_fail(diag, RC_SYNTAX, "unexpected argument \"%s\" (see --help)",
				 argv[optind]);
	return RC_OK;
}

const char *daemon_usage(void)
{
	return "usage: vanth [OPTION]...\n"
	       "The IKE daemon. It runs in the foreground; \"ipsec start\" starts it as a "
	       "service.\n\n"
	       "  --config FILE      connections (default " VANTH_SYSCONFDIR "/ipsec.conf)\n"
	       "  --secrets FILE     pre-shared keys (default " VANTH_SYSCONFDIR "/ipsec.secrets)\n"
	       "  --nssdir DIR       NSS database (default " VANTH_NSSDIR "), made when absent\n"
	       "  --rundir DIR       lock and control socket (default " VANTH_RUNDIR ")\n"
	       "  --ctlsocket PATH   control socket (default RUNDIR/vanth.ctl)\n"
	       "  --control-group G  group whose members may see the status (default: none)\n"
	       "  --foreground       stay in the foreground (the default; kept for scripts)\n"
	       "  --log-level LEVEL  error, warning, notice, info (default) or debug\n"
	       "  --logfile FILE     log to a file instead of the journal or standard error\n"
	       "  --kernel BACKEND   xfrm (default), or simulated: no kernel state, for "
	       "measurements\n"
	       "  --workers N        threads for slow cryptography (default: one per CPU)\n"
	       "  --version, --help\n";
}
