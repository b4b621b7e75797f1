/* SPDX-License-Identifier: Apache-2.0 */
/* An IKEv2 initiator that only makes load: IKE_SA_INIT and IKE_AUTH with a shared key and one ESP
 * Child SA (RFC 7296 §1.2), over the project's wire, crypto and proposal code. It verifies the
 * responder's AUTH and its choices, so every exchange counted is a real one. No sockets and no
 * clock here. */
#ifndef VANTH_BENCH_INITIATOR_H
#define VANTH_BENCH_INITIATOR_H

#include "base/timer.h"
#include "crypto/ikev1.h"
#include "proposal/proposal.h"

#define INITIATOR_NONCE_LEN 32

/* What all initiators of a run share. One key pair serves them all, so that this side stays cheap.
 */
struct scheme {
	struct proposal_list *ike, *esp;
	struct ike_suite suite;
	struct dh_pair *pair;
	struct span psk;
	struct ip_endpoint responder;
	const char *responder_id; /* an FQDN to ask for and to insist on; NULL: any */
};
/* ike: one proposal with one transform of each type, as in ike=. */
enum rc scheme_open(struct scheme *scheme, const char *ike, const char *esp,
		    struct diag *diag) MUST_CHECK;
void scheme_close(struct scheme *scheme);

enum phase {
	PHASE_NEW,
	PHASE_INIT_SENT,
	PHASE_AUTH_SENT,
	PHASE_V1_SA,
	PHASE_V1_KE,
	PHASE_V1_ID,
	PHASE_V1_QUICK,
	PHASE_UP,
	PHASE_FAILED
};

struct bytes {
	uint8_t *ptr;
	size_t len;
};

struct initiator {
	enum phase phase;
	uint64_t spi_i, spi_r;
	struct ip_endpoint local;
	uint8_t nonce[INITIATOR_NONCE_LEN];
	struct bytes request; /* to be sent, and sent again until it is answered */
	struct bytes init_request, init_response, peer_nonce, cookie; /* IKEv1: SAi_b */
	/* IKEv1 */
	struct bytes peer_public;
	uint8_t iv[IKEV1_IV_MAX], quick_iv[IKEV1_IV_MAX];
	uint32_t message_id; /* of Quick Mode */
	struct ike_keys keys;
	bool childless;	 /* up, but the responder refused the Child SA */
	uint16_t notify; /* the responder's error, 0: none */
	unsigned cookies;
	/* the caller's */
	usec_t began, sent;
	unsigned tries;
};

/* spi_i, local and nonce are set. The first request is then in initiator->request. */
enum rc initiator_begin(const struct scheme *scheme, struct initiator *initiator) MUST_CHECK;
/* A datagram for its SPI. RC_DROP: not an answer that it waits for. After RC_OK, the phase tells
 * whether there is a new request to send. Any other rc is the reason why it failed. */
enum rc initiator_receive(const struct scheme *scheme, struct initiator *initiator,
			  struct span datagram, struct diag *diag) MUST_CHECK;
void initiator_wipe(struct initiator *initiator);

/* The same by Main Mode and Quick Mode (initiator_v1.c); when the phase is PHASE_UP the request is
 * the third message of Quick Mode, which nobody answers. */
enum rc initiator_v1_begin(const struct scheme *scheme, struct initiator *initiator) MUST_CHECK;
enum rc initiator_v1_receive(const struct scheme *scheme, struct initiator *initiator,
			     struct span datagram, struct diag *diag) MUST_CHECK;

#endif
