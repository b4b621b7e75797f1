/* SPDX-License-Identifier: Apache-2.0 */
/* What only an ISAKMP SA of IKEv1 has: its CBC chain, what the peer said of itself, and the
 * exchanges of phase 2, each with a message ID and a chain of its own (RFC 2408 §3.1, RFC 2409
 * §5.5). Hangs off the IKE SA; NULL there: IKEv2. */
#ifndef VANTH_SA_ISAKMP_H
#define VANTH_SA_ISAKMP_H

#include "base/span.h"
#include "base/timer.h"
#include "crypto/ikev1.h"
#include "sa/sa.h"

#define ISAKMP_EXCHANGES_MAX 64 /* that the peer has begun, or that may have to be said again */
#define ISAKMP_DIGEST_LEN    32 /* SHA-256 of a datagram: is it the same again? */

/* What HASH_I and HASH_R cover; gone when phase 1 is done. */
struct isakmp_phase1 {
	uint8_t *sa_body, *public_i, *public_r;
	uint32_t sa_body_len;
	uint16_t public_len;
};

/* An exchange of phase 2: one that the peer began and that has not ended, or one whose last message
 * may have to be said again. */
struct isakmp_exchange {
	struct list in_sa; /* the oldest first */
	uint32_t message_id;
	uint8_t exchange; /* enum exchange_type */
	bool ours;
	uint8_t iv[IKEV1_IV_MAX];
	uint8_t question[ISAKMP_DIGEST_LEN]; /* of the datagram that `answer` answers */
	uint8_t *answer;
	uint32_t answer_len;
	uint8_t proof[PRF_MAX]; /* HASH(3) that is to come */
	uint8_t proof_len;	/* 0: nothing is to come any more */
	uint8_t tries;
	uint64_t child; /* serial of the Child SA that it makes */
};

struct isakmp {
	struct isakmp_phase1 *phase1;
	unsigned vendors;	  /* enum isakmp_vendor: the peer's */
	uint16_t auth;		  /* enum oakley_auth */
	uint8_t iv[IKEV1_IV_MAX]; /* the last block of phase 1 */
	bool questioned;	  /* question is of the last message of phase 1 that was answered */
	uint8_t question[ISAKMP_DIGEST_LEN];
	uint32_t seconds;    /* the peer's lifetime of it; 0: not told */
	uint32_t request_id; /* message ID of our outstanding request */
	uint8_t request_iv[IKEV1_IV_MAX];
	uint32_t dpd_sent, dpd_seen; /* sequence numbers, RFC 3706 §5.4 */
	struct list exchanges;
	unsigned exchange_count;
	struct timer again; /* engine: answers whose third message has not come go out again */
	struct ike_sa *sa;  /* engine: for the timer */
};

/* What an event of IKEv1 changes of it, beside the rest of the outcome. Spans: .ptr NULL:
 * unchanged. */
struct outcome_isakmp {
	struct span sa_body, public_i, public_r; /* public_*: of the same length */
	unsigned vendors;			 /* added */
	uint16_t auth;				 /* 0: unchanged */
	uint32_t seconds;
	uint32_t message_id; /* of the message that goes out; 0: phase 1 */
	bool once;	     /* it is neither answered nor said again */
	bool iv_set;	     /* the chain of phase 1 begins here */
	uint8_t iv[IKEV1_IV_MAX];
	struct span proof;	     /* HASH(3) that the exchange waits for */
	bool proven;		     /* it has come */
	uint64_t child;		     /* serial of the Child SA that the exchange makes */
	uint32_t dpd_sent, dpd_seen; /* 0: unchanged */
};

/* NULL: out of memory. */
struct isakmp *isakmp_new(void);
void isakmp_free(struct isakmp *isakmp); /* wipes; NULL is fine */
enum rc isakmp_take(struct isakmp *isakmp, const struct outcome_isakmp *out) MUST_CHECK;
void isakmp_forget_phase1(struct isakmp *isakmp);
struct isakmp_exchange *isakmp_exchange_find(const struct isakmp *isakmp, uint32_t message_id);
/* The oldest that waits for nothing gives way. RC_LIMIT: all of them do. */
enum rc isakmp_exchange_new(struct isakmp *isakmp, uint32_t message_id,
			    struct isakmp_exchange **out) MUST_CHECK;
void isakmp_exchange_free(struct isakmp *isakmp, struct isakmp_exchange *exchange);

#endif
