/* SPDX-License-Identifier: Apache-2.0 */
/* Name servers. Where systemd-resolved runs they are a matter of a link, and that link is one of
 * ours: the tunnel's interface, or one (vanthN) that is there for nothing else, so that what an
 * administrator or DHCP has set for other links stays; they go with it, also after a crash.
 * Elsewhere it is the program resolvconf: "-a KEY" with what resolv.conf would hold, "-d KEY"; the
 * key is the interface and a number of ours. One thing at a time is done for a user; then what is
 * wanted is compared with what is set. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "network/private.h"

#define PROGRAM_LIMIT	 (10 * USEC_PER_SEC)
#define PROGRAMS_AT_ONCE 4
#define KEY_MARK	 ".vanth"
#define LEFT_MOST	 256 /* so many entries of an earlier run are removed */
#define KEY_MAX		 (NETWORK_DEVICE_MAX + 24)

struct nameservers {
	struct list in_network, in_line;
	struct network *network;
	unsigned slot; /* in the key; the lowest that is free */
	char *wanted;  /* resolv.conf; NULL: none */
	char *given;   /* as resolvconf has it, or has refused it; NULL: none */
	char wanted_device[NETWORK_DEVICE_MAX], given_device[NETWORK_DEVICE_MAX];
	struct ip_addr given_source; /* they are asked from, on a link of their own */
	struct spawn *running;
	struct deferred turn; /* to compare */
	bool adding, refused, left;
	bool again; /* the link that has them is a new one */
	/* systemd-resolved */
	struct network_dns dns;	   /* what is wanted; its domains are ours */
	bool ask_resolved;	   /* it is to be asked first */
	bool by_resolved;	   /* it has what is given */
	struct question *question; /* it has not answered */
	struct network_user *link; /* a link of its own */
	bool link_pending;
};

static bool busy(const struct nameservers *servers)
{
	return servers->running != NULL || servers->question != NULL || servers->link_pending ||
	       list_linked(&servers->in_line);
}

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

	if (servers->running != NULL) {
		host->ops->spawn_cancel(host, servers->running);
		servers->network->programs--;
	}
	list_remove(&servers->in_line);
	resolved_cancel(servers->question);
	network_user_free(servers->link);
	deferred_cancel(&servers->turn);
	list_remove(&servers->in_network);
	mem_free((void *)(uintptr_t)servers->dns.domains);
	mem_free(servers->wanted);
	mem_free(servers->given);
	mem_free(servers);
}

/* ---- the program ---- */

static void forget_given(struct nameservers *servers)
{
	mem_free(servers->given);
	servers->given = NULL;
	servers->refused = servers->by_resolved = false;
}

static void later(struct nameservers *servers)
{
	struct host *host = servers->network->host;

	host->ops->defer(host, &servers->turn);
}

/* The first that waits looks again whether it still needs a program. */
static void call_next(struct network *network)
{
	struct nameservers *next;

	if (network->programs >= PROGRAMS_AT_ONCE || list_empty(&network->line))
		return;
	next = container_of(network->line.next, struct nameservers, in_line);
	list_remove(&next->in_line);
	later(next);
}

static void ended(void *context, const struct spawn_result *result)
{
	struct nameservers *servers = context;

	servers->running = NULL;
	servers->network->programs--;
	call_next(servers->network);
	resolvconf_say(servers->network, servers->given_device, servers->adding, result);
	if (servers->adding)
		servers->refused = result->end != SPAWN_EXITED || result->code != 0;
	else
		forget_given(servers);
	later(servers);
}

/* Not more than a few run at once, however many tunnels come up together. */
static bool stands_in_line(struct nameservers *servers)
{
	struct network *network = servers->network;

	if (network->programs < PROGRAMS_AT_ONCE)
		return false;
	list_append(&network->line, &servers->in_line);
	return true;
}

/* What is left of an earlier resolvconf stays then; nobody reads it. To be set, systemd-resolved is
 * asked again when the tunnel says the next time what it wants: it may just have been starting. */
static void do_without(struct nameservers *servers, bool add)
{
	if (add)
		resolvconf_say_refused(servers->network, servers->given_device);
	forget_given(servers);
	if (!add)
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

	if (resolvconf_is_resolveds_own(servers->network)) {
		do_without(servers, add);
		return;
	}
	(void)snprintf(key, sizeof(key), "%s" KEY_MARK "%u", servers->given_device, servers->slot);
	servers->adding = add;
	if (host->ops->spawn != NULL)
		servers->running = host->ops->spawn(host, &request, ended, servers);
	if (servers->running != NULL) {
		servers->network->programs++;
		return;
	}
	servers->refused = add;
	resolvconf_say(servers->network, servers->given_device, add, &failed);
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
	bool moved = servers->by_resolved && servers->link != NULL &&
		     ip_compare(&servers->given_source, &servers->dns.source) != 0;

	return servers->given != NULL && strcmp(servers->given, servers->wanted) == 0 &&
	       strcmp(servers->given_device, servers->wanted_device) == 0 && !moved;
}

static bool note_given(struct nameservers *servers)
{
	char *text = copy(servers->wanted);

	if (text == NULL)
		return false;
	mem_free(servers->given);
	servers->given = text;
	memcpy(servers->given_device, servers->wanted_device, sizeof(servers->given_device));
	servers->given_source = servers->dns.source;
	return true;
}

/* ---- systemd-resolved ---- */

static void drop_link(struct nameservers *servers)
{
	network_user_free(servers->link);
	servers->link = NULL;
	servers->link_pending = false;
}

/* The program is the next one. */
static void resolved_failed(struct nameservers *servers, const char *why)
{
	if (servers->network->log != NULL && why != NULL)
		log_write(servers->network->log, LOG_LEVEL_WARNING, NULL,
			  "systemd-resolved does not take the name servers behind %s: %s; trying "
			  "resolvconf",
			  servers->wanted_device, why);
	drop_link(servers);
	servers->ask_resolved = false;
	later(servers);
}

static void taken(void *context, bool yes, const char *why)
{
	struct nameservers *servers = context;

	servers->question = NULL;
	if (yes) {
		later(servers);
		return;
	}
	forget_given(servers);
	resolved_failed(servers, why);
}

static void link_name(const struct nameservers *servers, char name[NETWORK_DEVICE_MAX])
{
	(void)snprintf(name, NETWORK_DEVICE_MAX, "vanth%u", servers->slot % 1000000);
}

static uint32_t index_of(const struct nameservers *servers, const char *device)
{
	struct network_backend *backend = servers->network->backend;
	char own[NETWORK_DEVICE_MAX];

	if (servers->link == NULL)
		return backend->ops->index(backend, device);
	link_name(servers, own);
	return backend->ops->index(backend, own);
}

/* Nobody wants them any more, or others: comparing finds out. */
static bool outdated(const struct nameservers *servers)
{
	return servers->wanted == NULL || servers->left;
}

static void ask_to_take(struct nameservers *servers)
{
	uint32_t index = index_of(servers, servers->wanted_device);

	if (index == 0) {
		resolved_failed(servers, "the link is gone");
		return;
	}
	if (!note_given(servers))
		return;
	servers->by_resolved = true;
	servers->question = resolved_set(servers->network, index, &servers->dns, taken, servers);
	if (servers->question == NULL) {
		forget_given(servers);
		resolved_failed(servers, "out of memory, or no D-Bus connection");
	}
}

static void link_settled(void *context, unsigned failed, const struct diag *diag)
{
	struct nameservers *servers = context;
	char device[NETWORK_DEVICE_MAX];

	if (!servers->link_pending)
		return;
	servers->link_pending = false;
	link_name(servers, device);
	if (failed > 0)
		resolved_failed(servers, diag->text);
	else if (!network_owns_link(servers->network, device))
		resolved_failed(servers, "somebody else's interface has the name of ours");
	else if (outdated(servers))
		later(servers);
	else
		ask_to_take(servers);
}

/* With the address that the servers are to be asked from: resolved asks by this link, and only by
 * one with an address of global scope that is not deprecated. */
static enum rc make_link(struct nameservers *servers)
{
	const struct ip_addr *source = &servers->dns.source;
	struct network_object link = { .kind = NETWORK_LINK };
	struct network_object address = { .kind = NETWORK_ADDRESS, .addr = *source };
	struct network_plan plan = { .count = 0 };

	link_name(servers, link.device);
	memcpy(address.device, link.device, sizeof(address.device));
	network_plan_add(&plan, &link);
	if (ip_is_set(source)) {
		address.len = (uint8_t)(ip_len(source->family) * 8);
		network_plan_add(&plan, &address);
	}
	if (servers->link == NULL)
		servers->link = network_user_new(servers->network, link_settled, servers);
	if (servers->link == NULL)
		return RC_NO_MEMORY;
	servers->link_pending = true;
	return network_user_set(servers->link, &plan);
}

static void probed(void *context, bool yes, const char *why)
{
	struct nameservers *servers = context;

	(void)why;
	servers->question = NULL;
	if (!yes)
		servers->ask_resolved = false;
	if (!yes || outdated(servers))
		later(servers);
	else if (network_owns_link(servers->network, servers->wanted_device))
		ask_to_take(servers);
	else if (make_link(servers) != RC_OK)
		resolved_failed(servers, "out of memory");
}

/* ---- what is wanted and what is given ---- */

static void give(struct nameservers *servers)
{
	if (servers->given != NULL && !servers->by_resolved)
		servers->ask_resolved = false; /* the program has them already */
	if (servers->ask_resolved) {
		servers->question = resolved_probe(servers->network, probed, servers);
		servers->ask_resolved = servers->question != NULL;
	}
	if (servers->ask_resolved)
		return;
	drop_link(servers);
	servers->by_resolved = false;
	if (!stands_in_line(servers) && note_given(servers))
		run(servers, true);
}

/* systemd-resolved has one setting for a link: where another tunnel on it has name servers too,
 * those are set now. */
static bool hand_on(struct nameservers *servers)
{
	list_for(node, &servers->network->dns)
	{
		struct nameservers *other = container_of(node, struct nameservers, in_network);
		if (other == servers || !other->by_resolved || other->link != NULL ||
		    strcmp(other->given_device, servers->given_device) != 0)
			continue;
		if (!busy(other)) { /* or it is being set */
			forget_given(other);
			other->ask_resolved = true;
			later(other);
		}
		return true;
	}
	return false;
}

static void take_away(struct nameservers *servers)
{
	uint32_t index;

	if (!servers->by_resolved) {
		if (!stands_in_line(servers))
			run(servers, false);
		return;
	}
	index = index_of(servers, servers->given_device);
	if (servers->link == NULL && index != 0 && !hand_on(servers))
		resolved_revert(servers->network, index);
	drop_link(servers);
	forget_given(servers);
	later(servers);
}

/* What stands under another key goes first. */
static void compare(struct deferred *deferred)
{
	struct nameservers *servers = container_of(deferred, struct nameservers, turn);
	bool same_key = strcmp(servers->given_device, servers->wanted_device) == 0;

	if (busy(servers))
		return;
	if (servers->again && servers->by_resolved) {
		forget_given(servers);
		servers->ask_resolved = true;
	}
	servers->again = false;
	if (servers->refused && (servers->wanted == NULL || !is_given(servers)))
		forget_given(servers);
	if (servers->given != NULL && (servers->wanted == NULL || !same_key))
		take_away(servers);
	else if (servers->wanted != NULL && !is_given(servers))
		give(servers);
	else if (servers->wanted == NULL)
		drop_link(servers);
	if (servers->running == NULL && !list_linked(&servers->in_line))
		call_next(servers->network);
	if (servers->left && !busy(servers))
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

static bool keep(struct nameservers *servers, const struct network_dns *dns)
{
	char *domains = dns->domains != NULL ? copy(dns->domains) : NULL;

	if (dns->domains != NULL && domains == NULL)
		return false;
	mem_free((void *)(uintptr_t)servers->dns.domains);
	servers->dns = *dns;
	servers->dns.domains = domains;
	memcpy(servers->wanted_device, dns->device, sizeof(servers->wanted_device));
	servers->ask_resolved = true;
	return true;
}

enum rc nameservers_set(struct nameservers *servers, const struct network_dns *dns)
{
	char text[NETWORK_TEXT_DNS], *wanted = NULL;

	if (dns != NULL && describe(dns, text)) {
		wanted = copy(text);
		if (wanted == NULL)
			return RC_NO_MEMORY;
	}
	if (wanted != NULL && !keep(servers, dns)) {
		mem_free(wanted);
		return RC_NO_MEMORY;
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

/* ---- what an earlier run left ---- */

/* "eth0.vanth3", as run() makes it. */
static bool read_key(const char *name, char device[NETWORK_DEVICE_MAX], unsigned *slot)
{
	const char *mark = strstr(name, KEY_MARK);
	size_t len = mark != NULL ? (size_t)(mark - name) : 0;
	char *end;
	unsigned long number;

	if (len == 0 || len >= NETWORK_DEVICE_MAX)
		return false;
	mark += strlen(KEY_MARK);
	if (*mark < '0' || *mark > '9')
		return false;
	number = strtoul(mark, &end, 10);
	if (*end != '\0' || number > UINT16_MAX)
		return false;
	memset(device, 0, NETWORK_DEVICE_MAX);
	memcpy(device, name, len);
	*slot = (unsigned)number;
	return true;
}

/* As if its owner had just gone. */
static bool remove_entry(struct network *network, const char *name)
{
	char device[NETWORK_DEVICE_MAX];
	struct nameservers *servers;
	unsigned slot;

	if (!read_key(name, device, &slot))
		return false;
	servers = nameservers_new(network);
	if (servers == NULL)
		return false;
	servers->slot = slot;
	servers->given = copy("");
	if (servers->given == NULL) {
		nameservers_free(servers);
		return false;
	}
	memcpy(servers->given_device, device, sizeof(servers->given_device));
	nameservers_leave(servers);
	return true;
}

unsigned nameservers_remove_stale(struct network *network, const char *folder)
{
	DIR *dir = opendir(folder);
	unsigned count = 0;
	struct dirent *entry;

	if (dir == NULL)
		return 0;
	while (count < LEFT_MOST && (entry = readdir(dir)) != NULL)
		count += remove_entry(network, entry->d_name);
	(void)closedir(dir);
	return count;
}

void nameservers_link_is_new(struct network *network, const char *device)
{
	list_for(node, &network->dns)
	{
		struct nameservers *servers = container_of(node, struct nameservers, in_network);
		char own[NETWORK_DEVICE_MAX];
		link_name(servers, own);
		if (strcmp(servers->link != NULL ? own : servers->given_device, device) != 0)
			continue;
		servers->again = true;
		later(servers);
	}
}

bool network_busy(const struct network *network)
{
	list_for(node, &network->dns)
	{
		const struct nameservers *servers =
			container_of(node, struct nameservers, in_network);
		if (busy(servers) || list_linked(&servers->turn.queue))
			return true;
	}
	return false;
}

void nameservers_free_all(struct network *network)
{
	while (!list_empty(&network->dns))
		nameservers_free(container_of(network->dns.next, struct nameservers, in_network));
}
