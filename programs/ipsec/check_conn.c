/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec check CONN: all that can be known of a connection's keys and certificates before the peer
 * is asked; a line for each, and what to do. */
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/text.h"
#include "check_conn.h"

#define DAY	  ((int64_t)86400)
#define SOON_DAYS 30

void conn_check_say(struct check *check, enum mark mark, const char *format, ...)
{
	static const char *const words[] = { "OK", "WARN", "FAIL" };
	char raw[1200], text[2400]; /* a certificate may hold anything */
	va_list args;
	json_t *json;

	va_start(args, format);
	(void)vsnprintf(raw, sizeof(raw), format, args);
	va_end(args);
	(void)text_escape(text, sizeof(text), raw);
	check->warnings += mark == MARK_WARN;
	check->failures += mark == MARK_FAIL;
	if (!check->ipsec->json) {
		(void)printf("%-4s  %s\n", words[mark], text);
		return;
	}
	json = json_pack("{s:s,s:s}", "result", words[mark], "text", text);
	print_json(json);
	json_decref(json);
}

/* ---- which end is ours ---- */

static bool is_address(const struct sockaddr *here, const struct ip_addr *addr)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (here == NULL || here->sa_family != addr->family)
		return false;
	memcpy(&v4, here, sizeof(v4));
	if (addr->family == AF_INET)
		return memcmp(&v4.sin_addr, addr->bytes, 4) == 0;
	memcpy(&v6, here, sizeof(v6));
	return addr->family == AF_INET6 && memcmp(&v6.sin6_addr, addr->bytes, 16) == 0;
}

static bool address_is_here(const struct ip_addr *addr)
{
	struct ifaddrs *all = NULL;
	bool found = false;

	if (getifaddrs(&all) != 0)
		return false;
	for (const struct ifaddrs *at = all; at != NULL && !found; at = at->ifa_next)
		found = is_address(at->ifa_addr, addr);
	freeifaddrs(all);
	return found;
}

static bool end_is_here(const struct config_end *end)
{
	return end->kind == HOST_DEFAULTROUTE ||
	       (end->kind == HOST_ADDRESS && address_is_here(&end->addr));
}

static void choose_ends(struct check *check)
{
	bool right = end_is_here(&check->conn->right) && !end_is_here(&check->conn->left);

	check->own = right ? &check->conn->right : &check->conn->left;
	check->peer = right ? &check->conn->left : &check->conn->right;
	check->own_side = right ? "right" : "left";
	check->peer_side = right ? "left" : "right";
}

/* ---- dates ---- */

static void check_dates(struct check *check, const char *what,
			const struct certificate *certificate)
{
	int64_t now = time(NULL), left = certificate_not_after(certificate) - now;
	char date[DATE_MAX];

	if (now < certificate_not_before(certificate))
		conn_check_say(check, MARK_FAIL,
			       "%s is not valid before %s; is the clock of this host right?", what,
			       date_text(certificate_not_before(certificate), date));
	else if (left < 0)
		conn_check_say(check, MARK_FAIL,
			       "%s expired on %s; renew it (ipsec newcert, ipsec import)", what,
			       date_text(certificate_not_after(certificate), date));
	else if (left < SOON_DAYS * DAY)
		conn_check_say(check, MARK_WARN, "%s expires on %s, in %lld days; renew it", what,
			       date_text(certificate_not_after(certificate), date),
			       (long long)(left / DAY));
	else
		conn_check_say(check, MARK_OK, "%s is valid until %s", what,
			       date_text(certificate_not_after(certificate), date));
}

/* ---- chains ---- */

/* RC_OK: trusted, and out has the path, to be wiped; otherwise the diag has the sentence. */
static enum rc verify(struct check *check, const struct certificate *leaf,
		      struct certificate *const *chain, unsigned chain_count,
		      const struct config_end *end, struct x509_verify *out, struct diag *diag)
{
	struct span ders[X509_CHAIN_MAX];
	enum rc rc;

	*out = (struct x509_verify){ .trust = keyring_trust(check->keyring),
				     .ders = ders,
				     .now = time(NULL) };
	if (end->ca != NULL)
		out->ca = span_make(end->ca, end->ca_len);
	ders[out->count++] = certificate_der(leaf);
	for (unsigned i = 0; i < chain_count && out->count < X509_CHAIN_MAX; i++)
		ders[out->count++] = certificate_der(chain[i]);
	rc = x509_verify(out, diag);
	out->ders = NULL;
	if (rc != RC_OK)
		x509_verify_wipe(out);
	return rc;
}

/* ---- ours ---- */

static struct identity identity_of(const struct config_end *end, uint8_t bytes[16])
{
	struct identity id = end->id;

	if (id.type != ID_NONE || end->kind != HOST_ADDRESS)
		return id;
	id.type = end->addr.family == AF_INET6 ? ID_IPV6_ADDR : ID_IPV4_ADDR;
	id.len = end->addr.family == AF_INET6 ? 16 : 4;
	memcpy(bytes, end->addr.bytes, id.len);
	id.data = bytes;
	return id;
}

static void list_names(const struct certificate *certificate, char *out, size_t size)
{
	char text[IDENTITY_TEXT_MAX];
	struct identity id;
	size_t len = (size_t)snprintf(out, size, "%s", certificate_subject_text(certificate, text));

	for (unsigned i = 0; len < size && certificate_alternative(certificate, i, &id); i++)
		len += (size_t)snprintf(out + len, size - len, "; %s", identity_text(&id, text));
}

static void check_own_id(struct check *check, const struct certificate *certificate)
{
	char text[IDENTITY_TEXT_MAX], names[700];
	struct identity made;
	uint8_t bytes[16];
	struct identity id = identity_of(check->own, bytes);

	if (check->own->id_fromcert) {
		if (certificate_identity(certificate, &made) != RC_OK) {
			conn_check_say(check, MARK_FAIL,
				       "%sid=%%fromcert: the certificate has no name",
				       check->own_side);
			return;
		}
		conn_check_say(check, MARK_OK, "%sid=%%fromcert: the identity is %s",
			       check->own_side, identity_text(&made, text));
		identity_free(&made);
		return;
	}
	if (id.type == ID_NONE) {
		conn_check_say(
			check, MARK_WARN,
			"%sid= is not given and the address is not known yet; %sid=%%fromcert "
			"takes "
			"the certificate's name",
			check->own_side, check->own_side);
		return;
	}
	if (certificate_names(certificate, &id)) {
		conn_check_say(check, MARK_OK, "our identity %s stands in the certificate",
			       identity_text(&id, text));
		return;
	}
	list_names(certificate, names, sizeof(names));
	conn_check_say(
		check, MARK_FAIL,
		"our identity %s does not stand in the certificate, and a peer will refuse it; it "
		"has: "
		"%s. Set %sid= to one of these (or %%fromcert), or have a certificate made with it "
		"(ipsec newcert --san)",
		identity_text(&id, text), names, check->own_side);
}

static void check_own_chain(struct check *check, const struct credential *credential)
{
	char anchor[IDENTITY_TEXT_MAX];
	struct x509_verify path;
	struct diag diag = { "" };

	if (verify(check, credential->certificate, credential->chain, credential->chain_count,
		   check->own, &path, &diag) != RC_OK) {
		conn_check_say(check, MARK_WARN,
			       "its chain is not trusted here (%s); a peer needs its CA and all "
			       "intermediates: import them (ipsec import)",
			       diag.text);
		return;
	}
	conn_check_say(check, MARK_OK,
		       "its chain leads to %s, which is trusted here; %u intermediate "
		       "certificate%s sent with it",
		       certificate_subject_text(path.path[path.path_count - 1], anchor),
		       credential->chain_count, credential->chain_count == 1 ? " is" : "s are");
	conn_check_revocation(check, path.path, path.path_count, false);
	x509_verify_wipe(&path);
}

static bool kind_is_allowed(unsigned auth, enum key_kind kind)
{
	unsigned needed = kind == KEY_RSA	? AUTHBY_RSA
			  : kind == KEY_ED25519 ? AUTHBY_EDDSA
						: AUTHBY_ECDSA;
	return (auth & needed) != 0;
}

static void check_own_key(struct check *check, struct credential *credential)
{
	struct public_key *public = private_key_public(credential->key);
	enum key_kind kind = public_key_kind(public);

	if (kind_is_allowed(check->own->auth, kind))
		conn_check_say(check, MARK_OK, "its key, %s with %u bits, signs as authby= says",
			       kind_text(kind), public_key_bits(public));
	else
		conn_check_say(
			check, MARK_FAIL,
			"its key is %s, with which authby= (or %sauth=) does not let us sign; "
			"add %s",
			kind_text(kind), check->own_side, kind == KEY_RSA ? "rsasig" : "ecdsa");
}

static void say_where(struct check *check, const char *what, const struct credential *credential)
{
	if (credential->from == NULL)
		conn_check_say(check, MARK_OK,
			       "%s is in the NSS database, and its private key belongs to it",
			       what);
	else if (credential->key_from != NULL)
		conn_check_say(check, MARK_OK, "%s is in %s, and its private key in %s", what,
			       credential->from, credential->key_from);
	else
		conn_check_say(check, MARK_OK,
			       "%s is in %s, and its private key is there or in the NSS database",
			       what, credential->from);
}

static void check_own(struct check *check)
{
	struct credential *credential = NULL;
	struct diag diag = { "" };
	char subject[IDENTITY_TEXT_MAX], what[IDENTITY_TEXT_MAX + 120];
	enum rc rc = keyring_credential(check->keyring, check->own, &credential, &diag);

	if (rc != RC_OK) {
		conn_check_say(check, MARK_FAIL, "%s",
			       rc == RC_NOT_FOUND ? "this end has no certificate and no key: "
						    "leftcert=, leftckaid= or leftrsasigkey="
						  : diag.text);
		return;
	}
	if (credential->certificate == NULL) {
		conn_check_say(check, MARK_OK, "our raw key is there with its private half");
		check_own_key(check, credential);
		return;
	}
	(void)snprintf(what, sizeof(what), "our certificate \"%.100s\" (%s)", check->own->cert,
		       certificate_subject_text(credential->certificate, subject));
	say_where(check, what, credential);
	check_dates(check, what, credential->certificate);
	check_own_key(check, credential);
	check_own_id(check, credential->certificate);
	check_own_chain(check, credential);
}

/* ---- the peer's ---- */

static void check_peer_certificate(struct check *check)
{
	struct x509_verify path;
	struct certificate *certificate = NULL;
	struct diag diag = { "" };
	const struct x509_file *file;
	char text[IDENTITY_TEXT_MAX], names[700], what[460];
	uint8_t bytes[16];
	struct identity id = identity_of(check->peer, bytes);

	file = x509_files_find(keyring_files(check->keyring), check->peer->cert);
	if (x509_certificate_load(file != NULL ? file->path : check->peer->cert, &certificate,
				  &diag) != RC_OK) {
		conn_check_say(check, MARK_FAIL, "%scert=: %s", check->peer_side, diag.text);
		return;
	}
	(void)snprintf(what, sizeof(what), "the peer's certificate \"%.100s\"%s%.300s",
		       check->peer->cert, file != NULL ? ", which is in " : "",
		       file != NULL ? file->path : "");
	check_dates(check, what, certificate);
	list_names(certificate, names, sizeof(names));
	if (check->peer->id_fromcert)
		conn_check_say(check, MARK_OK, "%sid=%%fromcert", check->peer_side);
	else if (id.type != ID_NONE && !certificate_names(certificate, &id))
		conn_check_say(check,
			       check->conn->require_id_on_certificate ? MARK_FAIL : MARK_WARN,
			       "the peer's identity %s does not stand in %s; it has: %s",
			       identity_text(&id, text), what, names);
	else if (id.type != ID_NONE)
		conn_check_say(check, MARK_OK, "the peer's identity %s stands in %s",
			       identity_text(&id, text), what);
	if (verify(check, certificate, NULL, 0, check->peer, &path, &diag) == RC_OK) {
		conn_check_revocation(check, path.path, path.path_count, true);
		x509_verify_wipe(&path);
	}
	certificate_unref(certificate);
}

static void check_trust(struct check *check)
{
	struct x509_trust *trust = keyring_trust(check->keyring);
	const struct x509_ca *ca;
	char subject[IDENTITY_TEXT_MAX], what[IDENTITY_TEXT_MAX + 60];
	unsigned anchors = 0;

	for (size_t i = 0; (ca = x509_trust_at(trust, i)) != NULL; i++) {
		if (!ca->trusted)
			continue;
		anchors++;
		(void)snprintf(what, sizeof(what), "the trusted CA %s",
			       certificate_subject_text(ca->certificate, subject));
		check_dates(check, what, ca->certificate);
	}
	if (anchors == 0)
		conn_check_say(
			check, MARK_FAIL,
			"no CA is trusted here, so no certificate of a peer can be accepted; "
			"import "
			"the peer's CA (ipsec import --ca FILE)");
}

static void check_peer_id(struct check *check)
{
	char text[IDENTITY_TEXT_MAX];
	uint8_t bytes[16];
	struct identity id = identity_of(check->peer, bytes);

	if (id.type == ID_NONE)
		conn_check_say(check, MARK_OK,
			       "any identity is accepted that stands in a trusted certificate");
	else if (check->conn->require_id_on_certificate)
		conn_check_say(
			check, MARK_OK,
			"the peer must call itself %s, and that must stand in its certificate (%s)",
			identity_text(&id, text),
			id.type == ID_DER_ASN1_DN ? "as its subject" : "as alternative name");
	else
		conn_check_say(
			check, MARK_WARN,
			"the peer must call itself %s, but require-id-on-certificate=no does not "
			"ask "
			"for it in the certificate",
			identity_text(&id, text));
}

static void check_peer(struct check *check)
{
	struct public_key *key = NULL;
	struct diag diag = { "" };
	unsigned raw = 0;
	enum rc rc = RC_OK;

	while ((rc = keyring_peer_key(check->keyring, check->peer, raw, &key, &diag)) == RC_OK) {
		conn_check_say(check,
			       kind_is_allowed(check->peer->auth, public_key_kind(key)) ? MARK_OK
											: MARK_FAIL,
			       "a key of the peer is known: %s, %u bits",
			       kind_text(public_key_kind(key)), public_key_bits(key));
		raw++;
	}
	if (rc != RC_NOT_FOUND)
		conn_check_say(check, MARK_FAIL, "the peer's key: %s", diag.text);
	if (check->peer->cert != NULL)
		check_peer_certificate(check);
	else if (raw == 0 && rc == RC_NOT_FOUND)
		check_trust(check);
	if (check->peer->cert == NULL && raw == 0)
		check_peer_id(check);
}

/* ---- shared keys ---- */

static void check_psk(struct check *check)
{
	struct config_errors errors;
	struct secrets *secrets = NULL;
	struct span psk;
	struct diag diag = { "" };
	uint8_t own[16], peer[16];
	struct identity own_id = identity_of(check->own, own);
	struct identity peer_id = identity_of(check->peer, peer);

	config_errors_init(&errors);
	if (access(check->secrets_path, R_OK) != 0)
		conn_check_say(check, MARK_WARN,
			       "%s cannot be read from here: is the shared key in it?",
			       check->secrets_path);
	else if (secrets_load(check->secrets_path, false, &secrets, &errors) != RC_OK)
		conn_check_say(check, MARK_FAIL, "%s has errors (ipsec checkconfig)",
			       check->secrets_path);
	else if (secrets_psk(secrets, &own_id, &check->own->addr, &peer_id, &check->peer->addr,
			     &psk, &diag) != RC_OK)
		conn_check_say(check, MARK_FAIL, "%s", diag.text);
	else
		conn_check_say(check, MARK_OK, "there is a shared key for these two ends");
	if (secrets != NULL)
		secrets_free(secrets);
	config_errors_free(&errors);
}

/* ---- all ---- */

static int check_all(struct check *check)
{
	choose_ends(check);
	if (check->own->kind == HOST_ADDRESS && check->peer->kind != HOST_NAME &&
	    !end_is_here(check->own))
		conn_check_say(check, MARK_WARN,
			       "neither left= nor right= is an address of this host; left is "
			       "looked at as if it were");
	else
		conn_check_say(check, MARK_OK, "%s is this host", check->own_side);
	if ((check->own->auth & AUTHBY_SIGNATURE) != 0 &&
	    ((check->own->auth & AUTHBY_SECRET) == 0 || check->own->cert != NULL))
		check_own(check);
	if ((check->peer->auth & AUTHBY_SIGNATURE) != 0 &&
	    ((check->peer->auth & AUTHBY_SECRET) == 0 || check->own->cert != NULL))
		check_peer(check);
	if (((check->own->auth | check->peer->auth) & AUTHBY_SECRET) != 0)
		check_psk(check);
	if (!check->ipsec->json)
		(void)printf("%s: %u failure%s, %u warning%s\n", check->conn->name, check->failures,
			     check->failures == 1 ? "" : "s", check->warnings,
			     check->warnings == 1 ? "" : "s");
	return check->failures == 0 ? EXIT_DONE : EXIT_FAILED;
}

static void print_errors(const struct config_errors *errors)
{
	char text[700];

	list_for(node, &errors->list)(void)
		complain(0, "%s",
			 config_error_text(container_of(node, struct config_error, in_list), text,
					   sizeof(text)));
}

/* What is wrong with the secrets check_psk() tells. */
static struct secrets *passphrases(const char *path)
{
	struct config_errors errors;
	struct secrets *secrets = NULL;

	config_errors_init(&errors);
	if (access(path, R_OK) != 0 || secrets_load(path, false, &secrets, &errors) != RC_OK)
		secrets = NULL;
	config_errors_free(&errors);
	return secrets;
}

/* The CAs of the configuration too, and its files. */
static enum rc read_authorities(struct check *check, const struct config *config, struct diag *diag)
{
	struct config_errors errors;
	struct secrets *secrets = passphrases(check->secrets_path);
	struct x509_trust *trust;
	struct x509_files *files;
	enum rc rc;

	config_errors_init(&errors);
	rc = x509_trust_load_with(config, &errors, &trust, diag);
	if (rc == RC_OK) {
		keyring_renew(check->keyring, trust);
		rc = x509_files_load(config, secrets, trust, NULL, &errors, &files, diag);
	}
	if (rc == RC_OK)
		keyring_files_set(check->keyring, files);
	secrets_free(secrets);
	print_errors(&errors);
	config_errors_free(&errors);
	return rc;
}

static int check_conn(const struct ipsec *ipsec, const struct config *config, const char *name)
{
	static const uint64_t seed[2] = { 1, 2 }; /* a table of a few names, in this command only */
	struct check check = { .ipsec = ipsec,
			       .conn = config_conn_find(config, name),
			       .setup = &config->setup };
	struct diag diag = { "" };
	int code;

	if (check.conn == NULL)
		return complain(EXIT_NOT_FOUND, "%s has no conn \"%s\"", ipsec->config, name);
	check.secrets_path = config->setup.secretsfile != NULL ? config->setup.secretsfile
							       : VANTH_SYSCONFDIR "/ipsec.secrets";
	if (keyring_new(NULL, seed, &check.keyring, &diag) != RC_OK)
		return complain(EXIT_FAILED, "%s", diag.text);
	if (read_authorities(&check, config, &diag) == RC_OK)
		code = check_all(&check);
	else
		code = complain(EXIT_FAILED, "%s", diag.text);
	keyring_free(check.keyring);
	return code;
}

int verb_check(struct ipsec *ipsec, int argc, char **argv)
{
	struct key_options options;
	struct config_errors errors;
	struct config *config = NULL;
	int code = key_options(ipsec, argc, argv, 0, &options);

	if (code == EXIT_DONE && options.count != 1)
		code = complain(EXIT_USAGE, "usage: ipsec check CONN [--json] [--nssdir DIR]");
	if (code == EXIT_DONE)
		code = open_keys(ipsec, &options, false);
	if (code != EXIT_DONE)
		return code;
	config_errors_init(&errors);
	if (config_load(ipsec->config, &config, &errors) == RC_OK) {
		code = check_conn(ipsec, config, options.arguments[0]);
		config_unref(config);
	} else {
		print_errors(&errors);
		code = EXIT_FAILED;
	}
	config_errors_free(&errors);
	close_keys();
	return code;
}
