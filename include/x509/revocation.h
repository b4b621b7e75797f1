/* SPDX-License-Identifier: Apache-2.0 */
/* Are the certificates of a trusted path revoked? CRLs (RFC 5280 §5) and OCSP answers (RFC 6960),
 * fetched without blocking anybody, checked on workers, kept and refreshed. A value of one gateway;
 * all calls on the loop. */
#ifndef VANTH_X509_REVOCATION_H
#define VANTH_X509_REVOCATION_H

#include "base/list.h"
#include "host/host.h"
#include "log/log.h"
#include "x509/x509.h"

/* Whose clock and timers it uses. */
struct revocation_env {
	struct host *host;
	struct log *log;
	/* arms or moves the timer; USEC_NEVER: cancels it */
	void (*timer)(void *context, struct timer *timer, usec_t due);
	/* something new is known: what was good may be revoked. Not from inside a call */
	void (*news)(void *context);
	void *context;
};
struct revocation;
/* setup: what crl-*, curl-timeout and ocsp-* say; copied. seed: random, of its table. NULL: out of
 * memory. */
struct revocation *revocation_new(const struct revocation_env *env,
				  const struct config_setup *setup, const uint64_t seed[2]);
/* Who waits is told at once, and nobody waits any more: RC_SHUTDOWN is what he gets. */
void revocation_stop(struct revocation *revocation);
/* Nobody may wait any more. Checks that are on a worker end by themselves. NULL: nothing. */
void revocation_free(struct revocation *revocation);
/* A reload: who waits goes on waiting. RC_NO_MEMORY: the old settings stay. */
enum rc revocation_configure(struct revocation *revocation,
			     const struct config_setup *setup) MUST_CHECK;
/* CAs with places of their own to ask (x509_trust_points()); takes a reference. */
void revocation_trust(struct revocation *revocation, struct x509_trust *trust);
/* ipsec rereadcrls: all CRLs are fetched again, responders are asked again, failures are forgotten.
 */
void revocation_refetch(struct revocation *revocation);

/* Where CRLs lie beside those of the NSS database; copied. RC_NO_MEMORY. */
enum rc revocation_folder(struct revocation *revocation, const char *folder) MUST_CHECK;
/* They are read at once: before the loop begins. RC_NO_MEMORY. */
enum rc revocation_read_now(struct revocation *revocation,
			    const struct x509_trust *trust) MUST_CHECK;
/* They are read again, on a worker; those that a CA of `trust` made count like fetched ones. */
void revocation_reread(struct revocation *revocation, struct x509_trust *trust);

/* Somebody who waits; he embeds it, zeroed, and forgets it before it goes. */
struct x509_waiter {
	void (*ready)(struct x509_waiter *waiter); /* ask again; not from inside a call */
	/* the service's own */
	struct list in_source;
	struct timer limit;
	struct revocation *revocation;
	bool begun, over;
};
/* Of a path that x509_verify() found (leaf first, anchor last; all else of it is right).
 * RC_OK: nothing says that one of them is revoked, and no setting wants to know more.
 * RC_AUTH_FAILED with a diag that names subject, issuer, serial number, since when, why and who
 * says so; or what could not be found out. RC_SUSPEND: waiter->ready comes, within WAIT_MAX in
 * all, then ask again. RC_SHUTDOWN: it is not waited for any more. What is not strict is asked for
 * too, for the next time, without waiting. */
#define REVOCATION_WAIT_MAX (20 * USEC_PER_SEC)
enum rc x509_revocation(struct revocation *revocation, struct certificate *const *path,
			unsigned count, struct x509_waiter *waiter, struct diag *diag) MUST_CHECK;
void x509_waiter_forget(struct x509_waiter *waiter);

/* ---- afterwards ---- */
/* What is kept of a path, to find out later. */
struct x509_proof {
	unsigned count;
	struct x509_proof_one {
		uint8_t issuer[32]; /* hash of its name and key */
		uint8_t serial[21], serial_len;
	} certificates[];
};
/* On the heap, mem_free(); NULL: out of memory, or nothing in the path could be revoked. */
struct x509_proof *x509_proof_new(struct certificate *const *path, unsigned count);
struct x509_proof *x509_proof_copy(const struct x509_proof *proof);
/* Both in one, to be asked about together. */
struct x509_proof *x509_proof_join(const struct x509_proof *a, const struct x509_proof *b);
/* By what is known now, nothing is asked for: RC_OK, or RC_AUTH_FAILED with a diag. */
enum rc x509_proof_check(const struct revocation *revocation, const struct x509_proof *proof,
			 struct diag *diag) MUST_CHECK;

/* Who has it is up still: responders are asked about it again when what they said is over
 * (crlcheckinterval=, nextUpdate), a few at a time, and news() tells when one is revoked. To be
 * called every minute or more often; who is not heard of for five is not asked about any more. */
void x509_proof_watch(struct revocation *revocation, const struct x509_proof *proof);
/* Who has it got, or keeps, a ticket (RFC 5723) that is good until then, and may come back by it
 * after any pause: it is not forgotten. Of very many those that are away for longest are. */
void x509_proof_may_return(struct revocation *revocation, const struct x509_proof *proof,
			   usec_t until);

/* ---- to look at ---- */
enum x509_known { X509_KNOWN_NOT, X509_KNOWN_GOOD, X509_KNOWN_REVOKED };
/* Of one certificate, by what is known now; nothing is asked for. diag: the sentence that says so;
 * X509_KNOWN_NOT: "". */
enum x509_known x509_known(const struct revocation *revocation,
			   const struct certificate *certificate, const struct certificate *issuer,
			   struct diag *diag);

struct revocation_entry {
	bool ocsp;
	char issuer[IDENTITY_TEXT_MAX]; /* of a CRL */
	const char *subject; /* of an OCSP answer: the certificate, with its serial number */
	const char *from;    /* URL */
	bool known;	     /* there is a CRL, or an answer; otherwise `why` says why not */
	bool current;	     /* and it counts */
	int64_t this_update, next_update; /* seconds since 1970; 0: not told */
	usec_t fetched;			  /* of the host's clock */
	uint32_t entries;		  /* of a CRL */
	const char *status;		  /* "good", "revoked", "unknown"; of an answer */
	bool busy;			  /* being fetched or checked */
	const char *why;		  /* the last failure; NULL: none */
};
/* The index-th of the CRLs, then of the answers; borrowed until the loop goes on. false: there are
 * no more. */
bool revocation_entry(const struct revocation *revocation, size_t index,
		      struct revocation_entry *out);

#endif
