/* SPDX-License-Identifier: Apache-2.0 */
/* Login: Up of an XAUTH client, with the user and the password that the operator gives. The
 * password is kept by the peer alone (peer/login.c); what it came in is wiped. */
#include <string.h>
#include "auth/xauth.h"
#include "base/secret.h"
#include "control/private.h"

static enum rc log_in(const struct call *call, const char *name, struct diag *diag)
{
	const char *user = call_text(call, "username"), *password = call_text(call, "password");

	return gateway_login(call->gateway, name, user != NULL ? user : "",
			     span_make(password, strlen(password)), diag);
}

static bool is_not_up(const struct tunnel *tunnel, uint64_t since)
{
	(void)since;
	return tunnel_current(tunnel) == NULL;
}

static const struct goal login_goal = { log_in, is_not_up, "already-up" };

static void forget(const struct call *call)
{
	json_t *json = json_object_get(call->parameters, "password");

	wipe((char *)(uintptr_t)json_string_value(json), json_string_length(json));
}

void method_login(struct call *call)
{
	const char *user = call_text(call, "username"), *password = call_text(call, "password");

	if (password[0] == '\0')
		call_invalid(call, "password", "the password is empty");
	else if (strlen(password) > XAUTH_PASSWORD_MAX)
		call_invalid(call, "password", "the password is longer than 256 bytes");
	else if (user != NULL && strlen(user) > CONFIG_USERNAME_MAX)
		call_invalid(call, "username", "the user's name is longer than 128 bytes");
	else
		call_until(call, &login_goal);
	forget(call);
}
