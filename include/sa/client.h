/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses for clients, whatever asks for them and tells of them: the configuration payload of
 * IKEv2 (RFC 7296 §2.19) or the transaction exchange of IKEv1. */
#ifndef VANTH_SA_CLIENT_H
#define VANTH_SA_CLIENT_H

#include "peer/pool.h"
#include "sa/extra.h"
#include "sa/outcome.h"

/* ---- client_lease.c: the server ---- */
struct client_wish {
	bool wants[2];		 /* [0] IPv4, [1] IPv6 */
	struct ip_addr asked[2]; /* what it would like; AF_UNSPEC: any will do */
};
/* Leases for the peer, whose identity is proven, into out->leases, which the event holds: what the
 * peer has already, else out of the pools of its conn. A conn without pools gives none.
 * RC_NO_ADDRESS: none of the IP versions that it wants is to be had (RFC 7296 §3.15.4). */
enum rc client_lease(struct step *step, const struct peer *peer, const struct identity *client,
		     const struct client_wish *wish, struct outcome *out) MUST_CHECK;
/* The tunnel's selectors as they are when the leases are the peer's. */
enum rc client_leased(const struct tunnel *tunnel, const struct outcome *out,
		      struct selectors *selectors, struct diag *diag) MUST_CHECK;

/* ---- client_given.c: the client ---- */
/* What the server says goes into config as far as it is sound. Of each IP version the first address
 * counts; prefix6: of the subnet that comes with an IPv6 address. One that is nobody's (0.0.0.0,
 * loopback, multicast, link-local) is left out. */
void client_take_address(struct ike_config *config, const struct ip_addr *addr, uint8_t prefix6);
void client_take_dns(struct ike_config *config, const struct ip_addr *addr);
/* What is no name is left out: it will stand in files and commands of this host. */
enum rc client_take_domain(struct arena *arena, struct span name,
			   struct ike_config *config) MUST_CHECK;
/* A list of them with commas (UNITY_SPLITDNS_NAME) or blanks between. */
enum rc client_take_domains(struct arena *arena, struct span names,
			    struct ike_config *config) MUST_CHECK;
/* Networks of Cisco's UNITY_SPLIT_INCLUDE: address, mask, and six bytes that say nothing here. */
enum rc client_take_split(struct arena *arena, struct span networks,
			  struct ike_config *config) MUST_CHECK;
/* Control characters are escaped. */
enum rc client_take_banner(struct arena *arena, struct span text,
			   struct ike_config *config) MUST_CHECK;
/* All was said: is it what the tunnel needs? RC_NO_ADDRESS: no address of its IP version, or one
 * that would take from us what is not the server's to give (an end of the SA, another gateway). */
enum rc client_check_given(const struct step *step, const struct tunnel *tunnel,
			   const struct ike_config *config, struct diag *diag) MUST_CHECK;

/* ---- unique.c ---- */
/* uniqueids=keep: RC_AUTH_FAILED when this client, whose identity is proven, has an IKE SA already
 * from another address. */
enum rc unique_keeps_out(const struct sa_env *env, const struct peer *peer,
			 struct diag *diag) MUST_CHECK;

#endif
