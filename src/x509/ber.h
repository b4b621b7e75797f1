/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: BER (X.690 §8), as PKCS#12 files may have it, rewritten as base/der.h reads it.
 */
#ifndef VANTH_X509_BER_H
#define VANTH_X509_BER_H

#include "base/arena.h"
#include "base/der.h"

#define BER_SIZE_MAX ((size_t)1024 * 1024)
/* One element and nothing behind it: lengths become definite and short, OCTET STRINGs whole. At
 * most 24 deep and BER_SIZE_MAX bytes (RC_LIMIT). RC_SYNTAX. out: in the arena. */
enum rc ber_to_der(struct span in, struct arena *arena, struct span *out) MUST_CHECK;

#endif
