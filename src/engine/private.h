/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's own rooms: errand (an event on the road), commit, send, down, reconcile, timers. */
#ifndef VANTH_ENGINE_PRIVATE_H
#define VANTH_ENGINE_PRIVATE_H

#include <string.h>
#include "engine/gateway.h"
#include "engine/v1.h"
#include "sa/ticket.h"

#define WAITING_MAX 32 /* events and packets that wait for an SA's current event */
/* Of packets that wait for a half-open SA: IKE_AUTH in ten fragments. */
#define WAITING_BYTES_MAX      (16u << 10)
#define WAITING_PROVEN_MAX     (128u << 10) /* of packets that wait for an SA of a known peer */
#define INITIATING_MAX	       128 /* attempts of ours in flight: a start of 10,000 tunnels is spread */
#define INVALID_SPI_PER_SECOND 100
#define RECONCILE_SLICE	       64 /* peers a loop turn: a rekey of ours takes up to 100 us */
#define WATCHDOG_INTERVAL      (10 * USEC_PER_SEC)
#define SIMULTANEOUS                                                                               \
	(60 * USEC_PER_SEC) /* two Child SAs from both ends closer than this crossed on the wire   \
			     */
#define NO_MEMORY_DELAY	   USEC_PER_SEC	      /* what failed for want of memory is decided again */
#define SHORT_LIFE	   (5 * USEC_PER_SEC) /* a Child SA that the peer deletes sooner was no success */
#define MESSAGE_IDS_ENOUGH 0xffff0000u	      /* of 2^32 in an IKE SA */
#define UNIQUE_GRACE	   (5 * USEC_PER_SEC) /* time for a client to delete its old IKE SA itself */
#define TAKEOVER	   (10 * USEC_PER_SEC) /* up so long, it is replaced on purpose */
#define SETTLED                                                                                    \
	(60 * USEC_PER_SEC)	   /* a Child SA that is up so long makes failures be forgotten    \
				    */
#define CROSSED_GRACE USEC_PER_SEC /* time for the peer to have the one that stays */
#define SIBLING_GRACE                                                                              \
	(3 * USEC_PER_SEC) /* the initiator of an IKE SA makes its Child SAs first                 \
			    */
#define OUT_GRACE	(30 * USEC_PER_SEC) /* until a rekeyed Child SA counts as proven */
#define FRESH_GRACE	(2 * USEC_PER_SEC)  /* the same, for one that replaces nothing by name */
#define LINGER		(2 * USEC_PER_SEC)  /* of the inbound half of what was replaced */
#define SUPERSEDE_MOST	(30 * USEC_PER_SEC) /* SAs of a conn that was loaded anew stay, at most */
#define SUPERSEDE_GRACE USEC_PER_SEC /* and when the new ones are up, for what is on its way */
#define LEAVE_GRACE	(10 * USEC_PER_SEC) /* beyond what retransmissions take */
#define CREATING_MAX	128 /* CREATE_CHILD_SA requests of ours: a mass rekey is spread */
#define LINE_TRIES	3   /* a request that was sent so often does not count any more */
#define BUSY_RETRY	(2 * USEC_PER_SEC) /* after TEMPORARY_FAILURE, and as much again at random */
#define REKEY_TRIES	8 /* TEMPORARY_FAILUREs in a row: then a whole new IKE SA */
#define OVERDUE		(3 * USEC_PER_SEC) /* from our IKE_SA_INIT response to the peer's IKE_AUTH */
#define CHILDLESS_GRACE (30 * USEC_PER_SEC) /* an IKE SA of the peer without Child SAs */
#define CHILDREN_MAX	16		    /* of one tunnel, with selectors narrowed differently */
#define DUPLICATE_GRACE (5 * USEC_PER_SEC)  /* time for the peer to delete the old one itself */

/* An event on the road: its arena, its step, its outcome; kept over suspensions. */
struct errand {
	struct list in_gateway;
	struct gateway *gateway;
	uint64_t born;				/* the n-th errand of the gateway */
	uint64_t sa_serial;			/* 0: no SA yet */
	uint64_t tunnel_serial, subject_serial; /* of step.tunnel and step.subject; 0: none */
	struct peer *held;			/* busy because of us */
	bool initiating; /* counted in the gateway's attempts, until its SA is */
	bool creating;	 /* counted too, until its request is */
	const struct ike_row *row;
	const step_fn *next;
	struct arena arena;
	struct ike_message message;
	struct step step;
	struct outcome out;
	struct job job;
	struct x509_waiter waiter;
	struct diag job_diag;
	enum rc job_rc;
	struct kernel_request **asked; /* of the kernel; NULL: answered */
	unsigned asked_count, kernel_left;
};

/* What waits for the SA's current errand: a datagram, or an event of ours. */
struct waiting {
	struct list in_sa;
	enum ike_event event;
	uint64_t child; /* EVENT_DELETE_CHILD */
	bool packet, natt;
	struct ip_endpoint local, remote;
	size_t len;
	uint8_t bytes[];
};

/* ---- keys.c ---- */
/* Certificates and keys. RC_NO_MEMORY with a diag. */
enum rc keys_open(struct gateway *gateway, const struct secrets *secrets,
		  struct diag *diag) MUST_CHECK;
void keys_close(struct gateway *gateway);
/* What config setup says about them has changed. */
void keys_configure(struct gateway *gateway);
/* The IKE SA ends if a certificate of its peer is known to be revoked. */
void keys_look_at(struct gateway *gateway, struct ike_sa *sa);
/* The certificates of who is up are asked about again when it is time. */
void keys_watch(struct gateway *gateway, const struct peer *peer);

/* ---- errand.c ---- */
/* An event of ours for an SA (or for none: EVENT_INITIATE with peer and tunnel). */
void road_event(struct gateway *gateway, struct ike_sa *sa, enum ike_event event, struct peer *peer,
		struct tunnel *tunnel, struct child_sa *subject);
/* An event of ours could not be worked on: reconcile looks again in a while. */
void decide_later(struct gateway *gateway, struct peer *peer);
struct errand *errand_new(struct gateway *gateway, struct ike_sa *sa, const struct ike_row *row);
void errand_run(struct errand *errand);
void errand_free(struct errand *errand); /* with all that its outcome still owns */
bool waiting_add(struct ike_sa *sa, const struct waiting *what, struct span bytes);
void waiting_free_all(struct ike_sa *sa);

/* Whatever waits for the SA, until one of them suspends or ends it. */
void waiting_pump(struct gateway *gateway, uint64_t serial);

/* ---- receive.c ---- */
void gateway_receive(void *context, const struct datagram *datagram);
/* A message that came in fragments takes its row; the reassembly is freed. */
void road_whole(struct gateway *gateway, struct ike_sa *sa, struct reassembly *reassembly,
		const struct ike_row *row);

/* A message of an SA waits for the event that is being worked on. */
void wait_in_line(struct ike_sa *sa, const struct datagram *datagram);
/* Answers to messages that belong to nothing are bounded: their sender may be forged. */
bool datagram_may_answer(struct gateway *gateway) MUST_CHECK;
void datagram_dropped(struct gateway *gateway, const struct datagram *datagram, enum rc rc,
		      const char *why);
/* The errand ends before its row: what was read is nobody's message. */
void datagram_rejected(struct errand *errand, const struct datagram *datagram, enum rc rc);
struct errand *datagram_errand(struct gateway *gateway, struct ike_sa *sa,
			       const struct datagram *datagram, const struct ike_row *row);

/* ---- fragments.c: RFC 7383 ---- */
/* The largest message that goes out in one piece to this peer; 0: any. */
size_t fragment_limit(const struct ike_sa *sa);
/* A fragment of the message whose turn it is: kept, or refused with a reason. The last one brings
 * the message on its way. */
void fragment_arrived(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram);
/* It is counted and told. */
void fragment_refused(struct gateway *gateway, const struct ike_sa *sa,
		      const struct datagram *datagram, enum fragment_fault fault, enum rc rc,
		      const struct diag *diag);
/* The largest datagram has so many bytes and does not get through: smaller ones from now on. false:
 * there are none. */
bool fragment_smaller(struct gateway *gateway, struct ike_sa *sa, size_t largest);
/* Is it the first of its message? §2.6.1: only that one is answered again. Not opened: the keys may
 * be newer than the question (RFC 9242). */
bool fragment_first(const struct datagram *datagram);
/* A whole message that waited for the SA's event; false: there is none. */
bool fragments_run(struct gateway *gateway, struct ike_sa *sa);
/* §2.5.2: nothing came of it: the sealed message is made anew of smaller parts. false: it stays. */
bool fragments_lower(struct gateway *gateway, struct ike_sa *sa, uint8_t **bytes, uint32_t *len);
/* The same of our last answer, with the keys that it was sealed with (RFC 9370 §2.2.2: there may be
 * newer ones). */
void fragments_lower_answer(struct gateway *gateway, struct ike_sa *sa);
void fragments_expire(struct gateway *gateway);

/* ---- window.c: a peer that sends requests ahead, RFC 7296 §2.3 ---- */
void request_ahead(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		   const struct ike_header *header);
void request_beyond(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		    const struct ike_header *header);
/* The request again: the answer to it again, if we have it. */
void request_repeated(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		      const struct ike_header *header);
/* A sound request that has no place in the state of the SA was refused with INVALID_SYNTAX, which
 * the peer may take for the end of the IKE SA (§2.21.3): it is asked whether it is there. */
void request_refused(struct errand *errand);
/* One that waited for its turn; false: there is none. */
bool window_run(struct gateway *gateway, struct ike_sa *sa);

/* ---- flood.c ---- */
/* May this IKE_SA_INIT request go on its road? RC_SUSPEND: it was answered with a cookie. Allocates
 * nothing. */
enum rc flood_gate(struct gateway *gateway, const struct datagram *datagram,
		   const struct ike_header *header, struct diag *diag) MUST_CHECK;
/* Are new peers asked for a cookie now? IKEv1 has none: its Main Mode makes no key before the peer
 * has returned ours; Aggressive Mode would, for whoever asks. */
bool flood_presses(struct gateway *gateway);
/* After a request from there went on its road: others make room for it. */
void flood_trim(struct gateway *gateway, const struct ip_addr *remote);
/* A protected message for a half-open SA was not its peer's; after some, no more are looked at. */
void flood_bad_auth(struct ike_sa *sa);
bool flood_deaf(const struct ike_sa *sa);

/* ---- followup.c: RFC 9370 §2.2.4 ---- */
void followup_commit(struct errand *errand);
void followup_failed(struct errand *errand, enum rc rc);
/* What is too old is forgotten. */
void followup_overdue(struct gateway *gateway, struct ike_sa *sa, usec_t now);

/* ---- commit.c ---- */
void commit(struct errand *errand);
void commit_failure(struct errand *errand, enum rc rc);

/* ---- send.c ---- */
/* Seals (unless clear), sends, keeps what a retransmission needs, arms its timer. */
enum rc send_request(struct gateway *gateway, struct ike_sa *sa,
		     const struct outcome_message *message) MUST_CHECK;
/* A request whose bytes are the SA's already: sent, its timer armed. */
void request_begin(struct gateway *gateway, struct ike_sa *sa,
		   const struct outcome_message *message, uint32_t message_id);
/* §2.11: to where the request came from. */
enum rc send_response(struct gateway *gateway, struct ike_sa *sa, const struct step *step,
		      const struct outcome_message *message) MUST_CHECK;
/* Ends an IKE SA that the peer believes in: sent once, without waiting; notify 0: only the Delete.
 */
void send_goodbye(struct gateway *gateway, struct ike_sa *sa, struct arena *arena, uint16_t notify);
void send_clear(struct gateway *gateway, const struct ip_endpoint *local,
		const struct ip_endpoint *remote, struct span bytes);
/* All datagrams of a message that was kept. */
void send_kept(struct gateway *gateway, const struct ip_endpoint *local,
	       const struct ip_endpoint *remote, struct span kept);
void send_again(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram);
void retransmit_fire(struct timer *timer);
void request_finish(struct gateway *gateway, struct ike_sa *sa);

/* ---- down.c ---- */
void ike_up(struct gateway *gateway, struct ike_sa *sa);
void ike_down(struct gateway *gateway, struct ike_sa *sa, enum rc reason, const char *text);
void child_up(struct gateway *gateway, struct child_sa *child);
void child_down(struct gateway *gateway, struct child_sa *child, enum rc reason);
void attempt_failed(struct gateway *gateway, struct peer *peer, struct tunnel *tunnel,
		    uint64_t serial, enum rc reason, const char *text);

/* ---- kernel.c ---- */
/* The responder's outbound half; a refusal ends the Child SA. */
void child_install(struct gateway *gateway, struct list *requests, struct child_sa *child);
/* lingers: its inbound SA stays in the kernel for LINGER. */
/* The peer takes only a part of a tunnel in one Child SA, as this one: others for the rest. */
void split_after(struct gateway *gateway, const struct child_sa *child);
/* What was split is one tunnel again, where nothing of it is up and the peer may take it whole. */
void unite(struct gateway *gateway, struct peer *peer);
/* It takes one pair alone (SINGLE_PAIR_REQUIRED). True: others are asked for, at once. */
bool split_refused(struct gateway *gateway, struct tunnel *tunnel);
void child_uninstall(struct gateway *gateway, const struct child_sa *child, bool lingers);
/* At the end: whoever asked for counters is told. */
void counters_forget(struct gateway *gateway);
/* Asks what arrived in the SA's Child SAs (some, of many); done, once, when all is known. */
void counters_inbound(struct gateway *gateway, const struct ike_sa *sa, void (*done)(void *context),
		      void *context);

/* ---- liveness.c ---- */
/* IKEv1: nothing was heard for dpddelay=. Did packets come? Otherwise the peer is asked; and where
 * it was asked already, packets are answer enough. */
void liveness_look(struct gateway *gateway, const struct ike_sa *sa);
/* IKEv1: its ISAKMP SA is gone, and the peer makes no new one: it is dead, and so are its IPsec
 * SAs, but while packets come they stay. */
void liveness_last_look(struct gateway *gateway, const struct ike_sa *sa);
void kernel_event(void *context, const struct kernel_event *event);
void tasks_hurry(struct gateway *gateway);  /* what lingers in the kernel goes at once */
void tasks_forget(struct gateway *gateway); /* what the kernel has not answered until the end */
/* Something goes: without an answer when there is no memory to wait for it. */
void kernel_let_go(struct gateway *gateway, struct kernel_request *request);
/* A refusal is told to trap_refused(). False: out of memory. */
bool kernel_set_trap(struct gateway *gateway, uint32_t reqid, const struct kernel_request *request);

/* ---- traps.c: policies that ask for a tunnel, and those of shunts ---- */
/* It is on demand, or is while it is not up. */
bool tunnel_traps(const struct tunnel *tunnel);
/* Its selectors or addresses may be others than before: the new policies stand before the old ones
 * go. Where a Child SA has the same policy it stays. Without memory the watchdog tries again. */
void trap_install(struct gateway *gateway, struct tunnel *tunnel);
void trap_remove(struct gateway *gateway, struct tunnel *tunnel);
/* Its conn is loaded anew: what stands in the kernel stays until the new tunnels' traps are there
 * (traps_look()). */
void trap_orphan(struct gateway *gateway, struct tunnel *tunnel);
/* Every peer has had its turn: orphans that nobody waits for go. */
void traps_look(struct gateway *gateway);
void traps_end(struct gateway *gateway); /* those of tunnels and orphans, from the kernel */
/* It is about to be freed; the kernel is not asked. */
void trap_forget(struct gateway *gateway, struct tunnel *tunnel);
void traps_forget(struct gateway *gateway); /* at the end */
void trap_refused(struct gateway *gateway, uint32_t reqid, const char *text);
/* Traffic wants a tunnel of that reqid, and there is none: the next one is to come up. */
void trap_acquired(struct gateway *gateway, uint32_t reqid);
/* One whose conn is loaded anew has that reqid. */
bool traps_orphan(const struct gateway *gateway, uint32_t reqid);
/* The newest trap whose policy is the same one to the kernel as that; *out: as it has to be. */
bool trap_at(struct gateway *gateway, const struct kernel_policy *place, struct kernel_policy *out);

/* ---- outfit.c: what a tunnel has on the host beside SAs and policies ---- */
/* A Child SA of the tunnel is up, the first one or a successor: with the first one come addresses
 * and routes, then the script. */
void outfit_up(struct gateway *gateway, struct child_sa *child);
/* One ends, and is still linked: with the last one of the tunnel the script is told, then addresses
 * and routes go. */
void outfit_down(struct gateway *gateway, const struct child_sa *child);
/* The tunnel's trap came or went: packets find it through its interface. */
void outfit_trap_changed(struct gateway *gateway, struct tunnel *tunnel);
/* Its Child SAs have other addresses. */
void outfit_moved(struct tunnel *tunnel);
/* Addresses or routes of this host changed. */
void outfit_host_changed(struct peer *peer);
/* What an orphaned trap needs of it (NULL: nothing), until outfit_release(). */
struct outfit *outfit_keep(struct tunnel *tunnel);
void outfit_release(struct outfit *outfit);
/* What others remove of what tunnels have on the host is put back, from now on or no longer. */
void outfit_watch(struct gateway *gateway, bool on);
void outfit_forget(struct tunnel *tunnel);	 /* it is about to be freed */
void outfit_forget_all(struct gateway *gateway); /* at the end */

/* ---- plan.c ---- */
/* What the tunnel wants on the host now; but: a Child SA that does not count (NULL: all do). */
void outfit_plan(struct gateway *gateway, const struct tunnel *tunnel, const struct child_sa *but,
		 struct network_plan *plan);
/* The name servers that its peer gave; false: none. They live as long as the Child SA. */
bool outfit_dns(struct gateway *gateway, const struct tunnel *tunnel, const struct child_sa *but,
		struct network_dns *dns);

/* ---- promote.c ---- */
/* The kernel is asked for the outbound half of a Child SA that the peer has shown to have; once.
 * False: out of memory. */
bool child_promote(struct gateway *gateway, struct child_sa *child);
/* It refused: false when it was asked often enough. */
bool child_promote_again(struct gateway *gateway, struct child_sa *child);
/* It has it: the key material is forgotten. */
void child_promoted(struct gateway *gateway, uint32_t spi_in, uint64_t serial);

/* ---- succeed.c: a new SA takes the place of an old one (RFC 7296 §2.8) ---- */
/* What our CREATE_CHILD_SA request was about, kept while it is finished. */
struct asked {
	uint8_t purpose; /* enum request_purpose */
	uint64_t old, tunnel;
};
struct asked asked_of(const struct ike_sa *sa);
/* A new Child SA of the peer's request, with another one to send with until it is proven: its
 * outbound half waits. */
void outbound_waits(struct errand *errand, struct child_sa *child);
/* A successor enters the tables. */
enum rc successor_link(struct errand *errand) MUST_CHECK;
/* After the message is out: who inherits, who goes, and what of a creation that failed. */
void commit_succession(struct errand *errand, struct ike_sa *born);
void commit_replaced(struct errand *errand, struct child_sa *child);
void rekey_refused(struct errand *errand);
void commit_creation_failed(struct errand *errand, const struct asked *asked);
/* The IKE SA that waits to inherit from this one; NULL: none. */
struct ike_sa *heir_waiting(const struct ike_sa *sa);
/* sa ends: one that waits inherits its Child SAs. */
void inherit_last(struct gateway *gateway, struct ike_sa *sa);

/* ---- line.c: not too many attempts at once ---- */
/* May one more begin? */
bool line_room(const struct gateway *gateway, enum gateway_line which);
/* No: reconcile looks at the peer again when there is room. */
void line_join(struct gateway *gateway, struct peer *peer, enum gateway_line which);
/* As many are looked at again as there are places. */
void line_call(struct gateway *gateway);
/* Somebody waits although there is room. */
bool line_moves(const struct gateway *gateway);
/* An attempt ended, perhaps without a peer to look at. */
void line_place_free(struct gateway *gateway);
/* The SA's request was sent again: a peer that is silent for long does not hold up others. */
void line_give_way(struct gateway *gateway, struct ike_sa *sa);

/* ---- renew.c: which IKE SA carries, and what is past its soft lifetime ---- */
/* It was begun when the other one had long been up, so it is there to take its place; or of two
 * begun together, its authentication lasts longer (RFC 4478). Both ends say the same. */
bool takes_over(const struct ike_sa *sa, const struct ike_sa *other);
/* The IKE SA of the peer in which further Child SAs are made; one to replace `current` is not in
 * its IKE SA, and stays whatever the peer does. NULL: none. */
struct ike_sa *carrier(const struct gateway *gateway, const struct peer *peer,
		       const struct child_sa *current);
/* From when on a new IKE SA of ours takes over that of `current` at both ends; 0: always. */
usec_t takeover_at(const struct gateway *gateway, const struct child_sa *current);
/* May a CREATE_CHILD_SA of ours go out in it now? Otherwise reconcile looks again in time. */
bool carrier_ready(struct gateway *gateway, struct ike_sa *sa);
/* It can only be replaced by a whole new IKE SA, and that is due. */
bool replace_due(const struct gateway *gateway, const struct child_sa *child);
void renew_child(struct gateway *gateway, struct child_sa *child);
void renew_ike(struct gateway *gateway, struct ike_sa *sa);

/* A request that the Child SA cannot do without: a refusal ends it. */
void child_ask(struct gateway *gateway, const struct kernel_request *request,
	       struct child_sa *child);

/* ---- move.c: the path of an IKE SA ---- */
void path_take(struct ike_sa *sa, const struct outcome *out);
/* What an outcome says about addresses, and what an authenticated message shows (§2.23). */
enum rc path_commit(struct errand *errand) MUST_CHECK;
/* Its Child SAs go where it is, in the kernel too. */
void path_carry(struct gateway *gateway, struct ike_sa *sa);
/* Sends the outstanding request by the path of this try. */
void path_send(struct gateway *gateway, struct ike_sa *sa);
/* reconcile: what is to be said or asked about addresses. */
void path_go(struct gateway *gateway, struct ike_sa *sa);
/* Addresses or routes of this host changed; the peer is oriented anew already. */
void path_host_changed(struct gateway *gateway, struct peer *peer);
/* The kernel saw authentic ESP of the Child SA (NULL: of none of ours) come from elsewhere. */
void path_mapped(struct gateway *gateway, struct child_sa *child, const struct ip_endpoint *mapped);

/* ---- life.c ---- */
void life_arm(struct gateway *gateway, struct ike_sa *sa);
void life_fire(struct timer *timer);
/* Of its Child SAs those that were replaced go when it is time, and new ones are sent with. */
void life_settle(struct gateway *gateway, const struct ike_sa *sa, usec_t now);
void life_begin(struct gateway *gateway, struct ike_sa *sa);
void life_begin_child(struct gateway *gateway, struct child_sa *child);
/* The peer says (RFC 2407 §4.6.3.1) that it lives no longer than so many seconds. */
void life_shorten_child(struct gateway *gateway, struct child_sa *child, uint32_t seconds);

/* ---- addresses.c: of clients, in the tunnel ---- */
enum rc addresses_commit(struct errand *errand) MUST_CHECK;
/* An IKE SA of the peer is gone: leases go back with the last one. */
void addresses_forget(struct peer *peer);

/* ---- extra.c: what hangs off some IKE SAs ---- */
void extra_commit(struct errand *errand);
/* The SA's lifetimes do not go beyond its authentication (RFC 4478). */
void extra_limit(struct gateway *gateway, struct ike_sa *sa);
/* reconcile's rule: what the peer is to be told, it is told. */
void extra_tell(struct gateway *gateway, struct ike_sa *sa);

/* ---- redirect.c (RFC 5685) ---- */
void redirect_commit(struct errand *errand);
/* Tells the log and the flight recorder what becomes of a redirect that the errand sent or got; rc:
 * how the errand ended. */
void redirect_note(struct errand *errand, enum rc rc);
/* The policy as the configuration has it; without memory nobody is sent on. */
void redirect_policy_load(struct gateway *gateway);
/* A name is being asked for: nothing is initiated meanwhile. */
bool redirect_pending(const struct peer *peer);
/* An attempt failed: the next one goes to the peer's own address. */
void redirect_failed(struct gateway *gateway, struct peer *peer);
/* The operator has ended one of its tunnels. When none is wanted any more, all is forgotten: the
 * next one begins at the peer's own address. */
void redirect_ended(struct peer *peer);
void redirect_free(struct peer *peer);
/* The client was told to go: its IKE SA ends soon. */
void redirect_told(struct gateway *gateway, struct ike_sa *sa);

/* ---- crash.c: quick crash detection (RFC 6290) ---- */
/* A request for an IKE SA that we do not know is answered in clear, with our token for it unless
 * that would give away a live one. */
void crash_answer(struct gateway *gateway, const struct datagram *datagram,
		  const struct ike_header *header);
/* True: the message was a peer's proof that it has lost this IKE SA, which has ended. */
bool crash_proven(struct gateway *gateway, struct ike_sa *sa, const struct datagram *datagram,
		  const struct ike_header *header);

/* ---- reconcile.c ---- */
void reconcile(struct gateway *gateway, struct peer *peer);
void reconcile_dirty(struct deferred *deferred);
void reconcile_at(struct gateway *gateway, struct peer *peer, usec_t when);
/* An IKE SA for the tunnel, unless one of the peer's is on its way. */
void reconcile_initiate(struct gateway *gateway, struct tunnel *tunnel);
void reconcile_mark(void *context, struct peer *peer); /* peers.on_dirty */

/* ---- rounds.c: walks over all peers, some in a turn ---- */
typedef void (*round_fn)(struct gateway *gateway, struct peer *peer);
/* Visits the next ones after `last` (a serial number, 0: none yet), which moves on. The visit does
 * not free peers. True: that was the last one, and the next call begins anew. */
bool round_some(struct gateway *gateway, uint64_t *last, round_fn visit);
/* Finds out for all peers which end is ours, from the next turn on; host_changed: IKE SAs may have
 * lost their address too. A walk that is under way goes on to its end, and another one follows. */
void round_orient(struct gateway *gateway, bool host_changed);
/* The peer leaves the list that walks go along. */
void round_peer_goes(struct gateway *gateway, const struct peer *peer);

/* ---- verbs.c ---- */
/* The conn is about to be loaded anew: its SAs stay for a while, until the new ones are up. False:
 * there is nothing to keep, and it is as it was. */
bool verb_supersede(struct gateway *gateway, const char *name) MUST_CHECK;
/* As gateway_delete(), but its traps stay until those of the conn that is loaded next are there. */
enum rc verb_unload(struct gateway *gateway, const char *name, struct diag *diag) MUST_CHECK;

/* ---- reload.c ---- */
/* The conn as config has it, if its SAs can stay (config_conn_change()); *change: what is
 * different. False: it must be unloaded and loaded. Nothing to do when it is not loaded. */
bool reload_take(struct gateway *gateway, struct config *config, const struct config_conn *conn,
		 enum config_change *change) MUST_CHECK;
/* After that: the timers of the peer's SAs. */
void reload_renew(struct gateway *gateway, struct peer *peer);
void reload_forget(struct gateway *gateway); /* the one that is under way goes no further */

/* ---- able.c ---- */
/* peer_load(), when this kernel has what the conn asks for; RC_UNSUPPORTED, with what is missing.
 */
enum rc conn_load(struct gateway *gateway, struct config *config, const struct config_conn *conn,
		  struct diag *diag) MUST_CHECK;

/* ---- retire.c: what was replaced is freed later, on a worker ---- */
void retire_config(struct gateway *gateway, struct config *config);    /* takes the reference */
void retire_secrets(struct gateway *gateway, struct secrets *secrets); /* owns them */
void retire_free(struct gateway *gateway);     /* what nobody looks into any more */
void retire_free_all(struct gateway *gateway); /* at the end */

/* ---- unique.c ---- */
/* RFC 7296 §2.4: an IKE SA is up; what becomes of the others between the same identities. */
void unique_established(struct gateway *gateway, struct ike_sa *sa, bool initial_contact);
/* reconcile's rule for a client that came again: its earlier IKE SAs end when a newer one has
 * proven to work. */
void unique_rule(struct gateway *gateway, struct peer *peer);

/* ---- want.c ---- */
/* auto=keep: a tunnel that came up is kept up. */
void want_after_up(struct gateway *gateway, struct tunnel *tunnel);
/* dpdaction=: its peer does not answer any more. */
void want_after_death(struct gateway *gateway, struct tunnel *tunnel);

/* ---- gateway.c ---- */
void gateway_set_wanted(void *context, struct tunnel *tunnel); /* by auto= */

/* ---- watch.c ---- */
void watch_tell(struct gateway *gateway, enum gateway_event_type type, struct peer *peer,
		struct tunnel *tunnel, uint64_t serial, enum rc reason, const char *format, ...)
	__attribute__((format(printf, 7, 8)));
struct log_subject subject_of(const struct ike_sa *sa);
struct tunnel *larval_tunnel(const struct ike_sa *sa);

/* ---- updown_script.c: what a script of updown= is told ---- */
#define UPDOWN_LIMIT	  (30 * USEC_PER_SEC)	/* then it is killed */
#define UPDOWN_PAIRS_MAX  SELECTOR_POLICIES_MAX /* a script runs for each */
#define UPDOWN_VERBS_MAX  3
#define UPDOWN_END_VALUES 5
/* What the script of a tunnel knows of it. */
enum script_state {
	SCRIPT_NONE,
	SCRIPT_ROUTED, /* it has a trap: prepare, route */
	SCRIPT_UP,     /* and a Child SA: up */
};
struct updown_event {
	struct tunnel *tunnel;
	const struct child_sa *child;	      /* NULL: its trap comes or goes */
	const struct ip_addr *local, *remote; /* outer ones, as they are told */
	enum script_state from, to;
	bool moving;		     /* the addresses change: it is down for this moment only */
	const char *slot;	     /* updown_slot() of when it came */
	void (*done)(void *context); /* NULL: nobody waits */
	void *context;
};
/* One event of a tunnel: its verbs in order, with the values of that moment. */
struct updown_script {
	struct list in_slot;
	struct arena arena;
	uint64_t tunnel; /* serial */
	enum script_state from, to;
	uint8_t verb, verb_count;	     /* verb: the next one */
	uint8_t pair, pair_count;	     /* of selectors; pair: the next one for this verb */
	const char *verbs[UPDOWN_VERBS_MAX]; /* "up-client" */
	char **argv;
	char **env; /* the first one is for PLUTO_VERB, the last ones for a pair's values */
	size_t env_count;
	char **pairs;		 /* 2 * UPDOWN_END_VALUES of each pair */
	const char *name, *peer; /* for the log */
	const char *slot;	 /* scripts with the same one do not run at once */
	void (*done)(void *context);
	void *context;
};
/* The tunnel has a script of its own: updown= is set, and not to Libreswan's, whose work the daemon
 * does itself. */
bool updown_has_script(const struct tunnel *tunnel);
/* Events with the same one come one after the other. A client that comes again is another instance,
 * with the same address perhaps. mem_free(); NULL: out of memory. */
char *updown_slot(const struct tunnel *tunnel, const struct child_sa *child);
enum rc updown_script_new(struct gateway *gateway, const struct updown_event *event,
			  struct updown_script **out) MUST_CHECK;
/* The environment of the next run, until the one after it. */
char **updown_script_env(struct updown_script *script);
void updown_script_free(struct updown_script *script);
/* text as it may stand in a value: what is not a letter, a digit, a blank or one of . , : / = + @ _
 * - is %XX, and so is a - at the beginning. NULL: out of memory. */
char *updown_safe(struct arena *arena, const char *text);

/* ---- updown.c ---- */
#define UPDOWN_AT_ONCE 32
/* prepare, route, up, down, unroute: those that lead from one to the other. What was to come of the
 * tunnel and has not begun is not run at all if the tunnel goes again. True: done is called when
 * the scripts have run (not when the gateway is freed meanwhile), or at once when a later event of
 * the tunnel makes them needless. False: there is nothing to wait for. */
bool updown_tell(struct gateway *gateway, const struct updown_event *event);
bool updown_idle(const struct gateway *gateway);
/* What runs is killed. */
void updown_forget(struct gateway *gateway);

#endif
