/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include "base/arena.h"
#include "config/report.h"

void config_errors_init(struct config_errors *errors)
{
	*errors = (struct config_errors){ 0 };
	list_init(&errors->list);
}

void config_errors_free(struct config_errors *errors)
{
	list_for_safe(node, &errors->list)
	{
		struct config_error *error = container_of(node, struct config_error, in_list);
		list_remove(node);
		mem_free(error->file);
		mem_free(error);
	}
	config_errors_init(errors);
}

const char *config_error_text(const struct config_error *error, char *buffer, size_t size)
{
	const char *file = error->file != NULL ? error->file : "";
	const char *kind = error->warning ? "warning: " : "";
	if (error->file == NULL)
		snprintf(buffer, size, "%s%s", kind, error->text);
	else if (error->line == 0)
		snprintf(buffer, size, "%s: %s%s", file, kind, error->text);
	else if (error->column == 0)
		snprintf(buffer, size, "%s:%u: %s%s", file, error->line, kind, error->text);
	else
		snprintf(buffer, size, "%s:%u:%u: %s%s", file, error->line, error->column, kind,
			 error->text);
	return buffer;
}

static struct config_error *append(struct config_errors *errors, struct place at, bool warning)
{
	struct config_error *error = mem_alloc(sizeof(*error));
	if (error == NULL)
		return NULL;
	if (at.file != NULL) {
		error->file = mem_text(at.file);
		if (error->file == NULL) {
			mem_free(error);
			return NULL;
		}
	}
	error->line = at.line;
	error->column = at.column;
	error->warning = warning;
	list_append(&errors->list, &error->in_list);
	return error;
}

/* One entry at the end of each kind tells how many more there are. */
static void count_more(struct config_errors *errors, bool warning)
{
	struct config_error **more = warning ? &errors->more_warnings : &errors->more_errors;
	unsigned count = (warning ? errors->warnings : errors->errors) - CONFIG_ERRORS_LISTED;
	struct diag diag;
	if (*more == NULL)
		*more = append(errors, (struct place){ 0 }, warning);
	if (*more == NULL)
		return;
	(void)diag_fail(&diag, RC_LIMIT, "and %u more %s%s", count, warning ? "warning" : "error",
			count == 1 ? "" : "s");
	snprintf((*more)->text, sizeof((*more)->text), "%s", diag.text);
}

static void report(struct config_errors *errors, struct place at, bool warning, const char *format,
		   va_list args)
{
	unsigned *count = warning ? &errors->warnings : &errors->errors;
	char text[sizeof(((struct config_error *)NULL)->text)];
	struct diag diag;
	struct config_error *error;

	if (++*count > CONFIG_ERRORS_LISTED) {
		count_more(errors, warning);
		return;
	}
	error = append(errors, at, warning);
	if (error == NULL)
		return;
	vsnprintf(text, sizeof(text), format, args);
	(void)diag_fail(&diag, RC_SYNTAX, "%s", text); /* escapes what a terminal must not get */
	snprintf(error->text, sizeof(error->text), "%s", diag.text);
}

bool report_listens(const struct config_errors *errors)
{
	return errors->errors < CONFIG_ERRORS_LISTED;
}

void report_warning(struct config_errors *errors, struct place at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report(errors, at, true, format, args);
	va_end(args);
}

void report_error(struct config_errors *errors, struct place at, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	report(errors, at, false, format, args);
	va_end(args);
}

void config_errors_warn(struct config_errors *errors, const char *file, unsigned line,
			const char *text)
{
	report_warning(errors, (struct place){ file, line, 0 }, "%s", text);
}
