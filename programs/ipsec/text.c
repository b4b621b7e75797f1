/* SPDX-License-Identifier: Apache-2.0 */
/* Values for people, and access to JSON that forgives what is absent. */
#include <stdio.h>
#include "ipsec.h"

const char *human_time(double seconds, char buffer[HUMAN_MAX])
{
	long long s = seconds > 0 ? (long long)seconds : 0;

	if (s >= 86400)
		(void)snprintf(buffer, HUMAN_MAX, "%lld d %lld h", s / 86400, s / 3600 % 24);
	else if (s >= 3600)
		(void)snprintf(buffer, HUMAN_MAX, "%lld h %lld min", s / 3600, s / 60 % 60);
	else if (s >= 60)
		(void)snprintf(buffer, HUMAN_MAX, "%lld min %lld s", s / 60, s % 60);
	else if (seconds >= 10 || s == 0)
		(void)snprintf(buffer, HUMAN_MAX, "%lld s", s);
	else
		(void)snprintf(buffer, HUMAN_MAX, "%.1f s", seconds);
	return buffer;
}

const char *human_size(long long bytes, char buffer[HUMAN_MAX])
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB" };
	double value = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		(void)snprintf(buffer, HUMAN_MAX, "%lld B", bytes);
		return buffer;
	}
	while (value >= 999.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	(void)snprintf(buffer, HUMAN_MAX, "%.1f %s", value, units[unit]);
	return buffer;
}

const char *text_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));

	return text != NULL ? text : "";
}

long long number_of(const json_t *object, const char *key)
{
	return (long long)json_integer_value(json_object_get(object, key));
}

double real_of(const json_t *object, const char *key)
{
	return json_number_value(json_object_get(object, key));
}

json_t *name_parameter(int argc, char **argv)
{
	return argc > 1 ? json_pack("{s:s}", "name", argv[1]) : json_object();
}

void print_json(const json_t *json)
{
	(void)json_dumpf(json, stdout, JSON_COMPACT);
	(void)fputc('\n', stdout);
	(void)fflush(stdout);
}
