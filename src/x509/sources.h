/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: where CRLs and OCSP answers come from, each with what it gave. */
#ifndef VANTH_X509_SOURCES_H
#define VANTH_X509_SOURCES_H

#include "base/table.h"
#include "x509/ocsp.h"
#include "x509/places.h"
#include "x509/responders.h"
#include "x509/revocation.h"
#include "x509/watches.h"

#define CRL_SOURCES_MAX	      256
#define CRL_BYTES_MAX	      (8u << 20)  /* of one CRL */
#define CRLS_BYTES_MAX	      (64u << 20) /* of all together */
#define OCSP_BUSY_MAX	      1024	  /* questions beyond ocsp-cache-size */
#define SOURCES_AT_ONCE	      16	  /* being fetched or checked; others wait for their turn */
#define SERIAL_MAX	      21
#define SOURCE_RETRY	      (10 * USEC_PER_SEC) /* after a failure; doubled each time */
#define SOURCE_RETRY_MAX      (10 * 60 * USEC_PER_SEC)
#define SOURCE_LINGER	      (2 * USEC_PER_SEC)  /* who waited shall still find it */
#define SOURCE_LINGER_REVOKED (60 * USEC_PER_SEC) /* and whoever looks at all peers */
#define CRL_UNDATED	      86400 /* seconds that a CRL without nextUpdate is good for */
#define CRL_AHEAD	      3600  /* seconds before nextUpdate, at most: it is fetched again */

enum source_kind { SOURCE_CRL, SOURCE_OCSP, SOURCE_KINDS };
enum source_state { SOURCE_IDLE, SOURCE_QUEUED, SOURCE_FETCHING, SOURCE_CHECKING };

struct source {
	struct table_node node; /* by key */
	struct list in_age;	/* of its kind: the one that was used last is last */
	struct list in_queue;
	struct revocation *revocation;
	uint8_t key[32];
	uint8_t issuer_key[32];
	uint8_t kind, state;			/* enum source_kind, source_state */
	bool local;				/* it lies here (shelf.c), and is never fetched */
	bool there;				/* and was there at the last look */
	bool posts;				/* the responder does not answer GET */
	bool posted;				/* so was the question that is out */
	uint8_t serial[SERIAL_MAX], serial_len; /* SOURCE_OCSP: whom it is about */
	uint16_t failures;
	unsigned era;		     /* of the settings by which it is, or was, asked */
	char *places;		     /* place_*: of the CRL, or of the responders, in order */
	const char *url;	     /* the one of them that is, or was, asked */
	char *subject;		     /* SOURCE_OCSP: for people */
	struct certificate *issuer;  /* SOURCE_OCSP: NULL: not needed now */
	struct responder *responder; /* where it waits, or is asked; NULL: it is idle */
	struct fetch *fetch;
	struct source **checking; /* by which the check on a worker knows it; NULL: none is */
	struct list waiters;	  /* of x509_waiter.in_source */
	struct timer refresh;
	usec_t settled;	 /* when it became idle */
	usec_t retry_at; /* after a failure: not before */
	char *why;	 /* the last failure; NULL: none */
	/* what is known */
	usec_t fetched;
	int64_t fetched_wall;
	struct crl *crl;
	bool answered;
	usec_t expires; /* of the answer */
	struct ocsp_answer answer;
};

struct revocation {
	struct revocation_env env;
	struct table sources;
	struct list ages[SOURCE_KINDS];
	struct responders responders;
	struct watches watches;
	size_t counts[SOURCE_KINDS], crl_bytes;
	unsigned under_way;
	struct list woken; /* waiters whose source is idle again */
	struct deferred wake_later, begin_later;
	bool ended;		       /* nobody waits any more */
	char *folder;		       /* of CRLs that lie here; NULL: none */
	struct rereading *reading;     /* on a worker; NULL: none is */
	struct x509_trust *read_again; /* once more then, with these CAs; NULL: no */
	struct log_limit limit;
	/* settings */
	bool crl_strict, ocsp_enable, ocsp_strict, ocsp_post;
	usec_t crl_interval, crl_timeout, ocsp_timeout, ocsp_min_age, ocsp_max_age;
	size_t ocsp_cache;
	char *ocsp_uri, *ocsp_trustname;
	unsigned ocsp_era;	  /* of the two: what was asked by other ones does not count */
	struct x509_trust *trust; /* NULL: no CA has places of its own */
};

/* Hash of name and key of a CA. */
enum rc source_issuer_key(const struct certificate *issuer, uint8_t out[32]) MUST_CHECK;
/* The CRL at this URL that the issuer makes, or the answer about a certificate of that issuer; made
 * when there is none. NULL: out of memory, or too many are busy. */
struct source *source_of_crl(struct revocation *revocation, struct span url,
			     const struct certificate *issuer);
struct source *source_of_ocsp(struct revocation *revocation, const struct places *places,
			      const struct certificate *certificate,
			      const struct certificate *issuer);
/* By the hash of its issuer and its serial number; NULL: never asked for. */
struct source *source_find_ocsp(const struct revocation *revocation, const uint8_t issuer[32],
				struct span serial);
/* The same for one that is asked again, whatever is known: NULL as that. */
struct source_wish {
	const struct places *places;
	const char *subject; /* for people; NULL: nobody knows */
	const uint8_t *issuer_key;
	struct span serial;
	const struct certificate *issuer;
};
struct source *source_renew_ocsp(struct revocation *revocation, const struct source_wish *wish);
/* It was used: others make room before it does. */
void source_touch(struct source *source);
void source_drop_crl(struct source *source);
/* What a question needs, and an answer does not. */
void source_forget_issuer(struct source *source);
/* What is too much goes: of CRLs by bytes (not `but`), of answers by number. */
void sources_trim(struct revocation *revocation, const struct source *but);
/* Those that lay here, and do not any more. */
void sources_forget_local(struct revocation *revocation);
void sources_free(struct revocation *revocation);

/* ---- revocation.c ---- */
/* Serial numbers are an issuer's: a CRL of it that has this one means this certificate, whatever
 * its scope and age; then why says so. NULL: none has. */
struct source *crls_revoke(const struct revocation *revocation, const uint8_t issuer[32],
			   struct span serial, const char *who, struct diag *why);
/* A current one in which it would stand. */
struct source *crls_cover(const struct revocation *revocation, const uint8_t issuer[32],
			  const struct certificate *certificate);
void say_revoked(struct diag *why, const char *who, const struct revoked *revoked, const char *what,
		 int64_t made, const char *from);

/* ---- fetching.c ---- */
/* Fetches unless it is at it, or has failed lately. True: it is at it. */
bool source_ask(struct source *source);
/* The CRL is within its dates. */
bool source_crl_current(const struct source *source);
bool source_answer_current(const struct source *source);
/* Arms the timer by which a CRL is fetched again. */
void source_arm_refresh(struct source *source);
void source_refresh(struct timer *timer);
/* Who waits for it is woken, deferred. */
void source_wake(struct source *source);
/* Deferred: who waits is woken; what waits for its turn has it. */
void sources_wake(struct deferred *deferred);
void sources_begin(struct deferred *deferred);

/* ---- revocation.c ---- */
/* As the settings are now, who is asked about certificates of that issuer: ocsp-uri=, those of its
 * ca section, or `own`. */
void revocation_responders(const struct revocation *revocation, const struct certificate *issuer,
			   const struct places *own, struct places *out);

#endif
