/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for two running gateways: any bytes as a datagram, with the header of a live IKE SA,
 * and as the inside of a protected message of a peer that means harm. Whatever it was, the tunnel
 * is there again afterwards.
 *
 * First byte: bits 0-1 how (enum how), bit 2 to whom, bit 3 response, bit 4 port 4500; second:
 * exchange; third: type of the first payload; then the bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "engine/gateway.h"
#include "host/virtual.h"
#include "kernel/simulated.h"

#define INPUTS_A_WORLD 100
#define HEAL	       (700 * USEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum how { RAW, HEADED, SEALED, SEALED_EARLY };

struct side {
	struct host *host;
	struct kernel *kernel;
	struct gateway *gateway;
};

static struct world *world;
static struct side sides[2];
static unsigned inputs;
static bool crypto; /* stays open: its probe is dear */

static const char conf[] =
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=start\n"
	"\tike=aes_gcm128-sha2_256-dh31\n\tesp=aes_gcm128\n\tdpddelay=30s\n";
static const char secrets_text[] = "@west @east : PSK \"correct horse battery staple\"\n";

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz_gateway: %s\n", what);
	abort();
}

static void side_open(struct side *side, const char *name, const char *address)
{
	struct config_errors errors;
	struct config *config = NULL;
	struct secrets *secrets = NULL;
	struct diag diag;

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

static void world_open(void)
{
	struct diag diag;

	if (!crypto)
		must(crypto_open(NULL, false, &diag) == RC_OK, "no crypto");
	crypto = true;
	world = world_new(1);
	must(world != NULL, "no world");
	side_open(&sides[0], "west", "192.0.2.1");
	side_open(&sides[1], "east", "192.0.2.2");
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

static void must_heal(void)
{
	world_manual(world, false);
	world_run(world, HEAL);
	for (unsigned i = 0; i < 2; i++) {
		must(sides[i].gateway->sas.child_count == 1, "no tunnel after it");
		must(sides[i].gateway->sas.half_open_count == 0, "half-open for ever");
		must(kernel_simulated_sa_count(sides[i].kernel) == 2, "SAs left in the kernel");
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

static void inject(const struct ip_endpoint *from, const struct ip_endpoint *to, struct span bytes)
{
	(void)(world_inject(world, from, to, bytes) == RC_OK);
	world_run(world, 10 * USEC_PER_MSEC);
}

static void raw(const uint8_t *data, size_t size, bool east, uint16_t port)
{
	struct ip_endpoint from = { .port = port }, to = { .port = port };

	must(ip_parse(east ? "192.0.2.1" : "192.0.2.2", &from.addr) == RC_OK &&
		     ip_parse(east ? "192.0.2.2" : "192.0.2.1", &to.addr) == RC_OK,
	     "no address");
	inject(&from, &to, span_make(data, size));
}

/* With SPIs, flags, message ID and length as the SA wants them. */
static void headed(const uint8_t *data, size_t size, bool east, bool response)
{
	const struct ike_sa *sa = sa_of(&sides[east]);
	uint8_t buffer[4096];
	struct sink sink;

	if (sa == NULL || size < 2)
		return;
	struct ike_header header = {
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION_2,
		.exchange = data[0],
		.flags = (uint8_t)((sa->role == RESPONDER ? IKE_FLAG_INITIATOR : 0) |
				   (response ? IKE_FLAG_RESPONSE : 0)),
		.message_id = response ? sa->send_next - 1 : sa->recv_next,
	};
	sink_init(&sink, buffer, sizeof(buffer));
	wire_header_emit(&sink, &header);
	sink_patch_u8(&sink, 16, data[1]);
	sink_bytes(&sink, data + 2, size - 2);
	if (sink_rc(&sink) != RC_OK)
		return;
	sink_patch_u32(&sink, 24, (uint32_t)sink.len);
	inject(&sa->remote, &sa->local, sink_written(&sink));
}

/* From the peer's own SA, with its keys. */
static void sealed(const uint8_t *data, size_t size, bool east, bool response)
{
	struct ike_sa *from = sa_of(&sides[!east]);
	const struct ike_sa *to = sa_of(&sides[east]);
	uint8_t buffer[8192];
	struct sink sink;

	if (from == NULL || to == NULL || from->keys.block.ptr == NULL || size < 2 ||
	    to->spi_i != from->spi_i)
		return;
	struct outcome_message message = { .exchange = data[0],
					   .response = response,
					   .first_type = data[1],
					   .bytes = span_make(data + 2, size - 2) };
	sink_init(&sink, buffer, sizeof(buffer));
	if (ikev2_seal(from, from->seal_counter++, response ? to->send_next - 1 : from->send_next++,
		       &message, &sink) != RC_OK)
		return;
	inject(&from->local, &from->remote, sink_written(&sink));
}

static void deliver_all_but_the_last(unsigned count)
{
	struct list *flights = world_flights(world);

	while (count-- > 0 && !list_empty(flights)) {
		world_deliver(world, container_of(flights->next, struct flight, in_world));
		world_settle(world);
	}
	while (!list_empty(flights))
		world_drop(world, container_of(flights->next, struct flight, in_world));
}

/* In the place of IKE_AUTH: its request to east, or its response to west. */
static void sealed_early(const uint8_t *data, size_t size, bool east)
{
	struct ike_sa *west;
	uint8_t copy[4096];

	if (size < 2 || size > sizeof(copy))
		return;
	world_close();
	world_open();
	world_manual(world, true);
	world_settle(world);
	list_for_safe(node, world_flights(world)) /* both begin; only west goes on */
	{
		struct flight *flight = container_of(node, struct flight, in_world);
		if (flight->from.addr.bytes[3] == 2)
			world_drop(world, flight);
	}
	deliver_all_but_the_last(east ? 2 : 3);
	west = sa_of(&sides[0]);
	if (west == NULL)
		return;
	memcpy(copy, data, size);
	copy[0] = EXCHANGE_IKE_AUTH;
	if (east)
		west->send_next = 1;
	sealed(copy, size, east, !east);
	list_for_safe(node, world_flights(world))
		world_deliver(world, container_of(node, struct flight, in_world));
	world_settle(world);
	must_heal();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	bool east, response;

	if (size < 1)
		return 0;
	east = (data[0] & 4) != 0;
	response = (data[0] & 8) != 0;
	if (world == NULL) {
		world_open();
		must_heal();
	}
	switch ((enum how)(data[0] & 3)) {
	case RAW:
		raw(data + 1, size - 1, east, (data[0] & 16) != 0 ? IKE_NATT_PORT : IKE_PORT);
		break;
	case HEADED:
		headed(data + 1, size - 1, east, response);
		break;
	case SEALED:
		sealed(data + 1, size - 1, east, response);
		break;
	case SEALED_EARLY:
		sealed_early(data + 1, size - 1, east);
		break;
	}
	if (++inputs < INPUTS_A_WORLD)
		return 0;
	must_heal();
	world_close();
	return 0;
}
