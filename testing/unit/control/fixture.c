/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "engine/private.h"
#include "unit/control/fixture.h"
#include "unit/test.h"

#define HANGS_AFTER 60 /* seconds: a test that waits for ever ends with a signal */
#define TURNS	    12 /* of the loop until everything that is due has run */

static struct config *config_of(const char *text)
{
	struct config_errors errors;
	struct config *config = NULL;
	char line[600];

	config_errors_init(&errors);
	(void)(config_load_text("test.conf", span_make(text, strlen(text)), &config, &errors) ==
	       RC_OK);
	if (config == NULL && !list_empty(&errors.list))
		fail_msg("%s", config_error_text(
				       container_of(errors.list.next, struct config_error, in_list),
				       line, sizeof(line)));
	config_errors_free(&errors);
	assert_non_null(config);
	return config;
}

/* ---- hooks ---- */

/* As the daemon does: at once, or when the test says so. */
static void hook_answer(struct fixture *fixture, struct control_wait *wait, const char *what)
{
	struct diag diag = { "" };

	if (fixture->hook_holds) {
		list_append(&fixture->held, &wait->in_queue);
		return;
	}
	(void)diag_fail(&diag, fixture->hook_rc, "%s", what);
	wait->done(wait, fixture->hook_rc, &diag);
}

static void hook_reload(void *context, struct control_wait *wait)
{
	struct fixture *fixture = context;

	fixture->reloads++;
	wait->report = &fixture->report;
	hook_answer(fixture, wait, "the files are odd");
}

static void hook_secrets(void *context, struct control_wait *wait)
{
	struct fixture *fixture = context;

	fixture->secrets++;
	hook_answer(fixture, wait, "the secrets are odd");
}

static void hook_keys(void *context, struct control_wait *wait)
{
	struct fixture *fixture = context;

	fixture->keys++;
	hook_answer(fixture, wait, "the database is odd");
}

static void hook_config(void *context, struct control_wait *wait)
{
	struct fixture *fixture = context;
	struct config *config = NULL;

	if (fixture->hook_rc == RC_OK)
		config = config_of(fixture->conf);
	wait->config = config;
	hook_answer(fixture, wait, "the files are odd");
	config_unref(config);
}

static void hook_shutdown(void *context)
{
	struct fixture *fixture = context;

	fixture->shutdowns++;
}

/* ---- from begin to end ---- */

/* Whatever addresses this machine has: ours is one. */
static char *with_setup(const char *conns)
{
	static const char setup[] = "config setup\n\tlisten=127.0.0.1\n";
	char *text = mem_alloc(sizeof(setup) + strlen(conns));

	assert_non_null(text);
	memcpy(text, setup, sizeof(setup) - 1);
	memcpy(text + sizeof(setup) - 1, conns, strlen(conns) + 1);
	return text;
}

static void open_gateway(struct fixture *fixture)
{
	struct host_real_options options = { .workers = 1 };
	struct config *config = config_of(fixture->conf);
	struct diag diag = { "" };

	fixture->log = log_new(LOG_LEVEL_DEBUG);
	assert_non_null(fixture->log);
	assert_int_equal(host_real_new(&options, &fixture->host, &diag), RC_OK);
	assert_int_equal(kernel_simulated_new(fixture->host, &fixture->kernel), RC_OK);
	assert_int_equal(gateway_new(fixture->host, fixture->kernel, fixture->log, config, NULL,
				     &fixture->gateway, &diag),
			 RC_OK);
	config_unref(config);
	fixture->gateway->initiating = INITIATING_MAX; /* nothing is ever begun */
}

void fixture_begin_group(struct fixture *fixture, const char *conf, const char *group)
{
	struct control_options options = {
		.path = fixture->path,
		.group = group,
		.hooks = { hook_reload, hook_secrets, hook_keys, hook_config, hook_shutdown,
			   fixture },
	};
	struct diag diag = { "" };

	*fixture = (struct fixture){ .conf = with_setup(conf != NULL ? conf : CONN("office")) };
	list_init(&fixture->held);
	(void)alarm(HANGS_AFTER);
	(void)snprintf(fixture->dir, sizeof(fixture->dir), "/tmp/vanth-control-XXXXXX");
	assert_non_null(mkdtemp(fixture->dir));
	assert_int_equal(chmod(fixture->dir, 0755), 0);
	(void)snprintf(fixture->path, sizeof(fixture->path), "%s/vanth.ctl", fixture->dir);
	open_gateway(fixture);
	if (control_new(fixture->gateway, &options, &fixture->control, &diag) != RC_OK)
		fail_msg("%s", diag.text);
}

void fixture_begin(struct fixture *fixture, const char *conf)
{
	fixture_begin_group(fixture, conf, NULL);
}

void fixture_end(struct fixture *fixture)
{
	control_free(fixture->control);
	assert_true(list_empty(&fixture->gateway->watchers));
	assert_int_not_equal(access(fixture->path, F_OK), 0);
	list_for(node, &fixture->gateway->peers.list)
	{
		struct peer *peer = container_of(node, struct peer, in_peers);
		list_for(inner, &peer->ike_sas) container_of(inner, struct ike_sa, in_peer)
			->errand = NULL;
	}
	gateway_free(fixture->gateway);
	kernel_free(fixture->kernel);
	host_real_free(fixture->host);
	log_free(fixture->log);
	mem_free(fixture->conf);
	assert_int_equal(rmdir(fixture->dir), 0);
	(void)alarm(0);
}

int fixtures_crypto_open(void **state)
{
	struct diag diag;

	(void)state;
	return crypto_open(NULL, false, &diag) == RC_OK ? 0 : 1;
}

int fixtures_crypto_close(void **state)
{
	(void)state;
	crypto_close();
	return 0;
}

/* ---- the loop ---- */

struct counting {
	struct deferred deferred;
	struct host *host;
	unsigned left;
};

static void count_turn(struct deferred *deferred)
{
	struct counting *counting = container_of(deferred, struct counting, deferred);

	if (--counting->left == 0)
		host_real_stop(counting->host);
	else
		counting->host->ops->defer(counting->host, &counting->deferred);
}

void settle(struct fixture *fixture)
{
	struct counting counting = { .deferred.run = count_turn,
				     .host = fixture->host,
				     .left = TURNS };

	fixture->host->ops->defer(fixture->host, &counting.deferred);
	assert_int_equal(host_real_run(fixture->host), RC_OK);
}

static void stop_loop(void *context, unsigned what)
{
	(void)what;
	host_real_stop(context);
}

/* Until the daemon has written to this client. */
static void run_until_readable(struct fixture *fixture, int fd)
{
	struct host *host = fixture->host;
	struct watch *watch = host->ops->watch(host, fd, HOST_READ, stop_loop, host);

	assert_non_null(watch);
	assert_int_equal(host_real_run(host), RC_OK);
	host->ops->unwatch(host, watch);
}

/* ---- clients ---- */

int dial(struct fixture *fixture)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", fixture->path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

void hang_up(struct fixture *fixture, int fd)
{
	(void)close(fd);
	settle(fixture);
}

void say(int fd, const char *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (int)len);
}

void say_call(int fd, const char *json)
{
	say(fd, json, strlen(json) + 1);
}

/* Takes exactly one message from the socket: looks first, then takes so many bytes. */
static json_t *take_message(int fd, char *buffer, size_t size, bool *closed)
{
	ssize_t got = recv(fd, buffer, size, MSG_PEEK | MSG_DONTWAIT);
	char *end = got > 0 ? memchr(buffer, '\0', (size_t)got) : NULL;

	*closed = got == 0 || (got < 0 && errno != EAGAIN);
	if (end == NULL)
		return NULL;
	assert_int_equal(recv(fd, buffer, (size_t)(end - buffer) + 1, 0), end - buffer + 1);
	return json_loads(buffer, 0, NULL);
}

json_t *hear(struct fixture *fixture, int fd)
{
	const size_t size = 1 << 20;
	char *buffer = malloc(size);
	json_t *message;
	bool closed;

	assert_non_null(buffer);
	while ((message = take_message(fd, buffer, size, &closed)) == NULL && !closed) {
		if (recv(fd, buffer, 1, MSG_PEEK | MSG_DONTWAIT) == 1)
			settle(fixture); /* the front of a message: its rest comes when it is read
					  */
		else
			run_until_readable(fixture, fd);
	}
	free(buffer);
	return message;
}

bool is_silent(struct fixture *fixture, int fd)
{
	struct pollfd state = { .fd = fd, .events = POLLIN };

	settle(fixture);
	return poll(&state, 1, 0) == 0;
}

json_t *ask(struct fixture *fixture, const char *json)
{
	int fd = dial(fixture);
	json_t *reply;

	say_call(fd, json);
	reply = hear(fixture, fd);
	hang_up(fixture, fd);
	return reply;
}

const char *text_in(const json_t *reply, const char *key)
{
	const char *text =
		json_string_value(json_object_get(json_object_get(reply, "parameters"), key));

	return text != NULL ? text : "";
}

void expect_error(json_t *reply, const char *error, const char *text_part)
{
	const char *got = json_string_value(json_object_get(reply, "error"));

	assert_non_null(reply);
	assert_non_null(got);
	assert_string_equal(got, error);
	if (text_part != NULL && strstr(text_in(reply, "text"), text_part) == NULL)
		fail_msg("\"%s\" is not in \"%s\"", text_part, text_in(reply, "text"));
	json_decref(reply);
}

void expect_done(json_t *reply)
{
	assert_non_null(reply);
	if (json_object_get(reply, "error") != NULL)
		fail_msg("%s", text_in(reply, "text"));
	assert_null(json_object_get(reply, "continues"));
	json_decref(reply);
}

/* ---- tunnels ---- */

char *many_conns(unsigned count)
{
	size_t size = (size_t)count * 300 + 1, at = 0;
	char *text = mem_alloc(size);

	assert_non_null(text);
	for (unsigned i = 0; i < count; i++)
		at += (size_t)snprintf(
			text + at, size - at,
			"conn c%u\n\tleft=127.0.0.1\n\tright=10.%u.%u.%u\n\tleftid=@west\n"
			"\trightid=@c%u\n\tauthby=secret\n\tauto=add\n",
			i, i >> 16, i >> 8 & 255, i & 255, i);
	return text;
}

struct tunnel *tunnel_named(struct fixture *fixture, const char *name)
{
	struct tunnel *tunnel = peers_tunnel(&fixture->gateway->peers, name);

	assert_non_null(tunnel);
	return tunnel;
}

static struct ike_sa *pretend_ike(struct fixture *fixture, struct peer *peer)
{
	struct gateway *gateway = fixture->gateway;
	struct ike_sa *sa;

	assert_int_equal(ike_sa_new(&gateway->sas, INITIATOR, &sa), RC_OK);
	sa->owner = gateway;
	sa->local = (struct ip_endpoint){ peer->local, 500 };
	sa->remote = (struct ip_endpoint){ peer->remote, 500 };
	sa->spi_r = sa->spi_i + 1;
	assert_int_equal(ike_sa_link(&gateway->sas, sa), RC_OK);
	ike_sa_bind(&gateway->sas, sa, peer);
	ike_sa_forget_larval(sa);
	sa->state = IKE_ESTABLISHED;
	gateway->sas.established_count++;
	sa->replace_at = sa->expires = host_now(fixture->host) + 3600 * USEC_PER_SEC;
	sa->errand = sa; /* it is busy: nothing is begun with it */
	ike_up(gateway, sa);
	return sa;
}

struct child_sa *pretend_up(struct fixture *fixture, const char *name)
{
	struct tunnel *tunnel = tunnel_named(fixture, name);
	struct gateway *gateway = fixture->gateway;
	struct child_sa *child;

	assert_int_equal(child_sa_new(&gateway->sas, &child), RC_OK);
	child->tunnel = tunnel;
	child->ike = pretend_ike(fixture, tunnel->peer);
	child->local = tunnel->peer->local;
	child->remote = tunnel->peer->remote;
	child->selectors = tunnel->selectors;
	child->spi_out = 0x11223344;
	child->initiator = true;
	child->state = CHILD_UP;
	assert_int_equal(child_sa_link(&gateway->sas, child), RC_OK);
	child_up(gateway, child);
	child->replace_at = child->expires = child->ike->expires;
	return child;
}

void pretend_down(struct fixture *fixture, struct child_sa *child, enum rc reason)
{
	struct ike_sa *sa = child->ike;

	sa->errand = NULL;
	ike_down(fixture->gateway, sa, reason, NULL);
}
