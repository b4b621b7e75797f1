/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel as a backend: asynchronous requests, answers as callbacks on the loop, events. Knows
 * nothing of IKE. Backends: kernel/xfrm (netlink, libmnl) and kernel/simulated (an in-memory
 * SAD/SPD that behaves like Linux). Both pass one test suite (testing/unit/kernel). */
#ifndef VANTH_KERNEL_KERNEL_H
#define VANTH_KERNEL_KERNEL_H

#include "base/list.h"
#include "base/secret.h"
#include "host/host.h"
#include "selector/selector.h"

/* Beside PROTOCOL_ESP and PROTOCOL_AH: IPComp with DEFLATE (RFC 3173, RFC 2394). The SPI of its SA
 * is the CPI. Of a tunnel that compresses its SA makes the tunnel, and ESP or AH around it is
 * `compressed`. */
#define KERNEL_IPCOMP 4

enum kernel_mode { KERNEL_TUNNEL, KERNEL_TRANSPORT };
enum kernel_direction { KERNEL_IN, KERNEL_OUT, KERNEL_FWD };

/* ESP in the network card that the packets go through: not; its encryption where that can be had;
 * its encryption, or the SA is refused; the whole packet with its policy, or it is refused. */
enum kernel_offload {
	KERNEL_OFFLOAD_NONE,
	KERNEL_OFFLOAD_AUTO,
	KERNEL_OFFLOAD_CRYPTO,
	KERNEL_OFFLOAD_PACKET,
};

struct kernel_encap {			  /* RFC 3948; zero: none */
	uint16_t local_port, remote_port; /* host order; sport/dport follow from the direction */
};

/* IP-TFS (RFC 9347, Linux 6.14) in place of the plain tunnel of ESP. */
struct kernel_iptfs {
	bool on;
	bool whole;		 /* out: packets are not cut in parts */
	uint16_t reorder_window; /* in: packets that may overtake one another */
	uint32_t drop_time;	 /* in: microseconds that a missing one is waited for */
	uint32_t init_delay;	 /* out: microseconds that the first waits for others */
	uint32_t queue_bytes;	 /* out: at most so many wait */
	uint32_t packet_size;	 /* out: bytes of the outer packet; 0: what the path takes */
};

struct kernel_sa {
	struct ip_addr src, dst;
	uint32_t spi;	   /* host order */
	uint8_t protocol;  /* PROTOCOL_ESP, PROTOCOL_AH or KERNEL_IPCOMP */
	uint8_t direction; /* KERNEL_IN or KERNEL_OUT */
	uint8_t mode;	   /* enum kernel_mode */
	uint32_t reqid;
	uint16_t encr, encr_bits, integ; /* IANA numbers */
	struct span encr_key, integ_key; /* used before kernel_submit returns; never kept */
	bool esn;
	bool compressed; /* it protects what an IPComp SA has made */
	/* tunnel mode: the outer header does not tell the DSCP of the inner one, may be fragmented
	 * on its way (no DF), or has its DSCP copied to the inner one */
	bool hide_dscp, fragments, restore_dscp;
	uint32_t tfc; /* outbound ESP tunnels: pad packets to so many bytes, or the path's MTU if
		       * that is less (RFC 4303 §2.7); 0: not */
	uint16_t replay_window; /* packets; 0: off */
	struct kernel_encap
		encap; /* for KERNEL_OUT: src port local_port, dst port remote_port; IN mirrored */
	struct selector selector_src, selector_dst;		     /* transport mode only */
	uint64_t soft_bytes, hard_bytes, soft_packets, hard_packets; /* 0: none */
	uint32_t soft_seconds, hard_seconds;
	uint32_t mark, mark_mask, if_id;
	uint32_t output_mark; /* of the packets that it makes (KERNEL_IN: lets in); 0: none */
	uint8_t offload;      /* enum kernel_offload */
	struct kernel_iptfs iptfs;
};

enum kernel_action { KERNEL_PROTECT, KERNEL_PASS, KERNEL_BLOCK };
struct kernel_policy {
	struct selector src, dst; /* as packets flow in this direction */
	uint8_t direction;	  /* enum kernel_direction */
	uint8_t action;		  /* enum kernel_action */
	uint8_t mode;
	uint8_t protocol; /* PROTOCOL_ESP or PROTOCOL_AH */
	/* IPComp comes first; inbound it may be missing: what does not become smaller is sent as it
	 * is (RFC 3173 §2.2) */
	bool compress;
	bool iptfs; /* its SAs are tunnels of IP-TFS */
	uint32_t reqid;
	struct ip_addr tunnel_src,
		tunnel_dst; /* template; AF_UNSPEC for a trap of an unknown peer */
	uint32_t spi;	    /* 0: any (traps and tunnels alike) */
	uint32_t priority;  /* kernel_policy_priority() */
	uint32_t mark, mark_mask, if_id;
	bool offload; /* its SAs are KERNEL_OFFLOAD_PACKET */
};

/* Where an SA goes. */
struct kernel_place {
	struct ip_addr src, dst;
	struct kernel_encap encap; /* zero: none from now on */
};

enum kernel_op {
	KERNEL_SA_ADD,
	KERNEL_SA_DELETE, /* by dst, spi, protocol, mark; a missing one is not an error */
	KERNEL_SA_QUERY,  /* counters */
	/* From sa's addresses and encapsulation to those of `to`: keys, counters of the lifetime
	 * and the replay state stay (an outbound sequence number may jump, and never comes twice).
	 * A change of ports alone loses no packet. Tunnel mode, or ports alone. RC_NOT_FOUND: it is
	 * gone; RC_EXISTS: another one is there, nothing moved; any other error: it may be lost. */
	KERNEL_SA_MOVE,
	KERNEL_POLICY_SET,    /* add or replace */
	KERNEL_POLICY_DELETE, /* by selector, direction, mark, if_id; a missing one is not an error
			       */
};

struct kernel_counters {
	uint64_t bytes, packets;
	int64_t used_at; /* seconds since 1970 of the last packet, 0: never */
	uint32_t replay_errors, integrity_failures;
};

/* One request. Keys are used before submit returns and never kept. With `done`, the request is the
 * caller's and must stay where it is until `done` or cancel; without, it may be freed as soon as
 * submit returns (the backend keeps what it needs). `done` is never called from inside submit or
 * cancel; it may submit more, free the request, or cancel others; it must not free the kernel.
 * Every request with `done` is answered, also when the kernel lost its answer. rc: RC_OK, RC_EXISTS
 * (SPI taken), RC_NOT_FOUND (query), RC_UNSUPPORTED (Linux cannot express it, or an algorithm that
 * it does not have), RC_RANGE (a field is out of bounds), RC_KERNEL (error: positive errno, diag:
 * what was asked, the errno, the kernel's extended ack, what to do). */
struct kernel_request {
	enum kernel_op op;
	union {
		struct kernel_sa sa;
		struct kernel_policy policy;
	};
	struct kernel_place to;			      /* KERNEL_SA_MOVE */
	void (*done)(struct kernel_request *request); /* NULL: nobody cares */
	void *owner;				      /* the caller's, for done() */
	enum rc rc;
	int error; /* errno */
	struct kernel_counters counters;
	struct diag diag;
	/* the backend's */
	struct list queue;
	uint64_t tag;
	usec_t due;
	uint32_t sequence;
	uint32_t device; /* index of the one that offloads; 0: Linux looks for it */
	uint8_t flags;
};

enum kernel_event_type { KERNEL_ACQUIRE, KERNEL_EXPIRE, KERNEL_MAPPING, KERNEL_RESYNC };
struct kernel_event {
	enum kernel_event_type type;
	uint32_t reqid; /* ACQUIRE: of the trap's template; else of the SA */
	struct selector packet_src, packet_dst; /* ACQUIRE: what wanted to go */
	struct ip_addr src, dst;		/* EXPIRE, MAPPING: of the SA */
	uint32_t spi;
	uint8_t protocol;
	bool hard;		   /* EXPIRE */
	struct ip_endpoint mapped; /* MAPPING: the peer's new address and port */
}; /* RESYNC: events were lost (ENOBUFS); the owner compares everything */
typedef void (*kernel_event_fn)(void *context, const struct kernel_event *event);

/* What not every kernel has. */
enum kernel_feature { KERNEL_HAS_AH, KERNEL_HAS_IPCOMP, KERNEL_HAS_IPTFS };

struct kernel;
struct kernel_ops {
	/* Queued; requests of one loop turn go out together, in order. */
	void (*submit)(struct kernel *kernel, struct kernel_request *request);
	/* The request will never be answered (its owner dies); what was submitted still happens. */
	void (*cancel)(struct kernel *kernel, struct kernel_request *request);
	/* Finds what an earlier run of ours left behind (our reqid range and our SAs' policies) and
	 * removes it; *count says how many objects. Synchronous, only at start, before anything
	 * else. */
	enum rc (*remove_stale)(struct kernel *kernel, unsigned *count, struct diag *diag);
	/* Sends and answers what was submitted, and what its `done`s submit; RC_TIMEOUT when
	 * `limit` passes first. */
	enum rc (*drain)(struct kernel *kernel, usec_t limit);
	/* May this algorithm be offered? False when the kernel said so before (start-up probe or a
	 * refusal). */
	bool (*supports)(struct kernel *kernel, uint16_t encr, uint16_t encr_bits, uint16_t integ);
	/* 0: it has; otherwise the errno with which it refused at start. */
	int (*lacks)(struct kernel *kernel, enum kernel_feature feature);
	/* Can the network card that packets to this peer go through now do ESP? RC_UNSUPPORTED,
	 * with the card's name, when it cannot; RC_OK also when nobody knows. */
	enum rc (*check_card)(struct kernel *kernel, const struct ip_addr *peer, struct diag *diag);
	void (*free)(struct kernel *kernel);
};
struct kernel {
	const struct kernel_ops *ops;
	kernel_event_fn on_event;
	/* Is this reqid, which is not of our range, one of ours (reqid=)? NULL: none is. */
	bool (*is_known)(void *context, uint32_t reqid);
	void *context;
};

/* Reqids of Vanth: a fixed range so that stale ones are known. */
#define KERNEL_REQID_FIRST 0x56000000u /* 'V' */
#define KERNEL_REQID_LAST  0x56ffffffu
static inline bool kernel_reqid_is_ours(uint32_t reqid)
{
	return reqid >= KERNEL_REQID_FIRST && reqid <= KERNEL_REQID_LAST;
}
/* Events of other reqids never come up, and what an earlier run left is known by them. */
static inline bool kernel_reqid_is_known(const struct kernel *kernel, uint32_t reqid)
{
	return kernel_reqid_is_ours(reqid) ||
	       (kernel->is_known != NULL && kernel->is_known(kernel->context, reqid));
}

/* More specific selectors first; independent of the order of loading. */
uint32_t kernel_policy_priority(const struct selector *src, const struct selector *dst,
				bool transport);

struct log;
/* Linux' XFRM over netlink. Probes at once which algorithms this kernel has (a kernel without ESP
 * is logged with the remedy, and is no error). What an earlier run left is known by its reqid, and
 * policies without a template (PASS, BLOCK) by their index, which Linux lets us choose in the same
 * range. */
enum rc kernel_xfrm_new(struct host *host, struct log *log, struct kernel **out,
			struct diag *diag) MUST_CHECK;
void kernel_free(struct kernel *kernel);

#endif
