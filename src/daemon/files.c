/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration and the secrets from their files, with what is wrong in them told to the log.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "daemon/private.h"

void files_log_errors(struct daemon *daemon, const struct config_errors *errors)
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
		if (error->warning)
			continue;
		(void)config_error_text(error, text, sizeof(text));
		if (errors->errors > 1)
			return diag_fail(diag, rc,
					 "%.250s (and %u more: \"ipsec checkconfig\" shows them)",
					 text, errors->errors - 1);
		return diag_fail(diag, rc, "%s", text);
	}
	return diag_fail(diag, rc, "%s", rc_name(rc));
}

enum rc files_config_read(const char *path, struct config **out, struct config_errors *errors,
			  struct diag *diag)
{
	enum rc rc = config_load(path, out, errors);

	return rc == RC_OK ? rc : first_error(errors, rc, diag);
}

enum rc files_config(struct daemon *daemon, struct config **out, struct diag *diag)
{
	struct config_errors errors;
	enum rc rc;

	config_errors_init(&errors);
	rc = files_config_read(daemon->options->config, out, &errors, diag);
	files_log_errors(daemon, &errors);
	config_errors_free(&errors);
	return rc;
}

const char *files_secrets_path(const struct daemon_options *options, const struct config *config)
{
	if (options->secrets_set || config->setup.secretsfile == NULL)
		return options->secrets;
	return config->setup.secretsfile;
}

enum rc files_secrets_read(const char *path, struct secrets **out, bool *missing,
			   struct config_errors *errors, struct diag *diag)
{
	enum rc rc;

	*out = NULL;
	*missing = access(path, F_OK) != 0 && errno == ENOENT;
	if (*missing)
		return RC_OK;
	rc = secrets_load(path, false, out, errors);
	return rc == RC_OK ? rc : first_error(errors, rc, diag);
}

void files_log_missing(struct daemon *daemon, const char *path)
{
	log_write(daemon->log, LOG_LEVEL_NOTICE, NULL, "%s does not exist: no secrets", path);
}

enum rc files_secrets(struct daemon *daemon, const struct config *config, struct secrets **out,
		      struct diag *diag)
{
	const char *path = files_secrets_path(daemon->options, config);
	struct config_errors errors;
	bool missing;
	enum rc rc;

	config_errors_init(&errors);
	rc = files_secrets_read(path, out, &missing, &errors, diag);
	if (missing)
		files_log_missing(daemon, path);
	files_log_errors(daemon, &errors);
	config_errors_free(&errors);
	return rc;
}

static enum rc make_one(const char *path, mode_t mode, struct diag *diag)
{
	if (mkdir(path, mode) != 0 && errno != EEXIST)
		return diag_fail(diag, RC_IO, "cannot make the directory %s: %s", path,
				 strerror(errno));
	return RC_OK;
}

enum rc files_make_dir(const char *path, mode_t mode, struct diag *diag)
{
	char above[512];
	struct stat found;

	if (stat(path, &found) == 0)
		return S_ISDIR(found.st_mode)
			       ? RC_OK
			       : diag_fail(diag, RC_IO, "%s is not a directory", path);
	for (const char *slash = strchr(path + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		int len = snprintf(above, sizeof(above), "%.*s", (int)(slash - path), path);
		if (len >= (int)sizeof(above))
			return diag_fail(diag, RC_LIMIT, "the path %.80s... is too long", path);
		TRY(make_one(above, 0755, diag));
	}
	return make_one(path, mode, diag);
}
