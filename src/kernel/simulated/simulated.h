/* SPDX-License-Identifier: Apache-2.0 */
/* The simulated kernel inside. sad.c and spd.c are its two databases, packet.c what a packet meets
 * in them, queue.c requests and their answers, notices.c what it tells, simulated.c puts it
 * together. */
#ifndef VANTH_KERNEL_SIMULATED_PRIVATE_H
#define VANTH_KERNEL_SIMULATED_PRIVATE_H

#include "base/table.h"
#include "kernel/request.h"
#include "kernel/simulated.h"

#define WITHOUT_MAX 8

struct simulated {
	struct kernel kernel;
	struct host *host;
	struct table by_spi, by_reqid; /* of sad_sa */
	struct table policies;	       /* of spd_policy */
	struct table larvals;	       /* of larval */
	struct list directions[3];     /* of spd_policy, for packets */
	struct timer_queue timers;
	uint32_t serial;
	struct list queue; /* requests in order of sequence */
	struct list lost;  /* their answers never come */
	struct list events;
	bool events_lost;
	uint32_t sequence;
	struct deferred turn;
	struct timer answers; /* the first delayed answer */
	usec_t delay;
	unsigned fail_nth, fail_left, lose_nth, mislead_nth;
	int fail_error;
	bool fail_every;
	struct {
		uint16_t encr, integ;
	} without[WITHOUT_MAX];
	unsigned without_count;
	uint8_t lacking; /* bits of enum kernel_feature */
	uint8_t offload; /* enum kernel_offload: the most that cards can do */
};

/* What few SAs have. */
struct sad_rare {
	uint64_t soft_bytes, hard_bytes, soft_packets, hard_packets;
	uint32_t mark, mark_mask, if_id, tfc;
	uint8_t offload;
	struct kernel_iptfs iptfs;
	struct kernel_encap encap;
	struct selector selector_src, selector_dst;
};
struct sad_sa {
	struct table_node by_spi, by_reqid;
	struct timer timer; /* soft, then hard lifetime in seconds */
	struct simulated *owner;
	struct sad_rare *rare; /* NULL: all zero */
	uint64_t key_check, bytes, packets;
	uint8_t src[16], dst[16];
	uint32_t spi, reqid, serial, soft_seconds, hard_seconds, used_at, integrity_failures;
	uint16_t encr_bits, replay_window;
	uint8_t encr, integ, family, protocol, direction, mode;
	bool esn : 1, dying : 1, compressed : 1, hide_dscp : 1, fragments : 1, restore_dscp : 1,
		iptfs : 1;
};
_Static_assert(sizeof(struct sad_sa) <= 168, "an SA with its share of the tables fits 200 bytes");

struct spd_policy {
	struct table_node node;
	struct list direction_list;
	uint8_t src[16], dst[16], tunnel_src[16], tunnel_dst[16];
	uint32_t serial, priority, reqid, spi, mark, mark_mask, if_id;
	uint16_t src_from, src_to, dst_from, dst_to;
	uint8_t src_prefix, dst_prefix, family, src_protocol, dst_protocol;
	uint8_t src_family, dst_family; /* of the tunnel's ends */
	uint8_t direction, action, mode, protocol;
	bool offload, compress, iptfs;
};
_Static_assert(sizeof(struct spd_policy) <= 200,
	       "a policy with its share of the tables fits 250 bytes");

/* What Linux keeps of a template that waits for its SA, so that one packet a second is not one
 * ACQUIRE a second. */
struct larval {
	struct table_node node;
	struct timer timer;
	struct simulated *owner;
	struct ip_addr src, dst;
	uint32_t reqid;
	uint8_t protocol, mode;
};

static inline struct simulated *simulated_of(const struct kernel *kernel)
{
	return container_of((uintptr_t)kernel, struct simulated, kernel);
}

/* sad.c: errno as Linux gives it, 0: fine */
int sim_sad_add(struct simulated *sim, const struct kernel_sa *sa, uint64_t key_check);
int sim_sad_delete(struct simulated *sim, const struct kernel_sa *sa);
int sim_sad_query(struct simulated *sim, const struct kernel_sa *sa, struct kernel_counters *out);
/* All of it stays but its place. */
int sim_sad_move(struct simulated *sim, const struct kernel_sa *sa, const struct kernel_place *to);
uint64_t sim_sad_key_check(const struct kernel_sa *sa);
/* Removes the SAs that `which` names; NULL: all. Returns how many. */
unsigned sim_sad_flush(struct simulated *sim,
		       bool (*which)(const struct simulated *sim, const struct sad_sa *sa));
struct sad_sa *sim_sad_find(const struct simulated *sim, const struct ip_addr *dst, uint32_t spi,
			    uint8_t protocol, uint32_t mark);
void sim_sad_show(const struct sad_sa *sa, struct simulated_sa *out);
/* A hash for what a template and an SA have in common. */
uint64_t sim_sad_reqid_hash(const struct table *table, uint32_t reqid);
/* Soft: event. Hard: the SA goes, event. */
void sim_sad_expire(struct simulated *sim, struct sad_sa *sa, bool hard);

/* spd.c */
int sim_spd_set(struct simulated *sim, const struct kernel_policy *policy);
int sim_spd_delete(struct simulated *sim, const struct kernel_policy *policy);
unsigned sim_spd_flush(struct simulated *sim,
		       bool (*which)(const struct simulated *sim, const struct spd_policy *policy));
void sim_spd_show(const struct spd_policy *policy, struct kernel_policy *out);
/* The policy that rules over a packet; NULL: none. */
struct spd_policy *sim_spd_lookup(const struct simulated *sim, enum kernel_direction direction,
				  const struct selector *src, const struct selector *dst);

/* larval.c */
/* true: an ACQUIRE is due; false: one is under way. */
bool sim_larval_start(struct simulated *sim, const struct larval *wanted);
/* An SA came that one waited for. */
void sim_larval_settle(struct simulated *sim, const struct kernel_sa *sa);
void sim_larval_flush(struct simulated *sim);

/* notices.c */
void sim_notice_raise(struct simulated *sim, const struct kernel_event *event);
void sim_notices_deliver(struct simulated *sim);
void sim_notices_free(struct simulated *sim);

/* queue.c */
void sim_queue_submit(struct kernel *kernel, struct kernel_request *request);
void sim_queue_cancel(struct kernel *kernel, struct kernel_request *request);
enum rc sim_queue_drain(struct kernel *kernel, usec_t limit);
/* Answers what is due now; what the answers submit waits for the next turn. */
void sim_queue_run(struct simulated *sim);
void sim_queue_free(struct simulated *sim);
bool sim_queue_lacks(const struct simulated *sim, uint16_t encr, uint16_t integ);

/* Two addresses of one family without the copies in wide structs. */
void sim_compact_addr(uint8_t out[16], const struct ip_addr *addr);
struct ip_addr sim_wide_addr(const uint8_t bytes[16], uint8_t family);

#endif
