/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's process for one question to PAM: reads user, password and the client's address,
 * writes what PAM says, and its exit code is enum pam_verdict. */
#include <cap-ng.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include "auth/xauth_pam.h"

/* The daemon's programs may set routes and addresses; who reads what a stranger says may not. */
static bool give_up_privileges(void)
{
	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	capng_clear(CAPNG_SELECT_CAPS);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && capng_apply(CAPNG_SELECT_CAPS) == 0;
}

int main(void)
{
	char text[2048], why[200] = "";
	struct pam_login login;
	enum pam_verdict verdict;
	size_t len;

	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	if (!give_up_privileges()) {
		(void)puts("its privileges cannot be given up");
		return PAM_IS_BROKEN;
	}
	len = fread(text, 1, sizeof(text) - 1, stdin);
	text[len] = '\0';
	if (pam_login_read(text, &login) != RC_OK) {
		(void)puts("it is for vanth to call: see ipsec.conf(5), xauthby=pam");
		return PAM_IS_BROKEN;
	}
	wipe(text, sizeof(text));
	verdict = pam_login(&login, why, sizeof(why));
	wipe(&login, sizeof(login));
	(void)puts(why);
	return (int)verdict;
}
