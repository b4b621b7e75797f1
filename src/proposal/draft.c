/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>
#include "wire/limits.h"
#include "crypto/ikev1.h"
#include "proposal/draft.h"

static const char *protocol_text(uint8_t protocol)
{
	return protocol == PROTOCOL_IKE ? "IKE" : protocol == PROTOCOL_AH ? "AH" : "ESP";
}

void proposal_draft_init(struct draft *draft, uint8_t protocol, bool pfs, bool lenient)
{
	*draft = (struct draft){ .protocol = protocol, .pfs = pfs, .lenient = lenient };
}

bool proposal_picks_add(struct picks *picks, uint8_t type, uint16_t id, uint16_t key_bits)
{
	for (unsigned i = 0; i < picks->count; i++)
		if (picks->items[i].id == id && picks->items[i].key_bits == key_bits)
			return true;
	if (picks->count >= PROPOSAL_TRANSFORMS_MAX)
		return false;
	picks->items[picks->count++] = (struct proposal_transform){ type, id, key_bits };
	return true;
}

static bool ike_available(const struct proposal_transform *t)
{
	const struct encr_alg *encr;
	if (t->type >= TRANSFORM_ADDKE1 && t->type <= TRANSFORM_ADDKE7)
		return crypto_dh(t->id) != NULL;
	switch ((enum transform_type)t->type) {
	case TRANSFORM_ENCR:
		encr = crypto_encr(t->id);
		if (encr == NULL) /* config looks at who may say it */
			encr = ikev1_encr(t->id);
		return encr != NULL &&
		       (t->key_bits == 0 || crypto_encr_key_bits_ok(encr, t->key_bits));
	case TRANSFORM_PRF:
		return crypto_prf(t->id) != NULL;
	case TRANSFORM_INTEG:
		return crypto_integ(t->id) != NULL;
	case TRANSFORM_DH:
		return crypto_dh(t->id) != NULL;
	case TRANSFORM_ESN:
	case TRANSFORM_ADDKE1:
	case TRANSFORM_ADDKE7:
		break;
	}
	return false;
}

bool proposal_available(uint8_t protocol, const struct proposal_transform *t)
{
	size_t encr_len, integ_len;
	if (protocol == PROTOCOL_IKE || t->type == TRANSFORM_DH || t->type >= TRANSFORM_ADDKE1)
		return ike_available(t);
	uint16_t beside = proposal_encr_is_aead(t->id) ? INTEG_NONE : INTEG_HMAC_SHA2_256_128;
	if (t->type == TRANSFORM_ENCR)
		return esp_key_lengths(t->id, t->key_bits, beside, &encr_len, &integ_len) == RC_OK;
	if (t->type == TRANSFORM_INTEG)
		return esp_key_lengths(ENCR_NULL, 0, t->id, &encr_len, &integ_len) == RC_OK;
	return t->type == TRANSFORM_ESN;
}

static enum rc add(struct draft *draft, struct picks *picks, struct proposal_transform t,
		   const char *text, struct diag *diag)
{
	bool available = t.id == DH_NONE || proposal_available(draft->protocol, &t);
	if (!available && draft->lenient)
		return RC_OK;
	if (!available)
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"\"%s\" is not available for %s here: `ipsec algorithms` lists what is",
			text, protocol_text(draft->protocol));
	if (!proposal_picks_add(picks, t.type, t.id, t.key_bits))
		return diag_fail(diag, RC_LIMIT,
				 "more than %d algorithms in one proposal at \"%s\"",
				 PROPOSAL_TRANSFORMS_MAX, text);
	return RC_OK;
}

/* "aes" without a size is 256 and 128, the stronger first. */
static enum rc add_cipher(struct draft *draft, const struct word *word, const char *text,
			  struct diag *diag)
{
	struct proposal_transform t = { TRANSFORM_ENCR, word->id, word->key_bits };
	if (draft->protocol == PROTOCOL_AH)
		return diag_fail(diag, RC_SYNTAX,
				 "\"%s\" is a cipher, and AH does not encrypt: use esp=", text);
	if (draft->protocol == PROTOCOL_IKE &&
	    (word->id == ENCR_NULL || word->id == ENCR_NULL_AUTH_AES_GMAC))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "\"%s\" does not encrypt, and IKE must; use aes_gcm256", text);
	if (word->key_bits != 0 || !proposal_encr_has_key_length(word->id))
		return add(draft, &draft->encr, t, text, diag);
	t.key_bits = 256;
	TRY(add(draft, &draft->encr, t, text, diag));
	t.key_bits = 128;
	return add(draft, &draft->encr, t, text, diag);
}

static enum rc add_hash(struct draft *draft, const struct word *word, const char *text,
			struct diag *diag)
{
	struct proposal_transform integ = { TRANSFORM_INTEG, word->id, 0 };
	struct proposal_transform prf = { TRANSFORM_PRF, word->prf, 0 };
	if (draft->protocol == PROTOCOL_IKE && !draft->lenient &&
	    !proposal_available(PROTOCOL_IKE, &prf))
		return diag_fail(
			diag, RC_UNSUPPORTED,
			"\"%s\" is not available for IKE here: `ipsec algorithms` lists what is",
			text);
	return add(draft, &draft->hash, integ, text, diag);
}

static enum rc add_prf(struct draft *draft, const struct word *word, const char *text,
		       struct diag *diag)
{
	if (draft->protocol != PROTOCOL_IKE)
		return diag_fail(diag, RC_SYNTAX,
				 "\"%s\" is a PRF, and %s has none: it belongs into ike=", text,
				 protocol_text(draft->protocol));
	return add(draft, &draft->prf, (struct proposal_transform){ TRANSFORM_PRF, word->id, 0 },
		   text, diag);
}

static enum rc add_group(struct draft *draft, uint16_t id, const char *text, struct diag *diag)
{
	if (draft->protocol == PROTOCOL_IKE && id == DH_NONE)
		return diag_fail(diag, RC_SYNTAX,
				 "IKE needs a Diffie-Hellman group, not \"%s\": try dh31 or dh19",
				 text);
	if (id == DH_ML_KEM_768 || id == DH_ML_KEM_1024)
		return diag_fail(diag, RC_SYNTAX,
				 "\"%s\" goes along with another key exchange, not instead of it: "
				 "write dh31;addke1=%s",
				 text, text);
	return add(draft, &draft->dh, (struct proposal_transform){ TRANSFORM_DH, id, 0 }, text,
		   diag);
}

/* RFC 9370: Libreswan's "addke1=ml_kem_768", strongSwan's "ke1_mlkem768". Returns the number, and
 * where the method's name begins; 0: it is neither. */
static unsigned addke_prefix(const char *text, const char **method)
{
	static const struct {
		const char *before;
		char after;
	} forms[] = { { "addke", '=' }, { "ke", '_' } };
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		size_t len = strlen(forms[i].before);
		if (strncasecmp(text, forms[i].before, len) != 0 || text[len] < '1' ||
		    text[len] > '7' || text[len + 1] != forms[i].after)
			continue;
		*method = text + len + 2;
		return (unsigned)(text[len] - '0');
	}
	return 0;
}

static enum rc add_addke(struct draft *draft, unsigned number, const char *text, struct diag *diag)
{
	struct word word = proposal_word_find(text);
	struct proposal_transform t = { (uint8_t)(TRANSFORM_ADDKE1 + number - 1), word.id, 0 };
	draft->addke_at = number;
	if (word.kind == WORD_REFUSED)
		return diag_fail(diag, RC_UNSUPPORTED, "\"%s\" is not supported: %s", text,
				 word.advice);
	if (word.kind != WORD_DH && word.kind != WORD_NONE)
		return diag_fail(diag, RC_SYNTAX,
				 "\"%.48s\" is not a key exchange: addke%u= takes words like "
				 "ml_kem_768, dh20 or none",
				 text, number);
	return add(draft, &draft->addke[number - 1], t, text, diag);
}

static enum rc add_esn(struct draft *draft, uint16_t id, const char *text, struct diag *diag)
{
	struct proposal_transform t = { TRANSFORM_ESN, id, 0 };
	if (draft->protocol == PROTOCOL_IKE)
		return diag_fail(diag, RC_SYNTAX,
				 "\"%s\" belongs into esp=: IKE has no sequence numbers to extend",
				 text);
	if (!proposal_picks_add(&draft->esn, t.type, t.id, 0))
		return RC_LIMIT;
	return RC_OK;
}

/* "none" stands for the group when its place or the words before it say so. */
static enum rc add_none(struct draft *draft, bool group_place, const char *text, struct diag *diag)
{
	bool hash_known =
		draft->no_integ || draft->hash.count + draft->integ.count + draft->prf.count > 0;
	if (group_place || hash_known || draft->dh.count > 0)
		return add_group(draft, DH_NONE, text, diag);
	draft->no_integ = true;
	return RC_OK;
}

/* Behind a cipher it is an old spelling of "none", and must not become a second cipher that
 * encrypts nothing. */
static enum rc add_null(struct draft *draft, const char *text, struct diag *diag)
{
	if (draft->hash.count + draft->integ.count + draft->prf.count + draft->dh.count > 0)
		return diag_fail(diag, RC_SYNTAX,
				 "\"%s\" is a cipher that does not encrypt and stands alone in its "
				 "place: begin a proposal with it",
				 text);
	draft->no_integ = true;
	return RC_OK;
}

static enum rc unknown(const struct draft *draft, const char *text, struct diag *diag)
{
	const char *near = proposal_word_suggest(text);
	if (near == NULL)
		return diag_fail(diag, RC_SYNTAX,
				 "unknown %s algorithm \"%.48s\"; expected words like %s",
				 protocol_text(draft->protocol), text,
				 draft->protocol == PROTOCOL_AH ? "sha2_256 or sha2_512"
								: "aes_gcm256, sha2_512 or dh19");
	return diag_fail(diag, RC_SYNTAX, "unknown %s algorithm \"%.48s\" (did you mean \"%s\"?)",
			 protocol_text(draft->protocol), text, near);
}

enum rc proposal_draft_word(struct draft *draft, const char *text, bool group_place,
			    struct diag *diag)
{
	struct word word;
	const char *method = text;
	unsigned addke = addke_prefix(text, &method);
	if (addke == 0)
		addke = draft->addke_at;
	if (addke != 0)
		return add_addke(draft, addke, method, diag);
	word = proposal_word_find(text);
	switch (word.kind) {
	case WORD_UNKNOWN:
		return unknown(draft, text, diag);
	case WORD_REFUSED:
		return diag_fail(diag, RC_UNSUPPORTED, "\"%s\" is not supported: %s", text,
				 word.advice);
	case WORD_ENCR:
		if (word.id == ENCR_NULL && draft->encr.count > 0)
			return add_null(draft, text, diag);
		return add_cipher(draft, &word, text, diag);
	case WORD_HASH:
		return add_hash(draft, &word, text, diag);
	case WORD_INTEG:
		return add(draft, &draft->integ,
			   (struct proposal_transform){ TRANSFORM_INTEG, word.id, 0 }, text, diag);
	case WORD_PRF:
		return add_prf(draft, &word, text, diag);
	case WORD_DH:
		return add_group(draft, word.id, text, diag);
	case WORD_ESN:
		return add_esn(draft, word.id, text, diag);
	case WORD_NONE:
		return add_none(draft, group_place, text, diag);
	}
	return diag_fail(diag, RC_INTERNAL, "\"%s\" has no meaning", text);
}

static void prfs_of(struct picks *prfs, const struct picks *hashes)
{
	for (unsigned i = 0; i < hashes->count; i++)
		proposal_picks_add(prfs, TRANSFORM_PRF, proposal_prf_of_integ(hashes->items[i].id),
				   0);
}

static void copy(struct picks *to, const struct picks *from)
{
	for (unsigned i = 0; i < from->count; i++)
		proposal_picks_add(to, from->items[i].type, from->items[i].id,
				   from->items[i].key_bits);
}

/* A plain hash names both the integrity algorithm and the PRF; when one of them is named in its own
 * way (hmac_sha2_256_128, prfsha256), it names only the other. */
static void share_hashes(struct draft *draft)
{
	bool integ_named = draft->integ.count > 0, prf_named = draft->prf.count > 0;
	if (!integ_named || prf_named)
		copy(&draft->integ, &draft->hash);
	if (draft->protocol != PROTOCOL_IKE)
		return;
	if (!prf_named || integ_named)
		prfs_of(&draft->prf, &draft->hash);
	if (draft->prf.count == 0)
		prfs_of(&draft->prf, &draft->integ);
}

static unsigned count_aead(const struct draft *draft)
{
	unsigned count = 0;
	for (unsigned i = 0; i < draft->encr.count; i++)
		count += proposal_encr_is_aead(draft->encr.items[i].id);
	return count;
}

static enum rc check_integ(struct draft *draft, struct diag *diag)
{
	if (draft->no_integ && (count_aead(draft) == 0 || draft->protocol == PROTOCOL_AH))
		return diag_fail(diag, RC_UNSUPPORTED,
				 "encryption without integrity is insecure (RFC 8221 §5): add "
				 "sha2_256, or use aes_gcm256");
	return RC_OK;
}

static enum rc check_encr(const struct draft *draft, struct diag *diag)
{
	if (draft->protocol == PROTOCOL_AH && draft->hash.count + draft->integ.count == 0)
		return diag_fail(diag, RC_SYNTAX,
				 "an AH proposal needs an integrity algorithm, such as sha2_256");
	if (draft->protocol != PROTOCOL_AH && draft->encr.count == 0)
		return diag_fail(diag, RC_SYNTAX,
				 "%s proposal without a cipher: begin with aes_gcm256 or aes256",
				 draft->protocol == PROTOCOL_IKE ? "an IKE" : "an ESP");
	return RC_OK;
}

/* RFC 9370 §2.2.4: they come behind the key exchange of CREATE_CHILD_SA. */
static enum rc check_addke(const struct draft *draft, struct diag *diag)
{
	if (draft->dh.count > 0)
		return RC_OK;
	for (unsigned i = 0; i < PROPOSAL_ADDKE_MAX; i++)
		if (draft->addke[i].count > 0)
			return diag_fail(
				diag, RC_SYNTAX,
				"addke%u= without a group: additional key exchanges follow "
				"a first one, add a group such as dh31",
				i + 1);
	return RC_OK;
}

static void fill(struct picks *picks, uint8_t protocol, uint8_t type)
{
	if (picks->count == 0)
		proposal_default_picks(picks, protocol, type);
}

static void fill_in(struct draft *draft)
{
	if (draft->protocol == PROTOCOL_IKE)
		fill(&draft->prf, PROTOCOL_IKE, TRANSFORM_PRF);
	fill(&draft->integ, draft->protocol, TRANSFORM_INTEG);
	if (draft->protocol == PROTOCOL_IKE || draft->pfs)
		fill(&draft->dh, PROTOCOL_IKE, TRANSFORM_DH);
	if (draft->protocol != PROTOCOL_IKE)
		fill(&draft->esn, draft->protocol, TRANSFORM_ESN);
}

static enum rc put(struct proposal *proposal, const struct picks *picks)
{
	for (unsigned i = 0; i < picks->count; i++)
		TRY(proposal_add(proposal, &picks->items[i]));
	return RC_OK;
}

/* An AEAD cipher brings its own integrity, and the proposal carries none (RFC 7296 §3.3). One that
 * is named beside it, as strongSwan's users do, has named the PRF where no PRF is. */
static enum rc put_all(const struct draft *draft, bool aead, struct proposal *proposal)
{
	for (unsigned i = 0; i < draft->encr.count; i++)
		if (proposal_encr_is_aead(draft->encr.items[i].id) == aead)
			TRY(proposal_add(proposal, &draft->encr.items[i]));
	TRY(put(proposal, &draft->prf));
	if (!aead)
		TRY(put(proposal, &draft->integ));
	TRY(put(proposal, &draft->dh));
	TRY(put(proposal, &draft->esn));
	for (unsigned i = 0; i < PROPOSAL_ADDKE_MAX; i++)
		TRY(put(proposal, &draft->addke[i]));
	return RC_OK;
}

static enum rc emit(const struct draft *draft, bool aead, struct proposal_list *list,
		    struct diag *diag)
{
	struct proposal proposal = { .protocol = draft->protocol };
	enum rc rc = put_all(draft, aead, &proposal);
	if (rc == RC_LIMIT)
		return diag_fail(diag, rc,
				 "more than %d algorithms in one proposal: make two of it",
				 PROPOSAL_TRANSFORMS_MAX);
	rc = proposal_list_add(list, &proposal);
	if (rc == RC_LIMIT)
		return diag_fail(diag, rc, "more than %d proposals", LIMIT_PROPOSALS);
	if (rc != RC_OK)
		return diag_fail(diag, rc, "no memory for a proposal");
	return RC_OK;
}

/* The kind of the first cipher goes first. */
enum rc proposal_draft_finish(struct draft *draft, struct proposal_list *list, struct diag *diag)
{
	if (draft->lenient && draft->protocol != PROTOCOL_AH && draft->encr.count == 0)
		return RC_OK;
	TRY(check_encr(draft, diag));
	TRY(check_integ(draft, diag));
	share_hashes(draft);
	fill_in(draft);
	TRY(check_addke(draft, diag));
	unsigned aead = count_aead(draft);
	bool first = draft->encr.count > 0 && proposal_encr_is_aead(draft->encr.items[0].id);
	TRY(emit(draft, first, list, diag));
	if (aead > 0 && aead < draft->encr.count)
		TRY(emit(draft, !first, list, diag));
	return RC_OK;
}
