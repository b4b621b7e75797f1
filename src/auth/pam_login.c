/* SPDX-License-Identifier: Apache-2.0 */
/* The process that asks PAM for the daemon: it may block, crash and be killed. */
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "auth/xauth_pam.h"

/* ---- what it is asked ---- */

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A line of hex digits. */
static enum rc read_hex(const char **text, char *out, size_t size)
{
	size_t len = 0;

	for (; **text != '\n'; *text += 2, len++) {
		int high = digit((*text)[0]), low = high >= 0 ? digit((*text)[1]) : -1;
		if (low < 0 || (high == 0 && low == 0))
			return RC_SYNTAX;
		if (len + 1 >= size)
			return RC_LIMIT;
		out[len] = (char)(high << 4 | low);
	}
	out[len] = '\0';
	(*text)++;
	return RC_OK;
}

enum rc pam_login_read(const char *text, struct pam_login *out)
{
	*out = (struct pam_login){ .service = XAUTH_PAM_SERVICE };
	TRY(read_hex(&text, out->user, sizeof(out->user)));
	TRY(read_hex(&text, out->password, sizeof(out->password)));
	TRY(read_hex(&text, out->remote, sizeof(out->remote)));
	return *text == '\0' ? RC_OK : RC_SYNTAX;
}

/* ---- the conversation ---- */

static char *answer_of(const struct pam_login *login, int style)
{
	if (style == PAM_PROMPT_ECHO_OFF)
		return strdup(login->password);
	return style == PAM_PROMPT_ECHO_ON ? strdup(login->user) : NULL;
}

static void forget(struct pam_response *answers, int count)
{
	for (int i = 0; i < count; i++) {
		if (answers[i].resp != NULL)
			wipe(answers[i].resp, strlen(answers[i].resp));
		free(answers[i].resp);
	}
	free(answers);
}

/* PAM frees the answers with free(3). */
static int converse(int count, const struct pam_message **messages, struct pam_response **out,
		    void *context)
{
	struct pam_response *answers;

	if (count <= 0 || count > PAM_MAX_NUM_MSG)
		return PAM_CONV_ERR;
	answers = calloc((size_t)count, sizeof(*answers));
	if (answers == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < count; i++) {
		int style = messages[i]->msg_style;
		bool asks = style == PAM_PROMPT_ECHO_OFF || style == PAM_PROMPT_ECHO_ON;
		answers[i].resp = answer_of(context, style);
		if (asks && answers[i].resp == NULL) {
			forget(answers, count);
			return PAM_BUF_ERR;
		}
	}
	*out = answers;
	return PAM_SUCCESS;
}

/* ---- the login ---- */

static bool is_there(const char *folder, const char *service)
{
	char path[512];
	int len = snprintf(path, sizeof(path), "%s/%s", folder, service);

	return len > 0 && (size_t)len < sizeof(path) && access(path, F_OK) == 0;
}

static bool is_configured(const struct pam_login *login)
{
	if (login->folder != NULL)
		return is_there(login->folder, login->service);
	return is_there("/etc/pam.d", login->service) || is_there("/usr/lib/pam.d", login->service);
}

/* What is the user's fault; all else is the machine's. */
static enum pam_verdict verdict_of(int status)
{
	switch (status) {
	case PAM_SUCCESS:
		return PAM_SAYS_YES;
	case PAM_AUTH_ERR:
	case PAM_USER_UNKNOWN:
	case PAM_MAXTRIES:
	case PAM_PERM_DENIED:
	case PAM_ACCT_EXPIRED:
	case PAM_NEW_AUTHTOK_REQD:
	case PAM_CRED_INSUFFICIENT:
		return PAM_SAYS_NO;
	}
	return PAM_IS_BROKEN;
}

static int ask(pam_handle_t *pam, const struct pam_login *login)
{
	int status = PAM_SUCCESS;

	if (login->remote[0] != '\0')
		status = pam_set_item(pam, PAM_RHOST, login->remote);
	if (status == PAM_SUCCESS)
		status = pam_authenticate(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	if (status == PAM_SUCCESS)
		status = pam_acct_mgmt(pam, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK);
	return status;
}

enum pam_verdict pam_login(const struct pam_login *login, char *why, size_t size)
{
	struct pam_conv conversation = { converse, (void *)(uintptr_t)login };
	pam_handle_t *pam = NULL;
	int status;

	if (!is_configured(login)) {
		(void)snprintf(why, size, "there is no PAM service \"%s\": write %s/%s",
			       login->service, login->folder != NULL ? login->folder : "/etc/pam.d",
			       login->service);
		return PAM_IS_BROKEN;
	}
	status = login->folder != NULL
			 ? pam_start_confdir(login->service, login->user, &conversation,
					     login->folder, &pam)
			 : pam_start(login->service, login->user, &conversation, &pam);
	if (status == PAM_SUCCESS)
		status = ask(pam, login);
	(void)snprintf(why, size, "%s", pam_strerror(pam, status));
	if (pam != NULL)
		(void)pam_end(pam, status);
	return verdict_of(status);
}
