/* SPDX-License-Identifier: Apache-2.0 */
/* Tickets by value (rfc5723 §6):
 *
 *	version (1) | key ID (8) | IV (8) | encrypted state | tag (16)
 *
 * The first two are authenticated with the rest. */
#include <string.h>
#include "sa/extra.h"
#include "sa/ticket.h"

#define TICKET_VERSION	 1
#define TICKET_HEAD_LEN	 (1 + 8)
#define PROOF_MAX	 (1 + X509_CHAIN_MAX * (32 + 1 + 21))
#define TICKET_PLAIN_MAX (2 * (LIMIT_ID + 3) + 256 + PROOF_MAX)

struct ticket_key {
	uint8_t id[8];
	struct secret key; /* empty: none */
	uint64_t counter;  /* IVs */
	usec_t born;
};
struct ticket_keys {
	struct ticket_key keys[TICKET_KEYS];
	unsigned current;
};

void ticket_free(struct ticket *ticket)
{
	if (ticket == NULL)
		return;
	mem_free(ticket->bytes);
	mem_free(ticket->proof);
	secret_wipe(&ticket->sk_d);
	identity_free(&ticket->client);
	identity_free(&ticket->gateway);
	mem_free(ticket);
}

/* ---- keys ---- */

void ticket_keys_free(struct sas *sas)
{
	if (sas->ticket_keys == NULL)
		return;
	for (unsigned i = 0; i < TICKET_KEYS; i++)
		secret_wipe(&sas->ticket_keys->keys[i].key);
	mem_free(sas->ticket_keys);
	sas->ticket_keys = NULL;
}

static bool key_old(const struct ticket_key *key, usec_t now, usec_t age)
{
	return key->key.ptr == NULL || now - key->born >= age;
}

static enum rc new_key(struct sas *sas, usec_t now, struct ticket_key *key)
{
	*key = (struct ticket_key){ .key = key->key, .born = now };
	TRY(secret_alloc(&key->key, BOX_KEY_LEN));
	if (host_random(sas->host, key->key.ptr, BOX_KEY_LEN) == RC_OK &&
	    host_random(sas->host, key->id, sizeof(key->id)) == RC_OK)
		return RC_OK;
	secret_wipe(&key->key);
	return RC_IO;
}

static enum rc sealing_key(struct sas *sas, usec_t now, struct ticket_key **out)
{
	struct ticket_keys *keys = sas->ticket_keys;

	if (keys == NULL)
		keys = sas->ticket_keys = mem_alloc(sizeof(*keys));
	if (keys == NULL)
		return RC_NO_MEMORY;
	if (key_old(&keys->keys[keys->current], now, TICKET_ROTATION)) {
		unsigned next = (keys->current + 1) % TICKET_KEYS;
		TRY(new_key(sas, now, &keys->keys[next]));
		keys->current = next;
	}
	*out = &keys->keys[keys->current];
	return RC_OK;
}

static const struct ticket_key *opening_key(struct sas *sas, usec_t now, const uint8_t id[8])
{
	for (unsigned i = 0; sas->ticket_keys != NULL && i < TICKET_KEYS; i++) {
		struct ticket_key *key = &sas->ticket_keys->keys[i];
		if (key_old(key, now, TICKET_ROTATION + TICKET_LIFETIME_MAX))
			secret_wipe(&key->key);
		else if (span_equal(span_make(id, 8), SPAN_OF(key->id)))
			return key;
	}
	return NULL;
}

/* ---- state into bytes and back ---- */

static void emit_identity(struct sink *sink, const struct identity *id)
{
	sink_u8(sink, id->type);
	sink_u16(sink, id->len);
	sink_bytes(sink, id->data, id->len);
}

static void emit_proof(struct sink *sink, const struct x509_proof *proof)
{
	sink_u8(sink, proof != NULL ? (uint8_t)proof->count : 0);
	for (unsigned i = 0; proof != NULL && i < proof->count; i++) {
		const struct x509_proof_one *one = &proof->certificates[i];
		sink_bytes(sink, one->issuer, sizeof(one->issuer));
		sink_u8(sink, one->serial_len);
		sink_bytes(sink, one->serial, one->serial_len);
	}
}

static void emit_state(struct sink *sink, const struct ticket *ticket)
{
	sink_u64(sink, (uint64_t)ticket->expires);
	sink_u64(sink, (uint64_t)ticket->authenticated);
	sink_u64(sink, ticket->spi_i);
	sink_u64(sink, ticket->spi_r);
	sink_u16(sink, ticket->choice.encr);
	sink_u16(sink, ticket->choice.encr_bits);
	sink_u16(sink, ticket->choice.prf);
	sink_u16(sink, ticket->choice.integ);
	sink_u16(sink, ticket->choice.dh);
	for (unsigned i = 0; i < PROPOSAL_ADDKE_MAX; i++)
		sink_u16(sink, ticket->choice.addke[i]);
	emit_identity(sink, &ticket->client);
	emit_identity(sink, &ticket->gateway);
	sink_u8(sink, ticket->ppk);
	sink_u64(sink, (uint64_t)ticket->certified_until);
	emit_proof(sink, ticket->proof);
	sink_bytes(sink, ticket->mark, sizeof(ticket->mark));
	sink_u8(sink, (uint8_t)ticket->sk_d.len);
	sink_bytes(sink, ticket->sk_d.ptr, ticket->sk_d.len);
}

static enum rc read_identity(struct span *in, struct identity *out)
{
	struct identity id;
	struct span data;

	TRY(span_u8(in, &id.type));
	TRY(span_u16(in, &id.len));
	TRY(span_take(in, id.len, &data));
	id.data = (uint8_t *)(uintptr_t)data.ptr;
	return identity_copy(&id, out);
}

static enum rc read_proof(struct span *in, struct x509_proof **out)
{
	struct x509_proof *proof;
	uint8_t count;

	TRY(span_u8(in, &count));
	if (count == 0)
		return RC_OK;
	if (count > X509_CHAIN_MAX)
		return RC_LIMIT;
	proof = *out = mem_alloc(sizeof(*proof) + count * sizeof(proof->certificates[0]));
	if (proof == NULL)
		return RC_NO_MEMORY;
	for (; proof->count < count; proof->count++) {
		struct x509_proof_one *one = &proof->certificates[proof->count];
		TRY(span_bytes(in, one->issuer, sizeof(one->issuer)));
		TRY(span_u8(in, &one->serial_len));
		if (one->serial_len > sizeof(one->serial))
			return RC_LIMIT;
		TRY(span_bytes(in, one->serial, one->serial_len));
	}
	return RC_OK;
}

static enum rc read_choice(struct span *in, struct proposal_choice *out)
{
	*out = (struct proposal_choice){ .number = 1, .protocol = PROTOCOL_IKE };
	TRY(span_u16(in, &out->encr));
	TRY(span_u16(in, &out->encr_bits));
	TRY(span_u16(in, &out->prf));
	TRY(span_u16(in, &out->integ));
	TRY(span_u16(in, &out->dh));
	for (unsigned i = 0; i < PROPOSAL_ADDKE_MAX; i++)
		TRY(span_u16(in, &out->addke[i]));
	return RC_OK;
}

static enum rc read_state(struct span in, struct ticket *ticket)
{
	uint64_t expires, authenticated, certified_until;
	struct span sk_d;
	uint8_t len, ppk;

	TRY(span_u64(&in, &expires));
	TRY(span_u64(&in, &authenticated));
	ticket->expires = (usec_t)expires;
	ticket->authenticated = (usec_t)authenticated;
	TRY(span_u64(&in, &ticket->spi_i));
	TRY(span_u64(&in, &ticket->spi_r));
	TRY(read_choice(&in, &ticket->choice));
	TRY(read_identity(&in, &ticket->client));
	TRY(read_identity(&in, &ticket->gateway));
	TRY(span_u8(&in, &ppk));
	ticket->ppk = ppk != 0;
	TRY(span_u64(&in, &certified_until));
	ticket->certified_until = (int64_t)certified_until;
	TRY(read_proof(&in, &ticket->proof));
	TRY(span_bytes(&in, ticket->mark, sizeof(ticket->mark)));
	TRY(span_u8(&in, &len));
	TRY(span_take(&in, len, &sk_d));
	TRY(span_end(&in));
	return secret_set(&ticket->sk_d, sk_d);
}

/* ---- sealed ---- */

enum rc ticket_seal(struct sas *sas, usec_t now, const struct ticket *ticket, struct sink *out)
{
	uint8_t plain[TICKET_PLAIN_MAX + BOX_TAG_LEN], iv[BOX_IV_LEN];
	struct sink state, vector;
	struct ticket_key *key;
	size_t start = out->len;
	enum rc rc;

	TRY(sealing_key(sas, now, &key));
	sink_init(&state, plain, TICKET_PLAIN_MAX);
	emit_state(&state, ticket);
	rc = sink_rc(&state);
	sink_u8(out, TICKET_VERSION);
	sink_bytes(out, key->id, sizeof(key->id));
	sink_init(&vector, iv, sizeof(iv));
	sink_u64(&vector, key->counter++);
	if (rc == RC_OK)
		rc = sink_rc(out);
	if (rc == RC_OK)
		rc = box_seal(secret_span(&key->key), iv,
			      span_make(out->ptr + start, TICKET_HEAD_LEN), plain, state.len);
	sink_bytes(out, iv, sizeof(iv));
	sink_bytes(out, plain, state.len + BOX_TAG_LEN);
	wipe(plain, sizeof(plain));
	return rc == RC_OK ? sink_rc(out) : rc;
}

static enum rc open_with(const struct ticket_key *key, struct span head, struct span rest,
			 struct ticket *ticket)
{
	uint8_t plain[TICKET_PLAIN_MAX];
	struct span iv;
	enum rc rc;

	TRY(span_take(&rest, BOX_IV_LEN, &iv));
	if (rest.len < BOX_TAG_LEN || rest.len - BOX_TAG_LEN > sizeof(plain))
		return RC_INTEGRITY;
	rc = box_open(secret_span(&key->key), iv.ptr, head, rest, plain);
	if (rc == RC_OK)
		rc = read_state(span_make(plain, rest.len - BOX_TAG_LEN), ticket);
	wipe(plain, sizeof(plain));
	return rc;
}

enum rc ticket_open(struct sas *sas, usec_t now, struct span bytes, struct ticket **out,
		    struct diag *diag)
{
	const struct ticket_key *key;
	struct ticket *ticket;
	struct span head;
	enum rc rc;

	*out = NULL;
	if (span_take(&bytes, TICKET_HEAD_LEN, &head) != RC_OK || head.ptr[0] != TICKET_VERSION)
		return diag_fail(diag, RC_INTEGRITY, "the ticket is none of ours");
	key = opening_key(sas, now, head.ptr + 1);
	if (key == NULL)
		return diag_fail(
			diag, RC_INTEGRITY,
			"the ticket's key is gone: it is too old, or from before a restart");
	ticket = mem_alloc(sizeof(*ticket));
	if (ticket == NULL)
		return RC_NO_MEMORY;
	rc = open_with(key, head, bytes, ticket);
	if (rc == RC_OK && now >= ticket->expires)
		rc = diag_fail(diag, RC_TIMEOUT, "the ticket has expired");
	else if (rc != RC_OK && rc != RC_NO_MEMORY)
		rc = diag_fail(diag, RC_INTEGRITY, "the ticket was changed");
	if (rc == RC_OK)
		*out = ticket;
	else
		ticket_free(ticket);
	return rc;
}

enum rc ticket_mark(struct span psk, uint64_t spi_i, uint64_t spi_r, uint8_t out[TICKET_MARK_LEN])
{
	static const char label[] = "resumption";
	const struct prf_alg *prf = crypto_prf(PRF_HMAC_SHA2_256);
	uint8_t spis[16], mark[PRF_MAX];
	struct span parts[] = { SPAN_OF(label), SPAN_OF(spis) };
	struct sink sink;

	if (prf == NULL)
		return RC_UNSUPPORTED;
	sink_init(&sink, spis, sizeof(spis));
	sink_u64(&sink, spi_i);
	sink_u64(&sink, spi_r);
	TRY(prf_parts(prf, psk, parts, 2, mark));
	memcpy(out, mark, TICKET_MARK_LEN);
	wipe(mark, sizeof(mark));
	return RC_OK;
}

/* ---- the client's ---- */

void ticket_forget(struct peer *peer)
{
	ticket_free(peer->ticket);
	peer->ticket = NULL;
}

void ticket_keep(struct ike_sa *sa)
{
	struct ike_extra *extra = sa->extra;
	struct ticket *ticket;

	if (extra == NULL || extra->ticket == NULL || sa->peer == NULL || sa->delete_wanted)
		return;
	ticket = extra->ticket;
	extra->ticket = NULL;
	ticket_forget(sa->peer);
	ticket->choice = sa->choice;
	ticket->ppk = sa->ppk;
	ticket->auth_ends = sa->auth_ends;
	if (extra->proof != NULL)
		ticket->proof = x509_proof_copy(extra->proof);
	if ((extra->proof != NULL && ticket->proof == NULL) ||
	    secret_set(&ticket->sk_d, ike_key(&sa->keys, &sa->suite, SK_d)) != RC_OK) {
		ticket_free(ticket);
		return;
	}
	sa->peer->ticket = ticket;
}

const struct ticket *ticket_usable(const struct peer *peer, usec_t now)
{
	const struct ticket *ticket = peer->ticket;

	if (ticket == NULL || !peer->conn->session_resumption || peer_has_rounds(peer) ||
	    now >= ticket->expires || (peer->conn->ppk == PPK_INSIST && !ticket->ppk) ||
	    (ticket->auth_ends != 0 && now >= ticket->auth_ends) ||
	    !proposal_allows(peer->conn->ike, &ticket->choice))
		return NULL;
	return ticket;
}
