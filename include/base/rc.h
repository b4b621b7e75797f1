/* SPDX-License-Identifier: Apache-2.0 */
/* Return codes and diagnostics. Every function that can fail returns enum rc; the human sentence,
 * with its values, travels beside it in a struct diag. */
#ifndef VANTH_BASE_RC_H
#define VANTH_BASE_RC_H

#include <stdbool.h>
#include <stddef.h>

#define MUST_CHECK __attribute__((warn_unused_result))

enum rc {
	RC_OK = 0,
	RC_SUSPEND,	  /* a job is out; the row resumes with its result */
	RC_DROP,	  /* say nothing to the peer */
	RC_NO_MEMORY,	  /* an allocation failed or a bound was reached */
	RC_TRUNCATED,	  /* input ended inside a field */
	RC_TRAILING,	  /* bytes follow where the input must end */
	RC_SYNTAX,	  /* a field has a value that its format forbids */
	RC_LIMIT,	  /* more of something than limits.h allows */
	RC_CRITICAL,	  /* unknown payload with the critical bit (RFC 7296 §2.5) */
	RC_MAJOR_VERSION, /* IKE major version that we do not speak */
	RC_INTEGRITY,	  /* ICV or tag is wrong */
	RC_NO_PROPOSAL,	  /* nothing in common */
	RC_INVALID_KE,	  /* KE payload of another group than the chosen one */
	RC_BAD_PUBLIC,	  /* a DH public value that RFC 6989 forbids */
	RC_AUTH_FAILED,
	RC_TS_UNACCEPTABLE,
	RC_CHILD_NOT_FOUND,
	RC_NO_ADDITIONAL_SAS,
	RC_TEMPORARY_FAILURE,
	RC_SINGLE_PAIR,
	RC_NO_ADDRESS,	/* none is left for a client (INTERNAL_ADDRESS_FAILURE) */
	RC_CP_REQUIRED, /* a client asks for no address, and must (FAILED_CP_REQUIRED) */
	RC_KERNEL,	/* the kernel refused; the errno is in the diag's text */
	RC_IO,
	RC_EXISTS,
	RC_NOT_FOUND,
	RC_AMBIGUOUS,
	RC_TIMEOUT,
	RC_UNSUPPORTED,
	RC_RANGE,
	RC_CANCELLED,
	RC_PERMISSION,
	RC_PEER_REFUSED, /* the peer answered with an error notify */
	RC_PEER_DELETED, /* the peer deleted the SA */
	RC_REPLACED,	 /* a newer SA took its place */
	RC_OPERATOR,	 /* somebody asked for it */
	RC_SHUTDOWN,
	RC_INTERNAL, /* our own contradiction; fails the one SA, loudly */
	RC_COUNT
};

struct diag {
	char text[320];
};

/* The enum's short name, e.g. "NO_PROPOSAL"; never NULL. */
const char *rc_name(enum rc rc);

/* Writes the sentence (truncated to fit, control characters shown as \xNN, never unprintable) and
 * returns rc, so that a function can `return diag_fail(diag, RC_SYNTAX, "...", ...)`. diag may be
 * NULL. */
enum rc diag_fail(struct diag *diag, enum rc rc, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Puts "prefix: " before the sentence already there. */
void diag_prefix(struct diag *diag, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define TRY(expr)                                                                                  \
	do {                                                                                       \
		enum rc try_rc_ = (expr);                                                          \
		if (try_rc_ != RC_OK)                                                              \
			return try_rc_;                                                            \
	} while (0)

#endif
