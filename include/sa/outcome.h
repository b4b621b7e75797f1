/* SPDX-License-Identifier: Apache-2.0 */
/* A step reads an event and computes an outcome; engine's commit() is the only place with effects.
 */
#ifndef VANTH_SA_OUTCOME_H
#define VANTH_SA_OUTCOME_H

#include "sa/followup.h"
#include "sa/isakmp.h"
#include "sa/proofs.h"
#include "sa/sa.h"
#include "wire/payloads.h"
#include "x509/keyring.h"
#include "x509/revocation.h"

/* What a handler may look at. Nothing reached through it may be changed by a handler, except that
 * random numbers, serial numbers and reqids may be drawn. */
struct network; /* network/network.h */
struct xauth_pam;
struct sa_env {
	struct host *host;
	struct log *log;
	struct peers *peers;
	struct sas *sas;
	struct kernel *kernel;	 /* for supports() only */
	struct network *network; /* NULL: none */
	const struct config_setup *setup;
	const struct secrets *secrets; /* NULL: none loaded */
	const struct redirect_policy *redirect;
	struct keyring *keyring;       /* certificates and keys */
	struct revocation *revocation; /* may fetch, of its own accord */
	struct xauth_pam *pam;	       /* asks PAM about users (auth/xauth_pam.h); NULL: none */
};

/* Slow work for a worker: run() may touch only arg, which lives in the event's arena. */
struct slow_work {
	enum rc (*run)(void *arg, unsigned worker, struct diag *diag);
	void *arg;
	void (*drop)(void *arg); /* it never ran; may be NULL */
};

#define OUTCOME_CHILDREN_MAX LIMIT_DELETE_SPIS

/* A message to send. Inner payloads are sealed by commit; a clear message (IKE_SA_INIT) is sent as
 * it is. */
struct outcome_message {
	bool present, response;
	bool clear;
	uint8_t exchange;
	uint8_t first_type; /* inner: type of the first payload (PAYLOAD_NONE: empty) */
	struct span bytes;  /* inner payloads, or the whole clear message; in the arena */
	uint8_t purpose;    /* requests: enum request_purpose */
	uint64_t child;	    /* requests: serial of the Child SA it is about */
};

/* Something counted that an event goes on with; in the arena. */
struct outcome_held {
	void (*release)(void *what);
	void *what;
	struct outcome_held *next;
};

/* What hangs off the SA (sa/extra.h) from now on. */
struct outcome_extra {
	struct span crash_token;       /* the peer's; .ptr NULL: none came */
	bool auth_lifetime_set;	       /* the peer wants us to authenticate again within ... */
	uint32_t auth_lifetime;	       /* seconds */
	uint32_t auth_told;	       /* seconds that the peer is told; 0: nothing */
	struct span ticket;	       /* the gateway's for us; .ptr NULL: none came */
	uint32_t ticket_seconds;       /* it lives so long */
	bool ticket_later;	       /* the gateway gives one when asked again */
	const struct wire_id *gateway; /* client: who the gateway proved to be, for the ticket */
	bool resumed;		       /* gateway: in the place of the IKE SA with these SPIs */
	uint64_t resumed_i, resumed_r;
	usec_t authenticated;			     /* 0: just now */
	int64_t certified_until;		     /* as in struct ike_extra */
	usec_t auth_ends;			     /* resumed client: as before; 0: never */
	const struct redirect_target *redirect;	     /* client: go there; in the arena */
	const struct redirect_target *redirect_sent; /* gateway: told the client; in the arena */
	uint8_t redirect_refused;	/* client: enum redirect_event, why we do not go; 0: no */
	uint8_t told;			/* enum ike_tell bits that this message tells */
	const struct x509_proof *proof; /* of the peer's certificates; held by the event */
};

enum outcome_resume {
	RESUME_NOTHING, /* it stays */
	RESUME_TAKE,	/* the peer's ticket, which is used up by it */
	RESUME_TICKET,	/* outcome.ticket */
	RESUME_DROP,	/* none: the SA is a new session */
};

/* IKE_INTERMEDIATE (sa/intermediate.h) */
struct outcome_intermediate {
	bool agreed;		    /* both ends announced it */
	bool exchanged, keyed;	    /* one is done; it was an additional key exchange */
	struct span auth_i, auth_r; /* IntAuth from now on; .ptr NULL: unchanged */
};

/* One message of several of authentication is done (sa/rounds.h). */
struct outcome_rounds {
	bool ours, theirs;		 /* whose round ends with this message */
	bool done;			 /* it is read and answered, and others are to come */
	uint64_t peer;			 /* responder, first round: serial of whose it is to be */
	const struct ike_message *first; /* responder, first round: the request; NULL: no change */
	uint64_t kinds;			 /* of proofs that the conn asks for */
	const struct wire_id *id; /* first round: who the peer proved to be; NULL: no change */
	const struct x509_proof *proof; /* of the peer's certificates; NULL: none; not for it */
};

struct outcome {
	/* suspended: one of these two is set, and the next step of the row runs with step->rc; or
	 * step->again is, and the same step runs again when step->waiter is ready */
	struct slow_work work;
	struct list kernel_wait; /* of kernel_request.queue; in the arena */

	struct diag diag;		     /* why, when the row ends with an error */
	uint16_t notify;		     /* error notify for the peer; 0: by the rc */
	struct span notify_data, notify_spi; /* spi: of the ESP or AH SA that it is about */
	uint8_t notify_protocol;	     /* with notify_spi */
	/* 1 kernel: without waiting */
	struct list kernel; /* of kernel_request.queue; in the arena, done == NULL */
	/* 2 SA state */
	struct ike_sa *born;	/* a new IKE SA, not yet linked */
	struct peer *instance;	/* a new instance, not yet linked */
	struct peer *peer;	/* the SA becomes this peer's (may be == instance) */
	struct child_sa *child; /* a new Child SA, not yet linked; becomes UP */
	bool child_out_missing; /* responder: its outbound half is installed by `kernel` after the
				   reply */
	struct ike_keys keys;	/* the SA's keys from now on, if block.ptr */
	struct proposal_choice choice;
	struct ike_suite suite;
	bool choice_set, established;
	bool fragmentation; /* both ends announced it, RFC 7383 */
	bool endpoints_set; /* local/remote below are the SA's from now on */
	struct ip_endpoint local, remote;
	bool nat_here, nat_there, nat_set, encap;
	bool follow;		    /* the Child SAs go where the IKE SA is, in the kernel too */
	struct ike_mobile *mobile;  /* in the arena: the SA's from now on; NULL: unchanged */
	uint32_t child_spi;	    /* initiator: announced in IKE_AUTH; 0: unchanged */
	struct selectors *proposed; /* owned; what was asked for with it; NULL: unchanged */
	uint64_t peer_spi;	    /* 0: unchanged */
	bool childless;		    /* initiator: the responder can do RFC 6023 */
	struct child_sa *ended[OUTCOME_CHILDREN_MAX];
	unsigned ended_count;
	enum rc ended_reason;
	enum rc ike_ended;    /* RC_OK: goes on; otherwise the SA is gone after the reply */
	enum rc child_failed; /* the IKE SA is up but the Child SA was refused, by this rc */
	bool initial_contact; /* every other IKE SA of this peer is stale */
	bool request_done;    /* our outstanding request is answered */
	bool keys_later;      /* `keys` are the SA's after `message` is sealed */
	enum ike_state next;  /* instead of the row's; IKE_START: the row's */
	struct outcome_intermediate intermediate;
	struct outcome_isakmp v1;
	struct outcome_rounds rounds;
	struct outcome_proof proven[2]; /* of several rounds, in this exchange: [0] the peer, [1] we
					 */
	bool use_ppk;			/* larval: both ends sent USE_PPK */
	bool ppk;			/* a PPK is in `keys` */
	bool stay;			/* the state does not become the row's next one */
	bool out_of_place; /* a sound request is refused: it has no place in this state */
	bool heard;	   /* proof of life: set by the road for authenticated messages */
	/* for the larval part; commit takes or copies them */
	/* CREATE_CHILD_SA */
	struct ike_creation *creation; /* owned; becomes the SA's with its request */
	struct ike_sa *successor; /* owned; not linked: replaces the SA (or lost against `heir`) */
	struct ike_sa *heir;	/* established already: inherits the Child SAs instead (§2.8.1) */
	bool successor_waits;	/* ours is out: its answer tells who inherits */
	struct child_sa *old;	/* replaced by `child`, or by one that the peer made meanwhile */
	bool old_is_ours;	/* ours to delete; otherwise the peer's */
	bool child_lost;	/* `child` is redundant (§2.8.1): it goes as soon as it is there */
	struct child_sa *rival; /* redundant: the peer deletes it */
	struct span rival_nonce; /* the lower one, for the creation that is out; .ptr NULL: none */
	uint64_t rekey_refused;	 /* serial of the Child SA that the peer may not rekey like this */
	enum rc creation_failed; /* the peer (or we) refused what our request was about */
	/* CREATE_CHILD_SA or IKE_FOLLOWUP_KE with more to come: the IKE SA keeps it; after the last
	 * one it is only used. Owned */
	struct ike_followup *followup;
	uint64_t followup_over; /* serial of the peer's that is not needed any more; 0: none */
	struct secret shared;	/* g^ir of `child`; wiped with the outcome */
	struct dh_pair *pair;	/* owned */
	struct span init_request, init_response, ni, nr, cookie; /* .ptr NULL: unchanged */
	uint8_t restarts;					 /* added to the larval's count */
	struct peer_accepts accepts;				 /* hashes and kinds 0: unchanged */
	bool cert_asked;					 /* the peer sent a CERTREQ */
	struct outcome_extra extra;
	struct pool_lease *leases[2]; /* server: the client's, IPv4 and IPv6; held by the event */
	const struct ike_config *config; /* client: what it is given; in the arena */
	enum outcome_resume resume;	 /* what becomes of larval->resume */
	struct ticket *ticket;		 /* RESUME_TICKET; owned */
	struct secret keymat; /* of `child`, until commit has installed both halves; wiped with the
				 outcome */
	/* 3 send */
	struct outcome_message message;
	struct outcome_held *held; /* given up with the event, whatever becomes of it */
};

/* The event holds `what` to its end. RC_NO_MEMORY: it is released already. */
enum rc outcome_hold(struct arena *arena, struct outcome *out, void (*release)(void *what),
		     void *what) MUST_CHECK;
void outcome_release(struct outcome *out);
/* The larval part of an IKE SA takes or copies what an outcome has for it (larval.c). */
enum rc larval_take(struct ike_larval *larval, struct outcome *out) MUST_CHECK;

struct step;
typedef enum rc (*step_fn)(struct step *step, struct outcome *out);

/* One event on the road. */
struct step {
	const struct sa_env *env;
	struct arena *arena;
	usec_t now;
	struct ike_sa *sa;     /* looked up again by serial after each suspension; NULL: none yet */
	struct peer *peer;     /* EVENT_INITIATE: for whom */
	struct tunnel *tunnel; /* EVENT_INITIATE, EVENT_CREATE_CHILD: for which; found again by
				  serial after each suspension */
	struct child_sa *subject; /* EVENT_DELETE_CHILD, EVENT_REKEY_CHILD; found again by serial */
	struct ip_endpoint local, remote; /* of the datagram */
	bool natt;
	const struct ike_message *message; /* NULL: not a packet */
	enum rc rc;			   /* of the job or of the first failed kernel request */
	struct diag job_diag;
	const step_fn *divert;	    /* set by a step: the road goes on with this list */
	struct x509_waiter *waiter; /* the event's, for what the step asks of env->revocation */
	bool again;		    /* set by a step that returns RC_SUSPEND: see outcome.work */
	uint8_t iv[IKEV1_IV_MAX];   /* IKEv1: the chain after the message */
	void *scratch;		    /* the row's own, in the arena; kept over suspensions */
};

#endif
