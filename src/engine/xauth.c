/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: XAUTH on the road
 *
 * A client whose password nobody has written down needs a human: its tunnel waits, says so once,
 * and looks now and then whether the password is there. One that was refused is not tried again
 * soon, or the server would lock the account. The server's client begins always.
 */
#include <stdio.h>
#include "auth/xauth.h"
#include "engine/private.h"

#define LOOK_AGAIN   (60 * USEC_PER_SEC)   /* is there a password now? Nobody is asked */
#define REFUSED_WAIT (1800 * USEC_PER_SEC) /* longer than guesses are counted for a lock */

/* ---- the client ---- */

bool xauth_may_begin(const struct gateway *gateway, const struct peer *peer, struct diag *diag)
{
	struct span name, password;

	if (peer_user_of(peer) == PEER_NO_USER || !peer_is_v1(peer))
		return true;
	if (!peer_local_end(peer)->xauthclient)
		return diag_fail(diag, RC_NOT_FOUND,
				 "conn %s is an XAUTH server: its client begins",
				 peer->conn->name) == RC_OK;
	return xauth_own(gateway->secrets, peer, &name, &password, diag) == RC_OK;
}

bool xauth_waits(struct gateway *gateway, struct tunnel *tunnel)
{
	struct diag diag = { "" };
	struct backoff *backoff = &tunnel->backoff;

	if (xauth_may_begin(gateway, tunnel->peer, &diag))
		return false;
	reconcile_at(gateway, tunnel->peer, host_now(gateway->host) + LOOK_AGAIN);
	if (!peer_local_end(tunnel->peer)->xauthclient && tunnel_current(tunnel) != NULL)
		return true; /* it is up; renewing is the client's part */
	if (backoff->text == NULL || strcmp(backoff->text, diag.text) != 0)
		attempt_failed(gateway, tunnel->peer, tunnel, 0, RC_NOT_FOUND, diag.text);
	backoff->attempts = 0;
	backoff->not_before = host_now(gateway->host);
	return true;
}

usec_t xauth_failed(struct gateway *gateway, const struct ike_sa *sa)
{
	if (sa->v1 == NULL || sa->role != INITIATOR || sa->v1->user == NULL ||
	    !sa->v1->user->refused)
		return 0;
	peer_forget_login(sa->peer);
	return host_now(gateway->host) + REFUSED_WAIT;
}

bool gateway_lacks_password(const struct gateway *gateway, const struct tunnel *tunnel)
{
	struct diag diag = { "" };

	return tunnel->wanted == WANTED_UP && peer_local_end(tunnel->peer)->xauthclient &&
	       list_empty(&tunnel->peer->ike_sas) && !xauth_may_begin(gateway, tunnel->peer, &diag);
}

struct login {
	const char *user;
	struct span password;
	enum rc rc;
	unsigned clients;
};

static void log_in(void *context, struct tunnel *tunnel)
{
	struct login *login = context;
	struct peer *peer = tunnel->peer;

	if (tunnel->doomed || !peer_local_end(peer)->xauthclient)
		return;
	login->clients++;
	if (login->rc == RC_OK)
		login->rc = peer_set_login(peer, login->user, login->password);
}

enum rc gateway_login(struct gateway *gateway, const char *name, const char *user,
		      struct span password, struct diag *diag)
{
	struct login login = { user, password, RC_OK, 0 };

	if (peers_match(&gateway->peers, name, log_in, &login) > 0 && login.clients == 0)
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"\"%s\" is no XAUTH client (leftxauthclient=yes of IKEv1), and has "
			"no user that could log in",
			name);
	if (login.rc != RC_OK)
		return login.rc == RC_LIMIT
			       ? diag_fail(diag, login.rc, "the user or the password is too long")
			       : login.rc;
	return gateway_up(gateway, name, diag);
}

/* ---- what is told ---- */

const char *xauth_user_text(const struct ike_sa *sa, char text[XAUTH_USER_TEXT_MAX])
{
	const struct isakmp_user *user = sa->v1 != NULL ? sa->v1->user : NULL;

	text[0] = '\0';
	if (user != NULL && user->name[0] != '\0')
		(void)snprintf(text, XAUTH_USER_TEXT_MAX, ", user %s%s", user->name,
			       user->proven ? "" : " (not proven)");
	return text;
}

static const char *told_of(enum isakmp_user_event event, bool client)
{
	switch (event) {
	case USER_SAME:
		return "";
	case USER_GIVEN:
		return "the server asks for our user";
	case USER_PROVEN:
		return client ? "the server takes our user" : "the user is proven";
	case USER_WRONG:
		return "the password is wrong, or nobody has that name: asked again";
	case USER_REFUSED:
		return client ? "the server refuses our user" : "the user is refused";
	case USER_TOLERATED:
		return "the user is not proven, and goes on all the same (xauthfail=soft)";
	}
	return "";
}

void xauth_commit(const struct errand *errand)
{
	const struct ike_sa *sa = errand->step.sa;
	const struct outcome *out = &errand->out;
	enum isakmp_user_event event = (enum isakmp_user_event)out->v1.user_event;
	bool bad = event == USER_WRONG || event == USER_REFUSED || event == USER_TOLERATED;
	bool client = sa->role == INITIATOR;
	char remote[IP_TEXT_MAX];

	(void)endpoint_text(&sa->remote, remote);
	if (out->v1.user == NULL || event == USER_SAME || sa->peer == NULL)
		return;
	peer_record(sa->peer, sa->serial, RECORD_USER, event, out->v1.user->tries, 0);
	log_write(errand->gateway->log, bad ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
		  &(struct log_subject){
			  .peer = sa->peer->conn->name, .serial = sa->serial, .remote = remote },
		  "XAUTH user \"%s\"%s%s: %s%s%s", out->v1.user->name, client ? "" : " at ",
		  client ? "" : remote, told_of(event, client),
		  out->diag.text[0] != '\0' ? ": " : "", out->diag.text);
}
