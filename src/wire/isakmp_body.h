/* SPDX-License-Identifier: Apache-2.0 */
/* What IKEv1's payload files share beside body.h: data attributes, RFC 2408 §3.3. */
#ifndef VANTH_WIRE_ISAKMP_BODY_H
#define VANTH_WIRE_ISAKMP_BODY_H

#include "wire/body.h"
#include "wire/isakmp.h"

/* As isakmp_attributes_parse(); what names the place: "transform 3". */
enum rc isakmp_attributes_read(struct arena *arena, struct span data, const char *what,
			       struct isakmp_attribute **out, unsigned *count,
			       struct diag *diag) MUST_CHECK;
/* Only whether they are whole, and how many. */
enum rc isakmp_attributes_count(struct span data, const char *what, unsigned *count,
				struct diag *diag) MUST_CHECK;
void isakmp_attributes_emit(struct sink *sink, const struct isakmp_attribute *attributes,
			    unsigned count);
/* Bytes that isakmp_attributes_emit() writes. */
size_t isakmp_attributes_len(const struct isakmp_attribute *attributes, unsigned count);

#endif
