/* SPDX-License-Identifier: Apache-2.0 */
#include "keys.h"
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include "config/config.h"

/* ---- options ---- */

enum code {
	CODE_NSSDIR = 256,
	CODE_CTLSOCKET,
	CODE_CONFIG,
	CODE_JSON,
	CODE_NAME,
	CODE_AS_CA,
	CODE_CA,
	CODE_BITS,
	CODE_CURVE,
	CODE_DAYS,
	CODE_SUBJECT,
	CODE_SAN,
	CODE_EXPORT,
	CODE_PASSWORD_FILE,
	CODE_LEFT,
	CODE_RIGHT,
	CODE_IPSECKEY,
	CODE_PEM,
	CODE_LIST,
	CODE_DUMP,
	CODE_CKAID,
};

static const struct {
	unsigned which; /* 0: every verb's */
	struct option option;
} known[] = {
	{ 0, { "nssdir", required_argument, NULL, CODE_NSSDIR } },
	{ 0, { "ctlsocket", required_argument, NULL, CODE_CTLSOCKET } },
	{ 0, { "config", required_argument, NULL, CODE_CONFIG } },
	{ 0, { "json", no_argument, NULL, CODE_JSON } },
	{ KEY_OPTION_NAME, { "name", required_argument, NULL, CODE_NAME } },
	{ KEY_OPTION_AS_CA, { "ca", no_argument, NULL, CODE_AS_CA } },
	{ KEY_OPTION_CA, { "ca", required_argument, NULL, CODE_CA } },
	{ KEY_OPTION_MAKE, { "bits", required_argument, NULL, CODE_BITS } },
	{ KEY_OPTION_MAKE, { "curve", required_argument, NULL, CODE_CURVE } },
	{ KEY_OPTION_ISSUE, { "days", required_argument, NULL, CODE_DAYS } },
	{ KEY_OPTION_ISSUE, { "subject", required_argument, NULL, CODE_SUBJECT } },
	{ KEY_OPTION_SAN, { "san", required_argument, NULL, CODE_SAN } },
	{ KEY_OPTION_SAN, { "export", required_argument, NULL, CODE_EXPORT } },
	{ KEY_OPTION_PASSWORD, { "password-file", required_argument, NULL, CODE_PASSWORD_FILE } },
	{ KEY_OPTION_SHOW, { "left", no_argument, NULL, CODE_LEFT } },
	{ KEY_OPTION_SHOW, { "right", no_argument, NULL, CODE_RIGHT } },
	{ KEY_OPTION_SHOW, { "ipseckey", no_argument, NULL, CODE_IPSECKEY } },
	{ KEY_OPTION_SHOW, { "pem", no_argument, NULL, CODE_PEM } },
	{ KEY_OPTION_SHOW, { "list", no_argument, NULL, CODE_LIST } },
	{ KEY_OPTION_SHOW, { "dump", no_argument, NULL, CODE_DUMP } },
	{ KEY_OPTION_SHOW, { "ckaid", required_argument, NULL, CODE_CKAID } },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static int take_number(const char *option, const char *text, unsigned max, unsigned *out)
{
	char *end;
	unsigned long value;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || value == 0 || value > max)
		return complain(EXIT_USAGE, "--%s %s: expected a number from 1 to %u", option, text,
				max);
	*out = (unsigned)value;
	return EXIT_DONE;
}

static int take_curve(const char *text, enum key_kind *out)
{
	static const struct {
		const char *name;
		enum key_kind kind;
	} curves[] = {
		{ "P-256", KEY_ECDSA_P256 },	  { "P-384", KEY_ECDSA_P384 },
		{ "P-521", KEY_ECDSA_P521 },	  { "secp256r1", KEY_ECDSA_P256 },
		{ "secp384r1", KEY_ECDSA_P384 },  { "secp521r1", KEY_ECDSA_P521 },
		{ "prime256v1", KEY_ECDSA_P256 },
	};
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (strcasecmp(curves[i].name, text) == 0) {
			*out = curves[i].kind;
			return EXIT_DONE;
		}
	return complain(EXIT_USAGE, "--curve %s: expected P-256, P-384 or P-521", text);
}

static int take_bits(const char *text, struct key_options *out)
{
	int code = take_number("bits", text, RSA_BITS_MAX, &out->bits);

	out->kind = KEY_RSA;
	if (code == EXIT_DONE && (out->bits < RSA_BITS_MIN || out->bits % 8 != 0))
		return complain(EXIT_USAGE, "--bits %s: expected %d to %d, in steps of 8", text,
				RSA_BITS_MIN, RSA_BITS_MAX);
	return code;
}

static int take_san(struct key_options *out)
{
	if (out->san_count == SAN_MAX)
		return complain(EXIT_USAGE, "at most %d times --san", SAN_MAX);
	out->san[out->san_count++] = optarg;
	return EXIT_DONE;
}

static int take_text(struct ipsec *ipsec, int code, struct key_options *out)
{
	const char **texts[] = {
		[CODE_NSSDIR - CODE_NSSDIR] = &out->nssdir,
		[CODE_CTLSOCKET - CODE_NSSDIR] = &ipsec->ctlsocket,
		[CODE_CONFIG - CODE_NSSDIR] = &ipsec->config,
		[CODE_NAME - CODE_NSSDIR] = &out->name,
		[CODE_CA - CODE_NSSDIR] = &out->ca,
		[CODE_SUBJECT - CODE_NSSDIR] = &out->subject,
		[CODE_EXPORT - CODE_NSSDIR] = &out->export_to,
		[CODE_PASSWORD_FILE - CODE_NSSDIR] = &out->password_file,
		[CODE_CKAID - CODE_NSSDIR] = &out->ckaid,
	};
	*texts[code - CODE_NSSDIR] = optarg;
	ipsec->ctlsocket_set |= code == CODE_CTLSOCKET;
	ipsec->config_set |= code == CODE_CONFIG;
	return EXIT_DONE;
}

static int take(struct ipsec *ipsec, int code, struct key_options *out)
{
	bool *flags[] = {
		[CODE_AS_CA - CODE_NSSDIR] = &out->as_ca,
		[CODE_JSON - CODE_NSSDIR] = &ipsec->json,
		[CODE_LEFT - CODE_NSSDIR] = &out->left,
		[CODE_RIGHT - CODE_NSSDIR] = &out->right,
		[CODE_IPSECKEY - CODE_NSSDIR] = &out->ipseckey,
		[CODE_PEM - CODE_NSSDIR] = &out->pem,
		[CODE_LIST - CODE_NSSDIR] = &out->list,
		[CODE_DUMP - CODE_NSSDIR] = &out->dump,
	};
	size_t index = (size_t)(code - CODE_NSSDIR);

	if (code == CODE_BITS)
		return take_bits(optarg, out);
	if (code == CODE_CURVE)
		return take_curve(optarg, &out->kind);
	if (code == CODE_DAYS)
		return take_number("days", optarg, 36500, &out->days);
	if (code == CODE_SAN)
		return take_san(out);
	if (index >= sizeof(flags) / sizeof(flags[0]) || flags[index] == NULL)
		return take_text(ipsec, code, out);
	*flags[index] = true;
	return EXIT_DONE;
}

int key_options(struct ipsec *ipsec, int argc, char **argv, unsigned which, struct key_options *out)
{
	struct option options[KNOWN + 1] = { { NULL, 0, NULL, 0 } };
	size_t count = 0;
	int code;

	*out = (struct key_options){ .kind = KEY_ECDSA_P256 };
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].which == 0 || (known[i].which & which) != 0)
			options[count++] = known[i].option;
	optind = 0;
	opterr = 0;
	while ((code = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		if (code == ':')
			return complain(EXIT_USAGE, "option %s needs a value", argv[optind - 1]);
		if (code == '?')
			return complain(EXIT_USAGE,
					"\"ipsec %s\" has no option \"%s\" (\"ipsec help %s\")",
					argv[0], argv[optind - 1], argv[0]);
		if (take(ipsec, code, out) != EXIT_DONE)
			return EXIT_USAGE;
	}
	out->arguments = argv + optind;
	out->count = argc - optind;
	return EXIT_DONE;
}

/* ---- the database ---- */

static int nssdir_of_config(const struct ipsec *ipsec, char *out, size_t size)
{
	struct config_errors errors;
	struct config *config = NULL;
	struct diag diag = { "" };
	enum rc rc;

	if (access(ipsec->config, F_OK) != 0)
		return EXIT_DONE;
	if (crypto_open(NULL, false, &diag) != RC_OK)
		return complain(EXIT_FAILED, "%s", diag.text);
	config_errors_init(&errors);
	rc = config_load(ipsec->config, &config, &errors);
	config_errors_free(&errors);
	if (rc == RC_OK && config->setup.nssdir != NULL)
		(void)snprintf(out, size, "%s", config->setup.nssdir);
	if (rc == RC_OK)
		config_unref(config);
	crypto_close();
	if (rc == RC_OK)
		return EXIT_DONE;
	return complain(EXIT_FAILED,
			"%s cannot be read, so it is not known where the NSS database is "
			"(\"ipsec checkconfig\" tells what is wrong; --nssdir DIR says where)",
			ipsec->config);
}

/* Where it is: --nssdir, the configuration's nssdir=, or the usual place. */
static int find_nssdir(const struct ipsec *ipsec, const struct key_options *options, char *out,
		       size_t size)
{
	(void)snprintf(out, size, "%s", VANTH_NSSDIR);
	if (options->nssdir == NULL)
		return nssdir_of_config(ipsec, out, size);
	(void)snprintf(out, size, "%s", options->nssdir);
	return EXIT_DONE;
}

static int make_folder(const char *path)
{
	char part[4096];
	(void)snprintf(part, sizeof(part), "%s", path);
	for (char *at = part + 1; *at != '\0'; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		(void)mkdir(part, 0755); /* the last one tells */
		*at = '/';
	}
	if (mkdir(part, 0700) == 0 || errno == EEXIST)
		return EXIT_DONE;
	return complain(errno == EACCES ? EXIT_DENIED : EXIT_FAILED, "cannot make %s: %s", path,
			strerror(errno));
}

static int unlock(void)
{
	struct secret password = { NULL, 0 };
	struct diag diag = { "" };
	int code = EXIT_DONE;

	if (!crypto_locked())
		return EXIT_DONE;
	code = take_password(NULL, "Password of the NSS database", false, &password);
	if (code == EXIT_DONE && crypto_unlock((const char *)password.ptr, &diag) != RC_OK)
		code = complain(EXIT_DENIED, "%s", diag.text);
	secret_wipe(&password);
	return code;
}

int open_keys(const struct ipsec *ipsec, const struct key_options *options, bool change)
{
	char nssdir[4096];
	struct diag diag = { "" };
	mode_t mask = umask(077);
	int code = find_nssdir(ipsec, options, nssdir, sizeof(nssdir));

	if (code == EXIT_DONE && change)
		code = make_folder(strncmp(nssdir, "sql:", 4) == 0 ? nssdir + 4 : nssdir);
	if (code == EXIT_DONE && crypto_open(nssdir, change, &diag) != RC_OK)
		code = complain(EXIT_FAILED, "%s", diag.text);
	(void)umask(mask);
	if (code != EXIT_DONE)
		return code;
	code = unlock();
	if (code != EXIT_DONE)
		crypto_close();
	return code;
}

void close_keys(void)
{
	crypto_close();
}

/* ---- passwords ---- */

static int read_line(int fd, struct secret *out)
{
	char line[1024];
	size_t len = 0;
	enum rc rc = RC_OK;
	ssize_t got = 1;

	while (len < sizeof(line) && (got = read(fd, line + len, 1)) == 1 && line[len] != '\n')
		len++;
	if (len > 0 && line[len - 1] == '\r')
		len--;
	if (got < 0 || len == sizeof(line) || (got == 0 && len == 0))
		rc = RC_SYNTAX;
	if (rc == RC_OK)
		rc = secret_alloc(out, len + 1);
	if (rc == RC_OK)
		memcpy(out->ptr, line, len);
	wipe(line, sizeof(line));
	return rc == RC_OK ? EXIT_DONE : EXIT_FAILED;
}

static int ask(const char *prompt, struct secret *out)
{
	struct termios before, silent;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	int code;

	if (terminal) {
		silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
		(void)fprintf(stderr, "%s: ", prompt);
	}
	code = read_line(STDIN_FILENO, out);
	if (terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		(void)fputc('\n', stderr);
	}
	if (code != EXIT_DONE)
		return complain(EXIT_FAILED,
				"%s: none was given (on a terminal it is asked for; otherwise a "
				"line of standard input is it, or --password-file)",
				prompt);
	return EXIT_DONE;
}

static int password_of_file(const char *path, struct secret *out)
{
	struct stat status;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK), code;

	if (fd < 0)
		return complain(EXIT_FAILED, "cannot read %s: %s", path, strerror(errno));
	code = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? read_line(fd, out)
								  : EXIT_FAILED;
	(void)close(fd);
	if (code != EXIT_DONE)
		return complain(EXIT_FAILED, "%s is not a file with a password in its first line",
				path);
	return EXIT_DONE;
}

int take_password(const char *file, const char *prompt, bool twice, struct secret *out)
{
	struct secret again = { NULL, 0 };
	int code;

	if (file != NULL)
		return password_of_file(file, out);
	code = ask(prompt, out);
	if (code != EXIT_DONE || !twice || !isatty(STDIN_FILENO))
		return code;
	code = ask("Once more", &again);
	if (code == EXIT_DONE && !secret_equal(secret_span(out), secret_span(&again)))
		code = complain(EXIT_FAILED, "the two are not equal");
	secret_wipe(&again);
	return code;
}

/* ---- texts ---- */

const char *date_text(int64_t when, char buffer[DATE_MAX])
{
	time_t time = (time_t)when;
	struct tm parts;

	if (gmtime_r(&time, &parts) == NULL || strftime(buffer, DATE_MAX, "%F", &parts) == 0)
		(void)snprintf(buffer, DATE_MAX, "?");
	return buffer;
}

const char *kind_text(enum key_kind kind)
{
	switch (kind) {
	case KEY_RSA:
		return "RSA";
	case KEY_ECDSA_P256:
		return "ECDSA P-256";
	case KEY_ECDSA_P384:
		return "ECDSA P-384";
	case KEY_ECDSA_P521:
		return "ECDSA P-521";
	case KEY_ED25519:
		break;
	}
	return "Ed25519";
}

void certificate_nickname(const struct certificate *certificate, char out[NICKNAME_MAX])
{
	char text[IDENTITY_TEXT_MAX];
	struct identity alternative;
	const char *at = certificate_subject_text(certificate, text), *end;

	if (certificate_subject(certificate).len <= 2 &&
	    certificate_alternative(certificate, 0, &alternative))
		at = identity_text(&alternative, text);
	else if (strncmp(text, "CN=", 3) == 0)
		at = text + 3;
	else if (strstr(text, ", CN=") != NULL)
		at = strstr(text, ", CN=") + 5;
	end = at != text ? strstr(at, ", ") : NULL;
	(void)snprintf(out, NICKNAME_MAX, "%.*s", end != NULL ? (int)(end - at) : 120, at);
}

void tell_daemon(const struct ipsec *ipsec)
{
	if (client_probe(ipsec, NULL))
		(void)puts("The daemon runs; it uses this from \"ipsec rereadall\" on.");
}

int verb_initnss(struct ipsec *ipsec, int argc, char **argv)
{
	struct key_options options;
	char nssdir[4096], file[4200];
	int code = key_options(ipsec, argc, argv, 0, &options);
	bool there;

	if (code == EXIT_DONE && options.count > 0)
		return complain(EXIT_USAGE, "usage: ipsec initnss [--nssdir DIR]");
	if (code == EXIT_DONE)
		code = find_nssdir(ipsec, &options, nssdir, sizeof(nssdir));
	if (code != EXIT_DONE)
		return code;
	(void)snprintf(file, sizeof(file), "%s/cert9.db",
		       strncmp(nssdir, "sql:", 4) == 0 ? nssdir + 4 : nssdir);
	there = access(file, F_OK) == 0;
	options.nssdir = nssdir;
	code = open_keys(ipsec, &options, true);
	if (code != EXIT_DONE)
		return code;
	close_keys();
	(void)printf(there ? "%s has an NSS database already; nothing was changed\n"
			   : "%s: a new NSS database\n",
		     nssdir);
	return EXIT_DONE;
}
