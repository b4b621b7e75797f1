/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs about keys and certificates share: their options, the NSS database, passwords. */
#ifndef VANTH_IPSEC_KEYS_H
#define VANTH_IPSEC_KEYS_H

#include "base/secret.h"
#include "ipsec.h"
#include "x509/store.h"

/* Which options a verb takes. */
enum key_option {
	KEY_OPTION_NAME = 1,
	KEY_OPTION_AS_CA = 2,  /* --ca */
	KEY_OPTION_CA = 4,     /* --ca NAME */
	KEY_OPTION_MAKE = 8,   /* --bits, --curve */
	KEY_OPTION_ISSUE = 16, /* --days, --subject */
	KEY_OPTION_SAN = 32,   /* --san, --export */
	KEY_OPTION_PASSWORD = 64,
	KEY_OPTION_SHOW = 128, /* of showhostkey */
};

#define SAN_MAX 32
struct key_options {
	const char *nssdir, *name, *ca, *subject, *export_to, *password_file, *ckaid;
	const char *san[SAN_MAX];
	unsigned san_count, days, bits;
	enum key_kind kind;
	bool as_ca, left, right, ipseckey, pem, list, dump;
	char **arguments; /* what is no option */
	int count;
};
/* argv[0]: the verb; which: bits of enum key_option. EXIT_DONE, or EXIT_USAGE and it complained. */
int key_options(struct ipsec *ipsec, int argc, char **argv, unsigned which,
		struct key_options *out);

/* Opens the NSS database; to change it, it is made when it is absent. EXIT_DONE: close_keys() is
 * the caller's; otherwise it complained. */
int open_keys(const struct ipsec *ipsec, const struct key_options *options, bool change);
void close_keys(void);
/* From the file, or asked for: without echo on a terminal, otherwise a line of standard input. It
 * ends with a NUL byte. twice: a terminal is asked again. EXIT_DONE, or it complained. */
int take_password(const char *file, const char *prompt, bool twice, struct secret *out);

#define DATE_MAX 32
const char *date_text(int64_t when, char buffer[DATE_MAX]); /* "2027-01-31" */
const char *kind_text(enum key_kind kind);		    /* "ECDSA P-256" */
/* A name for people: the CN, or the whole subject, or the first alternative. */
#define NICKNAME_MAX 128
void certificate_nickname(const struct certificate *certificate, char out[NICKNAME_MAX]);
/* Tells how the daemon, if it runs, learns of the change. */
void tell_daemon(const struct ipsec *ipsec);

int verb_initnss(struct ipsec *ipsec, int argc, char **argv);
int verb_import(struct ipsec *ipsec, int argc, char **argv); /* import.c */
int verb_newca(struct ipsec *ipsec, int argc, char **argv);  /* issue.c */
int verb_newcert(struct ipsec *ipsec, int argc, char **argv);
int verb_list(struct ipsec *ipsec, int argc, char **argv);	 /* list.c */
int verb_check(struct ipsec *ipsec, int argc, char **argv);	 /* check_conn.c */
int verb_newhostkey(struct ipsec *ipsec, int argc, char **argv); /* hostkey.c */
int verb_showhostkey(struct ipsec *ipsec, int argc, char **argv);

#endif
