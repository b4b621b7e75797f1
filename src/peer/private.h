/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of this folder. */
#ifndef VANTH_PEER_PRIVATE_H
#define VANTH_PEER_PRIVATE_H

#include <string.h>
#include "base/arena.h"
#include "kernel/kernel.h"
#include "peer/peer.h"

/* A conn that is loaded. Its tunnels keep it, also when it is unloaded and another has its name. */
struct loaded {
	struct table_node by_name;
	struct peers *owner;
	struct config *config; /* referenced */
	const struct config_conn *conn;
	struct list tunnels; /* of struct tunnel.in_loaded: the peer's and those of its instances */
	struct list pending; /* those of instances that are not linked yet */
	struct loaded *before, *after; /* of the same name, one superseded by the other; NULL: none
					  that is still there */
	usec_t lingers_until;	       /* superseded: its Child SAs may stay so long; 0: they go */
	unsigned refs; /* tunnels, also of instances that are not linked yet; walks */
	bool doomed, named, succeeded;
};

/* The tables have their first slots from peers_init() on, and nothing else makes inserting fail. */
void index_put(struct table *table, struct table_node *node, uint64_t hash);

/* ---- peers.c ---- */
/* A sentence with the nearest name of a conn or tunnel. */
enum rc peers_not_found(struct peers *peers, const char *name, struct diag *diag) MUST_CHECK;

/* ---- loaded.c ---- */
struct loaded *loaded_new(struct peers *peers, struct config *config,
			  const struct config_conn *conn);
/* NULL: none of that name. */
struct loaded *loaded_find(const struct peers *peers, const char *name);
void loaded_hold(struct loaded *loaded);
void loaded_drop(struct loaded *loaded);
/* Gives the name to another conn. */
void loaded_retire(struct loaded *loaded);
/* Nothing came of that: it has its name again, for the next that is loaded. */
void loaded_return(struct loaded *loaded);

/* ---- supersede.c ---- */
/* The one that it takes the place of; also when that is freed before its successor comes. */
void loaded_follow(struct loaded *loaded, struct loaded *before);
void loaded_forget(struct loaded *loaded); /* it is about to be freed */
/* Whatever stayed for the sake of the conn goes now. */
void predecessors_end(struct loaded *loaded);
/* The reqid of the tunnel that it takes the place of, if it may have that. */
bool reqid_inherit(struct peers *peers, struct tunnel *tunnel, uint32_t asked);
/* The tunnel goes: one that it took the place of, and that is still there, has its reqid again.
 * False: nobody has a claim to it. */
bool reqid_restore(struct peers *peers, struct tunnel *tunnel);

/* ---- load.c ---- */
/* Its tunnels are doomed, and peers with no other. */
void loaded_doom(struct loaded *loaded);

/* ---- reqid.c ---- */
/* Gives the tunnel a number: `asked`, when it is not 0 and free, or one of ours. */
enum rc reqid_take(struct peers *peers, struct tunnel *tunnel, uint32_t asked) MUST_CHECK;
void reqid_give_back(struct peers *peers, struct tunnel *tunnel);

/* ---- tunnel.c ---- */
/* Tunnels for all pairs of the conn's subnets, not linked. */
enum rc tunnels_make(struct peer *peer, struct loaded *loaded, struct diag *diag) MUST_CHECK;
/* The instance's tunnel for one of its template's. */
enum rc tunnel_instantiate(struct peer *instance, const struct tunnel *from) MUST_CHECK;
/* Somebody has the name that the instance's tunnel would get. */
bool tunnel_instance_exists(const struct tunnel *from, uint32_t number);
void tunnel_link(struct tunnel *tunnel);
/* What is found by its name, if its conn has one. */
void tunnel_name_in_tables(struct tunnel *tunnel);
/* For all of them, with a warning for what cannot work. */
void peer_select(struct peer *peer);
/* One for those subnets, in no table yet; it has a name like those of leftsubnets=. */
enum rc tunnel_part(const struct tunnel *from, uint16_t left, uint16_t right,
		    struct tunnel **out) MUST_CHECK;
/* It has those subnets from now on, and its name and selectors are theirs; or RC_NO_MEMORY, and
 * nothing has changed. */
enum rc tunnel_reshape(struct tunnel *tunnel, uint16_t left, uint16_t right) MUST_CHECK;
/* What a tunnel in that place has before it is split. */
uint16_t tunnel_all_of(const struct config_end *end, uint16_t place);
/* The first that it has, from 0. */
unsigned tunnel_first_subnet(const struct config_end *end, uint16_t which);
/* Is this subnet of the conn's end one of the tunnel's? */
bool tunnel_has_subnet(const struct config_end *end, uint16_t which, unsigned index);

/* ---- peer.c ---- */
/* In no list or table yet. */
struct peer *peer_new(struct peers *peers, struct config *config, const struct config_conn *conn);
/* Into the lists and tables, with its tunnels. */
void peer_enter(struct peer *peer);
/* Another conn with equal settings stands for the peer. */
void peer_represent(struct peer *peer, struct config *config, const struct config_conn *conn);

/* ---- orient.c ---- */
/* RC_OK when oriented; otherwise diag says why not. */
enum rc peer_orient(struct peer *peer, struct diag *diag) MUST_CHECK;
/* The identity of an end that has none of its own; ID_NONE when its address is not known. */
enum rc peer_address_identity(const struct ip_addr *addr, struct identity *out) MUST_CHECK;

/* ---- resolve.c ---- */
enum rc naming_new(struct peer *peer) MUST_CHECK; /* nothing to do without names */
/* The network changed: what failed is asked at once. */
void naming_retry(struct peer *peer);
void naming_free(struct peer *peer);
/* Address of an end of the peer that has a name; AF_UNSPEC: not known. */
struct ip_addr naming_addr(const struct peer *peer, bool left);

/* ---- lookup.c ---- */
bool peer_answers_at(const struct peer *peer, const struct ip_addr *local);

/* ---- index.c ---- */
/* Where handshakes find the peer: oriented, linked and not doomed. */
void index_add(struct peer *peer);
void index_remove(struct peer *peer);
uint64_t index_place_hash(const struct peers *peers, const struct ip_addr *local,
			  const struct ip_addr *remote);
/* remote NULL: of a template */
uint64_t index_identity_hash(const struct peers *peers, const struct ip_addr *remote,
			     const struct identity *id);

#endif
