/* SPDX-License-Identifier: Apache-2.0 */
/* ML-KEM (FIPS 203), as additional key exchanges (RFC 9370). NSS has it since 3.110 under numbers
 * of its own, and under those of PKCS#11 3.2 in later versions; an NSS without any of them is told
 * by the probe. */
#include <secerr.h>
#include <string.h>
#include "crypto/dh.h"
#include "crypto/nss.h"

#if defined(CKM_ML_KEM) || defined(CKM_NSS_ML_KEM)

struct mechanism {
	CK_MECHANISM_TYPE generate, use;
	CK_ULONG set; /* CKA_PARAMETER_SET */
};

static bool find_params(const struct dh_group *group, KyberParams *params)
{
#ifdef MLKEM1024_PUBLIC_KEY_BYTES
	if (group->alg.id == DH_ML_KEM_1024) {
		*params = params_ml_kem1024;
		return true;
	}
#endif
	*params = params_ml_kem768;
	return group->alg.id == DH_ML_KEM_768;
}

/* The numbers of PKCS#11 first; NSS's own ones have only ML-KEM-768. */
static bool find_mechanism(const struct dh_group *group, PK11SlotInfo *slot, struct mechanism *out)
{
#ifdef CKM_ML_KEM
	*out = (struct mechanism){ CKM_ML_KEM_KEY_PAIR_GEN, CKM_ML_KEM,
				   group->alg.id == DH_ML_KEM_1024 ? CKP_ML_KEM_1024
								   : CKP_ML_KEM_768 };
	if (PK11_DoesMechanism(slot, out->generate))
		return true;
#endif
#ifdef CKM_NSS_ML_KEM
	*out = (struct mechanism){ CKM_NSS_ML_KEM_KEY_PAIR_GEN, CKM_NSS_ML_KEM,
				   CKP_NSS_ML_KEM_768 };
	return group->alg.id == DH_ML_KEM_768 && PK11_DoesMechanism(slot, out->generate);
#else
	return false;
#endif
}

enum rc kem_generate(const struct dh_group *group, PK11SlotInfo *slot, SECKEYPrivateKey **out,
		     uint8_t *public)
{
	struct mechanism mechanism;
	SECKEYPublicKey *key = NULL;
	SECKEYPrivateKey *private;
	KyberParams params;
	if (!find_params(group, &params) || !find_mechanism(group, slot, &mechanism))
		return RC_UNSUPPORTED;
	private = PK11_GenerateKeyPairWithOpFlags(slot, mechanism.generate, &mechanism.set, &key,
						  PK11_ATTR_SESSION | PK11_ATTR_SENSITIVE |
							  PK11_ATTR_PUBLIC,
						  CKF_DERIVE, CKF_DERIVE, NULL);
	if (private == NULL)
		return nss_rc();
	enum rc rc = RC_INTERNAL;
	if (key->u.kyber.publicValue.len == group->alg.public_len) {
		memcpy(public, key->u.kyber.publicValue.data, group->alg.public_len);
		rc = RC_OK;
	}
	SECKEY_DestroyPublicKey(key);
	if (rc == RC_OK)
		*out = private;
	else
		SECKEY_DestroyPrivateKey(private);
	return rc;
}

static enum rc encapsulate_for(const struct dh_group *group, SECKEYPublicKey *peer,
			       uint8_t *ciphertext, PK11SymKey **out)
{
	SECItem *sealed = NULL;
	enum rc rc = RC_INTERNAL;
	*out = NULL;
	if (PK11_Encapsulate(peer, CKM_HKDF_DERIVE, PK11_ATTR_SESSION | PK11_ATTR_INSENSITIVE,
			     CKF_DERIVE, out, &sealed) != SECSuccess)
		return nss_rc() == RC_NO_MEMORY ? RC_NO_MEMORY : RC_BAD_PUBLIC;
	if (sealed->len == group->alg.kem_len) {
		memcpy(ciphertext, sealed->data, sealed->len);
		rc = RC_OK;
	}
	SECITEM_FreeItem(sealed, PR_TRUE);
	if (rc != RC_OK) {
		PK11_FreeSymKey(*out);
		*out = NULL;
	}
	return rc;
}

enum rc kem_encapsulate(const struct dh_group *group, PK11SlotInfo *slot, struct span public,
			uint8_t *ciphertext, PK11SymKey **out)
{
	SECKEYPublicKey peer = { .keyType = kyberKey, .pkcs11ID = CK_INVALID_HANDLE };
	if (!find_params(group, &peer.u.kyber.params))
		return RC_UNSUPPORTED;
	peer.u.kyber.publicValue = nss_item(public.ptr, public.len);
	if (PK11_ImportPublicKey(slot, &peer, PR_FALSE) == CK_INVALID_HANDLE)
		return nss_rc() == RC_NO_MEMORY ? RC_NO_MEMORY : RC_BAD_PUBLIC;
	enum rc rc = encapsulate_for(group, &peer, ciphertext, out);
	PK11_DestroyObject(peer.pkcs11Slot, peer.pkcs11ID);
	PK11_FreeSlot(peer.pkcs11Slot);
	return rc;
}

enum rc kem_decapsulate(SECKEYPrivateKey *private, struct span ciphertext, PK11SymKey **out)
{
	SECItem sealed = nss_item(ciphertext.ptr, ciphertext.len);
	*out = NULL;
	if (PK11_Decapsulate(private, &sealed, CKM_HKDF_DERIVE,
			     PK11_ATTR_SESSION | PK11_ATTR_INSENSITIVE, CKF_DERIVE,
			     out) != SECSuccess)
		return nss_rc();
	return RC_OK;
}

#else

enum rc kem_generate(const struct dh_group *group, PK11SlotInfo *slot, SECKEYPrivateKey **out,
		     uint8_t *public)
{
	(void)group;
	(void)slot;
	(void)public;
	*out = NULL;
	return RC_UNSUPPORTED;
}

enum rc kem_encapsulate(const struct dh_group *group, PK11SlotInfo *slot, struct span public,
			uint8_t *ciphertext, PK11SymKey **out)
{
	(void)group;
	(void)slot;
	(void)public;
	(void)ciphertext;
	*out = NULL;
	return RC_UNSUPPORTED;
}

enum rc kem_decapsulate(SECKEYPrivateKey *private, struct span ciphertext, PK11SymKey **out)
{
	(void)private;
	(void)ciphertext;
	*out = NULL;
	return RC_UNSUPPORTED;
}

#endif
