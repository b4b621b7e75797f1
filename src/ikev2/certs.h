/* SPDX-License-Identifier: Apache-2.0 */
/* What the two ends say about certificates: CERT, CERTREQ (RFC 7296 §3.6, §3.7) and
 * SIGNATURE_HASH_ALGORITHMS (RFC 7427 §4). */
#ifndef VANTH_IKEV2_CERTS_H
#define VANTH_IKEV2_CERTS_H

#include "auth/prove.h"
#include "ikev2/private.h"

/* A CERTREQ with the CAs that we trust, when the conn lets the peer prove itself by signature. */
enum rc certs_emit_request(struct step *step, const struct config_end *remote,
			   struct writer *writer) MUST_CHECK;
/* SUPPORTED_AUTH_METHODS (RFC 9593): by what that end may prove itself. */
enum rc certs_emit_methods(struct step *step, const struct config_end *remote,
			   struct writer *writer) MUST_CHECK;
/* What the peer's say; nothing, when they are broken. */
void certs_read_methods(const struct ike_message *message, struct peer_accepts *accepts);
/* All of these, in answer to somebody whose conn is not known yet. */
enum rc certs_emit_any(struct step *step, struct writer *writer) MUST_CHECK;
/* SIGNATURE_HASH_ALGORITHMS with what we can verify. */
enum rc certs_emit_hashes(struct step *step, struct writer *writer) MUST_CHECK;
/* Does either end of the conn sign? */
bool certs_wanted(const struct config_conn *conn);
/* The hashes that the message announces, as bits; 0: none. */
uint16_t certs_hashes(const struct ike_message *message);
/* Our certificate with its chain, where our key is certified and the peer wants it
 * (leftsendcert=). */
void certs_emit(const struct config_end *local, const struct prove *prove, bool asked,
		struct writer *writer);

#endif
