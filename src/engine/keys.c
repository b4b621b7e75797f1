/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's certificates and keys: opened, configured, read again. */
#include "engine/private.h"

enum rc keys_open(struct gateway *gateway, struct diag *diag)
{
	struct diag why = { "" };
	uint64_t seed[2];

	if (host_random(gateway->host, seed, sizeof(seed)) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "no random numbers");
	if (keyring_new(gateway->log, seed, &gateway->keyring, &why) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "no certificates: %s", why.text);
	gateway->peers.keyring = gateway->keyring;
	return RC_OK;
}

void keys_close(struct gateway *gateway)
{
	gateway->peers.keyring = NULL;
	keyring_free(gateway->keyring);
	gateway->keyring = NULL;
}

enum rc gateway_reread_keys(struct gateway *gateway, struct diag *diag)
{
	TRY(keyring_reload(gateway->keyring, diag));
	peers_orient(&gateway->peers);
	return RC_OK;
}

void gateway_renew_keys(struct gateway *gateway, struct x509_trust *trust)
{
	keyring_renew(gateway->keyring, trust);
	round_orient(gateway, false);
}
