/* SPDX-License-Identifier: Apache-2.0 */
/* The IKE_AUTH request, which is built by the last step of IKE_SA_INIT. */
#ifndef VANTH_IKEV2_AUTH_H
#define VANTH_IKEV2_AUTH_H

#include "ikev2/private.h"

/* The row goes on with the steps that make the IKE_AUTH request: IDi, AUTH, SA, TSi, TSr …, with
 * out->keys, out->suite and out->nr as just derived. The caller returns RC_OK then. */
void auth_request_make(struct step *step);

#endif
