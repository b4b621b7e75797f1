/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec list crls: what the daemon knows of revoked certificates, and where from. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "ipsec.h"

struct listing {
	const struct ipsec *ipsec;
	unsigned count;
};

static const char *when_text(const json_t *entry, const char *key, char buffer[40])
{
	time_t when = (time_t)number_of(entry, key);
	struct tm parts;

	if (!json_is_integer(json_object_get(entry, key)) || gmtime_r(&when, &parts) == NULL ||
	    strftime(buffer, 40, "%F %T UTC", &parts) == 0)
		return "not told";
	return buffer;
}

static const char *state_of(const json_t *entry)
{
	if (json_is_true(json_object_get(entry, "current")))
		return "";
	return json_is_true(json_object_get(entry, "known")) ? " (out of date)" : "";
}

static void print_known(const json_t *entry)
{
	char made[40], next[40];

	(void)printf("  made     %s, next %s%s\n", when_text(entry, "this_update", made),
		     when_text(entry, "next_update", next), state_of(entry));
	if (json_is_integer(json_object_get(entry, "entries")))
		(void)printf("  revoked  %lld certificates\n", number_of(entry, "entries"));
	else
		(void)printf("  status   %s\n", text_of(entry, "status"));
	(void)printf("  fetched  %.0f s ago\n", json_number_value(json_object_get(entry, "age")));
}

static void print_entry(const json_t *entry)
{
	bool crl = strcmp(text_of(entry, "kind"), "crl") == 0;

	(void)printf("%s %s\n  from     %s\n", crl ? "CRL of" : "OCSP answer about",
		     text_of(entry, crl ? "issuer" : "subject"), text_of(entry, "from"));
	if (json_is_true(json_object_get(entry, "known")))
		print_known(entry);
	if (json_is_string(json_object_get(entry, "error")))
		(void)printf("  failed   %s\n", text_of(entry, "error"));
	if (json_is_true(json_object_get(entry, "busy")))
		(void)printf("  now      it is being fetched\n");
}

static void print_entries(void *context, const json_t *parameters, bool continues)
{
	struct listing *listing = context;
	const json_t *entries = json_object_get(parameters, "entries");

	(void)continues;
	for (size_t i = 0; i < json_array_size(entries); i++) {
		const json_t *entry = json_array_get(entries, i);
		listing->count++;
		if (listing->ipsec->json)
			print_json(entry);
		else
			print_entry(entry);
	}
}

int list_crls(const struct ipsec *ipsec)
{
	struct listing listing = { ipsec, 0 };
	int code = client_call(ipsec, "io.vanth.ike.Revocations", json_object(), true,
			       print_entries, &listing);

	if (code == EXIT_DONE && listing.count == 0 && !ipsec->json)
		(void)printf("none: no certificate of a peer names a CRL or a responder yet\n");
	return code;
}
