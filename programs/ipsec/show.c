/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs that show tunnels and SAs: status, briefstatus, trafficstatus, showstates. */
#include <stdio.h>
#include <string.h>
#include "ipsec.h"

/* A tunnel's state in words; a state that is not here is shown as it is. */
static const struct {
	const char *state, *words;
} states[] = {
	{ "up", "up" },
	{ "ending", "being ended" },
	{ "unoriented", "waiting" },
	{ "resolving", "waiting for the peer's address" },
	{ "retrying", "failed, to be tried again" },
	{ "negotiating", "being negotiated" },
	{ "trapped", "waiting for traffic" },
	{ "listening", "waiting for the peer" },
};

static const char *state_words(const char *state)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].state, state) == 0)
			return states[i].words;
	return state;
}

static bool is_up(const json_t *tunnel)
{
	return strcmp(text_of(tunnel, "state"), "up") == 0;
}

static bool flag(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

/* ---- status ---- */

static void show_ends(const json_t *tunnel)
{
	const char *local = text_of(tunnel, "local"), *remote = text_of(tunnel, "remote");
	const char *local_id = text_of(tunnel, "local_id"),
		   *remote_id = text_of(tunnel, "remote_id");

	(void)printf("    %s", local[0] != '\0' ? local : "?");
	if (local_id[0] != '\0' && strcmp(local_id, local) != 0)
		(void)printf(" [%s]", local_id);
	(void)printf(" to %s", flag(tunnel, "template") ? "any peer"
			       : remote[0] != '\0'	? remote
							: "?");
	if (remote_id[0] != '\0' && strcmp(remote_id, remote) != 0)
		(void)printf(" [%s]", remote_id);
	(void)putchar('\n');
}

/* Nothing where one proof of each end was all. */
static void show_proofs(const json_t *sa)
{
	const json_t *proof;
	size_t i;

	json_array_foreach(json_object_get(sa, "proofs"), i, proof)
	{
		(void)printf("        %s proved to be %s by %s\n",
			     strcmp(text_of(proof, "by"), "us") == 0 ? "we" : "the peer",
			     text_of(proof, "identity"), text_of(proof, "method"));
	}
}

/* What RFC 2408 calls it. */
static const char *ike_word(const json_t *sa)
{
	return number_of(sa, "version") == 1 ? "ISAKMP SA" : "IKE SA";
}

static void show_v1(const json_t *sa)
{
	const char *method = text_of(sa, "authentication");

	if (number_of(sa, "version") == 1)
		(void)printf("        IKEv1, %s%s%s\n", text_of(sa, "mode"),
			     method[0] != '\0' ? ", " : "", method);
}

static void show_ike(const json_t *sa)
{
	char age[HUMAN_MAX], left[HUMAN_MAX];
	const char *suite = text_of(sa, "suite");

	(void)printf("    %s #%lld as %s, %s for %s", ike_word(sa), number_of(sa, "serial"),
		     text_of(sa, "role"), text_of(sa, "state"),
		     human_time(real_of(sa, "age"), age));
	if (text_of(sa, "gone_because")[0] != '\0')
		(void)printf(": %s", text_of(sa, "gone_because"));
	if (real_of(sa, "expires_in") > 0)
		(void)printf(", replaced within %s", human_time(real_of(sa, "expires_in"), left));
	(void)printf("\n        %s to %s%s%s%s\n", text_of(sa, "local"), text_of(sa, "remote"),
		     suite[0] != '\0' ? ", " : "", suite,
		     flag(sa, "encapsulation") ? ", in UDP (NAT)" : "");
	show_v1(sa);
	show_proofs(sa);
}

static void show_child(const json_t *sa)
{
	char age[HUMAN_MAX], in[HUMAN_MAX], out[HUMAN_MAX];

	(void)printf("    Child SA #%lld %s, %s for %s, SPIs %s in, %s out%s\n",
		     number_of(sa, "serial"), text_of(sa, "mode"), text_of(sa, "state"),
		     human_time(real_of(sa, "age"), age), text_of(sa, "spi_in"),
		     text_of(sa, "spi_out"), flag(sa, "encapsulation") ? ", in UDP" : "");
	(void)printf("        %s, %s; %s in, %s out\n", text_of(sa, "selectors"),
		     text_of(sa, "suite"), human_size(number_of(sa, "bytes_in"), in),
		     human_size(number_of(sa, "bytes_out"), out));
}

static void show_failure(const json_t *tunnel)
{
	const json_t *failure = json_object_get(tunnel, "failure");
	char wait[HUMAN_MAX];
	long long attempts = number_of(failure, "attempts");

	if (!json_is_object(failure))
		return;
	if (attempts == 0)
		(void)printf("    waits: %s\n", text_of(failure, "text"));
	else
		(void)printf("    %lld attempt%s failed, the last: %s\n", attempts,
			     attempts == 1 ? "" : "s", text_of(failure, "text"));
	if (real_of(failure, "retry_in") > 0)
		(void)printf("    next attempt in %s\n",
			     human_time(real_of(failure, "retry_in"), wait));
}

void show_tunnel(const json_t *tunnel)
{
	const char *waits_for = text_of(tunnel, "waits_for");
	const json_t *sa;
	size_t i;

	(void)printf("\"%s\" %s: wanted %s, %s\n", text_of(tunnel, "name"),
		     text_of(tunnel, "selectors"), text_of(tunnel, "wanted"),
		     state_words(text_of(tunnel, "state")));
	if (waits_for[0] != '\0')
		(void)printf("    %s\n", waits_for);
	else
		show_ends(tunnel);
	json_array_foreach(json_object_get(tunnel, "ike_sas"), i, sa)
	{
		show_ike(sa);
	}
	json_array_foreach(json_object_get(tunnel, "child_sas"), i, sa)
	{
		show_child(sa);
	}
	show_failure(tunnel);
}

static const char *plural(long long count)
{
	return count == 1 ? "" : "s";
}

void show_cookies(const json_t *cookies)
{
	char age[HUMAN_MAX];
	double seconds = json_number_value(json_object_get(cookies, "age"));

	if (!json_is_object(cookies))
		return;
	(void)printf("new peers are asked for a cookie: %s", text_of(cookies, "why"));
	if (number_of(cookies, "threshold") > 0)
		(void)printf(", %lld without one (threshold %lld), for %s",
			     number_of(cookies, "half_open"), number_of(cookies, "threshold"),
			     human_time(seconds, age));
	(void)printf("; %lld asked, %lld came back\n", number_of(cookies, "asked"),
		     number_of(cookies, "returned"));
}

static void show_totals(const json_t *totals)
{
	long long tunnels = number_of(totals, "tunnels"),
		  ikes = number_of(totals, "ike_established"),
		  children = number_of(totals, "children"),
		  half_open = number_of(totals, "half_open");

	(void)printf("%lld tunnel%s loaded; %lld IKE SA%s, %lld Child SA%s", tunnels,
		     plural(tunnels), ikes, plural(ikes), children, plural(children));
	if (half_open > 0)
		(void)printf(", %lld half-open", half_open);
	(void)putchar('\n');
	show_cookies(json_object_get(totals, "cookies"));
}

/* ---- one function a reply ---- */

struct showing {
	const struct ipsec *ipsec;
	void (*show)(const json_t *reply);
	bool totals;
};

static void reply(void *context, const json_t *parameters, bool continues)
{
	const struct showing *showing = context;

	if (showing->ipsec->json)
		print_json(parameters);
	else if (continues)
		showing->show(parameters);
	else if (showing->totals)
		show_totals(json_object_get(parameters, "totals"));
}

static int show_by(struct ipsec *ipsec, const char *method, int argc, char **argv,
		   void (*show)(const json_t *reply), bool totals)
{
	struct showing showing = { ipsec, show, totals && argc == 1 };

	return client_call(ipsec, method, name_parameter(argc, argv), true, reply, &showing);
}

static void status_line(const json_t *parameters)
{
	show_tunnel(json_object_get(parameters, "tunnel"));
}

int verb_status(struct ipsec *ipsec, int argc, char **argv)
{
	return show_by(ipsec, "io.vanth.ike.Status", argc, argv, status_line, true);
}

static void brief_line(const json_t *parameters)
{
	const json_t *tunnel = json_object_get(parameters, "tunnel");
	const json_t *failure = json_object_get(tunnel, "failure");
	const char *remote = text_of(tunnel, "remote");
	char age[HUMAN_MAX];

	(void)printf("%-24s %-12s %s", text_of(tunnel, "name"), text_of(tunnel, "state"),
		     remote[0] != '\0' ? remote : "-");
	if (is_up(tunnel))
		(void)printf(", for %s", human_time(real_of(tunnel, "age"), age));
	else if (json_is_object(failure))
		(void)printf(", %s", text_of(failure, "text"));
	(void)putchar('\n');
}

int verb_brief(struct ipsec *ipsec, int argc, char **argv)
{
	return show_by(ipsec, "io.vanth.ike.Brief", argc, argv, brief_line, true);
}

static void traffic_line(const json_t *parameters)
{
	const json_t *tunnel = json_object_get(parameters, "tunnel"), *sa;
	char age[HUMAN_MAX], in[HUMAN_MAX], out[HUMAN_MAX];
	size_t i;

	json_array_foreach(json_object_get(tunnel, "child_sas"), i, sa)
	{
		(void)printf(
			"\"%s\" #%lld for %s: in %s in %lld packets, out %s in %lld packets (%s)\n",
			text_of(tunnel, "name"), number_of(sa, "serial"),
			human_time(real_of(sa, "age"), age),
			human_size(number_of(sa, "bytes_in"), in), number_of(sa, "packets_in"),
			human_size(number_of(sa, "bytes_out"), out), number_of(sa, "packets_out"),
			text_of(sa, "selectors"));
	}
}

int verb_traffic(struct ipsec *ipsec, int argc, char **argv)
{
	return show_by(ipsec, "io.vanth.ike.Traffic", argc, argv, traffic_line, false);
}

static void state_line(const json_t *parameters)
{
	const json_t *ike = json_object_get(parameters, "ike");
	const json_t *child = json_object_get(parameters, "child");
	char age[HUMAN_MAX];

	if (json_is_object(ike))
		(void)printf("#%lld: \"%s\" %s %s, %s for %s, %s to %s\n", number_of(ike, "serial"),
			     text_of(parameters, "peer"), ike_word(ike), text_of(ike, "role"),
			     text_of(ike, "state"), human_time(real_of(ike, "age"), age),
			     text_of(ike, "local"), text_of(ike, "remote"));
	if (json_is_object(child))
		(void)printf("#%lld: \"%s\" Child SA of #%lld, %s for %s, SPIs %s in, %s out\n",
			     number_of(child, "serial"), text_of(parameters, "tunnel"),
			     number_of(child, "ike"), text_of(child, "state"),
			     human_time(real_of(child, "age"), age), text_of(child, "spi_in"),
			     text_of(child, "spi_out"));
}

int verb_states(struct ipsec *ipsec, int argc, char **argv)
{
	return show_by(ipsec, "io.vanth.ike.States", argc, argv, state_line, true);
}
