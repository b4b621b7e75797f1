/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec newca, ipsec newcert: a small private CA whose key stays in the NSS database. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "keys.h"
#include "x509/issue.h"

#define DAY	  ((int64_t)86400)
#define CA_DAYS	  3650
#define CERT_DAYS 825
#define SKEW	  3600 /* clocks of other hosts may be behind by this many seconds */

struct making {
	const struct ipsec *ipsec;
	const struct key_options *options;
	struct store_list list;
	const struct store_item *ca; /* newcert: who issues */
	struct private_key *key, *ca_key;
	struct identity names[SAN_MAX];
	unsigned name_count;
	struct certificate *made;
	char subject[300];
	struct arena arena;
	struct diag diag;
};

static struct sign_scheme scheme_for(const struct private_key *key)
{
	switch (public_key_kind(private_key_public(key))) {
	case KEY_RSA:
		break;
	case KEY_ECDSA_P256:
		return (struct sign_scheme){ .form = SIGN_ECDSA, .hash = SIGN_SHA2_256 };
	case KEY_ECDSA_P384:
		return (struct sign_scheme){ .form = SIGN_ECDSA, .hash = SIGN_SHA2_384 };
	case KEY_ECDSA_P521:
		return (struct sign_scheme){ .form = SIGN_ECDSA, .hash = SIGN_SHA2_512 };
	case KEY_ED25519:
		return (struct sign_scheme){ .form = SIGN_ED25519, .hash = SIGN_IDENTITY };
	}
	return (struct sign_scheme){ .form = SIGN_RSA_PKCS1, .hash = SIGN_SHA2_256 };
}

static int name_is_free(struct making *making, const char *name)
{
	char subject[IDENTITY_TEXT_MAX], date[DATE_MAX];

	if (name[0] == '\0' || strlen(name) >= NICKNAME_MAX - 8 || strchr(name, '/') != NULL)
		return complain(EXIT_USAGE,
				"--name \"%s\": expected 1 to %d characters without a slash", name,
				NICKNAME_MAX - 9);
	for (size_t i = 0; i < making->list.count; i++) {
		const struct store_item *item = &making->list.items[i];
		if (strcmp(item->nickname, name) == 0)
			return complain(
				EXIT_FAILED,
				"there is a certificate \"%s\" already (%s, valid until %s); give "
				"the new one another --name",
				name, certificate_subject_text(item->certificate, subject),
				date_text(certificate_not_after(item->certificate), date));
	}
	return EXIT_DONE;
}

/* CN=NAME, with what has a meaning in a DN escaped. */
static void make_subject(struct making *making, const char *name)
{
	size_t len;

	if (making->options->subject != NULL) {
		(void)snprintf(making->subject, sizeof(making->subject), "%s",
			       making->options->subject);
		return;
	}
	len = (size_t)snprintf(making->subject, sizeof(making->subject), "CN=");
	for (; *name != '\0' && len < sizeof(making->subject) - 3; name++) {
		if (strchr(",+\"\\<>;=#/", *name) != NULL)
			making->subject[len++] = '\\';
		making->subject[len++] = *name;
	}
	making->subject[len] = '\0';
}

/* ---- made, and kept ---- */

static enum rc issue(struct making *making, struct x509_issue *what)
{
	struct span der;

	TRY(private_key_generate(making->options->kind, making->options->bits, true,
				 making->options->name, 0, &making->key, &making->diag));
	what->subject = making->subject;
	what->key = private_key_public(making->key);
	if (what->issuer_key == NULL)
		what->issuer_key = making->key;
	what->scheme = scheme_for(what->issuer_key);
	TRY(x509_issue(what, &making->arena, &der, &making->diag));
	TRY(certificate_parse(der, &making->made, &making->diag));
	return store_add(making->made, making->options->name, what->ca, NULL, &making->diag);
}

static int make(struct making *making, struct x509_issue *what)
{
	struct public_key *public;

	if (issue(making, what) == RC_OK)
		return EXIT_DONE;
	if (making->key != NULL) {
		public = public_key_ref(private_key_public(making->key));
		private_key_unref(making->key);
		making->key = NULL;
		(void)!store_remove_key(public, NULL);
		public_key_unref(public);
	}
	return complain(EXIT_FAILED, "%s", making->diag.text);
}

static void set_dates(const struct making *making, unsigned usual, struct x509_issue *what)
{
	unsigned days = making->options->days != 0 ? making->options->days : usual;

	what->not_before = time(NULL) - SKEW;
	what->not_after = time(NULL) + days * DAY;
}

static void making_free(struct making *making)
{
	for (unsigned i = 0; i < making->name_count; i++)
		identity_free(&making->names[i]);
	private_key_unref(making->ca_key);
	private_key_unref(making->key);
	certificate_unref(making->made);
	store_list_free(&making->list);
	arena_free(&making->arena);
}

static int making_open(struct making *making)
{
	int code = open_keys(making->ipsec, making->options, true);

	if (code != EXIT_DONE)
		return code;
	arena_init(&making->arena, (size_t)1 << 22);
	if (store_list(true, &making->list, &making->diag) == RC_OK)
		return EXIT_DONE;
	close_keys();
	return complain(EXIT_FAILED, "%s", making->diag.text);
}

/* ---- the CA ---- */

static int newca(struct making *making)
{
	struct x509_issue what = { .ca = true, .path_length = 0 };
	char date[DATE_MAX];
	int code = name_is_free(making, making->options->name);

	if (code != EXIT_DONE)
		return code;
	make_subject(making, making->options->name);
	set_dates(making, CA_DAYS, &what);
	code = make(making, &what);
	if (code != EXIT_DONE)
		return code;
	(void)printf("CA \"%s\": %s, valid until %s, trusted here; its private key stays in the "
		     "NSS database\n",
		     making->options->name, making->subject,
		     date_text(certificate_not_after(making->made), date));
	tell_daemon(making->ipsec);
	return EXIT_DONE;
}

int verb_newca(struct ipsec *ipsec, int argc, char **argv)
{
	struct key_options options;
	struct making making = { .ipsec = ipsec, .options = &options };
	int code = key_options(ipsec, argc, argv,
			       KEY_OPTION_NAME | KEY_OPTION_MAKE | KEY_OPTION_ISSUE, &options);

	if (code == EXIT_DONE && options.count > 0)
		code = complain(EXIT_USAGE, "usage: ipsec newca [--name NAME] [--days N] [--curve "
					    "CURVE | --bits N] [--nssdir DIR]");
	if (options.name == NULL)
		options.name = "Private CA";
	if (code == EXIT_DONE)
		code = making_open(&making);
	if (code != EXIT_DONE)
		return code;
	code = newca(&making);
	making_free(&making);
	close_keys();
	return code;
}

/* ---- certificates ---- */

static bool can_issue(const struct store_item *item)
{
	return item->has_key && certificate_is_ca(item->certificate);
}

static int find_ca(struct making *making)
{
	const char *wanted = making->options->ca;
	unsigned count = 0;

	for (size_t i = 0; i < making->list.count; i++) {
		const struct store_item *item = &making->list.items[i];
		if (!can_issue(item) || (wanted != NULL && strcmp(wanted, item->nickname) != 0))
			continue;
		making->ca = item;
		count++;
	}
	if (count == 1)
		return EXIT_DONE;
	if (count == 0 && wanted != NULL)
		return complain(EXIT_NOT_FOUND,
				"there is no CA \"%s\" with its private key here (\"ipsec list "
				"cacerts\" shows the CAs)",
				wanted);
	if (count == 0)
		return complain(
			EXIT_NOT_FOUND,
			"there is no CA with its private key here; \"ipsec newca\" makes one");
	return complain(
		EXIT_USAGE,
		"there are %u CAs with their private keys here; --ca NAME says which issues "
		"(\"ipsec list cacerts\" shows them)",
		count);
}

static int add_name(struct making *making, const char *text, bool said)
{
	struct identity *id = &making->names[making->name_count];

	if (identity_parse(text, id, &making->diag) == RC_OK &&
	    (id->type == ID_FQDN || id->type == ID_RFC822_ADDR || id->type == ID_IPV4_ADDR ||
	     id->type == ID_IPV6_ADDR)) {
		making->name_count++;
		return EXIT_DONE;
	}
	identity_free(id);
	if (!said)
		return EXIT_DONE; /* --name need not be an identity */
	return complain(EXIT_USAGE,
			"--san %s: expected a host name (@gw.example), a mail address or an IP "
			"address",
			text);
}

static int take_names(struct making *making)
{
	int code = EXIT_DONE;

	for (unsigned i = 0; i < making->options->san_count && code == EXIT_DONE; i++)
		code = add_name(making, making->options->san[i], true);
	if (code == EXIT_DONE && making->options->san_count == 0 &&
	    strchr(making->options->name, ' ') == NULL &&
	    strpbrk(making->options->name, ".:") != NULL)
		code = add_name(making, making->options->name, false);
	return code;
}

static int open_ca(struct making *making)
{
	struct public_key *public = NULL;
	char date[DATE_MAX];
	enum rc rc = certificate_key(making->ca->certificate, &public, &making->diag);

	if (rc == RC_OK)
		rc = private_key_find(public, &making->ca_key, &making->diag);
	public_key_unref(public);
	if (rc != RC_OK)
		return complain(EXIT_FAILED, "the CA \"%s\": %s", making->ca->nickname,
				making->diag.text);
	if (time(NULL) > certificate_not_after(making->ca->certificate))
		return complain(EXIT_FAILED, "the CA \"%s\" expired on %s", making->ca->nickname,
				date_text(certificate_not_after(making->ca->certificate), date));
	return EXIT_DONE;
}

/* ---- for another host ---- */

static int write_file(const char *path, struct span bytes)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	size_t done = 0;

	if (fd < 0)
		return complain(EXIT_FAILED, "cannot write %s: %s", path, strerror(errno));
	while (done < bytes.len) {
		ssize_t put = write(fd, bytes.ptr + done, bytes.len - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			break;
		done += (size_t)put;
	}
	if (close(fd) == 0 && done == bytes.len)
		return EXIT_DONE;
	(void)complain(0, "cannot write %s: %s", path, strerror(errno));
	(void)unlink(path);
	return EXIT_FAILED;
}

static int export_to(struct making *making, const struct secret *password)
{
	struct span file;
	struct diag diag = { "" };
	int code = EXIT_DONE;

	if (pkcs12_export(making->made, (const char *)password->ptr, &making->arena, &file,
			  &diag) != RC_OK)
		code = complain(EXIT_FAILED, "%s", diag.text);
	else
		code = write_file(making->options->export_to, file);
	/* its private key belongs to the other host alone */
	private_key_unref(making->key);
	making->key = NULL;
	if (store_remove(making->made, true, &diag) != RC_OK)
		(void)complain(0, "%s", diag.text);
	return code;
}

static void tell_made(const struct making *making)
{
	char text[IDENTITY_TEXT_MAX], date[DATE_MAX];

	(void)printf("certificate \"%s\": %s, issued by \"%s\", valid until %s\n",
		     making->options->name, making->subject, making->ca->nickname,
		     date_text(certificate_not_after(making->made), date));
	for (unsigned i = 0; i < making->name_count; i++)
		(void)printf("  may call itself %s\n", identity_text(&making->names[i], text));
	if (making->name_count == 0)
		(void)printf("  has no alternative name: its identity is %s (leftid=%%fromcert)\n",
			     making->subject);
	if (making->options->export_to != NULL)
		(void)printf(
			"  %s holds it with its private key and the CA; bring that to its host "
			"(\"ipsec import\" there) and delete the file\n",
			making->options->export_to);
	else
		tell_daemon(making->ipsec);
}

static int newcert(struct making *making, const struct secret *password)
{
	struct x509_issue what = { .path_length = -1 };
	int code = name_is_free(making, making->options->name);

	if (code == EXIT_DONE)
		code = find_ca(making);
	if (code == EXIT_DONE)
		code = open_ca(making);
	if (code == EXIT_DONE)
		code = take_names(making);
	if (code != EXIT_DONE)
		return code;
	make_subject(making, making->options->name);
	set_dates(making, CERT_DAYS, &what);
	if (what.not_after > certificate_not_after(making->ca->certificate))
		what.not_after = certificate_not_after(making->ca->certificate);
	what.issuer = making->ca->certificate;
	what.issuer_key = making->ca_key;
	what.names = making->names;
	what.name_count = making->name_count;
	code = make(making, &what);
	if (code == EXIT_DONE && making->options->export_to != NULL)
		code = export_to(making, password);
	if (code == EXIT_DONE)
		tell_made(making);
	return code;
}

/* Before a key is made for nothing. */
static int prepare_export(const struct key_options *options, struct secret *password)
{
	char prompt[300];
	int code;

	if (options->export_to == NULL)
		return EXIT_DONE;
	if (access(options->export_to, F_OK) == 0)
		return complain(EXIT_FAILED, "%s exists already; it is not overwritten",
				options->export_to);
	(void)snprintf(prompt, sizeof(prompt), "Password for %.250s", options->export_to);
	code = take_password(options->password_file, prompt, true, password);
	if (code == EXIT_DONE && password->ptr[0] == '\0')
		code = complain(EXIT_FAILED, "a file with a private key needs a password");
	return code;
}

int verb_newcert(struct ipsec *ipsec, int argc, char **argv)
{
	struct key_options options;
	struct making making = { .ipsec = ipsec, .options = &options };
	struct secret password = { NULL, 0 };
	int code = key_options(ipsec, argc, argv,
			       KEY_OPTION_NAME | KEY_OPTION_CA | KEY_OPTION_MAKE |
				       KEY_OPTION_ISSUE | KEY_OPTION_SAN | KEY_OPTION_PASSWORD,
			       &options);

	if (code == EXIT_DONE && (options.count > 0 || options.name == NULL))
		code = complain(
			EXIT_USAGE,
			"usage: ipsec newcert --name NAME [--san NAME]... [--ca CA] [--days "
			"N] [--curve CURVE | --bits N] [--export FILE.p12 [--password-file "
			"FILE]] [--nssdir DIR]");
	if (code == EXIT_DONE)
		code = making_open(&making);
	if (code != EXIT_DONE)
		return code;
	code = prepare_export(&options, &password);
	if (code == EXIT_DONE)
		code = newcert(&making, &password);
	secret_wipe(&password);
	making_free(&making);
	close_keys();
	return code;
}
