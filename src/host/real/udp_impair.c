/* SPDX-License-Identifier: Apache-2.0 */
/* A bad network on demand: what happens to the datagrams we send, for tests with real peers. */
#include <string.h>
#include "base/arena.h"
#include "host/real/real.h"

struct late_datagram {
	struct real *real;
	struct list queue;
	struct ticker due;
	struct ip_endpoint local, remote;
	bool keepalive;
	size_t len;
	uint8_t bytes[];
};

static void late_free(struct late_datagram *late)
{
	ticker_wipe(&late->due);
	list_remove(&late->queue);
	mem_free(late);
}

/* What fails now was lost on its way. */
static void late_send(void *context)
{
	struct late_datagram *late = context;
	enum rc rc = udp_send_plain(&late->real->host, &late->local, &late->remote,
				    span_make(late->bytes, late->len), late->keepalive);

	(void)rc;
	late_free(late);
}

static struct late_datagram *late_new(struct real *real, struct span payload)
{
	struct late_datagram *late = mem_alloc(sizeof(*late) + payload.len);

	if (late == NULL)
		return NULL;
	late->real = real;
	late->len = payload.len;
	if (payload.len > 0)
		memcpy(late->bytes, payload.ptr, payload.len);
	if (ticker_init(&late->due, real, late_send, late) == RC_OK)
		return late;
	mem_free(late);
	return NULL;
}

static enum rc late_queue(struct host *host, const struct ip_endpoint *local,
			  const struct ip_endpoint *remote, struct span payload, bool keepalive)
{
	struct real *real = real_of(host);
	struct impair_fate fate;
	uint64_t random;
	struct late_datagram *late;

	TRY(entropy_random(host, &random, sizeof(random)));
	fate = impair_datagram(&real->udp.impair, random, payload.len);
	if (fate.drop)
		return RC_OK;
	late = late_new(real, payload);
	if (late == NULL)
		return RC_NO_MEMORY;
	if (fate.corrupt)
		late->bytes[fate.corrupt_at] ^= fate.corrupt_with;
	late->local = *local;
	late->remote = *remote;
	late->keepalive = keepalive;
	list_append(&real->udp.late, &late->queue);
	ticker_set(&late->due, fate.delay);
	return RC_OK;
}

/* Each copy meets a fate of its own. */
enum rc udp_send_impaired(struct host *host, const struct ip_endpoint *local,
			  const struct ip_endpoint *remote, struct span payload, bool keepalive)
{
	uint64_t random;

	TRY(entropy_random(host, &random, sizeof(random)));
	if (random % 1000 < real_of(host)->udp.impair.duplicate)
		TRY(late_queue(host, local, remote, payload, keepalive));
	return late_queue(host, local, remote, payload, keepalive);
}

void udp_impair_wipe(struct real *real)
{
	while (real->udp.late.next != NULL && !list_empty(&real->udp.late))
		late_free(container_of(real->udp.late.next, struct late_datagram, queue));
}

void host_real_impair(struct host *host, const struct impair *impair)
{
	struct udp *udp = &real_of(host)->udp;

	udp->impaired = impair != NULL;
	if (impair != NULL)
		udp->impair = *impair;
}
