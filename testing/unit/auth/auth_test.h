/* SPDX-License-Identifier: Apache-2.0 */
/* An event of the peer of a conn t, with a keyring and a secret. */
#ifndef VANTH_AUTH_TEST_H
#define VANTH_AUTH_TEST_H

#include "auth/private.h"
#include "unit/sa/sas_test.h"

#define AUTH_CONN                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"

static const uint8_t auth_init[300] = { 7 }, auth_nonce[32] = { 8 }, auth_sk_p[32] = { 9 };

struct auth_fixture {
	struct sas_fixture sas;
	struct keyring *keyring;
	struct secrets *secrets;
	struct sa_env env;
	struct arena arena;
	struct step step;
	struct outcome out;
	struct ike_suite suite;
	struct wire_id id;
	struct auth_input input;
	struct ip_endpoint local, remote;
	struct auth_ends ends;
};

static inline void auth_begin(struct auth_fixture *f, const char *conf)
{
	static const char secret[] = "@west @east : PSK \"correct horse battery staple\"\n";
	static const uint64_t seed[2] = { 3, 4 };
	struct config_errors errors;
	struct diag diag = { "" };

	memset(f, 0, sizeof(*f));
	sas_begin(&f->sas, conf);
	config_errors_init(&errors);
	assert_int_equal(
		secrets_load_text("s", span_make(secret, strlen(secret)), &f->secrets, &errors),
		RC_OK);
	config_errors_free(&errors);
	if (keyring_new(f->sas.log, seed, &f->keyring, &diag) != RC_OK)
		fail_msg("%s", diag.text);
	peers_orient(&f->sas.peers);
	arena_init(&f->arena, 1u << 22);
	f->env = (struct sa_env){ .host = f->sas.host,
				  .log = f->sas.log,
				  .peers = &f->sas.peers,
				  .sas = &f->sas.sas,
				  .setup = &f->sas.config->setup,
				  .secrets = f->secrets,
				  .keyring = f->keyring };
	f->step = (struct step){ .env = &f->env, .arena = &f->arena };
	f->suite = (struct ike_suite){ .prf = crypto_prf(PRF_HMAC_SHA2_256) };
	f->id = (struct wire_id){ ID_FQDN, { (const uint8_t *)"west", 4 } };
	f->input = (struct auth_input){ .suite = &f->suite,
					.message = SPAN_OF(auth_init),
					.nonce = SPAN_OF(auth_nonce),
					.sk_p = SPAN_OF(auth_sk_p),
					.id = &f->id };
	struct peer *peer = peers_tunnel(&f->sas.peers, "t")->peer;
	f->ends = (struct auth_ends){ .peer = peer,
				      .remote_id = &peer->remote_id,
				      .local = &f->local,
				      .remote = &f->remote };
}

static inline void auth_end(struct auth_fixture *f)
{
	outcome_release(&f->out);
	arena_free(&f->arena);
	keyring_free(f->keyring);
	secrets_free(f->secrets);
	sas_end(&f->sas);
}

/* Our key, as leftcert=NAME without its certificate; its public half is borrowed. */
static inline struct public_key *auth_own_key(struct auth_fixture *f, const char *name)
{
	struct credential *credential = mem_alloc(sizeof(*credential));
	struct diag diag = { "" };

	assert_non_null(credential);
	credential->refs = 1;
	if (private_key_generate(KEY_ECDSA_P256, 0, false, NULL, 0, &credential->key, &diag) !=
	    RC_OK)
		fail_msg("%s", diag.text);
	assert_int_equal(keyring_credential_set(f->keyring, name, credential), RC_OK);
	credential_unref(credential); /* the keyring's stays */
	return private_key_public(credential->key);
}

static inline void auth_work(struct auth_fixture *f)
{
	assert_non_null(f->out.work.run);
	f->step.rc = f->out.work.run(f->out.work.arg, 0, &f->step.job_diag);
	f->out.work.run = NULL;
}

#define auth_run(tests)                                                                            \
	(crypto_open(NULL, false, NULL) != RC_OK                                                   \
		 ? 1                                                                               \
		 : auth_close(cmocka_run_group_tests(tests, NULL, NULL)))
static inline int auth_close(int failed)
{
	crypto_close();
	return failed;
}

#endif
