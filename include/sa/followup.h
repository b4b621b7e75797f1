/* SPDX-License-Identifier: Apache-2.0 */
/* A CREATE_CHILD_SA that agreed on additional key exchanges (RFC 9370 §2.2.4): what is known of the
 * SA until the last of them is done, and only then it is made. The initiator's hangs off its
 * ike_creation; those that a peer began hang off the IKE SA, few and for a short time. */
#ifndef VANTH_SA_FOLLOWUP_H
#define VANTH_SA_FOLLOWUP_H

#include "sa/sa.h"

#define FOLLOWUPS_MAX	  4 /* begun by the peer in one IKE SA: as many as its window allows */
#define FOLLOWUP_TIME	  (20 * USEC_PER_SEC) /* for the next IKE_FOLLOWUP_KE (§2.2.4: 5 to 20 s) */
#define FOLLOWUP_LINK_LEN 16		      /* of our links */
#define FOLLOWUP_LINK_MAX 2048		      /* of a peer's */

struct ike_followup {
	struct ike_followup *next; /* of the IKE SA's */
	uint64_t serial;	   /* stays from exchange to exchange; the link does not */
	usec_t expires;
	uint8_t purpose; /* enum request_purpose of its CREATE_CHILD_SA */
	uint8_t done;	 /* additional key exchanges so far */
	uint8_t *link;	 /* ADDITIONAL_KEY_EXCHANGE that the next request holds */
	uint16_t link_len;
	uint16_t ni_len, nr_len;
	uint8_t ni[256], nr[256];
	struct proposal_choice choice;
	struct secret first, later; /* SK(0); SK(1) | SK(2) ... */
	uint64_t spi_i, spi_r;	    /* IKE SA */
	/* Child SA */
	uint64_t tunnel, old; /* serials; old 0: none is rekeyed */
	uint32_t spi_in, spi_out;
	uint16_t cpi_out; /* IPComp; 0: none */
	uint8_t mode;	  /* enum kernel_mode */
	bool no_tfc, iptfs, iptfs_whole;
	bool others_possible; /* ADDITIONAL_TS_POSSIBLE */
	struct selectors selectors;
};

/* Zeroed but for its serial; NULL: out of memory. */
struct ike_followup *followup_new(struct sas *sas);
void followup_free(struct ike_followup *followup);
/* Copies; RC_LIMIT: longer than FOLLOWUP_LINK_MAX, RC_SYNTAX: empty. */
enum rc followup_set_link(struct ike_followup *followup, struct span link) MUST_CHECK;
/* RC_LIMIT: longer than §3.9 allows. */
enum rc followup_set_nonces(struct ike_followup *followup, struct span ni,
			    struct span nr) MUST_CHECK;
/* The same after one more key exchange, without a link and in no list. */
enum rc followup_more(const struct ike_followup *before, struct span shared,
		      struct ike_followup **out) MUST_CHECK;
/* The method of the next key exchange; DH_NONE: all are done. */
uint16_t followup_method(const struct ike_followup *followup);

/* ---- those that the peer began ---- */
bool followup_room(const struct ike_sa *sa);
const struct ike_followup *followup_by_link(const struct ike_sa *sa, struct span link);
/* Of the peer, for a Child SA of this tunnel, in place of this Child SA, or in place of the IKE SA?
 */
bool followup_of_tunnel(const struct ike_sa *sa, uint64_t tunnel);
bool followup_of_child(const struct ike_sa *sa, uint64_t child);
bool followup_of_ike(const struct ike_sa *sa);
bool followup_has(const struct ike_sa *sa, uint64_t serial);
/* The IKE SA owns it from now on. Another one that would replace the same SA goes. */
void followup_keep(struct ike_sa *sa, struct ike_followup *followup, usec_t now);
/* Those with this serial. */
void followup_forget(struct ike_sa *sa, uint64_t serial);
void followup_forget_all(struct ike_sa *sa);
/* When the next one is too old; USEC_NEVER: there is none. */
usec_t followup_due(const struct ike_sa *sa);
/* Drops what is too old; how many that were. */
unsigned followup_expire(struct ike_sa *sa, usec_t now);

#endif
