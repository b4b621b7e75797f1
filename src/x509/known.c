/* SPDX-License-Identifier: Apache-2.0 */
/* What is known already, for those who came up before, and for people; nothing is asked for. */
#include <stdio.h>
#include <string.h>
#include "x509/path.h"
#include "x509/sources.h"

#define ENTRIES_SHOWN 4096

/* ---- proofs ---- */

static bool fits(const struct certificate *certificate)
{
	return certificate->serial.len <= sizeof(((struct x509_proof_one *)NULL)->serial);
}

struct x509_proof *x509_proof_new(struct certificate *const *path, unsigned count)
{
	struct x509_proof *proof;

	if (count < 2)
		return NULL;
	proof = mem_alloc(sizeof(*proof) + (count - 1) * sizeof(proof->certificates[0]));
	for (unsigned i = 0; proof != NULL && i + 1 < count; i++) {
		struct x509_proof_one *one = &proof->certificates[proof->count];
		if (!fits(path[i]) || source_issuer_key(path[i + 1], one->issuer) != RC_OK)
			continue; /* RFC 5280 §4.1.2.2 has no such serial numbers */
		memcpy(one->serial, path[i]->serial.ptr, path[i]->serial.len);
		one->serial_len = (uint8_t)path[i]->serial.len;
		proof->count++;
	}
	return proof;
}

struct x509_proof *x509_proof_copy(const struct x509_proof *proof)
{
	size_t size = sizeof(*proof) + proof->count * sizeof(proof->certificates[0]);
	struct x509_proof *copy = mem_alloc(size);

	if (copy != NULL)
		memcpy(copy, proof, size);
	return copy;
}

struct x509_proof *x509_proof_join(const struct x509_proof *a, const struct x509_proof *b)
{
	size_t one = sizeof(a->certificates[0]);
	struct x509_proof *both = mem_alloc(sizeof(*both) + (a->count + b->count) * one);

	if (both == NULL)
		return NULL;
	both->count = a->count + b->count;
	memcpy(both->certificates, a->certificates, a->count * one);
	memcpy(both->certificates + a->count, b->certificates, b->count * one);
	return both;
}

static enum rc check_one(const struct revocation *revocation, const struct x509_proof_one *one,
			 struct diag *diag)
{
	struct span serial = span_make(one->serial, one->serial_len);
	const struct source *source = source_find_ocsp(revocation, one->issuer, serial);
	char who[100], text[64];

	(void)snprintf(who, sizeof(who), "the certificate with the serial number %s",
		       x509_serial_text(serial, text));
	if (source != NULL && source->answered && source->answer.status == OCSP_REVOKED) {
		say_revoked(diag, source->subject != NULL ? source->subject : who,
			    &source->answer.revoked, "OCSP answer", source->answer.this_update,
			    source->url);
		return RC_AUTH_FAILED;
	}
	return crls_revoke(revocation, one->issuer, serial, who, diag) != NULL ? RC_AUTH_FAILED
									       : RC_OK;
}

enum rc x509_proof_check(const struct revocation *revocation, const struct x509_proof *proof,
			 struct diag *diag)
{
	for (unsigned i = 0; i < proof->count; i++)
		TRY(check_one(revocation, &proof->certificates[i], diag));
	return RC_OK;
}

void x509_proof_watch(struct revocation *revocation, const struct x509_proof *proof)
{
	for (unsigned i = 0; i < proof->count; i++) {
		const struct x509_proof_one *one = &proof->certificates[i];
		watch_seen(revocation, one->issuer, span_make(one->serial, one->serial_len));
	}
}

void x509_proof_may_return(struct revocation *revocation, const struct x509_proof *proof,
			   usec_t until)
{
	for (unsigned i = 0; i < proof->count; i++) {
		const struct x509_proof_one *one = &proof->certificates[i];
		watch_may_return(revocation, one->issuer, span_make(one->serial, one->serial_len),
				 until);
	}
}

/* ---- to look at ---- */

static const struct source *source_at(const struct revocation *revocation, size_t index)
{
	for (unsigned kind = 0; kind < SOURCE_KINDS; kind++) {
		if (index >= revocation->counts[kind]) {
			index -= revocation->counts[kind];
			continue;
		}
		list_for(node, &revocation->ages[kind]) if (index-- == 0) return container_of(
			node, struct source, in_age);
	}
	return NULL;
}

static const char *status_text(enum ocsp_status status)
{
	switch (status) {
	case OCSP_GOOD:
		return "good";
	case OCSP_REVOKED:
		return "revoked";
	case OCSP_UNKNOWN:
		break;
	}
	return "unknown";
}

bool revocation_entry(const struct revocation *revocation, size_t index,
		      struct revocation_entry *out)
{
	const struct source *source = index < ENTRIES_SHOWN ? source_at(revocation, index) : NULL;

	if (source == NULL)
		return false;
	*out = (struct revocation_entry){
		.ocsp = source->kind == SOURCE_OCSP,
		.from = source->url,
		.subject = source->subject,
		.fetched = source->fetched,
		.busy = source->state != SOURCE_IDLE,
		.why = source->why,
	};
	if (source->issuer != NULL)
		x509_name_text(source->issuer->subject, out->issuer);
	if (source->crl != NULL) {
		out->known = true;
		out->current = source_crl_current(source);
		out->this_update = source->crl->this_update;
		out->next_update = source->crl->next_update;
		out->entries = source->crl->count;
	}
	if (source->answered) {
		out->known = true;
		out->current = source_answer_current(source);
		out->this_update = source->answer.this_update;
		out->next_update = source->answer.next_update;
		out->status = status_text(source->answer.status);
	}
	return true;
}

/* ---- one certificate ---- */

static enum x509_known by_answer(const struct source *source, const char *who, struct diag *diag)
{
	char made[ASN1_TIME_TEXT_MAX], next[ASN1_TIME_TEXT_MAX];

	if (source->answer.status == OCSP_REVOKED) {
		say_revoked(diag, who, &source->answer.revoked, "OCSP answer",
			    source->answer.this_update, source->url);
		return X509_KNOWN_REVOKED;
	}
	if (source->answer.status != OCSP_GOOD || !source_answer_current(source))
		return X509_KNOWN_NOT;
	(void)diag_fail(diag, RC_OK,
			"%.200s is not revoked, says the OCSP answer of %s (next: %s) from %.200s",
			who, asn1_time_text(source->answer.this_update, made),
			asn1_time_text(source->answer.next_update, next), source->url);
	return X509_KNOWN_GOOD;
}

static void say_good(const struct source *source, const char *who, struct diag *diag)
{
	char made[ASN1_TIME_TEXT_MAX], next[ASN1_TIME_TEXT_MAX];
	const struct crl *crl = source->crl;

	(void)diag_fail(diag, RC_OK,
			"%.200s is not revoked, says the CRL of %s (next: %s) from %.200s", who,
			asn1_time_text(crl->this_update, made),
			crl->next_update != 0 ? asn1_time_text(crl->next_update, next) : "not told",
			source->url);
}

enum x509_known x509_known(const struct revocation *revocation,
			   const struct certificate *certificate, const struct certificate *issuer,
			   struct diag *diag)
{
	enum x509_known known = X509_KNOWN_NOT;
	const struct source *answer, *crl;
	char who[PATH_TEXT_MAX];
	uint8_t key[32];

	(void)path_text(certificate, who);
	diag->text[0] = '\0';
	if (source_issuer_key(issuer, key) != RC_OK)
		return X509_KNOWN_NOT;
	answer = source_find_ocsp(revocation, key, certificate->serial);
	if (answer != NULL && answer->answered)
		known = by_answer(answer, who, diag);
	if (known == X509_KNOWN_REVOKED)
		return known;
	if (crls_revoke(revocation, key, certificate->serial, who, diag) != NULL)
		return X509_KNOWN_REVOKED;
	crl = known == X509_KNOWN_NOT ? crls_cover(revocation, key, certificate) : NULL;
	if (crl == NULL)
		return known;
	say_good(crl, who, diag);
	return X509_KNOWN_GOOD;
}
