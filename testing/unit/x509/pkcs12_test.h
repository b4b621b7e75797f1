/* SPDX-License-Identifier: Apache-2.0 */
/* The files of pkcs12_files.h as bytes. */
#ifndef VANTH_PKCS12_TEST_H
#define VANTH_PKCS12_TEST_H

#include "unit/x509/pkcs12_files.h"
#include "unit/x509/x509_test.h"

static inline struct span p12_bytes(struct arena *arena, const char *hex)
{
	size_t len = strlen(hex) / 2;
	uint8_t *bytes = arena_alloc(arena, len);
	unsigned byte;
	assert_non_null(bytes);
	for (size_t i = 0; i < len; i++) {
		assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
		bytes[i] = (uint8_t)byte;
	}
	return span_make(bytes, len);
}

#endif
