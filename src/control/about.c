/* SPDX-License-Identifier: Apache-2.0 */
/* Methods about the daemon itself: version, counters, algorithms, log level. */
#include <string.h>
#include "control/private.h"

void method_version(struct call *call)
{
	call_reply(call, json_pack("{s:s,s:s}", "product", "Vanth", "version", VANTH_VERSION),
		   false);
}

static const struct {
	const char *name;
	size_t at;
} counters[] = {
#define COUNTER(field)                                                                             \
	{                                                                                          \
#field, offsetof(struct gateway_counters, field)                                   \
	}
	COUNTER(datagrams_in),
	COUNTER(datagrams_out),
	COUNTER(dropped),
	COUNTER(retransmits),
	COUNTER(answered_again),
	COUNTER(ike_up),
	COUNTER(ike_down),
	COUNTER(child_up),
	COUNTER(child_down),
	COUNTER(failures),
	COUNTER(cookies_sent),
	COUNTER(half_open_timeouts),
	COUNTER(unknown_spi),
	COUNTER(integrity_failures),
	COUNTER(v1_ignored),
	COUNTER(deletes_unknown),
	COUNTER(v1_refused),
	COUNTER(stuck),
	COUNTER(cookies_returned),
	COUNTER(half_open_displaced),
	COUNTER(half_open_refused),
	COUNTER(auth_ignored),
	COUNTER(fragments_in),
	COUNTER(fragments_again),
	COUNTER(fragments_refused),
	COUNTER(path_lowered),
	COUNTER(reassembly_expired),
	COUNTER(reassembly_evicted),
	COUNTER(requests_ahead),
	COUNTER(requests_beyond),
	COUNTER(redirects_sent),
	COUNTER(redirects_followed),
	COUNTER(redirects_refused),
	COUNTER(requests_refused),
	COUNTER(scripts_run),
	COUNTER(scripts_failed),
#undef COUNTER
};

void method_counters(struct call *call)
{
	const char *base = (const char *)&call->gateway->counters;
	json_t *json = json_object();

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		uint64_t value;
		memcpy(&value, base + counters[i].at, sizeof(value));
		(void)json_object_set_new(json, counters[i].name, json_integer((json_int_t)value));
	}
	call_reply(call, json_pack("{s:o,s:o}", "counters", json, "totals", show_totals(call)),
		   false);
}

static void add_algorithm(void *context, const char *kind, const char *name, const char *why)
{
	json_t *list = context;

	(void)json_array_append_new(list,
				    json_pack("{s:s,s:s,s:b,s:o}", "kind", kind, "name", name,
					      "available", why == NULL, "why", json_safe(why)));
}

void method_probe(struct call *call)
{
	json_t *list = json_array();

	crypto_probe_report(add_algorithm, list);
	call_reply(call, json_pack("{s:o}", "algorithms", list), false);
}

void method_set_log_level(struct call *call)
{
	const char *wanted = call_text(call, "level");

	for (int level = LOG_LEVEL_ERROR; level <= LOG_LEVEL_DEBUG; level++) {
		if (strcmp(log_level_name((enum log_level)level), wanted) != 0)
			continue;
		log_set_level(call->gateway->log, (enum log_level)level);
		call_done(call);
		return;
	}
	call_invalid(call, "level", "expected error, warning, notice, info or debug");
}
