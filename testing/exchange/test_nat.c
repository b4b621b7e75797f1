/* SPDX-License-Identifier: Apache-2.0 */
/* A NAT box forgets its mappings: what is authenticated and new tells where the peer is now (RFC
 * 7296 §2.23), and nothing else does. */
#include "exchange/pair.h"
#include "unit/test.h"

#define COMMON                                                                                     \
	"\tleftid=@west\n\trightid=@east\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tauto=add\n"
#define INSIDE	"conn t\n\tleft=10.0.0.9\n\tright=192.0.2.2\n" COMMON
#define ANYBODY "conn t\n\tleft=%any\n\tright=192.0.2.2\n" COMMON

#define LAST_MAX 4

struct box {
	struct pair pair;
	struct flight last[LAST_MAX]; /* of west's, as the box sends them; newest first */
	uint8_t bytes[LAST_MAX][2048];
	bool open; /* east's messages come in from somewhere else */
	unsigned diverted;
};

static bool divert(struct box *box, const struct flight *flight)
{
	struct ip_endpoint from = flight->from, inside = { .port = 4500 };

	from.port = 7777;
	assert_int_equal(ip_parse("10.0.0.9", &inside.addr), RC_OK);
	box->diverted++;
	return world_inject(box->pair.world, &from, &inside,
			    span_make(flight->bytes, flight->len)) == RC_OK;
}

static bool listen_in(void *context, struct flight *flight)
{
	struct box *box = context;

	if (flight->to.addr.bytes[0] != 192) {
		return !box->open || !divert(box, flight);
	}
	if (flight->len < 2 || flight->len > sizeof(box->bytes[0]))
		return true;
	memmove(&box->last[1], &box->last[0], sizeof(box->last) - sizeof(box->last[0]));
	memmove(box->bytes[1], box->bytes[0], sizeof(box->bytes) - sizeof(box->bytes[0]));
	box->last[0] = *flight;
	memcpy(box->bytes[0], flight->bytes, flight->len);
	return true;
}

static void begin(struct box *box, const char *west, const char *east)
{
	*box = (struct box){ .pair.world = world_new(7) };
	assert_non_null(box->pair.world);
	assert_int_equal(
		world_nat(box->pair.world, "10.0.0.0/24", "198.51.100.1", 60 * USEC_PER_SEC),
		RC_OK);
	end_start(box->pair.world, &box->pair.west, "west", "10.0.0.9", west, NULL);
	end_start(box->pair.world, &box->pair.east, "east", EAST_ADDRESS, east, NULL);
	end_up(&box->pair.west, "t");
	world_tap(box->pair.world, listen_in, box);
	world_run(box->pair.world, 2 * USEC_PER_SEC);
	assert_int_equal(box->pair.west.child_up + box->pair.east.child_up, 2);
}

static struct ike_sa *sa_of(struct end *end)
{
	struct tunnel *tunnel = peers_tunnel(&end->gateway->peers, "t");

	if (tunnel->peer->template)
		tunnel = peers_tunnel(&end->gateway->peers, "t[1]");
	assert_non_null(tunnel);
	assert_false(list_empty(&tunnel->peer->ike_sas));
	return container_of(tunnel->peer->ike_sas.next, struct ike_sa, in_peer);
}

static struct child_sa *child_of(struct end *end)
{
	struct ike_sa *sa = sa_of(end);

	assert_false(list_empty(&sa->children));
	return container_of(sa->children.next, struct child_sa, in_ike);
}

/* Every SA of east's kernel goes to, or comes from, that port of the box; traffic passes. */
static void assert_east_talks_to(struct box *box, uint16_t port)
{
	struct simulated_sa sa;

	assert_int_equal(sa_of(&box->pair.east)->remote.port, port);
	assert_int_equal(kernel_simulated_sa_count(box->pair.east.kernel), 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(kernel_simulated_sa(box->pair.east.kernel, i, &sa));
		assert_int_equal(sa.sa.encap.remote_port, port);
	}
	assert_int_equal(child_of(&box->pair.east)->encap.remote_port, port);
	assert_int_equal(box->pair.west.ike_down + box->pair.east.ike_down, 0);
	assert_int_equal(box->pair.west.child_up + box->pair.east.child_up, 2);
}

static void end_box(struct box *box)
{
	pair_end(&box->pair);
}

static void a_new_mapping_is_followed_from_the_first_authenticated_message(void **state)
{
	struct box box;

	(void)state;
	begin(&box, INSIDE "\tdpddelay=10s\n", ANYBODY);
	uint16_t before = sa_of(&box.pair.east)->remote.port;
	world_nat_flush(box.pair.world);
	world_run(box.pair.world, 15 * USEC_PER_SEC);
	uint16_t after = box.last[0].from.port;
	assert_int_not_equal(after, before);
	assert_east_talks_to(&box, after);
	/* what east begins finds its way too */
	assert_int_equal(gateway_down(box.pair.east.gateway, "t", NULL), RC_OK);
	world_run(box.pair.world, USEC_PER_SEC);
	assert_int_equal(box.pair.west.child_down, 1);
	end_box(&box);
}

/* The same request, or an answer that is not waited for: authentic, and not new. */
static void a_message_repeated_from_elsewhere_moves_nothing(void **state)
{
	struct ip_endpoint attacker = { .port = 6666 }, east = { .port = 4500 };
	struct box box;

	(void)state;
	assert_int_equal(ip_parse("203.0.113.66", &attacker.addr), RC_OK);
	assert_int_equal(ip_parse(EAST_ADDRESS, &east.addr), RC_OK);
	begin(&box, INSIDE "\tdpddelay=10s\n", ANYBODY "\tdpddelay=7s\n");
	world_run(box.pair.world, 60 * USEC_PER_SEC);
	uint16_t port = sa_of(&box.pair.east)->remote.port;
	for (unsigned i = 0; i < LAST_MAX; i++)
		for (unsigned times = 0; times < 3; times++) {
			assert_true(box.last[i].len > 4);
			assert_int_equal(world_inject(box.pair.world, &attacker, &east,
						      span_make(box.bytes[i], box.last[i].len)),
					 RC_OK);
			world_run(box.pair.world, 10 * USEC_PER_MSEC);
		}
	assert_east_talks_to(&box, port);
	assert_int_equal(sa_of(&box.pair.east)->remote.addr.bytes[0], 198);
	end_box(&box);
}

/* §2.23: "a host behind a NAT SHOULD NOT do this type of dynamic address update". */
static void who_is_behind_the_nat_does_not_follow(void **state)
{
	struct box box;

	(void)state;
	begin(&box, INSIDE, ANYBODY "\tdpddelay=10s\n");
	struct ip_endpoint before = sa_of(&box.pair.west)->remote;
	assert_true(sa_of(&box.pair.west)->nat_here);
	box.open = true; /* the box lets through what comes from elsewhere, as some do */
	for (unsigned i = 0; i < 8; i++)
		world_run(box.pair.world, 5 * USEC_PER_SEC);
	assert_true(box.diverted > 0);
	assert_true(endpoint_equal(&sa_of(&box.pair.west)->remote, &before));
	end_box(&box);
}

/* West asks whether east lives, and the box gives it that port. */
static void ask_from(struct box *box, uint16_t port)
{
	struct ip_endpoint from = { .port = port }, to = { .port = IKE_NATT_PORT };
	struct outcome_message message = { .exchange = EXCHANGE_INFORMATIONAL };
	struct ike_sa *west = sa_of(&box->pair.west);
	uint8_t buffer[512];
	struct sink sink;

	assert_int_equal(ip_parse("198.51.100.1", &from.addr), RC_OK);
	assert_int_equal(ip_parse(EAST_ADDRESS, &to.addr), RC_OK);
	sink_init(&sink, buffer, sizeof(buffer));
	sink_u32(&sink, 0);
	assert_int_equal(ikev2_seal(west, west->seal_counter++, west->send_next++, &message, &sink),
			 RC_OK);
	assert_int_equal(world_inject(box->pair.world, &from, &to, sink_written(&sink)), RC_OK);
	world_run(box->pair.world, 10 * USEC_PER_MSEC);
}

static unsigned ports_followed(struct box *box, unsigned asked, uint16_t first)
{
	unsigned followed = 0;

	for (unsigned i = 0; i < asked; i++) {
		ask_from(box, (uint16_t)(first + i));
		followed += sa_of(&box->pair.east)->remote.port == first + i;
	}
	return followed;
}

static void a_peer_that_moves_all_the_time_is_followed_some_times_only(void **state)
{
	struct box box;

	(void)state;
	begin(&box, INSIDE, ANYBODY);
	assert_int_equal(ports_followed(&box, 100, 20000), 20);
	world_run(box.pair.world, 61 * USEC_PER_SEC);
	assert_int_equal(ports_followed(&box, 1, 30000), 1);
	end_box(&box);
}

/* RFC 4555 §3.8: then only the leader says where it is. */
static void with_mobike_no_mapping_is_followed(void **state)
{
	struct box box;

	(void)state;
	begin(&box, INSIDE "\tmobike=yes\n", ANYBODY "\tmobike=yes\n");
	uint16_t port = sa_of(&box.pair.east)->remote.port;
	assert_true(sa_of(&box.pair.east)->nat_there);
	assert_int_equal(ports_followed(&box, 10, 20000), 0);
	assert_east_talks_to(&box, port);
	end_box(&box);
}

/* ---- the kernel saw ESP from elsewhere ---- */

/* The box has a new mapping, made by a keepalive, which authenticates nothing. */
static void make_new_mapping(struct box *box)
{
	world_nat_flush(box->pair.world);
	world_run(box->pair.world, 25 * USEC_PER_SEC);
}

static struct ip_endpoint mapped_at(const char *address, uint16_t port)
{
	struct ip_endpoint mapped = { .port = port };

	assert_int_equal(ip_parse(address, &mapped.addr), RC_OK);
	return mapped;
}

static void esp_from_a_new_port_is_followed_and_the_ike_sa_after_an_answer(void **state)
{
	struct box box;

	(void)state;
	begin(&box, INSIDE, ANYBODY);
	uint16_t before = sa_of(&box.pair.east)->remote.port;
	make_new_mapping(&box);
	assert_int_equal(sa_of(&box.pair.east)->remote.port, before);
	/* ports of the box are given in order */
	struct ip_endpoint mapped = mapped_at("198.51.100.1", (uint16_t)(before + 1));
	kernel_simulated_mapping(box.pair.east.kernel, child_of(&box.pair.east)->spi_in, &mapped);
	world_settle(box.pair.world);
	world_run(box.pair.world, 2 * USEC_PER_SEC);
	assert_east_talks_to(&box, mapped.port);
	assert_null(sa_of(&box.pair.east)->check);
	end_box(&box);
}

/* Somebody sent a copy of an ESP packet before the packet itself came. */
static void esp_from_a_foreign_address_is_not_believed_without_an_answer(void **state)
{
	struct ip_endpoint mapped = mapped_at("203.0.113.66", 4500);
	struct box box;

	(void)state;
	begin(&box, INSIDE, ANYBODY);
	uint16_t port = sa_of(&box.pair.east)->remote.port;
	for (unsigned i = 0; i < 5; i++) {
		kernel_simulated_mapping(box.pair.east.kernel, child_of(&box.pair.east)->spi_in,
					 &mapped);
		world_run(box.pair.world, 10 * USEC_PER_SEC);
	}
	assert_east_talks_to(&box, port);
	assert_int_equal(child_of(&box.pair.east)->remote.bytes[0], 198);
	assert_null(sa_of(&box.pair.east)->check);
	end_box(&box);
}

static void mappings_that_change_all_the_time_are_followed_some_times_only(void **state)
{
	struct box box;
	unsigned moves = 0;

	(void)state;
	begin(&box, INSIDE, ANYBODY);
	for (unsigned i = 0; i < 200; i++) {
		struct child_sa *child = child_of(&box.pair.east);
		uint16_t before = child->encap.remote_port;
		struct ip_endpoint mapped = mapped_at("198.51.100.1", (uint16_t)(20000 + i));
		kernel_simulated_mapping(box.pair.east.kernel, child->spi_in, &mapped);
		world_run(box.pair.world, 10 * USEC_PER_MSEC);
		moves += child_of(&box.pair.east)->encap.remote_port != before;
	}
	assert_true(moves >= 1 && moves <= 25);
	end_box(&box);
}

/* Linux refuses, or somebody flushed it: the Child SA is made anew. */
static void a_child_that_cannot_be_moved_is_replaced(void **state)
{
	struct box box;

	(void)state;
	begin(&box, INSIDE "\tdpddelay=10s\n", ANYBODY);
	world_nat_flush(box.pair.world);
	kernel_simulated_fail(box.pair.east.kernel, 1, 22, false);
	world_run(box.pair.world, 60 * USEC_PER_SEC);
	assert_true(box.pair.east.child_up > 1);
	assert_int_equal(box.pair.east.gateway->sas.child_count, 1);
	assert_int_equal(box.pair.west.gateway->sas.child_count, 1);
	assert_int_equal(kernel_simulated_sa_count(box.pair.east.kernel), 2);
	assert_int_equal(kernel_simulated_sa_count(box.pair.west.kernel), 2);
	end_box(&box);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_mapping_is_followed_from_the_first_authenticated_message),
		cmocka_unit_test(a_message_repeated_from_elsewhere_moves_nothing),
		cmocka_unit_test(who_is_behind_the_nat_does_not_follow),
		cmocka_unit_test(a_peer_that_moves_all_the_time_is_followed_some_times_only),
		cmocka_unit_test(with_mobike_no_mapping_is_followed),
		cmocka_unit_test(esp_from_a_new_port_is_followed_and_the_ike_sa_after_an_answer),
		cmocka_unit_test(esp_from_a_foreign_address_is_not_believed_without_an_answer),
		cmocka_unit_test(mappings_that_change_all_the_time_are_followed_some_times_only),
		cmocka_unit_test(a_child_that_cannot_be_moved_is_replaced),
	};

	return exchange_run(tests);
}
