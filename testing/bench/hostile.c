/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: hostile
 *
 * What hostile certificates cost the loop of who is shown them: two whole gateways in one process;
 * west sends, east must refuse. A step of the loop is all that happens between two looks at the
 * network, without what a worker does; its CPU time is taken.
 *
 *   hostile [-j]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/arena.h"
#include "exchange/authority.h"
#include "sa/sa.h"
#include "x509/x509.h"

#define CRL_URL	     "http://crl.example/root.crl"
#define CERTIFICATES 8 /* so many are taken of a peer */
#define CONN                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauto=add\n"                        \
	"\tauthby=rsasig,ecdsa\n"
#define WEST CONN "\tleftcert=west\n"
#define EAST "config setup\n\tcrl-strict=yes\n" CONN "\trightcert=east\n"

static double cpu_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static void die(const char *what, const char *why)
{
	fprintf(stderr, "hostile: %s: %s\n", what, why);
	exit(1);
}

/* ---- what a worker does is not the loop's ---- */

static double at_workers;
static void (*submit)(struct host *host, struct job *job);

struct timed_job {
	struct job job, *inner;
};

static void timed_work(struct job *job, unsigned worker)
{
	struct timed_job *timed = container_of(job, struct timed_job, job);
	double before = cpu_now();

	timed->inner->work(timed->inner, worker);
	at_workers += cpu_now() - before;
}

static void timed_done(struct job *job)
{
	struct timed_job *timed = container_of(job, struct timed_job, job);
	struct job *inner = timed->inner;

	mem_free(timed);
	inner->done(inner);
}

static void timed_submit(struct host *host, struct job *job)
{
	struct timed_job *timed = mem_alloc(sizeof(*timed));

	if (timed == NULL)
		die("memory", "none");
	timed->job = (struct job){ .work = timed_work, .done = timed_done };
	timed->inner = job;
	submit(host, &timed->job);
}

/* ---- what west sends ---- */

struct play {
	struct pair pair;
	struct authority ca, between;
	struct host_ops ops;
	struct credential *west;
	struct arena arena;
	unsigned turn;
};

static uint8_t *der_of(const struct certificate *certificate, size_t *len)
{
	struct span der = certificate_der(certificate);

	*len = der.len;
	return (uint8_t *)(uintptr_t)der.ptr;
}

/* The byte at so many bytes behind these. */
static void alter(struct play *play, const char *bytes, size_t count, size_t behind, uint8_t value)
{
	size_t len;
	uint8_t *der = der_of(play->west->certificate, &len);
	uint8_t *place = memmem(der, len, bytes, count);

	if (place == NULL)
		die("alter", "it is not there");
	place[behind] ^= value;
}

static void even_exponent(struct play *play)
{
	alter(play, "\x02\x03\x01\x00\x01", 5, 4, 1);
}

static void broken_exponent(struct play *play)
{
	alter(play, "\x02\x03\x01\x00\x01", 5, 2, 1);
}

static void even_modulus(struct play *play)
{
	size_t len;
	uint8_t *der = der_of(play->west->certificate, &len);
	uint8_t *place = memmem(der, len, "\x02\x03\x01\x00\x01", 5);

	if (place == NULL)
		die("alter", "it is not there");
	place[-1] ^= 1;
}

static void unknown_curve(struct play *play)
{
	alter(play, "\x2a\x86\x48\xce\x3d\x03\x01\x07", 8, 7, 1);
}

static void off_the_curve(struct play *play)
{
	alter(play, "\x03\x42\x00\x04", 4, 20, 1);
}

/* Each time another byte. */
static void altered(struct play *play)
{
	size_t len;
	uint8_t *der = der_of(play->west->certificate, &len);

	der[(len - 1) * play->turn / 63] ^= 1;
}

static void chain_of(struct play *play, unsigned count)
{
	struct credential *west = play->west;
	struct certificate **chain = mem_alloc(count * sizeof(struct certificate *));

	if (chain == NULL)
		die("memory", "none");
	for (unsigned i = 0; i < west->chain_count; i++)
		certificate_unref(west->chain[i]);
	mem_free(west->chain);
	west->chain = chain;
	west->chain_count = count;
}

/* Each issued by the next one; the last one by itself. */
static void chain_without_root(struct play *play, unsigned count)
{
	int64_t now = play->pair.west.host->ops->wall(play->pair.west.host);
	struct authority above = { .certificate = NULL };
	char name[32];

	chain_of(play, count);
	for (unsigned i = count; i > 0; i--) {
		struct authority one;
		(void)snprintf(name, sizeof(name), "CN=Deep %u", i);
		authority_new(&one, above.key != NULL ? &above : NULL, name, now);
		play->west->chain[i - 1] = certificate_ref(one.certificate);
		if (above.key != NULL)
			authority_free(&above);
		above = one;
	}
	const struct wish wish = { .subject = "CN=west", .name = "@west" };
	struct certificate *leaf = authority_issue(&above, &wish, play->west->key, now);
	certificate_unref(play->west->certificate);
	play->west->certificate = leaf;
	authority_free(&above);
}

static void as_many_as_are_taken(struct play *play)
{
	chain_without_root(play, CERTIFICATES - 1);
}

static void a_hundred(struct play *play)
{
	chain_without_root(play, 100);
}

/* Two CAs that certify each other, again and again. */
static void a_loop(struct play *play)
{
	int64_t now = play->pair.west.host->ops->wall(play->pair.west.host);
	const struct wish wish[2] = { { .subject = "CN=A", .ca = true },
				      { .subject = "CN=B", .ca = true } };
	const struct wish leaf = { .subject = "CN=west", .name = "@west" };
	struct authority ends[2];

	chain_of(play, CERTIFICATES - 1);
	authority_new(&ends[0], NULL, "CN=A", now);
	authority_new(&ends[1], NULL, "CN=B", now);
	for (unsigned i = 0; i < CERTIFICATES - 1; i++)
		play->west->chain[i] =
			authority_issue(&ends[(i + 1) % 2], &wish[i % 2], ends[i % 2].key, now);
	certificate_unref(play->west->certificate);
	play->west->certificate = authority_issue(&ends[0], &leaf, play->west->key, now);
	authority_free(&ends[0]);
	authority_free(&ends[1]);
}

/* With so many names as it has room for; issued by whom nobody knows. */
static void large(struct play *play)
{
	int64_t now = play->pair.west.host->ops->wall(play->pair.west.host);
	struct identity *names = mem_alloc(1000 * sizeof(*names));
	struct diag diag = { "" };
	struct span der;
	struct x509_issue issue = { .subject = "CN=west",
				    .key = private_key_public(play->west->key),
				    .issuer = play->ca.certificate,
				    .issuer_key = play->ca.key,
				    .scheme = authority_scheme(play->ca.key),
				    .not_before = now - 60,
				    .not_after = now + 3600,
				    .path_length = -1,
				    .names = names,
				    .name_count = 1000 };

	for (unsigned i = 0; names != NULL && i < 1000; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), "@host%u.with-a-long-name-of-its-own.example",
			       i);
		if (identity_parse(name, &names[i], &diag) != RC_OK)
			die("name", diag.text);
	}
	certificate_unref(play->west->certificate);
	if (names == NULL || x509_issue(&issue, &play->arena, &der, &diag) != RC_OK ||
	    certificate_parse(der, &play->west->certificate, &diag) != RC_OK)
		die("large", diag.text);
	for (unsigned i = 0; i < 1000; i++)
		identity_free(&names[i]);
	mem_free(names);
}

static void serves(struct play *play, enum served served, size_t len)
{
	uint8_t *bytes = arena_alloc(&play->arena, len + 1);

	if (bytes == NULL)
		die("memory", "none");
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(i * 7);
	if (len > 4)
		memcpy(bytes, "\x30\x83\x10\x00", 4);
	if (world_serve(play->pair.world, CRL_URL, served, span_make(bytes, len)) != RC_OK)
		die("serve", "no memory");
}

static void list_hangs(struct play *play)
{
	serves(play, SERVE_HANG, 0);
}

static void list_never_ends(struct play *play)
{
	serves(play, SERVE_ENDLESS, 0);
}

static void list_is_garbage(struct play *play)
{
	serves(play, SERVE_BODY, 1 << 20);
}

struct kind {
	const char *name;
	enum key_kind key;
	void (*make)(struct play *play);
	const char *because; /* NULL: it depends */
	unsigned times;
	int64_t not_after;
};

static const struct kind kinds[] = {
	{ "nothing wrong, no list", KEY_RSA, NULL, "cannot connect", 3, 0 },
	{ "expired", KEY_RSA, NULL, "expired at", 3, -60 },
	{ "even exponent", KEY_RSA, even_exponent, "exponent is even", 3, 0 },
	{ "broken exponent", KEY_RSA, broken_exponent, "is not a modulus and an exponent", 3, 0 },
	{ "even modulus", KEY_RSA, even_modulus, "modulus is even", 3, 0 },
	{ "unknown curve", KEY_ECDSA_P256, unknown_curve, "is none of P-256", 3, 0 },
	{ "point off the curve", KEY_ECDSA_P256, off_the_curve, "not on its curve", 3, 0 },
	{ "a byte altered", KEY_ECDSA_P256, altered, NULL, 64, 0 },
	{ "a chain of eight", KEY_RSA, as_many_as_are_taken, "Deep 7", 3, 0 },
	{ "a chain of a hundred", KEY_RSA, a_hundred, "more than 64 payloads", 3, 0 },
	{ "CAs in a loop", KEY_RSA, a_loop, "the issuer of", 3, 0 },
	{ "a thousand names", KEY_RSA, large, "does not say", 3, 0 },
	{ "the list's server hangs", KEY_RSA, list_hangs, "no answer in time", 3, 0 },
	{ "the list never ends", KEY_RSA, list_never_ends, "too large", 3, 0 },
	{ "the list is garbage", KEY_RSA, list_is_garbage, "not a DER CRL", 3, 0 },
};

/* ---- the play ---- */

static void play_begin(struct play *play, const struct kind *kind, unsigned turn)
{
	static const struct wish east = { .subject = "CN=east",
					  .name = "@east",
					  .kind = KEY_ECDSA_P256 };
	const struct wish west = { .subject = "CN=west",
				   .name = "@west",
				   .kind = kind->key,
				   .not_before = kind->not_after < 0 ? -AUTHORITY_YEAR : 0,
				   .not_after = kind->not_after,
				   .crl_url = CRL_URL };
	struct pair *pair = &play->pair;
	struct diag diag = { "" };
	int64_t now;

	*play = (struct play){ .turn = turn };
	arena_init(&play->arena, 16u << 20);
	pair_start(pair, 1, WEST, EAST, NULL, NULL);
	now = pair->west.host->ops->wall(pair->west.host);
	authority_new(&play->ca, NULL, "CN=Test CA", now);
	authority_new(&play->between, &play->ca, "CN=Between", now);
	authority_trusted(&play->ca, &pair->west);
	authority_trusted(&play->ca, &pair->east);
	authority_certifies(&play->ca, &pair->west, "west", &west, &play->between);
	authority_certifies(&play->ca, &pair->east, "east", &east, NULL);
	if (keyring_credential(pair->west.gateway->keyring,
			       peer_local_end(peers_tunnel(&pair->west.gateway->peers, "t")->peer),
			       &play->west, &diag) != RC_OK)
		die("credential", diag.text);
	if (kind->make != NULL)
		kind->make(play);
	play->ops = *pair->east.host->ops;
	submit = play->ops.job_submit;
	play->ops.job_submit = timed_submit;
	pair->east.host->ops = &play->ops;
	pair->west.host->ops = &play->ops;
}

/* Of a handshake that east must refuse. */
static double longest_step(const struct kind *kind, unsigned turn)
{
	struct play play;
	double longest = 0;
	usec_t until;

	play_begin(&play, kind, turn);
	end_up(&play.pair.west, "t");
	until = world_now(play.pair.world) + 40 * USEC_PER_SEC;
	while (world_now(play.pair.world) < until) {
		double before = cpu_now(), took;
		at_workers = 0;
		if (!world_step(play.pair.world))
			break;
		took = cpu_now() - before - at_workers;
		longest = took > longest ? took : longest;
	}
	if (play.pair.east.ike_up > 0)
		die(kind->name, "accepted");
	if (kind->because != NULL && !end_said(&play.pair.east, kind->because))
		die(kind->name, play.pair.east.journal);
	credential_unref(play.west);
	end_free(&play.pair.west);
	end_free(&play.pair.east);
	world_free(play.pair.world);
	authority_free(&play.between);
	authority_free(&play.ca);
	arena_free(&play.arena);
	return longest;
}

int main(int argc, char **argv)
{
	bool json = argc > 1 && strcmp(argv[1], "-j") == 0;

	if (!exchange_open())
		die("crypto", "it cannot be opened");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		double longest = 0;
		for (unsigned turn = 0; turn < kinds[i].times; turn++) {
			double took = longest_step(&kinds[i], turn);
			longest = took > longest ? took : longest;
		}
		printf(json ? "{\"what\":\"%s\",\"count\":%u,\"longest_ms\":%.3f}\n"
			    : "%-28s %3u: longest step %.3f ms\n",
		       kinds[i].name, kinds[i].times, longest);
	}
	(void)exchange_close(0);
	return 0;
}
