/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's rooms of IKEv1; a part of private.h. */
#ifndef VANTH_ENGINE_V1_H
#define VANTH_ENGINE_V1_H

#include "engine/gateway.h"

struct errand;

/* ---- v1.c: IKEv1 on the road ---- */
void v1_receive(struct gateway *gateway, const struct datagram *datagram,
		const struct ike_header *header);
/* v1_fragment.c: a fragment for the SA is kept, or refused with a reason; the last one brings the
 * message on its way (v1_receive()). */
void v1_fragment_arrived(struct gateway *gateway, struct ike_sa *sa,
			 const struct datagram *datagram);
/* A whole message of the SA's goes out, in fragments when it is larger than the path and the peer
 * takes them. */
void v1_transmit(struct gateway *gateway, const struct ike_sa *sa, const struct ip_endpoint *local,
		 const struct ip_endpoint *remote, struct span message);
/* An answer, to the same question again: perhaps it was too large. */
void v1_transmit_again(struct gateway *gateway, struct ike_sa *sa, const struct ip_endpoint *local,
		       const struct ip_endpoint *remote, struct span message);
/* Nothing came of it: the next fragments are smaller. false: they stay. */
bool v1_fragments_lower(struct gateway *gateway, struct ike_sa *sa, struct span message);
/* The row of an event of either version. version 1 or 2. */
const struct ike_row *row_find(unsigned version, enum ike_state state, enum ike_role role,
			       enum ike_event event);
/* It was reached. */
void row_count(struct gateway *gateway, const struct ike_row *row);
static inline unsigned version_of(const struct ike_sa *sa, const struct peer *peer)
{
	if (sa != NULL)
		return sa->v1 != NULL ? 1 : 2;
	return peer != NULL && peer_is_v1(peer) ? 1 : 2;
}
/* Tells a datagram that came before. */
enum rc v1_digest_of(struct span datagram, uint8_t out[ISAKMP_DIGEST_LEN]) MUST_CHECK;

/* ---- v1_send.c: from an outcome to its message ---- */
/* What the event changes of the ISAKMP SA, before anything is sent. */
enum rc v1_commit(struct errand *errand) MUST_CHECK;
enum rc v1_send(struct errand *errand) MUST_CHECK;
/* reconcile: a client that is told its address unasked (ModeCfg) gets it now. */
void v1_configure(struct gateway *gateway, struct ike_sa *sa);
/* The R-U-THERE that is out goes out anew, with the next number. */
void v1_probe_again(struct gateway *gateway, struct ike_sa *sa);
/* A Quick Mode of the peer's has failed: it is told why. */
void v1_refuse(struct errand *errand, enum rc rc);
/* Tells the peer that the SA ends. */
void v1_goodbye(struct gateway *gateway, struct ike_sa *sa, struct arena *arena);
/* The peer has done its part of phase 1 and we do not accept it: it is told, so that it does not
 * believe in an ISAKMP SA that nobody else has. */
void v1_disown(struct errand *errand);
/* An event of IKEv1 has failed: does the SA end with it? */
bool v1_fatal(const struct errand *errand, enum rc rc);

/* ---- v1_refuse.c: who begins in vain ---- */
/* The first message has failed: NO_PROPOSAL_CHOSEN in clear, if that is why. */
void v1_refuse_first(struct errand *errand, enum rc rc);
/* IKEv1 that no conn asks for is counted, told, and refused where ikev1-policy= says so. */
void v1_unwelcome(struct gateway *gateway, const struct datagram *datagram,
		  const struct ike_header *header);

/* ---- v1_agreed.c: what the ends of IKEv1 tell each other of SAs that are up ---- */
/* Part of v1_commit(): lifetimes become shorter (RESPONDER-LIFETIME), the peer has an IPsec SA
 * (CONNECTED). */
void v1_agreed(struct errand *errand);
/* reconcile: the peer is told that our ISAKMP SA does not live as long as it offered. */
void v1_tell(struct gateway *gateway, struct ike_sa *sa);

/* ---- phase1.c: Child SAs that outlive their ISAKMP SA (architecture.md §6) ---- */
/* The SA ends by this reason: do its Child SAs stay? */
bool phase1_outlived(const struct gateway *gateway, const struct ike_sa *sa, enum rc reason);
/* It ends, they stay: with another ISAKMP SA of the peer's, or with what is left of this one (then
 * it is IKEV1_GONE). */
void phase1_gone(struct gateway *gateway, struct ike_sa *sa, enum rc reason);
/* Its timer: they are due to be replaced, or their own lifetimes are. */
void phase1_fire(struct gateway *gateway, struct ike_sa *sa);
/* An ISAKMP SA is up: it takes over what may be taken over. */
void phase1_back(struct gateway *gateway, struct ike_sa *sa);
/* Phase 1 failed: what waited for it ends. */
void phase1_failed(struct gateway *gateway, struct peer *peer);
/* Who answers only (right=%any, no address) waits for its peer. */
bool phase1_may_begin(const struct gateway *gateway, const struct peer *peer);
/* reconcile's rule. */
void phase1_go(struct gateway *gateway, struct ike_sa *sa);

/* ---- phase1_renew.c: an ISAKMP SA takes the place of another ---- */
/* reconcile's rule: the IPsec SAs go on with the newest one, older ones go, and before it ends
 * another one is begun. */
void phase1_renew(struct gateway *gateway, struct peer *peer);
/* The newest one is past its soft lifetime, and IPsec SAs need one. */
bool phase1_renewal_due(const struct peer *peer, usec_t now);
/* Another ISAKMP SA of the same peer is up; false for IKEv2. */
bool phase1_has_company(const struct ike_sa *sa);
/* All IPsec SAs of the peer end, and this one, which has them, with them: so do its ISAKMP SAs that
 * have none. Nothing for IKEv2. */
void phase1_company_goes(struct ike_sa *sa);
/* The peer has it too: the last message of phase 1 may have been lost. */
bool phase1_is_proven(const struct ike_sa *sa);
/* A Quick Mode of ours for it is under way, in whichever ISAKMP SA of its peer; false for IKEv2. */
bool phase1_is_making(const struct tunnel *tunnel);
/* IKEv1: each end had begun one before it knew of the other's. Both ends say the same of them, as a
 * Quick Mode does not begin while one of the peer's for the same is under way. */
bool phase1_crossed(const struct child_sa *a, const struct child_sa *b);
/* It is not rekeyed: another one has taken its place, or it is not the peer's yet; false for IKEv2.
 */
bool phase1_leaves_alone(const struct child_sa *child);
/* The IPsec SAs go on with another ISAKMP SA, but for those that are to be replaced. */
void phase1_hand_over(struct gateway *gateway, struct ike_sa *to, struct ike_sa *from);
/* INITIAL-CONTACT: the peer knows nothing of what there was before this ISAKMP SA. */
void phase1_forget(struct gateway *gateway, struct ike_sa *sa);

/* ---- xauth.c: users of IKEv1 ---- */
/* What an event has changed about the SA's user is logged and recorded. */
void xauth_commit(const struct errand *errand);
/* We may begin: nothing is asked of us, or we have what will be. The diag says what is missing. */
bool xauth_may_begin(const struct gateway *gateway, const struct peer *peer, struct diag *diag);
/* reconcile: a tunnel for which we may not begin waits, and has said so. */
bool xauth_waits(struct gateway *gateway, struct tunnel *tunnel);
/* An attempt has ended so: the same password is not tried before that time. 0: no matter. */
usec_t xauth_failed(struct gateway *gateway, const struct ike_sa *sa);
/* ", user alice"; "": none is proven. */
#define XAUTH_USER_TEXT_MAX 160
const char *xauth_user_text(const struct ike_sa *sa, char text[XAUTH_USER_TEXT_MAX]);

#endif
