/* SPDX-License-Identifier: Apache-2.0 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "x509_test.h"
#include "x509/asn1.h"

static struct arena made; /* what lives as long as the program's tests */

int pki_open(void **state)
{
	struct diag diag = { "" };
	(void)state;
	arena_init(&made, 64u << 20);
	if (crypto_open(NULL, false, &diag) == RC_OK)
		return 0;
	print_error("%s\n", diag.text);
	return -1;
}

int pki_close(void **state)
{
	(void)state;
	arena_free(&made);
	crypto_close();
	return 0;
}

struct private_key *pki_key(void)
{
	struct private_key *key = NULL;
	struct diag diag = { "" };
	if (private_key_generate(KEY_ECDSA_P256, 0, false, NULL, 0, &key, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return key;
}

struct party pki_make(struct x509_issue issue, const struct party *issuer)
{
	struct party party = { .key = NULL };
	struct diag diag = { "" };
	struct span der;

	party.key = issue.key == NULL ? pki_key() : NULL;
	if (issue.key == NULL)
		issue.key = private_key_public(party.key);
	issue.issuer = issuer != NULL ? issuer->certificate : NULL;
	issue.issuer_key = issuer != NULL ? issuer->key : party.key;
	if (issue.subject == NULL)
		issue.subject = "CN=somebody";
	if (issue.scheme.hash == 0)
		issue.scheme = ecdsa;
	if (issue.not_before == 0)
		issue.not_before = NOW - DAY;
	if (issue.not_after == 0)
		issue.not_after = NOW + YEAR;
	if (x509_issue(&issue, &made, &der, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	if (certificate_parse(der, &party.certificate, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return party;
}

struct party pki_root(const char *subject)
{
	return pki_ca(subject, NULL);
}

struct party pki_ca(const char *subject, const struct party *issuer)
{
	return pki_make((struct x509_issue){ .subject = subject, .ca = true, .path_length = -1 },
			issuer);
}

struct party pki_leaf(const char *subject, const char *dns, const struct party *issuer)
{
	struct identity name = pki_identity(dns != NULL ? dns : "none.example");
	struct party party = pki_make((struct x509_issue){ .subject = subject,
							   .names = &name,
							   .name_count = dns != NULL },
				      issuer);
	identity_free(&name);
	return party;
}

void pki_free(struct party *party)
{
	certificate_unref(party->certificate);
	private_key_unref(party->key);
	*party = (struct party){ .key = NULL };
}

struct identity pki_identity(const char *text)
{
	struct identity id;
	struct diag diag = { "" };
	if (identity_parse(text, &id, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return id;
}

struct span pki_extension(const char *oid, bool critical, struct span value)
{
	size_t room = value.len + 64, at;
	struct sink sink;
	sink_init(&sink, arena_alloc(&made, room), room);
	at = der_begin(&sink, ASN1_SEQUENCE);
	assert_int_equal(asn1_put_oid(&sink, oid), RC_OK);
	if (critical)
		asn1_put_flag(&sink, true);
	der_put(&sink, ASN1_OCTET_STRING, value);
	der_end(&sink, at);
	assert_int_equal(sink_rc(&sink), RC_OK);
	return sink_written(&sink);
}

struct certificate *pki_altered(const struct certificate *certificate, struct span from,
				struct span to)
{
	struct span der = arena_copy(&made, certificate_der(certificate));
	struct certificate *altered = NULL;
	struct diag diag = { "" };
	uint8_t *at = memmem(der.ptr, der.len, from.ptr, from.len);
	assert_non_null(at);
	assert_int_equal(from.len, to.len);
	memcpy(at, to.ptr, to.len);
	if (certificate_parse(der, &altered, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return altered;
}

struct x509_trust *pki_trust(const struct party *const *anchors, size_t count)
{
	struct x509_ca cas[16];
	struct x509_trust *trust = NULL;
	assert_true(count <= 16);
	for (size_t i = 0; i < count; i++)
		cas[i] = (struct x509_ca){ anchors[i]->certificate, "anchor", true };
	assert_int_equal(x509_trust_of(cas, count, &trust), RC_OK);
	return trust;
}

enum rc pki_verify(struct x509_trust *trust, const struct party *const *sent, size_t count,
		   struct diag *diag)
{
	struct span ders[128];
	struct x509_verify verify = { .trust = trust, .ders = ders, .count = count, .now = NOW };
	enum rc rc;
	assert_true(count <= 128);
	for (size_t i = 0; i < count; i++)
		ders[i] = certificate_der(sent[i]->certificate);
	rc = x509_verify(&verify, diag);
	x509_verify_wipe(&verify);
	return rc;
}

/* ---- a database ---- */

static char folder[40];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *ftw)
{
	(void)status;
	(void)kind;
	(void)ftw;
	return remove(path);
}

int pki_database_open(void **state)
{
	struct diag diag = { "" };
	(void)snprintf(folder, sizeof(folder), "/tmp/vanth-x509-XXXXXX");
	if (mkdtemp(folder) == NULL || crypto_open(folder, true, &diag) != RC_OK) {
		print_error("%s\n", diag.text);
		return -1;
	}
	return pki_open(state); /* the same NSS once more */
}

int pki_database_close(void **state)
{
	pki_close(state);
	crypto_close();
	return nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}
