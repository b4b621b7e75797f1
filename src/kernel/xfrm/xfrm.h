/* SPDX-License-Identifier: Apache-2.0 */
/* Netlink XFRM inside. sa.c and policy.c write messages, pure, so that tests read their bytes;
 * parse.c reads answers, events.c events; socket.c owns the sockets; xfrm.c the queue of requests;
 * stale.c and probe.c run at start. */
#ifndef VANTH_KERNEL_XFRM_PRIVATE_H
#define VANTH_KERNEL_XFRM_PRIVATE_H

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <linux/xfrm.h>
#include "kernel/request.h"
#include "log/log.h"

/* No message that kernel_check_request let through is larger (keys, a replay window of 4096
 * packets, two templates). */
#define XFRM_MESSAGE_MAX 2048
/* Messages are collected up to this size, then go out: about 100 of the largest kind. */
#define XFRM_BATCH_MAX 16384 /* some 30 requests: a millisecond */
/* One datagram from the kernel; dumps come in pieces of at most 32 KiB. */
#define XFRM_RECEIVE_MAX 32768

/* ---- messages: write into `at`, with room for XFRM_MESSAGE_MAX bytes; sequence and flags are the
 * caller's ---- */
struct nlmsghdr *xfrm_sa_add_encode(void *at, const struct kernel_sa *sa);
struct nlmsghdr *xfrm_sa_delete_encode(void *at, const struct kernel_sa *sa);
struct nlmsghdr *xfrm_sa_get_encode(void *at, const struct kernel_sa *sa);
/* index: 0, or what xfrm_policy_index() made. */
struct nlmsghdr *xfrm_policy_set_encode(void *at, const struct kernel_policy *policy,
					uint32_t index);
struct nlmsghdr *xfrm_policy_delete_encode(void *at, const struct kernel_policy *policy);

void xfrm_selector_encode(struct xfrm_selector *out, const struct selector *src,
			  const struct selector *dst);
/* false: a family or prefix that does not exist */
bool xfrm_selector_decode(const struct xfrm_selector *in, uint8_t family, struct selector *src,
			  struct selector *dst);
void xfrm_address_encode(xfrm_address_t *out, const struct ip_addr *addr);
struct ip_addr xfrm_address_decode(const xfrm_address_t *in, uint16_t family);
uint8_t xfrm_protocol_encode(uint8_t protocol); /* PROTOCOL_ESP -> IPPROTO_ESP */
uint8_t xfrm_protocol_decode(uint8_t protocol); /* 0: none of ours */
void xfrm_mark_put(struct nlmsghdr *message, uint32_t mark, uint32_t mask, uint32_t if_id);

/* An SA with a reqid that is not of our range has this in its seq, which Linux keeps and uses for
 * SAs that are still being asked for alone: so ours is known from others' with that reqid. */
uint32_t xfrm_sa_sign(uint32_t spi);
/* Linux lets us choose the index of a policy when it is free: ours are in a range of their own, so
 * that those without a template (and so without a reqid) are known again after a crash. */
uint32_t xfrm_policy_index(uint32_t counter, uint8_t direction);
bool xfrm_policy_index_is_ours(uint32_t index);

/* ---- iptfs.c ---- */
/* What the headers of Linux before 6.14 lack. */
#define IPTFS_MODE	     5	/* XFRM_MODE_IPTFS */
#define IPTFS_SA_DIRECTION   33 /* XFRMA_SA_DIR, u8: 1 in, 2 out; Linux 6.10 */
#define IPTFS_DROP_TIME	     36 /* XFRMA_IPTFS_DROP_TIME, u32 */
#define IPTFS_REORDER_WINDOW 37 /* ..._REORDER_WINDOW, u16 */
#define IPTFS_DONT_FRAGMENT  38 /* ..._DONT_FRAG, a flag */
#define IPTFS_INIT_DELAY     39 /* ..._INIT_DELAY, u32 */
#define IPTFS_MAX_QUEUE	     40 /* ..._MAX_QSIZE, u32 */
#define IPTFS_PACKET_SIZE    41 /* ..._PKT_SIZE, u32 */
/* Direction and parameters, into a NEWSA of that mode. */
void xfrm_iptfs_put(struct nlmsghdr *message, const struct kernel_sa *sa);
/* Makes the SA, looks whether the kernel understood it, and takes it away. 0 or errno: EOPNOTSUPP:
 * it took it for something else. */
int xfrm_iptfs_probe(int fd, uint32_t *sequence, const struct kernel_sa *sa);

/* ---- answers ---- */
struct netlink_answer {
	uint32_t sequence;
	uint16_t type;	  /* NLMSG_ERROR, NLMSG_DONE, XFRM_MSG_* */
	int error;	  /* NLMSG_ERROR and NLMSG_DONE: errno, 0: acknowledged */
	bool interrupted; /* the dump is not one moment's picture */
	char text[160];	  /* extended ack, or "" */
};
void xfrm_answer_decode(const struct nlmsghdr *message, struct netlink_answer *out);
/* A NEWSA that answers GETSA; false: malformed. */
bool xfrm_counters_decode(const struct nlmsghdr *message, struct kernel_counters *out);
/* false: not an event, or malformed */
bool xfrm_event_decode(const struct nlmsghdr *message, struct kernel_event *out);
/* The first attribute of this type, with at least that many bytes, after the message's own header;
 * or NULL. */
const struct nlattr *xfrm_attribute_find(const struct nlmsghdr *message, size_t header,
					 uint16_t type, size_t least);

/* ---- the socket of requests ---- */
/* Joins `groups` (bits of 1 << (XFRMNLGRP_* - 1)). The descriptor, or RC_PERMISSION,
 * RC_UNSUPPORTED, RC_IO. */
enum rc xfrm_open(uint32_t groups, int *fd, struct diag *diag) MUST_CHECK;
/* Sends bytes as one datagram; 0 or errno. The kernel has acted on all of them, and queued its
 * answers, on return. */
int xfrm_send(int fd, const void *bytes, size_t len);
/* Calls fn for each message of each datagram that waits. 0: nothing more waits; ENOBUFS: some were
 * lost; errno. */
typedef void (*netlink_fn)(void *context, const struct nlmsghdr *message);
int xfrm_receive(int fd, unsigned datagrams, netlink_fn fn, void *context);

/* ---- move.c ---- */
/* The message that makes `found` (a NEWSA that answers GETSA, with its keys) anew where the request
 * wants it; NULL: malformed, or the kernel hides the keys. Wipe it. */
struct nlmsghdr *xfrm_move_encode(void *at, const struct nlmsghdr *found,
				  const struct kernel_request *request);
/* KERNEL_SA_MOVE: asks, makes anew and deletes, at once. errno; text: the extended ack or "". */
int xfrm_move(int fd, uint32_t *sequence, const struct kernel_request *request, char text[160]);

/* ---- offload.c: ESP in network cards ---- */
/* The device that packets of this SA or policy go through, or 0. */
uint32_t xfrm_offload_device(struct host *host, const struct ip_addr *peer);
void xfrm_offload_sa_put(struct nlmsghdr *message, const struct kernel_sa *sa, uint32_t device);
void xfrm_offload_policy_put(struct nlmsghdr *message, uint32_t device);
/* KERNEL_SA_ADD with offload: at once, and looks whether it is. errno; text: why not, also where
 * the SA is there without it (KERNEL_OFFLOAD_AUTO). */
int xfrm_offload_add(int fd, uint32_t *sequence, const struct kernel_request *request,
		     char text[160]); /* CARD_TEXT_MAX */

/* ---- card.c: what ethtool says of a device ---- */
enum card_ability { CARD_UNKNOWN, CARD_CANNOT, CARD_CAN };
enum card_ability xfrm_card_can(uint32_t device);
#define CARD_TEXT_MAX 160
/* That it cannot, or not this SA. */
void xfrm_card_text(uint32_t device, char text[CARD_TEXT_MAX]);

/* ---- converse.c: one request, and its answer at once ---- */
#define FOUND_MAX (2 * XFRM_MESSAGE_MAX)
struct answer {
	uint32_t sequence;
	int error;
	char *text;			      /* of 160 bytes */
	_Alignas(8) uint8_t found[FOUND_MAX]; /* a NEWSA; wipe it */
};
/* errno */
int xfrm_converse(int fd, uint32_t *sequence, struct nlmsghdr *message, uint16_t flags,
		  struct answer *answer);

/* ---- start ---- */
/* Removes our SAs and policies of an earlier run; *count says how many. */
enum rc xfrm_stale_remove(const struct kernel *kernel, int fd, uint32_t *sequence, unsigned *count,
			  struct diag *diag) MUST_CHECK;
/* The message that deletes what this part of a dump shows; NULL when it is not ours. */
struct nlmsghdr *xfrm_stale_encode(const struct kernel *kernel, void *at,
				   const struct nlmsghdr *dumped);

/* What this kernel can do, as bits: index in kernel_algorithm_encrs, kernel_algorithm_integs. */
struct probe {
	uint32_t encrs, integs;
	int error_v4, error_v6;			 /* errno of the plainest SA; 0: works */
	int error_ah, error_ipcomp, error_iptfs; /* the same for these */
	bool blind;				 /* no SA at all could be made */
};
/* Adds and deletes an SA between documentation addresses with each algorithm. Without any ESP
 * nothing is known about algorithms and all count as there: the refusal of a real SA will name the
 * reason. RC_IO, RC_PERMISSION. */
enum rc xfrm_probe_run(int fd, uint32_t *sequence, uint32_t spi, struct probe *out,
		       struct diag *diag) MUST_CHECK;
bool xfrm_probe_supports(const struct probe *probe, uint16_t encr, uint16_t encr_bits,
			 uint16_t integ);

/* ---- spread.c: by how much of an address Linux finds policies ---- */
#define SPREAD_LENGTHS 129
struct spread_family {
	uint32_t seen[SPREAD_LENGTHS], count; /* outbound policies, by the remote prefix's length */
	uint8_t remote;			      /* the threshold in force */
};
struct xfrm_spread {
	struct spread_family v4, v6;
	bool due;     /* the kernel does not know it yet */
	bool changed; /* it is not as it was found */
};
void xfrm_spread_init(struct xfrm_spread *spread);
/* A policy is about to be set. */
void xfrm_spread_note(struct xfrm_spread *spread, const struct kernel_policy *policy);
struct nlmsghdr *xfrm_spread_encode(void *at, const struct xfrm_spread *spread);
/* Tells the kernel, if anything is due. */
void xfrm_spread_apply(struct xfrm_spread *spread, int fd, uint32_t *sequence);
/* Whole addresses again. */
void xfrm_spread_restore(struct xfrm_spread *spread, int fd, uint32_t *sequence);

struct xfrm {
	struct kernel kernel;
	struct host *host;
	struct log *log;
	int requests, events; /* descriptors: a flood of events cannot displace answers */
	struct watch *watch;
	struct deferred flush;
	struct list outstanding, answered; /* of kernel_request.queue, in order of sequence */
	uint32_t sequence, policy_counter;
	struct probe probe;
	bool doubt;    /* an SA's fate contradicts the probe: ask again, at most once a minute */
	usec_t probed; /* when */
	struct log_limit unheard, software;
	struct xfrm_spread spread;
	size_t used;
	_Alignas(8) uint8_t batch[XFRM_BATCH_MAX];
};

static inline struct xfrm *xfrm_of(struct kernel *kernel)
{
	return container_of(kernel, struct xfrm, kernel);
}

/* xfrm.c: asks the kernel for its algorithms (again). */
enum rc xfrm_ask_algorithms(struct xfrm *xfrm, struct diag *diag) MUST_CHECK;

/* ---- requests.c ---- */
void xfrm_requests_submit(struct kernel *kernel, struct kernel_request *request);
void xfrm_requests_cancel(struct kernel *kernel, struct kernel_request *request);
enum rc xfrm_requests_drain(struct kernel *kernel, usec_t limit);
void xfrm_requests_turn_end(struct deferred *flush);
/* Unlinks what was never answered. */
void xfrm_requests_forget(struct xfrm *xfrm);

#endif
