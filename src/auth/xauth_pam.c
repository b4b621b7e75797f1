/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH's questions to PAM: some at once, each in a process, the others in line. */
#include "auth/xauth_pam.h"
#include <stdio.h>
#include <string.h>
#include "auth/xauth.h"

struct xauth_pam {
	struct host *host;
	char *program;
	struct list line;    /* of struct xauth_ask.in_line: the longest waiting first */
	host_spawn_fn ended; /* of each process */
	unsigned running, count;
	bool stopped;
};

struct xauth_ask {
	struct xauth_pam *pam;
	struct list in_line;
	struct spawn *spawn; /* NULL: it waits, or is over */
	struct secret input; /* until its process has it */
	void (*ready)(void *context);
	void *context;
	enum rc rc; /* RC_SUSPEND: it waits, or runs */
	struct diag diag;
};

void xauth_pam_stop(struct xauth_pam *pam)
{
	if (pam != NULL)
		pam->stopped = true;
}

void xauth_pam_free(struct xauth_pam *pam)
{
	if (pam == NULL)
		return;
	mem_free(pam->program);
	mem_free(pam);
}

/* ---- a process ---- */

static enum rc exited(int code, const char *said, struct diag *diag)
{
	if (code == PAM_SAYS_YES)
		return RC_OK;
	if (code == PAM_SAYS_NO)
		return diag_fail(diag, RC_AUTH_FAILED, "PAM says: %s", said);
	return diag_fail(diag, RC_IO, "PAM cannot be asked: %s (service \"%s\")", said,
			 XAUTH_PAM_SERVICE);
}

static enum rc answer_of(const struct xauth_ask *ask, const struct spawn_result *result,
			 struct diag *diag)
{
	switch (result->end) {
	case SPAWN_EXITED:
		return exited(result->code, result->last, diag);
	case SPAWN_SIGNALLED:
		return diag_fail(diag, RC_IO,
				 "%s was ended by signal %d (%s): see what PAM's "
				 "modules of service \"%s\" do",
				 ask->pam->program, result->code, strsignal(result->code),
				 XAUTH_PAM_SERVICE);
	case SPAWN_TIMEOUT:
		return diag_fail(diag, RC_TIMEOUT, "PAM has not answered within %d s",
				 (int)(XAUTH_PAM_LIMIT / USEC_PER_SEC));
	case SPAWN_FAILED:
		return diag_fail(diag, RC_IO, "%s cannot be started: %s", ask->pam->program,
				 strerror(result->code));
	}
	return RC_IO;
}

static bool start(struct xauth_ask *ask)
{
	static const char *const none[] = { NULL };
	const char *const argv[] = { ask->pam->program, NULL };
	const struct spawn_request request = { .argv = argv,
					       .env = none,
					       .input = (const char *)ask->input.ptr,
					       .limit = XAUTH_PAM_LIMIT };
	struct host *host = ask->pam->host;

	ask->spawn = host->ops->spawn(host, &request, ask->pam->ended, ask);
	secret_wipe(&ask->input);
	if (ask->spawn == NULL)
		return false;
	ask->pam->running++;
	return true;
}

static void pump(struct xauth_pam *pam)
{
	while (!pam->stopped && pam->running < XAUTH_PAM_AT_ONCE && !list_empty(&pam->line)) {
		struct xauth_ask *ask = container_of(pam->line.next, struct xauth_ask, in_line);
		list_remove(&ask->in_line);
		if (start(ask))
			continue;
		ask->rc = RC_NO_MEMORY;
		ask->ready(ask->context);
	}
}

/* The next one begins, and so on. */
static void ended(void *context, const struct spawn_result *result)
{
	struct xauth_ask *ask = context;

	ask->spawn = NULL;
	ask->pam->running--;
	ask->rc = answer_of(ask, result, &ask->diag);
	pump(ask->pam);
	ask->ready(ask->context); /* which may free it */
}

enum rc xauth_pam_new(struct host *host, const char *program, struct xauth_pam **out)
{
	struct xauth_pam *pam = mem_alloc(sizeof(*pam));

	if (pam == NULL)
		return RC_NO_MEMORY;
	pam->host = host;
	pam->program = mem_text(program);
	if (pam->program == NULL) {
		mem_free(pam);
		return RC_NO_MEMORY;
	}
	pam->ended = ended;
	list_init(&pam->line);
	*out = pam;
	return RC_OK;
}

/* ---- a question ---- */

static void put_hex(struct sink *sink, const void *bytes, size_t len)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		uint8_t byte = ((const uint8_t *)bytes)[i];
		sink_u8(sink, (uint8_t)digits[byte >> 4]);
		sink_u8(sink, (uint8_t)digits[byte & 15]);
	}
	sink_u8(sink, '\n');
}

/* What pam_login_read() reads. */
static enum rc write_input(const struct xauth_question *question, struct secret *input)
{
	char remote[IP_TEXT_MAX] = "";
	struct sink sink;

	if (ip_is_set(&question->remote))
		ip_text(&question->remote, remote);
	TRY(secret_alloc(input,
			 2 * (question->user.len + question->password.len + strlen(remote)) + 4));
	sink_init(&sink, input->ptr, input->len);
	put_hex(&sink, question->user.ptr, question->user.len);
	put_hex(&sink, question->password.ptr, question->password.len);
	put_hex(&sink, remote, strlen(remote));
	sink_u8(&sink, '\0');
	return sink_rc(&sink);
}

static bool has_nul(struct span text)
{
	return text.len > 0 && memchr(text.ptr, '\0', text.len) != NULL;
}

static enum rc check(const struct xauth_pam *pam, const struct xauth_question *question,
		     struct diag *diag)
{
	size_t name = question->user.len, password = question->password.len;

	if (name > XAUTH_NAME_MAX || password > XAUTH_PASSWORD_MAX)
		return diag_fail(diag, RC_LIMIT, "a user name of %zu bytes, a password of %zu",
				 name, password);
	if (has_nul(question->user) || has_nul(question->password))
		return diag_fail(diag, RC_SYNTAX, "a user name or a password with a NUL byte");
	if (pam->count >= XAUTH_PAM_MAX)
		return diag_fail(diag, RC_LIMIT,
				 "%u users wait for PAM already: no other one may meanwhile",
				 pam->count);
	return RC_OK;
}

void xauth_ask_free(void *what)
{
	struct xauth_ask *ask = what;
	struct xauth_pam *pam;

	if (ask == NULL)
		return;
	pam = ask->pam;
	list_remove(&ask->in_line);
	if (ask->spawn != NULL) {
		pam->host->ops->spawn_cancel(pam->host, ask->spawn);
		pam->running--;
	}
	secret_wipe(&ask->input);
	mem_free(ask);
	pam->count--;
	pump(pam);
}

enum rc xauth_pam_ask(struct xauth_pam *pam, const struct xauth_question *question,
		      void (*ready)(void *context), void *context, struct xauth_ask **out,
		      struct diag *diag)
{
	struct xauth_ask *ask;
	enum rc rc;

	TRY(check(pam, question, diag));
	ask = mem_alloc(sizeof(*ask));
	if (ask == NULL)
		return RC_NO_MEMORY;
	*ask = (struct xauth_ask){ .pam = pam, .ready = ready, .context = context };
	ask->rc = RC_SUSPEND;
	list_init(&ask->in_line);
	pam->count++;
	rc = write_input(question, &ask->input);
	if (rc == RC_OK && pam->running >= XAUTH_PAM_AT_ONCE)
		list_append(&pam->line, &ask->in_line);
	else if (rc == RC_OK && !start(ask))
		rc = RC_NO_MEMORY;
	if (rc == RC_OK)
		*out = ask;
	else
		xauth_ask_free(ask);
	return rc;
}

enum rc xauth_pam_answer(const struct xauth_ask *ask, struct diag *diag)
{
	if (ask->diag.text[0] != '\0')
		*diag = ask->diag;
	return ask->rc;
}

/* ---- on the road ---- */

static void go_on(void *context)
{
	struct x509_waiter *waiter = context;

	waiter->ready(waiter);
}

enum rc xauth_pam_begin(struct step *step, const struct xauth_question *question,
			struct xauth_ask **ask, struct outcome *out, struct diag *diag)
{
	if (step->env->pam == NULL)
		return diag_fail(diag, RC_UNSUPPORTED, "there is no PAM here");
	TRY(xauth_pam_ask(step->env->pam, question, go_on, step->waiter, ask, diag));
	return outcome_hold(step->arena, out, xauth_ask_free, *ask);
}

enum rc xauth_pam_wait(struct step *step, const struct xauth_ask *ask, struct diag *diag)
{
	enum rc rc = xauth_pam_answer(ask, diag);

	step->again = rc == RC_SUSPEND;
	return rc;
}
