/* SPDX-License-Identifier: Apache-2.0 */
/* A Varlink client: one call over a unix socket, its replies handed on as they come. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include "control/json_memory.h"
#include "ipsec.h"

#define READ_CHUNK 65536
#define REPLY_MAX  (16u << 20)

struct connection {
	int fd;
	char *in;
	size_t len, cap, used; /* used: the front that was handed on */
	long long deadline;    /* milliseconds; 0: none */
	bool late;
};

int complain(int code, const char *format, ...)
{
	va_list args;

	(void)fflush(stdout);
	(void)fputs("ipsec: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return code;
}

static long long now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

/* ---- connecting ---- */

static int open_socket(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd, saved;

	if (len >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(address.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	saved = errno;
	(void)close(fd);
	errno = saved;
	return -1;
}

static int not_connected(const char *path)
{
	if (errno == ENOENT || errno == ECONNREFUSED || errno == ENOTDIR)
		return complain(
			EXIT_NOT_RUNNING,
			"the daemon does not run (nobody listens at %s); \"ipsec start\" starts it",
			path);
	if (errno == EACCES || errno == EPERM)
		return complain(EXIT_DENIED, "no permission to use %s", path);
	return complain(EXIT_FAILED, "%s: %s", path, strerror(errno));
}

/* ---- the call ---- */

static char *call_message(const char *method, json_t *parameters, bool more)
{
	json_t *call = NULL;
	char *text = NULL;

	if (parameters != NULL)
		call = json_pack("{s:s,s:o}", "method", method, "parameters", parameters);
	if (call != NULL && more)
		(void)json_object_set_new(call, "more", json_true());
	if (call != NULL)
		text = json_dumps(call, JSON_COMPACT);
	json_decref(call);
	return text;
}

/* When it cannot be sent, the daemon may have said why before it closed. */
static void send_all(int fd, const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		ssize_t sent = send(fd, text + at, len - at, MSG_NOSIGNAL);
		if (sent < 0 && errno != EINTR)
			return;
		at += sent > 0 ? (size_t)sent : 0;
	}
}

/* ---- replies ---- */

/* False: the time is over. */
static bool wait_for_input(struct connection *connection)
{
	struct pollfd state = { .fd = connection->fd, .events = POLLIN };
	long long left;

	do {
		left = connection->deadline == 0 ? -1 : connection->deadline - now();
		connection->late = connection->deadline != 0 && left <= 0;
	} while (!connection->late && poll(&state, 1, (int)left) <= 0);
	return !connection->late;
}

static bool make_room(struct connection *connection)
{
	size_t cap = 2 * connection->cap + READ_CHUNK;
	char *grown;

	if (connection->used > 0)
		memmove(connection->in, connection->in + connection->used,
			connection->len - connection->used);
	connection->len -= connection->used;
	connection->used = 0;
	if (connection->len + READ_CHUNK <= connection->cap)
		return true;
	grown = cap > REPLY_MAX ? NULL : realloc(connection->in, cap);
	if (grown == NULL)
		return false;
	connection->in = grown;
	connection->cap = cap;
	return true;
}

static bool fill(struct connection *connection)
{
	ssize_t got;

	if (!wait_for_input(connection) || !make_room(connection))
		return false;
	do
		got = recv(connection->fd, connection->in + connection->len, READ_CHUNK, 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return false;
	connection->len += (size_t)got;
	return true;
}

static char *message_end(const struct connection *connection)
{
	if (connection->len == connection->used)
		return NULL;
	return memchr(connection->in + connection->used, '\0', connection->len - connection->used);
}

static json_t *next_reply(struct connection *connection)
{
	char *start, *end = message_end(connection);

	while (end == NULL) {
		if (!fill(connection))
			return NULL;
		end = message_end(connection);
	}
	start = connection->in + connection->used;
	connection->used += (size_t)(end - start) + 1;
	return json_loadb(start, (size_t)(end - start), 0, NULL);
}

static const struct error_code {
	const char *error;
	enum exit_code code;
} error_codes[] = {
	{ "io.vanth.ike.NotFound", EXIT_NOT_FOUND },
	{ "io.vanth.ike.NegotiationFailed", EXIT_NEGOTIATION },
	{ "org.varlink.service.PermissionDenied", EXIT_DENIED },
	{ "org.varlink.service.InvalidParameter", EXIT_USAGE },
};

/* Names the failure, and what the daemon does next. */
static int tell_error(const struct ipsec *ipsec, const json_t *reply, const char *error)
{
	const json_t *parameters = json_object_get(reply, "parameters");
	const char *text = text_of(parameters, "text"), *next = text_of(parameters, "next");
	int code = EXIT_FAILED;

	for (size_t i = 0; i < sizeof(error_codes) / sizeof(error_codes[0]); i++)
		if (strcmp(error, error_codes[i].error) == 0)
			code = (int)error_codes[i].code;
	if (ipsec->json)
		print_json(reply);
	(void)complain(code, "%s", text[0] != '\0' ? text : error);
	if (next[0] != '\0')
		(void)fprintf(stderr, "       %s\n", next);
	return code;
}

static int lost(const struct ipsec *ipsec, const struct connection *connection)
{
	if (connection->late)
		return complain(EXIT_FAILED, "no end within %u s (--timeout); the daemon goes on",
				ipsec->timeout);
	return complain(EXIT_NOT_RUNNING, "the daemon closed the connection");
}

static int read_replies(const struct ipsec *ipsec, struct connection *connection, reply_fn fn,
			void *context)
{
	for (;;) {
		json_t *reply = next_reply(connection);
		const char *error = json_string_value(json_object_get(reply, "error"));
		bool continues = json_is_true(json_object_get(reply, "continues"));
		int code = EXIT_DONE;

		if (!json_is_object(reply)) {
			json_decref(reply);
			return lost(ipsec, connection);
		}
		if (error != NULL)
			code = tell_error(ipsec, reply, error);
		else if (fn != NULL)
			fn(context, json_object_get(reply, "parameters"), continues);
		json_decref(reply);
		if (error != NULL || !continues)
			return code;
	}
}

int client_call(const struct ipsec *ipsec, const char *method, json_t *parameters, bool more,
		reply_fn fn, void *context)
{
	char *message = call_message(method, parameters, more);
	struct connection connection = { .fd = -1 };
	int code;

	if (message == NULL)
		return complain(EXIT_USAGE, "the name is not UTF-8");
	connection.fd = open_socket(ipsec->ctlsocket);
	if (connection.fd < 0) {
		json_text_free(message);
		return not_connected(ipsec->ctlsocket);
	}
	if (ipsec->timeout > 0)
		connection.deadline = now() + ipsec->timeout * 1000LL;
	send_all(connection.fd, message, strlen(message) + 1);
	json_text_free(message); /* at once: there may be a password in it */
	code = read_replies(ipsec, &connection, fn, context);
	(void)close(connection.fd);
	free(connection.in);
	return code;
}

bool client_probe(const struct ipsec *ipsec, pid_t *pid)
{
	struct ucred who = { 0 };
	socklen_t len = sizeof(who);
	int fd = open_socket(ipsec->ctlsocket);

	if (fd < 0)
		return false;
	if (pid != NULL && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) == 0)
		*pid = who.pid;
	(void)close(fd);
	return true;
}
