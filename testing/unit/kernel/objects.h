/* SPDX-License-Identifier: Apache-2.0 */
/* SAs, policies and requests for tests. */
#ifndef VANTH_TEST_KERNEL_OBJECTS_H
#define VANTH_TEST_KERNEL_OBJECTS_H

#include "kernel/kernel.h"
#include "wire/iana.h"

#define REQID (KERNEL_REQID_FIRST + 7)

static const uint8_t key_bytes[80] = {
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18
};

static inline struct ip_addr address(const char *text)
{
	struct ip_addr addr;
	assert_int_equal(ip_parse(text, &addr), RC_OK);
	return addr;
}

static inline struct selector subnet(const char *text)
{
	struct ip_range range;
	struct diag diag;
	assert_int_equal(range_parse(text, &range, &diag), RC_OK);
	return (struct selector){ .range = range, .port_to = UINT16_MAX };
}

static inline struct selector service(const char *text, uint8_t protocol, uint16_t from,
				      uint16_t to)
{
	struct selector selector = subnet(text);
	selector.protocol = protocol;
	selector.port_from = from;
	selector.port_to = to;
	return selector;
}

/* AES-GCM-16 with 256 bits from 192.0.2.1 to 192.0.2.2. */
static inline struct kernel_sa gcm_sa(uint32_t spi)
{
	return (struct kernel_sa){ .src = address("192.0.2.1"),
				   .dst = address("192.0.2.2"),
				   .spi = spi,
				   .protocol = PROTOCOL_ESP,
				   .direction = KERNEL_OUT,
				   .mode = KERNEL_TUNNEL,
				   .reqid = REQID,
				   .encr = ENCR_AES_GCM_16,
				   .encr_bits = 256,
				   .encr_key = { key_bytes, 36 } };
}

static inline struct kernel_sa cbc_sa(uint32_t spi)
{
	struct kernel_sa sa = gcm_sa(spi);
	sa.encr = ENCR_AES_CBC;
	sa.encr_bits = 128;
	sa.encr_key.len = 16;
	sa.integ = INTEG_HMAC_SHA2_256_128;
	sa.integ_key = span_make(key_bytes, 32);
	return sa;
}

/* 10.1.0.0/16 -> 10.2.0.0/16 through 192.0.2.1 -> 192.0.2.2. */
static inline struct kernel_policy out_policy(void)
{
	struct kernel_policy policy = { .src = subnet("10.1.0.0/16"),
					.dst = subnet("10.2.0.0/16"),
					.direction = KERNEL_OUT,
					.action = KERNEL_PROTECT,
					.mode = KERNEL_TUNNEL,
					.protocol = PROTOCOL_ESP,
					.reqid = REQID,
					.tunnel_src = address("192.0.2.1"),
					.tunnel_dst = address("192.0.2.2") };
	policy.priority = kernel_policy_priority(&policy.src, &policy.dst, false);
	return policy;
}

/* The same tunnel as its other end sees it. */
static inline struct kernel_policy in_policy(enum kernel_direction direction)
{
	struct kernel_policy policy = out_policy();
	policy.direction = (uint8_t)direction;
	return policy;
}

/* A request that counts its answers. */
struct counted {
	struct kernel_request request;
	unsigned answers;
};

static inline void count_answer(struct kernel_request *request)
{
	container_of(request, struct counted, request)->answers++;
}

static inline struct counted sa_request(enum kernel_op op, struct kernel_sa sa)
{
	return (struct counted){ .request = { .op = op, .sa = sa, .done = count_answer } };
}

static inline struct counted policy_request(enum kernel_op op, struct kernel_policy policy)
{
	return (struct counted){ .request = { .op = op, .policy = policy, .done = count_answer } };
}

#endif
