/* SPDX-License-Identifier: Apache-2.0 */
/* systemd-resolved (org.freedesktop.resolve1(5)) over D-Bus. The connection is made when it is
 * first needed and again after it was lost; nothing here waits: messages go out as the socket takes
 * them, and answers come with the loop, or the limit of a call ends it. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include "base/arena.h"
#include "network/private.h"

#define CALL_LIMIT     (10 * USEC_PER_SEC)
#define STEPS_PER_TURN 64
#define CALLS_MAX      3

struct question {
	struct list in_resolved;
	struct resolved *resolved;
	sd_bus_slot *slots[CALLS_MAX];
	unsigned left; /* calls without an answer */
	bool yes;
	char why[160];
	resolved_fn fn;
	void *context;
};

struct resolved {
	struct network *network;
	sd_bus *bus;
	struct watch *watch;
	struct deferred pump;
	struct list questions;
	bool told; /* that it is elsewhere */
};

/* ---- the connection ---- */

static void hang_up(struct resolved *resolved)
{
	struct host *host = resolved->network->host;

	if (resolved->watch != NULL)
		host->ops->unwatch(host, resolved->watch);
	resolved->watch = NULL;
	if (resolved->bus != NULL)
		sd_bus_close_unref(resolved->bus);
	resolved->bus = NULL;
}

static void question_free(struct question *question)
{
	for (unsigned i = 0; i < CALLS_MAX; i++)
		sd_bus_slot_unref(question->slots[i]);
	list_remove(&question->in_resolved);
	mem_free(question);
}

static void answer(struct question *question)
{
	resolved_fn fn = question->fn;
	void *context = question->context;
	char why[sizeof(question->why)];
	bool yes = question->yes;

	memcpy(why, question->why, sizeof(why));
	question_free(question);
	fn(context, yes, why);
}

/* Whoever asked is told that nothing came. */
static void lost(struct resolved *resolved, int error)
{
	hang_up(resolved);
	while (!list_empty(&resolved->questions)) {
		struct question *question =
			container_of(resolved->questions.next, struct question, in_resolved);
		question->yes = false;
		(void)snprintf(question->why, sizeof(question->why), "the D-Bus connection: %s",
			       strerrordesc_np(-error));
		answer(question);
	}
}

static void watch_bus(struct resolved *resolved)
{
	struct host *host = resolved->network->host;
	int events = sd_bus_get_events(resolved->bus);
	uint64_t until = UINT64_MAX;
	unsigned what = HOST_READ;

	if (events > 0 && (events & POLLOUT) != 0)
		what |= HOST_WRITE;
	host->ops->watch_change(host, resolved->watch, what);
	if (sd_bus_get_timeout(resolved->bus, &until) > 0 && until != UINT64_MAX &&
	    until < (uint64_t)USEC_NEVER)
		network_due(resolved->network, (usec_t)until);
}

static void later(struct resolved *resolved)
{
	struct host *host = resolved->network->host;

	host->ops->defer(host, &resolved->pump);
}

static void pump(struct deferred *deferred)
{
	struct resolved *resolved = container_of(deferred, struct resolved, pump);
	unsigned steps = 0;
	int more = 1;

	while (resolved->bus != NULL && more > 0 && steps++ < STEPS_PER_TURN)
		more = sd_bus_process(resolved->bus, NULL);
	if (resolved->bus == NULL)
		return;
	if (more < 0) {
		lost(resolved, more);
		return;
	}
	watch_bus(resolved);
	if (more > 0)
		later(resolved);
}

static void bus_ready(void *context, unsigned what)
{
	struct resolved *resolved = context;

	(void)what;
	pump(&resolved->pump);
}

static int place(sd_bus *bus, struct network *network)
{
	int fd = network->bus_fd;

	if (fd < 0)
		return sd_bus_set_address(bus, network->bus_address);
	network->bus_fd = -1; /* the bus's from now on */
	return sd_bus_set_fd(bus, fd, fd);
}

static int call_up(struct resolved *resolved)
{
	struct network *network = resolved->network;
	struct host *host = network->host;
	int error;

	if (resolved->bus != NULL)
		return 0;
	error = sd_bus_new(&resolved->bus);
	if (error >= 0)
		error = place(resolved->bus, network);
	if (error >= 0)
		error = sd_bus_set_bus_client(resolved->bus, 1);
	if (error >= 0)
		error = sd_bus_set_exit_on_disconnect(resolved->bus, 0);
	if (error >= 0)
		error = sd_bus_start(resolved->bus);
	if (error >= 0)
		resolved->watch = host->ops->watch(host, sd_bus_get_fd(resolved->bus), HOST_READ,
						   bus_ready, resolved);
	if (error >= 0 && resolved->watch == NULL)
		error = -ENOMEM;
	if (error < 0)
		hang_up(resolved);
	return error;
}

static struct resolved *resolved_of(struct network *network)
{
	struct resolved *resolved = network->resolved;

	if (network->host->ops->watch == NULL ||
	    (network->bus_address == NULL && network->bus_fd < 0 && resolved == NULL))
		return NULL;
	if (resolved == NULL) {
		resolved = mem_alloc(sizeof(*resolved));
		if (resolved == NULL)
			return NULL;
		resolved->network = network;
		resolved->pump.run = pump;
		list_init(&resolved->questions);
		network->resolved = resolved;
	}
	return call_up(resolved) >= 0 ? resolved : NULL;
}

/* ---- questions ---- */

static bool is_elsewhere(struct resolved *resolved, uint32_t pid)
{
	const struct network *network = resolved->network;

	if (network->netlink_table == NULL || neighbour_has_links(network->netlink_table, pid))
		return false;
	if (!resolved->told && network->log != NULL)
		log_write(network->log, LOG_LEVEL_WARNING, NULL,
			  "systemd-resolved (process %u) runs in another network namespace: name "
			  "servers go to resolvconf instead",
			  pid);
	resolved->told = true;
	return true;
}

static int answered(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct question *question = context;
	const sd_bus_error *refusal = sd_bus_message_get_error(message);
	uint32_t pid;

	(void)error;
	if (refusal == NULL && sd_bus_message_has_signature(message, "u") > 0 &&
	    sd_bus_message_read(message, "u", &pid) >= 0 && is_elsewhere(question->resolved, pid)) {
		question->yes = false;
		(void)snprintf(question->why, sizeof(question->why),
			       "it runs in another network namespace");
	} else if (refusal != NULL && question->yes) {
		question->yes = false;
		(void)snprintf(question->why, sizeof(question->why), "%s",
			       refusal->message != NULL ? refusal->message : refusal->name);
	}
	if (--question->left == 0)
		answer(question);
	return 0;
}

static struct question *question_new(struct resolved *resolved, resolved_fn fn, void *context)
{
	struct question *question = mem_alloc(sizeof(*question));

	if (question == NULL)
		return NULL;
	question->resolved = resolved;
	question->yes = true;
	question->fn = fn;
	question->context = context;
	list_append(&resolved->questions, &question->in_resolved);
	return question;
}

/* Takes the message. */
static int ask(struct resolved *resolved, struct question *question, sd_bus_message *message)
{
	int error = sd_bus_message_set_auto_start(message, 0);

	if (error >= 0)
		error = sd_bus_call_async(resolved->bus, &question->slots[question->left], message,
					  answered, question, CALL_LIMIT);
	question->left += error >= 0;
	sd_bus_message_unref(message);
	return error;
}

struct question *resolved_probe(struct network *network, resolved_fn fn, void *context)
{
	struct resolved *resolved = resolved_of(network);
	struct question *question = resolved != NULL ? question_new(resolved, fn, context) : NULL;
	sd_bus_message *message = NULL;
	int error;

	if (question == NULL)
		return NULL;
	error = sd_bus_message_new_method_call(resolved->bus, &message, "org.freedesktop.DBus",
					       "/org/freedesktop/DBus", "org.freedesktop.DBus",
					       "GetConnectionUnixProcessID");
	if (error >= 0)
		error = sd_bus_message_append(message, "s", "org.freedesktop.resolve1");
	if (error < 0)
		sd_bus_message_unref(message);
	else
		error = ask(resolved, question, message);
	if (error < 0) {
		question_free(question);
		return NULL;
	}
	later(resolved);
	return question;
}

static int method(struct resolved *resolved, const char *name, sd_bus_message **out)
{
	return sd_bus_message_new_method_call(resolved->bus, out, "org.freedesktop.resolve1",
					      "/org/freedesktop/resolve1",
					      "org.freedesktop.resolve1.Manager", name);
}

static int put_server(sd_bus_message *message, const struct ip_addr *addr)
{
	int error = sd_bus_message_open_container(message, 'r', "iay");

	if (error >= 0)
		error = sd_bus_message_append(message, "i", (int32_t)addr->family);
	if (error >= 0)
		error = sd_bus_message_append_array(message, 'y', addr->bytes,
						    ip_len(addr->family));
	return error < 0 ? error : sd_bus_message_close_container(message);
}

static int put_servers(sd_bus_message *message, const struct network_dns *dns)
{
	int error = sd_bus_message_open_container(message, 'a', "(iay)");

	for (unsigned i = 0; i < dns->count && error >= 0; i++)
		error = put_server(message, &dns->servers[i]);
	return error < 0 ? error : sd_bus_message_close_container(message);
}

/* Without domains they are asked for every name ("."); with some for these only (RFC 8598 §5). */
static int put_domains(sd_bus_message *message, const struct network_dns *dns)
{
	int error = sd_bus_message_open_container(message, 'a', "(sb)");
	const char *at = dns->domains != NULL ? dns->domains : "";

	if (*at == '\0' && error >= 0)
		error = sd_bus_message_append(message, "(sb)", ".", 1);
	while (*at != '\0' && error >= 0) {
		char domain[256];
		size_t len = strcspn(at, " ");
		if (len > 0 && len < sizeof(domain)) {
			memcpy(domain, at, len);
			domain[len] = '\0';
			error = sd_bus_message_append(message, "(sb)", domain, 0);
		}
		at += len + (at[len] == ' ');
	}
	return error < 0 ? error : sd_bus_message_close_container(message);
}

static int put_default(sd_bus_message *message, const struct network_dns *dns)
{
	return sd_bus_message_append(message, "b", dns->domains == NULL || dns->domains[0] == '\0');
}

struct question *resolved_set(struct network *network, uint32_t index,
			      const struct network_dns *dns, resolved_fn fn, void *context)
{
	static const struct {
		const char *name;
		int (*put)(sd_bus_message *message, const struct network_dns *dns);
	} calls[CALLS_MAX] = { { "SetLinkDNS", put_servers },
			       { "SetLinkDomains", put_domains },
			       { "SetLinkDefaultRoute", put_default } };
	struct resolved *resolved = resolved_of(network);
	struct question *question = resolved != NULL ? question_new(resolved, fn, context) : NULL;
	int error = question != NULL ? 0 : -ENOMEM;

	for (unsigned i = 0; i < CALLS_MAX && error >= 0; i++) {
		sd_bus_message *message = NULL;
		error = method(resolved, calls[i].name, &message);
		if (error >= 0)
			error = sd_bus_message_append(message, "i", (int32_t)index);
		if (error >= 0)
			error = calls[i].put(message, dns);
		if (error < 0)
			sd_bus_message_unref(message);
		else
			error = ask(resolved, question, message);
	}
	if (error >= 0)
		later(resolved);
	else if (question != NULL)
		question_free(question);
	return error >= 0 ? question : NULL;
}

void resolved_revert(struct network *network, uint32_t index)
{
	struct resolved *resolved = resolved_of(network);
	sd_bus_message *message = NULL;

	if (resolved == NULL)
		return;
	if (method(resolved, "RevertLink", &message) >= 0 &&
	    sd_bus_message_set_expect_reply(message, 0) >= 0 &&
	    sd_bus_message_set_auto_start(message, 0) >= 0 &&
	    sd_bus_message_append(message, "i", (int32_t)index) >= 0)
		(void)sd_bus_send(resolved->bus, message, NULL);
	sd_bus_message_unref(message);
	later(resolved);
}

void resolved_cancel(struct question *question)
{
	if (question != NULL)
		question_free(question);
}

void resolved_tick(struct network *network)
{
	if (network->resolved != NULL && network->resolved->bus != NULL)
		later(network->resolved);
}

void resolved_free(struct network *network)
{
	struct resolved *resolved = network->resolved;

	if (resolved == NULL)
		return;
	while (!list_empty(&resolved->questions))
		question_free(container_of(resolved->questions.next, struct question, in_resolved));
	if (resolved->bus != NULL) /* what was sent last goes out, if the socket takes it */
		(void)sd_bus_process(resolved->bus, NULL);
	hang_up(resolved);
	deferred_cancel(&resolved->pump);
	mem_free(resolved);
	network->resolved = NULL;
}
