/* SPDX-License-Identifier: Apache-2.0 */
/* Fragments of the peer's messages until they are whole (RFC 7383 §2.6). Only what was
 * authenticated comes here. Bounded: one message of requests and one of responses for an IKE SA,
 * LIMIT_FRAGMENTS and LIMIT_MESSAGE for a message, REASSEMBLY_TIME, and REASSEMBLY_BYTES for all
 * IKE SAs of a gateway; beyond that the oldest unfinished message goes. */
#ifndef VANTH_SA_REASSEMBLY_H
#define VANTH_SA_REASSEMBLY_H

#include "sa/sa.h"
#include "wire/message.h"

#define REASSEMBLY_TIME	 (30 * USEC_PER_SEC) /* longer than the waits between retransmissions */
#define REASSEMBLY_BYTES (16u << 20)	     /* about 1,000 large messages at once */

/* What can be wrong with a fragment; for the flight recorder. */
enum fragment_fault {
	FRAGMENT_FINE,
	FRAGMENT_NOT_AGREED, /* we or the peer did not announce fragmentation */
	FRAGMENT_UNREADABLE, /* its numbers are impossible, or it is not authentic */
	FRAGMENT_FIRST_TYPE, /* a later one names a first payload */
	FRAGMENT_TOTAL,	     /* of fewer fragments than those that are here */
	FRAGMENT_EXCHANGE,   /* of another exchange than those that are here */
	FRAGMENT_DIFFERS,    /* another one with this number is here */
	FRAGMENT_TOO_LONG,   /* together longer than any message */
	FRAGMENT_MEMORY,
	FRAGMENT_CLEAR, /* unprotected payloads beside it */
};
extern const struct names fragment_fault_names;

struct fragment_piece {
	uint8_t *bytes; /* NULL: not here, or empty */
	uint16_t len;
	bool here;
	bool again; /* IKEv1: it has come again since the message was whole */
};

struct reassembly {
	struct list in_sas; /* sas->reassemblies, oldest first */
	struct ike_sa *sa;
	usec_t begun;
	size_t size;			  /* memory of it, as counted in sas->reassembly_bytes */
	size_t len;			  /* of all pieces so far */
	struct ike_header header;	  /* of the last fragment that came */
	struct ip_endpoint local, remote; /* it went from remote to local */
	bool natt;
	uint8_t first_type; /* of the payloads inside; known when fragment 1 is here */
	uint16_t total, have;
	bool done;	      /* IKEv1: it was whole, and stays to tell what comes again */
	uint16_t again_count; /* of pieces */
	struct fragment_piece pieces[];
};

/* A fragment that was opened. */
struct fragment {
	const struct ike_header *header;
	struct ip_endpoint local, remote;
	bool natt;
	uint16_t number, total; /* 1 <= number <= total <= LIMIT_FRAGMENTS (IKEv1: one more) */
	uint8_t first_type;
	struct span plain;
};

/* Keeps a copy of it. RC_OK: it is kept. RC_EXISTS: it was here already. Everything else: refused,
 * *fault and *diag tell why. Fragments of a message in more parts replace those that are here
 * (§2.6: the sender lowered its size), those of another message ID too. */
enum rc reassembly_add(struct sas *sas, struct ike_sa *sa, const struct fragment *fragment,
		       usec_t now, enum fragment_fault *fault, struct diag *diag) MUST_CHECK;
/* Of the peer's requests or of its responses; NULL: none. */
struct reassembly *reassembly_of(const struct ike_sa *sa, bool response);
static inline bool reassembly_whole(const struct reassembly *reassembly)
{
	return reassembly->have == reassembly->total;
}
/* All pieces in a row, in the arena. */
enum rc reassembly_join(const struct reassembly *reassembly, struct arena *arena,
			struct span *plain) MUST_CHECK;
void reassembly_free(struct sas *sas, struct reassembly *reassembly);
/* Both of an IKE SA that ends. */
void reassembly_free_all(struct sas *sas, struct ike_sa *sa);
/* Frees what has waited too long; returns how many were not done. */
unsigned reassembly_expire(struct sas *sas, usec_t now);

#endif
