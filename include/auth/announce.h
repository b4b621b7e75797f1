/* SPDX-License-Identifier: Apache-2.0 */
/* SUPPORTED_AUTH_METHODS (RFC 9593): by what an end may prove itself, told before it chooses. */
#ifndef VANTH_AUTH_ANNOUNCE_H
#define VANTH_AUTH_ANNOUNCE_H

#include "sa/outcome.h"

#define ANNOUNCE_LEN_MAX 1024
/* Announcements of what `allowed` lets the other end prove itself by, one after the other (RFC 9593
 * §3.2); CAs are not linked to them. */
void announce_emit(const struct peer_methods *allowed, struct sink *sink);
/* What the peer allows us. Announcements of unknown methods, algorithms or lengths are passed over;
 * RC_SYNTAX: one of length 0 or 1, or beyond the end. */
enum rc announce_read(struct span data, struct peer_accepts *out) MUST_CHECK;

#endif
