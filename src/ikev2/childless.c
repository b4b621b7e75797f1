/* SPDX-License-Identifier: Apache-2.0 */
/* rfc6023: an IKE SA that comes up without a Child SA. The responder says in IKE_SA_INIT that it
 * can (§3), the initiator leaves SA, TSi and TSr out of IKE_AUTH (§4). */
#include "ikev2/private.h"

bool childless_allowed(const struct config_conn *conn)
{
	return conn->childless != CHILDLESS_NEVER;
}

bool childless_read(const struct ike_message *message)
{
	struct wire_notify notify;

	return notify_find(message, CHILDLESS_IKEV2_SUPPORTED, &notify);
}

enum rc childless_begin(const struct config_conn *conn, bool supported, bool *childless,
			struct diag *diag)
{
	*childless = false;
	switch (conn->childless) {
	case CHILDLESS_ALLOW:
	case CHILDLESS_NEVER:
		return RC_OK;
	case CHILDLESS_PREFER:
		*childless = supported;
		return RC_OK;
	case CHILDLESS_FORCE:
		*childless = supported;
		break;
	}
	return supported ? RC_OK
			 : diag_fail(diag, RC_PEER_REFUSED,
				     "the peer makes no IKE SA without a Child SA, and "
				     "childless=force wants one");
}

enum rc childless_check(const struct config_conn *conn, bool with_child, struct diag *diag)
{
	if (!with_child && conn->childless == CHILDLESS_NEVER)
		return diag_fail(diag, RC_SYNTAX,
				 "IKE_AUTH without SA, TSi and TSr, which childless=never forbids");
	if (with_child && conn->childless == CHILDLESS_FORCE)
		return diag_fail(
			diag, RC_NO_ADDITIONAL_SAS,
			"a Child SA in IKE_AUTH, which childless=force forbids: it is made "
			"afterwards");
	return RC_OK;
}
