/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/places.h"
#include <string.h>

void places_add(struct places *places, struct span url)
{
	if (places->count < PLACES_MAX && url.len > 0 && url.len <= SOURCE_URL_MAX &&
	    memchr(url.ptr, '\0', url.len) == NULL)
		places->urls[places->count++] = url;
}

void places_of(const struct certificate *certificate, struct places *out)
{
	struct span url;

	*out = (struct places){ .count = 0 };
	for (unsigned i = 0; i < PLACES_MAX && certificate_ocsp_url(certificate, i, &url); i++)
		places_add(out, url);
}

size_t places_size(const struct places *places)
{
	size_t size = places->count == 0 ? 2 : 1;

	for (unsigned i = 0; i < places->count; i++)
		size += places->urls[i].len + 1;
	return size;
}

void places_pack(const struct places *places, char *block)
{
	for (unsigned i = 0; i < places->count; i++) {
		memcpy(block, places->urls[i].ptr, places->urls[i].len);
		block += places->urls[i].len;
		*block++ = '\0';
	}
	if (places->count == 0)
		*block++ = '\0';
	*block = '\0';
}

void places_read(const char *block, struct places *out)
{
	*out = (struct places){ .count = 0 };
	for (const char *url = block; url != NULL; url = places_next(url))
		places_add(out, span_make(url, strlen(url)));
}

bool places_are(const char *block, const struct places *places)
{
	struct places others;

	places_read(block, &others);
	for (unsigned i = 0; i < places->count && i < others.count; i++)
		if (!span_equal(places->urls[i], others.urls[i]))
			return false;
	return places->count == others.count;
}

const char *places_next(const char *url)
{
	const char *next = url + strlen(url) + 1;

	return *url != '\0' && *next != '\0' ? next : NULL;
}

/* ---- GET ---- */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* RFC 6960 appendix A.1: what base64 has beside letters and digits is escaped. */
static void put_digit(struct sink *out, unsigned digit)
{
	if (digit == 62)
		sink_bytes(out, "%2B", 3);
	else if (digit == 63)
		sink_bytes(out, "%2F", 3);
	else
		sink_u8(out, (uint8_t)base64[digit]);
}

static void put_base64(struct sink *out, struct span bytes)
{
	for (size_t i = 0; i < bytes.len; i += 3) {
		size_t left = bytes.len - i;
		unsigned group = (unsigned)bytes.ptr[i] << 16;
		if (left > 1)
			group |= (unsigned)bytes.ptr[i + 1] << 8;
		if (left > 2)
			group |= bytes.ptr[i + 2];
		put_digit(out, group >> 18);
		put_digit(out, group >> 12 & 63);
		if (left > 1)
			put_digit(out, group >> 6 & 63);
		else
			sink_bytes(out, "%3D", 3);
		if (left > 2)
			put_digit(out, group & 63);
		else
			sink_bytes(out, "%3D", 3);
	}
}

enum rc source_get_url(const char *base, struct span request, char out[SOURCE_GET_URL_MAX])
{
	size_t len = strlen(base);
	struct sink sink;

	sink_init(&sink, out, SOURCE_GET_URL_MAX - 1);
	sink_bytes(&sink, base, len);
	if (len == 0 || base[len - 1] != '/')
		sink_u8(&sink, '/');
	put_base64(&sink, request);
	if (sink_rc(&sink) != RC_OK || sink.len > len + OCSP_GET_MAX)
		return RC_LIMIT;
	out[sink.len] = '\0';
	return RC_OK;
}
