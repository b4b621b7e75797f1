/* SPDX-License-Identifier: Apache-2.0 */
/* Who says whether a certificate is revoked, and what the daemon has heard of it. */
#include <stdio.h>
#include <string.h>
#include "check_conn.h"

#define PLACES_MAX 600

struct one {
	struct check *check;
	const struct certificate *certificate, *issuer;
	bool theirs;
	char name[IDENTITY_TEXT_MAX];
	char known[16], text[600]; /* what the daemon says; known "": it was not asked */
};

/* ---- places ---- */

static void add_place(char places[PLACES_MAX], const char *what, struct span url)
{
	size_t len = strlen(places);

	(void)snprintf(places + len, PLACES_MAX - len, "%s%s %.*s", len > 0 ? ", " : "", what,
		       (int)(url.len < 120 ? url.len : 120), (const char *)url.ptr);
}

static void add_text(char places[PLACES_MAX], const char *what, const char *url)
{
	if (url != NULL)
		add_place(places, what, span_make(url, strlen(url)));
}

/* What the issuer's ca section says; NULL: it has none. */
static const struct x509_points *points_of(const struct one *one)
{
	return x509_trust_points(keyring_trust(one->check->keyring), one->issuer);
}

static bool section_names_responder(const struct one *one)
{
	const struct x509_points *points = points_of(one);
	bool any = false;

	for (unsigned i = 0; points != NULL && i < CONFIG_CA_OCSPS; i++)
		any = any || points->ocsps[i] != NULL;
	return any;
}

static bool section_names_crl(const struct one *one)
{
	const struct x509_points *points = points_of(one);
	bool any = false;

	for (unsigned i = 0; points != NULL && i < CONFIG_CA_CRLS; i++)
		any = any || points->crls[i] != NULL;
	return any;
}

/* Those that the daemon asks, in its order. */
static void find_places(const struct one *one, char places[PLACES_MAX])
{
	const struct config_setup *setup = one->check->setup;
	const struct x509_points *points = points_of(one);
	bool section = section_names_responder(one);
	struct span url;

	places[0] = '\0';
	add_text(places, "OCSP (ocsp-uri=)", setup->ocsp_uri);
	for (unsigned i = 0; setup->ocsp_uri == NULL && section && i < CONFIG_CA_OCSPS; i++)
		add_text(places, "OCSP (ca section)", points->ocsps[i]);
	for (unsigned i = 0;
	     setup->ocsp_uri == NULL && !section && certificate_ocsp_url(one->certificate, i, &url);
	     i++)
		add_place(places, "OCSP", url);
	for (unsigned i = 0; points != NULL && i < CONFIG_CA_CRLS; i++)
		add_text(places, "CRL (ca section)", points->crls[i]);
	for (unsigned i = 0; certificate_crl_url(one->certificate, i, &url); i++)
		add_place(places, "CRL", url);
}

/* What is named, and not asked here. */
static void check_others(const struct one *one)
{
	const struct config_setup *setup = one->check->setup;
	struct span url;

	if (setup->ocsp_uri == NULL && !section_names_responder(one) &&
	    !certificate_ocsp_url(one->certificate, 0, &url) &&
	    certificate_ocsp_other(one->certificate, &url))
		conn_check_say(
			one->check,
			one->theirs && setup->ocsp_enable && setup->ocsp_strict ? MARK_FAIL
										: MARK_WARN,
			"the responder of %s is asked by http only, and it names %.*s%s", one->name,
			(int)(url.len < 200 ? url.len : 200), (const char *)url.ptr,
			one->theirs && setup->ocsp_enable && setup->ocsp_strict
				? ": ocsp-strict=yes refuses it; ocsp-uri=, or ocspuri= of a "
				  "ca section, names another"
				: "");
	if (!section_names_crl(one) && !certificate_crl_url(one->certificate, 0, &url) &&
	    certificate_crl_other(one->certificate, &url))
		conn_check_say(
			one->check, MARK_WARN,
			"the CRL of %s is fetched by http only, and it names %.*s: put the list "
			"into ipsec.d/crls, or import it",
			one->name, (int)(url.len < 200 ? url.len : 200), (const char *)url.ptr);
}

static void check_places(const struct one *one)
{
	char places[PLACES_MAX];

	find_places(one, places);
	if (places[0] != '\0')
		conn_check_say(one->check, MARK_OK,
			       "%s has somebody who says whether it is revoked: %s", one->name,
			       places);
	else
		conn_check_say(
			one->check, MARK_OK, "%s names nobody who says whether it is revoked%s",
			one->name,
			one->theirs && one->check->setup->crl_strict
				? "; crl-strict=yes needs its list in ipsec.d/crls, or imported"
				: "");
	check_others(one);
}

/* ---- what is known ---- */

static char *hex_of(const struct certificate *certificate)
{
	static const char digits[] = "0123456789abcdef";
	struct span der = certificate_der(certificate);
	char *text = mem_alloc(2 * der.len + 1);

	for (size_t i = 0; text != NULL && i < der.len; i++) {
		text[2 * i] = digits[der.ptr[i] >> 4];
		text[2 * i + 1] = digits[der.ptr[i] & 15];
	}
	return text;
}

static void take_answer(void *context, const json_t *parameters, bool continues)
{
	struct one *one = context;

	(void)continues;
	(void)snprintf(one->known, sizeof(one->known), "%s", text_of(parameters, "standing"));
	(void)snprintf(one->text, sizeof(one->text), "%s", text_of(parameters, "text"));
}

static void ask_daemon(struct one *one)
{
	char *certificate = hex_of(one->certificate), *issuer = hex_of(one->issuer);

	if (certificate != NULL && issuer != NULL)
		(void)client_call(
			one->check->ipsec, "io.vanth.ike.RevocationOf",
			json_pack("{s:s,s:s}", "certificate", certificate, "issuer", issuer), false,
			take_answer, one);
	mem_free(certificate);
	mem_free(issuer);
}

static void check_known(struct one *one)
{
	const struct config_setup *setup = one->check->setup;
	bool strict = setup->crl_strict || (setup->ocsp_enable && setup->ocsp_strict);

	ask_daemon(one);
	if (strcmp(one->known, "revoked") == 0)
		conn_check_say(one->check, MARK_FAIL, "%s: %s", one->text,
			       one->theirs ? "it is refused"
					   : "peers may refuse it; have another one made");
	else if (strcmp(one->known, "good") == 0)
		conn_check_say(one->check, MARK_OK, "%s", one->text);
	else
		conn_check_say(
			one->check, one->theirs && strict ? MARK_WARN : MARK_OK,
			"the daemon knows nothing yet of whether %s is revoked%s", one->name,
			!one->theirs ? ""
			: strict ? "; it asks when the peer comes up, and refuses it without an "
				   "answer (crl-strict=, ocsp-strict=)"
				 : "; it asks when the peer comes up, and does not wait");
}

void conn_check_revocation(struct check *check, struct certificate *const *path, unsigned count,
			   bool theirs)
{
	bool running = client_probe(check->ipsec, NULL);

	for (unsigned i = 0; i + 1 < count; i++) {
		struct one one = { .check = check,
				   .certificate = path[i],
				   .issuer = path[i + 1],
				   .theirs = theirs };
		(void)certificate_subject_text(path[i], one.name);
		check_places(&one);
		if (running)
			check_known(&one);
	}
	if (!running && count > 1)
		conn_check_say(
			check, MARK_OK,
			"the daemon does not run: what it would know of revoked certificates is "
			"not known here");
}
