/* SPDX-License-Identifier: Apache-2.0 */
/* left= and right= that are DNS names: asked asynchronously, again after failures and from time to
 * time, for a peer may move. An answer that still holds the address in use changes nothing. */
#include "peer/private.h"

#define FIRST_RETRY (5 * USEC_PER_SEC)
#define REFRESH	    (60 * USEC_PER_SEC)

struct name_end {
	struct naming *naming;
	bool left;
	struct resolve *query; /* NULL: none is out */
	struct ip_addr addr;
};

struct naming {
	struct peer *peer;
	struct list in_naming; /* peers->naming, earliest first */
	usec_t due;
	unsigned failures; /* in a row */
	struct name_end ends[2];
};

static const struct config_end *config_end_of(const struct name_end *end)
{
	const struct config_conn *conn = end->naming->peer->conn;

	return end->left ? &conn->left : &conn->right;
}

struct ip_addr naming_addr(const struct peer *peer, bool left)
{
	return peer->naming != NULL ? peer->naming->ends[left ? 0 : 1].addr
				    : (struct ip_addr){ .family = AF_UNSPEC };
}

/* ---- when ---- */

static void announce(struct peers *peers)
{
	usec_t when = USEC_NEVER;

	if (!list_empty(&peers->naming))
		when = container_of(peers->naming.next, struct naming, in_naming)->due;
	if (when == peers->tick_at)
		return;
	peers->tick_at = when;
	if (peers->on_tick != NULL)
		peers->on_tick(peers->context, when);
}

static void schedule(struct naming *naming, usec_t due)
{
	struct peers *peers = naming->peer->owner;
	struct list *after;

	list_remove(&naming->in_naming);
	naming->due = due;
	after = peers->naming.prev;
	while (after != &peers->naming && container_of(after, struct naming, in_naming)->due > due)
		after = after->prev;
	list_prepend(after, &naming->in_naming);
	announce(peers);
}

/* Names that were asked together are not asked together for ever. */
static usec_t spread(const struct naming *naming, usec_t delay)
{
	return delay + delay / 16 * (usec_t)(naming->peer->serial % 5);
}

static usec_t next_due(const struct naming *naming)
{
	usec_t delay = FIRST_RETRY;

	if (naming->failures == 0)
		delay = REFRESH;
	for (unsigned i = 1; i < naming->failures && delay < REFRESH; i++)
		delay *= 2;
	return host_now(naming->peer->owner->host) +
	       spread(naming, delay < REFRESH ? delay : REFRESH);
}

static bool asking(const struct naming *naming)
{
	return naming->ends[0].query != NULL || naming->ends[1].query != NULL;
}

/* ---- answers ---- */

static bool has_child(const struct peer *peer)
{
	list_for(node, &peer->tunnels) if (!list_empty(&container_of(node, struct tunnel, in_peer)
								->child_sas)) return true;
	return false;
}

static bool among(const struct ip_addr *addr, const struct ip_addr *addrs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (ip_equal(addr, &addrs[i]))
			return true;
	return false;
}

/* Larger is better: an address of ours, then one that we can reach, then one of our end's IP
 * version. */
static unsigned usefulness(const struct name_end *end, const struct ip_addr *addr)
{
	const struct peer *peer = end->naming->peer;
	const struct config_end *other = end->left ? &peer->conn->right : &peer->conn->left;
	struct host *host = peer->owner->host;
	struct ip_addr source;
	unsigned score = 0;

	if (host->ops->is_local(host, addr))
		score += 4;
	if (other->kind == HOST_ADDRESS && other->addr.family == addr->family)
		score += 2;
	if (host->ops->source_for(host, addr, &source) == RC_OK)
		score += 1;
	return score;
}

static struct ip_addr choose(const struct name_end *end, const struct ip_addr *addrs, size_t count)
{
	size_t best = 0;

	for (size_t i = 1; i < count; i++)
		if (usefulness(end, &addrs[i]) > usefulness(end, &addrs[best]))
			best = i;
	return addrs[best];
}

static void take_answer(struct name_end *end, const struct ip_addr *addrs, size_t count)
{
	bool known = ip_is_set(&end->addr);

	end->naming->failures = 0;
	if (known && (among(&end->addr, addrs, count) || has_child(end->naming->peer)))
		return; /* what works is not moved */
	end->addr = choose(end, addrs, count);
}

static void take_failure(struct name_end *end, const char *error)
{
	struct naming *naming = end->naming;
	struct log_subject subject = { .peer = naming->peer->conn->name };
	bool first = naming->failures == 0;

	if (naming->failures < UINT32_MAX)
		naming->failures++;
	log_write(naming->peer->owner->log, first ? LOG_LEVEL_WARNING : LOG_LEVEL_DEBUG, &subject,
		  "cannot resolve %s=%s: %s; asking again every %d s at the latest",
		  end->left ? "left" : "right", config_end_of(end)->name,
		  error != NULL ? error : "no address", (int)(REFRESH / USEC_PER_SEC));
}

static void answered(void *context, const struct ip_addr *addrs, size_t count, const char *error)
{
	struct name_end *end = context;
	struct naming *naming = end->naming;

	end->query = NULL;
	if (count > 0)
		take_answer(end, addrs, count);
	else
		take_failure(end, error);
	if (asking(naming))
		return;
	schedule(naming, next_due(naming));
	if (!naming->peer->doomed)
		(void)(peer_orient(naming->peer, NULL) == RC_OK);
}

/* ---- questions ---- */

static void ask(struct name_end *end)
{
	struct host *host = end->naming->peer->owner->host;
	const struct config_end *config = config_end_of(end);

	if (config->kind != HOST_NAME || end->query != NULL)
		return;
	end->query = host->ops->resolve(host, config->name, answered, end);
	if (end->query == NULL)
		take_failure(end, "out of memory");
}

void peer_resolve(struct peer *peer)
{
	struct naming *naming = peer->naming;
	struct peers *peers = peer->owner;

	if (naming == NULL || asking(naming) || naming->due > host_now(peers->host))
		return;
	ask(&naming->ends[0]);
	ask(&naming->ends[1]);
	if (asking(naming)) {
		list_remove(&naming->in_naming);
		announce(peers);
	} else {
		schedule(naming, next_due(naming));
	}
}

void naming_retry(struct peer *peer)
{
	if (peer->naming == NULL || asking(peer->naming))
		return;
	if (peer->naming->failures > 0)
		peer->naming->due = host_now(peer->owner->host);
	peer_resolve(peer);
}

void peers_tick(struct peers *peers)
{
	usec_t now = host_now(peers->host);

	peers->tick_at = USEC_NEVER; /* it has come: whatever is next is told */
	while (!list_empty(&peers->naming)) {
		struct naming *naming = container_of(peers->naming.next, struct naming, in_naming);
		if (naming->due > now)
			break;
		peer_resolve(naming->peer);
	}
	announce(peers);
}

/* ---- begin and end ---- */

enum rc naming_new(struct peer *peer)
{
	if (peer->conn->left.kind != HOST_NAME && peer->conn->right.kind != HOST_NAME)
		return RC_OK;
	peer->naming = mem_alloc(sizeof(*peer->naming));
	if (peer->naming == NULL)
		return RC_NO_MEMORY;
	peer->naming->peer = peer;
	peer->naming->due = host_now(peer->owner->host);
	for (unsigned i = 0; i < 2; i++) {
		peer->naming->ends[i].naming = peer->naming;
		peer->naming->ends[i].left = i == 0;
	}
	return RC_OK;
}

void naming_free(struct peer *peer)
{
	struct naming *naming = peer->naming;
	struct host *host = peer->owner->host;

	if (naming == NULL)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (naming->ends[i].query != NULL)
			host->ops->resolve_cancel(host, naming->ends[i].query);
	list_remove(&naming->in_naming);
	peer->naming = NULL;
	announce(peer->owner);
	mem_free(naming);
}
