/* SPDX-License-Identifier: Apache-2.0 */
/* Private: the entries of ipsec.secrets. */
#ifndef VANTH_CONFIG_SECRETS_PRIVATE_H
#define VANTH_CONFIG_SECRETS_PRIVATE_H

#include "base/table.h"
#include "config/report.h"

#define SECRETS_IDS_MAX 1024 /* of one entry */
#define SECRET_LEN_MIN	1
#define SECRET_LEN_MAX	4096 /* longer keys add nothing: prf hashes them */

struct secrets_pattern {
	struct identity id;
	uint8_t family; /* %any6 and :: match only who has an IPv6 address */
};
struct secrets_entry {
	struct secrets_pattern *patterns; /* none: for everybody */
	unsigned pattern_count;
	struct secret psk;
	unsigned file, line; /* index in files */
};
struct secrets_ppk {
	struct secrets_entry entry; /* psk: the key */
	struct secret id;	    /* PPK_ID */
};
struct secrets_node { /* an exact identity of an entry */
	struct table_node node;
	unsigned entry;
};
struct secrets {
	struct secrets_entry *entries;
	unsigned count, cap;
	struct table pairs,
		soles; /* exact identities of entries with several and with one of them */
	struct secrets_node *nodes;
	unsigned *open, open_count; /* entries with a wildcard or without identities */
	struct secrets_ppk *ppks;   /* not counted above */
	unsigned ppk_count, ppk_cap;
	struct secrets_entry *xauths; /* passwords of users; not counted above */
	unsigned xauth_count, xauth_cap;
	struct secrets_file *key_files; /* SECRETS_FILES_MAX at most */
	unsigned key_file_count;
	char **files;
	unsigned file_count;
};

/* "text" (quoted), 0x..., 0s... into a secret; never repeats the text in the diag. */
enum rc secret_value(struct span text, bool quoted, struct secret *out,
		     struct diag *diag) MUST_CHECK;
/* Once, after the last entry; warns of entries with the same identities and another key. */
enum rc secrets_index(struct secrets *secrets, struct config_errors *errors) MUST_CHECK;

/* Adds a post-quantum preshared key; takes id, key and patterns over when it succeeds. */
enum rc secrets_add_ppk(struct secrets *secrets, const struct secrets_entry *entry,
			struct secret *id, struct secret *key) MUST_CHECK;
void secrets_free_ppks(struct secrets *secrets);

/* ---- secrets_xauth.c: passwords of XAUTH's users ---- */
/* Takes patterns and password over when it succeeds. */
enum rc secrets_add_xauth(struct secrets *secrets, const struct secrets_entry *entry,
			  struct secret *password) MUST_CHECK;
void secrets_free_xauths(struct secrets *secrets);

void secrets_free_patterns(struct secrets_pattern *patterns, unsigned count);

/* ---- secrets_file.c: where private keys are ---- */
/* The kind of this word, as secrets_file.kind has it; NULL: it is none of these. */
const char *secrets_file_kind(struct span word);
/* Copies the name; takes the passphrase over when it succeeds. RC_LIMIT: there are too many. */
enum rc secrets_add_file(struct secrets *secrets, const struct secrets_file *file, struct span name,
			 struct secret *passphrase) MUST_CHECK;
void secrets_free_files(struct secrets *secrets);

/* ---- secrets_match.c: whom an entry is for ---- */
struct side {
	struct identity id; /* of an address when none is given; points into the caller's */
	int family;	    /* of its address, AF_UNSPEC when not known */
	struct ip_addr addr;
};
/* The address stands for an identity that is not given. The side must not move afterwards. */
void secrets_side(struct side *side, const struct identity *id, const struct ip_addr *addr);
/* 0: not for them; otherwise larger = more specific. */
unsigned secrets_rank(const struct secrets_entry *entry, const struct side *local,
		      const struct side *remote);

#endif
