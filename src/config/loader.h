/* SPDX-License-Identifier: Apache-2.0 */
/* Private: one load of ipsec.conf.
 *
 *   include.c    files in, with their includes
 *   lexer.c      lines
 *   sections.c   sections with their settings, each value checked once; duplicates
 *   merge.c      what also= and %default add to a conn
 *   authority.c  values into a struct config_ca
 *   conn.c       values into a struct config_conn
 *   check.c      values that contradict one another, conns that contradict one another
 *   load.c       the order of all this, and the result's life
 */
#ifndef VANTH_CONFIG_LOADER_H
#define VANTH_CONFIG_LOADER_H

#include <strings.h>
#include "base/table.h"
#include "config/keywords.h"
#include "config/lexer.h"
#include "config/source.h"

#define ALSO_DEPTH_MAX	  16
#define ALSO_VISITS_MAX	  256 /* sections that one conn takes settings from */
#define CONN_NAME_MAX	  64
#define SECTION_LINES_MAX 1024

struct setting {
	const struct keyword *keyword;
	const char *word, *value; /* as written; in the file's text */
	struct place at;	  /* of the word */
	unsigned value_column;
	uint8_t side;
	bool bad;      /* an error was reported: not again */
	uint32_t told; /* enum check bits: said for one conn, not to be said for each that shares
			  the setting */
};

/* phase2alg= has the algorithms of ESP or of AH, as phase2= says. */
static inline bool setting_of_either(const struct setting *setting)
{
	return strcasecmp(setting->word, "phase2alg") == 0;
}

struct section {
	const char *name; /* "setup", "%default" or the conn's */
	struct place at;
	struct setting *settings;
	unsigned count, cap;
	struct table_node node; /* in loader.names */
	uint32_t visited[2];	/* merge number that came by, straight and flipped */
	bool ca;
	bool on_path, referenced; /* also= is following it now; some also= named it */
};

struct section_list {
	struct section **at;
	unsigned count, cap;
};

/* A proposal list that every conn with the same ike= or esp= shares. */
struct shared_proposal {
	struct shared_proposal *next;
	struct table_node node;
	struct proposal_list *list;
	uint8_t protocol;
	bool pfs;
	char *text; /* NULL: the default */
};
struct file_name {
	struct file_name *next;
	char *text;
};

/* What is behind struct config and struct config_conn. */
struct config_whole {
	struct config config;
	struct table names, proposals;
	struct shared_proposal *shared;
	struct file_name *files;
	unsigned conn_cap;
};
struct conn_whole {
	struct config_conn conn;
	struct table_node node; /* in config_whole.names */
	struct table_node peer; /* in check's table of peers */
};

struct source_text { /* the files' texts, until the load ends */
	struct source_text *next;
	struct source_file file;
};

struct loader {
	struct config_errors *errors;
	struct config_whole *whole;
	struct source_stack stack;
	struct source_text *texts;
	enum rc (*read_file)(void *loader, const char *path, struct place at); /* for includes */
	struct keyword_index index;
	struct section setup, defaults, ca_defaults, discard;
	struct section_list conns, cas;
	struct table names;
	struct section
		*current; /* NULL: before the first, or after an include that opened others */
	struct config_conn blank; /* all defaults */
	uint32_t merges;
	unsigned slot_host, slot_auto, slot_margin, slot_authby;
	bool no_memory;
	bool everything; /* also what not_yet.c refuses */
};

/* ---- load.c ---- */
/* config_load_text() for tests: also takes what not_yet.c refuses. */
enum rc config_load_everything(const char *name, struct span text, struct config **out,
			       struct config_errors *errors) MUST_CHECK;

/* ---- sections.c ---- */
void sections_line(struct loader *loader, const struct lexer *lexer, const struct line *line);
/* Reads each value once, for its errors. */
void sections_check(struct loader *loader);
struct section *sections_find(const struct loader *loader, const char *name, bool ca);
void sections_free(struct loader *loader);
void setting_report(struct loader *loader, struct setting *setting, const struct finding *finding);

/* ---- merge.c ---- */
struct merge {
	struct setting *chosen[2][KEYWORDS_OURS_MAX]; /* by side (0 for those without) and slot */
};
void merge_conn(struct loader *loader, struct section *section, struct merge *out); /* or a ca */

/* The ID of ipsec-interface=; no interface may have 0, so that of ipsec0 is another, as in
 * Libreswan. */
#define INTERFACE_ZERO_ID 16384
static inline uint32_t interface_id(const struct config_conn *conn)
{
	return conn->interface_number == 0 ? INTERFACE_ZERO_ID : conn->interface_number;
}

/* ---- conn.c ---- */
/* Adds the conn to the result, unless it is only a part that others take by also=. */
void conn_build(struct loader *loader, struct section *section);
void conn_free(struct config_conn *conn);
void conn_end_free(struct config_end *end);
/* The list for ike= or esp= (text NULL: the default), shared. */
enum rc proposal_share(struct config_whole *whole, uint8_t protocol, const char *text, bool pfs,
		       struct proposal_list **out, size_t *column, struct diag *diag) MUST_CHECK;
void setup_build(struct loader *loader);
void setup_free(struct config_setup *setup);

/* ---- fill_xauth.c ---- */
/* After the methods of both ends are there. */
void fill_xauth(struct config_conn *conn);

/* ---- authority.c ---- */
/* The ca sections into the result. */
void authorities_build(struct loader *loader);

/* ---- check.c ---- */
/* Values of a conn that contradict one another; may widen rekeymargin. */
void check_conn(struct loader *loader, const struct section *section, const struct merge *merge,
		struct config_conn *conn);
void check_setup(struct loader *loader);
/* Conns that contradict one another (peers with the same addresses and identities, but other IKE
 * settings). */
void check_peers(struct loader *loader);
/* A shunt and a tunnel, or two shunts, that are one policy to the kernel are an error. */
void check_shunts(struct loader *loader);

/* ---- check_pools.c ---- */
/* Pools of several conns: equal ranges are shared, others may not overlap. */
void check_pools(struct loader *loader);

/* ---- compare.c ---- */
/* The keyword in which the IKE settings of two conns differ, NULL when they share a peer. */
const char *conn_peer_difference(const struct config_conn *a, const struct config_conn *b);
bool conn_same_ends(const struct config_conn *a, const struct config_conn *b);

#endif
