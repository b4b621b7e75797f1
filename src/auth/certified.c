/* SPDX-License-Identifier: Apache-2.0 */
/* Which certificates go out with our proof (RFC 7296 §3.6, RFC 2408 §3.9). */
#include "auth/prove.h"

#define PAYLOAD_ROOM 16 /* payload header, encoding, and what encryption adds */

static const struct credential *certified(const struct prove *prove)
{
	return prove->credential != NULL && prove->credential->certificate != NULL
		       ? prove->credential
		       : NULL;
}

static struct span certificate_at(const struct credential *credential, unsigned i)
{
	return certificate_der(i == 0 ? credential->certificate : credential->chain[i - 1]);
}

unsigned prove_certificates(const struct config_end *local, const struct prove *prove, bool asked)
{
	const struct credential *credential = certified(prove);

	if (credential == NULL || local->sendcert == SENDCERT_NEVER ||
	    (local->sendcert == SENDCERT_IFASKED && !asked))
		return 0;
	return 1 + credential->chain_count;
}

struct wire_cert prove_certificate(const struct prove *prove, unsigned i)
{
	return (struct wire_cert){ CERT_X509_SIGNATURE, certificate_at(prove->credential, i) };
}

size_t prove_room(const struct prove *prove)
{
	const struct credential *credential = certified(prove);
	size_t room = prove->value.len;

	if (credential == NULL)
		return room;
	for (unsigned i = 0; i <= credential->chain_count; i++)
		room += certificate_at(credential, i).len + PAYLOAD_ROOM;
	return room;
}
