/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/pkcs12_load.h"
#include "x509/pkcs12_keys.h"
#include "x509/store.h"

#define KEYS_MAX 8

void pkcs12_content_wipe(struct pkcs12_content *content)
{
	for (unsigned i = 0; i < content->count; i++)
		certificate_unref(content->certificates[i]);
	private_key_unref(content->key);
	*content = (struct pkcs12_content){ .count = 0 };
}

enum rc pkcs12_explain(const char *path, bool password, enum rc rc, const struct diag *why,
		       struct diag *diag)
{
	if (rc == RC_AUTH_FAILED && !password)
		return diag_fail(diag, rc,
				 "the PKCS#12 file %.200s has a password: write it into "
				 "ipsec.secrets (: P12 FILE \"password\"), then \"ipsec "
				 "rereadsecrets\"",
				 path);
	if (rc == RC_AUTH_FAILED)
		return diag_fail(diag, rc,
				 "the password that ipsec.secrets has for the PKCS#12 file %.200s "
				 "is wrong, or the file is damaged; correct it, then \"ipsec "
				 "rereadsecrets\"",
				 path);
	return diag_fail(diag, rc, "the PKCS#12 file %.200s: %s", path, why->text);
}

static bool certifies(const struct certificate *certificate, const struct private_key *private)
{
	struct public_key *key = NULL;
	bool same = certificate_key(certificate, &key, NULL) == RC_OK &&
		    public_key_equal(key, private_key_public(private));
	public_key_unref(key);
	return same;
}

static enum rc take_certificates(const struct pkcs12 *pkcs12, struct pkcs12_content *out,
				 struct diag *diag)
{
	struct certificate *certificate;
	const char *name;
	bool has_key;

	while (pkcs12_certificate(pkcs12, out->count, &certificate, &name, &has_key)) {
		if (out->count == PKCS12_CERTIFICATES_MAX)
			return diag_fail(diag, RC_LIMIT, "it holds more than %d certificates",
					 PKCS12_CERTIFICATES_MAX);
		out->certificates[out->count++] = certificate_ref(certificate);
	}
	return RC_OK;
}

static enum rc choose_key(struct private_key *const *keys, unsigned count,
			  struct pkcs12_content *out, struct diag *diag)
{
	for (unsigned i = 1; i < count; i++)
		if (!public_key_equal(private_key_public(keys[0]), private_key_public(keys[i])))
			return diag_fail(
				diag, RC_AMBIGUOUS,
				"it holds %u private keys, so it is not clear which "
				"certificate is meant; make a file of one of them, or bring "
				"them into the NSS database with \"ipsec import\" and name "
				"the nickname",
				count);
	if (count == 0)
		return diag_fail(diag, RC_NOT_FOUND,
				 "it holds no private key; export the certificate with its key");
	out->key = private_key_ref(keys[0]);
	return RC_OK;
}

/* Of several certificates of the key the one that is valid longest. */
static enum rc own_first(struct pkcs12_content *content, struct diag *diag)
{
	struct certificate *best = NULL;
	unsigned at = 0;

	for (unsigned i = 0; i < content->count; i++) {
		struct certificate *one = content->certificates[i];
		if (!certifies(one, content->key) ||
		    (best != NULL && certificate_not_after(one) <= certificate_not_after(best)))
			continue;
		best = one;
		at = i;
	}
	if (best == NULL)
		return diag_fail(diag, RC_NOT_FOUND,
				 "its private key belongs to none of its %u certificates",
				 content->count);
	content->certificates[at] = content->certificates[0];
	content->certificates[0] = best;
	return RC_OK;
}

enum rc pkcs12_load(struct span file, const char *password, struct pkcs12_content *out,
		    struct diag *diag)
{
	struct private_key *keys[KEYS_MAX];
	struct pkcs12 *pkcs12;
	unsigned count = 0;
	enum rc rc;

	*out = (struct pkcs12_content){ .count = 0 };
	TRY(pkcs12_open(file, password, &pkcs12, diag));
	rc = take_certificates(pkcs12, out, diag);
	pkcs12_close(pkcs12);
	if (rc == RC_OK)
		rc = pkcs12_keys(file, password, keys, KEYS_MAX, &count, diag);
	if (rc == RC_OK)
		rc = choose_key(keys, count, out, diag);
	while (count > 0)
		private_key_unref(keys[--count]);
	if (rc == RC_OK)
		rc = own_first(out, diag);
	if (rc != RC_OK)
		pkcs12_content_wipe(out);
	return rc;
}
