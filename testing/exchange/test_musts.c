/* SPDX-License-Identifier: Apache-2.0 */
/* Sentences of RFC 7296 with MUST that no other test is about (docs/protocol/rfc7296.md). */
#include <stdio.h>
#include "engine/private.h"
#include "unit/ikev2/road.h"

/* ---- headers ---- */

static void check_payloads(const struct ike_message *message)
{
	for (const struct payload *p = message->first; p != NULL; p = p->next)
		assert_int_equal(p->body.ptr[-3], 0); /* critical bit and reserved */
}

static void check_header(const struct ike_message *message, uint8_t flags)
{
	assert_int_equal(message->header.version, 0x20);
	assert_int_equal(message->raw.ptr[19], flags);
	check_payloads(message);
}

#define I 0x08
#define R 0x20

/* §2.5, §3.1, §3.2: flags, versions, reserved fields and critical bits of all that we send. */
static void every_message_has_a_header_as_the_rfc_wants_it(void **state)
{
	static const uint8_t flags[] = { I, R, I, R, 0, I | R };
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	end_up(&road.pair.west, "t");
	road_run(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 4);
	struct ike_sa *west = road_sa(&road.pair.west), *east = road_sa(&road.pair.east);
	for (unsigned i = 0; i < 2; i++)
		check_header(road_heard(&road, i), flags[i]);
	check_header(road_opened(&road, 2, east), flags[2]);
	check_header(road_opened(&road, 3, west), flags[3]);
	assert_int_equal(gateway_down(road.pair.east.gateway, "t", &diag), RC_OK);
	road_run(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 6); /* the Delete begins at the responder */
	for (unsigned i = 4; i < 6; i++)
		check_header(road_heard(&road, i), flags[i]);
	road_end(&road);
}

static bool scribble(void *context, struct flight *flight)
{
	unsigned *left = context;

	if (*left == 0)
		return true;
	(*left)--;
	flight->bytes[17] |= 0x0f; /* minor version 15 */
	flight->bytes[19] |= 0xd7; /* X and V */
	return true;
}

static void reserved_flags_and_the_minor_version_are_ignored(void **state)
{
	struct road road;
	unsigned left = 1;

	(void)state;
	road_begin(&road, NULL, NULL);
	world_tap(road.pair.world, scribble, &left);
	end_up(&road.pair.west, "t");
	world_manual(road.pair.world, true);
	world_settle(road.pair.world);
	world_tap(road.pair.world, road_listen, &road);
	world_deliver(road.pair.world,
		      container_of(world_flights(road.pair.world)->next, struct flight, in_world));
	world_settle(road.pair.world);
	assert_int_equal(road.count, 1);
	assert_int_equal(road_heard(&road, 0)->header.flags, R);
	assert_int_equal(road_heard(&road, 0)->first->type, PAYLOAD_SA);
	assert_int_equal(road.pair.east.gateway->sas.half_open_count, 1);
	world_manual(road.pair.world, false);
	road_end(&road);
}

/* ---- payloads that we did not expect ---- */

struct raw {
	uint8_t type, flags;
	struct span body;
};

/* The inner payloads, as they are given. */
static struct outcome_message raw_inner(struct road *road, enum exchange_type exchange,
					const struct raw *raw, unsigned count)
{
	struct outcome_message message = { .present = true,
					   .exchange = (uint8_t)exchange,
					   .first_type = count > 0 ? raw[0].type : 0 };
	uint8_t *bytes = arena_alloc(&road->arena, 4096);
	struct sink sink;

	assert_non_null(bytes);
	sink_init(&sink, bytes, 4096);
	for (unsigned i = 0; i < count; i++) {
		sink_u8(&sink, i + 1 < count ? raw[i + 1].type : 0);
		sink_u8(&sink, raw[i].flags);
		sink_u16(&sink, (uint16_t)(raw[i].body.len + 4));
		sink_bytes(&sink, raw[i].body.ptr, raw[i].body.len);
	}
	message.bytes = sink_written(&sink);
	return message;
}

/* §2.5: skipped without, rejected whole with the critical flag, and its type told. */
static void an_unknown_payload_is_skipped_and_a_critical_one_refused(void **state)
{
	struct raw raw[] = { { 200, 0, SPAN_OF("whatever") }, { 77, 0, SPAN_NONE } };
	struct outcome_message message;
	struct wire_notify notify;
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	message = raw_inner(&road, EXCHANGE_INFORMATIONAL, raw, 2);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road.count, 1);
	assert_null(road_opened(&road, 0, road_sa(&road.pair.west))->first->next);
	raw[1].flags = 0x80;
	message = raw_inner(&road, EXCHANGE_INFORMATIONAL, raw, 2);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road.count, 2);
	struct ike_message *answer = road_opened(&road, 1, road_sa(&road.pair.west));
	assert_int_equal(road_notify(answer), UNSUPPORTED_CRITICAL_PAYLOAD);
	assert_true(notify_error(answer, &notify));
	assert_int_equal(notify.data.len, 1);
	assert_int_equal(notify.data.ptr[0], 77);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void an_unfamiliar_vendor_id_is_ignored(void **state)
{
	struct raw raw[] = { { PAYLOAD_VENDOR, 0, SPAN_OF("nobody knows me") },
			     { PAYLOAD_VENDOR, 0, SPAN_OF("nor me") } };
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct outcome_message message = raw_inner(&road, EXCHANGE_INFORMATIONAL, raw, 2);
	road_say(&road, &road.pair.west, &message);
	assert_int_equal(road.count, 1);
	assert_int_equal(road_notify(road_opened(&road, 0, road_sa(&road.pair.west))), 0);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* west's IKE_AUTH request with its payloads the other way round. */
static void payloads_may_stand_in_any_order(void **state)
{
	struct raw raw[16];
	unsigned count = 0;
	struct road road;
	uint8_t buffer[4096];
	struct sink sink;

	(void)state;
	road_begin(&road, NULL, NULL);
	world_manual(road.pair.world, true);
	end_up(&road.pair.west, "t");
	world_settle(road.pair.world);
	for (unsigned i = 0; i < 2; i++) {
		world_deliver(road.pair.world, container_of(world_flights(road.pair.world)->next,
							    struct flight, in_world));
		world_settle(road.pair.world);
	}
	struct ike_sa *west = road_sa(&road.pair.west);
	struct ike_sa reader = *west;
	reader.role = RESPONDER;
	struct ike_message *auth = road_opened(&road, 2, &reader);
	for (struct payload *p = auth->first; p != NULL; p = p->next)
		count += p->encrypted;
	assert_in_range(count, 5, 16);
	unsigned at = count;
	for (struct payload *p = auth->first; p != NULL; p = p->next)
		if (p->encrypted)
			raw[--at] = (struct raw){ p->type, 0, p->body };
	struct outcome_message message = raw_inner(&road, EXCHANGE_IKE_AUTH, raw, count);
	world_drop(road.pair.world,
		   container_of(world_flights(road.pair.world)->next, struct flight, in_world));
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(west, west->seal_counter++, 1, &message, &sink), RC_OK);
	assert_int_equal(
		world_inject(road.pair.world, &west->local, &west->remote, sink_written(&sink)),
		RC_OK);
	world_manual(road.pair.world, false);
	road_run(&road, 400 * USEC_PER_MSEC); /* before west sends its own again */
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* ---- who is believed ---- */

/* §1.5, §2.4, §2.21.4: anybody could have sent it. */
static void an_unprotected_complaint_is_neither_answered_nor_believed(void **state)
{
	static const uint16_t types[] = { INVALID_IKE_SPI, INVALID_MAJOR_VERSION, INVALID_SYNTAX,
					  AUTHENTICATION_FAILED, INITIAL_CONTACT };
	struct ike_header header;
	uint8_t buffer[128];
	struct road road;
	struct sink sink;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *west = road_sa(&road.pair.west);
	for (unsigned i = 0; i < sizeof(types) / sizeof(types[0]) * 4; i++) {
		uint64_t out = road.pair.west.gateway->counters.datagrams_out;
		header = (struct ike_header){
			.spi_i = west->spi_i ^ (i % 4 == 3), /* and one of nobody */
			.spi_r = west->spi_r,
			.version = IKE_VERSION_2,
			.exchange = i % 4 == 1 ? EXCHANGE_IKE_AUTH : EXCHANGE_INFORMATIONAL,
			.flags = I,
			.message_id = i % 4 == 2 ? west->send_next - 1 : west->send_next
		};
		sink_init(&sink, buffer, sizeof(buffer));
		assert_int_equal(ikev2_emit_notify(&sink, &header, 0, types[i / 4], SPAN_NONE),
				 RC_OK);
		assert_int_equal(world_inject(road.pair.world, &west->remote, &west->local,
					      sink_written(&sink)),
				 RC_OK);
		road_run(&road, 100 * USEC_PER_MSEC);
		assert_int_equal(road.pair.west.gateway->counters.datagrams_out, out);
	}
	assert_int_equal(road.pair.west.ike_down, 0);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

static void initial_contact_is_said_in_ike_auth_and_nowhere_else(void **state)
{
	struct wire_notify notify;
	struct road road;
	unsigned said = 0;

	(void)state;
	road_begin(&road, PAIR_CONN "\tdpddelay=2s\n", NULL);
	end_up(&road.pair.west, "t");
	road_run(&road, 9 * USEC_PER_SEC);
	struct ike_sa *ends[] = { road_sa(&road.pair.east), road_sa(&road.pair.west) };
	assert_in_range(road.count, 8, EAR_MAX);
	for (unsigned i = 2; i < road.count; i++) {
		bool here =
			notify_find(road_opened(&road, i, ends[i % 2]), INITIAL_CONTACT, &notify);
		assert_int_equal(here, i == 2);
		said += here;
	}
	assert_int_equal(said, 1);
	road_end(&road);
}

/* §2.11: to the address and port that it came from, from where it arrived. */
static void an_answer_goes_back_the_way_its_request_came(void **state)
{
	struct ip_endpoint elsewhere = { .port = 4711 };
	uint8_t buffer[512];
	struct sink sink;
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *west = road_sa(&road.pair.west);
	struct outcome_message message = road_inner(&road, EXCHANGE_INFORMATIONAL, NULL);
	assert_int_equal(ip_parse("192.0.2.77", &elsewhere.addr), RC_OK);
	sink_init(&sink, buffer, sizeof(buffer));
	assert_int_equal(ikev2_seal(west, west->seal_counter++, west->send_next++, &message, &sink),
			 RC_OK);
	assert_int_equal(
		world_inject(road.pair.world, &elsewhere, &west->remote, sink_written(&sink)),
		RC_OK);
	road_run(&road, 100 * USEC_PER_MSEC);
	assert_int_equal(road.count, 1);
	assert_true(endpoint_equal(&road.ears[0].to, &elsewhere));
	assert_true(endpoint_equal(&road.ears[0].from, &west->remote));
	road_end(&road);
}

/* ---- what is said in IKE_SA_INIT ---- */

/* §1.2, §3.4: SA is the same, and the new KE is of a group in it. */
static void the_whole_list_is_proposed_again_after_another_group_was_asked_for(void **state)
{
	struct wire_ke ke;
	struct road road;

	(void)state;
	road_begin(&road, PAIR_CONN "\tike=aes256-sha2_256-dh19+dh14,aes128-sha2_256-dh14\n",
		   PAIR_CONN "\tike=aes256-sha2_256-dh14\n");
	end_up(&road.pair.west, "t");
	road_run(&road, USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	assert_int_equal(road.count, 6);
	struct ike_message *first = road_heard(&road, 0), *second = road_heard(&road, 2);
	assert_true(span_equal(payload_of(first, PAYLOAD_SA)->body,
			       payload_of(second, PAYLOAD_SA)->body));
	assert_int_equal(wire_ke_parse(payload_of(first, PAYLOAD_KE)->body, &ke, NULL), RC_OK);
	assert_int_equal(ke.group, 19);
	assert_int_equal(wire_ke_parse(payload_of(second, PAYLOAD_KE)->body, &ke, NULL), RC_OK);
	assert_int_equal(ke.group, 14);
	road_end(&road);
}

#define TIMES 12

static void nonces_are_random_and_at_least_half_of_any_prf_key(void **state)
{
	struct span nonces[2 * TIMES];
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, PAIR_CONN "\tike=aes256-sha2_512-dh19\n",
		   PAIR_CONN "\tike=aes256-sha2_512-dh19\n");
	for (unsigned i = 0; i < TIMES; i++) {
		road.count = 0;
		end_up(&road.pair.west, "t");
		road_run(&road, USEC_PER_SEC);
		for (unsigned k = 0; k < 2; k++) {
			struct span nonce = payload_of(road_heard(&road, k), PAYLOAD_NONCE)->body;
			assert_in_range(nonce.len, 32, 256); /* PRF_HMAC_SHA2_512: 64 bytes */
			nonces[2 * i + k] = arena_copy(&road.arena, nonce);
		}
		assert_int_equal(gateway_down(road.pair.west.gateway, "t", &diag), RC_OK);
		road_run(&road, USEC_PER_SEC);
	}
	for (unsigned i = 0; i < 2 * TIMES; i++)
		for (unsigned k = 0; k < i; k++)
			assert_false(span_equal(nonces[i], nonces[k]));
	road_end(&road);
}

/* RFC 4555 §3.3, §4.2.1: also without a NAT, so that a move behind one needs no other port. */
static void mobike_is_said_without_data_and_ike_auth_goes_to_port_4500(void **state)
{
	struct wire_notify notify;
	struct road road;

	(void)state;
	road_begin(&road, PAIR_CONN "\tmobike=yes\n", PAIR_CONN "\tmobike=yes\n");
	end_up(&road.pair.west, "t");
	road_run(&road, USEC_PER_SEC);
	assert_in_range(road.count, 4, EAR_MAX);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(road.ears[i].from.port, i < 2 ? IKE_PORT : IKE_NATT_PORT);
		assert_int_equal(road.ears[i].to.port, i < 2 ? IKE_PORT : IKE_NATT_PORT);
	}
	assert_true(notify_find(road_opened(&road, 2, road_sa(&road.pair.east)), MOBIKE_SUPPORTED,
				&notify));
	assert_int_equal(notify.data.len, 0);
	assert_true(notify_find(road_opened(&road, 3, road_sa(&road.pair.west)), MOBIKE_SUPPORTED,
				&notify));
	assert_int_equal(notify.data.len, 0);
	road_end(&road);
}

/* ---- what can be configured ---- */

static void comes_up(const char *west, const char *east, const char *west_secrets,
		     const char *east_secrets)
{
	struct pair pair;

	pair_start(&pair, 1, west, east, west_secrets, east_secrets);
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 3 * USEC_PER_SEC));
	pair_assert_tunnel(&pair);
	pair_end(&pair);
}

/* §2.15; and nothing is added to it. */
static void a_secret_may_have_64_characters_or_be_hex(void **state)
{
	static const char text[] =
		"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-";
	char ascii[200], hex[300];
	int used;

	(void)state;
	assert_int_equal(strlen(text), 64);
	(void)snprintf(ascii, sizeof(ascii), "@west @east : PSK \"%s\"\n", text);
	used = snprintf(hex, sizeof(hex), "@west @east : PSK 0x");
	for (unsigned i = 0; i < 64; i++)
		used += snprintf(hex + used, sizeof(hex) - (size_t)used, "%02x", text[i]);
	(void)snprintf(hex + used, sizeof(hex) - (size_t)used, "\n");
	comes_up(NULL, NULL, ascii, hex);
}

static void identities_of_each_kind_work(void **state)
{
	static const char *const ids[] = { "192.0.2.1", "@gw.example.org", "user@example.org",
					   "@#6b6579",	"2001:db8::1",	   "\"C=CH, O=Example\"" };
	char west[400], secrets[] = ": PSK \"correct horse battery staple\"\n";

	(void)state;
	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		(void)snprintf(west, sizeof(west),
			       "conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=%s\n"
			       "\trightid=@east\n\tleftsubnet=10.1.0.0/24\n"
			       "\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n",
			       ids[i]);
		comes_up(west, west, secrets, secrets);
	}
}

/* §2.3: whatever becomes due while a request is out waits for its answer. */
static void no_second_request_is_sent_before_the_first_is_answered(void **state)
{
	static const enum ike_event wishes[] = { EVENT_PROBE,	  EVENT_REKEY_CHILD,
						 EVENT_REKEY_IKE, EVENT_CREATE_CHILD,
						 EVENT_TELL,	  EVENT_DELETE_CHILD };
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct end *west = &road.pair.west;
	struct ike_sa *sa = road_sa(west);
	struct child_sa *child = tunnel_current(road_tunnel(west));
	uint32_t id = sa->send_next;
	world_manual(road.pair.world, true);
	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
			road_event(west->gateway, sa, wishes[i], NULL, road_tunnel(west), child);
		sa->replace_at = child->replace_at = host_now(west->host);
		peer_dirty(sa->peer);
		world_settle(road.pair.world);
		while (!list_empty(world_flights(road.pair.world))) /* nothing arrives */
			world_drop(road.pair.world,
				   container_of(world_flights(road.pair.world)->next, struct flight,
						in_world));
		road_run(&road, 2 * USEC_PER_SEC);
	}
	assert_int_equal(sa->send_next, id + 1);
	assert_in_range(road.count, 2, EAR_MAX);
	for (unsigned i = 0; i < road.count; i++)
		assert_int_equal(road_heard(&road, i)->header.message_id, id);
	world_manual(road.pair.world, false);
	pair_run(&road.pair, 60 * USEC_PER_SEC);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* §2.3: neither end waits for its own answer before it gives one. */
static void a_request_is_answered_while_one_of_ours_is_outstanding(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, NULL, NULL);
	struct ike_sa *west = road_sa(&road.pair.west), *east = road_sa(&road.pair.east);
	world_manual(road.pair.world, true);
	road_event(road.pair.west.gateway, west, EVENT_PROBE, NULL, NULL, NULL);
	road_event(road.pair.east.gateway, east, EVENT_PROBE, NULL, NULL, NULL);
	world_settle(road.pair.world);
	assert_int_equal(road.count, 2); /* both questions, none has arrived */
	assert_non_null(west->request.bytes);
	world_deliver(road.pair.world,
		      container_of(world_flights(road.pair.world)->prev, struct flight, in_world));
	world_settle(road.pair.world);
	assert_int_equal(road.count, 3);
	assert_int_equal(road_heard(&road, 2)->header.flags & IKE_FLAG_RESPONSE, IKE_FLAG_RESPONSE);
	assert_true(road.ears[2].from.addr.bytes[3] == 1);
	assert_non_null(west->request.bytes); /* its own is out as before */
	world_manual(road.pair.world, false);
	road_run(&road, USEC_PER_SEC);
	assert_null(west->request.bytes);
	pair_assert_tunnel(&road.pair);
	road_end(&road);
}

/* RFC 7383 §2.3 */
static void fragmentation_is_said_in_ike_sa_init_without_data(void **state)
{
	struct wire_notify notify;
	struct road road;

	(void)state;
	road_begin(&road, NULL, NULL);
	end_up(&road.pair.west, "t");
	road_run(&road, USEC_PER_SEC);
	assert_true(road.count >= 2);
	for (unsigned i = 0; i < 2; i++) {
		assert_true(
			notify_find(road_heard(&road, i), IKEV2_FRAGMENTATION_SUPPORTED, &notify));
		assert_int_equal(notify.data.len, 0);
		assert_int_equal(notify.spi.len, 0);
	}
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_message_has_a_header_as_the_rfc_wants_it),
		cmocka_unit_test(reserved_flags_and_the_minor_version_are_ignored),
		cmocka_unit_test(an_unknown_payload_is_skipped_and_a_critical_one_refused),
		cmocka_unit_test(an_unfamiliar_vendor_id_is_ignored),
		cmocka_unit_test(payloads_may_stand_in_any_order),
		cmocka_unit_test(an_unprotected_complaint_is_neither_answered_nor_believed),
		cmocka_unit_test(initial_contact_is_said_in_ike_auth_and_nowhere_else),
		cmocka_unit_test(an_answer_goes_back_the_way_its_request_came),
		cmocka_unit_test(
			the_whole_list_is_proposed_again_after_another_group_was_asked_for),
		cmocka_unit_test(nonces_are_random_and_at_least_half_of_any_prf_key),
		cmocka_unit_test(mobike_is_said_without_data_and_ike_auth_goes_to_port_4500),
		cmocka_unit_test(a_secret_may_have_64_characters_or_be_hex),
		cmocka_unit_test(identities_of_each_kind_work),
		cmocka_unit_test(no_second_request_is_sent_before_the_first_is_answered),
		cmocka_unit_test(a_request_is_answered_while_one_of_ours_is_outstanding),
		cmocka_unit_test(fragmentation_is_said_in_ike_sa_init_without_data),
	};

	return exchange_run(tests);
}
