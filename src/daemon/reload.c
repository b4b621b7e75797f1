/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: reload
 *
 * Whoever asks for the files waits in a queue. The first one's wish is read on a worker, for all
 * who want the same; who comes later waits for the next reading, since a file may have changed
 * behind the first one's back. Only what was read without an error takes effect, on the loop, in
 * slices (engine/reload.c); then the next wish has its turn.
 */
#include <time.h>
#include "base/arena.h"
#include "daemon/private.h"
#include "x509/keyring.h"
#include "x509/pinned.h"

enum wish { WISH_ALL, WISH_SECRETS, WISH_KEYS, WISH_CONFIG };

struct reading {
	struct job job;
	struct daemon *daemon;
	enum wish wish;
	struct list waits;  /* of struct control_wait.in_queue */
	char *secrets_path; /* of the configuration in force, should that not be read */
	struct config_errors errors, secrets_errors;
	struct config *config, *in_force; /* in_force: where no other is read */
	struct secrets *secrets;
	bool secrets_missing;
	bool taking;		  /* it takes effect */
	struct x509_trust *trust; /* NULL: trust_diag says why not */
	struct x509_trust *trust_so_far;
	struct x509_files *files, *files_so_far; /* files: NULL: they stay as they were */
	struct diag diag, trust_diag, files_diag;
	enum rc rc;
};

static struct control_wait *wait_of(struct list *node)
{
	return container_of(node, struct control_wait, in_queue);
}

/* ---- on the worker ---- */

static enum rc read_secrets(struct reading *reading)
{
	const char *path = reading->config != NULL
				   ? files_secrets_path(reading->daemon->options, reading->config)
				   : reading->secrets_path;

	return files_secrets_read(path, &reading->secrets, &reading->secrets_missing,
				  &reading->secrets_errors, &reading->diag);
}

/* Certificates and keys in files, with the passphrases of ipsec.secrets. */
static enum rc read_key_files(struct reading *reading)
{
	const struct config *config = reading->config != NULL ? reading->config : reading->in_force;
	struct x509_trust *trust = reading->trust != NULL ? reading->trust : reading->trust_so_far;

	enum rc (*load)(const struct config *, const struct secrets *, struct x509_trust *,
			const struct x509_files *, struct config_errors *, struct x509_files **,
			struct diag *) =
		reading->wish == WISH_ALL ? x509_files_load : x509_files_load_more;

	TRY(load(config, reading->secrets, trust, reading->files_so_far, &reading->errors,
		 &reading->files, &reading->diag));
	x509_look_at_dates(config, reading->files, time(NULL), &reading->errors);
	return RC_OK;
}

/* Where only the passphrases in it matter: with errors in it, files stay as they were. */
static enum rc read_passphrases(struct reading *reading)
{
	const char *path = reading->config != NULL
				   ? files_secrets_path(reading->daemon->options, reading->config)
				   : reading->secrets_path;
	struct config_errors errors;
	bool missing;
	enum rc rc;

	config_errors_init(&errors);
	rc = files_secrets_read(path, &reading->secrets, &missing, &errors, &reading->files_diag);
	config_errors_free(&errors);
	return rc == RC_OK ? read_key_files(reading) : RC_OK;
}

static enum rc read_files(struct reading *reading)
{
	if (reading->wish == WISH_KEYS) {
		TRY(x509_trust_load_with(reading->in_force, &reading->errors, &reading->trust,
					 &reading->diag));
		return read_passphrases(reading);
	}
	if (reading->wish != WISH_SECRETS)
		TRY(files_config_read(reading->daemon->options->config, &reading->config,
				      &reading->errors, &reading->diag));
	if (reading->wish == WISH_CONFIG)
		return read_passphrases(reading);
	TRY(read_secrets(reading));
	if (reading->wish == WISH_ALL &&
	    x509_trust_load_with(reading->config, &reading->errors, &reading->trust,
				 &reading->trust_diag) != RC_OK)
		reading->trust = NULL;
	return read_key_files(reading);
}

static void read_work(struct job *job, unsigned worker)
{
	struct reading *reading = container_of(job, struct reading, job);

	(void)worker;
	reading->rc = read_files(reading);
}

/* ---- the end of it ---- */

static void reading_free(struct reading *reading)
{
	config_errors_free(&reading->errors);
	config_errors_free(&reading->secrets_errors);
	config_unref(reading->config);
	config_unref(reading->in_force);
	secrets_free(reading->secrets);
	if (reading->trust != NULL)
		x509_trust_unref(reading->trust);
	x509_trust_unref(reading->trust_so_far);
	x509_files_unref(reading->files);
	x509_files_unref(reading->files_so_far);
	mem_free(reading->secrets_path);
	mem_free(reading);
}

static void answer(struct list *waits, enum rc rc, const struct diag *diag,
		   const struct gateway_reload_report *report, struct config *config)
{
	while (!list_empty(waits)) {
		struct control_wait *wait = wait_of(waits->next);
		list_remove(&wait->in_queue);
		wait->report = report;
		wait->config = config;
		wait->done(wait, rc, diag);
	}
}

static void end(struct reading *reading, enum rc rc, const struct gateway_reload_report *report)
{
	struct daemon *daemon = reading->daemon;

	answer(&reading->waits, rc, &reading->diag, report, reading->config);
	gateway_retire(daemon->gateway, reading->config);
	gateway_retire(daemon->gateway, reading->in_force);
	reading->config = reading->in_force = NULL;
	daemon->reading = NULL;
	reading_free(reading);
	daemon->host->ops->defer(daemon->host, &daemon->next);
}

/* ---- what was read takes effect ---- */

static void progressed(void *context, unsigned done, unsigned total)
{
	struct reading *reading = context;

	list_for_safe(node, &reading->waits)
	{
		struct control_wait *wait = wait_of(node);
		if (wait->progress != NULL)
			wait->progress(wait, done, total);
	}
}

static void all_done(void *context, const struct gateway_reload_report *report)
{
	struct reading *reading = context;

	log_write(reading->daemon->log, LOG_LEVEL_NOTICE, NULL,
		  "configuration read again: %u conns added, %u removed, %u changed, %u updated "
		  "without new SAs, %u unchanged, %u failed",
		  report->added, report->removed, report->changed, report->updated,
		  report->unchanged, report->failed);
	end(reading, RC_OK, report);
}

static void take_secrets(struct reading *reading)
{
	gateway_reload_secrets(reading->daemon->gateway, reading->secrets);
	reading->secrets = NULL;
}

static void take_trust(struct reading *reading)
{
	if (reading->trust != NULL)
		gateway_renew_keys(reading->daemon->gateway, reading->trust);
	else
		log_write(reading->daemon->log, LOG_LEVEL_WARNING, NULL,
			  "the certificates stay as they were: %s", reading->trust_diag.text);
	reading->trust = NULL;
}

/* Conns that come find them; those that are there look again when take_trust() lets them, or
 * gateway_renew_files(). */
static void take_files(struct reading *reading)
{
	if (reading->files != NULL)
		keyring_files_set(reading->daemon->gateway->keyring, reading->files);
	else
		log_write(reading->daemon->log, LOG_LEVEL_WARNING, NULL,
			  "certificates and keys in files stay as they were: %s",
			  reading->files_diag.text);
	reading->files = NULL;
}

/* What can fail comes first; conns that come find their files. */
static void take_all(struct reading *reading)
{
	const struct gateway_reload_watch watch = { progressed, all_done, reading };
	struct daemon *daemon = reading->daemon;
	struct config *before = daemon->gateway->config;
	enum rc rc;

	config_ref(before);
	reading->taking = true;
	take_files(reading);
	rc = gateway_reload_watched(daemon->gateway, reading->config, &watch, &reading->diag);
	if (rc == RC_OK) {
		setup_reapply(daemon, &before->setup, &reading->config->setup);
		take_secrets(reading);
		take_trust(reading);
	}
	config_unref(before);
	if (rc != RC_OK) {
		gateway_renew_files(daemon->gateway, reading->files_so_far);
		reading->files_so_far = NULL;
		end(reading, rc, NULL);
	}
}

static void log_findings(struct reading *reading)
{
	struct daemon *daemon = reading->daemon;

	files_log_errors(daemon, &reading->errors);
	files_log_errors(daemon, &reading->secrets_errors);
	if (reading->secrets_missing)
		files_log_missing(daemon,
				  reading->config != NULL
					  ? files_secrets_path(daemon->options, reading->config)
					  : reading->secrets_path);
}

static void take_effect(struct reading *reading)
{
	switch (reading->wish) {
	case WISH_ALL:
		take_all(reading);
		return;
	case WISH_SECRETS:
		take_secrets(reading);
		gateway_renew_files(reading->daemon->gateway, reading->files);
		reading->files = NULL;
		log_write(reading->daemon->log, LOG_LEVEL_NOTICE, NULL, "secrets read again");
		break;
	case WISH_KEYS:
		take_files(reading);
		take_trust(reading);
		log_write(reading->daemon->log, LOG_LEVEL_NOTICE, NULL,
			  "certificates, keys and CAs read again");
		break;
	case WISH_CONFIG:
		take_files(reading);
		break;
	}
	end(reading, RC_OK, NULL);
}

static void read_done(struct job *job)
{
	struct reading *reading = container_of(job, struct reading, job);

	if (reading->daemon->ending) {
		reading_free(reading);
		return;
	}
	log_findings(reading);
	if (reading->rc == RC_OK)
		take_effect(reading);
	else
		end(reading, reading->rc, NULL);
}

/* ---- who asks ---- */

static struct reading *reading_new(struct daemon *daemon, enum wish wish)
{
	struct reading *reading = mem_alloc(sizeof(*reading));

	if (reading == NULL)
		return NULL;
	reading->secrets_path =
		mem_text(files_secrets_path(daemon->options, daemon->gateway->config));
	if (reading->secrets_path == NULL) {
		mem_free(reading);
		return NULL;
	}
	reading->job = (struct job){ .work = read_work, .done = read_done };
	reading->daemon = daemon;
	reading->wish = wish;
	reading->trust_so_far = x509_trust_ref(keyring_trust(daemon->gateway->keyring));
	reading->files_so_far = x509_files_ref(keyring_files(daemon->gateway->keyring));
	if (wish == WISH_KEYS || wish == WISH_SECRETS) {
		reading->in_force = daemon->gateway->config;
		config_ref(reading->in_force);
	}
	list_init(&reading->waits);
	config_errors_init(&reading->errors);
	config_errors_init(&reading->secrets_errors);
	return reading;
}

static void take_waits(struct daemon *daemon, unsigned what, struct list *waits)
{
	list_for_safe(node, &daemon->asked)
	{
		struct control_wait *wait = wait_of(node);
		if (wait->what != what)
			continue;
		list_remove(&wait->in_queue);
		list_append(waits, &wait->in_queue);
	}
}

static void begin(struct daemon *daemon)
{
	unsigned what = wait_of(daemon->asked.next)->what;
	struct diag diag = { "out of memory" };
	struct list refused;

	daemon->reading = reading_new(daemon, (enum wish)what);
	if (daemon->reading != NULL) {
		take_waits(daemon, what, &daemon->reading->waits);
		daemon->host->ops->job_submit(daemon->host, &daemon->reading->job);
		return;
	}
	list_init(&refused);
	take_waits(daemon, what, &refused);
	answer(&refused, RC_NO_MEMORY, &diag, NULL, NULL);
}

static void begin_next(struct deferred *deferred)
{
	struct daemon *daemon = container_of(deferred, struct daemon, next);

	while (daemon->reading == NULL && !list_empty(&daemon->asked))
		begin(daemon);
}

static void ask(struct daemon *daemon, struct control_wait *wait, enum wish wish)
{
	wait->what = wish;
	list_append(&daemon->asked, &wait->in_queue);
	daemon->host->ops->defer(daemon->host, &daemon->next);
}

void reload_all(void *daemon, struct control_wait *wait)
{
	ask(daemon, wait, WISH_ALL);
}

void reload_secrets(void *daemon, struct control_wait *wait)
{
	ask(daemon, wait, WISH_SECRETS);
}

void reload_keys(void *daemon, struct control_wait *wait)
{
	ask(daemon, wait, WISH_KEYS);
}

void reload_read(void *daemon, struct control_wait *wait)
{
	ask(daemon, wait, WISH_CONFIG);
}

/* ---- SIGHUP ---- */

static void hup_done(struct control_wait *wait, enum rc rc, const struct diag *diag)
{
	struct daemon *daemon = container_of(wait, struct daemon, hup);

	if (rc != RC_OK)
		log_write(daemon->log, LOG_LEVEL_ERROR, NULL,
			  "the configuration stays as it was: %s", diag->text);
	if (!daemon->hup_again) {
		notify_reloaded(daemon);
		return;
	}
	daemon->hup_again = false;
	reload_all(daemon, wait);
}

/* What changed after the one that is under way had begun is not lost. */
void reload_hup(struct daemon *daemon)
{
	notify_reloading();
	if (list_linked(&daemon->hup.in_queue))
		daemon->hup_again = true;
	else
		reload_all(daemon, &daemon->hup);
}

void reload_begin(struct daemon *daemon)
{
	list_init(&daemon->asked);
	daemon->next.run = begin_next;
	daemon->hup.done = hup_done;
}

void reload_end(struct daemon *daemon)
{
	daemon->ending = true;
	deferred_cancel(&daemon->next);
	list_remove(&daemon->hup.in_queue);
	if (daemon->reading != NULL && daemon->reading->taking)
		reading_free(daemon->reading);
	daemon->reading = NULL;
}
