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
#define ISAKMP_TOLD_MAX	     16 /* INFORMATIONAL exchanges that are known when they come again */
#define ISAKMP_DIGEST_LEN    32 /* SHA-256 of a datagram: is it the same again? */

/* What HASH_I and HASH_R cover; gone when phase 1 is done. */
struct isakmp_phase1 {
	uint8_t *sa_body, *public_i, *public_r;
	uint8_t *id_body; /* aggressive mode, responder: of the initiator's ID, not proven yet */
	uint32_t sa_body_len, id_body_len;
	uint16_t public_len;
};

/* XAUTH (draft-beaulieu-ike-xauth-02): the SA has a user. */
#define ISAKMP_USER_MAX 128
struct isakmp_user {
	char name[ISAKMP_USER_MAX + 1]; /* "": not known yet; printable */
	uint8_t tries;			/* server: answers that were wrong */
	uint8_t given;			/* client: what it has said already, its own bits */
	bool first_contact;		/* server: phase 1 came with INITIAL-CONTACT */
	bool proven;			/* it is who it says; client: the server has said so */
	bool failed;			/* it is not, and goes on all the same (xauthfail=soft) */
	bool refused;		/* server: the client is being told so; client: it was told */
	uint8_t wrong[PRF_MAX]; /* server: of the last answer, under the SA's key */
};
/* What a message has changed of it, for the log. */
enum isakmp_user_event {
	USER_SAME,
	USER_GIVEN,  /* client */
	USER_PROVEN, /* either end */
	USER_WRONG,  /* server: it is asked once more */
	USER_REFUSED,
	USER_TOLERATED, /* xauthfail=soft */
};

extern const struct names isakmp_user_event_names;

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

/* What nothing answers, and may get lost: it is said again. */
#define ISAKMP_SAID_MAX 4
struct isakmp_said {
	uint8_t *bytes; /* NULL: none */
	uint32_t len;
	uint8_t again; /* so often */
};

struct isakmp {
	struct isakmp_phase1 *phase1;
	unsigned vendors;  /* enum isakmp_vendor: the peer's */
	unsigned withheld; /* enum isakmp_vendor: what we did not say that we can, of NAT-T */
	uint16_t auth;	   /* enum oakley_auth */
	uint8_t iv[IKEV1_IV_MAX]; /* the last block of phase 1 */
	/* notify type: why the peer refuses us, by what nobody has proven; 0: none */
	uint16_t hint;
	uint8_t fragmentation; /* enum config_fragmentation */
	uint8_t repeats;       /* engine: of an answer that the peer seems to have missed */
	bool aggressive;       /* phase 1 was Aggressive Mode */
	uint8_t gone_by;       /* enum rc: why it is gone */
	usec_t gone_at;	       /* and since when */
	bool waited;	       /* gone: it waited for a phase 1 of the peer's once */
	bool configured;       /* server: the client has its address (ModeCfg) */
	bool told_lifetime;    /* responder: RESPONDER-LIFETIME is out */
	bool questioned;       /* question is of the last message of phase 1 that was answered */
	uint8_t question[ISAKMP_DIGEST_LEN];
	uint32_t seconds;    /* the peer's lifetime of it; 0: not told */
	uint32_t request_id; /* message ID of our outstanding request */
	uint8_t request_iv[IKEV1_IV_MAX];
	uint32_t dpd_sent, dpd_seen;	/* sequence numbers, RFC 3706 §5.4 */
	uint32_t told[ISAKMP_TOLD_MAX]; /* message IDs of what the peer told; 0: none */
	uint8_t told_at, said_at;
	struct isakmp_said said[ISAKMP_SAID_MAX];
	struct isakmp_user *user; /* NULL: nobody asks for one */
	struct list exchanges;
	unsigned exchange_count;
	struct timer again; /* engine: answers whose third message has not come go out again */
	struct ike_sa *sa;  /* engine: for the timer */
};

/* What an event of IKEv1 changes of it, beside the rest of the outcome. Spans: .ptr NULL:
 * unchanged. */
struct outcome_isakmp {
	struct span sa_body, public_i, public_r; /* public_*: of the same length */
	struct span id_body;
	unsigned vendors; /* added */
	uint16_t auth;	  /* 0: unchanged */
	uint32_t seconds;
	uint32_t message_id; /* of the message that goes out; 0: phase 1 */
	/* initiator: so long at most its outbound half waits, until the peer has the new IPsec SA;
	 * 0: not at all */
	usec_t hold;
	uint64_t connected; /* serial of one that the peer has now; 0: none */
	uint64_t shortened; /* serial of one that lives shorter by what the peer says; 0: none */
	uint32_t shorter;   /* seconds */
	bool told_lifetime; /* RESPONDER-LIFETIME is told with this message */
	bool once;	    /* it is neither answered nor said again */
	bool configured;    /* the client has its address */
	unsigned unknown;   /* Deletes for what is not here */
	bool iv_set;	    /* the chain of phase 1 begins here */
	uint8_t iv[IKEV1_IV_MAX];
	struct span proof;		/* HASH(3) that the exchange waits for */
	bool proven;			/* it has come */
	uint64_t child;			/* serial of the Child SA that the exchange makes */
	uint32_t dpd_sent, dpd_seen;	/* 0: unchanged */
	uint32_t told;			/* message ID that is not heard again; 0: none */
	uint16_t hint;			/* 0: unchanged */
	const struct isakmp_user *user; /* in the arena: from now on; NULL: unchanged */
	uint8_t user_event;		/* enum isakmp_user_event */
};

/* NULL: out of memory. */
struct isakmp *isakmp_new(void);
void isakmp_free(struct isakmp *isakmp); /* wipes; NULL is fine */
/* The SA has a user from now on, not known yet. */
enum rc isakmp_expect_user(struct isakmp *isakmp) MUST_CHECK;
enum rc isakmp_take(struct isakmp *isakmp, const struct outcome_isakmp *out) MUST_CHECK;
/* IKEv1 has no window: who repeats an old INFORMATIONAL message, from wherever, is not heard. */
bool isakmp_was_told(const struct isakmp *isakmp, uint32_t message_id);
void isakmp_remember(struct isakmp *isakmp, uint32_t message_id);
/* "the peer deleted it" */
const char *isakmp_gone_text(enum rc reason);
void isakmp_forget_phase1(struct isakmp *isakmp);
struct isakmp_exchange *isakmp_exchange_find(const struct isakmp *isakmp, uint32_t message_id);
/* One that waits for nothing would give way. */
bool isakmp_has_room(const struct isakmp *isakmp);
/* The oldest that waits for nothing gives way. RC_LIMIT: all of them do. */
enum rc isakmp_exchange_new(struct isakmp *isakmp, uint32_t message_id,
			    struct isakmp_exchange **out) MUST_CHECK;
void isakmp_exchange_free(struct isakmp *isakmp, struct isakmp_exchange *exchange);

#endif
