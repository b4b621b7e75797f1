/* SPDX-License-Identifier: Apache-2.0 */
/* Redirect (RFC 5685): the gateway names another one, the client goes there. */
#ifndef VANTH_IKEV2_REDIRECT_H
#define VANTH_IKEV2_REDIRECT_H

#include "ikev2/private.h"
#include "sa/redirect.h"

/* ---- gateway ---- */
/* The client can be redirected; *from is where it comes from, when it says so. */
bool redirect_supported(const struct ike_message *message, struct redirect_target *from);
/* Where a new client of these is sent instead of being answered (global-redirect=); in the arena.
 * NULL: nowhere, or no memory. Never back to where it was sent from. */
const struct redirect_target *redirect_of_all(const struct step *step);
/* Where a client whose identity is proven is sent (send-redirect=); in the arena. NULL: nowhere. */
const struct redirect_target *redirect_of_conn(const struct step *step,
					       const struct config_conn *conn);
/* REDIRECT data for that gateway, with the client's nonce in IKE_SA_INIT; in the arena. What was
 * sent stands in out. */
enum rc redirect_data(struct arena *arena, const struct redirect_target *gateway, struct span nonce,
		      struct span *data, struct outcome *out) MUST_CHECK;
enum rc redirect_emit(struct arena *arena, const struct redirect_target *gateway,
		      struct writer *writer, struct outcome *out) MUST_CHECK;
/* EVENT_TELL: to the gateway that extra->redirect names (§5). */
enum rc redirect_emit_told(struct step *step, struct writer *writer,
			   struct outcome *out) MUST_CHECK;

/* ---- client ---- */
/* IKE_SA_INIT: REDIRECT_SUPPORTED, or REDIRECTED_FROM at the new gateway. */
enum rc redirect_emit_support(struct step *step, const struct peer *peer,
			      struct writer *writer) MUST_CHECK;
/* A REDIRECT in the message, which the conn allows, goes into out->extra.redirect; why not, into
 * out->extra.redirect_refused and out->diag. nonce: what must
 * stand behind it (IKE_SA_INIT), or empty. RC_NOT_FOUND: there is none (that we would obey).
 * RC_DROP: the nonce is wrong. RC_PEER_REFUSED: the conn does not allow it, or
 * redirected too often (§7). */
enum rc redirect_read(const struct step *step, struct span nonce, struct outcome *out) MUST_CHECK;

#endif
