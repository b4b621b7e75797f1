/* SPDX-License-Identifier: Apache-2.0 */
/* An inbox keeps what a host received, for tests of virtual and real hosts. */
#ifndef VANTH_TESTING_INBOX_H
#define VANTH_TESTING_INBOX_H

#include <stdio.h>
#include "unit/test.h"
#include "host/virtual.h"

#define INBOX_MAX 4096

struct letter {
	struct ip_endpoint local, remote;
	bool natt;
	size_t len;
	uint8_t bytes[64]; /* the first ones */
	usec_t when;
};
struct inbox {
	struct host *host;
	size_t count;
	struct letter letters[INBOX_MAX];
};

static inline void inbox_receive(void *context, const struct datagram *datagram)
{
	struct inbox *inbox = context;
	struct letter *letter;
	size_t len = datagram->payload.len;

	assert_true(inbox->count < INBOX_MAX);
	letter = &inbox->letters[inbox->count++];
	letter->local = datagram->local;
	letter->remote = datagram->remote;
	letter->natt = datagram->natt;
	letter->len = len;
	letter->when = host_now(inbox->host);
	memcpy(letter->bytes, datagram->payload.ptr,
	       len < sizeof(letter->bytes) ? len : sizeof(letter->bytes));
}

static inline struct ip_endpoint at(const char *address, uint16_t port)
{
	struct ip_endpoint endpoint = { .port = port };

	assert_int_equal(ip_parse(address, &endpoint.addr), RC_OK);
	return endpoint;
}

static inline bool is_addr(const struct ip_addr *addr, const char *text)
{
	struct ip_endpoint other = at(text, 0);

	return ip_equal(addr, &other.addr);
}

static inline bool is_endpoint(const struct ip_endpoint *endpoint, const char *text, uint16_t port)
{
	return endpoint->port == port && is_addr(&endpoint->addr, text);
}

static inline enum rc say(struct host *host, struct ip_endpoint local, struct ip_endpoint remote,
			  const char *text)
{
	return host->ops->udp_send(host, &local, &remote, span_make(text, strlen(text)));
}

static inline bool letter_says(const struct letter *letter, const char *text)
{
	return letter->len == strlen(text) && memcmp(letter->bytes, text, letter->len) == 0;
}

/* A virtual host with one address, listening on 500 and 4500. */
static inline struct host *inbox_host(struct world *world, struct inbox *inbox, const char *address)
{
	struct host *host = world_host(world, address);

	assert_non_null(host);
	memset(inbox, 0, sizeof(*inbox));
	inbox->host = host;
	assert_int_equal(world_host_add_address(host, address), RC_OK);
	assert_int_equal(host->ops->udp_listen(host, 500, 4500, inbox_receive, inbox, NULL), RC_OK);
	return host;
}

#endif
