/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the exchanges of IKEv2: their rows, and the pieces that several of them build with. */
#ifndef VANTH_IKEV2_PRIVATE_H
#define VANTH_IKEV2_PRIVATE_H

#include <string.h>
#include "auth/psk.h"
#include "ikev2/ikev2.h"
#include "sa/child_install.h"

#define IKEV2_NONCE_LEN	   32	/* at least half of the largest PRF key (RFC 7296 §2.10) */
#define IKEV2_CLEAR_MAX	   4096 /* an IKE_SA_INIT of ours */
#define IKEV2_INNER_MAX	   8192 /* the inner payloads of a message of ours */
#define IKEV2_RESTARTS_MAX 4	/* COOKIE and INVALID_KE_PAYLOAD rounds of one attempt */

/* each ends with a row whose story is NULL */
extern const struct ike_row ikev2_sa_init_initiate_rows[], ikev2_sa_init_answer_rows[],
	ikev2_intermediate_initiate_rows[], ikev2_intermediate_answer_rows[],
	ikev2_auth_initiate_rows[], ikev2_auth_answer_rows[], ikev2_create_child_rows[],
	ikev2_followup_initiate_rows[], ikev2_followup_answer_rows[], ikev2_informational_rows[],
	ikev2_tell_rows[], ikev2_mobike_rows[], ikev2_resume_initiate_rows[],
	ikev2_resume_answer_rows[], ikev2_reject_rows[];

/* ---- nat.c: RFC 7296 §2.23 ---- */
struct nat_findings {
	bool supported; /* the peer sent both notifies */
	bool here, there;
};
enum rc nat_detect(const struct ike_message *message, const struct ip_endpoint *local,
		   const struct ip_endpoint *remote, uint64_t spi_i, uint64_t spi_r,
		   struct nat_findings *out) MUST_CHECK;
/* Both notifies. force: a source hash that cannot match, so that the peer sees a NAT
 * (encapsulation=yes). */
enum rc nat_emit(struct writer *writer, struct host *host, uint64_t spi_i, uint64_t spi_r,
		 const struct ip_endpoint *local, const struct ip_endpoint *remote,
		 bool force) MUST_CHECK;

/* ---- childless.c: RFC 6023 ---- */
/* Responder, IKE_SA_INIT: is CHILDLESS_IKEV2_SUPPORTED said? */
bool childless_allowed(const struct config_conn *conn);
/* Initiator, IKE_SA_INIT response: what out->childless becomes. */
bool childless_read(const struct ike_message *message);
/* Initiator, IKE_AUTH request: does it go without a Child SA? RC_PEER_REFUSED: it must (childless=
 * force), and the responder cannot. `supported`: what childless_read() said. */
enum rc childless_begin(const struct config_conn *conn, bool supported, bool *childless,
			struct diag *diag) MUST_CHECK;
/* Responder, IKE_AUTH request: RC_SYNTAX: one without a Child SA is not allowed;
 * RC_NO_ADDITIONAL_SAS: its Child SA is refused. */
enum rc childless_check(const struct config_conn *conn, bool with_child,
			struct diag *diag) MUST_CHECK;

/* ---- notify.c ---- */
/* The first error notify of the message; false: none. */
bool notify_error(const struct ike_message *message, struct wire_notify *out);
bool notify_find(const struct ike_message *message, enum notify_type type, struct wire_notify *out);
/* RFC 7383 §2.3: the peer announced fragmentation, and so do we. */
bool fragmentation_agreed(const struct config_conn *conn, const struct ike_message *message);
/* Does this error notify end the IKE SA? */
bool notify_ends_ike(uint16_t type);
/* What an error notify of the peer means to us. */
enum rc notify_rc(uint16_t type);

/* ---- child.c: a Child SA from the payloads of IKE_AUTH ---- */
struct child_exchange {
	struct wire_sa sa;
	struct wire_ts_list tsi, tsr;
	uint8_t protocol; /* of the SA that the answer chose */
	bool present;	  /* SA, TSi and TSr are there */
	bool no_tfc;	  /* ESP_TFC_PADDING_NOT_SUPPORTED (§1.3.1) */
	bool transport;	  /* USE_TRANSPORT_MODE */
	bool aggfrag;	  /* USE_AGGFRAG (RFC 9347 §5.1) */
	uint8_t aggfrag_flags;
	uint16_t cpi;	      /* IPCOMP_SUPPORTED with DEFLATE (§2.22); 0: none */
	bool others_possible; /* ADDITIONAL_TS_POSSIBLE */
	/* as the peer wrote them in TSi and TSr, where another address stands for them now */
	struct ip_addr real_i, real_r; /* AF_UNSPEC: untouched */
	const struct selectors *ours;  /* instead of the tunnel's selectors; NULL: those */
};
/* Responder, transport mode with a NAT between (§2.23.1): what stands behind a NAT is known here by
 * the addresses of the IKE SA; the answer has the peer's words again (child_answer_ts). */
void child_see_through_nat(const struct step *step, const struct peer *peer,
			   struct child_exchange *in);
/* The same for the answer to what we asked for: then TSi and TSr are of our addresses. */
void child_see_answer_through_nat(const struct step *step, const struct tunnel *tunnel,
				  struct child_exchange *in);
enum rc child_read(struct arena *arena, const struct ike_message *message,
		   struct child_exchange *out, struct diag *diag) MUST_CHECK;
/* KEYMAT into out->keymat; shared: g^ir, empty without PFS; later: of additional key exchanges. */
enum rc child_derive(struct child_sa *child, const struct ike_suite *suite,
		     const struct ike_keys *keys, struct span shared, struct span ni,
		     struct span nr, struct span later, struct outcome *out) MUST_CHECK;
/* ---- child_compress.c: IPCOMP_SUPPORTED, §2.22 ---- */
/* The CPI of the first one with DEFLATE; 0: none. */
uint16_t ipcomp_read(const struct ike_message *message);
/* Initiator: when the tunnel may compress to that address. */
void ipcomp_offer(const struct tunnel *tunnel, const struct ip_addr *outer, uint32_t spi_in,
		  struct writer *writer);
/* With the CPI that belongs to this inbound SPI. */
void ipcomp_emit(uint32_t spi_in, struct writer *writer);
/* Initiator: what the answer says; `in` has its CPI. RC_NO_PROPOSAL: it was not asked for. */
enum rc ipcomp_accept(const struct child_exchange *in, struct child_sa *child,
		      struct diag *diag) MUST_CHECK;
/* Responder: whether we compress. */
enum rc ipcomp_choose(const struct sas *sas, const struct child_exchange *in,
		      struct child_sa *child) MUST_CHECK;

/* ---- child_aggfrag.c: USE_AGGFRAG, RFC 9347 §5.1 ---- */
void aggfrag_read(const struct ike_message *message, struct child_exchange *out);
/* Initiator: when the conn wants IP-TFS. */
void aggfrag_offer(const struct tunnel *tunnel, struct writer *writer);
/* Initiator: what the answer says. RC_NO_PROPOSAL: it was not asked for, or the peer demands what
 * Linux does not do. */
enum rc aggfrag_accept(const struct child_exchange *in, struct child_sa *child,
		       struct diag *diag) MUST_CHECK;
/* Responder: whether we do it; without it the tunnel is a plain one. */
void aggfrag_choose(const struct child_exchange *in, struct child_sa *child);
void aggfrag_answer(const struct child_sa *child, struct writer *writer);

/* ---- told.c: what peers tell each other beside the work of an exchange ---- */
/* QUICK_CRASH_DETECTION with our token for these SPIs (RFC 6290 §4.2), when we are to make one. */
enum rc told_emit_token(struct step *step, uint64_t spi_i, uint64_t spi_r,
			struct writer *writer) MUST_CHECK;
/* Responder, IKE_AUTH: AUTH_LIFETIME (RFC 4478 §3), when the conn has one. */
enum rc told_emit_lifetime(struct step *step, const struct config_conn *conn, struct outcome *out,
			   struct writer *writer) MUST_CHECK;
/* Those of the peer, into out->extra. */
void told_read(const struct step *step, struct outcome *out);
/* ---- child_negotiate.c: what both ends say about a Child SA; flags as in proposal.h ---- */
/* groups_of: its DH groups are offered beside what esp= says; NULL: none. */
enum rc child_offer_sa(struct arena *arena, const struct tunnel *tunnel, uint32_t spi_in,
		       unsigned flags, const struct proposal_list *groups_of,
		       struct writer *writer) MUST_CHECK;
enum rc child_offer_selectors(struct arena *arena, const struct tunnel *tunnel,
			      const struct selectors *selectors, struct writer *writer) MUST_CHECK;
/* The peer's answer to our offer, into child (its tunnel is set). */
/* RC_CANCELLED: a reload, another address or a split came since they were asked for. */
enum rc child_still_ours(const struct child_sa *child, struct diag *diag) MUST_CHECK;
/* The answer has to lie within in->ours, which were proposed (§2.9). */
enum rc child_accept(const struct sas *sas, const struct child_exchange *in, unsigned flags,
		     struct child_sa *child, struct diag *diag) MUST_CHECK;
/* What of the peer's offer we take, into child (tunnel and mode are set). group: of its KE. */
enum rc child_choose(const struct sas *sas, const struct child_exchange *in, uint16_t group,
		     unsigned flags, struct child_sa *child, struct diag *diag) MUST_CHECK;
enum rc child_answer_sa(struct arena *arena, const struct child_sa *child,
			struct writer *writer) MUST_CHECK;
/* With ADDITIONAL_TS_POSSIBLE (§2.9) where the peer asked for more that another tunnel allows. */
enum rc child_answer_ts(struct arena *arena, const struct child_sa *child,
			const struct child_exchange *in, struct writer *writer) MUST_CHECK;
/* RC_TS_UNACCEPTABLE, with what was asked for and what there is. */
enum rc child_no_tunnel(const struct peer *peer, const struct child_exchange *in,
			struct diag *diag) MUST_CHECK;
/* A request that deletes the Child SA that we announced by that SPI. */
enum rc child_emit_delete(struct arena *arena, uint8_t protocol, uint32_t spi_in,
			  struct outcome_message *message) MUST_CHECK;

/* ---- mobike.c: RFC 4555 ---- */
/* In IKE_AUTH, when the conn has mobike=yes: MOBIKE_SUPPORTED and our further addresses. */
enum rc mobike_emit_support(struct step *step, const struct peer *peer, const struct ip_addr *local,
			    struct writer *writer) MUST_CHECK;
/* In IKE_AUTH: the peer's. */
enum rc mobike_read_support(struct step *step, const struct peer *peer,
			    struct outcome *out) MUST_CHECK;
/* What an INFORMATIONAL request says about addresses, and what its answer must say. */
enum rc mobike_read_request(struct step *step, struct outcome *out) MUST_CHECK;
enum rc mobike_emit_answer(struct step *step, struct outcome *out,
			   struct writer *writer) MUST_CHECK;
/* The answer to an INFORMATIONAL request of ours. */
enum rc mobike_read_response(struct step *step, struct outcome *out) MUST_CHECK;
/* In a liveness probe of a leader behind a NAT (§3.8): has its mapping changed? */
enum rc mobike_emit_probe(struct step *step, struct writer *writer) MUST_CHECK;

/* ---- mobike_path.c ---- */
/* ADDITIONAL_IP*_ADDRESS for each of ours but the one in use; how many. */
unsigned mobike_emit_addresses(const struct sa_env *env, const struct ip_addr *in_use,
			       struct writer *writer);
/* One that the peer has told, has now, or is known by. */
bool mobike_is_address(const struct ike_sa *sa, const struct ip_addr *addr);

/* ---- payload.c ---- */
/* The one payload of that type, which the row's rules have counted. */
const struct payload *payload_of(const struct ike_message *message, enum payload_type type);
/* The identity that an ID payload holds; data stays the payload's. */
struct identity identity_borrowed(const struct wire_id *id);
enum rc inner_start(struct arena *arena, struct sink *sink, struct writer *writer) MUST_CHECK;
/* With room for so many bytes more: certificates. */
enum rc inner_start_with(struct arena *arena, size_t more, struct sink *sink,
			 struct writer *writer) MUST_CHECK;
enum rc inner_finish(struct writer *writer, struct sink *sink,
		     struct outcome_message *out) MUST_CHECK;
void emit_notify(struct writer *writer, enum notify_type type);
/* A clear answer with one notify to the request of the step, which makes no state; returns rc, with
 * which the row ends. */
enum rc answer_clear(struct step *step, uint16_t type, struct span data, enum rc rc,
		     struct outcome *out) MUST_CHECK;
/* The request that begins an SA (with that Ni) returns a cookie of ours (§2.6; RFC 5723 §4.3.2). */
bool brought_cookie(const struct step *step, struct span ni);
/* The keys that the SA has after this errand. */
const struct ike_keys *keys_now(const struct ike_sa *sa, const struct outcome *out);
/* §2.3: the peer may have PEER_WINDOW requests outstanding. */
void emit_window_size(struct writer *writer);
struct ike_header header_of(const struct ike_sa *sa, enum exchange_type exchange, bool response,
			    uint32_t message_id);

#endif
