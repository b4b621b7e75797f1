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

static int open_socket(void)
{
	return socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

/* Who listens there, as Linux knows it; false: nobody. */
static bool ask_holder(struct ucred *holder)
{
	struct sockaddr_un address;
	socklen_t len = make_address(&address), size = sizeof(*holder);
	int fd = open_socket();
	bool known = fd >= 0 && connect(fd, (const struct sockaddr *)&address, len) == 0 &&
		     getsockopt(fd, SOL_SOCKET, SO_PEERCRED, holder, &size) == 0;

	if (fd >= 0)
		(void)close(fd);
	return known;
}

/* Anybody may take an abstract name: whoever is not of our user holds us up no more than that. */
static enum rc is_taken(struct log *log, struct diag *diag)
{
	struct ucred holder = { .pid = 0 };

	if (ask_holder(&holder) && holder.uid == geteuid())
		return diag_fail(diag, RC_EXISTS,
				 "another daemon (process %d) keeps the SAs of this network "
				 "namespace: end it (\"ipsec stop\" with its --rundir), or start "
				 "this one in another namespace (ip netns exec)",
				 (int)holder.pid);
	if (log != NULL)
		log_write(log, LOG_LEVEL_WARNING, NULL,
			  "process %d of user %d has the socket @%s, which is ours: no second "
			  "daemon would be noticed in this network namespace",
			  (int)holder.pid, (int)holder.uid, name);
	return RC_OK;
}

enum rc daemon_alone(struct log *log, int *out, struct diag *diag)
{
	struct sockaddr_un address;
	socklen_t len = make_address(&address);
	int fd = open_socket(), error = 0;

	*out = -1;
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, len) != 0 || listen(fd, 16) != 0)
		error = errno;
	if (error == 0) {
		*out = fd;
		return RC_OK;
	}
	if (fd >= 0)
		(void)close(fd);
	if (error == EADDRINUSE)
		return is_taken(log, diag);
	return diag_fail(diag, RC_IO, "cannot open the socket @%s: %s", name,
			 strerrordesc_np(error));
}
