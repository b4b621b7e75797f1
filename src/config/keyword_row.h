/* SPDX-License-Identifier: Apache-2.0 */
/* Private: how a row of THE keyword table is written. */
#ifndef VANTH_CONFIG_KEYWORD_ROW_H
#define VANTH_CONFIG_KEYWORD_ROW_H

#include "config/keywords.h"

#define TYPE_OF_KIND_BOOL     "yes or no"
#define TYPE_OF_KIND_NUMBER   "number"
#define TYPE_OF_KIND_DECIMAL  "decimal number"
#define TYPE_OF_KIND_TIME     "time"
#define TYPE_OF_KIND_PERCENT  "percentage"
#define TYPE_OF_KIND_BYTES    "bytes"
#define TYPE_OF_KIND_ENUM     "one of"
#define TYPE_OF_KIND_TEXT     "text"
#define TYPE_OF_KIND_PROPOSAL "proposals"
#define TYPE_OF_KIND_ALSO     "name of a conn"

#define ALSO_KNOWN(...)                                                                            \
	.info.aliases = (const char *const[])                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define COMMON(name_, range_, default_, help_)                                                     \
	.info.name = name_, .info.range = range_, .info.defaults = default_, .info.help = help_,   \
	.info.support = CONFIG_SUPPORTED
#define FIELD(type_, member)                                                                       \
	.offset = offsetof(type_, member), .size = sizeof(((type_ *)NULL)->member)
#define SETUP(name_, kind_, member, range_, default_, help_, ...)                                  \
	{                                                                                          \
		COMMON(name_, range_, default_, help_),                                            \
			.info.section = "setup", .section = SECTION_SETUP,                         \
			.info.type = TYPE_OF_##kind_, .kind = kind_,                               \
			FIELD(struct config_setup, member), __VA_ARGS__                            \
	}
#define CONN(name_, kind_, member, range_, default_, help_, ...)                                   \
	{                                                                                          \
		COMMON(name_, range_, default_, help_),                                            \
			.info.section = "conn", .section = SECTION_CONN,                           \
			.info.type = TYPE_OF_##kind_, .kind = kind_,                               \
			FIELD(struct config_conn, member), __VA_ARGS__                             \
	}
#define END(name_, kind_, member, range_, default_, help_, ...)                                    \
	{                                                                                          \
		COMMON(name_, range_, default_, help_),                                            \
			.info.section = "conn", .info.is_end = true, .section = SECTION_END,       \
			.info.type = TYPE_OF_##kind_, .kind = kind_,                               \
			FIELD(struct config_end, member), __VA_ARGS__                              \
	}
#define CUSTOM(section_, section_text, is_end_, name_, type_, range_, default_, parse_, help_,     \
	       ...)                                                                                \
	{                                                                                          \
		COMMON(name_, range_, default_, help_),                                            \
			.info.section = section_text, .info.is_end = is_end_, .section = section_, \
			.info.type = type_, .kind = KIND_CUSTOM, .parse = parse_, __VA_ARGS__      \
	}
#define SETUP_CUSTOM(...) CUSTOM(SECTION_SETUP, "setup", false, __VA_ARGS__)
#define CONN_CUSTOM(...)  CUSTOM(SECTION_CONN, "conn", false, __VA_ARGS__)
#define END_CUSTOM(...)	  CUSTOM(SECTION_END, "conn", true, __VA_ARGS__)
#define CA_CUSTOM(...)	  CUSTOM(SECTION_CA, "ca", false, __VA_ARGS__)
#define REFUSES(...)                                                                               \
	.refused = (const struct refusal[])                                                        \
	{                                                                                          \
		__VA_ARGS__,                                                                       \
		{                                                                                  \
			NULL, NULL                                                                 \
		}                                                                                  \
	}
#define INHERITS(member) .inherits = true, .setup_offset = offsetof(struct config_setup, member)

#endif
