/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec checkconfig: everything that is wrong in the configuration, and in the secrets where they
 * can be read. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "config/config.h"
#include "ipsec.h"

static void print_error(const struct ipsec *ipsec, const struct config_error *error)
{
	char text[700];
	json_t *json;

	if (!ipsec->json) {
		(void)printf("%s\n", config_error_text(error, text, sizeof(text)));
		return;
	}
	json = json_pack("{s:s*,s:i,s:i,s:b,s:s}", "file", error->file, "line", (int)error->line,
			 "column", (int)error->column, "warning", error->warning, "text",
			 error->text);
	print_json(json);
	json_decref(json);
}

static void print_errors(const struct ipsec *ipsec, const struct config_errors *errors)
{
	list_for(node, &errors->list)
		print_error(ipsec, container_of(node, struct config_error, in_list));
}

static unsigned check_secrets(const struct ipsec *ipsec, const struct config *config)
{
	const char *path = config->setup.secretsfile != NULL ? config->setup.secretsfile
							     : VANTH_SYSCONFDIR "/ipsec.secrets";
	struct config_errors errors;
	struct secrets *secrets = NULL;
	unsigned count;

	if (config->setup.secretsfile == NULL && ipsec->config_set)
		return 0; /* another configuration than the daemon's: its secrets are not these */
	if (access(path, R_OK) != 0)
		return 0;
	config_errors_init(&errors);
	if (secrets_load(path, false, &secrets, &errors) == RC_OK)
		secrets_free(secrets);
	print_errors(ipsec, &errors);
	count = errors.errors;
	config_errors_free(&errors);
	return count;
}

static int check(const struct ipsec *ipsec, const char *path)
{
	struct config_errors errors;
	struct config *config = NULL;
	unsigned count, conns = 0;
	enum rc rc;

	config_errors_init(&errors);
	rc = config_load(path, &config, &errors);
	print_errors(ipsec, &errors);
	count = errors.errors;
	config_errors_free(&errors);
	if (rc == RC_OK) {
		conns = config->conn_count;
		count += check_secrets(ipsec, config);
		config_unref(config);
	}
	if (!ipsec->json && count > 0)
		(void)printf("%s: %u error%s\n", path, count, count == 1 ? "" : "s");
	else if (!ipsec->json)
		(void)printf("%s: %u conn%s, no errors\n", path, conns, conns == 1 ? "" : "s");
	return count == 0 && rc == RC_OK ? EXIT_DONE : EXIT_FAILED;
}

int verb_checkconfig(struct ipsec *ipsec, int argc, char **argv)
{
	struct diag diag = { "" };
	int code;

	if (argc > 1) {
		ipsec->config = argv[1];
		ipsec->config_set = true;
	}
	if (crypto_open(NULL, false, &diag) != RC_OK)
		return complain(EXIT_FAILED, "%s", diag.text);
	code = check(ipsec, ipsec->config);
	crypto_close();
	return code;
}
