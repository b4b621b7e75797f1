/* SPDX-License-Identifier: Apache-2.0 */
/* A server at 192.0.2.100, and clients at 192.0.2.1 and so on that come through its templates. */
#ifndef VANTH_TEST_OFFICE_H
#define VANTH_TEST_OFFICE_H

#include <stdio.h>
#include "exchange/pair.h"
#include "unit/test.h"

#define OFFICE_CLIENTS_MAX 5
#define OFFICE_SECRET	   ": PSK \"correct horse battery staple\"\n"
/* The server's conn, without rightid= and authby=. */
#define OFFICE_CONN(name)                                                                          \
	"conn " name "\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n"                      \
	"\tleftsubnet=10.2.0.0/24\n\tauto=add\n"

struct office {
	struct world *world;
	const char *secrets; /* of all */
	struct end server;
	struct end clients[OFFICE_CLIENTS_MAX];
};

/* secrets NULL: OFFICE_SECRET */
static inline void office_start(struct office *office, const char *server, const char *secrets)
{
	*office = (struct office){ .world = world_new(1),
				   .secrets = secrets != NULL ? secrets : OFFICE_SECRET };
	assert_non_null(office->world);
	end_start(office->world, &office->server, "office", "192.0.2.100", server, office->secrets);
}

/* more: further lines of its conn t, which wants to be up at once. */
static inline struct end *office_client(struct office *office, unsigned i, const char *id,
					const char *more)
{
	char conf[700], address[32], name[16];

	(void)snprintf(name, sizeof(name), "client%u", i);
	(void)snprintf(address, sizeof(address), "192.0.2.%u", i + 1);
	(void)snprintf(conf, sizeof(conf),
		       "conn t\n\tleft=%s\n\tleftid=%s\n\tright=192.0.2.100\n\trightid=@office\n"
		       "\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=start\n%s",
		       address, id, more);
	end_start(office->world, &office->clients[i], name, address, conf, office->secrets);
	return &office->clients[i];
}

static inline void office_end(struct office *office)
{
	for (unsigned i = 0; i < OFFICE_CLIENTS_MAX; i++)
		if (office->clients[i].gateway != NULL)
			end_free(&office->clients[i]);
	end_free(&office->server);
	world_free(office->world);
}

#endif
