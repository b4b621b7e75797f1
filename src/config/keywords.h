/* SPDX-License-Identifier: Apache-2.0 */
/* Private: THE keyword table and how a row reads its value. */
#ifndef VANTH_CONFIG_KEYWORDS_H
#define VANTH_CONFIG_KEYWORDS_H

#include "config/report.h"
#include "config/values.h"

enum keyword_kind {
	KIND_BOOL,
	KIND_NUMBER,
	KIND_DECIMAL,
	KIND_TIME,
	KIND_PERCENT,
	KIND_BYTES,
	KIND_ENUM,
	KIND_TEXT,
	KIND_CUSTOM,   /* parse() */
	KIND_PROPOSAL, /* needs pfs= and is shared among conns: conn.c does it */
	KIND_ALSO,     /* merging: sections.c does it */
	KIND_OTHER,    /* another program's keyword: ignored or refused */
};

enum keyword_section { SECTION_SETUP, SECTION_CONN, SECTION_END, SECTION_CA };

/* What is to be said about a value: the error (with the place inside the value), or a warning. */
struct finding {
	struct diag diag;
	size_t column;
	bool warning; /* diag holds a warning; the value was taken */
};

/* A value that is known elsewhere, and why it is not taken here. */
struct refusal {
	const char *value, *why;
};

struct keyword {
	struct config_keyword_info info;
	enum keyword_section section;
	enum keyword_kind kind;
	size_t offset,
		size; /* of the field in config_setup, config_conn, config_end or config_ca */
	size_t setup_offset;	       /* inherits: the field of config_setup */
	bool inherits;		       /* not given: as in config setup */
	const struct names *names;     /* KIND_ENUM */
	uint64_t protocol;	       /* KIND_PROPOSAL */
	const struct refusal *refused; /* ends with a NULL value; NULL: none */
	const char *same;	       /* the row whose field this one sets in other words */
	enum rc (*parse)(const char *text, void *object, struct finding *finding);
};

const struct keyword *keyword_at(unsigned index); /* NULL past the end */
unsigned keyword_number(const struct keyword *keyword);
extern const struct keyword keywords_ours[], keywords_other[]; /* each ends with a NULL name */
unsigned keywords_ours_count(void);
#define KEYWORDS_OURS_MAX 176
/* The place of its field's value among the settings of a section: rows that are the same in other
 * words have one. */
unsigned keyword_slot(const struct keyword *keyword);

/* Reads the value into its field of object (struct config_setup, config_conn or config_end).
 * KIND_OTHER: only says what there is to say. KIND_PROPOSAL and KIND_ALSO: nothing. */
enum rc keyword_apply(const struct keyword *keyword, const char *text, void *object,
		      struct finding *finding) MUST_CHECK;
/* All fields at the defaults of the table. */
enum rc keyword_defaults(enum keyword_section section, void *object,
			 struct finding *finding) MUST_CHECK;

/* Names to rows; "_" counts as "-", case does not matter. */
#define KEYWORD_SLOTS 1024
struct keyword_index {
	struct {
		uint32_t hash;
		uint16_t row; /* plus one; 0: free */
	} slots[KEYWORD_SLOTS];
};
void keyword_index_init(struct keyword_index *index);
/* word: "leftsubnet", "ike"; in_setup: the section it stands in. *side: 0 left, 1 right (end
 * keywords). */
const struct keyword *keyword_find(const struct keyword_index *index, const char *word,
				   bool in_setup, unsigned *side);
const struct keyword *keyword_find_ca(const struct keyword_index *index, const char *word);
const char *keyword_suggest_ca(const struct keyword_index *index, const char *word, char *buffer,
			       size_t size);
/* "did you mean ...", or where it belongs, or "" in buffer. */
const char *keyword_suggest(const struct keyword_index *index, const char *word, bool in_setup,
			    char *buffer, size_t size);

/* keyword_values.c */
extern const struct names nat_method_names;
extern const struct names auto_names, type_names, tristate_names, fragmentation_names, esn_names,
	dpdaction_names, childless_names, ppk_names, ddos_names, ikev1_policy_names, sendcert_names,
	sendca_names, offload_names, ocsp_method_names, level_names, modeconfig_names,
	peer_type_names, xauth_names, xauthby_names, xauthfail_names;

/* Readers of KIND_CUSTOM rows (fields.c). */
enum rc field_host(const char *text, void *object, struct finding *finding);
enum rc field_subnet(const char *text, void *object, struct finding *finding);
enum rc field_virtual_private(const char *text, void *object, struct finding *finding);
/* With what virtual-private= says. */
enum rc config_fill_virtual(const struct config_setup *setup, struct config_end *end,
			    bool transport) MUST_CHECK;
enum rc field_subnets(const char *text, void *object, struct finding *finding);
enum rc field_protoport(const char *text, void *object, struct finding *finding);
enum rc field_ikev2(const char *text, void *object, struct finding *finding);
enum rc field_keyexchange(const char *text, void *object, struct finding *finding);
enum rc field_keyingtries(const char *text, void *object, struct finding *finding);
enum rc field_forceencaps(const char *text, void *object, struct finding *finding);
enum rc field_ppk_ids(const char *text, void *object, struct finding *finding); /* secrets_ppk.c */
enum rc field_phase2(const char *text, void *object, struct finding *finding);
enum rc field_tfc(const char *text, void *object, struct finding *finding);
enum rc field_nopmtudisc(const char *text, void *object, struct finding *finding);
enum rc field_listen(const char *text, void *object, struct finding *finding);
enum rc field_uniqueids(const char *text, void *object, struct finding *finding);
enum rc field_redirect_to(const char *text, void *object, struct finding *finding);
enum rc field_global_redirect_to(const char *text, void *object, struct finding *finding);
enum rc field_nhelpers(const char *text, void *object, struct finding *finding);

/* authority.c */
extern const struct names ca_auto_names;
void config_ca_wipe(struct config_ca *ca);
enum rc field_cacert(const char *text, void *object, struct finding *finding);
enum rc field_crluri(const char *text, void *object, struct finding *finding);
enum rc field_crluri2(const char *text, void *object, struct finding *finding);
enum rc field_ocspuri(const char *text, void *object, struct finding *finding);
enum rc field_ocspuri2(const char *text, void *object, struct finding *finding);

/* fields_auth.c */
enum rc field_identity(const char *text, void *object, struct finding *finding);
enum rc field_auth(const char *text, void *object, struct finding *finding);
enum rc field_authby(const char *text, void *object, struct finding *finding);
enum rc field_cert(const char *text, void *object, struct finding *finding);
enum rc field_ca(const char *text, void *object, struct finding *finding);
enum rc field_auth2(const char *text, void *object, struct finding *finding);
enum rc field_id2(const char *text, void *object, struct finding *finding);
enum rc field_cert2(const char *text, void *object, struct finding *finding);
enum rc field_ca2(const char *text, void *object, struct finding *finding);
enum rc field_ckaid(const char *text, void *object, struct finding *finding);
enum rc field_rsasigkey(const char *text, void *object, struct finding *finding);
enum rc field_pubkey(const char *text, void *object, struct finding *finding);
/* As "pubkey" does. */
void signatures_any(unsigned *auth, struct config_signatures *signatures);

/* fields_address.c */
enum rc field_addresspool(const char *text, void *object, struct finding *finding);
enum rc field_sourceip(const char *text, void *object, struct finding *finding);
enum rc field_vti(const char *text, void *object, struct finding *finding);
enum rc field_interface_ip(const char *text, void *object, struct finding *finding);
enum rc field_ipsec_interface(const char *text, void *object, struct finding *finding);
enum rc field_vti_interface(const char *text, void *object, struct finding *finding);
enum rc field_mark(const char *text, void *object, struct finding *finding);
enum rc field_mark_in(const char *text, void *object, struct finding *finding);
enum rc field_mark_out(const char *text, void *object, struct finding *finding);
enum rc field_modecfgdns(const char *text, void *object, struct finding *finding);
enum rc field_dns(const char *text, void *object, struct finding *finding);
enum rc field_modecfgdomains(const char *text, void *object, struct finding *finding);
enum rc field_updown(const char *text, void *object, struct finding *finding);

/* not_yet.c: what can be written, but nobody acts on yet. RC_UNSUPPORTED with a diag when the value
 * asks for it. */
enum rc keyword_not_yet(const struct keyword *keyword, const char *text,
			struct finding *finding) MUST_CHECK;
/* For people; NULL: the keyword has no row there. */
#define NOT_YET_TEXT_MAX 320
const char *keyword_not_yet_text(const struct keyword *keyword, char buffer[NOT_YET_TEXT_MAX]);
const char *keyword_not_yet_name(unsigned index, enum keyword_section *section); /* NULL: end */

#endif
