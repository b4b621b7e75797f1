/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec list leases: the pools of addresses, and who has which. */
#include <stdio.h>
#include <time.h>
#include "ipsec.h"

struct listing {
	const struct ipsec *ipsec;
	unsigned pools;
};

static void print_pool(const json_t *pool)
{
	char size[HUMAN_MAX] = "countless";

	if (json_is_integer(json_object_get(pool, "size")))
		(void)snprintf(size, sizeof(size), "%lld", number_of(pool, "size"));
	(void)printf("pool %s, leases of /%lld: %lld of %s in use, %lld kept for who had them\n",
		     text_of(pool, "range"), number_of(pool, "lease"), number_of(pool, "used"),
		     size, number_of(pool, "remembered"));
}

static void print_lease(const json_t *lease)
{
	time_t since = (time_t)number_of(lease, "since");
	const char *identity = text_of(lease, "identity");
	bool in_use = json_is_true(json_object_get(lease, "in_use"));
	char when[40] = "";
	struct tm parts;

	if (gmtime_r(&since, &parts) != NULL)
		(void)strftime(when, sizeof(when), "%F %T UTC", &parts);
	(void)printf("  %s/%lld  %s  %s since %s\n", text_of(lease, "address"),
		     number_of(lease, "prefix"), identity[0] != '\0' ? identity : "(nobody known)",
		     in_use ? "in use" : "given back,", when);
}

static void print_each(const struct ipsec *ipsec, const char *kind, const json_t *list,
		       void (*print)(const json_t *one))
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_t *one = json_array_get(list, i);
		if (!ipsec->json) {
			print(one);
			continue;
		}
		(void)json_object_set_new(one, "kind", json_string(kind));
		print_json(one);
	}
}

static void print_reply(void *context, const json_t *parameters, bool continues)
{
	struct listing *listing = context;
	const json_t *pools = json_object_get(parameters, "pools");

	(void)continues;
	listing->pools += (unsigned)json_array_size(pools);
	print_each(listing->ipsec, "pool", pools, print_pool);
	print_each(listing->ipsec, "lease", json_object_get(parameters, "leases"), print_lease);
}

int list_leases(const struct ipsec *ipsec)
{
	struct listing listing = { ipsec, 0 };
	int code = client_call(ipsec, "io.vanth.ike.Leases", json_object(), true, print_reply,
			       &listing);

	if (code == EXIT_DONE && listing.pools == 0 && !ipsec->json)
		(void)printf("none: no client has got an address yet\n");
	return code;
}
