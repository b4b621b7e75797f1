/* SPDX-License-Identifier: Apache-2.0 */
/* DOC: spread. Linux keeps policies whose two prefixes are at least as long as its thresholds in a
 * hash table, and all others in trees that it walks whenever one changes: with 10,000 subnets each
 * change takes 5 ms. The thresholds are whole addresses, unless somebody sets them. We set that of
 * the remote side to the length that most of our policies have, and that of the local side, which
 * is often the same for all, to nothing. */
#include "kernel/xfrm/xfrm.h"

#define FIRST_LOOK 512 /* policies: fewer do not matter */
#define LEAST_V4   8   /* shorter ones: too many policies in a slot */
#define LEAST_V6   24

static unsigned most_frequent(const struct spread_family *family)
{
	unsigned best = 0;

	for (unsigned len = 0; len < SPREAD_LENGTHS; len++)
		if (family->seen[len] > family->seen[best])
			best = len;
	return best;
}

/* What was long ago counts for less. */
static void age(struct spread_family *family)
{
	family->count = 0;
	for (unsigned len = 0; len < SPREAD_LENGTHS; len++) {
		family->seen[len] /= 2;
		family->count += family->seen[len];
	}
}

static bool look(struct spread_family *family, unsigned least)
{
	unsigned best = most_frequent(family);
	bool most = family->seen[best] * 2u > family->count;

	age(family);
	if (!most || best < least || best == family->remote)
		return false;
	family->remote = (uint8_t)best;
	return true;
}

void xfrm_spread_init(struct xfrm_spread *spread)
{
	*spread = (struct xfrm_spread){ .v4.remote = 32, .v6.remote = 128 };
}

void xfrm_spread_note(struct xfrm_spread *spread, const struct kernel_policy *policy)
{
	bool v6 = policy->dst.range.from.family == AF_INET6;
	struct spread_family *family = v6 ? &spread->v6 : &spread->v4;
	struct ip_addr first;

	if (policy->direction != KERNEL_OUT)
		return; /* the others go with it */
	family->seen[range_cover(&policy->dst.range, &first)]++;
	if (++family->count >= FIRST_LOOK && look(family, v6 ? LEAST_V6 : LEAST_V4))
		spread->due = spread->changed = true;
}

struct nlmsghdr *xfrm_spread_encode(void *at, const struct xfrm_spread *spread)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(at);
	uint32_t *flags = mnl_nlmsg_put_extra_header(message, sizeof *flags);
	struct xfrmu_spdhthresh v4 = { .lbits = 32, .rbits = 32 };
	struct xfrmu_spdhthresh v6 = { .lbits = 128, .rbits = 128 };

	if (spread->v4.remote != 32)
		v4 = (struct xfrmu_spdhthresh){ .lbits = 0, .rbits = spread->v4.remote };
	if (spread->v6.remote != 128)
		v6 = (struct xfrmu_spdhthresh){ .lbits = 0, .rbits = spread->v6.remote };
	message->nlmsg_type = XFRM_MSG_NEWSPDINFO;
	message->nlmsg_flags = NLM_F_REQUEST;
	mnl_attr_put(message, XFRMA_SPD_IPV4_HTHRESH, sizeof v4, &v4);
	mnl_attr_put(message, XFRMA_SPD_IPV6_HTHRESH, sizeof v6, &v6);
	return message;
}

/* A kernel that will not goes on as it is. */
static void send_it(const struct xfrm_spread *spread, int fd, uint32_t *sequence)
{
	_Alignas(8) uint8_t bytes[256];
	struct nlmsghdr *message = xfrm_spread_encode(bytes, spread);

	message->nlmsg_seq = ++*sequence;
	(void)xfrm_send(fd, message, message->nlmsg_len);
}

void xfrm_spread_apply(struct xfrm_spread *spread, int fd, uint32_t *sequence)
{
	if (!spread->due)
		return;
	spread->due = false;
	send_it(spread, fd, sequence);
}

void xfrm_spread_restore(struct xfrm_spread *spread, int fd, uint32_t *sequence)
{
	bool changed = spread->changed;

	xfrm_spread_init(spread);
	if (changed)
		send_it(spread, fd, sequence);
}
