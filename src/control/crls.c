/* SPDX-License-Identifier: Apache-2.0 */
/* Methods about revoked certificates: what is known, and that it be fetched again. */
#include <string.h>
#include "control/private.h"

#define SOME 50 /* entries of one reply */

struct listing {
	size_t index;
};

static json_t *seconds_or_null(int64_t seconds)
{
	return seconds != 0 ? json_integer((json_int_t)seconds) : json_null();
}

static json_t *show_entry(const struct call *call, const struct revocation_entry *entry)
{
	usec_t now = host_now(call->gateway->host);
	json_t *json = json_pack(
		"{s:s,s:o,s:o,s:o,s:b,s:b,s:b,s:o,s:o,s:o}", "kind", entry->ocsp ? "ocsp" : "crl",
		"from", json_safe(entry->from), "issuer",
		json_safe(entry->issuer[0] != '\0' ? entry->issuer : NULL), "subject",
		json_safe(entry->subject), "known", entry->known, "current", entry->current, "busy",
		entry->busy, "this_update", seconds_or_null(entry->this_update), "next_update",
		seconds_or_null(entry->next_update), "error", json_safe(entry->why));

	if (json == NULL)
		return NULL;
	(void)json_object_set_new(
		json, "age",
		entry->known ? json_real((double)(now - entry->fetched) / (double)USEC_PER_SEC)
			     : json_null());
	(void)json_object_set_new(json, "entries",
				  entry->known && !entry->ocsp ? json_integer(entry->entries)
							       : json_null());
	(void)json_object_set_new(json, "status", json_safe(entry->status));
	return json;
}

static void cancelled(struct call *call)
{
	mem_free(call->own);
	call->own = NULL;
}

static void list_some(struct call *call)
{
	struct listing *listing = call->own;
	struct revocation_entry entry;
	json_t *entries;
	bool more = true;

	while (more && call_has_room(call)) {
		entries = json_array();
		for (unsigned i = 0; i < SOME && more; i++) {
			more = revocation_entry(call->gateway->revocation, listing->index, &entry);
			if (more)
				(void)json_array_append_new(entries, show_entry(call, &entry));
			listing->index += more;
		}
		if (!more) {
			call->cancel = NULL;
			call->resume = NULL;
			cancelled(call);
		}
		call_reply(call, json_pack("{s:o}", "entries", entries), more);
	}
}

void method_revocations(struct call *call)
{
	call->own = mem_alloc(sizeof(struct listing));
	if (call->own == NULL) {
		call_fail(call, RC_NO_MEMORY, "out of memory");
		return;
	}
	call->cancel = cancelled;
	call->resume = list_some;
	list_some(call);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A certificate in hexadecimal digits. */
static struct certificate *take_certificate(struct call *call, const char *name)
{
	const char *text = call_text(call, name);
	size_t len = text != NULL ? strlen(text) : 0;
	struct certificate *certificate = NULL;
	struct diag diag = { "not bytes in hexadecimal digits" };
	uint8_t *bytes = len % 2 == 0 ? mem_alloc(len / 2 + 1) : NULL;
	bool good = bytes != NULL;

	for (size_t i = 0; good && i < len; i += 2) {
		int high = digit(text[i]), low = digit(text[i + 1]);
		good = high >= 0 && low >= 0;
		bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	if (!good || certificate_parse(span_make(bytes, len / 2), &certificate, &diag) != RC_OK) {
		certificate = NULL;
		call_invalid(call, name, diag.text);
	}
	mem_free(bytes);
	return certificate;
}

void method_revocation_of(struct call *call)
{
	static const char *const words[] = {
		[X509_KNOWN_NOT] = "unknown",
		[X509_KNOWN_GOOD] = "good",
		[X509_KNOWN_REVOKED] = "revoked",
	};
	struct certificate *certificate = take_certificate(call, "certificate"), *issuer;
	struct diag diag = { "" };
	enum x509_known known;

	if (certificate == NULL)
		return;
	issuer = take_certificate(call, "issuer");
	if (issuer != NULL) {
		known = x509_known(call->gateway->revocation, certificate, issuer, &diag);
		call_reply(call,
			   json_pack("{s:s,s:o}", "standing", words[known], "text",
				     json_safe(diag.text[0] != '\0' ? diag.text : NULL)),
			   false);
	}
	certificate_unref(certificate);
	certificate_unref(issuer);
}

void method_refetch_crls(struct call *call)
{
	revocation_refetch(call->gateway->revocation);
	gateway_read_crls(call->gateway);
	call_done(call);
}
