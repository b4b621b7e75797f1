/* SPDX-License-Identifier: Apache-2.0 */
/* What the crypto tests share: NSS open without a database, bytes from hex. */
#ifndef VANTH_CRYPTO_TEST_H
#define VANTH_CRYPTO_TEST_H

#include "unit/test.h"
#include "base/arena.h"
#include "crypto/crypto.h"

#define BYTES_MAX 2048
struct bytes {
	size_t len;
	uint8_t ptr[BYTES_MAX];
};

static inline int nibble(char c)
{
	return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

static inline struct bytes hex(const char *text)
{
	struct bytes out = { 0 };
	for (; text[0] != '\0'; text += 2) {
		assert_true(out.len < BYTES_MAX);
		out.ptr[out.len++] = (uint8_t)(nibble(text[0]) << 4 | nibble(text[1]));
	}
	return out;
}

#define SPAN_HEX(bytes) ((struct span){ (bytes).ptr, (bytes).len })
#define assert_ok(expr) assert_int_equal((expr), RC_OK)

static inline void assert_bytes(struct span got, const char *want)
{
	struct bytes bytes = hex(want);
	assert_int_equal(got.len, bytes.len);
	assert_memory_equal(got.ptr, bytes.ptr, bytes.len);
}

static inline int open_crypto(void **state)
{
	struct diag diag = { "" };
	(void)state;
	enum rc rc = crypto_open(NULL, false, &diag);
	if (rc != RC_OK)
		print_message("crypto_open: %s\n", diag.text);
	return rc == RC_OK ? 0 : -1;
}

static inline int close_crypto(void **state)
{
	(void)state;
	crypto_close();
	return 0;
}

#endif
