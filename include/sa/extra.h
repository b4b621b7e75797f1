/* SPDX-License-Identifier: Apache-2.0 */
/* What only some IKE SAs have: the peer's crash token, what the peer is still to be told. It hangs
 * off the IKE SA, is freed with it, and is handed on when the SA is rekeyed. */
#ifndef VANTH_SA_EXTRA_H
#define VANTH_SA_EXTRA_H

#include "sa/sa.h"
#include "x509/revocation.h"

/* What an INFORMATIONAL of ours is to tell the peer (struct ike_extra.tell) */
enum ike_tell {
	TELL_CRASH_TOKEN = 1, /* a rekeyed IKE SA has SPIs without a token (RFC 6290 §4.3) */
	TELL_LIFETIME = 2,    /* AUTH_LIFETIME has changed (RFC 4478 §3) */
	TELL_REDIRECT = 8,    /* the operator wants the peer to leave (RFC 5685 §5) */
	TELL_TICKET = 4,      /* a rekeyed IKE SA needs another ticket (RFC 5723 §4.1) */
};

/* A client: what its server has given it (RFC 7296 §3.15). */
#define IKE_CONFIG_DNS_MAX   8
#define IKE_CONFIG_TEXT_MAX  1024
#define IKE_CONFIG_SPLIT_MAX 16
struct ike_split { /* Cisco's split networks: only these go to the server (IKEv1) */
	struct ip_range networks[IKE_CONFIG_SPLIT_MAX];
	unsigned count;
	bool all; /* they are too many: everything does */
};
struct ike_config {
	struct ip_addr addresses[2]; /* IPv4, IPv6; AF_UNSPEC: none */
	uint8_t prefix6; /* of the subnet that is ours with the IPv6 address; 128: none */
	uint8_t dns_count;
	struct ip_addr dns[IKE_CONFIG_DNS_MAX]; /* servers */
	char *domains; /* to be asked there, with blanks between; names are checked; NULL: none */
	char *banner;  /* a greeting, without control characters; NULL: none */
	struct ike_split *split; /* NULL: none */
};

struct ike_extra {
	uint8_t *crash_token; /* the peer's (RFC 6290); NULL: it gave none */
	uint8_t crash_token_len;
	uint8_t tell;	      /* enum ike_tell bits */
	uint32_t auth_told;   /* seconds of AUTH_LIFETIME that we told the peer; 0: none */
	usec_t authenticated; /* when the peer proved its identity; kept over rekeys */
	/* gateway with session-resumption=: seconds since 1970 until the certificates end by which
	 * the client proved its identity; 0: a shared key did; -1: a raw key or nothing. Kept over
	 * rekeys */
	int64_t certified_until;
	char *redirect;		   /* TELL_REDIRECT: where to */
	struct ticket *ticket;	   /* the gateway's, for us (RFC 5723); NULL: none */
	struct ike_config *config; /* client: what it was given; NULL: nothing */
	struct x509_proof *proof;  /* of the peer's certificates; NULL: it has proven none */
	struct ike_proofs *proofs; /* of several rounds (sa/proofs.h); NULL: there was one */
	char *ends_because;	   /* why it is to be deleted; NULL: delete_reason says it */
	struct identity gateway; /* client with session-resumption=: who the gateway proved to be */
};

/* The SA's, made when it has none; NULL: out of memory. */
struct ike_extra *ike_extra_of(struct ike_sa *sa);
void ike_extra_free(struct ike_sa *sa);
/* The peer's token replaces an earlier one. */
enum rc ike_extra_crash_token(struct ike_sa *sa, struct span token) MUST_CHECK;
/* To be called when an IKE SA is rekeyed (RFC 7296 §2.18), before `from` is freed: `to` is its
 * successor with its own SPIs. The end of the authentication goes on (a rekey does not prove an
 * identity); the token of the old SPIs does not, and the peer is told the one for the new SPIs. A
 * token that `to` has already (it came with the rekey) stays. A ticket is asked for anew.
 * Additional key exchanges (RFC 9370) stay in its choice: its keys come from theirs.
 * `announced`: our token for the new SPIs went with the rekey too. */
enum rc ike_extra_inherit(struct ike_sa *from, struct ike_sa *to, bool announced) MUST_CHECK;

/* The SA keeps a copy, instead of the one that it had. */
enum rc ike_extra_config(struct ike_sa *sa, const struct ike_config *config) MUST_CHECK;
/* What the client may send with: its address, or the IPv6 subnet that it lies in. AF_UNSPEC: none
 * of that IP version. */
struct ip_range ike_config_range(const struct ike_config *config, uint8_t family);

/* ---- quick crash detection, RFC 6290 ---- */
#define CRASH_TOKEN_LEN	    32 /* ours */
#define CRASH_TOKEN_MIN	    16 /* §4.1 */
#define CRASH_TOKEN_MAX	    128
#define CRASH_TOKENS_LOOKED 16 /* of one message; §4.5 wants at least 4 */
/* Our token for an IKE SA with these SPIs, from the secret that outlives a crash (§5.1).
 * RC_NOT_FOUND: there is no such secret. */
enum rc crash_token(const struct sas *sas, uint64_t spi_i, uint64_t spi_r,
		    uint8_t out[CRASH_TOKEN_LEN]) MUST_CHECK;
/* Is one of these SPIs that of an IKE SA of ours, whatever the other one is? Then no token may be
 * shown to anybody (§9.2). */
bool crash_spis_alive(const struct sas *sas, uint64_t spi_i, uint64_t spi_r);

#endif
