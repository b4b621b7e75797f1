/* SPDX-License-Identifier: Apache-2.0 */
/* Proofs of identity, whatever the method: ours is made (prove), the peer's is verified (check).
 * Shared key and NULL are done at once; signatures and chains suspend the event. */
#ifndef VANTH_AUTH_PROVE_H
#define VANTH_AUTH_PROVE_H

#include "auth/psk.h"
#include "x509/keyring.h"

/* RFC 7427 §4: a set of enum sign_hash as bits. */
#define HASH_BIT(hash) (1u << (hash))
/* What we can verify, as SIGNATURE_HASH_ALGORITHMS tells it: SHA-1 never. */
unsigned prove_hashes(void);

/* How a signature is made. */
struct auth_choice {
	uint8_t method; /* enum auth_method */
	struct sign_scheme scheme;
	enum signature_form form;
};

/* Between whom. */
struct auth_ends {
	const struct peer *peer;
	const struct identity *remote_id;
	const struct ip_endpoint *local, *remote;
	bool again; /* the second proof (RFC 4739), by leftauth2= and rightauth2= */
};
/* By what the two ends prove themselves in that round. */
const struct config_end *auth_local_end(const struct auth_ends *ends);
const struct config_end *auth_remote_end(const struct auth_ends *ends);
/* Who we are in it. leftid2=%fromcert: RC_AUTH_FAILED with a diag where the certificate is not
 * there. The identity's bytes are in the arena. */
enum rc auth_local_id(const struct step *step, const struct auth_ends *ends, struct identity *out,
		      struct diag *diag) MUST_CHECK;

/* ---- ours ---- */
struct prove {
	uint8_t method;			     /* enum auth_method */
	struct span value;		     /* in the arena */
	const struct credential *credential; /* NULL: no signature; held by the event */
	struct signing *signing;	     /* out at a worker; NULL: none is */
};
/* accepts: what the peer announced; zero: nothing (then RFC 7296's own methods). RC_OK: done;
 * RC_SUSPEND: out->work is set, and prove_end() comes in the next step, whatever this returned
 * before. What the conn allows and the key at hand decide the method; a diag says what does not
 * fit. */
enum rc prove_begin(struct step *step, const struct auth_ends *ends,
		    const struct peer_accepts *accepts, const struct auth_input *input,
		    struct prove *prove, struct outcome *out) MUST_CHECK;
enum rc prove_end(const struct step *step, struct prove *prove, struct outcome *out) MUST_CHECK;

/* After prove_end(): how many certificates go with it, our own first and then its chain: 0 where
 * our key is not certified, or the peer does not get them (leftsendcert=). asked: it wants them. */
unsigned prove_certificates(const struct config_end *local, const struct prove *prove, bool asked);
/* The one at i, below that count; its data lives as long as the credential. */
struct wire_cert prove_certificate(const struct prove *prove, unsigned i);
/* Bytes that the proof and all certificates may need in a message. */
size_t prove_room(const struct prove *prove);

/* Could we prove our identity now? RC_AUTH_FAILED with a diag: before anything is sent. */
enum rc prove_possible(const struct step *step, const struct auth_ends *ends,
		       struct diag *diag) MUST_CHECK;

/* ---- the peer's ---- */
struct check {
	/* in: what it sent */
	struct wire_auth auth;
	struct span certificates[X509_CHAIN_MAX]; /* CERT payloads of X.509 type, its own first */
	unsigned certificate_count;
	uint8_t unread; /* enum cert_encoding of one that we do not read; 0: none came */
	/* the rest is ours */
	struct auth_choice choice;
	struct span signature;
	struct auth_octets *octets;
	struct x509_verify verify;
	struct public_key *keys[4]; /* raw ones that it may have */
	unsigned key_count;
	struct certificate *pinned; /* rightcert=, whose key is among them; NULL: none */
	struct diag *unknown;	    /* why nobody can say whether that is revoked */
	bool pending;
};
/* Takes CERT payloads of the message into check. RC_LIMIT, RC_UNSUPPORTED (an encoding that we do
 * not read, e.g. hash and URL). */
enum rc check_read(struct step *step, struct check *check, struct diag *diag) MUST_CHECK;
/* RC_OK: the proof is right (of a shared key, or NULL where the conn allows it). RC_SUSPEND:
 * out->work is set. check_end() comes in the next step either way. RC_AUTH_FAILED with a diag. */
enum rc check_begin(struct step *step, const struct auth_ends *ends, const struct auth_input *input,
		    struct check *check, struct outcome *out) MUST_CHECK;
/* Chain and signature are right, the certificate carries the peer's identity (RFC 4945), and
 * nothing says that it is revoked. RC_SUSPEND: step->again is set, it is asked again with the same
 * step. */
enum rc check_end(struct step *step, const struct auth_ends *ends, struct check *check,
		  struct outcome *out) MUST_CHECK;
/* After check_end(): seconds since 1970 until the first certificate of its chain ends; 0: it has a
 * shared key; -1: neither. */
int64_t check_certified_until(const struct check *check);
/* Which AUTHBY_ bits a method of AUTH may mean: to prefer the conns that allow it. */
unsigned auth_method_kinds(uint8_t method);

#endif
