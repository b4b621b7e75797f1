/* SPDX-License-Identifier: Apache-2.0 */
/* One client: bytes in and out, bounded both ways, and the framing of Varlink: JSON objects, each
 * ended by a NUL byte. A slow reader costs only himself. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/secret.h"
#include "control/json_memory.h"
#include "control/private.h"

#define READ_CHUNK ((size_t)4096)
#define KEEP_OUT   ((size_t)16 * 1024) /* an output buffer that is kept while it is empty */

static size_t pending(const struct client *client)
{
	return client->out_len - client->out_at;
}

bool client_has_room(const struct client *client)
{
	return pending(client) < CONTROL_OUTPUT_HIGH;
}

void client_later(struct client *client)
{
	struct host *host = client->control->gateway->host;

	host->ops->defer(host, &client->turn);
}

/* There may be a password in a call, or in half of one. */
static void forget_input(struct client *client)
{
	if (client->in != NULL)
		wipe(client->in, client->in_cap);
	mem_free(client->in);
}

void client_free(struct client *client)
{
	struct control *control = client->control;
	struct host *host = control->gateway->host;

	if (client->call != NULL)
		call_free(client->call);
	deferred_cancel(&client->turn);
	host->ops->unwatch(host, client->watch);
	(void)close(client->fd);
	list_remove(&client->in_control);
	control->counts[client->access]--;
	forget_input(client);
	mem_free(client->out);
	mem_free(client);
}

/* ---- output ---- */

static void compact(struct client *client)
{
	if (client->out_at == 0)
		return;
	memmove(client->out, client->out + client->out_at, pending(client));
	client->out_len -= client->out_at;
	client->out_at = 0;
}

static bool out_room(struct client *client, size_t len)
{
	size_t cap = client->out_cap == 0 ? READ_CHUNK : client->out_cap;
	char *grown;

	if (client->out_len + len > client->out_cap)
		compact(client);
	while (cap < client->out_len + len)
		cap *= 2;
	if (cap == client->out_cap)
		return true;
	grown = mem_resize(client->out, cap);
	if (grown == NULL)
		return false;
	client->out = grown;
	client->out_cap = cap;
	return true;
}

void client_send(struct client *client, json_t *message)
{
	char *text = message != NULL ? json_dumps(message, JSON_COMPACT) : NULL;
	size_t len = text != NULL ? strlen(text) + 1 : 0;

	json_decref(message);
	if (text != NULL && out_room(client, len)) {
		memcpy(client->out + client->out_len, text, len);
		client->out_len += len;
	} else {
		client->broken = true; /* out of memory: an end is clearer than a gap */
	}
	json_text_free(text);
	client_later(client);
}

static void flush(struct client *client)
{
	while (pending(client) > 0 && !client->broken) {
		ssize_t sent = send(client->fd, client->out + client->out_at, pending(client),
				    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0) {
			client->broken = errno != EAGAIN;
			return;
		}
		client->out_at += (size_t)sent;
	}
	client->out_len = client->out_at = 0;
	if (client->out_cap <= KEEP_OUT)
		return;
	mem_free(client->out);
	client->out = NULL;
	client->out_cap = 0;
}

/* ---- input ---- */

static void complain(struct client *client, const char *text)
{
	client->closing = true;
	client_send(client, json_pack("{s:s,s:{s:s}}", "error", "io.vanth.ike.BadMessage",
				      "parameters", "text", text));
}

/* One whole message from the input, if there is one. */
static bool next_call(struct client *client)
{
	char *end;
	size_t len;
	json_t *message;

	if (client->call != NULL || client->closing || client->broken || client->in_len == 0)
		return false;
	end = memchr(client->in, '\0', client->in_len);
	if (end == NULL) {
		if (client->in_len == CONTROL_INPUT_MAX)
			complain(client, "a call is larger than 256 KiB");
		return false;
	}
	len = (size_t)(end - client->in);
	message = json_loadb(client->in, len, JSON_REJECT_DUPLICATES, NULL);
	client->in_len -= len + 1;
	memmove(client->in, end + 1, client->in_len);
	wipe(client->in + client->in_len, len + 1);
	if (json_is_object(message)) {
		call_begin(client, message);
		return true;
	}
	json_decref(message);
	complain(client, "a call is one JSON object, ended by a NUL byte");
	return false;
}

/* Written to the end by the client, which may still read; or gone altogether. */
static void input_ended(struct client *client)
{
	struct pollfd state = { .fd = client->fd };

	client->ended = true;
	if (poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR)) != 0)
		client->broken = true;
}

static bool in_room(struct client *client)
{
	size_t cap = client->in_cap + 4 * READ_CHUNK;
	char *grown;

	if (client->in_len + READ_CHUNK <= client->in_cap || client->in_cap == CONTROL_INPUT_MAX)
		return true;
	if (cap > CONTROL_INPUT_MAX)
		cap = CONTROL_INPUT_MAX;
	grown = mem_alloc(cap);
	if (grown == NULL)
		return false;
	if (client->in_len > 0)
		memcpy(grown, client->in, client->in_len);
	forget_input(client);
	client->in = grown;
	client->in_cap = cap;
	return true;
}

static void read_some(struct client *client)
{
	ssize_t got;

	if (!in_room(client)) {
		client->broken = true;
		return;
	}
	if (client->in_len == client->in_cap)
		return;
	got = recv(client->fd, client->in + client->in_len, client->in_cap - client->in_len,
		   MSG_DONTWAIT);
	if (got > 0)
		client->in_len += (size_t)got;
	else if (got == 0)
		input_ended(client);
	else if (errno != EAGAIN && errno != EINTR)
		client->broken = true;
}

/* ---- turns ---- */

static void watch_for(struct client *client)
{
	struct host *host = client->control->gateway->host;
	unsigned what = pending(client) > 0 ? HOST_WRITE : 0;

	if (!client->ended && !client->closing && client->in_len < CONTROL_INPUT_MAX)
		what |= HOST_READ;
	if (what == client->watching)
		return;
	client->watching = what;
	host->ops->watch_change(host, client->watch, what);
}

static bool is_over(const struct client *client)
{
	if (client->broken)
		return true;
	if (pending(client) > 0)
		return false;
	return client->closing || (client->ended && client->call == NULL);
}

/* Calls wait their turn, and for room, so that a client that asks without reading is bounded too.
 */
static void work(struct client *client)
{
	unsigned begun = 0;

	if (client->call != NULL && client->call->resume != NULL && client_has_room(client))
		call_resume(client->call);
	while (client_has_room(client) && next_call(client))
		if (++begun == CONTROL_CALLS_A_TURN) {
			client_later(client);
			return;
		}
	if (client->call != NULL && client->call->resume != NULL && client_has_room(client))
		client_later(client);
}

/* The only place where a client is written to, worked for and ended. */
static void client_turn(struct client *client)
{
	flush(client);
	if (!client->broken)
		work(client);
	flush(client);
	if (is_over(client))
		client_free(client);
	else
		watch_for(client);
}

static void deferred_turn(struct deferred *deferred)
{
	client_turn(container_of(deferred, struct client, turn));
}

static void client_ready(void *context, unsigned what)
{
	struct client *client = context;

	if ((what & HOST_READ) != 0)
		read_some(client);
	client_turn(client);
}

struct client *client_new(struct control *control, int fd, enum access access)
{
	struct host *host = control->gateway->host;
	struct client *client = mem_alloc(sizeof(*client));

	if (client != NULL)
		client->watch = host->ops->watch(host, fd, HOST_READ, client_ready, client);
	if (client == NULL || client->watch == NULL) {
		mem_free(client);
		(void)close(fd);
		return NULL;
	}
	client->control = control;
	client->fd = fd;
	client->watching = HOST_READ;
	client->access = access;
	client->turn.run = deferred_turn;
	list_append(&control->clients, &client->in_control);
	control->counts[access]++;
	return client;
}
