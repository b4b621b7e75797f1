/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP by libcurl's multi interface on the loop. Names are resolved by our own resolver, because
 * libcurl waits for its resolver's thread when a transfer is given up; curl gets numeric addresses
 * only, and so redirects are followed here, each as a transfer of its own. */
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include "base/arena.h"
#include "host/real/real.h"

#define FETCH_ADDRS 4
#define URL_MAX	    2048

struct fetch {
	struct list queue; /* in fetches.waiting or .running */
	bool running;
	struct real *real;
	struct ticker deadline; /* also brings what is known at once */
	host_fetch_fn fn;
	void *context;
	char *url; /* moves with redirects */
	char *host, *content_type;
	uint8_t *body, *answer; /* to be sent; got */
	size_t body_len, len, room, size_max;
	struct resolve *resolve;
	struct ip_addr addrs[FETCH_ADDRS];
	size_t addr_count, addr_next;
	CURL *easy;
	struct curl_slist *connect_to, *headers;
	unsigned redirects;
	enum rc rc; /* of what failed before or within the transfer */
	char error[160];
};

struct fetches {
	struct real *real;
	CURLM *multi;
	struct ticker timer; /* libcurl's */
	struct list waiting, running;
	unsigned count; /* running */
};

/* A socket of libcurl's. */
struct fetch_socket {
	struct fetches *fetches;
	struct watch *watch;
	int fd;
};

/* ---- one fetch ---- */

static void stop_transfer(struct fetch *fetch)
{
	if (fetch->easy != NULL) {
		curl_multi_remove_handle(fetch->real->fetches->multi, fetch->easy);
		curl_easy_cleanup(fetch->easy);
	}
	curl_slist_free_all(fetch->connect_to);
	curl_slist_free_all(fetch->headers);
	fetch->easy = NULL;
	fetch->connect_to = fetch->headers = NULL;
}

static void fetch_free(struct fetch *fetch)
{
	stop_transfer(fetch);
	if (fetch->resolve != NULL)
		resolver_cancel(&fetch->real->host, fetch->resolve);
	ticker_wipe(&fetch->deadline);
	list_remove(&fetch->queue);
	curl_free(fetch->host);
	mem_free(fetch->url);
	mem_free(fetch->content_type);
	mem_free(fetch->body);
	mem_free(fetch->answer);
	mem_free(fetch);
}

static void fetch_fail(struct fetch *fetch, enum rc rc, const char *error)
{
	if (fetch->rc != RC_OK)
		return;
	fetch->rc = rc;
	snprintf(fetch->error, sizeof(fetch->error), "%s", error);
}

/* Fails, but not from within a call of the owner's. */
static void fetch_fail_soon(struct fetch *fetch, enum rc rc, const char *error)
{
	fetch_fail(fetch, rc, error);
	ticker_set(&fetch->deadline, 0);
}

/* ---- libcurl's side ---- */

static size_t got_bytes(char *bytes, size_t one, size_t count, void *context)
{
	struct fetch *fetch = context;
	size_t len = one * count, room = fetch->room;

	if (len > fetch->size_max - fetch->len) {
		fetch_fail(fetch, RC_LIMIT, "the answer is too large");
		return 0;
	}
	while (room < fetch->len + len)
		room = room == 0 ? 4096 : room * 2;
	if (room != fetch->room) {
		uint8_t *grown = mem_resize(fetch->answer, room);
		if (grown == NULL) {
			fetch_fail(fetch, RC_NO_MEMORY, "out of memory");
			return 0;
		}
		fetch->answer = grown;
		fetch->room = room;
	}
	memcpy(fetch->answer + fetch->len, bytes, len);
	fetch->len += len;
	return len;
}

static void set_protocols(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTP);
#endif
}

static enum rc set_address(struct fetch *fetch)
{
	const struct ip_addr *addr = &fetch->addrs[fetch->addr_next];
	char text[IP_TEXT_MAX], target[IP_TEXT_MAX + 8];

	ip_text(addr, text);
	snprintf(target, sizeof(target), addr->family == AF_INET6 ? "::[%s]:" : "::%s:", text);
	fetch->connect_to = curl_slist_append(NULL, target);
	curl_easy_setopt(fetch->easy, CURLOPT_CONNECT_TO, fetch->connect_to);
	return fetch->connect_to != NULL ? RC_OK : RC_NO_MEMORY;
}

static enum rc set_body(struct fetch *fetch)
{
	char header[128];

	if (fetch->body == NULL)
		return RC_OK;
	snprintf(header, sizeof(header), "Content-Type: %s", fetch->content_type);
	fetch->headers = curl_slist_append(NULL, header);
	curl_easy_setopt(fetch->easy, CURLOPT_HTTPHEADER, fetch->headers);
	curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDS, fetch->body);
	curl_easy_setopt(fetch->easy, CURLOPT_POSTFIELDSIZE, (long)fetch->body_len);
	return fetch->headers != NULL ? RC_OK : RC_NO_MEMORY;
}

/* To the next address. The deadline is our own; libcurl's would come with a resolver's. */
static enum rc start_transfer(struct fetch *fetch)
{
	stop_transfer(fetch);
	fetch->len = 0;
	fetch->easy = curl_easy_init();
	if (fetch->easy == NULL)
		return RC_NO_MEMORY;
	curl_easy_setopt(fetch->easy, CURLOPT_URL, fetch->url);
	curl_easy_setopt(fetch->easy, CURLOPT_PRIVATE, fetch);
	curl_easy_setopt(fetch->easy, CURLOPT_WRITEFUNCTION, got_bytes);
	curl_easy_setopt(fetch->easy, CURLOPT_WRITEDATA, fetch);
	curl_easy_setopt(fetch->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(fetch->easy, CURLOPT_PROXY, "");
	curl_easy_setopt(fetch->easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(fetch->easy, CURLOPT_USERAGENT, "vanth/" VANTH_VERSION);
	curl_easy_setopt(fetch->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(fetch->easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(fetch->easy, CURLOPT_BUFFERSIZE, 65536L);
	set_protocols(fetch->easy);
	TRY(set_address(fetch));
	TRY(set_body(fetch));
	fetch->addr_next++;
	return curl_multi_add_handle(fetch->real->fetches->multi, fetch->easy) == CURLM_OK
		       ? RC_OK
		       : RC_NO_MEMORY;
}

/* ---- a URL, its name, its addresses ---- */

static enum rc read_url(struct fetch *fetch)
{
	CURLU *url = curl_url();
	char *scheme = NULL, *user = NULL;
	bool good;

	curl_free(fetch->host);
	fetch->host = NULL;
	good = url != NULL && strlen(fetch->url) <= URL_MAX &&
	       curl_url_set(url, CURLUPART_URL, fetch->url, 0) == CURLUE_OK &&
	       curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
	       strcmp(scheme, "http") == 0 &&
	       curl_url_get(url, CURLUPART_USER, &user, 0) == CURLUE_NO_USER &&
	       curl_url_get(url, CURLUPART_HOST, &fetch->host, 0) == CURLUE_OK;
	curl_free(scheme);
	curl_free(user);
	curl_url_cleanup(url);
	return good ? RC_OK : RC_SYNTAX;
}

static void resolved(void *context, const struct ip_addr *addrs, size_t count, const char *error)
{
	struct fetch *fetch = context;

	fetch->resolve = NULL;
	fetch->addr_count = count < FETCH_ADDRS ? count : FETCH_ADDRS;
	fetch->addr_next = 0;
	if (count == 0) {
		char text[128];
		snprintf(text, sizeof(text), "the name %.60s: %s", fetch->host, error);
		fetch_fail_soon(fetch, RC_IO, text);
		return;
	}
	memcpy(fetch->addrs, addrs, fetch->addr_count * sizeof(*addrs));
	if (start_transfer(fetch) != RC_OK)
		fetch_fail_soon(fetch, RC_NO_MEMORY, "out of memory");
}

static void ask_name(struct fetch *fetch)
{
	char *name;
	size_t len;

	if (read_url(fetch) != RC_OK) {
		fetch_fail_soon(fetch, RC_SYNTAX, "not a URL that begins with http://");
		return;
	}
	name = fetch->host;
	len = strlen(name);
	if (len > 2 && name[0] == '[' && name[len - 1] == ']') { /* an IPv6 address */
		memmove(name, name + 1, len - 2);
		name[len - 2] = '\0';
	}
	fetch->resolve = resolver_ask(&fetch->real->host, name, resolved, fetch);
	if (fetch->resolve == NULL)
		fetch_fail_soon(fetch, RC_NO_MEMORY, "out of memory");
}

/* ---- the end of one ---- */

static void begin_waiting(struct fetches *fetches)
{
	while (!list_empty(&fetches->waiting) && fetches->count < FETCH_AT_ONCE) {
		struct fetch *fetch = container_of(fetches->waiting.next, struct fetch, queue);
		list_remove(&fetch->queue);
		list_append(&fetches->running, &fetch->queue);
		fetches->count++;
		fetch->running = true;
		ask_name(fetch);
	}
}

static void leave(struct fetch *fetch)
{
	if (fetch->running)
		fetch->real->fetches->count--;
	fetch->running = false;
	list_remove(&fetch->queue);
}

static void finish(struct fetch *fetch)
{
	struct fetches *fetches = fetch->real->fetches;
	enum rc rc = fetch->rc;

	leave(fetch);
	stop_transfer(fetch);
	fetch->fn(fetch->context, rc,
		  rc == RC_OK ? span_make(fetch->answer, fetch->len) : SPAN_NONE,
		  rc == RC_OK ? NULL : fetch->error);
	fetch_free(fetch);
	begin_waiting(fetches);
}

static void deadline_passed(void *context)
{
	struct fetch *fetch = context;

	fetch_fail(fetch, RC_TIMEOUT,
		   fetch->easy != NULL ? "no complete answer in time"
				       : "no answer in time (name not resolved, or many wait)");
	finish(fetch);
}

/* Another transfer for the same fetch; false: that was the last. */
static bool follow(struct fetch *fetch)
{
	char *target = NULL, *copy;

	curl_easy_getinfo(fetch->easy, CURLINFO_REDIRECT_URL, &target);
	if (target == NULL)
		return false;
	if (++fetch->redirects > FETCH_REDIRECTS_MAX) {
		fetch_fail(fetch, RC_LIMIT, "too many redirects");
		return false;
	}
	copy = mem_text(target);
	if (copy == NULL) {
		fetch_fail(fetch, RC_NO_MEMORY, "out of memory");
		return false;
	}
	mem_free(fetch->url);
	fetch->url = copy;
	stop_transfer(fetch);
	ask_name(fetch);
	return true;
}

static void transfer_done(struct fetch *fetch, CURLcode code)
{
	long status = 0;
	char text[64];

	curl_easy_getinfo(fetch->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_COULDNT_CONNECT && fetch->addr_next < fetch->addr_count &&
	    start_transfer(fetch) == RC_OK)
		return;
	if (code != CURLE_OK)
		fetch_fail(fetch, RC_IO, curl_easy_strerror(code));
	else if (status >= 300 && status < 400 && follow(fetch))
		return;
	snprintf(text, sizeof(text), "the server answers with status %ld", status);
	if (status != 200)
		fetch_fail(fetch, RC_NOT_FOUND, text);
	finish(fetch);
}

static void collect(struct fetches *fetches)
{
	CURLMsg *message;
	int left = 0;

	while ((message = curl_multi_info_read(fetches->multi, &left)) != NULL) {
		CURLcode code = message->data.result;
		char *fetch = NULL;
		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &fetch);
		transfer_done((struct fetch *)(void *)fetch, code);
	}
}

/* ---- sockets and time ---- */

static void socket_ready(void *context, unsigned what)
{
	struct fetch_socket *socket = context;
	struct fetches *fetches = socket->fetches;
	int running = 0, action = 0;

	if (what & HOST_READ)
		action |= CURL_CSELECT_IN;
	if (what & HOST_WRITE)
		action |= CURL_CSELECT_OUT;
	curl_multi_socket_action(fetches->multi, socket->fd, action, &running);
	collect(fetches);
}

static void socket_free(struct fetch_socket *socket)
{
	watch_free(&socket->fetches->real->host, socket->watch);
	mem_free(socket);
}

static struct fetch_socket *socket_new(struct fetches *fetches, int fd, unsigned what)
{
	struct fetch_socket *socket = mem_alloc(sizeof(*socket));

	if (socket == NULL)
		return NULL;
	socket->fetches = fetches;
	socket->fd = fd;
	socket->watch = watch_new(&fetches->real->host, fd, what, socket_ready, socket);
	if (socket->watch != NULL)
		return socket;
	mem_free(socket);
	return NULL;
}

static int want_socket(CURL *easy, curl_socket_t fd, int want, void *context, void *own)
{
	struct fetches *fetches = context;
	struct fetch_socket *socket = own;
	unsigned what = 0;

	(void)easy;
	if (want == CURL_POLL_REMOVE) {
		if (socket != NULL)
			socket_free(socket);
		return 0;
	}
	if (want == CURL_POLL_IN || want == CURL_POLL_INOUT)
		what |= HOST_READ;
	if (want == CURL_POLL_OUT || want == CURL_POLL_INOUT)
		what |= HOST_WRITE;
	if (socket != NULL)
		watch_change(&fetches->real->host, socket->watch, what);
	else if ((socket = socket_new(fetches, fd, what)) != NULL)
		curl_multi_assign(fetches->multi, fd, socket);
	return 0; /* without memory the deadline ends it */
}

static int want_time(CURLM *multi, long delay_ms, void *context)
{
	struct fetches *fetches = context;

	(void)multi;
	if (delay_ms >= 0)
		ticker_set(&fetches->timer, delay_ms * USEC_PER_MSEC);
	return 0;
}

static void time_passed(void *context)
{
	struct fetches *fetches = context;
	int running = 0;

	curl_multi_socket_action(fetches->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(fetches);
}

/* ---- the whole ---- */

enum rc fetches_init(struct real *real)
{
	struct fetches *fetches = mem_alloc(sizeof(*fetches));

	if (fetches == NULL)
		return RC_NO_MEMORY;
	fetches->real = real;
	list_init(&fetches->waiting);
	list_init(&fetches->running);
	real->fetches = fetches;
	if (curl_global_init(CURL_GLOBAL_NOTHING) != CURLE_OK)
		return RC_NO_MEMORY;
	fetches->multi = curl_multi_init();
	if (fetches->multi == NULL)
		return RC_NO_MEMORY;
	curl_multi_setopt(fetches->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
	curl_multi_setopt(fetches->multi, CURLMOPT_SOCKETDATA, fetches);
	curl_multi_setopt(fetches->multi, CURLMOPT_TIMERFUNCTION, want_time);
	curl_multi_setopt(fetches->multi, CURLMOPT_TIMERDATA, fetches);
	return ticker_init(&fetches->timer, real, time_passed, fetches);
}

void fetches_wipe(struct real *real)
{
	struct fetches *fetches = real->fetches;

	if (fetches == NULL)
		return;
	while (!list_empty(&fetches->waiting))
		fetch_free(container_of(fetches->waiting.next, struct fetch, queue));
	while (!list_empty(&fetches->running))
		fetch_free(container_of(fetches->running.next, struct fetch, queue));
	if (fetches->multi != NULL)
		curl_multi_cleanup(fetches->multi);
	curl_global_cleanup();
	ticker_wipe(&fetches->timer);
	mem_free(fetches);
	real->fetches = NULL;
}

static enum rc copy_request(struct fetch *fetch, const struct fetch_request *request)
{
	fetch->url = mem_text(request->url);
	if (fetch->url == NULL)
		return RC_NO_MEMORY;
	fetch->size_max = request->size_max;
	if (request->body.len == 0)
		return RC_OK;
	fetch->content_type = mem_text(request->content_type);
	fetch->body = mem_alloc(request->body.len);
	if (fetch->body == NULL || fetch->content_type == NULL)
		return RC_NO_MEMORY;
	memcpy(fetch->body, request->body.ptr, request->body.len);
	fetch->body_len = request->body.len;
	return RC_OK;
}

struct fetch *fetches_start(struct host *host, const struct fetch_request *request,
			    host_fetch_fn fn, void *context)
{
	struct real *real = real_of(host);
	struct fetch *fetch = mem_alloc(sizeof(*fetch));

	if (fetch == NULL)
		return NULL;
	fetch->real = real;
	fetch->fn = fn;
	fetch->context = context;
	if (copy_request(fetch, request) != RC_OK ||
	    ticker_init(&fetch->deadline, real, deadline_passed, fetch) != RC_OK) {
		fetch_free(fetch);
		return NULL;
	}
	ticker_set(&fetch->deadline, request->limit);
	list_append(&real->fetches->waiting, &fetch->queue);
	begin_waiting(real->fetches);
	return fetch;
}

void fetches_cancel(struct host *host, struct fetch *fetch)
{
	struct real *real = real_of(host);

	if (fetch == NULL)
		return;
	leave(fetch);
	fetch_free(fetch);
	begin_waiting(real->fetches);
}
