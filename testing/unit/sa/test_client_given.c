/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/client.h"
#include "unit/sa/sas_test.h"

#define CLIENT_CONN                                                                                \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\trightsubnet=10.2.0.0/24\n\tleftsourceip=%config\n\tauthby=secret\n\tauto=add\n"         \
	"conn other\n\tleft=192.0.2.1\n\tright=10.9.0.66\n\tleftid=@west\n\trightid=@other\n"      \
	"\tauthby=secret\n\tauto=add\n"

static struct ip_addr address(const char *text)
{
	struct ip_addr addr;

	assert_int_equal(ip_parse(text, &addr), RC_OK);
	return addr;
}

static void take(struct ike_config *config, const char *text)
{
	struct ip_addr addr = address(text);

	client_take_address(config, &addr, 64);
}

static void the_first_address_of_each_ip_version_counts(void **state)
{
	struct ike_config config = { .dns_count = 0 };

	(void)state;
	take(&config, "fd00::5");
	take(&config, "10.9.0.5");
	take(&config, "10.9.0.6");
	take(&config, "fd00::6");
	assert_int_equal(config.addresses[0].bytes[3], 5);
	assert_int_equal(config.addresses[1].bytes[15], 5);
	assert_int_equal(config.prefix6, 64);
}

static void addresses_that_are_nobodys_are_left_out(void **state)
{
	static const char *const bad[] = {
		"0.0.0.0",	   "0.1.2.3",	  "127.0.0.1", "224.0.0.1",
		"255.255.255.255", "169.254.1.1", "::",	       "::1",
		"ff02::1",	   "fe80::1",	  NULL
	};
	struct ike_config config = { .dns_count = 0 };

	(void)state;
	for (unsigned i = 0; bad[i] != NULL; i++) {
		struct ip_addr addr = address(bad[i]);
		take(&config, bad[i]);
		client_take_dns(&config, &addr);
	}
	assert_false(ip_is_set(&config.addresses[0]));
	assert_false(ip_is_set(&config.addresses[1]));
	assert_int_equal(config.dns_count, 0);
}

static void more_name_servers_than_there_is_room_for_are_left_out(void **state)
{
	struct ike_config config = { .dns_count = 0 };
	struct ip_addr addr = address("10.2.0.53");

	(void)state;
	for (unsigned i = 0; i < IKE_CONFIG_DNS_MAX + 3; i++)
		client_take_dns(&config, &addr);
	assert_int_equal(config.dns_count, IKE_CONFIG_DNS_MAX);
}

static void domain(struct arena *arena, struct ike_config *config, const char *name, size_t len)
{
	assert_int_equal(client_take_domain(arena, span_make(name, len), config), RC_OK);
}

static void only_names_come_in_as_domains(void **state)
{
	struct ike_config config = { .dns_count = 0 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 1u << 20);
	domain(&arena, &config, "good.example", 12);
	domain(&arena, &config, "evil\nnameserver 6.6.6.6", 23);
	domain(&arena, &config, "nul\0here", 8);
	domain(&arena, &config, "$(reboot)", 9);
	domain(&arena, &config, "-option", 7);
	domain(&arena, &config, "", 0);
	domain(&arena, &config, "other.example", 13);
	assert_string_equal(config.domains, "good.example other.example");
	for (unsigned i = 0; i < 200; i++)
		domain(&arena, &config, "long.name.example", 17);
	assert_true(strlen(config.domains) < IKE_CONFIG_TEXT_MAX);
	arena_free(&arena);
}

static void a_list_of_domains_is_taken_name_by_name(void **state)
{
	static const char list[] = "corp.example,lab.example, corp.example,bad$name,,last.example";
	struct ike_config config = { .dns_count = 0 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 1u << 20);
	domain(&arena, &config, "lab.example", 11);
	assert_int_equal(client_take_domains(&arena, span_make(list, sizeof(list) - 1), &config),
			 RC_OK);
	assert_string_equal(config.domains, "lab.example corp.example last.example");
	arena_free(&arena);
}

#define NETWORK(a, b, c, d, mask)                                                                  \
	a, b, c, d, (uint8_t)((mask) >> 24), (uint8_t)((mask) >> 16), (uint8_t)((mask) >> 8),      \
		(uint8_t)(mask), 0, 0, 0, 0, 0, 0

static void networks_are_taken_with_their_masks(void **state)
{
	static const uint8_t told[] = { NETWORK(10, 2, 0, 7, 0xffffff00u),
					NETWORK(10, 9, 9, 9, 0xff00ff00u) /* no mask */,
					NETWORK(192, 0, 2, 1, 0xffffffffu),
					10,
					2,
					0 };
	struct ike_config config = { .dns_count = 0 };
	char text[IP_RANGE_TEXT_MAX];
	struct arena arena;

	(void)state;
	arena_init(&arena, 1u << 20);
	assert_int_equal(client_take_split(&arena, SPAN_OF(told), &config), RC_OK);
	assert_non_null(config.split);
	assert_int_equal(config.split->count, 2);
	assert_false(config.split->all);
	assert_string_equal(range_text(&config.split->networks[0], text), "10.2.0.0/24");
	assert_string_equal(range_text(&config.split->networks[1], text), "192.0.2.1/32");
	arena_free(&arena);
}

/* What is not protected goes in clear: nothing is left out by its place in the list. */
static void of_too_many_networks_none_is_left_out(void **state)
{
	static const uint8_t told[] = { NETWORK(10, 2, 0, 0, 0xffffff00u) };
	struct ike_config config = { .dns_count = 0 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 1u << 20);
	for (unsigned i = 0; i < IKE_CONFIG_SPLIT_MAX; i++)
		assert_int_equal(client_take_split(&arena, SPAN_OF(told), &config), RC_OK);
	assert_false(config.split->all);
	assert_int_equal(client_take_split(&arena, SPAN_OF(told), &config), RC_OK);
	assert_true(config.split->all);
	arena_free(&arena);
}

static void a_greeting_has_no_control_characters(void **state)
{
	struct ike_config config = { .dns_count = 0 };
	struct arena arena;

	(void)state;
	arena_init(&arena, 1u << 20);
	assert_int_equal(client_take_banner(&arena, SPAN_NONE, &config), RC_OK);
	assert_null(config.banner);
	assert_int_equal(client_take_banner(&arena, span_make("Hello\x1b[2J", 9), &config), RC_OK);
	assert_null(strchr(config.banner, 0x1b));
	assert_int_equal(strncmp(config.banner, "Hello", 5), 0);
	arena_free(&arena);
}

/* What the check says to this address for the conn t, which protects IPv4. */
static enum rc checked(const char *text, struct diag *diag)
{
	struct ike_config config = { .dns_count = 0 };
	struct sas_fixture f;
	struct ike_sa sa = { .local.addr = address("192.0.2.1"),
			     .remote.addr = address("192.0.2.2") };
	enum rc rc;

	sas_begin(&f, CLIENT_CONN);
	const struct sa_env env = { .peers = &f.peers };
	const struct step step = { .env = &env, .sa = &sa };
	take(&config, text);
	rc = client_check_given(&step, peers_tunnel(&f.peers, "t"), &config, diag);
	sas_end(&f);
	return rc;
}

static void what_is_not_the_servers_to_give_is_refused(void **state)
{
	struct diag diag;

	(void)state;
	assert_int_equal(checked("10.9.0.5", &diag), RC_OK);
	assert_int_equal(checked("192.0.2.1", &diag), RC_NO_ADDRESS);
	assert_int_equal(checked("192.0.2.2", &diag), RC_NO_ADDRESS);
	assert_non_null(strstr(diag.text, "this host has already"));
	assert_int_equal(checked("10.9.0.66", &diag), RC_NO_ADDRESS);
	assert_non_null(strstr(diag.text, "conn other"));
}

static void an_address_of_the_other_ip_version_is_none(void **state)
{
	struct diag diag;

	(void)state;
	assert_int_equal(checked("fd00::7", &diag), RC_NO_ADDRESS);
	assert_non_null(strstr(diag.text, "no IPv4 address"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_address_of_each_ip_version_counts),
		cmocka_unit_test(addresses_that_are_nobodys_are_left_out),
		cmocka_unit_test(more_name_servers_than_there_is_room_for_are_left_out),
		cmocka_unit_test(only_names_come_in_as_domains),
		cmocka_unit_test(a_list_of_domains_is_taken_name_by_name),
		cmocka_unit_test(networks_are_taken_with_their_masks),
		cmocka_unit_test(of_too_many_networks_none_is_left_out),
		cmocka_unit_test(a_greeting_has_no_control_characters),
		cmocka_unit_test(what_is_not_the_servers_to_give_is_refused),
		cmocka_unit_test(an_address_of_the_other_ip_version_is_none),
	};

	return sas_run(tests);
}
