/* SPDX-License-Identifier: Apache-2.0 */
/* The SAD: SAs by (destination, SPI, protocol) and, for templates, by reqid. */
#include <errno.h>
#include <string.h>
#include "base/arena.h"
#include "kernel/simulated/simulated.h"

void sim_compact_addr(uint8_t out[16], const struct ip_addr *addr)
{
	memcpy(out, addr->bytes, 16);
}

struct ip_addr sim_wide_addr(const uint8_t bytes[16], uint8_t family)
{
	struct ip_addr addr = { .family = family };
	memcpy(addr.bytes, bytes, 16);
	return addr;
}

static uint64_t spi_hash(const struct table *table, const uint8_t dst[16], uint32_t spi)
{
	uint8_t key[20];
	memcpy(key, dst, 16);
	memcpy(key + 16, &spi, 4);
	return table_hash(table, key, sizeof key);
}

uint64_t sim_sad_reqid_hash(const struct table *table, uint32_t reqid)
{
	return table_hash(table, &reqid, sizeof reqid);
}

struct sad_sa *sim_sad_find(const struct simulated *sim, const struct ip_addr *dst, uint32_t spi,
			    uint8_t protocol, uint32_t mark)
{
	uint64_t hash = spi_hash(&sim->by_spi, dst->bytes, spi);
	struct table_node *node = table_first(&sim->by_spi, hash);
	for (; node != NULL; node = table_next(node)) {
		struct sad_sa *sa = container_of(node, struct sad_sa, by_spi);
		uint32_t its_mark = sa->rare != NULL ? sa->rare->mark : 0;
		uint32_t its_mask = sa->rare != NULL ? sa->rare->mark_mask : 0;
		if (sa->spi == spi && sa->protocol == protocol && sa->family == dst->family &&
		    memcmp(sa->dst, dst->bytes, 16) == 0 && (mark & its_mask) == its_mark)
			return sa;
	}
	return NULL;
}

/* The same under every kernel's seed: two ends must agree. */
uint64_t sim_sad_key_check(const struct kernel_sa *sa)
{
	uint16_t numbers[4] = { sa->encr, sa->integ, sa->encr_bits, sa->esn };
	struct table seeded = { .seed = { 0x56616e74, 0x68 } };
	seeded.seed[0] ^= table_hash(&seeded, numbers, sizeof numbers);
	if (sa->encr_key.len > 0)
		seeded.seed[1] ^= table_hash(&seeded, sa->encr_key.ptr, sa->encr_key.len);
	if (sa->integ_key.len > 0)
		seeded.seed[0] += table_hash(&seeded, sa->integ_key.ptr, sa->integ_key.len);
	return table_hash(&seeded, "check", 5);
}

static void sim_sad_free(struct simulated *sim, struct sad_sa *sa)
{
	table_remove(&sim->by_spi, &sa->by_spi);
	table_remove(&sim->by_reqid, &sa->by_reqid);
	timer_cancel(&sim->timers, &sa->timer);
	mem_free(sa->rare);
	mem_free(sa);
}

static void sad_tell_expire(struct simulated *sim, const struct sad_sa *sa, bool hard)
{
	struct kernel_event event = { .type = KERNEL_EXPIRE,
				      .reqid = sa->reqid,
				      .src = sim_wide_addr(sa->src, sa->family),
				      .dst = sim_wide_addr(sa->dst, sa->family),
				      .spi = sa->spi,
				      .protocol = sa->protocol,
				      .hard = hard };
	sim_notice_raise(sim, &event);
}

void sim_sad_expire(struct simulated *sim, struct sad_sa *sa, bool hard)
{
	if (!hard && sa->dying) /* Linux says it once */
		return;
	sa->dying = true;
	sad_tell_expire(sim, sa, hard);
	if (hard)
		sim_sad_free(sim, sa);
}

static void sad_timer(struct timer *timer)
{
	struct sad_sa *sa = container_of(timer, struct sad_sa, timer);
	struct simulated *sim = sa->owner;
	bool soft = sa->soft_seconds != 0 && !sa->dying;
	if (!soft) {
		sim_sad_expire(sim, sa, true);
		return;
	}
	usec_t rest = ((usec_t)sa->hard_seconds - (usec_t)sa->soft_seconds) * USEC_PER_SEC;
	sim_sad_expire(sim, sa, false);
	if (sa->hard_seconds != 0 &&
	    timer_arm(&sim->timers, timer, timer->due + (rest > 0 ? rest : 0)) != RC_OK)
		sim_sad_expire(sim, sa, true); /* better early than never */
}

/* A soft lifetime that does not come before the hard one says nothing. */
static int sad_arm(struct simulated *sim, struct sad_sa *sa)
{
	if (sa->hard_seconds != 0 && sa->soft_seconds >= sa->hard_seconds)
		sa->soft_seconds = 0;
	uint32_t seconds = sa->soft_seconds != 0 ? sa->soft_seconds : sa->hard_seconds;
	sa->timer.fire = sad_timer;
	if (seconds == 0)
		return 0;
	usec_t due = host_now(sim->host) + (usec_t)seconds * USEC_PER_SEC;
	return timer_arm(&sim->timers, &sa->timer, due) == RC_OK ? 0 : ENOMEM;
}

static bool has_rare(const struct kernel_sa *sa)
{
	return sa->soft_bytes || sa->hard_bytes || sa->soft_packets || sa->hard_packets ||
	       sa->mark || sa->mark_mask || sa->if_id || sa->tfc || sa->offload || sa->iptfs.on ||
	       sa->encap.local_port || sa->encap.remote_port || sa->mode == KERNEL_TRANSPORT;
}

static int fill_rare(struct sad_sa *to, const struct kernel_sa *sa)
{
	struct sad_rare *rare;
	if (!has_rare(sa))
		return 0;
	to->rare = rare = mem_alloc(sizeof *rare);
	if (rare == NULL)
		return ENOMEM;
	*rare = (struct sad_rare){
		.soft_bytes = sa->soft_bytes,
		.hard_bytes = sa->hard_bytes,
		.soft_packets = sa->soft_packets,
		.hard_packets = sa->hard_packets,
		.mark = sa->mark,
		.mark_mask = sa->mark_mask,
		.if_id = sa->if_id,
		.tfc = sa->tfc,
		.offload = sa->offload,
		.iptfs = sa->iptfs,
		.encap = sa->encap,
		.selector_src = sa->selector_src,
		.selector_dst = sa->selector_dst,
	};
	return 0;
}

static void fill(struct sad_sa *to, const struct kernel_sa *sa)
{
	sim_compact_addr(to->src, &sa->src);
	sim_compact_addr(to->dst, &sa->dst);
	to->spi = sa->spi;
	to->reqid = sa->reqid;
	to->soft_seconds = sa->soft_seconds;
	to->hard_seconds = sa->hard_seconds;
	to->encr_bits = sa->encr_bits;
	to->replay_window = sa->replay_window;
	to->encr = (uint8_t)sa->encr; /* kernel_check_sa knows no algorithm above 255 */
	to->integ = (uint8_t)sa->integ;
	to->family = sa->dst.family;
	to->protocol = sa->protocol;
	to->direction = sa->direction;
	to->mode = sa->mode;
	to->esn = sa->esn;
	to->compressed = sa->compressed;
	to->iptfs = sa->iptfs.on;
	to->hide_dscp = sa->hide_dscp;
	to->fragments = sa->fragments;
	to->restore_dscp = sa->restore_dscp;
}

static int sad_link(struct simulated *sim, struct sad_sa *sa)
{
	uint64_t by_spi = spi_hash(&sim->by_spi, sa->dst, sa->spi);
	if (table_insert(&sim->by_spi, &sa->by_spi, by_spi) != RC_OK)
		return ENOMEM;
	uint64_t by_reqid = sim_sad_reqid_hash(&sim->by_reqid, sa->reqid);
	return table_insert(&sim->by_reqid, &sa->by_reqid, by_reqid) == RC_OK ? 0 : ENOMEM;
}

int sim_sad_add(struct simulated *sim, const struct kernel_sa *sa, uint64_t key_check)
{
	struct sad_sa *new;
	if (sim_sad_find(sim, &sa->dst, sa->spi, sa->protocol, sa->mark & sa->mark_mask) != NULL)
		return EEXIST;
	new = mem_alloc(sizeof *new);
	if (new == NULL)
		return ENOMEM;
	new->owner = sim;
	new->key_check = key_check;
	new->serial = ++sim->serial;
	fill(new, sa);
	if (fill_rare(new, sa) != 0 || sad_arm(sim, new) != 0 || sad_link(sim, new) != 0) {
		sim_sad_free(sim, new);
		return ENOMEM;
	}
	sim_larval_settle(sim, sa);
	return 0;
}

int sim_sad_delete(struct simulated *sim, const struct kernel_sa *sa)
{
	struct sad_sa *old =
		sim_sad_find(sim, &sa->dst, sa->spi, sa->protocol, sa->mark & sa->mark_mask);
	if (old == NULL)
		return ESRCH;
	sim_sad_free(sim, old);
	return 0;
}

static struct kernel_counters counters_of(const struct sad_sa *sa)
{
	return (struct kernel_counters){ .bytes = sa->bytes,
					 .packets = sa->packets,
					 .used_at = sa->used_at,
					 .integrity_failures = sa->integrity_failures };
}

int sim_sad_query(struct simulated *sim, const struct kernel_sa *sa, struct kernel_counters *out)
{
	const struct sad_sa *old =
		sim_sad_find(sim, &sa->dst, sa->spi, sa->protocol, sa->mark & sa->mark_mask);
	if (old == NULL)
		return ESRCH;
	*out = counters_of(old);
	return 0;
}

static int set_encap(struct sad_sa *sa, const struct kernel_encap *encap)
{
	bool any = encap->local_port != 0 || encap->remote_port != 0;
	if (sa->rare == NULL && !any)
		return 0;
	if (sa->rare == NULL)
		sa->rare = mem_alloc(sizeof *sa->rare);
	if (sa->rare == NULL)
		return ENOMEM;
	sa->rare->encap = *encap;
	return 0;
}

int sim_sad_move(struct simulated *sim, const struct kernel_sa *sa, const struct kernel_place *to)
{
	uint32_t mark = sa->mark & sa->mark_mask;
	struct sad_sa *old = sim_sad_find(sim, &sa->dst, sa->spi, sa->protocol, mark);
	const struct sad_sa *there = sim_sad_find(sim, &to->dst, sa->spi, sa->protocol, mark);
	if (old == NULL)
		return ESRCH;
	if (there != NULL && there != old)
		return EEXIST;
	if (set_encap(old, &to->encap) != 0)
		return ENOMEM;
	table_remove(&sim->by_spi, &old->by_spi);
	sim_compact_addr(old->src, &to->src);
	sim_compact_addr(old->dst, &to->dst);
	old->family = to->dst.family;
	uint64_t by_spi = spi_hash(&sim->by_spi, old->dst, old->spi);
	if (table_insert(&sim->by_spi, &old->by_spi, by_spi) == RC_OK)
		return 0;
	sim_sad_free(sim, old);
	return ENOMEM;
}

struct flush {
	struct simulated *sim;
	bool (*which)(const struct simulated *sim, const struct sad_sa *sa);
	unsigned count;
};

static void flush_one(struct table_node *node, void *context)
{
	struct flush *flush = context;
	struct sad_sa *sa = container_of(node, struct sad_sa, by_spi);
	if (flush->which != NULL && !flush->which(flush->sim, sa))
		return;
	sim_sad_free(flush->sim, sa);
	flush->count++;
}

unsigned sim_sad_flush(struct simulated *sim,
		       bool (*which)(const struct simulated *sim, const struct sad_sa *sa))
{
	struct flush flush = { .sim = sim, .which = which };
	size_t cursor = 0;
	while (table_walk(&sim->by_spi, &cursor, 1024, flush_one, &flush)) {
	}
	return flush.count;
}

static void show_rare(const struct sad_rare *rare, struct kernel_sa *out)
{
	out->soft_bytes = rare->soft_bytes;
	out->hard_bytes = rare->hard_bytes;
	out->soft_packets = rare->soft_packets;
	out->hard_packets = rare->hard_packets;
	out->mark = rare->mark;
	out->mark_mask = rare->mark_mask;
	out->if_id = rare->if_id;
	out->tfc = rare->tfc;
	out->offload = rare->offload;
	out->iptfs = rare->iptfs;
	out->encap = rare->encap;
	out->selector_src = rare->selector_src;
	out->selector_dst = rare->selector_dst;
}

void sim_sad_show(const struct sad_sa *sa, struct simulated_sa *out)
{
	*out = (struct simulated_sa){
		.key_check = sa->key_check,
		.counters = counters_of(sa),
		.sa = {
			.src = sim_wide_addr(sa->src, sa->family),
			.dst = sim_wide_addr(sa->dst, sa->family),
			.spi = sa->spi,
			.protocol = sa->protocol,
			.direction = sa->direction,
			.mode = sa->mode,
			.reqid = sa->reqid,
			.encr = sa->encr,
			.encr_bits = sa->encr_bits,
			.integ = sa->integ,
			.esn = sa->esn,
			.compressed = sa->compressed,
			.hide_dscp = sa->hide_dscp,
			.fragments = sa->fragments,
			.restore_dscp = sa->restore_dscp,
			.replay_window = sa->replay_window,
			.soft_seconds = sa->soft_seconds,
			.hard_seconds = sa->hard_seconds,
		},
	};
	if (sa->rare != NULL)
		show_rare(sa->rare, &out->sa);
}
