/* SPDX-License-Identifier: Apache-2.0 */
#include "base/rc.h"
#include "base/text.h"
#include <stdarg.h>
#include <stdio.h>

static const char *const rc_names[RC_COUNT] = {
	[RC_OK] = "OK",
	[RC_SUSPEND] = "SUSPEND",
	[RC_DROP] = "DROP",
	[RC_NO_MEMORY] = "NO_MEMORY",
	[RC_TRUNCATED] = "TRUNCATED",
	[RC_TRAILING] = "TRAILING",
	[RC_SYNTAX] = "SYNTAX",
	[RC_LIMIT] = "LIMIT",
	[RC_CRITICAL] = "CRITICAL",
	[RC_MAJOR_VERSION] = "MAJOR_VERSION",
	[RC_INTEGRITY] = "INTEGRITY",
	[RC_NO_PROPOSAL] = "NO_PROPOSAL",
	[RC_INVALID_KE] = "INVALID_KE",
	[RC_BAD_PUBLIC] = "BAD_PUBLIC",
	[RC_AUTH_FAILED] = "AUTH_FAILED",
	[RC_TS_UNACCEPTABLE] = "TS_UNACCEPTABLE",
	[RC_CHILD_NOT_FOUND] = "CHILD_NOT_FOUND",
	[RC_NO_ADDITIONAL_SAS] = "NO_ADDITIONAL_SAS",
	[RC_TEMPORARY_FAILURE] = "TEMPORARY_FAILURE",
	[RC_SINGLE_PAIR] = "SINGLE_PAIR",
	[RC_NO_ADDRESS] = "NO_ADDRESS",
	[RC_CP_REQUIRED] = "CP_REQUIRED",
	[RC_KERNEL] = "KERNEL",
	[RC_IO] = "IO",
	[RC_EXISTS] = "EXISTS",
	[RC_NOT_FOUND] = "NOT_FOUND",
	[RC_AMBIGUOUS] = "AMBIGUOUS",
	[RC_TIMEOUT] = "TIMEOUT",
	[RC_UNSUPPORTED] = "UNSUPPORTED",
	[RC_RANGE] = "RANGE",
	[RC_CANCELLED] = "CANCELLED",
	[RC_PERMISSION] = "PERMISSION",
	[RC_PEER_REFUSED] = "PEER_REFUSED",
	[RC_PEER_DELETED] = "PEER_DELETED",
	[RC_REPLACED] = "REPLACED",
	[RC_OPERATOR] = "OPERATOR",
	[RC_SHUTDOWN] = "SHUTDOWN",
	[RC_INTERNAL] = "INTERNAL",
};

const char *rc_name(enum rc rc)
{
	if ((unsigned)rc >= RC_COUNT || rc_names[rc] == NULL)
		return "UNKNOWN";
	return rc_names[rc];
}

/* The arguments may point into diag, so the sentence is made beside it. */
static void diag_write(struct diag *diag, const char *format, va_list args)
{
	char text[sizeof(diag->text) * 2];
	if (vsnprintf(text, sizeof(text), format, args) < 0)
		text[0] = '\0';
	text_escape(diag->text, sizeof(diag->text), text);
}

enum rc diag_fail(struct diag *diag, enum rc rc, const char *format, ...)
{
	va_list args;
	if (diag == NULL)
		return rc;
	va_start(args, format);
	diag_write(diag, format, args);
	va_end(args);
	return rc;
}

void diag_prefix(struct diag *diag, const char *format, ...)
{
	struct diag prefix;
	char text[sizeof(diag->text) * 2 + 4];
	va_list args;
	if (diag == NULL)
		return;
	va_start(args, format);
	diag_write(&prefix, format, args);
	va_end(args);
	snprintf(text, sizeof(text), "%s: %s", prefix.text, diag->text);
	text_escape(diag->text, sizeof(diag->text), text);
}
