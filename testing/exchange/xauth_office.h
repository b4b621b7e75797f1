/* SPDX-License-Identifier: Apache-2.0 */
/* An office whose server asks clients for their users: alice with "wonderland", bob with "builder".
 */
#ifndef VANTH_TEST_XAUTH_OFFICE_H
#define VANTH_TEST_XAUTH_OFFICE_H

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/arena.h"
#include "exchange/office.h"
#include "peer/pool.h"
#include "sa/extra.h"
#include "sa/isakmp.h"

#define XAUTH_V1 "\tkeyexchange=ikev1\n\tmodecfgpull=yes\n"
#define XAUTH_SERVER_OF(more)                                                                      \
	"conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"                             \
	"\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n\tleftxauthserver=yes\n" more
#define XAUTH_SERVER XAUTH_SERVER_OF(XAUTH_V1 "\trightaddresspool=10.9.0.0/24\n")
#define XAUTH_ASKS   "\tleftsourceip=%config\n" XAUTH_V1
#define XAUTH_ALICE  "\tleftxauthclient=yes\n\tleftusername=alice\n"
#define XAUTH_BOB    "\tleftxauthclient=yes\n\tleftusername=bob\n"
#define XAUTH_SECRETS                                                                              \
	OFFICE_SECRET "@alice : XAUTH \"wonderland\"\nbob : XAUTH \"builder\"\n"                   \
		      "mallory : XAUTH \"nonsense\"\n"
#define XAUTH_WRONG OFFICE_SECRET ": XAUTH \"rabbit hole\"\n"
#define XAUTH_USERS                                                                                \
	"# users\nalice:$6$abcdefgh$e1o..VsKRS0O4M9J1Qb9u.strxNEAfDkCXcaYc5TsDrJFctQCTMkPeis45v"   \
	"y3ZQtqt4dqG4vXTonFJKbQgR2Q1\n"                                                            \
	"bob:$6$abcdefgh$8Iq8TGgzC4OgfMQCkbmLOQ7Hr2Ef.PgAqnpCQsiHMnIpldI6EGfVM5qvoHuXvnIqbnz1inKv" \
	"QS/4oDr68dZL81\n"

struct xauth_office {
	struct office office;
	char folder[40]; /* with a slash behind it */
};

static inline void xauth_users(struct xauth_office *x, const char *users)
{
	char path[80];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%sipsec.d/passwd", x->folder);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(users, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* The password file of that gateway's configuration is ours. */
static inline void xauth_folder(struct xauth_office *x, struct end *end)
{
	char path[80];

	(void)snprintf(x->folder, sizeof(x->folder), "/tmp/vanth-xauth-XXXXXX");
	assert_non_null(mkdtemp(x->folder));
	(void)strcat(x->folder, "/");
	(void)snprintf(path, sizeof(path), "%sipsec.d", x->folder);
	assert_int_equal(mkdir(path, 0700), 0);
	xauth_users(x, XAUTH_USERS);
	end->gateway->config->folder = mem_text(x->folder);
}

static inline void xauth_start(struct xauth_office *x, const char *server, const char *secrets)
{
	office_start(&x->office, server, secrets != NULL ? secrets : XAUTH_SECRETS);
	xauth_folder(x, &x->office.server);
}

static inline void xauth_folder_end(struct xauth_office *x)
{
	char path[80];

	(void)snprintf(path, sizeof(path), "%sipsec.d/passwd", x->folder);
	(void)unlink(path);
	*strrchr(path, '/') = '\0';
	(void)rmdir(path);
	(void)rmdir(x->folder);
}

static inline void xauth_end(struct xauth_office *x)
{
	office_end(&x->office);
	xauth_folder_end(x);
}

static inline void xauth_run(struct xauth_office *x, unsigned seconds)
{
	world_run(x->office.world, (usec_t)seconds * USEC_PER_SEC);
}

#endif
