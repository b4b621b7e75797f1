/* SPDX-License-Identifier: Apache-2.0 */
/* Name servers, by the program resolvconf: "-a KEY" with what resolv.conf would hold, "-d KEY". The
 * key is the interface and a number of ours: systemd-resolved takes what stands before the dot for
 * the link, the others take all of it for a name. One program at a time runs for a user; when it
 * has ended, what is wanted by then is compared with what is set. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "network/private.h"

#define PROGRAM_LIMIT (10 * USEC_PER_SEC)
#define KEY_MAX	      (NETWORK_DEVICE_MAX + 24)

struct nameservers {
	struct list in_network;
	struct network *network;
	unsigned slot; /* in the key; the lowest that is free */
	char *wanted;  /* resolv.conf; NULL: none */
	char *given;   /* as resolvconf has it, or has refused it; NULL: none */
	char wanted_device[NETWORK_DEVICE_MAX], given_device[NETWORK_DEVICE_MAX];
	struct spawn *running;
	struct deferred turn; /* to compare */
	bool adding, refused, left;
};

static bool slot_taken(const struct network *network, unsigned slot)
{
	list_for(node,
		 &network->dns) if (container_of(node, struct nameservers, in_network)->slot ==
				    slot) return true;
	return false;
}

static void nameservers_free(struct nameservers *servers)
{
	struct host *host = servers->network->host;

	if (servers->running != NULL)
		host->ops->spawn_cancel(host, servers->running);
	deferred_cancel(&servers->turn);
	list_remove(&servers->in_network);
	mem_free(servers->wanted);
	mem_free(servers->given);
	mem_free(servers);
}

/* ---- the program ---- */

static void say(const struct nameservers *servers, const struct spawn_result *result)
{
	struct network *network = servers->network;

	if (network->log == NULL || (result->end == SPAWN_EXITED && result->code == 0))
		return;
	if (result->end == SPAWN_FAILED)
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "the name servers behind %s are not %s: resolvconf cannot be started "
			  "(%s): install openresolv or systemd-resolved",
			  servers->given_device, servers->adding ? "set" : "removed",
			  strerrordesc_np(result->code));
	else
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "the name servers behind %s are not %s: resolvconf %s: %s",
			  servers->given_device, servers->adding ? "set" : "removed",
			  result->end == SPAWN_EXITED	 ? "failed"
			  : result->end == SPAWN_TIMEOUT ? "took longer than 10 s"
							 : "was killed",
			  result->last);
}

static void forget_given(struct nameservers *servers)
{
	mem_free(servers->given);
	servers->given = NULL;
	servers->refused = false;
}

static void later(struct nameservers *servers)
{
	struct host *host = servers->network->host;

	host->ops->defer(host, &servers->turn);
}

static void ended(void *context, const struct spawn_result *result)
{
	struct nameservers *servers = context;

	servers->running = NULL;
	say(servers, result);
	if (servers->adding)
		servers->refused = result->end != SPAWN_EXITED || result->code != 0;
	else
		forget_given(servers);
	later(servers);
}

static void run(struct nameservers *servers, bool add)
{
	struct host *host = servers->network->host;
	char key[KEY_MAX];
	const char *argv[] = { "resolvconf", add ? "-a" : "-d", key, NULL };
	static const char *const env[] = { NULL };
	struct spawn_request request = { .argv = argv,
					 .env = env,
					 .input = add ? servers->given : NULL,
					 .limit = PROGRAM_LIMIT };
	struct spawn_result failed = { .end = SPAWN_FAILED, .code = ENOMEM, .last = "" };

	(void)snprintf(key, sizeof(key), "%s.vanth%u", servers->given_device, servers->slot);
	servers->adding = add;
	if (host->ops->spawn != NULL)
		servers->running = host->ops->spawn(host, &request, ended, servers);
	if (servers->running != NULL)
		return;
	servers->refused = add;
	say(servers, &failed);
}

static char *copy(const char *text)
{
	size_t size = strlen(text) + 1;
	char *out = mem_alloc(size);

	if (out != NULL)
		memcpy(out, text, size);
	return out;
}

static bool is_given(const struct nameservers *servers)
{
	return servers->given != NULL && strcmp(servers->given, servers->wanted) == 0 &&
	       strcmp(servers->given_device, servers->wanted_device) == 0;
}

static void add(struct nameservers *servers)
{
	char *text = copy(servers->wanted);

	if (text == NULL)
		return;
	mem_free(servers->given);
	servers->given = text;
	memcpy(servers->given_device, servers->wanted_device, sizeof(servers->given_device));
	run(servers, true);
}

/* What stands under another key goes first. */
static void compare(struct deferred *deferred)
{
	struct nameservers *servers = container_of(deferred, struct nameservers, turn);
	bool same_key = strcmp(servers->given_device, servers->wanted_device) == 0;

	if (servers->running != NULL)
		return;
	if (servers->refused && (servers->wanted == NULL || !is_given(servers)))
		forget_given(servers);
	if (servers->given != NULL && (servers->wanted == NULL || !same_key))
		run(servers, false);
	else if (servers->wanted != NULL && !is_given(servers))
		add(servers);
	if (servers->left && servers->running == NULL)
		nameservers_free(servers);
}

/* ---- what is wanted ---- */

struct nameservers *nameservers_new(struct network *network)
{
	struct nameservers *servers = mem_alloc(sizeof(*servers));

	if (servers == NULL)
		return NULL;
	servers->network = network;
	servers->turn.run = compare;
	while (slot_taken(network, servers->slot))
		servers->slot++;
	list_append(&network->dns, &servers->in_network);
	return servers;
}

static bool describe(const struct network_dns *dns, char text[NETWORK_TEXT_DNS])
{
	int used = 0;
	char addr[IP_TEXT_MAX];

	for (unsigned i = 0; i < dns->count && used < NETWORK_TEXT_DNS; i++)
		used += snprintf(text + used, NETWORK_TEXT_DNS - (size_t)used, "nameserver %s\n",
				 ip_text(&dns->servers[i], addr));
	if (dns->domains != NULL && used < NETWORK_TEXT_DNS)
		used += snprintf(text + used, NETWORK_TEXT_DNS - (size_t)used, "search %s\n",
				 dns->domains);
	return used > 0 && used < NETWORK_TEXT_DNS;
}

enum rc nameservers_set(struct nameservers *servers, const struct network_dns *dns)
{
	char text[NETWORK_TEXT_DNS], *wanted = NULL;

	if (dns != NULL && describe(dns, text)) {
		wanted = copy(text);
		if (wanted == NULL)
			return RC_NO_MEMORY;
		memcpy(servers->wanted_device, dns->device, sizeof(servers->wanted_device));
	}
	mem_free(servers->wanted);
	servers->wanted = wanted;
	later(servers);
	return RC_OK;
}

void nameservers_leave(struct nameservers *servers)
{
	if (servers == NULL)
		return;
	mem_free(servers->wanted);
	servers->wanted = NULL;
	servers->left = true;
	later(servers);
}

bool network_busy(const struct network *network)
{
	list_for(node, &network->dns)
	{
		const struct nameservers *servers =
			container_of(node, struct nameservers, in_network);
		if (servers->running != NULL || list_linked(&servers->turn.queue))
			return true;
	}
	return false;
}

void nameservers_free_all(struct network *network)
{
	while (!list_empty(&network->dns))
		nameservers_free(container_of(network->dns.next, struct nameservers, in_network));
}
