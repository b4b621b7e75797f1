/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: the composition root
 *
 * Everything is made here, in the order of the layers, joined, run, and unmade in the opposite
 * order. Whatever is missing at the start is told in one sentence and ends the process with 1;
 * nothing that comes later does.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>
#include "control/control.h"
#include "daemon/daemon.h"
#include "kernel/simulated.h"

#define STOP_LIMIT	(2 * USEC_PER_SEC)
#define STATUS_INTERVAL (10 * USEC_PER_SEC)

struct daemon {
	const struct daemon_options *options;
	struct log *log;
	struct host *host;
	struct kernel *kernel;
	struct gateway *gateway;
	struct control *control;
	struct timer notify;
	int lock;
	bool crypto;
};

static void log_errors(struct daemon *daemon, const struct config_errors *errors)
{
	char text[700];

	list_for(node, &errors->list)
	{
		const struct config_error *error = container_of(node, struct config_error, in_list);
		log_write(daemon->log, error->warning ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR, NULL,
			  "%s", config_error_text(error, text, sizeof(text)));
	}
}

static enum rc first_error(const struct config_errors *errors, enum rc rc, struct diag *diag)
{
	char text[700];

	list_for(node, &errors->list)
	{
		const struct config_error *error = container_of(node, struct config_error, in_list);
		if (!error->warning)
			return diag_fail(diag, rc, "%s",
					 config_error_text(error, text, sizeof(text)));
	}
	return diag_fail(diag, rc, "%s", rc_name(rc));
}

static enum rc read_config(void *context, struct config **out, struct diag *diag)
{
	struct daemon *daemon = context;
	struct config_errors errors;
	enum rc rc;

	config_errors_init(&errors);
	rc = config_load(daemon->options->config, out, &errors);
	log_errors(daemon, &errors);
	if (rc != RC_OK)
		rc = first_error(&errors, rc, diag);
	config_errors_free(&errors);
	return rc;
}

/* A file that is not there means no secrets; one that others can read is refused. */
static enum rc read_secrets(struct daemon *daemon, const struct config *config,
			    struct secrets **out, struct diag *diag)
{
	const char *path = config->setup.secretsfile != NULL ? config->setup.secretsfile
							     : daemon->options->secrets;
	struct config_errors errors;
	enum rc rc;

	*out = NULL;
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "%s does not exist: no secrets",
			  path);
		return RC_OK;
	}
	config_errors_init(&errors);
	rc = secrets_load(path, false, out, &errors);
	log_errors(daemon, &errors);
	if (rc != RC_OK)
		rc = first_error(&errors, rc, diag);
	config_errors_free(&errors);
	return rc;
}

static enum rc reload_secrets(void *context, struct diag *diag)
{
	struct daemon *daemon = context;
	struct secrets *secrets;

	TRY(read_secrets(daemon, daemon->gateway->config, &secrets, diag));
	gateway_reload_secrets(daemon->gateway, secrets);
	log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "secrets read again");
	return RC_OK;
}

static enum rc reload(void *context, struct diag *diag)
{
	struct daemon *daemon = context;
	struct config *config;
	enum rc rc;

	TRY(read_config(daemon, &config, diag));
	rc = reload_secrets(daemon, diag);
	if (rc == RC_OK)
		rc = gateway_reload(daemon->gateway, config, diag);
	config_unref(config);
	return rc;
}

static void stopped(void *context)
{
	struct daemon *daemon = context;

	host_real_stop(daemon->host);
}

static void shutdown_now(void *context)
{
	struct daemon *daemon = context;

	(void)sd_notify(0, "STOPPING=1");
	log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "stopping");
	gateway_stop(daemon->gateway, STOP_LIMIT, stopped, daemon);
}

static void on_end(void *context, int signal)
{
	(void)signal;
	shutdown_now(context);
}

static void on_reload(void *context, int signal)
{
	struct daemon *daemon = context;
	struct diag diag;

	(void)signal;
	(void)sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)host_now(daemon->host));
	if (reload(daemon, &diag) == RC_OK)
		log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "configuration read again");
	else
		log_write(daemon->log, LOG_LEVEL_ERROR, NULL,
			  "the configuration stays as it was: %s", diag.text);
	(void)sd_notify(0, "READY=1");
}

/* STATUS for `systemctl status`, WATCHDOG as often as systemd wants it. */
static usec_t notify_interval(void)
{
	uint64_t watchdog = 0;

	if (sd_watchdog_enabled(0, &watchdog) > 0 && (usec_t)watchdog / 2 < STATUS_INTERVAL)
		return (usec_t)watchdog / 2;
	return STATUS_INTERVAL;
}

static void notify_fire(struct timer *timer)
{
	struct daemon *daemon = container_of(timer, struct daemon, notify);
	struct gateway *gateway = daemon->gateway;

	(void)sd_notifyf(0, "WATCHDOG=1\nSTATUS=%zu IKE SAs, %zu Child SAs, %zu tunnels loaded",
			 gateway->sas.established_count, gateway->sas.child_count,
			 gateway->peers.tunnel_count);
	if (timer_arm(&gateway->timers, timer, host_now(daemon->host) + notify_interval()) != RC_OK)
		log_write(daemon->log, LOG_LEVEL_ERROR, NULL, "out of memory for a timer");
}

static enum rc open_log(struct daemon *daemon, struct diag *diag)
{
	const struct daemon_options *options = daemon->options;
	struct log_sink sink = log_sink_stderr();

	daemon->log = log_new(options->log_level);
	if (daemon->log == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	if (options->logfile != NULL) {
		TRY(log_sink_file(options->logfile, &sink, diag));
	} else if (getenv("JOURNAL_STREAM") != NULL) {
		sink = log_sink_journal();
	}
	return log_add_sink(daemon->log, sink);
}

static enum rc open_kernel(struct daemon *daemon, struct diag *diag)
{
	if (!daemon->options->simulated_kernel)
		return kernel_xfrm_new(daemon->host, daemon->log, &daemon->kernel, diag);
	log_write(daemon->log, LOG_LEVEL_WARNING, NULL,
		  "--kernel simulated: nothing is installed, no packet is protected");
	return kernel_simulated_new(daemon->host, &daemon->kernel);
}

static enum rc make_dir(const char *path, mode_t mode, struct diag *diag)
{
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return diag_fail(diag, RC_IO, "cannot make %s: %s", path, strerror(errno));
	return RC_OK;
}

static enum rc open_gateway(struct daemon *daemon, struct diag *diag)
{
	struct config *config;
	struct secrets *secrets;
	enum rc rc;

	TRY(read_config(daemon, &config, diag));
	rc = read_secrets(daemon, config, &secrets, diag);
	if (rc == RC_OK) {
		rc = gateway_new(daemon->host, daemon->kernel, daemon->log, config, secrets,
				 &daemon->gateway, diag);
		if (rc != RC_OK)
			secrets_free(secrets);
	}
	config_unref(config);
	return rc;
}

static enum rc open_control(struct daemon *daemon, struct diag *diag)
{
	char path[512];
	struct control_options options = {
		.path = path,
		.hooks = { reload, reload_secrets, read_config, shutdown_now, daemon },
	};

	if (daemon->options->ctlsocket != NULL)
		options.path = daemon->options->ctlsocket;
	else if (snprintf(path, sizeof(path), "%s/vanth.ctl", daemon->options->rundir) >=
		 (int)sizeof(path))
		return diag_fail(diag, RC_LIMIT, "--rundir is too long");
	return control_new(daemon->gateway, &options, &daemon->control, diag);
}

static enum rc open_signals(struct daemon *daemon)
{
	TRY(host_real_signal(daemon->host, SIGTERM, on_end, daemon));
	TRY(host_real_signal(daemon->host, SIGINT, on_end, daemon));
	return host_real_signal(daemon->host, SIGHUP, on_reload, daemon);
}

static enum rc start(struct daemon *daemon, struct diag *diag)
{
	struct host_real_options host = { .workers = daemon->options->workers };
	struct diag note;

	TRY(daemon_privileges(&note));
	if (note.text[0] != '\0')
		log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "%s", note.text);
	TRY(daemon_lock(daemon->options->rundir, &daemon->lock, diag));
	TRY(make_dir(daemon->options->nssdir, 0700, diag));
	TRY(crypto_open(daemon->options->nssdir, true, diag));
	daemon->crypto = true;
	host.log = daemon->log;
	TRY(host_real_new(&host, &daemon->host, diag));
	TRY(open_signals(daemon));
	TRY(open_kernel(daemon, diag));
	TRY(open_gateway(daemon, diag));
	TRY(open_control(daemon, diag));
	return gateway_start(daemon->gateway, diag);
}

static void finish(struct daemon *daemon)
{
	control_free(daemon->control);
	gateway_free(daemon->gateway);
	kernel_free(daemon->kernel);
	if (daemon->host != NULL)
		host_real_free(daemon->host);
	if (daemon->crypto)
		crypto_close();
	daemon_unlock(daemon->options->rundir, daemon->lock);
	log_free(daemon->log);
}

static int serve(struct daemon *daemon)
{
	daemon->notify.fire = notify_fire;
	notify_fire(&daemon->notify);
	(void)sd_notify(0, "READY=1");
	log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "Vanth " VANTH_VERSION " is ready");
	return host_real_run(daemon->host) == RC_OK ? 0 : 1;
}

int daemon_run(const struct daemon_options *options)
{
	struct daemon daemon = { .options = options, .lock = -1 };
	struct diag diag = { "" };
	int code = 1;

	if (open_log(&daemon, &diag) == RC_OK && start(&daemon, &diag) == RC_OK) {
		code = serve(&daemon);
		timer_cancel(&daemon.gateway->timers, &daemon.notify);
		log_write(daemon.log, LOG_LEVEL_NOTICE, NULL, "stopped");
	} else if (daemon.log != NULL) {
		log_write(daemon.log, LOG_LEVEL_ERROR, NULL, "cannot start: %s", diag.text);
		(void)sd_notifyf(0, "STATUS=cannot start: %s", diag.text);
	}
	finish(&daemon);
	return code;
}
