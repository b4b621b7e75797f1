/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults by RFC 8247 (IKE) and RFC 8221 (ESP, AH). SHA-1, 3DES and groups above 4096 bits are
 * there on request only: the first two SHOULD NOT or MUST-, the groups because a peer could make us
 * compute them. */
#include "proposal/draft.h"

static const char ike_text[] =
	"aes_gcm256+aes_gcm128+chacha20_poly1305, aes256+aes128-sha2_512+sha2_256";
static const char esp_text[] =
	"aes_gcm256+aes_gcm128+chacha20_poly1305, aes256+aes128-sha2_512+sha2_256";
static const char ah_text[] = "sha2_512+sha2_256";

struct defaults {
	uint8_t type;
	unsigned count;
	uint16_t ids[8];
};
static const struct defaults defaults[] = {
	{ TRANSFORM_PRF, 3, { PRF_HMAC_SHA2_512, PRF_HMAC_SHA2_384, PRF_HMAC_SHA2_256 } },
	{ TRANSFORM_INTEG, 2, { INTEG_HMAC_SHA2_512_256, INTEG_HMAC_SHA2_256_128 } },
	/* curve25519 first: the fastest, and every current peer has it. */
	{ TRANSFORM_DH,
	  7,
	  { DH_CURVE25519, DH_ECP_256, DH_ECP_384, DH_ECP_521, DH_MODP_2048, DH_MODP_3072,
	    DH_MODP_4096 } },
	{ TRANSFORM_ESN, 1, { ESN_NO } },
};

void proposal_default_picks(struct picks *picks, uint8_t protocol, uint8_t type)
{
	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		if (defaults[i].type != type)
			continue;
		for (unsigned j = 0; j < defaults[i].count; j++) {
			struct proposal_transform t = { type, defaults[i].ids[j], 0 };
			if (proposal_available(protocol, &t))
				proposal_picks_add(picks, type, t.id, 0);
		}
	}
}

enum rc proposal_default(uint8_t protocol, bool pfs, struct proposal_list **out, struct diag *diag)
{
	const char *text = protocol == PROTOCOL_IKE  ? ike_text
			   : protocol == PROTOCOL_AH ? ah_text
						     : esp_text;
	return proposal_read(protocol, text, pfs, true, out, NULL, diag);
}
