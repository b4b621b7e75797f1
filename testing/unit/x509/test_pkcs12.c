/* SPDX-License-Identifier: Apache-2.0 */
#include "x509/store.h"
#include "x509_test.h"

/* NSS 3.87 keeps its nested decoders of a broken file for ever. */
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#define NSS_LEAKS(on) ((on) ? __lsan_disable() : __lsan_enable())
#else
#define NSS_LEAKS(on) ((void)(on))
#endif

struct scene {
	struct party root, gw;
	struct arena arena;
	struct span file; /* both, with the key of gw */
};

/* Exports and takes out of the database what was put there for it. */
static void scene_open(struct scene *scene, enum key_kind kind, const char *password)
{
	struct private_key *key = NULL;
	struct diag diag = { "" };
	struct span none;
	arena_init(&scene->arena, 1 << 22);
	scene->root = pki_make((struct x509_issue){ .subject = "CN=p12 root",
						    .ca = true,
						    .path_length = -1,
						    .not_before = 1000000000,
						    .not_after = 4000000000 },
			       NULL);
	assert_int_equal(private_key_generate(kind, 2048, true, "gw", 0, &key, &diag), RC_OK);
	scene->gw = pki_make((struct x509_issue){ .subject = "CN=p12 gw",
						  .key = private_key_public(key),
						  .not_before = 1000000000,
						  .not_after = 4000000000 },
			     &scene->root);
	assert_int_equal(store_add(scene->root.certificate, "root", true, NULL, &diag), RC_OK);
	assert_int_equal(store_add(scene->gw.certificate, "gw", false, NULL, &diag), RC_OK);
	if (pkcs12_export(scene->gw.certificate, password, &scene->arena, &scene->file, &diag) !=
	    RC_OK)
		fail_msg("%s", diag.text);
	private_key_unref(key); /* so that none is left in this process */
	private_key_unref(scene->gw.key);
	scene->gw.key = NULL;
	assert_int_equal(pkcs12_export(scene->gw.certificate, "", &scene->arena, &none, &diag),
			 RC_SYNTAX);
	assert_int_equal(none.len, 0);
	assert_int_equal(store_remove(scene->gw.certificate, true, &diag), RC_OK);
	assert_int_equal(store_remove(scene->root.certificate, false, &diag), RC_OK);
}

static void scene_close(struct scene *scene)
{
	arena_free(&scene->arena);
	pki_free(&scene->gw);
	pki_free(&scene->root);
}

static size_t stored(void)
{
	struct store_list list;
	size_t count;
	assert_int_equal(store_list(false, &list, NULL), RC_OK);
	count = list.count;
	store_list_free(&list);
	return count;
}

static void goes_and_comes_back(enum key_kind kind, const char *password)
{
	const char *const nicknames[] = { "first", "second" };
	struct scene scene;
	struct pkcs12 *pkcs12 = NULL;
	struct private_key *key = NULL;
	struct certificate *found, *at_gw = NULL;
	struct public_key *public;
	struct diag diag = { "" };
	const char *name;
	bool has_key;
	unsigned count = 0;
	scene_open(&scene, kind, password);
	if (pkcs12_open(scene.file, password, &pkcs12, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	for (; pkcs12_certificate(pkcs12, count, &found, &name, &has_key); count++)
		if (has_key)
			at_gw = found;
	assert_int_equal(count, 2);
	assert_non_null(at_gw);
	assert_true(span_equal(certificate_der(at_gw), certificate_der(scene.gw.certificate)));
	assert_int_equal(stored(), 0); /* opening changes nothing */
	if (pkcs12_import(pkcs12, nicknames, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	pkcs12_close(pkcs12);
	assert_int_equal(stored(), 2);
	assert_int_equal(certificate_key(scene.gw.certificate, &public, &diag), RC_OK);
	assert_int_equal(private_key_find(public, &key, &diag), RC_OK);
	private_key_unref(key);
	public_key_unref(public);
	assert_int_equal(store_nickname_free("first", scene.root.certificate, NULL) == RC_OK,
			 store_nickname_free("second", scene.root.certificate, NULL) != RC_OK);
	assert_int_equal(store_remove(scene.gw.certificate, true, &diag), RC_OK);
	assert_int_equal(store_remove(scene.root.certificate, false, &diag), RC_OK);
	scene_close(&scene);
}

static void key_and_chain_go_and_come_back(void **state)
{
	(void)state;
	goes_and_comes_back(KEY_ECDSA_P256, "a password");
	goes_and_comes_back(KEY_RSA, "pässwört");
	goes_and_comes_back(KEY_ECDSA_P384, "x");
}

static void a_wrong_password_and_a_broken_file_change_nothing(void **state)
{
	struct scene scene;
	struct pkcs12 *pkcs12 = NULL;
	struct diag diag = { "" };
	uint8_t *copy;
	(void)state;
	scene_open(&scene, KEY_ECDSA_P256, "right");
	assert_int_equal(pkcs12_open(scene.file, "wrong", &pkcs12, &diag), RC_AUTH_FAILED);
	assert_says(diag, "password");
	assert_int_equal(pkcs12_open(scene.file, "", &pkcs12, &diag), RC_AUTH_FAILED);
	NSS_LEAKS(true);
	for (size_t len = 0; len < scene.file.len; len += 37)
		assert_int_not_equal(
			pkcs12_open(span_make(scene.file.ptr, len), "right", &pkcs12, &diag),
			RC_OK);
	copy = arena_alloc(&scene.arena, scene.file.len);
	assert_non_null(copy);
	for (size_t at = 40; at < scene.file.len; at += 101) {
		memcpy(copy, scene.file.ptr, scene.file.len);
		copy[at] ^= 1;
		if (pkcs12_open(span_make(copy, scene.file.len), "right", &pkcs12, &diag) == RC_OK)
			pkcs12_close(pkcs12); /* an unused bit, as the MAC's friendly name */
	}
	NSS_LEAKS(false);
	assert_int_equal(stored(), 0);
	scene_close(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(key_and_chain_go_and_come_back),
		cmocka_unit_test(a_wrong_password_and_a_broken_file_change_nothing),
	};
	return cmocka_run_group_tests(tests, pki_database_open, pki_database_close);
}
