/* SPDX-License-Identifier: Apache-2.0 */
/* Ephemeral key pairs. The private half is a session object of NSS that nobody reads; the shared
 * secret leaves NSS at once, because the keys of an SA live as bytes (goals.md, trap 3). */
#include "crypto/dh.h"
#include <string.h>
#include "base/arena.h"
#include "crypto/nss.h"

const struct dh_group dh_groups[] = {
	{ { DH_MODP_2048, 256, 256, "modp2048", 0 }, DH_KIND_MODP, SEC_OID_UNKNOWN, dh_prime_2048 },
	{ { DH_MODP_3072, 384, 384, "modp3072", 0 }, DH_KIND_MODP, SEC_OID_UNKNOWN, dh_prime_3072 },
	{ { DH_MODP_4096, 512, 512, "modp4096", 0 }, DH_KIND_MODP, SEC_OID_UNKNOWN, dh_prime_4096 },
	{ { DH_MODP_6144, 768, 768, "modp6144", 0 }, DH_KIND_MODP, SEC_OID_UNKNOWN, dh_prime_6144 },
	{ { DH_MODP_8192, 1024, 1024, "modp8192", 0 },
	  DH_KIND_MODP,
	  SEC_OID_UNKNOWN,
	  dh_prime_8192 },
	{ { DH_ECP_256, 64, 32, "dh19", 0 }, DH_KIND_ECP, SEC_OID_SECG_EC_SECP256R1, NULL },
	{ { DH_ECP_384, 96, 48, "dh20", 0 }, DH_KIND_ECP, SEC_OID_SECG_EC_SECP384R1, NULL },
	{ { DH_ECP_521, 132, 66, "dh21", 0 }, DH_KIND_ECP, SEC_OID_SECG_EC_SECP521R1, NULL },
	{ { DH_CURVE25519, 32, 32, "dh31", 0 }, DH_KIND_X25519, SEC_OID_CURVE25519, NULL },
	{ { DH_ML_KEM_768, 1184, 32, "ml_kem_768", 1088 }, DH_KIND_KEM, SEC_OID_UNKNOWN, NULL },
	{ { DH_ML_KEM_1024, 1568, 32, "ml_kem_1024", 1568 }, DH_KIND_KEM, SEC_OID_UNKNOWN, NULL },
};
const size_t dh_group_count = sizeof dh_groups / sizeof *dh_groups;

struct dh_pair {
	const struct dh_group *group;
	SECKEYPrivateKey *private;
	uint8_t public[];
};

enum rc dh_pad(struct span number, uint8_t *out, size_t len)
{
	while (number.len > len && number.ptr[0] == 0) {
		number.ptr++;
		number.len--;
	}
	if (number.len > len)
		return RC_INTERNAL;
	memset(out, 0, len - number.len);
	if (number.len != 0)
		memcpy(out + len - number.len, number.ptr, number.len);
	return RC_OK;
}

static SECKEYPrivateKey *generate(PK11SlotInfo *slot, CK_MECHANISM_TYPE mechanism, void *params,
				  CK_FLAGS flags, SECKEYPublicKey **public)
{
	return PK11_GenerateKeyPairWithOpFlags(slot, mechanism, params, public,
					       PK11_ATTR_SESSION | PK11_ATTR_SENSITIVE |
						       PK11_ATTR_PUBLIC,
					       flags, CKF_DERIVE | CKF_SIGN, NULL);
}

static bool allow_derive(SECKEYPrivateKey *private)
{
	static const CK_BBOOL yes = CK_TRUE;
	SECItem value = nss_item(&yes, sizeof yes);
	return PK11_WriteRawAttribute(PK11_TypePrivKey, private, CKA_DERIVE, &value) == SECSuccess;
}

/* NSS tries out a new pair for each use that it is made for, which costs as much as making it. A
 * wrong pair would only fail its one exchange; so it is made without a use and allowed to derive
 * afterwards: X25519 takes 60 µs instead of 108, P-256 450 instead of 1240, MODP2048 440 instead of
 * 870. In FIPS mode the trial is wanted. */
SECKEYPrivateKey *dh_key_pair(PK11SlotInfo *slot, CK_MECHANISM_TYPE mechanism, void *params,
			      SECKEYPublicKey **public)
{
	SECKEYPrivateKey *private = NULL;
	if (!PK11_IsFIPS())
	private = generate(slot, mechanism, params, 0, public);
	if (private != NULL && allow_derive(private))
		return private;
	if (private != NULL) {
		SECKEY_DestroyPrivateKey(private);
		SECKEY_DestroyPublicKey(*public);
	}
	return generate(slot, mechanism, params, CKF_DERIVE, public);
}

static enum rc generate_pair(const struct dh_group *group, PK11SlotInfo *slot,
			     SECKEYPrivateKey **private, uint8_t *public)
{
	switch (group->kind) {
	case DH_KIND_MODP:
		return dh_modp_generate(group, slot, private, public);
	case DH_KIND_ECP:
	case DH_KIND_X25519:
		return dh_ec_generate(group, slot, private, public);
	case DH_KIND_KEM:
		return kem_generate(group, slot, private, public);
	}
	return RC_INTERNAL;
}

enum rc dh_generate(const struct dh_alg *alg, unsigned worker, struct dh_pair **out)
{
	const struct dh_group *group = dh_group_of(alg);
	PK11SlotInfo *slot = nss_slot(worker);
	if (slot == NULL)
		return RC_INTERNAL;
	struct dh_pair *pair = mem_alloc(sizeof *pair + alg->public_len);
	if (pair == NULL)
		return RC_NO_MEMORY;
	pair->group = group;
	enum rc rc = generate_pair(group, slot, &pair->private, pair->public);
	if (rc == RC_OK)
		*out = pair;
	else
		mem_free(pair);
	return rc;
}

void dh_free(struct dh_pair *pair)
{
	if (pair == NULL)
		return;
	SECKEY_DestroyPrivateKey(pair->private);
	mem_free(pair);
}

const struct dh_alg *dh_pair_alg(const struct dh_pair *pair)
{
	return &pair->group->alg;
}

struct span dh_public(const struct dh_pair *pair)
{
	return span_make(pair->public, pair->group->alg.public_len);
}

enum rc dh_check_public(const struct dh_alg *alg, struct span peer_public, struct diag *diag)
{
	if (peer_public.len != alg->public_len)
		return diag_fail(diag, RC_BAD_PUBLIC,
				 "the %s public value has %zu bytes; this group's has %u",
				 alg->name, peer_public.len, alg->public_len);
	if (dh_group_of(alg)->kind == DH_KIND_MODP)
		return dh_modp_check(dh_group_of(alg), peer_public, diag);
	return RC_OK;
}

static enum rc extract(const struct dh_group *group, PK11SymKey *key, struct secret *out)
{
	if (PK11_ExtractKeyValue(key) != SECSuccess)
		return nss_rc();
	const SECItem *value = PK11_GetKeyData(key);
	struct secret shared = { NULL, 0 };
	TRY(secret_alloc(&shared, group->alg.shared_len));
	enum rc rc = dh_pad(span_make(value->data, value->len), shared.ptr, shared.len);
	if (rc == RC_OK)
		secret_move(out, &shared);
	secret_wipe(&shared);
	return rc;
}

/* RFC 7748 §6.1, RFC 8031 §2: an all-zero result comes from a point of small order. */
static bool all_zero(const struct secret *secret)
{
	uint8_t any = 0;
	for (size_t i = 0; i < secret->len; i++)
		any |= secret->ptr[i];
	return any == 0;
}

static enum rc checked(const struct dh_group *group, PK11SymKey *key, struct secret *out)
{
	struct secret shared = { NULL, 0 };
	enum rc rc = extract(group, key, &shared);
	if (rc == RC_OK && all_zero(&shared))
		rc = RC_BAD_PUBLIC;
	if (rc == RC_OK)
		secret_move(out, &shared);
	secret_wipe(&shared);
	return rc;
}

size_t dh_answer_len(const struct dh_alg *alg)
{
	return alg->kem_len != 0 ? alg->kem_len : alg->public_len;
}

enum rc dh_check_answer(const struct dh_alg *alg, struct span answer, struct diag *diag)
{
	if (alg->kem_len == 0)
		return dh_check_public(alg, answer, diag);
	if (answer.len == alg->kem_len)
		return RC_OK;
	return diag_fail(diag, RC_BAD_PUBLIC, "the %s ciphertext has %zu bytes; expected %u",
			 alg->name, answer.len, alg->kem_len);
}

static enum rc agree(const struct dh_group *group, SECKEYPrivateKey *private, struct span public,
		     PK11SymKey **key)
{
	switch (group->kind) {
	case DH_KIND_MODP:
		return dh_modp_derive(group, private, public, key);
	case DH_KIND_ECP:
	case DH_KIND_X25519:
		return dh_ec_derive(group, private, public, key);
	case DH_KIND_KEM:
		return kem_decapsulate(private, public, key);
	}
	return RC_INTERNAL;
}

enum rc dh_derive(const struct dh_group *group, SECKEYPrivateKey *private, struct span public,
		  struct secret *out, struct diag *diag)
{
	PK11SymKey *key = NULL;
	TRY(dh_check_answer(&group->alg, public, diag));
	enum rc rc = agree(group, private, public, &key);
	if (rc == RC_OK)
		rc = checked(group, key, out);
	if (key != NULL)
		PK11_FreeSymKey(key);
	if (rc == RC_BAD_PUBLIC)
		return diag_fail(
			diag, rc,
			"the %s public value is not a point of the group or of small order",
			group->alg.name);
	if (rc != RC_OK)
		return diag_fail(diag, rc, "the %s key agreement failed: %s", group->alg.name,
				 rc_name(rc));
	return RC_OK;
}

enum rc dh_compute(struct dh_pair *pair, struct span peer_public, unsigned worker,
		   struct secret *out, struct diag *diag)
{
	(void)worker; /* a key is used in the slot that made it */
	return dh_derive(pair->group, pair->private, peer_public, out, diag);
}

static enum rc encapsulate(const struct dh_group *group, struct span public, unsigned worker,
			   uint8_t *answer, struct secret *shared)
{
	PK11SymKey *key = NULL;
	PK11SlotInfo *slot = nss_slot(worker);
	if (slot == NULL)
		return RC_INTERNAL;
	enum rc rc = kem_encapsulate(group, slot, public, answer, &key);
	if (rc == RC_OK)
		rc = checked(group, key, shared);
	if (key != NULL)
		PK11_FreeSymKey(key);
	return rc;
}

enum rc dh_answer(const struct dh_alg *alg, struct span peer_public, unsigned worker,
		  uint8_t *answer, struct secret *shared, struct diag *diag)
{
	struct dh_pair *pair = NULL;
	TRY(dh_check_public(alg, peer_public, diag));
	if (dh_group_of(alg)->kind == DH_KIND_KEM) {
		enum rc rc = encapsulate(dh_group_of(alg), peer_public, worker, answer, shared);
		return rc == RC_OK ? RC_OK
				   : diag_fail(diag, rc, "the %s public key is not good: %s",
					       alg->name, rc_name(rc));
	}
	TRY(dh_generate(alg, worker, &pair));
	enum rc rc = dh_compute(pair, peer_public, worker, shared, diag);
	if (rc == RC_OK)
		memcpy(answer, pair->public, alg->public_len);
	dh_free(pair);
	return rc;
}
