/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the exchanges of IKEv1: their rows, and the pieces that several of them build with. */
#ifndef VANTH_IKEV1_PRIVATE_H
#define VANTH_IKEV1_PRIVATE_H

#include <string.h>
#include "auth/isakmp.h"
#include "ikev1/ikev1.h"
#include "proposal/isakmp.h"
#include "sa/child_install.h"
#include "sa/client.h"

#define IKEV1_NONCE_LEN 32
#define IKEV1_CLEAR_MAX 8192 /* a message of phase 1 of ours in clear, but for certificates */
#define IKEV1_INNER_MAX 8192

/* each ends with a row whose story is NULL */
extern const struct ike_row ikev1_main_initiate_rows[], ikev1_main_answer_rows[],
	ikev1_aggressive_initiate_rows[], ikev1_aggressive_answer_rows[],
	ikev1_quick_initiate_rows[], ikev1_quick_answer_rows[], ikev1_informational_rows[],
	ikev1_modecfg_ask_rows[], ikev1_modecfg_answer_rows[], ikev1_xauth_client_rows[],
	ikev1_xauth_server_rows[], ikev1_lifetime_rows[], ikev1_hint_rows[], ikev1_reject_rows[];

/* Phase 2: either end of the ISAKMP SA may begin it. */
#define IN_BOTH_ROLES(event, rules, steps, story)                                                  \
	{ IKE_ESTABLISHED, INITIATOR, event, rules, steps, IKE_ESTABLISHED, story },               \
	{                                                                                          \
		IKE_ESTABLISHED, RESPONDER, event, rules, steps, IKE_ESTABLISHED, story            \
	}

/* ---- message pieces (payload.c) ---- */
struct ike_header v1_header(const struct ike_sa *sa, uint8_t exchange);
/* A message of phase 1 in clear, with room for IKEV1_CLEAR_MAX bytes. */
enum rc v1_clear_begin(struct arena *arena, const struct ike_header *header, struct sink *sink,
		       struct writer *writer) MUST_CHECK;
/* With room for so many bytes more. */
enum rc v1_clear_begin_with(struct arena *arena, size_t room, const struct ike_header *header,
			    struct sink *sink, struct writer *writer) MUST_CHECK;
enum rc v1_clear_end(struct writer *writer, const struct sink *sink, uint8_t exchange,
		     struct outcome_message *out) MUST_CHECK;
enum rc v1_inner_begin(struct arena *arena, struct sink *sink, struct writer *writer) MUST_CHECK;
/* With room for so many bytes more. */
enum rc v1_inner_begin_with(struct arena *arena, size_t room, struct sink *sink,
			    struct writer *writer) MUST_CHECK;
enum rc v1_inner_end(const struct writer *writer, const struct sink *sink, uint8_t exchange,
		     struct outcome_message *out) MUST_CHECK;
/* An exchange of phase 2: begins with a HASH that v1_hash_end() fills in. before, behind: what it
 * covers in front of the message ID's payloads and behind them (RFC 2409 §5.5). */
enum rc v1_hash_begin(const struct ike_sa *sa, struct arena *arena, struct sink *sink,
		      struct writer *writer) MUST_CHECK;
enum rc v1_hash_end(const struct ike_sa *sa, uint32_t message_id, struct span nonce,
		    struct writer *writer, struct sink *sink, uint8_t exchange,
		    struct outcome_message *out) MUST_CHECK;
/* Is the message the peer's? RC_INTEGRITY. nonce: Ni_b for HASH(2), else empty. */
enum rc v1_hash_check(const struct step *step, struct span nonce, struct diag *diag) MUST_CHECK;
/* A message ID that no exchange of the SA has. */
enum rc v1_message_id(const struct sa_env *env, const struct ike_sa *sa, uint32_t *out) MUST_CHECK;
const struct payload *v1_payload(const struct ike_message *message, enum isakmp_payload_type type);

/* ---- vendor.c ---- */
unsigned v1_vendors_of(const struct ike_message *message);
/* What we say of ourselves to a peer that is to do this conn. */
unsigned v1_vendors_ours(const struct config_conn *conn);
/* Those that a responder announces: what the peer cannot do is not told to whoever asks, and an
 * answer to an address that has shown nothing is not larger than the question. */
unsigned v1_vendors_answer(const struct config_conn *conn, const struct ike_sa *sa);
/* What of NAT-T that leaves out (nat-ikev1-method=, encapsulation=no). */
unsigned v1_vendors_withheld(const struct config_conn *conn);
/* A new SA: do we take fragments, and send them? (fragmentation=) */
void v1_fragments(struct ike_sa *sa, const struct config_conn *conn);

/* ---- contact.c: INITIAL-CONTACT, RFC 2407 §4.6.3.3 ---- */
/* When nothing of the peer's is up here (architecture.md §6). */
enum rc v1_emit_contact(const struct step *step, uint64_t cky_r, struct writer *writer) MUST_CHECK;
bool v1_is_first_contact(const struct ike_message *message);

/* ---- nat.c: RFC 3947 §3.2 ---- */
#define V1_NATT (VENDOR_NATT_RFC3947 | VENDOR_NATT_DRAFT_02 | VENDOR_NATT_DRAFT_03)
/* The ways of NAT-T that both ends know (message: that the peer says with it; may be NULL). The
 * RFC's numbers are used where it is among them, else the drafts'. */
unsigned v1_natt(const struct ike_sa *sa, const struct ike_message *message);
struct v1_nat {
	bool supported; /* both know the same NAT-T, and the peer sent its hashes */
	bool here, there;
};
enum rc v1_nat_detect(const struct step *step, const struct ike_sa *sa, uint64_t cky_r,
		      const struct ike_suite *suite, struct v1_nat *out) MUST_CHECK;
/* NAT-D of the peer, then ours. force: one that cannot match (encapsulation=yes). */
enum rc v1_nat_emit(const struct step *step, const struct ike_sa *sa, uint64_t cky_r,
		    const struct ike_suite *suite, bool force, struct writer *writer) MUST_CHECK;

/* The same between other addresses than the SA's. */
struct v1_nat_ends {
	const struct ip_endpoint *local, *remote;
	bool force;
};
enum rc v1_nat_emit_between(const struct step *step, const struct ike_sa *sa, uint64_t cky_r,
			    const struct ike_suite *suite, const struct v1_nat_ends *ends,
			    struct writer *writer) MUST_CHECK;

/* ---- certs.c: RFC 2408 §3.9, §3.10 ---- */
/* CR payloads with the CAs that we trust, where the method signs. */
enum rc v1_certs_request(const struct step *step, uint16_t auth, struct writer *writer) MUST_CHECK;
bool v1_certs_asked(const struct ike_message *message);
/* Our certificate with its chain, where our key is certified and the peer wants it
 * (leftsendcert=). */
void v1_certs_emit(const struct config_end *local, const struct prove *prove, bool asked,
		   struct writer *writer);

/* ---- proof.c: how the ends prove who they are, whatever the method ---- */
struct v1_theirs {
	struct isakmp_id id;
	struct identity identity; /* data stays the payload's */
	struct check check;
};
/* The ID (body of its payload), and that the message has the proof that the method asks for, not
 * the other one. */
enum rc v1_theirs_read(struct step *step, uint16_t auth, bool of_initiator, struct span id,
		       struct v1_theirs *theirs, struct diag *diag) MUST_CHECK;
/* Shared key: is the HASH right? RC_DROP. Signatures: nothing yet. */
enum rc v1_theirs_hash(struct step *step, uint16_t auth, bool of_initiator,
		       const struct v1_theirs *theirs, struct outcome *out) MUST_CHECK;
/* Signatures: RC_SUSPEND, then v1_theirs_verified() in the next step, as check_begin() and
 * check_end(). Shared key: nothing. */
enum rc v1_theirs_verify(struct step *step, uint16_t auth, bool of_initiator,
			 const struct auth_ends *ends, struct v1_theirs *theirs,
			 struct outcome *out) MUST_CHECK;
enum rc v1_theirs_verified(struct step *step, uint16_t auth, bool of_initiator,
			   const struct auth_ends *ends, struct v1_theirs *theirs,
			   struct outcome *out) MUST_CHECK;
struct v1_ours {
	struct identity identity;
	struct isakmp_id id;
	struct span hash;
	struct prove prove;
};
/* Who we are, and the HASH of it. Signatures: RC_SUSPEND, then prove_end() in the next step. */
enum rc v1_ours_prove(struct step *step, uint16_t auth, bool of_initiator,
		      const struct auth_ends *ends, struct v1_ours *ours,
		      struct outcome *out) MUST_CHECK;
/* After prove_end(): certificates, and the HASH or the signature. */
void v1_ours_emit(const struct step *step, const struct ike_sa *sa, const struct auth_ends *ends,
		  const struct v1_ours *ours, struct writer *writer);

/* What the SA has negotiated about a user (XAUTH, hybrid authentication). */
static inline enum peer_user v1_user_of(const struct ike_sa *sa)
{
	if (sa->v1->user == NULL)
		return PEER_NO_USER;
	return sa->v1->auth == OAKLEY_HYBRID_INIT_RSA ? PEER_HYBRID : PEER_XAUTH;
}

/* ---- phase1.c: what both ends of phase 1 do ---- */
/* Payloads of Main Mode, in either direction: SA; KE and nonce; identity. */
extern const struct payload_rule v1_main_sa_rules[], v1_main_ke_rules[], v1_main_id_rules[];
static inline bool v1_signs(uint16_t auth)
{
	return auth != OAKLEY_PRESHARED_KEY && auth != OAKLEY_XAUTH_INIT_PRESHARED;
}
/* What the conn asks for and offers: signatures with the key that we have before a shared key.
 * RC_AUTH_FAILED with a diag: no way to authenticate. */
enum rc v1_terms(const struct step *step, const struct peer *peer, struct isakmp_phase1_terms *out,
		 struct diag *diag) MUST_CHECK;
struct v1_derive { /* the worker's; copies, never the SA itself */
	struct ike_suite suite;
	const struct dh_alg *dh;
	struct dh_pair *pair; /* initiator: owned; freed by v1_derive_run() */
	uint8_t *answer;      /* responder: room for its KE data */
	struct ikev1_exchange exchange;
	struct span psk; /* .ptr NULL: signatures */
	struct ike_keys *keys;
	uint8_t *iv;
};
enum rc v1_derive_run(void *arg, unsigned worker, struct diag *diag);
void v1_derive_drop(void *arg);
/* The step after the worker's: what it has made, but for the initiator's nonce, is the event's. */
enum rc v1_derived(const struct step *step, const struct v1_derive *derive,
		   struct outcome *out) MUST_CHECK;
/* The shared key of the two ends, a copy in the arena; .ptr NULL: the method signs. RC_AUTH_FAILED:
 * there is none. */
enum rc v1_psk(const struct step *step, uint16_t auth, const struct auth_ends *ends,
	       struct span *psk, struct diag *diag) MUST_CHECK;
/* Of the exchange, by what the SA and this event know. */
struct ikev1_exchange v1_exchange_of(const struct ike_sa *sa);
/* HASH_I or HASH_R over that identity, in the arena. */
enum rc v1_proof(struct step *step, const struct outcome *out, bool of_initiator,
		 const struct isakmp_id *id, struct span *hash) MUST_CHECK;
struct isakmp_id v1_id_of(const struct identity *identity);
struct identity v1_identity(const struct isakmp_id *id); /* data stays the payload's */

/* ---- answer.c: phase 1 as the responder, whatever the mode ---- */
/* Main Mode, whose peer has no name yet: the first conn for the addresses that can do what it
 * offers; the diag is the first one's. */
enum rc v1_choose(const struct step *step, const struct isakmp_sa *theirs, const struct peer **peer,
		  struct isakmp_choice *choice, struct diag *diag) MUST_CHECK;
/* The first that could have agreed to what the SA has: its shared key and settings are taken. */
enum rc v1_candidate(const struct step *step, const struct peer **out,
		     struct diag *diag) MUST_CHECK;
/* out->born, from the first message. */
enum rc v1_answer_sa(struct step *step, const struct isakmp_choice *choice,
		     struct outcome *out) MUST_CHECK;
/* With the KE and NONCE of the message, and a nonce of ours in the arena; derive->psk is there.
 * RC_SUSPEND, then v1_derived(). */
enum rc v1_answer_derive(struct step *step, const struct ike_sa *sa, struct span ni,
			 struct v1_derive *derive, struct outcome *out) MUST_CHECK;
struct v1_caller {
	struct v1_theirs theirs;
	struct v1_ours ours;
	bool aggressive;
	enum peer_user user; /* before there is an SA: what is to be agreed on */
	uint64_t peer_serial, template_serial;
};
/* The conn that its identity fits best. auth 0, choice NULL: not known. */
enum rc v1_caller_find(const struct step *step, struct v1_caller *caller, uint16_t auth,
		       const struct proposal_choice *choice, struct diag *diag) MUST_CHECK;
/* NULL: it has gone, while somebody worked on a key or a signature. */
struct peer *v1_caller_peer(const struct step *step, const struct v1_caller *caller);
struct auth_ends v1_caller_ends(const struct step *step, const struct v1_caller *caller,
				const struct peer *peer);
/* After v1_theirs_verify(). */
enum rc v1_caller_verified(struct step *step, struct v1_caller *caller,
			   struct outcome *out) MUST_CHECK;
/* It is proven: the SA becomes its peer's, and is established. */
enum rc v1_caller_bind(struct step *step, struct v1_caller *caller, struct outcome *out) MUST_CHECK;
enum rc v1_removed(struct diag *diag) MUST_CHECK;
/* ---- hint.c ---- */
/* Why we give up a phase 1 that we began: what somebody said of it, or what it may mean that nobody
 * answered in this state. */
void v1_hint_why(const struct ike_sa *sa, struct diag *diag);

/* ---- initiate.c: phase 1 as the initiator, whatever the mode ---- */
/* out->born, between the addresses of step->peer. */
enum rc v1_initiate_sa(struct step *step, struct outcome *out) MUST_CHECK;
/* v1_terms() without what we have no key for. */
enum rc v1_possible_terms(struct step *step, struct outcome *out,
			  struct isakmp_phase1_terms *terms) MUST_CHECK;
struct auth_ends v1_initiator_ends(const struct step *step, const struct ike_sa *sa);
struct v1_key { /* what our KE and nonce say; lives as long as the event */
	const struct dh_alg *dh;
	struct dh_pair **pair; /* the worker's, in the outcome */
	uint8_t nonce[IKEV1_NONCE_LEN];
};
/* RC_SUSPEND, then out->pair is there, or step->rc says why not. */
enum rc v1_make_key(struct step *step, const struct dh_alg *dh, struct v1_key *key,
		    struct outcome *out) MUST_CHECK;
/* The peer's KE, nonce and NAT-D, with what the SA or this event has agreed on. RC_SUSPEND, then
 * v1_derived(). */
enum rc v1_initiator_derive(struct step *step, struct v1_derive *derive, struct v1_nat *nat,
			    struct outcome *out) MUST_CHECK;
/* RFC 3947 §4: behind a NAT both ends go on at port 4500. */
void v1_go_to_4500(const struct step *step, const struct v1_nat *nat, struct outcome *out);
/* Does it say that it is whom the conn names? If not: that code, with a diag. */
enum rc v1_expected(const struct step *step, const struct v1_theirs *theirs, enum rc otherwise,
		    struct diag *diag) MUST_CHECK;
/* Where the method that was chosen says so: a user will be asked for. */
enum rc v1_expect_user(const struct step *step, bool user, struct outcome *out) MUST_CHECK;
/* Phase 1 is done: established, or the user (XAUTH) and then our address (ModeCfg) come first
 * (out->next). False: the address is what comes next. */
bool v1_initiator_done(const struct step *step, struct outcome *out);
/* Nobody answers: the SA ends. */
enum rc v1_no_answer(const struct step *step, struct outcome *out) MUST_CHECK;
/* Not wanted any more. */
extern const step_fn v1_cancel_steps[];

/* ---- aggressive_initiate.c ---- */
extern const step_fn v1_aggressive_begin[];

/* ---- xauth_client.c ---- */
extern const struct payload_rule v1_transaction_rules[];

/* ---- modecfg_ask.c: the transaction exchange of a client ---- */
/* Our end of the conn gets its address from the peer: no Quick Mode before it has it. */
bool v1_is_config_client(const struct peer *peer);
/* A message of a transaction exchange, with out->v1.message_id (draft-dukes-ike-mode-cfg-02 §3). */
enum rc v1_transaction(struct step *step, const struct isakmp_config *config,
		       struct outcome *out) MUST_CHECK;
/* CFG_REQUEST, in an exchange of its own; modecfgpull=no: nothing, the server tells unasked. */
enum rc v1_modecfg_ask(struct step *step, struct outcome *out) MUST_CHECK;

/* ---- split.c: split networks as Cisco's clients know them ---- */
/* Our client knows what it is told; a conn with cisco-unity=yes. */
bool v1_split_client(const struct peer *peer);
/* All of IPv4, in Quick Mode the name of whatever the server has. */
bool v1_split_names_all(const struct selector *selector);
/* Server: what we ask for when we begin. old: the Child SA that is rekeyed; NULL: none. */
bool v1_split_asks_all(const struct tunnel *tunnel, const struct child_sa *old);
/* Server: the client asked for all, and for its own address: it gets what the tunnel has. */
bool v1_split_answers_all(const struct child_sa *child, const struct wire_ts_list *tsi,
			  const struct wire_ts_list *tsr);
/* Client: of what both ends agreed on, the networks that the server has told. */
enum rc v1_split_take(const struct ike_sa *sa, struct child_sa *child,
		      struct diag *diag) MUST_CHECK;

/* ---- lifetime.c: RESPONDER-LIFETIME, RFC 2407 §4.6.3.1 ---- */
struct v1_lifetime {
	uint32_t seconds;   /* 0: not said */
	uint64_t kilobytes; /* 0: not said */
};
/* Of a notification of that type. What is said twice, of 0 or in other units is none. */
enum rc v1_lifetime_read(struct arena *arena, const struct isakmp_notify *notify,
			 struct v1_lifetime *out, struct diag *diag) MUST_CHECK;
/* Where ours is shorter than what the peer offered (0: nothing) that is to be told. */
struct v1_lifetime v1_lifetime_shorter(struct v1_lifetime ours, struct v1_lifetime theirs);
struct v1_lifetime v1_lifetime_of_child(const struct config_conn *conn);
/* spi: the cookies, or our inbound SPI. Nothing to say: nothing. */
enum rc v1_lifetime_emit(struct arena *arena, uint8_t protocol, struct span spi,
			 const struct v1_lifetime *lifetime, struct writer *writer) MUST_CHECK;
/* The responder's, among what stands in its answer. */
enum rc v1_lifetime_of_answer(const struct step *step, struct v1_lifetime *out,
			      struct diag *diag) MUST_CHECK;
/* An Informational message told it. */
enum rc v1_lifetime_told(struct step *step, const struct isakmp_notify *notify,
			 struct outcome *out) MUST_CHECK;

/* ---- quick.c: what both ends of Quick Mode do ---- */
extern const struct payload_rule v1_quick_rules[];
struct v1_quick {
	struct isakmp_sa sa;
	struct span nonce;  /* the peer's */
	struct span public; /* .len 0: no KE */
	struct isakmp_id ids[2];
	bool ids_present;
	struct isakmp_choice choice;
};
enum rc v1_quick_read(struct step *step, struct v1_quick *quick, struct diag *diag) MUST_CHECK;
struct isakmp_phase2_terms v1_quick_terms(const struct ike_sa *sa, const struct tunnel *tunnel,
					  uint16_t group);
/* Where we send: the SPI of what was chosen. */
enum rc v1_quick_take_spi(struct child_sa *child, struct diag *diag) MUST_CHECK;
/* What the peer's IDs say, as the lists that the rest of the project narrows and compares; without
 * IDs: the addresses of the SA. tsi: of the initiator of the exchange. */
enum rc v1_quick_selectors(const struct step *step, const struct v1_quick *quick, bool ours,
			   struct wire_ts_list *tsi, struct wire_ts_list *tsr,
			   struct diag *diag) MUST_CHECK;
/* IDci and IDcr of the first pair of the selectors (IKEv1 has no more); local is the initiator's.
 */
void v1_quick_emit_ids(const struct selectors *selectors, bool initiator, struct writer *writer);
/* ---- virtual_net.c: rightsubnet=vhost:, vnet: ---- */
/* May a client have that behind it? RC_TS_UNACCEPTABLE. asked: within the tunnel's selectors. */
enum rc v1_virtual_check(const struct ike_sa *sa, const struct tunnel *tunnel,
			 const struct ip_range *asked, struct diag *diag) MUST_CHECK;

/* ---- quick_nat.c: transport mode with a NAT between, RFC 3947 §5.2 and §6 ---- */
/* Does some transform of it ask for transport mode? */
bool v1_offers_transport(const struct isakmp_sa *offer);
/* Whoever is behind a NAT becomes the address that is seen here, where the selectors name one
 * address. ours: we began the exchange. */
void v1_see_through_nat(const struct ike_sa *sa, bool ours, struct wire_ts_list *tsi,
			struct wire_ts_list *tsr);
/* NAT-OAi and NAT-OAr as this end sees them, where that is asked for: ESP in UDP, transport mode.
 */
void v1_nat_oa_emit(const struct ike_sa *sa, const struct tunnel *tunnel, bool initiator,
		    struct writer *writer);

/* HASH(3): prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b), in the arena. */
enum rc v1_hash3(const struct step *step, uint32_t message_id, struct span ni, struct span nr,
		 struct span *out) MUST_CHECK;
/* CONNECTED (RFC 2408 §3.1): the peer, which has set the commit bit, has the IPsec SA that its SPI
 * or the exchange names. */
enum rc v1_connected(struct step *step, const struct isakmp_notify *notify,
		     struct outcome *out) MUST_CHECK;
/* KEYMAT of both directions into out->keymat, as child_install_in() wants it. */
enum rc v1_keymat(struct child_sa *child, const struct ike_sa *sa, struct span ni, struct span nr,
		  struct outcome *out) MUST_CHECK;

#endif
