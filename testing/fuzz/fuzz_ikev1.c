/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for two running gateways that speak IKEv1: any payloads in the place of each message
 * of Main Mode, Aggressive Mode and Quick Mode, in clear or sealed as who gets it expects, and in
 * each exchange of phase 2 by a peer that has the keys and means harm. Whatever it was, the tunnel
 * is there again afterwards.
 *
 * First byte: bits 0-1 how (enum how), bit 2 to whom, bit 3 sealed or with a right HASH, bits 4-7
 * the message that it takes the place of (from 8 on of Aggressive Mode); second: exchange, 0: the
 * honest one's; third: type of the first payload; fourth: message ID, 0: the honest one's; then the
 * payloads. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/gateway.h"
#include "host/virtual.h"
#include "ikev1/ikev1.h"
#include "kernel/simulated.h"

#define INPUTS_A_WORLD 100
#define HEAL	       (700 * USEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum how { IN_PLACE, IN_PLACE_TOO, PHASE_2, HEADED };

struct side {
	struct host *host;
	struct kernel *kernel;
	struct gateway *gateway;
};

static struct world *world;
static struct side sides[2];
static unsigned inputs;
static bool crypto; /* stays open: its probe is dear */

#define CONF                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n"                   \
	"\tkeyexchange=ikev1\n\tike=aes128-sha2_256-dh19\n\tesp=aes128-sha2_256\n"                 \
	"\tpfs=no\n\tdpddelay=30s\n"
static const char secrets_text[] = ": PSK \"correct horse battery staple\"\n";

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz_ikev1: %s\n", what);
	abort();
}

static void side_open(struct side *side, const char *name, const char *address, const char *more)
{
	struct config_errors errors;
	struct config *config = NULL;
	struct secrets *secrets = NULL;
	struct diag diag;
	char conf[1024];

	(void)snprintf(conf, sizeof(conf), "%s%s", CONF, more);
	config_errors_init(&errors);
	side->host = world_host(world, name);
	must(side->host != NULL && world_host_add_address(side->host, address) == RC_OK &&
		     kernel_simulated_new(side->host, &side->kernel) == RC_OK &&
		     config_load_text("fuzz.conf", span_make(conf, strlen(conf)), &config,
				      &errors) == RC_OK &&
		     secrets_load_text("fuzz.secrets",
				       span_make(secrets_text, strlen(secrets_text)), &secrets,
				       &errors) == RC_OK &&
		     gateway_new(side->host, side->kernel, NULL, config, secrets, &side->gateway,
				 &diag) == RC_OK &&
		     gateway_start(side->gateway, &diag) == RC_OK,
	     "no gateway");
	config_unref(config);
	config_errors_free(&errors);
}

static void world_open(bool aggressive, bool held)
{
	const char *more = aggressive ? "\taggressive=yes\n" : "";
	char west[64];
	struct diag diag;

	if (!crypto)
		must(crypto_open(NULL, false, &diag) == RC_OK, "no crypto");
	crypto = true;
	world = world_new(1);
	must(world != NULL, "no world");
	world_manual(world, held);
	(void)snprintf(west, sizeof(west), "%s\tauto=start\n", more);
	side_open(&sides[0], "west", "192.0.2.1", west);
	(void)snprintf(west, sizeof(west), "%s\tauto=add\n", more);
	side_open(&sides[1], "east", "192.0.2.2", west);
	inputs = 0;
}

static void world_close(void)
{
	for (unsigned i = 0; i < 2; i++) {
		gateway_free(sides[i].gateway);
		kernel_free(sides[i].kernel);
	}
	world_free(world);
	world = NULL;
}

/* What was changed by hand may leave one end with what the other has not: it ends by its dead peer
 * detection. */
static bool is_well(void)
{
	for (unsigned i = 0; i < 2; i++) {
		const struct sas *sas = &sides[i].gateway->sas;
		if (sas->child_count != 1 || sas->ike_count != 1 || sas->half_open_count != 0)
			return false;
	}
	return true;
}

static void must_heal(void)
{
	world_manual(world, false);
	for (usec_t passed = 0; passed < HEAL && (passed == 0 || !is_well()); passed += HEAL / 100)
		world_run(world, HEAL / 100);
	for (unsigned i = 0; i < 2; i++) {
		must(sides[i].gateway->sas.child_count >= 1, "no tunnel after it");
		must(sides[i].gateway->sas.half_open_count == 0, "half-open for ever");
		must(sides[i].gateway->sas.child_count <= 4, "IPsec SAs gather");
		must(sides[i].gateway->sas.ike_count <= 4, "ISAKMP SAs gather");
		must(sides[i].gateway->counters.stuck == 0, "stuck");
	}
}

static struct ike_sa *sa_of(const struct side *side)
{
	struct tunnel *tunnel = peers_tunnel(&side->gateway->peers, "t");

	if (tunnel == NULL || list_empty(&tunnel->peer->ike_sas))
		return NULL;
	return container_of(tunnel->peer->ike_sas.prev, struct ike_sa, in_peer);
}

/* ---- a datagram made of the input ---- */

struct letter {
	struct ike_header header;
	struct span body;
	bool sealed, hashed;
};

/* prf(SKEYID_a, M-ID | what follows), where a HASH stands in front */
static void rehash(const struct ike_sa *sa, const struct letter *letter, struct sink *sink)
{
	size_t behind = IKE_HEADER_LEN + 4 + (size_t)sa->suite.prf->len;
	uint8_t id[4];
	struct span parts[2] = { SPAN_OF(id), SPAN_NONE };

	if (letter->header.next != ISAKMP_HASH || sink->len < behind)
		return;
	for (unsigned i = 0; i < 4; i++)
		id[i] = (uint8_t)(letter->header.message_id >> (24 - 8 * i));
	parts[1] = span_make(sink->ptr + behind, sink->len - behind);
	must(ikev1_hash(&sa->suite, &sa->keys, parts, 2, sink->ptr + IKE_HEADER_LEN + 4) == RC_OK,
	     "no HASH");
}

/* As sa, whose owner gets it, expects it. */
static bool seal(const struct ike_sa *sa, const struct letter *letter, struct sink *sink)
{
	size_t plain = sink->len - IKE_HEADER_LEN;
	uint8_t iv[IKEV1_IV_MAX];

	if (sa == NULL || sa->v1 == NULL || sa->keys.block.ptr == NULL || plain == 0 ||
	    ikev1_iv_of(sa, &letter->header, iv) != RC_OK)
		return false;
	if (letter->hashed)
		rehash(sa, letter, sink);
	for (size_t i = plain; i < ikev1_padded(&sa->suite, plain); i++)
		sink_u8(sink, 0);
	return sink_rc(sink) == RC_OK &&
	       ikev1_encrypt(&sa->suite, &sa->keys, iv, sink->ptr + IKE_HEADER_LEN, plain) == RC_OK;
}

static void deliver(const struct ike_sa *sa, struct letter *letter, const struct ip_endpoint *from,
		    const struct ip_endpoint *to)
{
	uint8_t buffer[8192];
	struct sink sink;

	letter->header.flags = letter->sealed ? ISAKMP_FLAG_ENCRYPTION : 0;
	sink_init(&sink, buffer, sizeof(buffer));
	wire_header_emit(&sink, &letter->header);
	sink_patch_u8(&sink, 16, letter->header.next);
	sink_span(&sink, letter->body);
	if (sink_rc(&sink) != RC_OK || (letter->sealed && !seal(sa, letter, &sink)))
		return;
	sink_patch_u32(&sink, 24, (uint32_t)sink.len);
	(void)(world_inject(world, from, to, sink_written(&sink)) == RC_OK);
}

static void fill(struct letter *letter, const uint8_t *data, size_t size)
{
	letter->sealed = (data[0] & 8) != 0;
	letter->hashed = true;
	if (data[1] != 0)
		letter->header.exchange = data[1];
	letter->header.next = data[2];
	if (data[3] != 0)
		letter->header.message_id = data[3];
	letter->body = span_make(data + 4, size - 4);
}

/* ---- phase 2 ---- */

static void phase_2(const uint8_t *data, size_t size, bool sealed)
{
	const struct side *to = &sides[(data[0] & 4) != 0];
	const struct ike_sa *sa = sa_of(to);
	struct letter letter;

	if (sa == NULL)
		return;
	letter.header = (struct ike_header){ .spi_i = sa->spi_i,
					     .spi_r = sa->spi_r,
					     .version = IKE_VERSION_1,
					     .exchange = EXCHANGE_V1_INFORMATIONAL,
					     .message_id = (uint32_t)inputs + 1000 };
	fill(&letter, data, size);
	letter.sealed = sealed;
	deliver(sa, &letter, &sa->remote, &sa->local);
	world_run(world, 10 * USEC_PER_MSEC);
}

/* ---- in place of an honest message ---- */

static struct flight *oldest(void)
{
	struct list *flights = world_flights(world);

	return list_empty(flights) ? NULL : container_of(flights->next, struct flight, in_world);
}

static const struct ike_sa *sa_for(const struct flight *flight, const struct ike_header *header)
{
	const struct sas *sas = &sides[flight->to.addr.bytes[3] == 2].gateway->sas;
	const struct ike_sa *sa = header->spi_r != 0 ? ike_sa_by_spi(sas, header->spi_r) : NULL;

	return sa != NULL ? sa : ike_sa_by_spi(sas, header->spi_i);
}

static void in_place(const uint8_t *data, size_t size)
{
	unsigned message = data[0] >> 4;
	bool aggressive = message >= 9;
	struct letter letter;
	struct flight *flight;

	world_close();
	world_open(aggressive, true);
	world_settle(world);
	for (unsigned i = aggressive ? 9 : 0; i < message && (flight = oldest()) != NULL; i++) {
		world_deliver(world, flight);
		world_settle(world);
	}
	flight = oldest();
	if (flight != NULL && wire_header_parse(span_make(flight->bytes, flight->len),
						&letter.header, NULL) == RC_OK) {
		fill(&letter, data, size);
		deliver(sa_for(flight, &letter.header), &letter, &flight->from, &flight->to);
		world_deliver(world,
			      container_of(world_flights(world)->prev, struct flight, in_world));
		world_settle(world);
	}
	must_heal();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 5)
		return 0;
	if (world == NULL) {
		world_open(false, false);
		must_heal();
	}
	switch ((enum how)(data[0] & 3)) {
	case IN_PLACE:
	case IN_PLACE_TOO:
		in_place(data, size);
		break;
	case PHASE_2:
		phase_2(data, size, true);
		break;
	case HEADED:
		phase_2(data, size, false);
		break;
	}
	if (++inputs < INPUTS_A_WORLD)
		return 0;
	must_heal();
	world_close();
	return 0;
}
