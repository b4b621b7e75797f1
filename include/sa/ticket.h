/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets of session resumption (RFC 5723), by value: the gateway keeps nothing but a few keys, the
 * client keeps the ticket, and what it needs to use it. */
#ifndef VANTH_SA_TICKET_H
#define VANTH_SA_TICKET_H

#include "sa/sa.h"
#include "x509/revocation.h"

#define TICKET_LEN_MAX	    4096 /* of one that we keep for a peer */
#define TICKET_ROTATION	    (8 * 3600 * USEC_PER_SEC)
#define TICKET_LIFETIME_MAX (24 * 3600 * USEC_PER_SEC)
#define TICKET_KEYS	    4 /* rotation * (keys - 1) is the longest lifetime */
#define TICKET_MARK_LEN	    16

/* What an IKE SA leaves behind. */
struct ticket {
	uint8_t *bytes; /* client: as the gateway gave it */
	uint32_t len;
	usec_t expires;
	usec_t authenticated; /* gateway: when the client proved its identity */
	usec_t auth_ends;     /* client: AUTH_LIFETIME; 0: never */
	uint64_t spi_i, spi_r;
	struct proposal_choice choice;
	struct secret sk_d;
	struct identity client, gateway;
	bool ppk; /* a post-quantum preshared key is in its keys (RFC 8784) */
	/* gateway: seconds since 1970 until the client's certificate ends; 0: it has a shared key
	 */
	int64_t certified_until;
	struct x509_proof *proof; /* of the other end's certificates; NULL: none */
	/* gateway: of the shared key, or of what its certificate is trusted by, so that a new one
	 * ends it */
	uint8_t mark[TICKET_MARK_LEN];
};
void ticket_free(struct ticket *ticket);

/* Gateway: what a client gets. The keys are made when the first is, and replaced every
 * TICKET_ROTATION; an old one opens its tickets for as long as they live. */
enum rc ticket_seal(struct sas *sas, usec_t now, const struct ticket *ticket,
		    struct sink *out) MUST_CHECK;
/* The state in a ticket that came back. RC_INTEGRITY: not ours, or changed, or its key is gone;
 * RC_TIMEOUT: it has expired. The diag says which. */
enum rc ticket_open(struct sas *sas, usec_t now, struct span bytes, struct ticket **out,
		    struct diag *diag) MUST_CHECK;
/* What tells one shared key from another in a ticket. */
enum rc ticket_mark(struct span psk, uint64_t spi_i, uint64_t spi_r,
		    uint8_t out[TICKET_MARK_LEN]) MUST_CHECK;
void ticket_keys_free(struct sas *sas);

/* Client: the SA's ticket becomes the one of its peer (RFC 5723 §4.3.1: the connection was lost,
 * not ended), with what is needed to use it once. */
void ticket_keep(struct ike_sa *sa);
/* The peer's, if it may still be used. */
const struct ticket *ticket_usable(const struct peer *peer, usec_t now);
/* The peer has an IKE SA again, or is freed. */
void ticket_forget(struct peer *peer);

#endif
