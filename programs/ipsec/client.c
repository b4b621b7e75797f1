/* SPDX-License-Identifier: Apache-2.0 */
/* A Varlink client: one call over a unix socket, its replies handed on as they come. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "ipsec.h"

#define READ_CHUNK 65536
#define REPLY_MAX  (16u << 20)

struct connection {
	int fd;
	char *in;
	size_t len, cap, used; /* used: the front that was handed on */
};

int complain(int code, const char *format, ...)
{
	va_list args;

	(void)fputs("ipsec: ", stderr);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	return code;
}

void print_json(const json_t *json)
{
	(void)json_dumpf(json, stdout, JSON_COMPACT);
	(void)fputc('\n', stdout);
	(void)fflush(stdout);
}

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
	int error = errno;

	if (error == ENOENT || error == ECONNREFUSED)
		return complain(
			EXIT_NOT_RUNNING,
			"the daemon does not run (nobody answers at %s); \"ipsec start\" starts it",
			path);
	if (error == EACCES || error == EPERM)
		return complain(EXIT_DENIED, "no permission to use %s", path);
	return complain(EXIT_FAILED, "%s: %s", path, strerror(error));
}

static bool send_call(int fd, const char *method, json_t *parameters, bool more)
{
	json_t *call = json_pack("{s:s,s:o}", "method", method, "parameters",
				 parameters != NULL ? parameters : json_object());
	char *text;
	size_t len, at = 0;

	if (call != NULL && more)
		(void)json_object_set_new(call, "more", json_true());
	text = call != NULL ? json_dumps(call, JSON_COMPACT) : NULL;
	json_decref(call);
	if (text == NULL)
		return false;
	len = strlen(text) + 1;
	while (at < len) {
		ssize_t sent = send(fd, text + at, len - at, MSG_NOSIGNAL);
		if (sent < 0 && errno != EINTR)
			break;
		at += sent > 0 ? (size_t)sent : 0;
	}
	free(text);
	return at == len;
}

static bool fill(struct connection *connection)
{
	ssize_t got;

	if (connection->used > 0) {
		memmove(connection->in, connection->in + connection->used,
			connection->len - connection->used);
		connection->len -= connection->used;
		connection->used = 0;
	}
	if (connection->len + READ_CHUNK > connection->cap) {
		size_t cap = connection->len + 2 * READ_CHUNK;
		char *grown = cap > REPLY_MAX ? NULL : realloc(connection->in, cap);
		if (grown == NULL)
			return false;
		connection->in = grown;
		connection->cap = cap;
	}
	do
		got = recv(connection->fd, connection->in + connection->len, READ_CHUNK, 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return false;
	connection->len += (size_t)got;
	return true;
}

static json_t *next_reply(struct connection *connection)
{
	char *start, *end;

	for (;;) {
		start = connection->in + connection->used;
		end = connection->len > connection->used
			      ? memchr(start, '\0', connection->len - connection->used)
			      : NULL;
		if (end != NULL)
			break;
		errno = 0;
		if (!fill(connection))
			return NULL;
	}
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
static int told_error(const struct ipsec *ipsec, const json_t *reply, const char *error)
{
	const json_t *parameters = json_object_get(reply, "parameters");
	const char *text = json_string_value(json_object_get(parameters, "text"));
	const char *next = json_string_value(json_object_get(parameters, "next"));
	int code = EXIT_FAILED;

	for (size_t i = 0; i < sizeof(error_codes) / sizeof(error_codes[0]); i++)
		if (strcmp(error, error_codes[i].error) == 0)
			code = error_codes[i].code;
	if (ipsec->json)
		print_json(reply);
	(void)complain(code, "%s", text != NULL ? text : error);
	if (next != NULL && next[0] != '\0')
		(void)fprintf(stderr, "       %s\n", next);
	return code;
}

static int lost(const struct ipsec *ipsec)
{
	if (errno == EAGAIN)
		return complain(EXIT_FAILED,
				"no end within %u s (--timeout); the daemon goes on trying",
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
		bool go_on = true;
		int code = EXIT_DONE;

		if (!json_is_object(reply)) {
			json_decref(reply);
			return lost(ipsec);
		}
		if (error != NULL)
			code = told_error(ipsec, reply, error);
		else if (fn != NULL)
			go_on = fn(context, json_object_get(reply, "parameters"), continues);
		json_decref(reply);
		if (error != NULL || !continues || !go_on)
			return code;
	}
}

int client_call(const struct ipsec *ipsec, const char *method, json_t *parameters, bool more,
		reply_fn fn, void *context)
{
	struct connection connection = { .fd = open_socket(ipsec->ctlsocket) };
	struct timeval limit = { .tv_sec = ipsec->timeout };
	int code;

	if (connection.fd < 0) {
		json_decref(parameters);
		return not_connected(ipsec->ctlsocket);
	}
	if (ipsec->timeout > 0)
		(void)setsockopt(connection.fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (send_call(connection.fd, method, parameters, more))
		code = read_replies(ipsec, &connection, fn, context);
	else
		code = complain(EXIT_FAILED, "cannot ask the daemon: %s", strerror(errno));
	(void)close(connection.fd);
	free(connection.in);
	return code;
}

bool client_probe(const struct ipsec *ipsec)
{
	int fd = open_socket(ipsec->ctlsocket);

	if (fd < 0)
		return false;
	(void)close(fd);
	return true;
}
