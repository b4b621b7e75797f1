/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for what strangers give src/crypto to verify with: the first byte says whether a
 * SubjectPublicKeyInfo, a raw RSA key of RFC 3110, an AlgorithmIdentifier or the signature of a
 * fixed key follows. Besides not crashing: what was taken is in DER, and says the same when it is
 * written again; no signature passes. */
#include <stdio.h>
#include <stdlib.h>
#include "base/arena.h"
#include "crypto/crypto.h"
#include "crypto/sign.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 4754 §8.1 */
static const uint8_t p256[] = {
	0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01,
	0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
	0x04, 0x24, 0x42, 0xa5, 0xcc, 0x0e, 0xcd, 0x01, 0x5f, 0xa3, 0xca, 0x31, 0xdc,
	0x8e, 0x2b, 0xbc, 0x70, 0xbf, 0x42, 0xd6, 0x0c, 0xbc, 0xa2, 0x00, 0x85, 0xe0,
	0x82, 0x2c, 0xb0, 0x42, 0x35, 0xe9, 0x70, 0x6f, 0xc9, 0x8b, 0xd7, 0xe5, 0x02,
	0x11, 0xa4, 0xa2, 0x71, 0x02, 0xfa, 0x35, 0x49, 0xdf, 0x79, 0xeb, 0xcb, 0x4b,
	0xf2, 0x46, 0xb8, 0x09, 0x45, 0xcd, 0xdf, 0xe7, 0xd5, 0x09, 0xbb, 0xfd, 0x7d,
};

static void must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_sign: not so: %s\n", what);
	abort();
}

static void exercise_raw(struct span raw)
{
	struct public_key *key;
	struct arena arena;
	struct span again;
	if (public_key_from_rfc3110(raw, &key, NULL) != RC_OK)
		return;
	arena_init(&arena, 8192);
	must(public_key_to_rfc3110(key, &arena, &again) == RC_OK && span_equal(raw, again),
	     "a raw key is written as it was read");
	arena_free(&arena);
	public_key_unref(key);
}

static void exercise_spki(struct span der)
{
	struct public_key *key;
	struct diag diag = { "" };
	struct arena arena;
	struct span raw;
	if (public_key_from_spki(der, &key, &diag) != RC_OK) {
		must(diag.text[0] != '\0', "a refusal says why");
		return;
	}
	must(span_equal(public_key_spki(key), der), "a key keeps its bytes");
	arena_init(&arena, 8192);
	if (public_key_to_rfc3110(key, &arena, &raw) == RC_OK)
		exercise_raw(raw);
	arena_free(&arena);
	public_key_unref(key);
}

static void exercise_scheme(struct span der)
{
	struct sign_scheme scheme, again;
	struct diag diag = { "" };
	if (sign_scheme_parse(der, &scheme, &diag) != RC_OK) {
		must(diag.text[0] != '\0', "a refusal says why");
		return;
	}
	must(sign_scheme_parse(sign_scheme_der(&scheme), &again, &diag) == RC_OK &&
		     scheme.form == again.form && scheme.hash == again.hash,
	     "a scheme is written as it was read");
	must(sign_scheme_text(&scheme)[0] != '\0', "a scheme has a name");
}

static void exercise_signature(struct span signature)
{
	static const struct sign_scheme scheme = { SIGN_ECDSA, SIGN_SHA2_256, 0 };
	struct span text = span_make("nobody signed this", 18);
	struct public_key *key;
	must(public_key_from_spki(SPAN_OF(p256), &key, NULL) == RC_OK, "the fixed key is good");
	for (int form = SIGNATURE_DER; form <= SIGNATURE_RAW; form++)
		must(signature_verify(key, &scheme, (enum signature_form)form, &text, 1, signature,
				      0, NULL) == RC_AUTH_FAILED,
		     "no signature passes");
	public_key_unref(key);
}

static void open_once(void)
{
	static bool open;
	struct diag diag = { "" };
	if (!open)
		must(crypto_open(NULL, false, &diag) == RC_OK, diag.text);
	open = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_once();
	if (size == 0)
		return 0;
	struct span rest = span_make(data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		exercise_spki(rest);
		break;
	case 1:
		exercise_raw(rest);
		break;
	case 2:
		exercise_scheme(rest);
		break;
	case 3:
		exercise_signature(rest);
		break;
	}
	return 0;
}
