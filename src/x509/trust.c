/* SPDX-License-Identifier: Apache-2.0 */
/* The CAs of one gateway. NSS's database says which are there and how far they are trusted; from
 * then on they are values, and a change of the database is a new struct x509_trust. */
#include <string.h>
#include "x509/database.h"
#include "x509/verified.h"

struct pointed { /* a CA with places of its own */
	struct pointed *next;
	struct certificate *ca;
	struct x509_points points;
};

struct x509_trust {
	_Atomic unsigned refs;
	size_t count, room;
	struct x509_ca *cas;
	struct verified *verified;
	struct pointed *pointed;
};

static void pointed_free(struct pointed *pointed)
{
	for (unsigned i = 0; i < CONFIG_CA_CRLS; i++)
		mem_free(pointed->points.crls[i]);
	for (unsigned i = 0; i < CONFIG_CA_OCSPS; i++)
		mem_free(pointed->points.ocsps[i]);
	certificate_unref(pointed->ca);
	mem_free(pointed);
}

void x509_trust_unref(struct x509_trust *trust)
{
	if (trust == NULL || atomic_fetch_sub(&trust->refs, 1) > 1)
		return;
	for (size_t i = 0; i < trust->count; i++) {
		certificate_unref(trust->cas[i].certificate);
		mem_free(trust->cas[i].nickname);
	}
	mem_free(trust->cas);
	while (trust->pointed != NULL) {
		struct pointed *first = trust->pointed;
		trust->pointed = first->next;
		pointed_free(first);
	}
	verified_free(trust->verified);
	mem_free(trust);
}

static struct x509_trust *trust_new(size_t room)
{
	struct x509_trust *trust = mem_alloc(sizeof(*trust));
	if (trust == NULL)
		return NULL;
	atomic_init(&trust->refs, 1);
	trust->room = room;
	trust->cas = mem_alloc((room + 1) * sizeof(*trust->cas));
	trust->verified = verified_new();
	if (trust->cas == NULL || trust->verified == NULL) {
		x509_trust_unref(trust);
		return NULL;
	}
	return trust;
}

/* Takes the reference. */
static enum rc trust_add(struct x509_trust *trust, struct certificate *certificate,
			 const char *nickname, bool trusted)
{
	struct x509_ca *ca = &trust->cas[trust->count];
	ca->nickname = mem_text(nickname != NULL ? nickname : "");
	if (trust->count == trust->room || ca->nickname == NULL) {
		mem_free(ca->nickname);
		certificate_unref(certificate);
		return RC_NO_MEMORY;
	}
	ca->certificate = certificate;
	ca->trusted = trusted;
	trust->count++;
	return RC_OK;
}

enum rc x509_trust_of(const struct x509_ca *cas, size_t count, struct x509_trust **out)
{
	struct x509_trust *trust = trust_new(count);
	enum rc rc = trust != NULL ? RC_OK : RC_NO_MEMORY;
	for (size_t i = 0; i < count && rc == RC_OK; i++)
		rc = trust_add(trust, certificate_ref(cas[i].certificate), cas[i].nickname,
			       cas[i].trusted);
	*out = trust;
	if (rc != RC_OK && trust != NULL) {
		x509_trust_unref(trust);
		*out = NULL;
	}
	return rc;
}

struct x509_trust *x509_trust_ref(struct x509_trust *trust)
{
	atomic_fetch_add(&trust->refs, 1);
	return trust;
}

struct verified *x509_trust_verified(const struct x509_trust *trust)
{
	return trust->verified;
}

size_t x509_trust_count(const struct x509_trust *trust)
{
	return trust->count;
}

const struct x509_ca *x509_trust_at(const struct x509_trust *trust, size_t index)
{
	return index < trust->count ? &trust->cas[index] : NULL;
}

/* ---- where they tell what they have revoked ---- */

static bool copy_text(const char *from, char **to)
{
	*to = from != NULL ? mem_text(from) : NULL;
	return from == NULL || *to != NULL;
}

enum rc x509_trust_point(struct x509_trust *trust, const struct certificate *ca,
			 const struct x509_points *points)
{
	struct pointed *pointed = mem_alloc(sizeof(*pointed)), **last = &trust->pointed;
	bool done = true;

	if (pointed == NULL)
		return RC_NO_MEMORY;
	pointed->ca = certificate_ref((struct certificate *)(uintptr_t)ca);
	for (unsigned i = 0; i < CONFIG_CA_OCSPS && done; i++)
		done = copy_text(points->ocsps[i], &pointed->points.ocsps[i]);
	for (unsigned i = 0; i < CONFIG_CA_CRLS && done; i++)
		done = copy_text(points->crls[i], &pointed->points.crls[i]);
	if (!done) {
		pointed_free(pointed);
		return RC_NO_MEMORY;
	}
	while (*last != NULL)
		last = &(*last)->next;
	*last = pointed;
	return RC_OK;
}

/* One that was renewed with its key is the same CA. */
const struct x509_points *x509_trust_points(const struct x509_trust *trust,
					    const struct certificate *ca)
{
	for (const struct pointed *at = trust->pointed; at != NULL; at = at->next)
		if (span_equal(at->ca->subject, ca->subject) && span_equal(at->ca->spki, ca->spki))
			return &at->points;
	return NULL;
}

/* ---- the database ---- */

/* End certificates and what is not readable are no business of trust. */
static enum rc load_one(void *context, const struct database_entry *entry, size_t count)
{
	struct x509_trust **trust = context;
	struct certificate *certificate = NULL;
	enum rc rc;

	if (*trust == NULL && (*trust = trust_new(count)) == NULL)
		return RC_NO_MEMORY;
	rc = certificate_parse(entry->der, &certificate, NULL);
	if (rc == RC_NO_MEMORY)
		return rc;
	if (rc == RC_OK && (entry->trusted || certificate_is_ca(certificate)))
		return trust_add(*trust, certificate, entry->nickname, entry->trusted);
	certificate_unref(certificate);
	return RC_OK;
}

enum rc x509_trust_load(struct x509_trust **out, struct diag *diag)
{
	enum rc rc;

	*out = NULL;
	rc = database_walk(load_one, out);
	if (rc == RC_OK && *out == NULL)
		rc = x509_trust_of(NULL, 0, out);
	if (rc == RC_OK)
		return RC_OK;
	x509_trust_unref(*out);
	*out = NULL;
	return diag_fail(diag, rc, "out of memory while reading the CAs");
}
