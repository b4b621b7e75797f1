/* SPDX-License-Identifier: Apache-2.0 */
/* ECP groups (RFC 5903: KE data and shared secret are coordinates without a format byte) and
 * Curve25519 (RFC 8031). NSS refuses points that are not on the curve (RFC 6989 §2.3; the cofactor
 * is 1); a unit test and the start-up probe hold it to that. */
#include <secoid.h>
#include <string.h>
#include "crypto/dh.h"
#include "crypto/nss.h"

#define UNCOMPRESSED 0x04 /* SEC 1 §2.3.3: the format byte NSS puts before x | y */
#define POINT_MAX    133

size_t dh_curve_der(SECOidTag curve, uint8_t out[DH_CURVE_DER_MAX])
{
	const SECOidData *oid = SECOID_FindOIDByTag(curve);
	if (oid == NULL || oid->oid.len > DH_CURVE_DER_MAX - 2)
		return 0;
	out[0] = SEC_ASN1_OBJECT_ID;
	out[1] = (uint8_t)oid->oid.len;
	memcpy(out + 2, oid->oid.data, oid->oid.len);
	return oid->oid.len + 2;
}

static enum rc public_value(const struct dh_group *group, const SECItem *value, uint8_t *public)
{
	size_t format = group->kind == DH_KIND_ECP ? 1 : 0;
	if (value->len != group->alg.public_len + format ||
	    (format != 0 && value->data[0] != UNCOMPRESSED))
		return RC_INTERNAL;
	memcpy(public, value->data + format, group->alg.public_len);
	return RC_OK;
}

enum rc dh_ec_generate(const struct dh_group *group, PK11SlotInfo *slot, SECKEYPrivateKey **out,
		       uint8_t *public)
{
	uint8_t der[DH_CURVE_DER_MAX];
	SECKEYECParams params = nss_item(der, dh_curve_der(group->curve, der));
	SECKEYPublicKey *key = NULL;
	SECKEYPrivateKey *private = dh_key_pair(slot, CKM_EC_KEY_PAIR_GEN, &params, &key);
	if (private == NULL)
		return nss_rc();
	enum rc rc = public_value(group, &key->u.ec.publicValue, public);
	SECKEY_DestroyPublicKey(key);
	if (rc == RC_OK)
		*out = private;
	else
		SECKEY_DestroyPrivateKey(private);
	return rc;
}

enum rc dh_ec_derive(const struct dh_group *group, SECKEYPrivateKey *private, struct span public,
		     PK11SymKey **out)
{
	uint8_t der[DH_CURVE_DER_MAX], point[POINT_MAX] = { UNCOMPRESSED };
	SECKEYPublicKey peer = { .keyType = ecKey, .pkcs11ID = CK_INVALID_HANDLE };
	if (public.len > sizeof point - 1)
		return RC_BAD_PUBLIC;
	memcpy(point + 1, public.ptr, public.len);
	peer.u.ec.DEREncodedParams = nss_item(der, dh_curve_der(group->curve, der));
	peer.u.ec.publicValue = group->kind == DH_KIND_ECP ? nss_item(point, public.len + 1)
							   : nss_item(public.ptr, public.len);
	*out = PK11_PubDeriveWithKDF(private, &peer, PR_FALSE, NULL, NULL, CKM_ECDH1_DERIVE,
				     CKM_SHA256_HMAC, CKA_SIGN, 0, CKD_NULL, NULL, NULL);
	return *out != NULL ? RC_OK : nss_rc() == RC_NO_MEMORY ? RC_NO_MEMORY : RC_BAD_PUBLIC;
}
