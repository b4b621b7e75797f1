/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH's users by PAM (pam(7), service "pluto" as Libreswan's). Modules of PAM wait as long as
 * they like (for a directory, a second factor, the delay after a wrong password), read files and
 * talk to the network, and may crash: each question has a process of its own, programs/xauth-pam,
 * which is killed when its time is over. No worker waits for it, and the daemon links with no PAM.
 */
#ifndef VANTH_AUTH_XAUTH_PAM_H
#define VANTH_AUTH_XAUTH_PAM_H

#include "base/addr.h"
#include "base/arena.h"
#include "base/secret.h"
#include "host/host.h"
#include "sa/outcome.h"

#define XAUTH_PAM_SERVICE "pluto"
#define XAUTH_PAM_PROGRAM "xauth-pam"
#define XAUTH_PAM_LIMIT	  (30 * USEC_PER_SEC) /* then a question is given up */
#define XAUTH_PAM_AT_ONCE 16		      /* others wait in line ... */
#define XAUTH_PAM_MAX	  256		      /* ... and with so many all in all no other may */

/* ---- xauth_pam.c: the daemon asks ---- */
struct xauth_pam; /* of a gateway: the questions that are asked, and those that wait */
struct xauth_ask; /* one question */

/* program: argv[0] of its processes; copied. Host outlives it. */
enum rc xauth_pam_new(struct host *host, const char *program, struct xauth_pam **out) MUST_CHECK;
/* Who waits in line is not asked about any more. NULL is fine. */
void xauth_pam_stop(struct xauth_pam *pam);
/* No question is left. NULL is fine. */
void xauth_pam_free(struct xauth_pam *pam);

struct xauth_question {
	struct span user, password; /* copied */
	struct ip_addr remote;	    /* whose client it is; AF_UNSPEC: not told */
};
/* ready is called once, later, when xauth_pam_answer() has the answer. RC_LIMIT: too many wait, or
 * name or password are longer than any; RC_SYNTAX: one of them has a NUL byte; RC_NO_MEMORY. */
enum rc xauth_pam_ask(struct xauth_pam *pam, const struct xauth_question *question,
		      void (*ready)(void *context), void *context, struct xauth_ask **out,
		      struct diag *diag) MUST_CHECK;
/* RC_SUSPEND: not yet. RC_OK: he may come in. RC_AUTH_FAILED: he may not, whatever is wrong; any
 * other: PAM could not be asked. The diag says for the log what PAM said, and is not the client's.
 */
enum rc xauth_pam_answer(const struct xauth_ask *ask, struct diag *diag) MUST_CHECK;
/* As of outcome_hold(): if it was not answered its process is killed. */
void xauth_ask_free(void *ask);

/* The same in a step: begins to ask, and the event holds the question (for `out`). Then a step of
 * its own, which has nothing else to do, is run again until xauth_pam_wait() returns anything but
 * RC_SUSPEND: xauth_pam_answer()'s. */
enum rc xauth_pam_begin(struct step *step, const struct xauth_question *question,
			struct xauth_ask **ask, struct outcome *out, struct diag *diag) MUST_CHECK;
enum rc xauth_pam_wait(struct step *step, const struct xauth_ask *ask,
		       struct diag *diag) MUST_CHECK;

/* ---- pam_login.c: its process, which answers ---- */
enum pam_verdict { /* and its exit code */
		   PAM_SAYS_YES = 0,
		   PAM_SAYS_NO = 1,
		   PAM_IS_BROKEN = 2,
};
struct pam_login {
	char user[256 + 1], password[256 + 1], remote[IP_TEXT_MAX];
	const char *service;
	const char *folder; /* where services are configured; NULL: where this system has them */
};
/* What xauth_pam_ask() writes to it. RC_SYNTAX, RC_LIMIT. */
enum rc pam_login_read(const char *text, struct pam_login *out) MUST_CHECK;
/* Password and account. A service that is not configured is broken: PAM would ask "other" instead,
 * which lets in any user of this machine on some systems. why: what PAM says. */
enum pam_verdict pam_login(const struct pam_login *login, char *why, size_t size);

#endif
