/* SPDX-License-Identifier: Apache-2.0 */
/* A SAD and SPD in memory that behave like Linux: template and reqid checks, ACQUIRE, EXPIRE,
 * counters, refusals. For exchange and sim tests, and as the backend of load measurements (compact:
 * at most 200 bytes an SA). */
#ifndef VANTH_KERNEL_SIMULATED_H
#define VANTH_KERNEL_SIMULATED_H

#include "kernel/kernel.h"

enum rc kernel_simulated_new(struct host *host, struct kernel **out) MUST_CHECK;
/* The n-th request from now on (1 = next) fails with this errno; 0: none. every: each n-th. */
void kernel_simulated_fail(struct kernel *kernel, unsigned nth, int error, bool every);
/* The n-th answer is lost: done is never called... until cancel. 0: none. */
void kernel_simulated_lose_answer(struct kernel *kernel, unsigned nth);
/* The n-th request from now takes effect, but its answer is lost, and told as ENOBUFS. 0: none. */
void kernel_simulated_mislead(struct kernel *kernel, unsigned nth);
/* Answers come this much later (default: at the end of the loop turn). */
void kernel_simulated_delay(struct kernel *kernel, usec_t delay);
/* From now on this kernel lacks an algorithm (0: any): supports() is false and adding an SA with it
 * fails. */
void kernel_simulated_without(struct kernel *kernel, uint16_t encr, uint16_t integ);
/* ... or AH, IPComp or IP-TFS. */
void kernel_simulated_without_feature(struct kernel *kernel, enum kernel_feature feature);
/* Its network cards can do so much: KERNEL_OFFLOAD_NONE (at first), _CRYPTO or _PACKET. */
void kernel_simulated_offload(struct kernel *kernel, enum kernel_offload most);
/* Time: lifetimes in seconds and delayed answers. The host's only wake-up belongs to the gateway,
 * so whoever steps the clock calls tick when it reaches next (USEC_NEVER: nothing to wait for);
 * everything submitted ticks too. */
usec_t kernel_simulated_next(const struct kernel *kernel);
void kernel_simulated_tick(struct kernel *kernel);
size_t kernel_simulated_sa_count(const struct kernel *kernel);
size_t kernel_simulated_policy_count(const struct kernel *kernel);
/* False when there is none. Keys are not kept, but a hash of them, so that two ends can be
 * compared. */
struct simulated_sa {
	struct kernel_sa sa; /* without keys */
	uint64_t key_check;  /* equal at both ends when the keys are */
	struct kernel_counters counters;
};
bool kernel_simulated_sa(const struct kernel *kernel, size_t index, struct simulated_sa *out);
/* An SA with a mark is not found. */
bool kernel_simulated_find_sa(const struct kernel *kernel, const struct ip_addr *dst, uint32_t spi,
			      struct simulated_sa *out);
bool kernel_simulated_policy(const struct kernel *kernel, size_t index, struct kernel_policy *out);

/* What Linux would do with a packet of one user of `from`: looks up the out policy, its SA; then at
 * `to` the SA by SPI, key, and the in policy check (fwd when dst is not local there). A packet in
 * clear that `to` wants protected is a POLICY_MISMATCH. src and dst are single addresses; `to` may
 * be NULL: nobody there. Packets have no mark and no if_id. Events come at the end of the loop
 * turn; one ACQUIRE for a template until an SA comes, or 30 s. */
enum simulated_verdict {
	SIMULATED_CLEAR, /* no policy: goes in clear */
	SIMULATED_BLOCKED,
	SIMULATED_ACQUIRED, /* policy without SA: ACQUIRE raised */
	SIMULATED_ARRIVED,
	SIMULATED_NO_SA, /* the other end does not know the SPI */
	SIMULATED_WRONG_KEY,
	SIMULATED_POLICY_MISMATCH, /* template, reqid or selector check failed there */
};
enum simulated_verdict kernel_simulated_packet(struct kernel *from, struct kernel *to,
					       const struct selector *src,
					       const struct selector *dst, size_t bytes);
/* The same over a network: `path` turns the ends of the outer packet into what arrives where (ports
 * are 0 without UDP encapsulation); false: lost, the verdict is NO_SA. As Linux does, the receiving
 * kernel raises MAPPING when encapsulated ESP with a good ICV comes from elsewhere. */
typedef bool (*simulated_path_fn)(void *context, struct ip_endpoint *from, struct ip_endpoint *to);
enum simulated_verdict kernel_simulated_packet_by(struct kernel *from, struct kernel *to,
						  const struct selector *src,
						  const struct selector *dst, size_t bytes,
						  simulated_path_fn path, void *context);
/* The same in two halves, for a packet that takes its time. ARRIVED from the first: it is on its
 * way; from and to are the ends of the outer packet, to be changed by what is between. */
struct simulated_sealed {
	bool clear, encapsulated, compressed, iptfs;
	uint32_t cpi; /* 0: it did not become smaller */
	uint8_t protocol, mode;
	uint32_t spi;
	uint64_t key_check;
	struct ip_endpoint from, to;
	struct selector src, dst;
	size_t bytes;
};
enum simulated_verdict kernel_simulated_send(struct kernel *from, const struct selector *src,
					     const struct selector *dst, size_t bytes,
					     struct simulated_sealed *out);
enum simulated_verdict kernel_simulated_arrive(struct kernel *to,
					       const struct simulated_sealed *sealed);
/* Raises soft or hard EXPIRE, or MAPPING, for an SA. */
void kernel_simulated_expire(struct kernel *kernel, uint32_t spi, bool hard);
void kernel_simulated_mapping(struct kernel *kernel, uint32_t spi,
			      const struct ip_endpoint *mapped);
void kernel_simulated_flush(
	struct kernel *kernel); /* somebody ran `ip xfrm state flush` and policy flush */

#endif
