/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "engine/private.h"
#include "unit/ikev2/road.h"

static struct updown_script *script_between(struct end *end, struct tunnel *t,
					    enum script_state from, enum script_state to)
{
	struct child_sa *child = tunnel_current(t);
	struct updown_event event = { .tunnel = t, .child = child, .from = from, .to = to };
	struct updown_script *script = NULL;

	if (!updown_has_script(t))
		return NULL;
	event.local = child != NULL ? &child->local : &t->peer->local;
	event.remote = child != NULL ? &child->remote : &t->peer->remote;
	event.slot = "slot";
	assert_int_equal(updown_script_new(end->gateway, &event, &script), RC_OK);
	(void)updown_script_env(script);
	return script;
}

static struct updown_script *script_of(struct end *end, const char *tunnel, bool up)
{
	struct tunnel *t = peers_tunnel(&end->gateway->peers, tunnel);

	assert_non_null(t);
	return script_between(end, t, up ? SCRIPT_NONE : SCRIPT_UP, up ? SCRIPT_UP : SCRIPT_NONE);
}

static void assert_value(const struct updown_script *script, const char *name, const char *wanted)
{
	size_t len = strlen(name);

	for (size_t i = 1; script->env[i] != NULL; i++)
		if (strncmp(script->env[i], name, len) == 0 && script->env[i][len] == '=') {
			assert_string_equal(script->env[i] + len + 1, wanted);
			return;
		}
	fail_msg("no %s", name);
}

static void a_command_is_split_at_its_blanks(void **state)
{
	struct updown_script *script;
	struct road road;

	(void)state;
	road_begin(&road, PAIR_CONN "\tleftupdown=\"my-updown  --log\tall \"\n", NULL);
	end_up(&road.pair.west, "t");
	road_run(&road, 2 * USEC_PER_SEC);
	script = script_of(&road.pair.west, "t", true);
	assert_non_null(script);
	assert_string_equal(script->argv[0], "my-updown");
	assert_string_equal(script->argv[1], "--log");
	assert_string_equal(script->argv[2], "all");
	assert_null(script->argv[3]);
	assert_null(script->env[0]);
	updown_script_free(script);
	assert_null(script_of(&road.pair.east, "t", true));
	road_end(&road);
}

static void an_event_has_its_verbs_in_order(void **state)
{
	struct updown_script *script;
	struct road road;

	(void)state;
	road_up(&road, PAIR_CONN "\tleftupdown=/etc/updown\n", NULL);
	script = script_of(&road.pair.west, "t", true);
	assert_int_equal(script->verb_count, 3);
	assert_string_equal(script->verbs[0], "prepare-client");
	assert_string_equal(script->verbs[1], "route-client");
	assert_string_equal(script->verbs[2], "up-client");
	updown_script_free(script);
	script = script_of(&road.pair.west, "t", false);
	assert_int_equal(script->verb_count, 2);
	assert_string_equal(script->verbs[0], "down-client");
	assert_string_equal(script->verbs[1], "unroute-client");
	updown_script_free(script);
	road_end(&road);
}

#define HOSTS6                                                                                     \
	"conn t\n\tleft=2001:db8::1\n\tright=2001:db8::2\n\tleftid=@west\n\trightid=@east\n"       \
	"\tauthby=secret\n\tauto=add\n\ttype=transport\n\tleftprotoport=tcp/443\n"

static void hosts_and_ipv6_have_verbs_of_their_own(void **state)
{
	struct pair pair = { .world = world_new(1) };
	struct updown_script *script;

	(void)state;
	end_start(pair.world, &pair.west, "west", "2001:db8::1",
		  HOSTS6 "\tleftupdown=/etc/updown\n", NULL);
	end_start(pair.world, &pair.east, "east", "2001:db8::2", HOSTS6, NULL);
	end_up(&pair.west, "t");
	assert_true(pair_comes_up(&pair, 5 * USEC_PER_SEC));
	script = script_of(&pair.west, "t", true);
	assert_string_equal(script->verbs[2], "up-host-v6");
	assert_value(script, "PLUTO_CONN_ADDRFAMILY", "ipv6");
	assert_value(script, "PLUTO_CONNECTION_TYPE", "transport");
	assert_value(script, "PLUTO_MY_CLIENT", "2001:db8::1/128");
	assert_value(script, "PLUTO_MY_CLIENT_MASK", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	assert_value(script, "PLUTO_MY_PORT", "443");
	assert_value(script, "PLUTO_MY_PROTOCOL", "6");
	assert_value(script, "PLUTO_PEER_PORT", "0");
	updown_script_free(script);
	pair_end(&pair);
}

#define SERVER                                                                                     \
	"conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n\tleftsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tauto=add\n\trightaddresspool=10.9.0.0/24\n\tleftupdown=/etc/updown\n"  \
	"\tmodecfgdns=10.2.0.53,fd00::53\n\tmodecfgdomains=\"a.example, b.example\"\n"             \
	"\tmodecfgbanner=\"Hello `reboot` $(you)\"\n"
#define CLIENT                                                                                     \
	"conn t\n\tleft=192.0.2.1\n\tleftid=\"C=DE, O=`reboot`, "                                  \
	"CN=$(id)|x&y\"\n\tright=192.0.2.100\n"                                                    \
	"\trightid=@office\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=start\n"            \
	"\tleftsourceip=%config\n\tleftupdown=/etc/updown\n"

/* What the peer says of itself cannot become a command, however badly the script quotes. */
static void a_peer_cannot_speak_to_the_shell(void **state)
{
	static const char secret[] = ": PSK \"correct horse battery staple\"\n";
	struct pair pair = { .world = world_new(1) };
	struct updown_script *script;
	struct tunnel *tunnel;
	char *slot;

	(void)state;
	end_start(pair.world, &pair.east, "office", "192.0.2.100", SERVER, secret);
	end_start(pair.world, &pair.west, "client", "192.0.2.1", CLIENT, secret);
	pair_run(&pair, 3 * USEC_PER_SEC);
	script = script_of(&pair.east, "t[1]", true);
	assert_value(script, "PLUTO_PEER_ID", "C=DE, O=%60reboot%60, CN=%24%28id%29%7Cx%26y");
	assert_value(script, "PLUTO_CONNECTION", "t");
	assert_value(script, "PLUTO_CONN_KIND", "CK_INSTANCE");
	assert_value(script, "PLUTO_CFG_SERVER", "1");
	assert_value(script, "PLUTO_PEER_SOURCEIP", "10.9.0.1");
	assert_value(script, "PLUTO_PEER_SOURCEIP4_1", "10.9.0.1");
	assert_value(script, "PLUTO_PEER_CLIENT", "10.9.0.1/32");
	updown_script_free(script);
	tunnel = peers_tunnel(&pair.east.gateway->peers, "t[1]");
	slot = updown_slot(tunnel, tunnel_current(tunnel));
	assert_string_equal(slot, "t 10.9.0.1/32");
	mem_free(slot);
	script = script_of(&pair.west, "t", true);
	assert_value(script, "PLUTO_PEER_BANNER", "Hello %60reboot%60 %24%28you%29");
	assert_value(script, "PLUTO_PEER_DNS_INFO", "10.2.0.53 fd00::53");
	assert_value(script, "PLUTO_DNS4_1", "10.2.0.53");
	assert_value(script, "PLUTO_DNS6_1", "fd00::53");
	assert_value(script, "PLUTO_PEER_DOMAIN_INFO", "a.example b.example");
	assert_value(script, "PLUTO_CFG_CLIENT", "1");
	assert_value(script, "PLUTO_MY_SOURCEIP", "10.9.0.1");
	assert_value(script, "PLUTO_MY_SOURCEIP4_1", "10.9.0.1");
	updown_script_free(script);
	pair_end(&pair);
}

static void only_harmless_characters_stay(void **state)
{
	struct arena arena;
	char all[256], *safe;

	(void)state;
	arena_init(&arena, 4096);
	for (unsigned i = 1; i < 256; i++)
		all[i - 1] = (char)i;
	all[255] = '\0';
	safe = updown_safe(&arena, all);
	assert_null(strpbrk(safe, "\t\n\r\"'`$\\;&|<>()[]{}*?~!#^"));
	for (const char *c = safe; *c != '\0'; c++)
		assert_true(*c >= ' ' && *c <= 'z');
	assert_string_equal(updown_safe(&arena, "C=DE, O=Acme/x+y, CN=a-b_c@d.e:1"),
			    "C=DE, O=Acme/x+y, CN=a-b_c@d.e:1");
	assert_string_equal(updown_safe(&arena, "--flush"), "%2D-flush");
	assert_string_equal(updown_safe(&arena, "100%\x80"), "100%25%80");
	assert_string_equal(updown_safe(&arena, ""), "");
	arena_free(&arena);
}

static void out_of_memory_is_an_error_and_leaves_nothing(void **state)
{
	struct updown_script *script = NULL;
	struct tunnel *tunnel;
	struct road road;
	unsigned failed = 0;

	(void)state;
	road_up(&road, PAIR_CONN "\tleftupdown=/etc/updown\n", NULL);
	tunnel = road_tunnel(&road.pair.west);
	struct child_sa *child = tunnel_current(tunnel);
	struct updown_event event = { .tunnel = tunnel,
				      .child = child,
				      .local = &child->local,
				      .remote = &child->remote,
				      .to = SCRIPT_UP,
				      .slot = "slot" };
	for (uint64_t i = 1; i < 50 && script == NULL; i++) {
		enum rc rc;
		mem_fail_nth(i);
		rc = updown_script_new(road.pair.west.gateway, &event, &script);
		mem_fail_nth(0);
		failed += rc == RC_NO_MEMORY;
		assert_true((rc == RC_OK) == (script != NULL));
	}
	assert_true(failed >= 2);
	updown_script_free(script);
	road_end(&road);
}

static void assert_verbs(struct end *end, enum script_state from, enum script_state to,
			 const char *wanted)
{
	struct updown_script *script = script_between(end, road_tunnel(end), from, to);
	char got[100] = "";

	for (unsigned i = 0; i < script->verb_count; i++) {
		(void)strncat(got, script->verbs[i], strcspn(script->verbs[i], "-"));
		(void)strcat(got, " ");
	}
	assert_string_equal(got, wanted);
	updown_script_free(script);
}

static void between_any_two_states_are_the_verbs_that_lead_there(void **state)
{
	struct road road;

	(void)state;
	road_up(&road, PAIR_CONN "\tleftupdown=/etc/updown\n", NULL);
	assert_verbs(&road.pair.west, SCRIPT_NONE, SCRIPT_ROUTED, "prepare route ");
	assert_verbs(&road.pair.west, SCRIPT_NONE, SCRIPT_UP, "prepare route up ");
	assert_verbs(&road.pair.west, SCRIPT_ROUTED, SCRIPT_UP, "up ");
	assert_verbs(&road.pair.west, SCRIPT_UP, SCRIPT_ROUTED, "down ");
	assert_verbs(&road.pair.west, SCRIPT_UP, SCRIPT_NONE, "down unroute ");
	assert_verbs(&road.pair.west, SCRIPT_ROUTED, SCRIPT_NONE, "unroute ");
	road_end(&road);
}

#define LISTS(left, right)                                                                         \
	"conn "                                                                                    \
	"t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@"                      \
	"east\n\tleftsubnet=" left "\n\trightsubnet=" right "\n\tauthby=secret\n\tauto=add\n"
#define FOUR "10.1.1.0/24,10.1.2.0/24,10.1.3.0/24,2001:db8:1::/64"

static void each_pair_of_selectors_has_values_of_its_own(void **state)
{
	static const char *const ends[][2] = {
		{ "10.1.1.0/24", "10.2.1.0/24" },	 { "10.1.1.0/24", "10.2.2.0/24" },
		{ "10.1.2.0/24", "10.2.1.0/24" },	 { "10.1.2.0/24", "10.2.2.0/24" },
		{ "10.1.3.0/24", "10.2.1.0/24" },	 { "10.1.3.0/24", "10.2.2.0/24" },
		{ "2001:db8:1::/64", "2001:db8:2::/64" }
	};
	struct updown_script *script;
	struct road road;

	(void)state;
	road_begin(&road,
		   LISTS(FOUR, "10.2.1.0/24,10.2.2.0/24,2001:db8:2::/64") "\tleftupdown=/etc/x\n",
		   LISTS(FOUR, "10.2.1.0/24,10.2.2.0/24,2001:db8:2::/64"));
	script = script_of(&road.pair.west, "t", true);
	assert_int_equal(script->pair_count, 7);
	for (unsigned i = 0; i < 7; i++) {
		script->pair = (uint8_t)i;
		(void)updown_script_env(script);
		assert_value(script, "PLUTO_MY_CLIENT", ends[i][0]);
		assert_value(script, "PLUTO_PEER_CLIENT", ends[i][1]);
		assert_value(script, "PLUTO_CONNECTION", "t");
	}
	updown_script_free(script);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_command_is_split_at_its_blanks),
		cmocka_unit_test(an_event_has_its_verbs_in_order),
		cmocka_unit_test(hosts_and_ipv6_have_verbs_of_their_own),
		cmocka_unit_test(a_peer_cannot_speak_to_the_shell),
		cmocka_unit_test(only_harmless_characters_stay),
		cmocka_unit_test(out_of_memory_is_an_error_and_leaves_nothing),
		cmocka_unit_test(between_any_two_states_are_the_verbs_that_lead_there),
		cmocka_unit_test(each_pair_of_selectors_has_values_of_its_own),
	};

	return exchange_run(tests);
}
