/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include "unit/host/real_fixture.h"

/* ---- a server on the loopback that does as its path says ---- */

struct server {
	int fd;
	uint16_t port;
	pthread_t thread;
};

static void tell(int fd, const char *text)
{
	if (send(fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		return; /* the asker has gone, which is what some tests want */
}

static void redirect(int fd, const char *target)
{
	char text[256];
	snprintf(text, sizeof(text),
		 "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", target);
	tell(fd, text);
}

static void endless(int fd)
{
	char bytes[4096] = { 0 };
	tell(fd, "HTTP/1.1 200 OK\r\n\r\n");
	while (send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL) > 0)
		;
}

static void serve(int fd, char *request)
{
	int hops = 0;
	char target[32];
	if (strncmp(request, "POST /post", 10) == 0)
		tell(fd, strstr(request, "Content-Type: application/x\r\n") != NULL &&
					 strstr(request, "\r\n\r\nquestion") != NULL
				 ? "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer"
				 : "HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n");
	else if (strncmp(request, "GET /ok", 7) == 0)
		tell(fd, strstr(request, "Cookie") == NULL
				 ? "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: "
				   "5\r\n\r\nhello"
				 : "HTTP/1.1 400 Bad\r\n\r\n");
	else if (strncmp(request, "GET /short", 10) == 0)
		tell(fd, "HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello");
	else if (strncmp(request, "GET /garbage", 12) == 0)
		tell(fd, "\x01\x02 no HTTP at all\r\n\r\n");
	else if (strncmp(request, "GET /file", 9) == 0)
		redirect(fd, "file:///etc/passwd");
	else if (strncmp(request, "GET /https", 10) == 0)
		redirect(fd, "https://127.0.0.1/");
	else if (sscanf(request, "GET /hop/%d", &hops) == 1) {
		snprintf(target, sizeof(target), hops > 1 ? "/hop/%d" : "/ok", hops - 1);
		redirect(fd, target);
	} else if (strncmp(request, "GET /endless", 12) == 0)
		endless(fd);
	else if (strncmp(request, "GET /hang", 9) == 0)
		(void)!recv(fd, target, 1, 0); /* until the asker goes */
	else
		tell(fd, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static void *connection(void *context)
{
	int fd = (int)(intptr_t)context;
	char request[2048] = "";
	size_t len = 0;
	ssize_t got;
	bool post = false;
	while (len < sizeof(request) - 1 &&
	       (got = recv(fd, request + len, sizeof(request) - 1 - len, 0)) > 0) {
		len += (size_t)got;
		request[len] = '\0';
		post = strncmp(request, "POST", 4) == 0;
		if (strstr(request, post ? "\r\n\r\nquestion" : "\r\n\r\n") != NULL)
			break;
	}
	serve(fd, request);
	close(fd);
	return NULL;
}

static void *accepting(void *context)
{
	struct server *server = context;
	int fd;
	while ((fd = accept(server->fd, NULL, NULL)) >= 0) {
		pthread_t thread;
		if (pthread_create(&thread, NULL, connection, (void *)(intptr_t)fd) == 0)
			pthread_detach(thread);
	}
	return NULL;
}

static int server_start(void **state)
{
	struct server *server = calloc(1, sizeof(*server));
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->fd, (struct sockaddr *)&address, len) != 0 ||
	    listen(server->fd, 64) != 0 ||
	    getsockname(server->fd, (struct sockaddr *)&address, &len) != 0)
		return -1;
	server->port = ntohs(address.sin_port);
	*state = server;
	return pthread_create(&server->thread, NULL, accepting, server);
}

static int server_stop(void **state)
{
	struct server *server = *state;
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	close(server->fd);
	free(server);
	return 0;
}

/* ---- asking ---- */

struct got {
	struct host *host;
	unsigned calls, *left;
	enum rc rc;
	char body[64], error[256];
};

static void answered(void *context, enum rc rc, struct span body, const char *error)
{
	struct got *got = context;
	got->calls++;
	got->rc = rc;
	snprintf(got->body, sizeof(got->body), "%.*s", (int)body.len,
		 body.len > 0 ? (const char *)body.ptr : "");
	snprintf(got->error, sizeof(got->error), "%s", error != NULL ? error : "");
	if (--*got->left == 0)
		host_real_stop(got->host);
}

static struct got ask_url(const char *url, usec_t limit, const char *body)
{
	struct host *host = real_host();
	unsigned left = 1;
	struct got got = { .host = host, .left = &left };
	struct fetch_request request = { .url = url,
					 .limit = limit,
					 .size_max = 100000,
					 .body = span_make(body, strlen(body)),
					 .content_type = "application/x" };
	assert_non_null(host->ops->fetch(host, &request, answered, &got));
	assert_int_equal(got.calls, 0);
	run_host(host);
	assert_int_equal(got.calls, 1);
	host_real_free(host);
	return got;
}

static struct got ask(const struct server *server, const char *path, usec_t limit, const char *body)
{
	char url[128];
	snprintf(url, sizeof(url), "http://127.0.0.1:%u%s", server->port, path);
	return ask_url(url, limit, body);
}

#define LONG  (15 * USEC_PER_SEC)
#define SHORT (50 * USEC_PER_MSEC)

static void an_answer_comes_whole(void **state)
{
	struct got got = ask(*state, "/ok", LONG, "");
	assert_string_equal(got.error, "");
	assert_int_equal(got.rc, RC_OK);
	assert_string_equal(got.body, "hello");
}

static void names_are_resolved(void **state)
{
	const struct server *server = *state;
	char url[128];
	struct got got;
	snprintf(url, sizeof(url), "http://localhost:%u/ok", server->port);
	got = ask_url(url, LONG, "");
	assert_int_equal(got.rc, RC_OK); /* also where ::1 comes first and refuses */
	got = ask_url("http://no-such-name.invalid/", LONG, "");
	assert_int_equal(got.rc, RC_IO);
	assert_non_null(strstr(got.error, "no-such-name.invalid"));
}

static void a_body_is_posted_with_its_type(void **state)
{
	struct got got = ask(*state, "/post", LONG, "question");
	assert_int_equal(got.rc, RC_OK);
	assert_string_equal(got.body, "answer");
}

static void proxies_of_the_environment_are_not_used(void **state)
{
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
	assert_int_equal(ask(*state, "/ok", LONG, "").rc, RC_OK);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
}

static void a_server_that_hangs_is_given_up(void **state)
{
	struct got got = ask(*state, "/hang", SHORT, "");
	assert_int_equal(got.rc, RC_TIMEOUT);
	assert_string_equal(got.error, "no complete answer in time");
}

static void an_answer_that_never_ends_is_cut_off(void **state)
{
	struct got got = ask(*state, "/endless", LONG, "");
	assert_int_equal(got.rc, RC_LIMIT);
	assert_string_equal(got.error, "the answer is too large");
}

static void what_is_no_good_answer_is_told(void **state)
{
	struct got got = ask(*state, "/missing", LONG, "");
	assert_int_equal(got.rc, RC_NOT_FOUND);
	assert_non_null(strstr(got.error, "404"));
	assert_int_equal(ask(*state, "/garbage", LONG, "").rc, RC_IO);
	assert_int_equal(ask(*state, "/short", LONG, "").rc, RC_IO);
	assert_int_equal(ask_url("http://127.0.0.1:1/", LONG, "").rc, RC_IO);
}

static void three_redirects_are_followed_and_not_four(void **state)
{
	struct got got = ask(*state, "/hop/3", LONG, "");
	assert_int_equal(got.rc, RC_OK);
	assert_string_equal(got.body, "hello");
	got = ask(*state, "/hop/4", LONG, "");
	assert_int_equal(got.rc, RC_LIMIT);
	assert_string_equal(got.error, "too many redirects");
}

static void only_http_is_spoken_also_after_a_redirect(void **state)
{
	assert_int_equal(ask_url("https://127.0.0.1/", LONG, "").rc, RC_SYNTAX);
	assert_int_equal(ask_url("file:///etc/passwd", LONG, "").rc, RC_SYNTAX);
	assert_int_equal(ask_url("http://user:secret@127.0.0.1/", LONG, "").rc, RC_SYNTAX);
	assert_int_equal(ask_url("nonsense", LONG, "").rc, RC_SYNTAX);
	assert_int_equal(ask(*state, "/file", LONG, "").rc, RC_SYNTAX);
	assert_int_equal(ask(*state, "/https", LONG, "").rc, RC_SYNTAX);
}

static void many_wait_for_their_turn(void **state)
{
	const struct server *server = *state;
	struct host *host = real_host();
	unsigned left = 40;
	struct got got[40] = { 0 };
	char url[128];
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/ok", server->port);
	for (int i = 0; i < 40; i++) {
		struct fetch_request request = { .url = url, .limit = LONG, .size_max = 100 };
		got[i] = (struct got){ .host = host, .left = &left };
		assert_non_null(host->ops->fetch(host, &request, answered, &got[i]));
	}
	run_host(host);
	for (int i = 0; i < 40; i++)
		assert_int_equal(got[i].rc, RC_OK);
	host_real_free(host);
}

static void a_cancelled_fetch_makes_room_and_is_never_answered(void **state)
{
	const struct server *server = *state;
	struct host *host = real_host();
	unsigned left = 1;
	struct got hung = { .host = host, .left = &left }, got = hung;
	struct fetch *fetches[20];
	char url[128];
	struct fetch_request request = { .url = url, .limit = LONG, .size_max = 100 };
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/hang", server->port);
	for (int i = 0; i < 20; i++)
		fetches[i] = host->ops->fetch(host, &request, answered, &hung);
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/ok", server->port);
	assert_non_null(host->ops->fetch(host, &request, answered, &got));
	for (int i = 19; i >= 0; i--)
		host->ops->fetch_cancel(host, fetches[i]);
	run_host(host);
	assert_int_equal(got.rc, RC_OK);
	assert_int_equal(hung.calls, 0);
	host_real_free(host);
}

static void a_host_that_goes_takes_its_fetches_along(void **state)
{
	const struct server *server = *state;
	struct host *host = real_host();
	unsigned left = 100;
	struct got got = { .host = host, .left = &left };
	char url[128];
	struct fetch_request request = { .url = url, .limit = LONG, .size_max = 100 };
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/hang", server->port);
	for (int i = 0; i < 20; i++)
		assert_non_null(host->ops->fetch(host, &request, answered, &got));
	host_real_free(host);
	assert_int_equal(got.calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_whole),
		cmocka_unit_test(names_are_resolved),
		cmocka_unit_test(a_body_is_posted_with_its_type),
		cmocka_unit_test(proxies_of_the_environment_are_not_used),
		cmocka_unit_test(a_server_that_hangs_is_given_up),
		cmocka_unit_test(an_answer_that_never_ends_is_cut_off),
		cmocka_unit_test(what_is_no_good_answer_is_told),
		cmocka_unit_test(three_redirects_are_followed_and_not_four),
		cmocka_unit_test(only_http_is_spoken_also_after_a_redirect),
		cmocka_unit_test(many_wait_for_their_turn),
		cmocka_unit_test(a_cancelled_fetch_makes_room_and_is_never_answered),
		cmocka_unit_test(a_host_that_goes_takes_its_fetches_along),
	};
	return cmocka_run_group_tests(tests, server_start, server_stop);
}
