/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "x509/store.h"
#include "x509_test.h"

static void add(const struct party *party, const char *nickname, bool trusted)
{
	struct diag diag = { "" };
	if (store_add(party->certificate, nickname, trusted, NULL, &diag) != RC_OK)
		fail_msg("%s", diag.text);
}

static const struct store_item *named(const struct store_list *list, const char *nickname)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->items[i].nickname, nickname) == 0)
			return &list->items[i];
	return NULL;
}

static struct store_list list_all(void)
{
	struct store_list list;
	struct diag diag = { "" };
	if (store_list(true, &list, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return list;
}

static void what_was_added_is_listed_with_its_trust_and_key(void **state)
{
	struct party root = pki_root("CN=listed root"), gw = { .key = NULL };
	struct private_key *key = NULL;
	struct public_key *public;
	struct store_list list;
	struct diag diag = { "" };
	bool added = false;
	(void)state;
	assert_int_equal(private_key_generate(KEY_ECDSA_P256, 0, true, "gw", 0, &key, &diag),
			 RC_OK);
	gw = pki_make((struct x509_issue){ .subject = "CN=gw", .key = private_key_public(key) },
		      &root);
	add(&root, "root", true);
	add(&gw, "gw", false);
	private_key_unref(root.key); /* it lived in this process only */
	root.key = NULL;
	list = list_all();
	assert_non_null(named(&list, "root"));
	assert_true(named(&list, "root")->trusted);
	assert_false(named(&list, "root")->has_key);
	assert_false(named(&list, "gw")->trusted);
	assert_true(named(&list, "gw")->has_key);
	store_list_free(&list);
	/* again: nothing new, and trust that was given is not taken away in passing */
	assert_int_equal(store_add(root.certificate, "root", false, &added, &diag), RC_OK);
	assert_false(added);
	list = list_all();
	assert_true(named(&list, "root")->trusted);
	store_list_free(&list);
	assert_int_equal(store_remove(gw.certificate, true, &diag), RC_OK);
	assert_int_equal(store_remove(root.certificate, false, &diag), RC_OK);
	assert_int_equal(store_remove(root.certificate, false, &diag), RC_NOT_FOUND);
	list = list_all();
	assert_int_equal(list.count, 0);
	store_list_free(&list);
	assert_int_equal(certificate_key(gw.certificate, &public, &diag), RC_OK);
	private_key_unref(key);
	private_key_unref(gw.key);
	gw.key = NULL;
	assert_int_equal(private_key_find(public, &key, &diag), RC_NOT_FOUND);
	public_key_unref(public);
	pki_free(&gw);
	pki_free(&root);
}

static void a_nickname_belongs_to_one_subject(void **state)
{
	struct party one = pki_root("CN=one"), other = pki_root("CN=other");
	struct party renewed = pki_root("CN=one");
	struct diag diag = { "" };
	(void)state;
	add(&one, "mine", false);
	assert_int_equal(store_add(other.certificate, "mine", false, NULL, &diag), RC_EXISTS);
	assert_says(diag, "CN=one");
	assert_says(diag, "--name");
	add(&renewed, "mine", false);
	assert_int_equal(store_remove(one.certificate, false, &diag), RC_OK);
	assert_int_equal(store_remove(renewed.certificate, false, &diag), RC_OK);
	pki_free(&one);
	pki_free(&other);
	pki_free(&renewed);
}

struct seen {
	uint8_t id[KEY_ID_LEN];
	char nickname[40];
	unsigned count;
};

static enum rc see(void *context, struct span ckaid, const char *nickname)
{
	struct seen *seen = context;
	assert_int_equal(ckaid.len, KEY_ID_LEN);
	memcpy(seen->id, ckaid.ptr, KEY_ID_LEN);
	(void)snprintf(seen->nickname, sizeof(seen->nickname), "%s", nickname);
	seen->count++;
	return RC_OK;
}

static void private_keys_are_listed_and_removed(void **state)
{
	struct private_key *key = NULL;
	struct public_key *public;
	struct diag diag = { "" };
	struct seen seen = { .count = 0 };
	uint8_t id[KEY_ID_LEN];
	(void)state;
	assert_int_equal(private_key_generate(KEY_RSA, 2048, true, "raw", 0, &key, &diag), RC_OK);
	public_key_id(private_key_public(key), id);
	assert_int_equal(store_keys(see, &seen, &diag), RC_OK);
	assert_int_equal(seen.count, 1);
	assert_memory_equal(seen.id, id, KEY_ID_LEN);
	assert_string_equal(seen.nickname, "raw");
	public = public_key_ref(private_key_public(key));
	private_key_unref(key);
	assert_int_equal(store_remove_key(public, &diag), RC_OK);
	assert_int_equal(store_remove_key(public, &diag), RC_NOT_FOUND);
	public_key_unref(public);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_added_is_listed_with_its_trust_and_key),
		cmocka_unit_test(a_nickname_belongs_to_one_subject),
		cmocka_unit_test(private_keys_are_listed_and_removed),
	};
	return cmocka_run_group_tests(tests, pki_database_open, pki_database_close);
}
