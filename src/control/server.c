/* SPDX-License-Identifier: Apache-2.0 */
/* The socket, its clients, and the framing of Varlink: JSON objects, each ended by a NUL byte.
 * Input and output of a client are bounded; a slow reader costs only himself. */
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "control/private.h"

#define READ_CHUNK 4096

struct control {
	struct gateway *gateway;
	struct control_hooks hooks;
	gid_t group; /* may read; -1: none */
	char *path;
	int fd;
	struct watch *watch;
	struct list clients;
	unsigned client_count;
};

struct client {
	struct list in_control;
	struct control *control;
	int fd;
	struct watch *watch;
	bool may_write, may_read, closing, busy;
	char *in;
	size_t in_len, in_cap;
	char *out;
	size_t out_len, out_at, out_cap;
	struct call *call; /* in work; the next one waits in `in` */
};

const struct control_hooks *control_hooks_of(const struct call *call)
{
	return &call->control->hooks;
}

static void client_free(struct client *client)
{
	struct control *control = client->control;
	struct host *host = control->gateway->host;

	if (client->call != NULL) {
		if (client->call->cancel != NULL)
			client->call->cancel(client->call);
		json_decref(client->call->message);
		mem_free(client->call);
	}
	host->ops->unwatch(host, client->watch);
	(void)close(client->fd);
	list_remove(&client->in_control);
	control->client_count--;
	mem_free(client->in);
	mem_free(client->out);
	mem_free(client);
}

static void watch_for(struct client *client)
{
	struct host *host = client->control->gateway->host;
	unsigned what = HOST_READ;

	if (client->out_len > client->out_at)
		what |= HOST_WRITE;
	host->ops->watch_change(host, client->watch, what);
}

static bool flush(struct client *client)
{
	while (client->out_at < client->out_len) {
		ssize_t sent = send(client->fd, client->out + client->out_at,
				    client->out_len - client->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0)
			return errno == EAGAIN || errno == EINTR;
		client->out_at += (size_t)sent;
	}
	client->out_len = client->out_at = 0;
	return !client->closing;
}

static bool out_room(struct client *client, size_t len)
{
	size_t cap = client->out_cap == 0 ? READ_CHUNK : client->out_cap;
	char *grown;

	if (client->out_at > 0) {
		memmove(client->out, client->out + client->out_at,
			client->out_len - client->out_at);
		client->out_len -= client->out_at;
		client->out_at = 0;
	}
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

static void send_json(struct client *client, json_t *message)
{
	char *text = json_dumps(message, JSON_COMPACT);
	size_t len;

	json_decref(message);
	if (text == NULL) {
		client->closing = true;
		return;
	}
	len = strlen(text) + 1;
	if (out_room(client, len)) {
		memcpy(client->out + client->out_len, text, len);
		client->out_len += len;
	} else {
		client->closing = true;
	}
	free(text);
	watch_for(client);
}

static void call_over(struct call *call)
{
	struct client *client = call->client;

	client->call = NULL;
	json_decref(call->message);
	mem_free(call);
	watch_for(client);
}

void call_reply(struct call *call, json_t *parameters, bool continues)
{
	json_t *message = json_object();

	(void)json_object_set_new(message, "parameters",
				  parameters != NULL ? parameters : json_object());
	if (continues)
		(void)json_object_set_new(message, "continues", json_true());
	if (call->oneway)
		json_decref(message);
	else
		send_json(call->client, message);
	if (!continues)
		call_over(call);
}

void call_error(struct call *call, const char *error, json_t *parameters)
{
	json_t *message = json_object();

	(void)json_object_set_new(message, "error", json_string(error));
	(void)json_object_set_new(message, "parameters",
				  parameters != NULL ? parameters : json_object());
	if (call->oneway)
		json_decref(message);
	else
		send_json(call->client, message);
	call_over(call);
}

void call_fail(struct call *call, enum rc rc, const char *text)
{
	const char *error = rc == RC_NOT_FOUND ? "io.vanth.ike.NotFound" : "io.vanth.ike.Failed";

	call_error(call, error, json_pack("{s:s,s:s}", "reason", rc_name(rc), "text", text));
}

bool call_has_room(const struct call *call)
{
	return call->client->out_len - call->client->out_at < CONTROL_OUTPUT_HIGH;
}

bool call_text(struct call *call, const char *name, bool required, const char **out)
{
	json_t *value = json_object_get(call->parameters, name);

	*out = json_string_value(value);
	if (*out != NULL || (!required && (value == NULL || json_is_null(value))))
		return true;
	call_error(call, "org.varlink.service.InvalidParameter",
		   json_pack("{s:s}", "parameter", name));
	return false;
}

static void begin_call(struct client *client, json_t *message)
{
	struct call *call = mem_alloc(sizeof(*call));
	const char *name = json_string_value(json_object_get(message, "method"));

	if (call == NULL || name == NULL) {
		mem_free(call);
		json_decref(message);
		client->closing = true;
		return;
	}
	*call = (struct call){ .client = client,
			       .gateway = client->control->gateway,
			       .control = client->control,
			       .message = message,
			       .parameters = json_object_get(message, "parameters"),
			       .more = json_is_true(json_object_get(message, "more")),
			       .oneway = json_is_true(json_object_get(message, "oneway")),
			       .method = method_find(name) };
	client->call = call;
	if (call->method == NULL)
		call_error(call, "org.varlink.service.MethodNotFound",
			   json_pack("{s:s}", "method", name));
	else if (!client->may_read || (call->method->writes && !client->may_write))
		call_error(call, "org.varlink.service.PermissionDenied",
			   json_pack("{s:s}", "text", "only root may do that"));
	else
		call->method->run(call);
}

/* One whole message from the input, if there is one. */
static bool next_call(struct client *client)
{
	char *end = memchr(client->in, '\0', client->in_len);
	size_t len;
	json_t *message;

	if (client->call != NULL || client->closing || end == NULL)
		return false;
	len = (size_t)(end - client->in);
	message = json_loadb(client->in, len, JSON_REJECT_DUPLICATES, NULL);
	memmove(client->in, end + 1, client->in_len - len - 1);
	client->in_len -= len + 1;
	if (!json_is_object(message)) {
		json_decref(message);
		client->closing = true;
		return false;
	}
	begin_call(client, message);
	return true;
}

static bool read_some(struct client *client)
{
	ssize_t got;

	if (client->in_len + READ_CHUNK > client->in_cap) {
		size_t cap = client->in_cap + READ_CHUNK * 4;
		char *grown = cap > CONTROL_INPUT_MAX ? NULL : mem_resize(client->in, cap);
		if (grown == NULL)
			return false;
		client->in = grown;
		client->in_cap = cap;
	}
	got = recv(client->fd, client->in + client->in_len, READ_CHUNK, MSG_DONTWAIT);
	if (got < 0)
		return errno == EAGAIN || errno == EINTR;
	client->in_len += (size_t)got;
	return got > 0;
}

static void client_ready(void *context, unsigned what)
{
	struct client *client = context;
	bool alive = true;

	if ((what & HOST_READ) != 0)
		alive = read_some(client);
	while (alive && next_call(client))
		continue;
	if (alive && client->call != NULL && client->call->resume != NULL &&
	    call_has_room(client->call))
		client->call->resume(client->call);
	alive = alive && flush(client);
	if (alive)
		watch_for(client);
	else
		client_free(client);
}

static void credentials(struct client *client)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(who);

	if (getsockopt(client->fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return;
	client->may_write = who.uid == 0 || who.uid == geteuid();
	client->may_read = client->may_write || (client->control->group != (gid_t)-1 &&
						 who.gid == client->control->group);
}

static void client_new(struct control *control, int fd)
{
	struct host *host = control->gateway->host;
	struct client *client = mem_alloc(sizeof(*client));

	if (client == NULL || control->client_count >= CONTROL_CLIENTS_MAX) {
		mem_free(client);
		(void)close(fd);
		return;
	}
	client->control = control;
	client->fd = fd;
	client->watch = host->ops->watch(host, fd, HOST_READ, client_ready, client);
	if (client->watch == NULL) {
		mem_free(client);
		(void)close(fd);
		return;
	}
	credentials(client);
	list_append(&control->clients, &client->in_control);
	control->client_count++;
}

static void listener_ready(void *context, unsigned what)
{
	struct control *control = context;
	int fd;

	(void)what;
	fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		client_new(control, fd);
}

static enum rc bind_socket(struct control *control, struct diag *diag)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(control->path);

	if (len >= sizeof(address.sun_path))
		return diag_fail(diag, RC_LIMIT,
				 "the path of the control socket is longer than %zu",
				 sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, control->path, len);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (control->fd < 0)
		return diag_fail(diag, RC_IO, "no control socket: %s", strerror(errno));
	(void)unlink(control->path);
	if (bind(control->fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(control->path, 0666) != 0 || listen(control->fd, 64) != 0)
		return diag_fail(diag, RC_IO, "cannot listen on %s: %s", control->path,
				 strerror(errno));
	return RC_OK;
}

static enum rc find_group(struct control *control, const char *name, struct diag *diag)
{
	const struct group *group;

	control->group = (gid_t)-1;
	if (name == NULL)
		return RC_OK;
	group = getgrnam(name);
	if (group == NULL)
		return diag_fail(diag, RC_NOT_FOUND, "there is no group \"%s\"", name);
	control->group = group->gr_gid;
	return RC_OK;
}

static enum rc open_control(struct control *control, const struct control_options *options,
			    struct diag *diag)
{
	struct host *host = control->gateway->host;

	control->path = mem_text(options->path);
	if (control->path == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	TRY(find_group(control, options->group, diag));
	TRY(bind_socket(control, diag));
	control->watch = host->ops->watch(host, control->fd, HOST_READ, listener_ready, control);
	return control->watch != NULL ? RC_OK : diag_fail(diag, RC_NO_MEMORY, "out of memory");
}

enum rc control_new(struct gateway *gateway, const struct control_options *options,
		    struct control **out, struct diag *diag)
{
	struct control *control = mem_alloc(sizeof(*control));
	enum rc rc;

	*out = NULL;
	if (control == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	control->gateway = gateway;
	control->hooks = options->hooks;
	control->fd = -1;
	list_init(&control->clients);
	rc = open_control(control, options, diag);
	if (rc != RC_OK)
		control_free(control);
	else
		*out = control;
	return rc;
}

void control_free(struct control *control)
{
	struct host *host;

	if (control == NULL)
		return;
	host = control->gateway->host;
	list_for_safe(node, &control->clients)
		client_free(container_of(node, struct client, in_control));
	if (control->watch != NULL)
		host->ops->unwatch(host, control->watch);
	if (control->fd >= 0) {
		(void)close(control->fd);
		(void)unlink(control->path);
	}
	mem_free(control->path);
	mem_free(control);
}
