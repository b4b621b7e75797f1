/* SPDX-License-Identifier: Apache-2.0 */
/* The IKE_AUTH request, which is built by the last step of IKE_SA_INIT. */
#ifndef VANTH_IKEV2_AUTH_H
#define VANTH_IKEV2_AUTH_H

#include "ikev2/private.h"

/* IDi, IDr, AUTH, SA, TSi, TSr with out->keys, out->suite and out->nr as just derived. */
enum rc auth_request_emit(struct step *step, struct outcome *out) MUST_CHECK;

#endif
