/* SPDX-License-Identifier: Apache-2.0 */
/* Peers (whom we talk to) and tunnels (what we want protected), made from conn sections. Templates
 * (right=%any) and their instances. A peer owns its tunnels and, through lists that sa/ fills, its
 * IKE SAs; a tunnel owns its Child SAs. Nothing here sends or installs. */
#ifndef VANTH_PEER_PEER_H
#define VANTH_PEER_PEER_H

#include "base/table.h"
#include "config/config.h"
#include "host/host.h"
#include "log/log.h"
#include "log/recorder.h"

enum wanted { WANTED_DOWN, WANTED_LISTEN, WANTED_ON_DEMAND, WANTED_UP };
extern const struct names wanted_names;

struct peers;
struct keyring;	 /* x509/keyring.h */
struct loaded;	 /* a conn that is loaded */
struct naming;	 /* the DNS names of a peer */
struct ticket;	 /* sa/ticket.h */
struct redirect; /* sa/redirect.h */
struct pools;	 /* peer/pool.h */
struct outfit;	 /* engine/outfit.c */
struct trap;	 /* engine/traps.c */
struct pool_lease;

/* Attempts to initiate and why the last one failed; shown in `ipsec status`. */
struct backoff {
	unsigned attempts; /* failed ones in a row */
	usec_t not_before; /* 0: at once */
	enum rc reason;
	char *text; /* the sentence; NULL: none */
};

/* What the client end of a peer has in the tunnel, [0] IPv4, [1] IPv6; see addresses.c. */
struct peer_addresses {
	struct ip_range ranges[2];    /* AF_UNSPEC: none */
	struct pool_lease *leases[2]; /* at the server, held; NULL: none */
};

/* XAUTH: what the operator says for a client without a password in ipsec.secrets; login.c. */
struct peer_login {
	char name[CONFIG_USERNAME_MAX + 1]; /* "": the conn's username= */
	struct secret password;
};

struct peer {
	uint64_t serial;
	struct list in_peers;
	/* indexes of lookup.c: by serial; by the conn's ends; by addresses; by identity */
	struct table_node by_serial, by_ends, by_place, by_remote, by_identity;
	struct table_node by_client; /* instance: by its identity alone */
	struct list in_templates, in_wildcards;
	struct peers *owner;
	struct config *config; /* referenced: conn points into it */
	const struct config_conn
		*conn; /* the settings that concern the IKE SA; its name is the peer's */
	bool linked;   /* in the lists and tables of peers */
	bool left_is_local, oriented; /* without oriented, what follows is what was known last */
	bool placed;		      /* was oriented once: sides do not change while SAs live */
	bool local_any;	     /* answers on any address of ours; local is the one to begin from */
	bool template;	     /* the remote address is not known before a peer comes */
	uint32_t number;     /* instance: office[3]; template: the last one given */
	struct peer *parent; /* instance: its template */
	struct list instances, in_instances;
	struct ip_addr local, remote; /* AF_UNSPEC while unknown (name not resolved, %defaultroute
					 without a route) */
	uint16_t local_port, remote_port;    /* IKE ports to use first */
	struct identity local_id, remote_id; /* what we say, what we expect (remote ID_NONE: any) */
	struct peer_login *login;	     /* NULL: none was given */
	struct identity *user;		     /* instance: see peer_take_user(); NULL: none */
	struct list tunnels;		     /* of struct tunnel.in_peer */
	struct list ike_sas;		     /* of struct ike_sa.in_peer (sa/) */
	struct recorder recorder;
	struct backoff backoff;
	struct redirect *redirect; /* another gateway that stands for it; freed as ticket is */
	struct ticket *ticket; /* to resume a lost IKE SA with; the engine frees it in on_free */
	struct timer wake;     /* reconcile again then */
	struct list dirty;     /* waits for reconcile in this loop turn */
	struct list in_line;   /* waits for an attempt of others to end (engine) */
	struct naming *naming; /* NULL: no end has a DNS name */
	struct peer_addresses *addresses; /* NULL: none are leased */
	unsigned busy; /* events on the road that refer to it or its tunnels: not freed meanwhile */
	bool doomed;   /* deleted by the operator; freed when its last SA is gone */
	uint8_t short_phase1s; /* IKEv1: ISAKMP SAs in a row that went within a minute (engine) */
	bool renewed; /* its settings have changed: its timers are to be looked at (engine) */
};

struct tunnel {
	uint64_t serial;
	struct list in_peer, in_loaded;
	struct table_node by_name, by_reqid;
	struct loaded *loaded;
	bool linked; /* its name and reqid are in the tables */
	struct peer *peer;
	const struct config_conn *conn;
	char *name; /* "office", or "office/1x2" when a conn makes several; of instances "office[3]"
		     */
	/* which of the conn's subnets: their number, from 0; where an end has them together, as
	 * bits */
	uint16_t left, right;
	enum wanted wanted;
	struct selectors selectors;
	uint32_t reqid;
	bool reqid_ours;	/* from the allocator, not from reqid= */
	struct list child_sas;	/* of struct child_sa.in_tunnel (sa/) */
	struct outfit *outfit;	/* engine: what it has on the host; NULL: nothing */
	bool trap_installed;	/* as its selectors and addresses are now */
	struct trap *trap;	/* engine/traps.c: what it has of that in the kernel; NULL: none */
	usec_t trap_after;	/* the kernel refused its trap: not before */
	usec_t made_at;		/* when its newest Child SA came up, should that be gone again */
	bool triggered;		/* on demand: traffic asked for it */
	bool doomed;		/* its conn was unloaded: freed when its last Child SA is gone */
	bool spared;		/* split off and not asked for: the peer may lack it */
	bool whole_refused;	/* split because the peer refused the whole; not up since */
	struct backoff backoff; /* of the Child SA alone (IKE up, Child refused) */
	uint64_t bytes_in, bytes_out; /* of Child SAs that ended */
};

/* type=passthrough, drop: packets that pass in clear, or not at all, by policies without an SA. Its
 * peer is nobody: no address or identity finds it. */
static inline bool conn_shunts(const struct config_conn *conn)
{
	return conn->type != TYPE_TUNNEL && conn->type != TYPE_TRANSPORT;
}
/* Packets find it by their route to an interface of its own. */
static inline bool conn_has_device(const struct config_conn *conn)
{
	return conn->interface || conn->vti_interface != NULL;
}
/* We set routes into its tunnels; otherwise those that are there lead the right way. */
static inline bool conn_has_routes(const struct config_conn *conn, const struct config_end *local)
{
	if (conn->vti_interface != NULL)
		return conn->vti_routing;
	return conn->interface || local->modecfgclient || ip_is_set(&local->sourceip) ||
	       conn->mtu != 0 || conn->metric != 0;
}

static inline const struct config_end *peer_local_end(const struct peer *peer)
{
	return peer->left_is_local ? &peer->conn->left : &peer->conn->right;
}
/* ---- login.c ---- */
/* The empty name: the conn's. RC_LIMIT. */
enum rc peer_set_login(struct peer *peer, const char *name, struct span password) MUST_CHECK;
void peer_forget_login(struct peer *peer); /* wipes */
/* XAUTH of IKEv1: does the initiator have to prove a user after phase 1, or a user alone? */
enum peer_user { PEER_NO_USER, PEER_XAUTH, PEER_HYBRID, PEER_ANY_USER /* of a claim: not known */ };
static inline enum peer_user peer_user_of(const struct peer *peer)
{
	const struct config_conn *conn = peer->conn;

	if (!conn->left.xauthclient && !conn->right.xauthclient)
		return PEER_NO_USER;
	return conn->left.hybrid || conn->right.hybrid ? PEER_HYBRID : PEER_XAUTH;
}
/* The instance of that user of the template's, between those addresses; NULL: none. */
struct peer *peer_of_user(const struct peer *template, const struct ip_addr *local,
			  const struct ip_addr *remote, const struct identity *id,
			  const struct identity *user);
/* ---- second.c: who proved a second identity (RFC 4739) ---- */
/* The second identity says who a client is: rightid2= is one that many may have (%any, a pattern).
 * One that is fixed tells nobody from anybody, and without it the second is the first. */
bool peer_second_names_client(const struct peer *peer);
/* Who the client is, for uniqueness and leases: the second identity of an instance whose conn says
 * so, otherwise the first. */
const struct identity *peer_client_id(const struct peer *peer);
/* To be called before peer_link(): that is its second identity, if it names the client. */
enum rc peer_take_user(struct peer *instance, const struct identity *second) MUST_CHECK;
/* Both proved to be the same. Of those who say nothing of themselves (AUTH NULL) the one that comes
 * again from its address counts as the same: it may have been started anew. */
bool peer_same_client(const struct peer *a, const struct peer *b);
/* Handshakes of that peer, or template, may come from there. */
bool peer_may_come_from(const struct peer *peer, const struct ip_addr *remote);
static inline bool peer_has_rounds(const struct peer *peer)
{
	return peer->conn->left.second != NULL || peer->conn->right.second != NULL;
}
static inline const struct config_end *peer_remote_end(const struct peer *peer)
{
	return peer->left_is_local ? &peer->conn->right : &peer->conn->left;
}

struct peers {
	struct list list; /* of struct peer.in_peers; instances too */
	struct table conns, tunnel_names, reqids, serials, ends, places, remotes, identities,
		clients;
	struct list ranges, anys; /* templates by struct peer.in_templates: narrowest range first;
				     in order of loading */
	struct list wildcards; /* templates whose remote identity is a pattern, by in_wildcards */
	struct list naming;    /* of struct naming, by when they are asked next */
	struct host *host;
	struct log *log;
	struct pools *pools;	 /* of addresses for clients */
	struct keyring *keyring; /* for leftid=%fromcert; NULL: none */
	uint64_t next_serial;	 /* of peers, tunnels and SAs alike: 64 bit, never reused */
	uint32_t next_reqid;
	uint32_t *free_reqids; /* a ring: what was freed last is used last */
	size_t free_first, free_count, free_cap, reqids_out;
	size_t count, tunnel_count;
	usec_t tick_at;
	void (*on_dirty)(void *context, struct peer *peer); /* engine: queue it for reconcile */
	/* engine: the peer is about to be freed; timers and indexes that point to it must go */
	void (*on_free)(void *context, struct peer *peer);
	/* engine: addresses or selectors of the peer are about to change: its traps are not what
	 * they have to be (reconcile sets them again) */
	void (*on_move)(void *context, struct peer *peer);
	/* engine: peers_tick() is to be called then, and not at the time told before (USEC_NEVER:
	 * not at all) */
	void (*on_tick)(void *context, usec_t when);
	void *context;
};
enum rc peers_init(struct peers *peers, struct host *host, struct log *log) MUST_CHECK;
void peers_free(struct peers *peers); /* all SAs must be gone */
uint64_t peers_serial(struct peers *peers);

/* DNS names are asked (again): call it when on_tick said so. Without it, names are asked by
 * peers_orient() and peer_resolve() only. */
void peers_tick(struct peers *peers);

/* Makes the peer and tunnels of one conn, joining an existing peer when config_conn_same_peer says
 * so. Keeps a reference to config. RC_EXISTS when the name is loaded; a conflict with another conn
 * is told with both names. Tunnels start as WANTED_LISTEN; the caller sets wanted. Unoriented (no
 * local address of ours) is not an error: told in diag, tried again by peers_orient(). A conn of
 * that name that is on its way out (peer_unload) is no hindrance. With reqid=, the n-th tunnel gets
 * reqid + n - 1; one that is taken is warned about and replaced, and instances have reqids of their
 * own. */
enum rc peer_load(struct peers *peers, struct config *config, const struct config_conn *conn,
		  struct diag *diag) MUST_CHECK;
/* Marks tunnels of that conn for removal: wanted DOWN, doomed when none is left. RC_NOT_FOUND with
 * a suggestion. */
enum rc peer_unload(struct peers *peers, const char *conn_name, struct diag *diag) MUST_CHECK;
/* ---- supersede.c: a conn that is loaded anew, make before break ---- */
/* As peer_unload(), but what is up may stay until then, for the conn of that name that is loaded
 * next: its tunnels get the reqids of those they replace, and join the peer if their IKE settings
 * are the same. False, and nothing happened: nothing of it is up, or it has a template or no SAs.
 */
bool peer_supersede(struct peers *peers, const char *conn_name, usec_t until) MUST_CHECK;
/* Superseded: its Child SAs stay until then (*until, if it says true). */
bool tunnel_lingers(const struct tunnel *tunnel, usec_t now, usec_t *until);
/* Superseded, and its conn's new tunnels have all come up. */
bool tunnel_succeeded(const struct tunnel *tunnel);
/* It is to come up once, whatever else is wanted: what it takes the place of is still up. */
bool tunnel_succeeds(const struct tunnel *tunnel, usec_t now);
/* It has a Child SA. When all of its conn have, what was superseded goes at `end`. */
void tunnel_came_up(struct tunnel *tunnel, usec_t end);
/* What the tunnel's conn has superseded goes now. */
void tunnel_end_predecessors(struct tunnel *tunnel);
/* What was wanted of the tunnel in its place; WANTED_DOWN: there was none. */
enum wanted tunnel_wanted_before(const struct tunnel *tunnel);

/* Local addresses, routes or DNS answers changed: orients what was not, updates %defaultroute and
 * names; calls on_dirty. */
void peers_orient(struct peers *peers);
void peer_look_around(struct peer *peer); /* the same for one of them */
/* Which end of the peer is ours, and why not if none: for status. RC_OK when oriented. */
enum rc peer_why_unoriented(struct peer *peer, struct diag *diag) MUST_CHECK;
/* The conn of that name as it is loaded; NULL: it is not, or is on its way out. */
const struct config_conn *peers_conn(const struct peers *peers, const char *name);
/* All conns that are loaded, in slices, as table_walk(); fn may unload the one it is given. */
bool peers_walk_conns(struct peers *peers, uint64_t *cursor, size_t max,
		      void (*fn)(void *context, const struct config_conn *conn), void *context);
/* The conn of that name refers to its new version in config from now on (config_conn_change() says
 * that it can), so that the old one can be freed; changed: its peers are marked renewed. False, and
 * nothing happened: in the new version its IKE settings are not those of the conn that its peer has
 * them from, so that it must be loaded anew. Nothing to do when it is not loaded. */
bool peers_rebase(struct peers *peers, struct config *config, const struct config_conn *conn,
		  bool changed) MUST_CHECK;
/* Sets wanted of every tunnel of a conn ("office") or of one tunnel ("office/1x2"), instances
 * included for WANTED_DOWN and LISTEN. RC_NOT_FOUND names the nearest. */
enum rc peers_want(struct peers *peers, const char *name, enum wanted wanted,
		   struct diag *diag) MUST_CHECK;
/* Calls fn for every tunnel that `name` (conn or tunnel name; NULL: all) means; returns how many.
 */
unsigned peers_match(struct peers *peers, const char *name,
		     void (*fn)(void *context, struct tunnel *tunnel), void *context);
struct tunnel *peers_by_reqid(struct peers *peers, uint32_t reqid);
struct tunnel *peers_tunnel(struct peers *peers, const char *name);
struct peer *peers_by_serial(struct peers *peers, uint64_t serial);

static inline bool peer_is_v1(const struct peer *peer)
{
	return peer->conn->ikev2 == 0;
}

/* Responder, IKE_SA_INIT: could any peer talk between these addresses? The best is returned (exact
 * remote before range before %any), for its IKE proposals; NULL: none. */
struct peer *peers_for_addresses(struct peers *peers, const struct ip_addr *local,
				 const struct ip_addr *remote);
/* The same for those whose proposals do not match: all that could, best first (within one address
 * in order of loading), one for each different ike=. Returns how many; of a thousand conns at most.
 */
#define PEER_CANDIDATES_MAX 32
unsigned peers_candidates(struct peers *peers, const struct ip_addr *local,
			  const struct ip_addr *remote,
			  const struct peer *out[PEER_CANDIDATES_MAX]);
/* Those of IKEv1 with that aggressive=: one for each different ike= and way to authenticate. */
unsigned peers_candidates_v1(struct peers *peers, const struct ip_addr *local,
			     const struct ip_addr *remote, bool aggressive,
			     const struct peer *out[PEER_CANDIDATES_MAX]);
/* Calls fn for every other peer that has the same addresses and identities, so that only its IKE
 * settings are others; fn must not free peers. Instances of one template are none of each other. */
void peer_twins(const struct peer *peer, void (*fn)(void *context, struct peer *other),
		void *context);
/* A peer that the configuration has at that address, whatever ours is; not an instance. NULL: none.
 */
const struct peer *peers_at(const struct peers *peers, const struct ip_addr *remote);
/* By what conns let their peers prove themselves. */
struct peer_methods {
	unsigned auth; /* enum config_authby bits */
	struct config_signatures signatures;
	bool rounds; /* one of them, or of ours, is to prove itself twice (RFC 4739) */
};
/* Those of all rounds of that end too. */
void peer_methods_add(struct peer_methods *out, const struct config_end *end);
/* All that any conn between these addresses allows. false: too many conns to look at. */
bool peers_methods_at(struct peers *peers, const struct ip_addr *local,
		      const struct ip_addr *remote, struct peer_methods *out);
/* What a peer says of itself in IKE_AUTH. */
struct peer_claim {
	const struct identity *idi, *idr; /* idr NULL: it did not ask for one of ours */
	unsigned methods; /* enum config_authby bits that its AUTH may mean; 0: not known */
	bool multiple;	  /* it can do several rounds (RFC 4739) */
	bool another;	  /* and announces a second proof of its own */
	const struct proposal_choice *choice; /* the IKE SA's algorithms; NULL: any */
	const struct wire_ts_list *tsi, *tsr; /* of its first Child SA; NULL: none */
	bool v1;	     /* by IKEv1; its conns and those of IKEv2 are not one another's */
	enum peer_user user; /* nor are those that ask for a user and those that do not */
	bool aggressive;     /* nor are those of Aggressive Mode and Main Mode */
};
/* Responder, IKE_AUTH: the peer whose identities and addresses fit best, one that allows the method
 * and the algorithms and asks for so many proofs before one that does not; of equals one that has
 * a tunnel for what is asked. The choice is deterministic. NULL with a
 * diag: none. */
struct peer *peers_for_identity(struct peers *peers, const struct ip_addr *local,
				const struct ip_addr *remote, const struct peer_claim *claim,
				struct diag *diag);
/* Responder, a second proof is being given (RFC 4739): of the conns that ask for the same first
 * proofs as that peer's, or template's, the one that the second identity fits best; `base` itself
 * when none does. Then, as above, an instance that there is already. */
struct peer_second {
	struct peer *base;
	const struct identity *id;
	unsigned methods; /* enum config_authby bits that its AUTH may mean; 0: not known */
};
struct peer *peers_for_second(struct peers *peers, const struct ip_addr *local,
			      const struct ip_addr *remote, const struct peer_claim *claim,
			      const struct peer_second *second);
/* An instance of a template for a peer whose identity is proven, with a tunnel for each of the
 * template's. Not linked into peers until peer_link(); peer_free() undoes it. */
enum rc peer_instantiate(struct peer *template, const struct ip_addr *local,
			 const struct ip_endpoint *remote, const struct identity *remote_id,
			 struct peer **out) MUST_CHECK;
enum rc peer_link(struct peer *peer) MUST_CHECK;
/* Calls fn for every other instance of the same template whose identity is the same: a client that
 * came from another address. fn must not free peers. */
void peer_other_instances(const struct peer *peer, void (*fn)(void *context, struct peer *other),
			  void *context);
/* Unlinks and frees; its SAs must be gone. */
void peer_free(struct peer *peer);
/* Our first or only Child SA proposal of the peer for what the initiator asked: the best fitting
 * tunnel or NULL. */
struct tunnel *peer_tunnel_for(struct peer *peer, const struct wire_ts_list *tsi,
			       const struct wire_ts_list *tsr, bool transport);

/* ---- addresses.c: a client's addresses in the tunnel (RFC 7296 §2.19) ---- */
/* This end gets its address from the other one, and protects nothing else. */
bool end_is_client(const struct config_end *end);
/* What such an end protects: the address that it got, or all that it may get. */
struct ip_range client_range(const struct peer *peer, const struct config_end *end, uint8_t family);
/* Server: the peer holds these too from now on, [0] IPv4, [1] IPv6; NULL: as before. Its tunnels
 * protect them. */
enum rc peer_take_leases(struct peer *peer, struct pool_lease *const leases[2]) MUST_CHECK;
/* Client: what the server has given us. */
enum rc peer_take_ranges(struct peer *peer, const struct ip_range ranges[2]) MUST_CHECK;
bool peer_has_leases(const struct peer *peer);
void peer_drop_addresses(struct peer *peer);

/* The tunnel of the peer with that serial number; NULL: gone, or no peer, or serial 0. */
struct tunnel *peer_tunnel_by_serial(const struct peer *peer, uint64_t serial);
/* The same, for what is made for it: NULL too when it is to go. */
struct tunnel *peer_tunnel_staying(const struct peer *peer, uint64_t serial);

/* Unlinks and frees a doomed tunnel; its Child SAs must be gone. */
void tunnel_free(struct tunnel *tunnel);

/* ---- split.c: a peer that takes only a part of a tunnel at a time (RFC 7296 §2.9) ---- */
/* The tunnel has only those of its subnets from now on that `part` has whole, and others, which are
 * wanted alike, have the rest, until tunnel_make_whole(); named as those of leftsubnets= and
 * rightsubnets= are. RC_NOT_FOUND: there is nothing to split; RC_NO_MEMORY: it stays as it was. */
enum rc tunnel_split(struct tunnel *tunnel, const struct selectors *part) MUST_CHECK;
/* The same with its first pair of subnets. */
enum rc tunnel_split_first(struct tunnel *tunnel) MUST_CHECK;
bool tunnel_is_part(const struct tunnel *tunnel);
/* Both come from the same tunnel (or are it). */
bool tunnels_of_one_whole(const struct tunnel *a, const struct tunnel *b);
/* It has all again, and its name; the others of the whole are the caller's to free, at once.
 * RC_NO_MEMORY: it stays as it was. */
enum rc tunnel_make_whole(struct tunnel *tunnel) MUST_CHECK;
/* Starts resolving the names of the peer, if it has one whose time has come and no query is out. */
void peer_resolve(struct peer *peer);

void peer_dirty(struct peer *peer);
/* Adds to the peer's flight recorder (and nothing else). */
void peer_record(struct peer *peer, uint64_t serial, enum record_event event, unsigned code,
		 uint32_t detail, uint32_t extra);
/* Failure: 0, 5, 10, 20, … 300 s with up to 20 % jitter. */
void backoff_fail(struct backoff *backoff, struct host *host, enum rc reason, const char *text);
void backoff_reset(struct backoff *backoff);

#endif
