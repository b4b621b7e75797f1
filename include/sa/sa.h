/* SPDX-License-Identifier: Apache-2.0 */
/* IKE SA and Child SA objects, SPI tables, message windows, the half-open table. Objects and their
 * invariants; what to do with them is decided in ikev2/ and done in engine/. */
#ifndef VANTH_SA_SA_H
#define VANTH_SA_SA_H

#include "base/overlap.h"
#include "crypto/crypto.h"
#include "kernel/kernel.h"
#include "peer/peer.h"
#include "proposal/proposal.h"
#include "sa/half_open.h"

/* Requests of the peer that may be outstanding at once: what SET_WINDOW_SIZE announces (RFC 7296
 * §2.3). A request with ID N proves that the peer has our responses up to N - PEER_WINDOW. */
#define PEER_WINDOW 4

enum ike_role { INITIATOR, RESPONDER };

enum ike_state {
	IKE_START,		 /* no SA yet: the state of an event that would make one */
	IKEV2_INIT_SENT,	 /* initiator: IKE_SA_INIT is out */
	IKEV2_HALF_OPEN,	 /* responder: answered IKE_SA_INIT, nothing proven */
	IKEV2_INTERMEDIATE_SENT, /* initiator: IKE_INTERMEDIATE is out */
	IKEV2_AUTH_SENT,	 /* initiator: IKE_AUTH is out */
	IKEV2_ROUNDS,		 /* a part of what is to be proven is (RFC 4739): the initiator's
				    next IKE_AUTH is out, the responder waits for it */
	/* IKEv1, until phase 1 is done: which pair of messages is under way */
	IKEV1_MAIN_SA,	  /* initiator: SA is out; responder: it is answered */
	IKEV1_MAIN_KE,	  /* KE and nonce are */
	IKEV1_MAIN_ID,	  /* initiator: identity and proof are out */
	IKEV1_AGGRESSIVE, /* initiator: the first message is out; responder: it is answered */
	IKEV1_XAUTH,	  /* phase 1 is done, and the user is to be proven */
	IKEV1_CONFIG,	  /* initiator: phase 1 is done, and its addresses are to come */
	IKE_ESTABLISHED,
	IKE_REKEYED,  /* its successor has its Child SAs; one of the ends deletes it */
	IKE_DELETING, /* our Delete is out */
	IKEV1_GONE,   /* no more than the holder of Child SAs that outlive it */
	IKE_STATE_COUNT
};
extern const struct names ike_state_names;

/* What only the initial exchanges need; freed when the SA is established. */
/* By what the peer lets us prove our identity (RFC 7427 §4, RFC 9593). */
struct peer_accepts {
	uint16_t hashes; /* of SIGNATURE_HASH_ALGORITHMS, as bits; 0: the peer does not know it */
	uint8_t kinds;	 /* enum config_authby bits of SUPPORTED_AUTH_METHODS; 0: not told */
	struct config_signatures signatures; /* with kinds: which hashes */
};

struct ike_larval {
	struct dh_pair *pair; /* initiator */
	/* IKE_SA_INIT as sent and received: AUTH covers them. The responder's response is
	 * sa->answer until there is another one: NULL without IKE_INTERMEDIATE */
	uint8_t *init_request, *init_response;
	uint32_t init_request_len, init_response_len;
	uint8_t *ni, *nr;
	uint16_t ni_size, nr_size;
	uint8_t *cookie; /* initiator: to be returned */
	uint8_t cookie_len;
	struct ticket *resume;	    /* the session that is resumed (RFC 5723); NULL: a new one */
	uint8_t restarts;	    /* COOKIE and INVALID_KE rounds so far */
	uint16_t group;		    /* initiator: of our KE */
	uint32_t child_spi;	    /* initiator: inbound SPI announced in IKE_AUTH; 0: childless */
	struct selectors *proposed; /* initiator: with it */
	bool childless;		    /* initiator: the responder can do RFC 6023 */
	uint64_t tunnel;	    /* initiator: serial of the tunnel it is for (0: none) */
	uint8_t bad_auth;	    /* responder: protected messages that were not the peer's */
	struct half_open_place place; /* responder */
	bool use_ppk;		      /* both ends sent USE_PPK, RFC 8784 */
	bool cert_asked;	      /* the peer sent a CERTREQ */
	struct peer_accepts accepts;
	struct ike_intermediate *intermediate; /* sa/intermediate.h; NULL: not agreed on */
	struct ike_rounds *rounds;	       /* sa/rounds.h; NULL: no round of several is done */
	struct ike_proofs *proofs;	       /* sa/proofs.h; NULL: there is one round only */
};

/* Our one outstanding request (window 1, RFC 7296 §2.3) */
struct ike_request {
	uint8_t *bytes; /* as sent; NULL: none outstanding */
	uint32_t len;
	uint8_t exchange;
	uint8_t tries;	 /* sent so often */
	uint8_t purpose; /* enum request_purpose */
	bool last_look;	 /* IKEv1: are there packets? Then it is given up */
	usec_t interval; /* of the next retransmission */
	uint64_t child;	 /* serial of the Child SA it is about */
};
enum request_purpose {
	REQUEST_NONE,
	REQUEST_INIT,
	REQUEST_AUTH,
	REQUEST_INTERMEDIATE,
	REQUEST_LIVENESS,
	REQUEST_DELETE_CHILD,
	REQUEST_DELETE_IKE,
	REQUEST_TELL, /* enum ike_tell */
	REQUEST_CREATE_CHILD,
	REQUEST_REKEY_CHILD,
	REQUEST_REKEY_IKE,
	REQUEST_CHECK,	   /* is the peer where it seems to be? (return routability) */
	REQUEST_UPDATE,	   /* UPDATE_SA_ADDRESSES, RFC 4555 §3.5 */
	REQUEST_CONFIG,	   /* IKEv1: a transaction exchange */
	REQUEST_XAUTH,	   /* the same, about a user */
	REQUEST_ADDRESSES, /* our further addresses, RFC 4555 §3.6 */
};

#define MOBILE_ADDRESSES_MAX 8
#define COOKIE2_LEN	     16

/* MOBIKE (RFC 4555): both ends said that addresses may change. NULL in an SA without it. */
struct ike_mobile {
	struct ip_addr others[MOBILE_ADDRESSES_MAX]; /* of the peer, beside the one in use */
	uint8_t other_count;
	bool leads;	 /* we began the first IKE SA: we choose the addresses (§2.1) */
	bool update_due; /* leader: the peer must hear of the path in use (§3.5) */
	bool check_due;	 /* follower: Child SAs move when the peer answers there (§3.7) */
	bool tell_due;	 /* follower: our addresses changed (§3.6) */
	uint8_t trial;	 /* which pair of addresses is being tried */
	struct ip_endpoint asked_local, asked_remote; /* what our request is about */
	uint8_t cookie2[COOKIE2_LEN];		      /* that our request holds */
	uint64_t told;				      /* our addresses as told: a hash */
	uint8_t seen[20]; /* NAT_DETECTION_DESTINATION_IP of the last answer: how the peer sees us
			   */
};

/* A CREATE_CHILD_SA request of ours that is not answered yet: what its answer needs. */
struct ike_creation {
	struct table_node by_spi;   /* in sas->announced, by spi */
	struct dh_pair *pair;	    /* NULL: without KE */
	uint8_t purpose;	    /* enum request_purpose */
	uint8_t restarts;	    /* INVALID_KE_PAYLOAD rounds so far */
	bool slow;		    /* the peer is silent: not counted any more */
	uint16_t group;		    /* asked for by the peer; DH_NONE: ours to choose */
	uint64_t tunnel;	    /* serial of the tunnel that a Child SA is for */
	uint64_t old;		    /* serial of the Child SA that is rekeyed; 0: none */
	uint32_t spi_in;	    /* Child SA: announced */
	struct selectors *proposed; /* Child SA: the answer must be within them (§2.9) */
	uint64_t spi;		    /* IKE SA: announced */
	uint8_t ni[32];
	usec_t begun; /* IKEv1 */
	/* §2.8.1: what the peer made meanwhile for the same, and the lower nonce of that exchange
	 */
	uint64_t rival; /* serial of a Child SA or an IKE SA; 0: none */
	uint8_t rival_nonce[256];
	uint16_t rival_nonce_len;
	uint64_t rival_followup; /* serial of what it is going to be (sa/followup.h); 0: none */
	/* CREATE_CHILD_SA is answered, IKE_FOLLOWUP_KE is out (sa/followup.h); NULL: not yet */
	struct ike_followup *followup;
};

struct ike_sa {
	uint64_t serial;
	struct table_node by_spi;  /* by our own SPI */
	struct table_node by_init; /* responder, half-open: by IKE_SA_INIT request and its sender */
	struct table_node by_serial;
	struct list in_peer;	  /* peer->ike_sas; half-open ones: not linked */
	struct list in_half_open; /* the half-open table, oldest first */
	struct peer *peer;	  /* NULL while half-open as responder */
	uint64_t spi_i, spi_r;
	uint8_t role, state; /* enum ike_role, enum ike_state */
	bool encap;	     /* UDP encapsulation: a NAT is between, or forced */
	bool nat_here, nat_there;
	struct ip_endpoint local, remote;
	struct ike_mobile *mobile; /* NULL: no MOBIKE */
	/* where the kernel saw the peer's ESP come from: asked there before the SA follows, in
	 * REQUEST_CHECK; NULL: nothing to ask */
	struct ip_endpoint *check;
	usec_t moved;  /* when the path changed last; 0: never */
	uint8_t moves; /* how often of late: bounded */
	struct ike_suite suite;
	struct proposal_choice choice;
	struct ike_keys keys;
	struct ike_larval *larval;
	uint32_t send_next;    /* message ID of our next request */
	uint32_t recv_next;    /* message ID of the peer's next request */
	uint64_t seal_counter; /* unique per sealed message */
	struct ike_request request;
	struct ike_creation *creation; /* the request is a CREATE_CHILD_SA */
	uint8_t *answer;	       /* our last response, for retransmitted requests */
	uint32_t answer_len;
	uint32_t question_len;	/* of the request it answers; 0: it came in fragments */
	uint8_t answered_again; /* how often that was sent again, capped */
	bool fragmentation;	/* both announced it (RFC 7383 §2.3); a successor inherits it */
	uint16_t fragment_size; /* of our IP packets, lowered on the way; 0: fragment-size= */
	struct reassembly *reassembly[2]; /* the peer's fragments: of requests, of responses */
	struct peer_window *window;	  /* NULL: the peer was never ahead */
	struct timer retransmit;
	struct timer life;    /* half-open timeout, then liveness and lifetime */
	struct list children; /* of struct child_sa.in_ike */
	usec_t born, established, last_heard, kept_alive, replace_at, expires;
	usec_t begun, proven; /* of the first one, from which this one comes by rekeying: its
				 IKE_SA_INIT, the end of its IKE_AUTH */
	void *owner;	      /* engine: the gateway, for timers */
	void *errand;	      /* engine: the event being worked on; others wait */
	struct list waiting;  /* engine: events that wait for it (bounded) */
	uint8_t waiting_count;
	uint64_t heir_of;  /* serial of the IKE SA whose Child SAs it may inherit: which of two that
			      crossed does is decided by the answer to our own request */
	usec_t retry_at;   /* no CREATE_CHILD_SA of ours before: the peer is busy */
	usec_t idle_since; /* established, or the last Child SA ended */
	bool initiating;   /* counted in the gateway's attempts */
	bool ppk;	   /* a post-quantum preshared key is in its keys */
	bool answered;	   /* the peer began the first one that this one comes from by rekeying */
	bool refused;	   /* responder: over; stays for a while to answer the same request again */
	bool delete_wanted; /* a Delete goes out as soon as the window allows */
	bool no_additional; /* the peer makes no further SAs in it */
	bool must_replace;  /* by a whole new IKE SA: it cannot or may not be rekeyed */
	bool in_parts;	    /* the peer took only a part of a tunnel's selectors: it stays split */
	uint8_t rekey_failures;
	enum rc delete_reason;
	bool peer_redirects;		/* the peer accepts redirects (RFC 5685) */
	bool must_reauth;		/* a rekey will not do: its authentication ends */
	usec_t auth_ends;		/* 0: never (RFC 4478) */
	struct ike_extra *extra;	/* sa/extra.h; NULL: nothing */
	struct ike_followup *followups; /* begun by the peer (sa/followup.h); NULL: none */
	struct isakmp *v1;		/* sa/isakmp.h; NULL: IKEv2 */
};

enum child_state { CHILD_LARVAL, CHILD_UP, CHILD_DELETING };
extern const struct names child_state_names;

/* One of the policies of a Child SA, in sas->policies. */
struct child_policy {
	struct table_node node;
	struct child_sa *child;
	unsigned index;
};

struct child_sa {
	uint64_t serial;
	struct table_node by_spi;      /* by the inbound SPI */
	struct table_node by_outbound; /* by the peer's address and the outbound SPI */
	/* by what tells policies apart in the kernel: the first, and the others, if any */
	struct child_policy by_policy, *more_policies;
	struct list in_tunnel, in_ike;
	struct tunnel *tunnel;
	struct ike_sa *ike;
	uint32_t spi_in, spi_out; /* host order */
	uint8_t state;		  /* enum child_state */
	uint8_t mode;		  /* enum kernel_mode */
	bool initiator, delete_wanted;
	bool replaced; /* there is a successor; the peer deletes this one, or we do at leave_at */
	bool must_replace; /* by one of a new IKE SA: rekeying it failed */
	/* the kernel was asked for its SA and has not refused */
	bool in_installed, out_installed;
	bool policies_installed;
	bool no_tfc;	  /* the peer said ESP_TFC_PADDING_NOT_SUPPORTED */
	bool iptfs;	  /* IP-TFS (RFC 9347) in place of the plain tunnel */
	bool iptfs_whole; /* and the peer takes no parts of packets */
	bool cisco_wide;  /* IKEv1: both ends called the server's side 0.0.0.0/0 (ikev1/split.c) */
	bool claimed;	  /* stands in the tables by outbound SPI and by policies */
	struct ip_addr local, remote;
	struct kernel_encap encap;
	struct proposal_choice choice;
	struct selectors selectors;
	bool others_possible; /* the peer takes further selectors in other Child SAs (§2.9) */
	uint8_t claim_count;
	struct child_claim *claims;	 /* sa/claims.c: of a template's instance; NULL: none */
	struct child_compress *compress; /* IPComp (sa/compress.h); NULL: none */
	enum rc delete_reason;
	/* KEYMAT of the outbound half, which waits until the peer has shown that it has this one */
	struct secret waiting_keymat;
	uint8_t promotions;    /* how often the kernel was asked for it */
	usec_t proven_at;      /* then at the latest it is the peer's too */
	usec_t begun;	       /* IKEv1: its Quick Mode, as this end knows */
	uint32_t peer_seconds; /* IKEv1: its lifetime by what the peer said; 0: nothing */
	uint64_t peer_kilobytes;
	usec_t born, replace_at, expires, leave_at;
	struct kernel_counters in, out; /* as last asked */
	usec_t counters_at;
	usec_t heard_at; /* a packet arrived in it, as far as the counters tell; 0: none */
};

/* Everything the SAs of one gateway share. */
struct sas {
	struct table by_spi, by_init, by_serial, children, outbound, policies;
	struct overlaps claims;	     /* what clients of templates have chosen for themselves */
	struct table cpis, cpis_out; /* of struct child_compress (sa/compress.h) */
	struct table announced;	     /* of struct ike_creation.by_spi: of IKE SAs to come */
	struct list half_open;	     /* struct ike_sa.in_half_open */
	struct list reassemblies;    /* struct reassembly.in_sas, oldest first (sa/reassembly.h) */
	size_t reassembly_bytes;
	uint64_t reassembly_evicted; /* to make room */
	size_t half_open_count, ike_count, established_count, child_count;
	size_t users;	  /* ISAKMP SAs of peers whose user is not proven yet */
	size_t creations; /* CREATE_CHILD_SA requests of ours that are not answered, but for slow
			     ones */
	struct half_open_table table;
	struct pressure pressure;
	struct peers *peers;
	struct host *host;
	uint8_t cookie_secret[2][32]; /* current and previous */
	uint8_t cookie_version;
	usec_t cookie_rotated;
	uint8_t crash_secret[32]; /* RFC 6290: survives a crash in a file of the daemon's */
	bool crash_secret_known;
	struct ticket_keys *ticket_keys; /* sa/ticket.h; NULL: none was given yet */
};
enum rc sas_init(struct sas *sas, struct peers *peers, struct host *host) MUST_CHECK;
void sas_free(struct sas *sas); /* all SAs must be gone */

/* A new IKE SA with a random SPI of ours, not linked to anything but by sas_link(). */
enum rc ike_sa_new(struct sas *sas, enum ike_role role, struct ike_sa **out) MUST_CHECK;
/* Responder: enters it into the half-open table by its IKE_SA_INIT request (larval->init_request)
 * and the sender, so that the same request again finds it (§2.1: SPIi alone would let anybody who
 * sees it squat on it) and floods are counted, already while its key pair is being made. */
enum rc ike_sa_expect(struct sas *sas, struct ike_sa *sa) MUST_CHECK;
/* Enters it into the tables by SPI and serial number (the peer's SPI may still be 0). */
enum rc ike_sa_link(struct sas *sas, struct ike_sa *sa) MUST_CHECK;
/* It leaves the half-open table and becomes the peer's. */
void ike_sa_bind(struct sas *sas, struct ike_sa *sa, struct peer *peer);
void ike_sa_forget_larval(struct ike_sa *sa);
/* An established one of IKEv1 that is no more than the holder of its Child SAs from now on: its
 * keys are wiped. */
void ike_sa_gone(struct sas *sas, struct ike_sa *sa);
/* Unlinks from everything, wipes, frees. Its Child SAs must be gone, its timers cancelled, nothing
 * outstanding. */
void ike_sa_free(struct sas *sas, struct ike_sa *sa);
/* A responder that does not know yet whether the peer is who it says. One that is still being made
 * (IKE_START) belongs to its errand alone. */
static inline bool ike_sa_is_half_open(const struct ike_sa *sa)
{
	return sa->role == RESPONDER &&
	       (sa->state == IKEV2_HALF_OPEN || sa->state == IKEV2_ROUNDS ||
		(sa->v1 != NULL && sa->state > IKE_START && sa->state < IKEV1_XAUTH));
}
/* It asks its peer for a user (XAUTH): such SAs are counted. */
static inline bool ike_sa_asks_user(const struct ike_sa *sa)
{
	return sa->role == RESPONDER && sa->state == IKEV1_XAUTH;
}
struct ike_sa *ike_sa_by_spi(const struct sas *sas, uint64_t our_spi);
struct ike_sa *ike_sa_by_init(const struct sas *sas, const struct ip_endpoint *remote,
			      struct span request);
struct ike_sa *ike_sa_by_serial(const struct sas *sas, uint64_t serial);
static inline uint64_t ike_sa_our_spi(const struct ike_sa *sa)
{
	return sa->role == INITIATOR ? sa->spi_i : sa->spi_r;
}
void ike_sa_request_clear(struct sas *sas, struct ike_sa *sa);
/* A new, zeroed creation; NULL: out of memory. */
struct ike_creation *ike_creation_new(void);
void ike_creation_free(struct ike_creation *creation);
/* The SA takes it over (and frees the one that it had); it goes with the request. */
void ike_sa_set_creation(struct sas *sas, struct ike_sa *sa, struct ike_creation *creation);
/* The peer is silent: it does not count in sas->creations any more. */
void ike_creation_is_slow(struct sas *sas, struct ike_sa *sa);
/* Our CREATE_CHILD_SA request for an IKE SA with this SPI of ours is out: the peer may use it
 * before its answer is here. */
bool ike_sa_is_announced(const struct sas *sas, uint64_t our_spi);
/* A successor (RFC 7296 §1.3.2) with a random SPI of ours; not linked, not larval, without keys. */
enum rc ike_sa_new_successor(struct sas *sas, const struct ike_sa *old, enum ike_role role,
			     struct ike_sa **out) MUST_CHECK;
/* The Child SAs of one IKE SA become the other's; one whose Delete is out is to go once more. */
void ike_sa_inherit(struct ike_sa *to, struct ike_sa *from);

enum rc child_sa_new(struct sas *sas,
		     struct child_sa **out) MUST_CHECK; /* with a random, unique inbound SPI */
/* Enters it into the SPI table, its tunnel and its IKE SA (both fields set). */
enum rc child_sa_link(struct sas *sas, struct child_sa *child) MUST_CHECK;
void child_sa_free(struct sas *sas, struct child_sa *child);
struct child_sa *child_sa_by_spi(const struct sas *sas, uint32_t spi_in);
/* Of the Child SAs of that IKE SA; IKEv1: of all of its peer. protocol: PROTOCOL_ESP or
 * PROTOCOL_AH; the outbound SPI is the peer's. */
struct child_sa *child_sa_by_out(const struct ike_sa *sa, uint8_t protocol, uint32_t spi_out);
/* PROTOCOL_ESP or PROTOCOL_AH (phase2=): what its Child SAs are. */
static inline uint8_t tunnel_protocol(const struct tunnel *tunnel)
{
	return tunnel->conn->ah ? PROTOCOL_AH : PROTOCOL_ESP;
}
/* Of the same; NULL: gone. */
struct child_sa *child_sa_by_serial(const struct ike_sa *sa, uint64_t serial);
/* A random SPI (>= 0x100) that no Child SA has. */
enum rc child_spi_random(struct sas *sas, uint32_t *out) MUST_CHECK;
/* The newest Child SA in state UP that has no successor; NULL when there is none. */
struct child_sa *tunnel_current(const struct tunnel *tunnel);

/* ---- path.c: the addresses between which an SA lives ---- */
/* The SA that replaces `from` (IKE rekey) goes on where it is: endpoints, encapsulation, NAT flags.
 * MOBIKE's data becomes its own. */
void ike_sa_inherit_path(struct ike_sa *to, struct ike_sa *from);
/* MOBIKE was agreed. Twice is harmless. */
enum rc ike_sa_mobile(struct ike_sa *sa, bool leads) MUST_CHECK;
/* The Child SA has other addresses or ports from now on, in its fields and the tables; the kernel
 * is told by the caller. */
enum rc child_sa_move(struct sas *sas, struct child_sa *child, const struct ip_endpoint *local,
		      const struct ip_endpoint *remote, bool encap) MUST_CHECK;

/* Cookies, RFC 7296 §2.6: version | SHA-256(secret | Ni | address | port? | SPIi). `out` 33 bytes.
 */
#define COOKIE_LEN 33
enum rc cookie_make(struct sas *sas, usec_t now, struct span ni, const struct ip_endpoint *remote,
		    uint64_t spi_i, uint8_t out[COOKIE_LEN]) MUST_CHECK;
bool cookie_good(struct sas *sas, usec_t now, struct span cookie, struct span ni,
		 const struct ip_endpoint *remote, uint64_t spi_i);

/* The mark of its policies: mark=, mark-in=, mark-out=, or one of its own. 0/0: none. */
void tunnel_mark(const struct tunnel *tunnel, enum kernel_direction direction, uint32_t *mark,
		 uint32_t *mask);
/* Kernel requests of a Child SA, filled in (keys set by the caller). */
void child_kernel_sa(const struct child_sa *child, enum kernel_direction direction,
		     struct kernel_sa *out);
/* What the conn says about the two headers of a tunnel, for the SA that makes them. */
void child_shape_header(const struct child_sa *child, enum kernel_direction direction,
			struct kernel_sa *out);
/* The index-th of selectors_policies(). direction KERNEL_OUT, KERNEL_IN or KERNEL_FWD */
void child_kernel_policy(const struct child_sa *child, unsigned index,
			 enum kernel_direction direction, struct kernel_policy *out);
/* The trap (out) of a tunnel wanted on demand or up. */
void tunnel_trap_policy(const struct tunnel *tunnel, unsigned index, struct kernel_policy *out);
/* Its SAs and policies are on their way to the kernel: from now on others see them. child_sa_link()
 * does this too. */
enum rc child_sa_claim(struct sas *sas, struct child_sa *child) MUST_CHECK;
/* The newest other Child SA, of whatever tunnel, whose outbound policy is the same one to the
 * kernel as its index-th; NULL: none. */
struct child_sa *child_policies_heir(const struct sas *sas, const struct child_sa *child,
				     unsigned index);
/* What a policy with these selectors is found by, whoever has it. */
uint64_t child_policy_hash(const struct sas *sas, const struct selector_pair *selectors);
/* Of the newest Child SA (but that one) that has this policy; NULL: none. */
const struct child_policy *child_policy_find(const struct sas *sas,
					     const struct kernel_policy *policy,
					     const struct child_sa *but);
/* That Child SA. */
struct child_sa *child_policy_owner(const struct sas *sas, const struct kernel_policy *policy,
				    const struct child_sa *but);
/* ---- claims.c: what clients of a template choose out of a wide rightsubnet= ---- */
enum rc claims_enter(struct sas *sas, struct child_sa *child) MUST_CHECK;
void claims_leave(struct sas *sas, struct child_sa *child);
/* The Child SA of a client of the same template, but of another identity, that has a part of what
 * this one claims; NULL: none. */
const struct child_sa *claims_rival(const struct sas *sas, const struct child_sa *child,
				    struct selector *claimed);
/* A Child SA has that outbound SPI with the same address: the kernel cannot have both. */
bool child_outbound_taken(const struct sas *sas, const struct ip_addr *remote, uint32_t spi_out);

/* The retransmission interval after `tries` sends, with jitter; the five settings are the conn's.
 * 0: give up. */
usec_t retransmit_interval(const struct config_conn *conn, struct host *host, unsigned tries);
/* The longest that a request can take from its first sending until it is given up. */
usec_t retransmit_budget(const struct config_conn *conn);

/* RFC 7296 §2.8: lifetimes are each end's own. How old an SA is when it is replaced: `lifetime`
 * less rekeymargin=, the margin widened by up to rekeyfuzz= (random: 0..UINT32_MAX) so that SAs of
 * equal age spread. Who made the SA (`ours`) replaces it; the other end steps in when half of the
 * margin has passed without that. A margin that does not fit is made to. */
usec_t lifetime_soft(const struct config_conn *conn, usec_t lifetime, bool ours, uint32_t random);
/* How old it is when it ends for good: a replacement that begins at `soft` always has the time of
 * all its retransmissions, so the end may be later than `lifetime` (checkconfig warns). */
usec_t lifetime_hard(const struct config_conn *conn, usec_t lifetime, usec_t soft);
/* RFC 2407 §4.5.4, §4.6.3.1: of our own lifetime and the peer's the shorter one, but not for a peer
 * that says less than a minute or 64 MB: no storm of rekeys. 0: it said nothing; own volume 0:
 * none.
 */
usec_t lifetime_agreed(usec_t own, uint32_t peer_seconds);
uint64_t volume_agreed(uint64_t own, uint64_t peer_kilobytes); /* bytes */
/* Seconds after which the kernel ends a Child SA by itself: later than we ever do, so it only
 * happens when we are not there any more. */
uint32_t lifetime_backstop(const struct config_conn *conn);
/* The bytes or packets after which the kernel wants a Child SA replaced; 0: never. margin 0: an
 * eighth of the hard limit. */
uint64_t volume_soft(const struct child_sa *child, uint64_t hard, uint64_t margin);

#endif
