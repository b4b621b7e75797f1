/* SPDX-License-Identifier: Apache-2.0 */
/* rightcert=: the peer's certificate is named by the conn. Its dates count, and whoever made it may
 * have revoked it. East knows west's. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "exchange/authority.h"
#include "x509/files.h"

#define CRL_URL "http://crl.example/root.crl"
#define CONN                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n"                                            \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"                        \
	"\tleftid=@west\n\trightid=@east\n\tauthby=ecdsa\n"
#define HOUR 3600

enum maker { MADE_BY_CA, MADE_BY_STRANGER, MADE_BY_ITSELF };

struct play {
	struct pair pair;
	struct authority ca, stranger;
	struct certificate *west;
	char path[40];
};

static int64_t now_of(const struct play *play)
{
	return play->pair.east.host->ops->wall(play->pair.east.host);
}

static void write_der(const char *path, const struct certificate *certificate)
{
	struct span der = certificate_der(certificate);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(der.ptr, 1, der.len, file), der.len);
	assert_int_equal(fclose(file), 0);
}

/* The file is there now. */
static void read_files(struct end *end)
{
	struct x509_files *files;
	struct diag diag = { "" };

	if (x509_files_load(end->gateway->config, NULL, keyring_trust(end->gateway->keyring), NULL,
			    NULL, &files, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	keyring_files_set(end->gateway->keyring, files);
	peers_orient(&end->gateway->peers);
}

/* ends: when west's certificate does, relative to now; 0: in a year. */
static void play_start(struct play *play, const char *setup, enum maker maker, int64_t ends)
{
	const struct wish west = {
		.subject = "CN=west", .kind = KEY_ECDSA_P256, .not_after = ends, .crl_url = CRL_URL
	};
	const struct wish east = { .subject = "CN=east", .name = "@east", .kind = KEY_ECDSA_P256 };
	struct credential *credential = mem_alloc(sizeof(*credential));
	char conf[900];

	assert_non_null(credential);
	(void)snprintf(play->path, sizeof(play->path), "/tmp/vanth-pinned-XXXXXX");
	assert_int_equal(close(mkstemp(play->path)), 0);
	(void)snprintf(conf, sizeof(conf),
		       "config setup\n%s" CONN "\trightcert=east\n\tleftcert=%s\n", setup,
		       play->path);
	pair_start(&play->pair, 1, CONN "\tleftcert=west\n", conf, NULL, NULL);
	authority_new(&play->ca, NULL, "CN=Test CA", now_of(play));
	authority_new(&play->stranger, NULL, "CN=Stranger", now_of(play));
	authority_trusted(&play->ca, &play->pair.west);
	authority_trusted(&play->ca, &play->pair.east);
	authority_certifies(&play->ca, &play->pair.east, "east", &east, NULL);
	credential->refs = 1;
	credential->key = authority_key(KEY_ECDSA_P256);
	credential->nickname = mem_text("west");
	play->west = authority_issue(maker == MADE_BY_CA	 ? &play->ca
				     : maker == MADE_BY_STRANGER ? &play->stranger
								 : NULL,
				     &west, credential->key, now_of(play));
	credential->certificate = certificate_ref(play->west);
	assert_int_equal(
		keyring_credential_set(play->pair.west.gateway->keyring, "west", credential),
		RC_OK);
	credential_unref(credential);
	peers_orient(&play->pair.west.gateway->peers);
	write_der(play->path, play->west);
	read_files(&play->pair.east);
}

static void play_end(struct play *play)
{
	pair_end(&play->pair);
	certificate_unref(play->west);
	authority_free(&play->ca);
	authority_free(&play->stranger);
	assert_int_equal(unlink(play->path), 0);
}

static void serve_crl(struct play *play, bool revoked)
{
	struct x509_revoked entry = { certificate_serial(play->west), now_of(play) - 60, 1 };
	struct x509_issue_crl crl = {
		.issuer = play->ca.certificate,
		.issuer_key = play->ca.key,
		.scheme = authority_scheme(play->ca.key),
		.revoked = &entry,
		.count = revoked,
		.this_update = now_of(play) - 5,
		.next_update = now_of(play) + HOUR,
		.number = 1,
	};
	struct diag diag = { "" };
	struct arena arena;
	struct span der;

	arena_init(&arena, 1u << 20);
	if (x509_issue_crl(&crl, &arena, &der, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(world_serve(play->pair.world, CRL_URL, SERVE_BODY, der), RC_OK);
	arena_free(&arena);
}

static void begin(struct play *play)
{
	end_up(&play->pair.west, "t");
	pair_run(&play->pair, 3 * USEC_PER_SEC);
}

static void assert_up(const struct play *play)
{
	if (play->pair.east.child_up == 0 || play->pair.east.ike_down > 0)
		fail_msg("east says: %s", play->pair.east.journal);
}

static void assert_refused(const struct play *play, const char *why)
{
	if (!end_said(&play->pair.east, why))
		fail_msg("east says: %s", play->pair.east.journal);
	assert_int_equal(play->pair.east.ike_up, 0);
}

static void one_that_has_expired_is_refused(void **state)
{
	struct play play;

	(void)state;
	for (unsigned maker = 0; maker < 3; maker++) {
		play_start(&play, "", (enum maker)maker, -10);
		begin(&play);
		assert_refused(&play, "\"CN=west\"");
		assert_refused(&play, "expired at");
		play_end(&play);
	}
}

static void one_that_made_itself_needs_nobody(void **state)
{
	static const char *const setups[] = {
		"", "\tcrl-strict=yes\n\tocsp-enable=yes\n\tocsp-strict=yes\n"
	};
	struct play play;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		play_start(&play, setups[i], MADE_BY_ITSELF, 0);
		begin(&play);
		assert_up(&play);
		play_end(&play);
	}
}

/* Nobody can be asked: that is enough, unless strictness asks for a word. */
static void one_of_an_unknown_ca_is_trusted_where_nothing_is_strict(void **state)
{
	static const char *const strict[] = { "\tcrl-strict=yes\n",
					      "\tocsp-enable=yes\n\tocsp-strict=yes\n" };
	struct play play;

	(void)state;
	play_start(&play, "", MADE_BY_STRANGER, 0);
	begin(&play);
	assert_up(&play);
	play_end(&play);
	for (unsigned i = 0; i < 2; i++) {
		play_start(&play, strict[i], MADE_BY_STRANGER, 0);
		begin(&play);
		assert_refused(&play, i == 0 ? "could not be found out (crl-strict=yes)"
					     : "could not be found out (ocsp-strict=yes)");
		assert_refused(&play, "its CA must be known");
		play_end(&play);
	}
}

/* At once where it is strict, and as soon as it is known where it is not. */
static void one_that_its_ca_has_revoked_is_refused(void **state)
{
	struct play play;

	(void)state;
	for (unsigned revoked = 0; revoked < 2; revoked++) {
		play_start(&play, "\tcrl-strict=yes\n", MADE_BY_CA, 0);
		serve_crl(&play, revoked == 1);
		begin(&play);
		if (revoked == 1)
			assert_refused(&play, "was revoked on");
		else
			assert_up(&play);
		play_end(&play);
	}
	play_start(&play, "", MADE_BY_CA, 0);
	serve_crl(&play, true);
	begin(&play);
	assert_true(end_said(&play.pair.east, "its IKE SA ends"));
	assert_true(end_said(&play.pair.east, "was revoked on"));
	assert_int_equal(play.pair.east.gateway->sas.established_count, 0);
	play_end(&play);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_that_has_expired_is_refused),
		cmocka_unit_test(one_that_made_itself_needs_nobody),
		cmocka_unit_test(one_of_an_unknown_ca_is_trusted_where_nothing_is_strict),
		cmocka_unit_test(one_that_its_ca_has_revoked_is_refused),
	};

	return exchange_run(tests);
}
