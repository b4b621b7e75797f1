/* SPDX-License-Identifier: Apache-2.0 */
/* One daemon in a network namespace: two would share the range of reqids, and the second one's
 * start would take the first one's SAs for left over. The lock is an abstract socket, which has the
 * reach of a network namespace and goes with its process, however that ends. */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "daemon/private.h"

static const char name[] = "vanth/kernel"; /* behind a NUL byte: abstract */

static socklen_t make_address(struct sockaddr_un *address)
{
	*address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	memcpy(address->sun_path + 1, name, sizeof(name) - 1);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + sizeof(name));
}

#define ANSWER_LIMIT 1 /* s: for a daemon that has not let go of those who asked before */
#define ASKED_MOST   64

static int open_socket(int flags)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
}

/* Who listens there, as Linux knows it; false: nobody. */
static bool ask_holder(struct ucred *holder)
{
	struct sockaddr_un address;
	socklen_t len = make_address(&address), size = sizeof(*holder);
	struct timeval limit = { .tv_sec = ANSWER_LIMIT };
	int fd = open_socket(0);
	bool known = fd >= 0 &&
		     setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0 &&
		     connect(fd, (const struct sockaddr *)&address, len) == 0 &&
		     getsockopt(fd, SOL_SOCKET, SO_PEERCRED, holder, &size) == 0;

	if (fd >= 0)
		(void)close(fd);
	return known;
}

/* Anybody may take an abstract name: whoever is not of our user holds us up no more than that. */
static enum rc is_taken(struct log *log, const struct ucred *holder, struct diag *diag)
{
	if (holder != NULL && holder->uid == geteuid())
		return diag_fail(diag, RC_EXISTS,
				 "another daemon (process %d) keeps the SAs of this network "
				 "namespace: end it (\"ipsec stop\" with its --rundir), or start "
				 "this one in another namespace (ip netns exec)",
				 (int)holder->pid);
	if (log != NULL && holder == NULL)
		log_write(log, LOG_LEVEL_WARNING, NULL,
			  "somebody has the socket @%s, which is ours, and does not say who he is: "
			  "no second daemon would be noticed in this network namespace",
			  name);
	else if (log != NULL)
		log_write(log, LOG_LEVEL_WARNING, NULL,
			  "process %d of user %d has the socket @%s, which is ours: no second "
			  "daemon would be noticed in this network namespace",
			  (int)holder->pid, (int)holder->uid, name);
	return RC_OK;
}

/* errno */
static int take_name(int *out)
{
	struct sockaddr_un address;
	socklen_t len = make_address(&address);
	int fd = open_socket(SOCK_NONBLOCK), error = 0;

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, len) != 0 || listen(fd, 16) != 0)
		error = errno;
	if (error != 0 && fd >= 0)
		(void)close(fd);
	*out = error == 0 ? fd : -1;
	return error;
}

enum rc daemon_alone(struct log *log, int *out, struct diag *diag)
{
	struct ucred holder;
	bool known = false;
	int error = take_name(out);

	if (error == EADDRINUSE) {
		known = ask_holder(&holder);
		if (!known) /* he may have ended in between */
			error = take_name(out);
	}
	if (error == 0)
		return RC_OK;
	if (error == EADDRINUSE)
		return is_taken(log, known ? &holder : NULL, diag);
	return diag_fail(diag, RC_IO, "cannot open the socket @%s: %s", name,
			 strerrordesc_np(error));
}

/* Who has asked for us has his answer: what waits to be accepted would leave no room for others. */
static void somebody_asked(void *context, unsigned what)
{
	const struct daemon *daemon = context;

	(void)what;
	for (unsigned i = 0; i < ASKED_MOST; i++) {
		int fd = accept4(daemon->alone, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return;
		(void)close(fd);
	}
}

enum rc daemon_alone_answer(struct daemon *daemon)
{
	struct host *host = daemon->host;

	if (daemon->alone < 0)
		return RC_OK;
	daemon->asked_alone =
		host->ops->watch(host, daemon->alone, HOST_READ, somebody_asked, daemon);
	return daemon->asked_alone != NULL ? RC_OK : RC_NO_MEMORY;
}

void daemon_alone_end(struct daemon *daemon)
{
	struct host *host = daemon->host;

	if (daemon->asked_alone != NULL)
		host->ops->unwatch(host, daemon->asked_alone);
	daemon->asked_alone = NULL;
}
