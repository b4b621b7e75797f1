/* SPDX-License-Identifier: Apache-2.0 */
/* Why a tunnel is as it is, and what happens as it happens. */
#include <stdio.h>
#include <string.h>
#include "ipsec.h"

static void show_record(const json_t *record)
{
	char ago[HUMAN_MAX], serial[HUMAN_MAX] = "";
	long long number = number_of(record, "serial");

	if (number > 0)
		(void)snprintf(serial, sizeof(serial), "#%lld", number);
	(void)printf("    %12s ago  %-6s %s\n", human_time(real_of(record, "ago"), ago), serial,
		     text_of(record, "text"));
}

static void show_story(const json_t *story)
{
	const json_t *records = json_object_get(story, "records"), *item;
	size_t i;

	json_array_foreach(json_object_get(story, "tunnels"), i, item)
	{
		show_tunnel(item);
	}
	(void)printf("last events of peer \"%s\"%s\n", text_of(story, "peer"),
		     json_array_size(records) == 0 ? ": none" : ":");
	json_array_foreach(records, i, item)
	{
		show_record(item);
	}
}

static void explain_reply(void *context, const json_t *parameters, bool continues)
{
	const struct ipsec *ipsec = context;
	const json_t *story;
	size_t i;

	(void)continues;
	if (ipsec->json) {
		print_json(parameters);
		return;
	}
	json_array_foreach(json_object_get(parameters, "peers"), i, story)
	{
		show_story(story);
	}
	show_cookies(json_object_get(parameters, "cookies"));
	if (number_of(parameters, "left_out") > 0)
		(void)printf("(%lld more tunnels)\n", number_of(parameters, "left_out"));
}

int verb_explain(struct ipsec *ipsec, int argc, char **argv)
{
	return client_call(ipsec, "io.vanth.ike.Explain", name_parameter(argc, argv), false,
			   explain_reply, ipsec);
}

static void events_reply(void *context, const json_t *event, bool continues)
{
	const struct ipsec *ipsec = context;
	const char *tunnel = text_of(event, "tunnel"), *peer = text_of(event, "peer");

	(void)continues;
	if (ipsec->json) {
		print_json(event);
		return;
	}
	if (number_of(event, "lost") > 0)
		(void)printf("(%lld events left out)\n", number_of(event, "lost"));
	if (peer[0] != '\0')
		(void)printf("%-10s \"%s\" #%lld: %s\n", text_of(event, "event"),
			     tunnel[0] != '\0' ? tunnel : peer, number_of(event, "serial"),
			     text_of(event, "text"));
	(void)fflush(stdout);
}

int verb_events(struct ipsec *ipsec, int argc, char **argv)
{
	return client_call(ipsec, "io.vanth.ike.Events", name_parameter(argc, argv), true,
			   events_reply, ipsec);
}
