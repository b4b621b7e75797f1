/* SPDX-License-Identifier: Apache-2.0 */
/* The listening socket: who comes in, and what they may. */
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "control/private.h"

#define ACCEPTS_A_TURN 16
#define ACCEPT_DELAY   USEC_PER_SEC /* when the process has no file descriptor left */

/* Clients of each kind at a time: whoever may do nothing cannot keep out those who may. */
static const unsigned clients_max[ACCESS_COUNT] = { 8, 24, CONTROL_CLIENTS_MAX - 8 - 24 };

/* ---- who may what ---- */

static bool in_groups(int fd, gid_t group)
{
	gid_t few[64], *groups = few;
	socklen_t size = sizeof(few);
	bool found = false;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0) {
		groups = errno == ERANGE ? mem_alloc(size) : NULL;
		if (groups == NULL || getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) != 0)
			size = 0;
	}
	for (size_t i = 0; i < size / sizeof(*groups); i++)
		found = found || groups[i] == group;
	if (groups != few)
		mem_free(groups);
	return found;
}

static enum access access_of(const struct control *control, int fd)
{
	struct ucred who = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len) != 0)
		return ACCESS_ANY;
	if (who.uid == 0 || who.uid == geteuid())
		return ACCESS_WRITE;
	if (control->group == (gid_t)-1)
		return ACCESS_ANY;
	return who.gid == control->group || in_groups(fd, control->group) ? ACCESS_READ
									  : ACCESS_ANY;
}

/* ---- accepting ---- */

static void refuse(int fd)
{
	static const char full[] = "{\"error\":\"io.vanth.ike.Busy\",\"parameters\":{\"text\":"
				   "\"the daemon talks to as many clients as it can\"}}";

	/* the socket is new and empty: either this fits or the client is gone */
	(void)(send(fd, full, sizeof(full), MSG_DONTWAIT | MSG_NOSIGNAL) > 0);
	(void)close(fd);
}

static void welcome(struct control *control, int fd)
{
	enum access access = access_of(control, fd);

	if (control->counts[access] >= clients_max[access])
		refuse(fd);
	else
		(void)client_new(control, fd, access);
}

static void accept_again(struct timer *timer)
{
	struct control *control = container_of(timer, struct control, accept_again);
	struct host *host = control->gateway->host;

	host->ops->watch_change(host, control->watch, HOST_READ);
}

static void listener_ready(void *context, unsigned what)
{
	struct control *control = context;
	struct host *host = control->gateway->host;

	(void)what;
	for (unsigned i = 0; i < ACCEPTS_A_TURN; i++) {
		int fd = accept4(control->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			welcome(control, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
			host->ops->watch_change(host, control->watch, 0);
			gateway_timer(control->gateway, &control->accept_again,
				      host_now(host) + ACCEPT_DELAY);
		}
		return;
	}
}

/* ---- opening ---- */

static enum rc bind_socket(struct control *control, struct diag *diag)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = strlen(control->path);

	if (len >= sizeof(address.sun_path))
		return diag_fail(
			diag, RC_LIMIT,
			"the path of the control socket %s is longer than %zu bytes; give a "
			"shorter --rundir or --ctlsocket",
			control->path, sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, control->path, len);
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (control->fd < 0)
		return diag_fail(diag, RC_IO, "no control socket: %s", strerror(errno));
	(void)unlink(control->path);
	if (bind(control->fd, (const struct sockaddr *)&address, sizeof(address)) == 0 &&
	    chmod(control->path, 0666) == 0 && listen(control->fd, CONTROL_CLIENTS_MAX) == 0)
		return RC_OK;
	(void)diag_fail(diag, RC_IO, "cannot listen on %s: %s", control->path, strerror(errno));
	(void)close(control->fd);
	control->fd = -1; /* the path is not ours to remove */
	return RC_IO;
}

static enum rc find_group(struct control *control, const char *name, struct diag *diag)
{
	const struct group *group;

	control->group = (gid_t)-1;
	if (name == NULL)
		return RC_OK;
	group = getgrnam(name);
	if (group == NULL)
		return diag_fail(diag, RC_NOT_FOUND, "there is no group \"%s\" (--control-group)",
				 name);
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
	control->accept_again.fire = accept_again;
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
	while (!list_empty(&control->clients))
		client_free(container_of(control->clients.next, struct client, in_control));
	gateway_cancel(control->gateway, &control->accept_again);
	if (control->watch != NULL)
		host->ops->unwatch(host, control->watch);
	if (control->fd >= 0) {
		(void)close(control->fd);
		(void)unlink(control->path);
	}
	mem_free(control->path);
	mem_free(control);
}
