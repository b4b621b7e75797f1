/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: the composition root
 *
 * Everything is made here, in the order of the layers, joined, run, and unmade in the opposite
 * order. Whatever is missing at the start is told in one sentence and ends the process with 1;
 * nothing that comes later does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "auth/xauth_pam.h"
#include "control/json_memory.h"
#include "daemon/private.h"
#include "kernel/simulated.h"
#include "network/simulated.h"

#define STOP_LIMIT (2 * USEC_PER_SEC)

/* ---- while it runs ---- */

static void stopped(void *context)
{
	struct daemon *daemon = context;

	host_real_stop(daemon->host);
}

static void shutdown_now(void *context)
{
	struct daemon *daemon = context;

	notify_stopping();
	log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "stopping");
	gateway_stop(daemon->gateway, STOP_LIMIT, stopped, daemon);
}

/* A second signal does not wait for the peers; work on other threads is waited for in any case. */
static void on_end(void *context, int signal)
{
	struct daemon *daemon = context;

	(void)signal;
	if (daemon->gateway->stopping)
		daemon->gateway->stop_by = host_now(daemon->host);
	else
		shutdown_now(daemon);
}

static void on_reload(void *context, int signal)
{
	struct daemon *daemon = context;

	(void)signal;
	log_reopen(daemon->log);
	reload_hup(daemon);
}

/* ---- the start ---- */

static bool has_database(const char *nssdir)
{
	char path[512];
	int len = snprintf(path, sizeof(path), "%s/cert9.db", nssdir);

	return len < (int)sizeof(path) && access(path, F_OK) == 0;
}

static enum rc open_crypto(struct daemon *daemon, const char *nssdir, struct diag *diag)
{
	TRY(files_make_dir(nssdir, 0700, diag));
	TRY(crypto_open(nssdir, !has_database(nssdir), diag));
	daemon->crypto = true;
	return RC_OK;
}

/* Proposals can be read only when the algorithms are known, and where the database is may be in the
 * file with the proposals: then it is opened, and the file read, a second time. */
static enum rc read_first(struct daemon *daemon, struct config **config, struct diag *diag)
{
	const struct daemon_options *options = daemon->options;
	char nssdir[512];

	TRY(open_crypto(daemon, options->nssdir, diag));
	TRY(files_config(daemon, config, diag));
	if ((*config)->setup.nssdir == NULL || options->nssdir_set ||
	    strcmp((*config)->setup.nssdir, options->nssdir) == 0)
		return RC_OK;
	(void)snprintf(nssdir, sizeof(nssdir), "%s", (*config)->setup.nssdir);
	config_unref(*config);
	*config = NULL;
	crypto_close();
	daemon->crypto = false;
	TRY(open_crypto(daemon, nssdir, diag));
	return files_config(daemon, config, diag);
}

static enum rc open_signals(struct daemon *daemon)
{
	TRY(host_real_signal(daemon->host, SIGTERM, on_end, daemon));
	TRY(host_real_signal(daemon->host, SIGINT, on_end, daemon));
	return host_real_signal(daemon->host, SIGHUP, on_reload, daemon);
}

static enum rc open_host(struct daemon *daemon, const struct config_setup *setup, struct diag *diag)
{
	struct host_real_options options = { .workers = daemon->options->workers,
					     .log = daemon->log };

	if (options.workers == 0)
		options.workers = setup->nhelpers;
	return host_real_new(&options, &daemon->host, diag);
}

static enum rc open_kernel(struct daemon *daemon, struct diag *diag)
{
	if (!daemon->options->simulated_kernel) {
		TRY(daemon_alone(daemon->log, &daemon->alone, diag));
		TRY(daemon_alone_answer(daemon));
		return kernel_xfrm_new(daemon->host, daemon->log, &daemon->kernel, diag);
	}
	log_write(daemon->log, LOG_LEVEL_WARNING, NULL,
		  "--kernel simulated: nothing is installed, no packet is protected");
	return kernel_simulated_new(daemon->host, &daemon->kernel);
}

/* What goes with a simulated kernel does not touch the host either. */
static enum rc open_network(struct daemon *daemon, struct diag *diag)
{
	if (daemon->options->simulated_kernel)
		return network_simulated_new(daemon->host, daemon->log, &daemon->network);
	return network_netlink_new(daemon->host, daemon->log, &daemon->network, diag);
}

static enum rc open_gateway(struct daemon *daemon, struct config *config, struct diag *diag)
{
	struct secrets *secrets;
	enum rc rc;

	TRY(files_secrets(daemon, config, &secrets, diag));
	rc = gateway_new(daemon->host, daemon->kernel, daemon->log, config, secrets,
			 &daemon->gateway, diag);
	if (rc != RC_OK)
		secrets_free(secrets);
	else
		gateway_use_network(daemon->gateway, daemon->network);
	return rc;
}

/* It lies beside the daemon. */
static enum rc open_pam(struct daemon *daemon, struct diag *diag)
{
	char path[1000];
	ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof(XAUTH_PAM_PROGRAM));
	char *slash;

	path[len > 0 ? len : 0] = '\0';
	slash = strrchr(path, '/');
	memcpy(slash != NULL ? slash + 1 : path, XAUTH_PAM_PROGRAM, sizeof(XAUTH_PAM_PROGRAM));
	if (gateway_use_pam(daemon->gateway, path) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	return RC_OK;
}

static enum rc open_control(struct daemon *daemon, struct diag *diag)
{
	char path[512];
	struct control_options options = {
		.path = path,
		.group = daemon->options->control_group,
		.hooks = { reload_all, reload_secrets, reload_keys, reload_read, shutdown_now,
			   daemon },
	};

	if (daemon->options->ctlsocket != NULL)
		options.path = daemon->options->ctlsocket;
	else if (snprintf(path, sizeof(path), "%s/vanth.ctl", daemon->options->rundir) >=
		 (int)sizeof(path))
		return diag_fail(diag, RC_LIMIT, "--rundir is too long");
	return control_new(daemon->gateway, &options, &daemon->control, diag);
}

static const char *state_dir(const struct daemon *daemon, const struct config *config)
{
	const struct daemon_options *options = daemon->options;

	return config->setup.nssdir == NULL || options->nssdir_set ? options->nssdir
								   : config->setup.nssdir;
}

/* ipsec.d/crls beside ipsec.conf */
static enum rc open_crls(struct daemon *daemon, struct diag *diag)
{
	const char *config = daemon->options->config, *slash = strrchr(config, '/');
	char folder[1000];
	int len = snprintf(folder, sizeof(folder), "%.*sipsec.d/crls",
			   slash != NULL ? (int)(slash + 1 - config) : 0, config);

	if (len < 0 || len >= (int)sizeof(folder))
		return diag_fail(diag, RC_LIMIT, "the path of the configuration is too long");
	if (gateway_open_crls(daemon->gateway, folder) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory while reading CRLs");
	return RC_OK;
}

static enum rc build(struct daemon *daemon, struct config *config, struct diag *diag)
{
	TRY(setup_apply(daemon, &config->setup, diag));
	TRY(open_host(daemon, &config->setup, diag));
	TRY(open_signals(daemon));
	TRY(open_kernel(daemon, diag));
	TRY(open_network(daemon, diag));
	TRY(open_gateway(daemon, config, diag));
	TRY(open_pam(daemon, diag));
	TRY(open_crls(daemon, diag));
	crash_secret_give(daemon, state_dir(daemon, config));
	leases_open(daemon->gateway, state_dir(daemon, config), &daemon->leases);
	TRY(open_control(daemon, diag));
	return gateway_start(daemon->gateway, diag);
}

static enum rc start(struct daemon *daemon, struct diag *diag)
{
	struct config *config = NULL;
	enum rc rc;

	TRY(daemon_privileges(diag));
	if (diag->text[0] != '\0')
		log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "%s", diag->text);
	diag->text[0] = '\0';
	TRY(daemon_lock(daemon->options->rundir, &daemon->lock, diag));
	rc = read_first(daemon, &config, diag);
	if (rc == RC_OK)
		rc = build(daemon, config, diag);
	config_unref(config);
	return rc;
}

/* ---- the end ---- */

static void finish(struct daemon *daemon)
{
	control_free(daemon->control);
	reload_end(daemon);
	leases_close(daemon->leases);
	gateway_free(daemon->gateway);
	network_free(daemon->network);
	kernel_free(daemon->kernel);
	if (daemon->host != NULL) {
		daemon_alone_end(daemon);
		host_real_free(daemon->host);
	}
	if (daemon->crypto)
		crypto_close();
	if (daemon->alone >= 0)
		(void)close(daemon->alone);
	daemon_unlock(daemon->options->rundir, daemon->lock);
	log_free(daemon->log);
}

static int serve(struct daemon *daemon)
{
	enum rc rc;

	notify_begin(daemon);
	log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "Vanth " VANTH_VERSION " is ready");
	rc = host_real_run(daemon->host);
	notify_end(daemon);
	log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "stopped");
	return rc == RC_OK ? 0 : 1;
}

static void tell_why(struct daemon *daemon, enum rc rc, const struct diag *diag)
{
	const char *why = diag->text[0] != '\0' ? diag->text : rc_name(rc);

	if (daemon->log != NULL)
		log_write(daemon->log, LOG_LEVEL_ERROR, NULL, "cannot start: %s", why);
	notify_failed(why);
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon daemon = { .options = options, .lock = -1, .alone = -1 };
	struct diag diag = { "" };
	enum rc rc;
	int code = 1;

	json_memory_wipes();
	reload_begin(&daemon);
	(void)signal(SIGPIPE,
		     SIG_IGN); /* standard error may be a pipe that nobody reads any more */
	rc = setup_open_log(&daemon, &diag);
	if (rc == RC_OK)
		rc = start(&daemon, &diag);
	if (rc == RC_OK)
		code = serve(&daemon);
	else
		tell_why(&daemon, rc, &diag);
	finish(&daemon);
	return code;
}
