/* SPDX-License-Identifier: Apache-2.0 */
/* What the crypto room's calls cost, in µs of CPU time of one thread: the best and the median of
 * several runs, because the machine's speed varies. bench_crypto [-t THREADS] [-r RUNS] [FILTER];
 * with threads, each uses its own slot. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "crypto/crypto.h"
#include "crypto/sign.h"

#define RUNS_MAX    64
#define THREADS_MAX 16
#define PLAIN_LEN   300
#define HEADERS	    32

struct bench {
	unsigned worker;
	struct dh_pair *pair, *peer;
	struct ike_suite suite;
	struct ike_keys keys;
	struct private_key *key;
	struct sign_scheme scheme;
	size_t signature_len;
	uint8_t signature[512];
	uint8_t nonce[32], shared[32], message[1024], plain[1024];
};

struct op {
	const char *name;
	enum rc (*run)(struct bench *bench);
	uint16_t id, bits, integ; /* group, or cipher with its integrity */
};

static double cpu_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static enum rc op_generate(struct bench *b)
{
	struct dh_pair *pair;
	TRY(dh_generate(dh_pair_alg(b->pair), b->worker, &pair));
	dh_free(pair);
	return RC_OK;
}

static enum rc op_compute(struct bench *b)
{
	struct secret shared = { NULL, 0 };
	TRY(dh_compute(b->pair, dh_public(b->peer), b->worker, &shared, NULL));
	secret_wipe(&shared);
	return RC_OK;
}

static enum rc op_derive(struct bench *b)
{
	struct ike_keys keys = { { NULL, 0 } };
	TRY(ike_keys_derive(&b->suite, SPAN_OF(b->nonce), SPAN_OF(b->nonce), SPAN_OF(b->shared), 1,
			    2, &keys));
	ike_keys_wipe(&keys);
	return RC_OK;
}

static enum rc op_keymat(struct bench *b)
{
	struct secret keymat = { NULL, 0 };
	TRY(child_keymat(&b->suite, &b->keys, SPAN_NONE, SPAN_OF(b->nonce), SPAN_OF(b->nonce), 72,
			 &keymat));
	secret_wipe(&keymat);
	return RC_OK;
}

static enum rc op_auth(struct bench *b)
{
	uint8_t auth[PRF_MAX];
	return auth_psk(&b->suite, SPAN_OF(b->shared), span_make(b->message, 400),
			SPAN_OF(b->nonce), ike_key(&b->keys, &b->suite, SK_pi),
			span_make(b->plain, 24), SPAN_NONE, auth);
}

/* Keys of the IKE SA, of one Child SA, and both AUTH values: what one side computes after g^ir. */
static enum rc op_all(struct bench *b)
{
	TRY(op_derive(b));
	TRY(op_keymat(b));
	TRY(op_auth(b));
	return op_auth(b);
}

static enum rc op_sha1(struct bench *b)
{
	struct span part = span_make(b->message, 22);
	uint8_t out[20];
	return hash_sha1(&part, 1, out);
}

static enum rc op_seal(struct bench *b)
{
	return sk_seal(&b->suite, ike_key(&b->keys, &b->suite, SK_ei),
		       ike_key(&b->keys, &b->suite, SK_ai), 1, b->message, HEADERS, PLAIN_LEN);
}

static enum rc op_open(struct bench *b)
{
	size_t iv_len = b->suite.encr->iv_len, icv_len = sk_icv_len(&b->suite), plain_len;
	size_t len = HEADERS + PLAIN_LEN + sk_overhead(&b->suite, PLAIN_LEN);
	const uint8_t *m = b->message;
	return sk_open(&b->suite, ike_key(&b->keys, &b->suite, SK_ei),
		       ike_key(&b->keys, &b->suite, SK_ai), span_make(m, HEADERS),
		       span_make(m, len - icv_len), span_make(m + HEADERS, iv_len),
		       span_make(m + HEADERS + iv_len, len - HEADERS - iv_len - icv_len),
		       span_make(m + len - icv_len, icv_len), b->plain, &plain_len);
}

static enum rc op_sign(struct bench *b)
{
	struct span part = span_make(b->message, 400);
	return signature_make(b->key, &b->scheme, SIGNATURE_DER, &part, 1, b->worker, b->signature,
			      &b->signature_len, NULL);
}

static enum rc op_verify(struct bench *b)
{
	struct span part = span_make(b->message, 400);
	return signature_verify(private_key_public(b->key), &b->scheme, SIGNATURE_DER, &part, 1,
				span_make(b->signature, b->signature_len), b->worker, NULL);
}

/* With a key that NSS does not have yet, as when it came in a certificate. */
static enum rc op_verify_new(struct bench *b)
{
	struct span part = span_make(b->message, 400);
	struct public_key *key;
	TRY(public_key_from_spki(public_key_spki(private_key_public(b->key)), &key, NULL));
	enum rc rc = signature_verify(key, &b->scheme, SIGNATURE_DER, &part, 1,
				      span_make(b->signature, b->signature_len), b->worker, NULL);
	public_key_unref(key);
	return rc;
}

static const struct op ops[] = {
	{ "sign       RSA-2048 PSS", op_sign, KEY_RSA, SIGN_RSA_PSS, 0 },
	{ "verify     RSA-2048 PSS", op_verify, KEY_RSA, SIGN_RSA_PSS, 0 },
	{ "verify new RSA-2048 PSS", op_verify_new, KEY_RSA, SIGN_RSA_PSS, 0 },
	{ "sign       RSA-2048 PKCS #1", op_sign, KEY_RSA, SIGN_RSA_PKCS1, 0 },
	{ "verify     RSA-2048 PKCS #1", op_verify, KEY_RSA, SIGN_RSA_PKCS1, 0 },
	{ "sign       ECDSA P-256", op_sign, KEY_ECDSA_P256, SIGN_ECDSA, 0 },
	{ "verify     ECDSA P-256", op_verify, KEY_ECDSA_P256, SIGN_ECDSA, 0 },
	{ "verify new ECDSA P-256", op_verify_new, KEY_ECDSA_P256, SIGN_ECDSA, 0 },
	{ "sign       ECDSA P-384", op_sign, KEY_ECDSA_P384, SIGN_ECDSA, 0 },
	{ "verify new ECDSA P-384", op_verify_new, KEY_ECDSA_P384, SIGN_ECDSA, 0 },
	{ "sign       ECDSA P-521", op_sign, KEY_ECDSA_P521, SIGN_ECDSA, 0 },
	{ "verify new ECDSA P-521", op_verify_new, KEY_ECDSA_P521, SIGN_ECDSA, 0 },
	{ "dh_generate modp2048", op_generate, DH_MODP_2048, 0, 0 },
	{ "dh_compute  modp2048", op_compute, DH_MODP_2048, 0, 0 },
	{ "dh_generate modp3072", op_generate, DH_MODP_3072, 0, 0 },
	{ "dh_compute  modp3072", op_compute, DH_MODP_3072, 0, 0 },
	{ "dh_generate modp4096", op_generate, DH_MODP_4096, 0, 0 },
	{ "dh_compute  modp4096", op_compute, DH_MODP_4096, 0, 0 },
	{ "dh_generate modp6144", op_generate, DH_MODP_6144, 0, 0 },
	{ "dh_compute  modp6144", op_compute, DH_MODP_6144, 0, 0 },
	{ "dh_generate modp8192", op_generate, DH_MODP_8192, 0, 0 },
	{ "dh_compute  modp8192", op_compute, DH_MODP_8192, 0, 0 },
	{ "dh_generate dh19 (P-256)", op_generate, DH_ECP_256, 0, 0 },
	{ "dh_compute  dh19 (P-256)", op_compute, DH_ECP_256, 0, 0 },
	{ "dh_generate dh20 (P-384)", op_generate, DH_ECP_384, 0, 0 },
	{ "dh_compute  dh20 (P-384)", op_compute, DH_ECP_384, 0, 0 },
	{ "dh_generate dh21 (P-521)", op_generate, DH_ECP_521, 0, 0 },
	{ "dh_compute  dh21 (P-521)", op_compute, DH_ECP_521, 0, 0 },
	{ "dh_generate dh31 (X25519)", op_generate, DH_CURVE25519, 0, 0 },
	{ "dh_compute  dh31 (X25519)", op_compute, DH_CURVE25519, 0, 0 },
	{ "ike_keys_derive, sha2_256, aes_gcm_256", op_derive, ENCR_AES_GCM_16, 256, 0 },
	{ "child_keymat, 72 bytes", op_keymat, ENCR_AES_GCM_16, 256, 0 },
	{ "auth_psk, 400-byte message", op_auth, ENCR_AES_GCM_16, 256, 0 },
	{ "derive + keymat + 2 auth_psk", op_all, ENCR_AES_GCM_16, 256, 0 },
	{ "hash_sha1, 22 bytes", op_sha1, ENCR_AES_GCM_16, 256, 0 },
	{ "sk_seal 300 bytes, aes_gcm_256", op_seal, ENCR_AES_GCM_16, 256, 0 },
	{ "sk_open 300 bytes, aes_gcm_256", op_open, ENCR_AES_GCM_16, 256, 0 },
	{ "sk_seal 300 bytes, chacha20_poly1305", op_seal, ENCR_CHACHA20_POLY1305, 0, 0 },
	{ "sk_open 300 bytes, chacha20_poly1305", op_open, ENCR_CHACHA20_POLY1305, 0, 0 },
	{ "sk_seal 300 bytes, aes_256 + sha2_256", op_seal, ENCR_AES_CBC, 256,
	  INTEG_HMAC_SHA2_256_128 },
	{ "sk_open 300 bytes, aes_256 + sha2_256", op_open, ENCR_AES_CBC, 256,
	  INTEG_HMAC_SHA2_256_128 },
};

static bool is_dh(const struct op *op)
{
	return op->run == op_generate || op->run == op_compute;
}

static bool is_signature(const struct op *op)
{
	return op->run == op_sign || op->run == op_verify || op->run == op_verify_new;
}

static enum rc prepare(struct bench *b, const struct op *op)
{
	if (is_signature(op)) {
		b->scheme = (struct sign_scheme){ (enum sign_form)op->bits, SIGN_SHA2_256, 0 };
		TRY(private_key_generate((enum key_kind)op->id, 2048, false, NULL, b->worker,
					 &b->key, NULL));
		return op_sign(b);
	}
	if (is_dh(op)) {
		const struct dh_alg *alg = crypto_dh(op->id);
		if (alg == NULL)
			return RC_UNSUPPORTED;
		TRY(dh_generate(alg, b->worker, &b->pair));
		return dh_generate(alg, b->worker, &b->peer);
	}
	b->suite = (struct ike_suite){ .encr = crypto_encr(op->id),
				       .integ = op->integ != 0 ? crypto_integ(op->integ) : NULL,
				       .prf = crypto_prf(PRF_HMAC_SHA2_256),
				       .encr_key_bits = op->bits };
	if (b->suite.encr == NULL || b->suite.prf == NULL)
		return RC_UNSUPPORTED;
	TRY(ike_keys_derive(&b->suite, SPAN_OF(b->nonce), SPAN_OF(b->nonce), SPAN_OF(b->shared), 1,
			    2, &b->keys));
	return op_seal(b);
}

static void release(struct bench *b)
{
	private_key_unref(b->key);
	dh_free(b->pair);
	dh_free(b->peer);
	ike_keys_wipe(&b->keys);
}

struct thread {
	pthread_t thread;
	const struct op *op;
	unsigned worker, runs;
	double us[RUNS_MAX];
	enum rc rc;
};

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* One run: about 10 ms of CPU time, at least 3 calls. */
static enum rc one_run(struct bench *b, const struct op *op, double *us)
{
	double from = cpu_now(), now = from;
	unsigned calls = 0;
	while (calls < 3 || now - from < 10000) {
		TRY(op->run(b));
		calls++;
		if (calls % 8 == 0 || is_dh(op) || is_signature(op))
			now = cpu_now();
	}
	*us = (cpu_now() - from) / calls;
	return RC_OK;
}

static void *run_thread(void *context)
{
	struct thread *t = context;
	struct bench bench = { .worker = t->worker };
	t->rc = prepare(&bench, t->op);
	for (unsigned i = 0; i < t->runs && t->rc == RC_OK; i++)
		t->rc = one_run(&bench, t->op, &t->us[i]);
	release(&bench);
	qsort(t->us, t->runs, sizeof *t->us, ascending);
	return NULL;
}

static void measure(const struct op *op, unsigned threads, unsigned runs)
{
	static struct thread all[THREADS_MAX];
	double best = 0, median = 0;
	enum rc rc = RC_OK;
	for (unsigned i = 0; i < threads; i++) {
		all[i] = (struct thread){ .op = op, .worker = i, .runs = runs };
		if (pthread_create(&all[i].thread, NULL, run_thread, &all[i]) != 0)
			exit(1);
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(all[i].thread, NULL);
		rc = all[i].rc != RC_OK ? all[i].rc : rc;
		best += all[i].us[0] / threads;
		median += all[i].us[runs / 2] / threads;
	}
	if (rc != RC_OK)
		printf("%-40s %s\n", op->name, rc_name(rc));
	else
		printf("%-40s %10.2f %10.2f\n", op->name, best, median);
}

static void measure_open(void)
{
	struct diag diag = { "" };
	double from = cpu_now();
	if (crypto_open(NULL, false, &diag) != RC_OK) {
		fprintf(stderr, "%s\n", diag.text);
		exit(1);
	}
	printf("%-40s %10.0f\n", "crypto_open with the whole probe", cpu_now() - from);
}

int main(int argc, char **argv)
{
	unsigned threads = 1, runs = 9;
	for (int option; (option = getopt(argc, argv, "t:r:")) != -1;) {
		int value = optarg != NULL ? atoi(optarg) : 0;
		if (option == 't' && value > 0 && value <= THREADS_MAX)
			threads = (unsigned)value;
		else if (option == 'r' && value > 0 && value <= RUNS_MAX)
			runs = (unsigned)value;
		else
			return fprintf(stderr,
				       "usage: bench_crypto [-t THREADS] [-r RUNS] [FILTER]\n"),
			       2;
	}
	printf("%-40s %10s %10s\n", "us of CPU time, one thread of each", "best", "median");
	measure_open();
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (optind >= argc || strstr(ops[i].name, argv[optind]) != NULL)
			measure(&ops[i], threads, runs);
	crypto_close();
	return 0;
}
