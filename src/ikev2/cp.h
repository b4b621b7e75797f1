/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses for clients in IKE_AUTH: the configuration payload (RFC 7296 §2.19, §3.15). */
#ifndef VANTH_IKEV2_CP_H
#define VANTH_IKEV2_CP_H

#include "ikev2/private.h"
#include "sa/client.h"

/* What Cisco's and Libreswan's clients ask for a greeting with. */
#define CP_UNITY_BANNER 28672

enum cp_want {
	CP_WANT_IP4 = 1,
	CP_WANT_IP6 = 2,
	CP_WANT_NETMASK = 4,
	CP_WANT_DNS4 = 8,
	CP_WANT_DNS6 = 16,
	CP_WANT_DOMAINS = 32,
	CP_WANT_BANNER = 64,
	CP_WANT_SUBNET4 = 128,
	CP_WANT_SUBNET6 = 256,
	CP_WANT_SUPPORTED = 512,
};

/* ---- cp_answer.c: the server ---- */
struct cp_request {
	bool present; /* a CFG_REQUEST came */
	unsigned wants;
	struct ip_addr asked[2]; /* [0] IPv4, [1] IPv6; AF_UNSPEC: any will do */
};
enum rc cp_read_request(struct step *step, struct cp_request *out, struct diag *diag) MUST_CHECK;
/* Leases for the peer, whose identity is proven, into out->leases, which the event holds.
 * RC_NO_ADDRESS: none of the IP versions that it asks for is to be had (§3.15.4); RC_CP_REQUIRED:
 * it asks for none, and the conn has nothing else for it. */
enum rc cp_lease(struct step *step, const struct peer *peer, const struct identity *client,
		 const struct cp_request *in, struct outcome *out) MUST_CHECK;
/* CFG_REPLY, when there was a CFG_REQUEST: what was asked for, as far as we have it. */
enum rc cp_emit_reply(struct step *step, const struct peer *peer, const struct cp_request *in,
		      const struct outcome *out, struct writer *writer) MUST_CHECK;

/* ---- cp_ask.c: the client ---- */
/* CFG_REQUEST, when our end of the conn is a client. */
enum rc cp_emit_request(struct step *step, const struct peer *peer,
			struct writer *writer) MUST_CHECK;
/* What a Child SA is asked for with it: any address of ours (§2.19). Not a client: the tunnel's. */
enum rc cp_asking(const struct tunnel *tunnel, struct selectors *out, struct diag *diag) MUST_CHECK;
/* The CFG_REPLY into out->config; NULL: we are no client. RC_NO_ADDRESS: it gives no address of the
 * IP version of the tunnel. */
enum rc cp_read_reply(struct step *step, const struct tunnel *tunnel,
		      struct outcome *out) MUST_CHECK;
/* The Child SA protects the given address alone. RC_TS_UNACCEPTABLE: the peer allows another one.
 */
enum rc cp_take(const struct outcome *out, struct child_sa *child, struct diag *diag) MUST_CHECK;

#endif
