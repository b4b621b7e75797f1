/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and certificates from and to other machines, in files that NSS reads and writes. */
#include <cert.h>
#include <p12.h>
#include <p12plcy.h>
#include <pk11pub.h>
#include <prerror.h>
#include <secerr.h>
#include <string.h>
#include "base/secret.h"
#include "crypto/pbe.h"
#include "x509/database.h"
#include "x509/pkcs12_keys.h"
#include "x509/store.h"

#define CERTIFICATES_MAX 32

struct entry {
	struct certificate *certificate;
	char *name;
	bool has_key;
	const char *nickname; /* while it is imported */
};

struct pkcs12 {
	SEC_PKCS12DecoderContext *decoder;
	struct secret password;
	SECItem item; /* the password, as long as the decoder lives */
	struct entry entries[CERTIFICATES_MAX];
	unsigned count;
	bool has_key;
};

/* NSS asks for this where it takes text for ASCII; what it gives in the order of this machine is
 * swapped first. */
static PRBool PR_CALLBACK convert(PRBool to_unicode, unsigned char *in, unsigned in_len,
				  unsigned char *out, unsigned room, unsigned *out_len, PRBool swap)
{
	struct secret copy = { NULL, 0 };
	PRBool done = PR_FALSE;

	if (in_len == 0 || secret_set(&copy, span_make(in, in_len)) != RC_OK)
		return PR_FALSE;
	for (unsigned i = 0; swap && !to_unicode && i + 1 < in_len; i += 2) {
		copy.ptr[i] = in[i + 1];
		copy.ptr[i + 1] = in[i];
	}
	done = PORT_UCS2_UTF8Conversion(to_unicode, copy.ptr, in_len, out, room, out_len);
	secret_wipe(&copy);
	return done;
}

/* All that is met in practice; which of them are weak does not matter for reading. */
static void prepare(void)
{
	static const long ciphers[] = {
		PKCS12_RC2_CBC_40,  PKCS12_RC2_CBC_128, PKCS12_DES_56,	    PKCS12_DES_EDE3_168,
		PKCS12_AES_CBC_128, PKCS12_AES_CBC_192, PKCS12_AES_CBC_256,
	};
	for (size_t i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		(void)SEC_PKCS12EnableCipher(ciphers[i], 1);
	PORT_SetUCS2_ASCIIConversionFunction(convert);
}

/* ---- reading ---- */

static enum rc refused(struct diag *diag)
{
	int error = PR_GetError();
	const char *name = PR_ErrorToName(error);
	if (error == SEC_ERROR_BAD_PASSWORD || error == SEC_ERROR_PKCS12_INVALID_MAC ||
	    error == SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT)
		return diag_fail(diag, RC_AUTH_FAILED, "the password of the PKCS#12 file is wrong");
	return diag_fail(diag, error == SEC_ERROR_NO_MEMORY ? RC_NO_MEMORY : RC_SYNTAX,
			 "it is no PKCS#12 file that can be read: NSS says %s (%d)",
			 name != NULL ? name : "an error without a name", error);
}

static enum rc decode(struct pkcs12 *pkcs12, struct span der, const struct secret *password,
		      struct diag *diag)
{
	PK11SlotInfo *slot = PK11_GetInternalKeySlot();

	if (slot == NULL)
		return diag_fail(diag, RC_INTERNAL, "NSS is not open");
	pkcs12->item = (SECItem){ siBuffer, password->ptr, password->len };
	PORT_SetError(0);
	pkcs12->decoder =
		SEC_PKCS12DecoderStart(&pkcs12->item, slot, NULL, NULL, NULL, NULL, NULL, NULL);
	PK11_FreeSlot(slot);
	if (pkcs12->decoder != NULL &&
	    SEC_PKCS12DecoderUpdate(pkcs12->decoder, (unsigned char *)(uintptr_t)der.ptr,
				    der.len) == SECSuccess &&
	    SEC_PKCS12DecoderVerify(pkcs12->decoder) == SECSuccess)
		return RC_OK;
	enum rc rc = refused(diag);
	if (pkcs12->decoder != NULL)
		SEC_PKCS12DecoderFinish(pkcs12->decoder);
	pkcs12->decoder = NULL;
	return rc;
}

static char *text_of(const SECItem *item)
{
	char *text = item != NULL && item->len > 0 ? mem_alloc((size_t)item->len + 1) : NULL;
	if (text != NULL)
		memcpy(text, item->data, item->len);
	return text;
}

static enum rc take(struct pkcs12 *pkcs12, const SEC_PKCS12DecoderItem *item, struct diag *diag)
{
	struct entry *entry = &pkcs12->entries[pkcs12->count];

	if (item->type == SEC_OID_PKCS12_V1_PKCS8_SHROUDED_KEY_BAG_ID ||
	    item->type == SEC_OID_PKCS12_V1_KEY_BAG_ID)
		pkcs12->has_key = true;
	if (item->type != SEC_OID_PKCS12_V1_CERT_BAG_ID || item->der == NULL)
		return RC_OK;
	if (pkcs12->count == CERTIFICATES_MAX)
		return diag_fail(diag, RC_LIMIT, "the file holds more than %d certificates",
				 CERTIFICATES_MAX);
	TRY(certificate_parse(span_make(item->der->data, item->der->len), &entry->certificate,
			      diag));
	entry->has_key = item->hasKey;
	entry->name = text_of(item->friendlyName);
	pkcs12->count++;
	return RC_OK;
}

static enum rc take_all(struct pkcs12 *pkcs12, struct diag *diag)
{
	const SEC_PKCS12DecoderItem *item = NULL;
	enum rc rc = RC_OK;

	if (SEC_PKCS12DecoderIterateInit(pkcs12->decoder) != SECSuccess)
		return refused(diag);
	while (rc == RC_OK && SEC_PKCS12DecoderIterateNext(pkcs12->decoder, &item) == SECSuccess &&
	       item != NULL)
		rc = take(pkcs12, item, diag);
	return rc;
}

/* An empty password may have been written with its two zero bytes or without. */
static enum rc decode_either(struct pkcs12 *pkcs12, struct span der, struct diag *diag)
{
	enum rc rc = decode(pkcs12, der, &pkcs12->password, diag);
	if (rc != RC_AUTH_FAILED || pkcs12->password.len != 2)
		return rc;
	pkcs12->password.len = 0;
	rc = decode(pkcs12, der, &pkcs12->password, diag);
	pkcs12->password.len = 2;
	return rc;
}

enum rc pkcs12_open(struct span der, const char *password, struct pkcs12 **out, struct diag *diag)
{
	struct pkcs12 *pkcs12 = mem_alloc(sizeof(*pkcs12));
	enum rc rc;

	*out = NULL;
	if (pkcs12 == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	prepare();
	rc = pkcs12_check(der, diag);
	if (rc == RC_OK)
		rc = pbe_bmp(password, &pkcs12->password, diag);
	if (rc == RC_OK)
		rc = decode_either(pkcs12, der, diag);
	if (rc == RC_OK)
		rc = take_all(pkcs12, diag);
	if (rc == RC_OK && pkcs12->count == 0)
		rc = diag_fail(diag, RC_NOT_FOUND, "the PKCS#12 file holds no certificate");
	if (rc == RC_OK)
		*out = pkcs12;
	else
		pkcs12_close(pkcs12);
	return rc;
}

void pkcs12_close(struct pkcs12 *pkcs12)
{
	if (pkcs12 == NULL)
		return;
	for (unsigned i = 0; i < pkcs12->count; i++) {
		certificate_unref(pkcs12->entries[i].certificate);
		mem_free(pkcs12->entries[i].name);
	}
	if (pkcs12->decoder != NULL)
		SEC_PKCS12DecoderFinish(pkcs12->decoder);
	secret_wipe(&pkcs12->password);
	mem_free(pkcs12);
}

bool pkcs12_certificate(const struct pkcs12 *pkcs12, unsigned index,
			struct certificate **certificate, const char **name, bool *has_key)
{
	const struct entry *entry = &pkcs12->entries[index];

	if (index >= pkcs12->count)
		return false;
	*certificate = entry->certificate;
	*name = entry->name;
	*has_key = entry->has_key && pkcs12->has_key;
	return true;
}

/* ---- into the database ---- */

/* NSS asks when the name in the file will not do; what we want is set by rename_one(). */
static SECItem *PR_CALLBACK keep_name(SECItem *old, PRBool *cancel, void *context)
{
	(void)old;
	(void)context;
	*cancel = PR_TRUE;
	return NULL;
}

static SECStatus PR_CALLBACK rename_one(const CERTCertificate *certificate, const SECItem *old,
					SECItem **new_name, void *context)
{
	struct pkcs12 *pkcs12 = context;
	struct span der = span_make(certificate->derCert.data, certificate->derCert.len);

	(void)old;
	*new_name = NULL;
	for (unsigned i = 0; i < pkcs12->count; i++) {
		struct entry *entry = &pkcs12->entries[i];
		SECItem item = { siAsciiString, (unsigned char *)(uintptr_t)entry->nickname,
				 (unsigned)strlen(entry->nickname) + 1 };
		if (span_equal(certificate_der(entry->certificate), der)) {
			*new_name = SECITEM_DupItem(&item);
			return *new_name != NULL ? SECSuccess : SECFailure;
		}
	}
	return SECSuccess;
}

enum rc pkcs12_import(struct pkcs12 *pkcs12, const char *const *nicknames, struct diag *diag)
{
	for (unsigned i = 0; i < pkcs12->count; i++) {
		pkcs12->entries[i].nickname = nicknames[i];
		TRY(store_nickname_free(nicknames[i], pkcs12->entries[i].certificate, diag));
	}
	if (SEC_PKCS12DecoderRenameCertNicknames(pkcs12->decoder, rename_one, pkcs12) ==
		    SECSuccess &&
	    SEC_PKCS12DecoderValidateBags(pkcs12->decoder, keep_name) == SECSuccess &&
	    SEC_PKCS12DecoderImportBags(pkcs12->decoder) == SECSuccess)
		return RC_OK;
	return database_fail(diag, "import", nicknames[0]);
}

/* ---- out of it ---- */

struct output {
	struct arena *arena;
	uint8_t *bytes;
	size_t len, room;
	bool failed;
};

static void PR_CALLBACK collect(void *context, const char *bytes, unsigned long len)
{
	struct output *output = context;

	if (output->len + len > output->room) {
		size_t room = 2 * (output->len + len) + 4096;
		uint8_t *larger = arena_alloc(output->arena, room);
		if (larger == NULL) {
			output->failed = true;
			return;
		}
		if (output->len > 0)
			memcpy(larger, output->bytes, output->len);
		output->bytes = larger;
		output->room = room;
	}
	memcpy(output->bytes + output->len, bytes, len);
	output->len += len;
}

static SECStatus fill(SEC_PKCS12ExportContext *context, CERTCertificate *entry, SECItem *password,
		      struct output *output)
{
	SEC_PKCS12SafeInfo *keys, *certificates;

	if (SEC_PKCS12AddPasswordIntegrity(context, password, SEC_OID_SHA256) != SECSuccess)
		return SECFailure;
	keys = SEC_PKCS12CreateUnencryptedSafe(context);
	certificates = SEC_PKCS12CreatePasswordPrivSafe(context, password, SEC_OID_AES_256_CBC);
	if (keys == NULL || certificates == NULL ||
	    SEC_PKCS12AddCertOrChainAndKey(context, certificates, NULL, entry,
					   CERT_GetDefaultCertDB(), keys, NULL, PR_TRUE, password,
					   SEC_OID_AES_256_CBC, PR_TRUE) != SECSuccess)
		return SECFailure;
	return SEC_PKCS12Encode(context, collect, output);
}

enum rc pkcs12_export(const struct certificate *certificate, const char *password,
		      struct arena *arena, struct span *out, struct diag *diag)
{
	SECItem item = { siBuffer, (unsigned char *)(uintptr_t)password,
			 (unsigned)strlen(password) };
	CERTCertificate *entry = database_enter(certificate);
	PK11SlotInfo *slot = PK11_GetInternalKeySlot();
	SEC_PKCS12ExportContext *context = NULL;
	struct output output = { .arena = arena };
	SECStatus status = SECFailure;
	enum rc rc = RC_OK;

	*out = SPAN_NONE;
	if (entry != NULL && item.len == 0)
		rc = diag_fail(diag, RC_SYNTAX, "a PKCS#12 file needs a password");
	PORT_SetError(0);
	prepare();
	if (rc == RC_OK && entry != NULL && slot != NULL)
		context = SEC_PKCS12CreateExportContext(NULL, NULL, slot, NULL);
	if (context != NULL)
		status = fill(context, entry, &item, &output);
	if (rc == RC_OK && (status != SECSuccess || output.failed))
		rc = database_fail(diag, "export",
				   entry != NULL && entry->nickname != NULL ? entry->nickname : "");
	if (context != NULL)
		SEC_PKCS12DestroyExportContext(context);
	if (slot != NULL)
		PK11_FreeSlot(slot);
	if (entry != NULL)
		CERT_DestroyCertificate(entry);
	*out = span_make(output.bytes, output.len);
	return rc;
}
