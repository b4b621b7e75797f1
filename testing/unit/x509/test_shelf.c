/* SPDX-License-Identifier: Apache-2.0 */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include "asker.h"
#include "x509/database.h"
#include "x509/shelf.h"
#include "x509/store.h"

static struct asker asker;
static struct party mute; /* names no place of a CRL */
static struct x509_trust *trust;
static char folder[64];

static int remove_one(const char *path, const struct stat *state, int kind, struct FTW *where)
{
	(void)state;
	(void)kind;
	(void)where;
	return remove(path);
}

static void start(void)
{
	struct x509_ca ca = { .nickname = (char *)"root", .trusted = true };

	asker_start(&asker, true, false, false);
	mute = asker_party(&asker, "CN=mute", NULL, NULL);
	asker.path[0] = mute.certificate;
	ca.certificate = asker.root.certificate;
	assert_int_equal(x509_trust_of(&ca, 1, &trust), RC_OK);
	(void)snprintf(folder, sizeof(folder), "/tmp/vanth-crls-XXXXXX");
	assert_non_null(mkdtemp(folder));
	assert_int_equal(revocation_folder(asker.revocation, folder), RC_OK);
}

static void stop(void)
{
	x509_trust_unref(trust);
	pki_free(&mute);
	asker_stop(&asker);
	assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

static void put(const char *name, struct span bytes)
{
	char path[160];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes.ptr, 1, bytes.len, file), bytes.len);
	assert_int_equal(fclose(file), 0);
}

static void put_file(const char *path)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fclose(file), 0);
}

static void take_away(const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(unlink(path), 0);
}

/* Of the root, or of another CA; with the mute one in it or not. */
static struct span list_of(const struct party *issuer, bool revoked, int64_t ago, int64_t lasts)
{
	struct x509_revoked entry = { certificate_serial(mute.certificate), asker_now(&asker) - 60,
				      1 };
	struct x509_issue_crl crl = {
		.issuer = issuer->certificate,
		.issuer_key = issuer->key,
		.scheme = { .form = SIGN_ECDSA, .hash = SIGN_SHA2_256 },
		.revoked = &entry,
		.count = revoked,
		.this_update = asker_now(&asker) - ago,
		.next_update = asker_now(&asker) - ago + lasts,
		.number = 1,
	};
	struct span der = SPAN_NONE;
	struct diag diag = { "" };

	if (x509_issue_crl(&crl, &asker.arena, &der, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	return der;
}

static void reread(void)
{
	revocation_reread(asker.revocation, trust);
	asker_run(&asker, SECONDS / 10);
}

/* The index-th thing that is known. */
static struct revocation_entry entry_at(size_t index)
{
	struct revocation_entry entry;

	assert_true(revocation_entry(asker.revocation, index, &entry));
	return entry;
}

static void lists_in_the_folder_count_like_fetched_ones(void **state)
{
	(void)state;
	start();
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	put("a.crl", list_of(&asker.root, false, 5, HOUR));
	assert_int_equal(revocation_read_now(asker.revocation, trust), RC_OK);
	assert_int_equal(asker_ask(&asker), RC_OK);
	assert_string_equal(entry_at(0).issuer, "CN=root");
	assert_non_null(strstr(entry_at(0).from, "/a.crl"));
	put("b.crl", list_of(&asker.root, true, 1, HOUR));
	reread();
	assert_int_equal(asker.news, 2);
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "(key compromise), says the CRL of "));
	assert_non_null(strstr(asker.diag.text, "/b.crl"));
	reread();
	assert_int_equal(asker.news, 2); /* nothing new */
	stop();
}

static size_t add_pem(char *text, size_t used, size_t room, struct span der)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	used += (size_t)snprintf(text + used, room - used, "-----BEGIN X509 CRL-----\n");
	for (size_t i = 0; i < der.len; i += 3) {
		uint32_t three = 0;
		assert_in_range(used, 0, room - 64);
		for (size_t j = 0; j < 3; j++)
			three = three << 8 | (i + j < der.len ? der.ptr[i + j] : 0);
		for (size_t j = 0; j < 4; j++)
			text[used++] = i + j > der.len ? '=' : digits[three >> (18 - 6 * j) & 63];
		if (i % 48 == 45)
			text[used++] = '\n';
	}
	return used + (size_t)snprintf(text + used, room - used, "\n-----END X509 CRL-----\n");
}

/* A CA may make several for parts of what it has issued; one does not take the place of another. */
static void each_list_of_a_file_counts(void **state)
{
	static char text[8192];
	size_t len;

	(void)state;
	start();
	len = add_pem(text, 0, sizeof(text), list_of(&asker.root, true, 5, HOUR));
	len = add_pem(text, len, sizeof(text), list_of(&asker.root, false, 1, HOUR));
	put("two.pem", span_make(text, len));
	assert_int_equal(revocation_read_now(asker.revocation, trust), RC_OK);
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "/two.pem"));
	assert_non_null(strstr(entry_at(1).from, "/two.pem"));
	reread();
	assert_int_equal(asker.news, 1);
	put("two.pem", span_make(text, 10)); /* half written */
	reread();
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	(void)entry_at(1);
	stop();
}

static void what_is_taken_away_does_not_count(void **state)
{
	(void)state;
	start();
	put("a.crl", list_of(&asker.root, true, 5, HOUR));
	put("b.crl", list_of(&asker.root, false, 5, HOUR));
	reread();
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	take_away("a.crl");
	reread();
	assert_int_equal(asker_ask(&asker), RC_OK);
	take_away("b.crl");
	reread();
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "could not be found out"));
	assert_int_equal(asker.revocation->counts[SOURCE_CRL], 0);
	assert_int_equal(asker.revocation->crl_bytes, 0);
	stop();
}

static void an_old_list_says_only_who_is_revoked(void **state)
{
	(void)state;
	start();
	put("a.crl", list_of(&asker.root, false, 2 * HOUR, HOUR));
	reread();
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "could not be found out"));
	put("a.crl", list_of(&asker.root, true, 2 * HOUR, HOUR));
	reread();
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "was revoked on"));
	stop();
}

/* Each with its name and the reason; the others count. */
static void what_is_wrong_is_told(void **state)
{
	static const char *const reasons[] = {
		"/1: its issuer, \"CN=stranger\", is no CA of the NSS database",
		"/2: its signature is not made by the key of \"CN=root\"",
		"/3", /* an empty file */
		"/4", /* garbage */
		"/5", /* cut off */
		"/6: it holds no CRL",
	};
	struct party stranger = pki_root("CN=stranger"), impostor = pki_root("CN=root");
	struct shelf *shelf;
	struct span der;

	(void)state;
	start();
	put("0.crl", list_of(&asker.root, false, 5, HOUR));
	put("1", list_of(&stranger, false, 5, HOUR));
	put("2", list_of(&impostor, false, 5, HOUR));
	put("3", SPAN_NONE);
	put("4", span_make("not a CRL at all", 16));
	der = list_of(&asker.root, false, 5, HOUR);
	put("5", span_make(der.ptr, der.len - 1));
	put("6", certificate_der(asker.root.certificate));
	put(".hidden", span_make("x", 1));
	shelf = shelf_read(folder, trust, 0);
	assert_non_null(shelf);
	assert_int_equal(shelf->count, 1);
	assert_int_equal(shelf->failed, 6);
	for (unsigned i = 0; i < 6; i++)
		if (strstr(shelf->failures[i].text, reasons[i]) == NULL)
			fail_msg("\"%s\" is not about \"%s\"", shelf->failures[i].text, reasons[i]);
	shelf_take(asker.revocation, shelf);
	assert_int_equal(asker_ask(&asker), RC_OK);
	shelf_free(shelf);
	shelf = shelf_read("/nowhere/at/all", trust, 0);
	assert_non_null(shelf);
	assert_int_equal(shelf->count + shelf->failed, 0);
	shelf_free(shelf);
	stop();
	pki_free(&stranger);
	pki_free(&impostor);
}

/* It may be half written, and nobody shall be forgotten for that. */
static void what_cannot_be_read_now_stays_as_it_was(void **state)
{
	(void)state;
	start();
	put("a.crl", list_of(&asker.root, true, 5, HOUR));
	put("b.crl", list_of(&asker.root, false, 5, HOUR));
	reread();
	put("a.crl", span_make("-----BEGIN X509 CRL-----\nMII", 28));
	take_away("b.crl");
	reread();
	assert_int_equal(asker.revocation->counts[SOURCE_CRL], 1);
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "was revoked on"));
	take_away("a.crl");
	assert_int_equal(rmdir(folder), 0);
	put_file(folder); /* no folder: who knows what lay there */
	reread();
	assert_int_equal(asker.revocation->counts[SOURCE_CRL], 1);
	assert_int_equal(unlink(folder), 0);
	reread();
	assert_int_equal(asker.revocation->counts[SOURCE_CRL], 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	stop();
}

/* Whatever is fetched, and never asked for itself. */
static void lists_that_lie_here_stay(void **state)
{
	char url[64];

	(void)state;
	start();
	put("a.crl", list_of(&asker.root, false, 5, HOUR));
	reread();
	asker_run(&asker, 10 * SECONDS);
	for (unsigned i = 0; i < 2 * CRL_SOURCES_MAX; i++) {
		(void)snprintf(url, sizeof(url), "http://crl.example/%u", i);
		assert_non_null(source_of_crl(asker.revocation, span_make(url, strlen(url)),
					      asker.root.certificate));
	}
	assert_int_equal(asker_ask(&asker), RC_OK);
	asker_run(&asker, 55 * MINUTES);
	revocation_refetch(asker.revocation);
	asker_run(&asker, SECONDS);
	assert_int_equal(asker_ask(&asker), RC_OK);
	stop();
}

/* What changed while they were read is read again, and the service may go meanwhile. */
static void a_reading_is_never_lost(void **state)
{
	(void)state;
	for (unsigned gone = 0; gone < 2; gone++) {
		start();
		world_hold_jobs(asker.world, true);
		revocation_reread(asker.revocation, trust);
		revocation_reread(asker.revocation, trust);
		revocation_reread(asker.revocation, trust);
		asker_run(&asker, SECONDS / 10);
		assert_int_equal(world_jobs_waiting(asker.world), 1);
		if (gone == 1) {
			revocation_free(asker.revocation);
			asker.revocation = NULL;
		}
		world_hold_jobs(asker.world, false);
		asker_run(&asker, SECONDS / 10);
		if (gone == 0) {
			assert_null(asker.revocation->reading);
			put("a.crl", list_of(&asker.root, false, 5, HOUR));
			reread();
			assert_int_equal(asker_ask(&asker), RC_OK);
		}
		stop();
	}
}

/* ipsec import, crlutil */
static void lists_of_the_database_count_too(void **state)
{
	struct party stranger = pki_root("CN=stranger");
	struct store_crl found = { .entries = 0 };
	struct diag diag = { "" };
	struct span der, newer;

	(void)state;
	start();
	der = list_of(&asker.root, false, 60, HOUR);
	newer = list_of(&asker.root, true, 5, HOUR);
	assert_int_equal(store_check_crl(der, NULL, 0, &found, &diag), RC_NOT_FOUND);
	assert_int_equal(store_check_crl(newer, &asker.root.certificate, 1, &found, &diag), RC_OK);
	assert_string_equal(found.issuer, "CN=root");
	assert_int_equal(found.entries, 1);
	assert_int_equal(found.this_update, asker_now(&asker) - 5);
	assert_int_equal(store_add(asker.root.certificate, "root", true, NULL, &diag), RC_OK);
	assert_int_equal(store_check_crl(der, NULL, 0, &found, &diag), RC_OK);
	assert_int_equal(
		store_check_crl(list_of(&stranger, false, 5, HOUR), NULL, 0, &found, &diag),
		RC_NOT_FOUND);
	if (store_add_crl(der, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	reread();
	assert_int_equal(asker_ask(&asker), RC_OK);
	assert_string_equal(entry_at(0).from, SHELF_DATABASE);
	assert_int_equal(store_add_crl(newer, &diag), RC_OK);
	assert_int_equal(store_add_crl(der, &diag), RC_EXISTS);
	reread();
	assert_int_equal(asker_ask(&asker), RC_AUTH_FAILED);
	assert_non_null(strstr(asker.diag.text, "from " SHELF_DATABASE));
	assert_false(revocation_entry(asker.revocation, 1, &(struct revocation_entry){ 0 }));
	stop();
	pki_free(&stranger);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_list_of_a_file_counts),
		cmocka_unit_test(lists_in_the_folder_count_like_fetched_ones),
		cmocka_unit_test(what_is_taken_away_does_not_count),
		cmocka_unit_test(an_old_list_says_only_who_is_revoked),
		cmocka_unit_test(what_is_wrong_is_told),
		cmocka_unit_test(what_cannot_be_read_now_stays_as_it_was),
		cmocka_unit_test(lists_that_lie_here_stay),
		cmocka_unit_test(a_reading_is_never_lost),
		cmocka_unit_test(lists_of_the_database_count_too),
	};

	return cmocka_run_group_tests(tests, pki_database_open, pki_database_close);
}
