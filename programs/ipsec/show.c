/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that show: status, trafficstatus, explain. */
#include <stdio.h>
#include <string.h>
#include "ipsec.h"

static const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

static long long number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

static void show_ike(const json_t *sa)
{
	(void)printf("    IKE SA #%lld %s %s, %s to %s, %s\n", number_of(sa, "serial"),
		     text_of(sa, "role"), text_of(sa, "state"), text_of(sa, "local"),
		     text_of(sa, "remote"), text_of(sa, "suite"));
}

static void show_child(const json_t *sa)
{
	(void)printf("    Child SA #%lld %s %s, %s, SPIs %s in %s out, %s\n",
		     number_of(sa, "serial"), text_of(sa, "mode"), text_of(sa, "state"),
		     text_of(sa, "selectors"), text_of(sa, "spi_in"), text_of(sa, "spi_out"),
		     text_of(sa, "suite"));
}

static void show_tunnel(const json_t *tunnel)
{
	const json_t *sa, *backoff = json_object_get(tunnel, "backoff");
	size_t i;

	(void)printf("\"%s\" %s, wanted %s\n", text_of(tunnel, "tunnel"),
		     text_of(tunnel, "selectors"), text_of(tunnel, "wanted"));
	json_array_foreach(json_object_get(tunnel, "ike_sas"), i, sa) show_ike(sa);
	json_array_foreach(json_object_get(tunnel, "child_sas"), i, sa) show_child(sa);
	if (number_of(backoff, "attempts") > 0)
		(void)printf("    last attempt failed: %s\n", text_of(backoff, "text"));
}

static bool status_reply(void *context, const json_t *parameters, bool continues)
{
	const struct ipsec *ipsec = context;
	const json_t *totals = json_object_get(parameters, "totals");

	if (ipsec->json)
		print_json(parameters);
	else if (continues)
		show_tunnel(parameters);
	else if (totals != NULL)
		(void)printf("%lld tunnels, %lld IKE SAs, %lld Child SAs\n",
			     number_of(totals, "tunnels"), number_of(totals, "ike_established"),
			     number_of(totals, "children"));
	return true;
}

static json_t *name_parameter(int argc, char **argv)
{
	return argc > 1 ? json_pack("{s:s}", "name", argv[1]) : NULL;
}

int verb_status(struct ipsec *ipsec, int argc, char **argv)
{
	return client_call(ipsec, "io.vanth.ike.Status", name_parameter(argc, argv), true,
			   status_reply, ipsec);
}

static bool traffic_reply(void *context, const json_t *parameters, bool continues)
{
	const struct ipsec *ipsec = context;
	const json_t *sa;
	size_t i;

	if (ipsec->json) {
		print_json(parameters);
		return true;
	}
	if (!continues)
		return true;
	json_array_foreach(json_object_get(parameters, "child_sas"), i, sa)(void) printf(
		"\"%s\" #%lld: %s, in %lld bytes %lld packets, out %lld bytes %lld packets\n",
		text_of(parameters, "tunnel"), number_of(sa, "serial"), text_of(sa, "selectors"),
		number_of(sa, "bytes_in"), number_of(sa, "packets_in"), number_of(sa, "bytes_out"),
		number_of(sa, "packets_out"));
	return true;
}

int verb_traffic(struct ipsec *ipsec, int argc, char **argv)
{
	return client_call(ipsec, "io.vanth.ike.Traffic", name_parameter(argc, argv), true,
			   traffic_reply, ipsec);
}
