/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/asn1.h"
#include <stdio.h>
#include <string.h>
#include <time.h>

enum rc asn1_flag(struct span *in, bool *out)
{
	*out = false;
	return der_is_next(in, ASN1_BOOLEAN) ? der_boolean(in, out) : RC_OK;
}

enum rc asn1_small(struct span *in, int32_t *out)
{
	struct span at = *in;
	uint32_t number = 0;
	TRY(der_small(&at, &number));
	if (number > INT32_MAX)
		return RC_RANGE;
	*out = (int32_t)number;
	*in = at;
	return RC_OK;
}

enum rc asn1_bits_of(struct span content, uint16_t *out)
{
	*out = 0;
	if (content.len == 0 || content.ptr[0] > 7 || (content.len == 1 && content.ptr[0] != 0))
		return RC_SYNTAX;
	if (content.len > 1)
		*out = (uint16_t)(content.ptr[1] << 8);
	if (content.len > 2)
		*out |= content.ptr[2];
	return RC_OK;
}

/* Days since 1970 of a date of the Gregorian calendar, years counted from March. */
static int64_t days_of(int64_t year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return y * 365 + y / 4 - y / 100 + y / 400 + of_year - 719468;
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return month == 2 && leap ? 29 : days[month - 1];
}

/* yearDigits is 2 or 4; then MMDDHHMMSSZ. */
static enum rc time_of(struct span text, size_t year_digits, int64_t *out)
{
	int field[6] = { 0 }; /* year, month, day, hour, minute, second */
	size_t at = 0;
	if (text.len != year_digits + 11 || text.ptr[text.len - 1] != 'Z')
		return RC_SYNTAX;
	for (size_t f = 0; f < 6; f++)
		for (size_t i = f == 0 ? year_digits : 2; i > 0; i--, at++) {
			if (text.ptr[at] < '0' || text.ptr[at] > '9')
				return RC_SYNTAX;
			field[f] = field[f] * 10 + text.ptr[at] - '0';
		}
	if (year_digits == 2)
		field[0] += field[0] >= 50 ? 1900 : 2000;
	if (field[1] < 1 || field[1] > 12 || field[2] < 1 ||
	    field[2] > month_days(field[0], field[1]) || field[3] > 23 || field[4] > 59 ||
	    field[5] > 59)
		return RC_SYNTAX;
	*out = days_of(field[0], field[1], field[2]) * 86400 + field[3] * 3600 + field[4] * 60 +
	       field[5];
	return RC_OK;
}

enum rc asn1_time(struct span *in, int64_t *out)
{
	struct span content;
	if (der_is_next(in, ASN1_UTC_TIME)) {
		TRY(der_take(in, ASN1_UTC_TIME, &content));
		return time_of(content, 2, out);
	}
	TRY(der_take(in, ASN1_TIME, &content));
	return time_of(content, 4, out);
}

static enum rc check_attribute(struct span *set)
{
	struct span pair, oid, value;
	uint8_t tag;
	TRY(der_take(set, ASN1_SEQUENCE, &pair));
	TRY(der_take(&pair, ASN1_OID, &oid));
	TRY(der_next(&pair, &tag, &value));
	return oid.len > 0 && pair.len == 0 ? RC_OK : RC_SYNTAX;
}

enum rc asn1_name(struct span *in, struct span *element)
{
	const uint8_t *start = in->ptr;
	struct span names, set;
	TRY(der_take(in, ASN1_SEQUENCE, &names));
	while (names.len > 0) {
		TRY(der_take(&names, ASN1_SET, &set));
		do
			TRY(check_attribute(&set));
		while (set.len > 0);
	}
	*element = span_make(start, (size_t)(in->ptr - start));
	return RC_OK;
}

static void broken_down(int64_t time, struct tm *out)
{
	time_t t = (time_t)time;
	*out = (struct tm){ .tm_year = 8099 /* 9999, for what no calendar has */, .tm_mday = 1 };
	if (time >= -2208988800 && time < 253402300800)
		gmtime_r(&t, out);
}

const char *asn1_time_text(int64_t time, char buffer[ASN1_TIME_TEXT_MAX])
{
	struct tm tm;
	broken_down(time, &tm);
	if (strftime(buffer, ASN1_TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		buffer[0] = '\0';
	return buffer;
}

/* ---- writing ---- */

static void put_time_text(struct sink *out, uint8_t tag, const char *format, int64_t time)
{
	char text[ASN1_TIME_TEXT_MAX];
	struct tm tm;
	broken_down(time, &tm);
	der_put(out, tag, span_make(text, strftime(text, sizeof(text), format, &tm)));
}

void asn1_put_generalized(struct sink *out, int64_t time)
{
	put_time_text(out, ASN1_TIME, "%Y%m%d%H%M%SZ", time);
}

void asn1_put_time(struct sink *out, int64_t time)
{
	if (time >= 2524608000 || time < -631152000) /* 2050, 1950 */
		asn1_put_generalized(out, time);
	else
		put_time_text(out, ASN1_UTC_TIME, "%y%m%d%H%M%SZ", time);
}

void asn1_put_flag(struct sink *out, bool value)
{
	uint8_t byte = value ? 0xff : 0;
	der_put(out, ASN1_BOOLEAN, span_make(&byte, 1));
}

void asn1_put_bits(struct sink *out, struct span bytes)
{
	size_t at = der_begin(out, ASN1_BIT_STRING);
	sink_u8(out, 0);
	sink_span(out, bytes);
	der_end(out, at);
}

static bool take_arc(const char **text, uint64_t *arc)
{
	const char *at = *text;
	*arc = 0;
	for (; *at >= '0' && *at <= '9' && at - *text < 18; at++)
		*arc = *arc * 10 + (uint64_t)(*at - '0');
	if (at == *text || (*at != '.' && *at != '\0') || (at[0] == '.' && at[1] == '\0'))
		return false;
	*text = *at == '.' ? at + 1 : at;
	return true;
}

static void put_arc(struct sink *out, uint64_t arc)
{
	int shift = 63;
	while (shift > 0 && arc >> shift == 0)
		shift -= 7;
	for (; shift >= 0; shift -= 7)
		sink_u8(out, (uint8_t)((arc >> shift & 0x7f) | (shift > 0 ? 0x80 : 0)));
}

enum rc asn1_put_oid(struct sink *out, const char *dotted)
{
	size_t at = der_begin(out, ASN1_OID);
	uint64_t first = 0, arc = 0;
	bool good = take_arc(&dotted, &first) && first <= 2 && take_arc(&dotted, &arc) &&
		    (first == 2 || arc < 40);
	if (good)
		put_arc(out, first * 40 + arc);
	while (good && *dotted != '\0') {
		good = take_arc(&dotted, &arc);
		put_arc(out, arc);
	}
	der_end(out, at);
	return good ? RC_OK : RC_SYNTAX;
}
