/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include "config_test.h"

static struct loaded l;

static void server_and_client_are_as_people_write_them(void **state)
{
	(void)state;
	assert_says("rightaddresspool=10.9.0.0/24\n leftsubnet=0.0.0.0/0", 0, 0, "");
	assert_says("leftsourceip=%config\n rightsubnet=0.0.0.0/0", 0, 0, "");
	assert_says("leftmodecfgserver=yes\n rightmodecfgclient=yes\n leftsubnet=0.0.0.0/0\n"
		    " rightaddresspool=10.9.0.0/24\n modecfgdns=10.0.0.53\n modecfgdomains=corp",
		    0, 0, "");
	assert_says("leftmodecfgclient=yes\n rightmodecfgserver=yes\n leftcat=yes", 0, 0, "");
	assert_says("rightsourceip=10.9.0.0/24,fd00::/64", 0, 0, "");
}

static void asking_and_giving_are_told_by_either_keyword(void **state)
{
	const struct config_conn *c;
	(void)state;
	load_everything(&l, CONN_A " leftmodecfgclient=yes\n rightsubnet=fd00::/8\n");
	c = l.config->conns[0];
	assert_int_equal(c->left.sourceip_wanted, WANT_IPV4 | WANT_IPV6);
	unload(&l);
	load_everything(&l, CONN_A " leftsourceip=%config4\n");
	c = l.config->conns[0];
	assert_true(c->left.modecfgclient);
	assert_int_equal(c->left.sourceip_wanted, WANT_IPV4);
	assert_false(c->right.modecfgserver);
	unload(&l);
	load_everything(&l, CONN_A " rightaddresspool=10.9.0.0/24\n");
	c = l.config->conns[0];
	assert_true(c->left.modecfgserver);
	assert_false(c->right.modecfgserver);
	unload(&l);
}

static void an_end_gives_or_asks(void **state)
{
	(void)state;
	assert_says("leftmodecfgclient=yes\n leftmodecfgserver=yes\n rightmodecfgclient=no", 1, 1,
		    "t.conf:4:2: conn a: left asks for an address and gives addresses too");
	assert_says("leftsourceip=%config\n rightaddresspool=10.9.0.0/24", 1, 0,
		    "t.conf:4:2: conn a: left asks for an address and gives addresses too "
		    "(leftmodecfgserver=, or rightaddresspool=): it can do one of them\n");
	assert_says("leftsourceip=%config\n rightsourceip=%config", 1, 0,
		    "t.conf:5:2: conn a: both ends ask the other one for an address\n");
	assert_says("leftsourceip=10.0.0.1,%config", 1, 0,
		    "t.conf:4:2: conn a: leftsourceip= is an address, and left asks for one");
	assert_says("leftaddresspool=10.8.0.0/24\n rightaddresspool=10.9.0.0/24", 1, 0,
		    "both ends give addresses");
	assert_says("leftmodecfgserver=yes", 0, 1,
		    "t.conf:4:2: warning: conn a: left has no addresses to give: "
		    "rightaddresspool= is missing\n");
}

static void a_pool_stands_for_the_subnet(void **state)
{
	(void)state;
	assert_says("rightaddresspool=10.9.0.0/24\n rightsubnet=10.9.0.0/24", 1, 0,
		    "t.conf:5:2: conn a: rightsubnet= and rightaddresspool= are both given: what "
		    "a client protects is the address that it gets\n");
}

static void what_is_taken_is_not_in_a_pool(void **state)
{
	(void)state;
	assert_says("rightaddresspool=192.0.2.0/28", 1, 0,
		    "t.conf:4:2: conn a: 192.0.2.1 is the gateway itself and lies in "
		    "rightaddresspool: a client would get it too\n");
	assert_says("rightaddresspool=10.9.0.0/24\n leftsourceip=10.9.0.1", 1, 0,
		    "10.9.0.1 is a source address of the gateway");
	assert_says("rightaddresspool=10.9.0.0/24\n modecfgdns=10.9.0.53", 1, 0,
		    "10.9.0.53 is a DNS server");
}

static void what_nobody_would_be_told_is_told(void **state)
{
	(void)state;
	assert_says("modecfgdns=10.0.0.53", 0, 1,
		    "t.conf:4:2: warning: conn a: modecfgdns= has no effect without addresspool= "
		    "or modecfgserver=: it is told to clients\n");
	assert_says("modecfgbanner=Welcome\n modecfgdomains=corp", 0, 2, "modecfgbanner= has no");
	assert_says("leftcat=yes", 0, 1, "leftcat= has no effect without leftmodecfgclient=");
}

#define HALF                                                                                       \
	"Welcome to the network of an office that has a lot to say to everybody who comes, "       \
	"before "                                                                                  \
	"he may do anything at all: what"

static void a_banner_that_nobody_would_be_told_is_refused(void **state)
{
	(void)state;
	assert_says("modecfgbanner=\"" HALF HALF HALF "\"\n rightaddresspool=10.9.0.0/24", 1, 0,
		    "at most 256 are told to clients");
}

/* "aaa.example,aab.example,...": eleven bytes each, and a comma between. */
static const char *domains(const char *version, unsigned count)
{
	static char text[4000];
	size_t len = (size_t)snprintf(text, sizeof(text),
				      "%s rightaddresspool=10.9.0.0/24\n modecfgdomains=", version);

	for (unsigned i = 0; i < count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%sa%c%c.example",
					i == 0 ? "" : ",", 'a' + i / 26, 'a' + i % 26);
	return text;
}

/* In IKEv1 83 of them have 995 bytes. In IKEv2 each has an attribute of its own. */
static void domains_that_clients_would_not_be_told_are_counted(void **state)
{
	static const char v1[] = "authby=secret\n keyexchange=ikev1\n";

	(void)state;
	assert_says(domains(v1, 83), 0, 0, "");
	assert_says(domains(v1, 84), 0, 1,
		    "modecfgdomains= has 84 names in 1007 bytes; clients of IKEv1 are told the "
		    "first 83 (1000 bytes)");
	assert_says(domains("", 58), 0, 0, "");
	assert_says(domains("", 60), 0, 1,
		    "modecfgdomains= has 60 names; clients are told the first");
}

static void rightdns_is_modecfgdns_in_other_words(void **state)
{
	struct loaded loaded;
	char text[IP_TEXT_MAX];
	(void)state;
	load_setting(&loaded, "rightaddresspool=10.9.0.0/24\n rightdns=10.0.0.53,2001:db8::53");
	assert_int_equal(loaded.config->conns[0]->modecfgdns_count, 2);
	assert_string_equal(ip_text(&loaded.config->conns[0]->modecfgdns[1], text), "2001:db8::53");
	assert_null(loaded.config->conns[0]->right.dns);
	unload(&loaded);
	load_setting(&loaded, "leftsourceip=%config\n leftdns=%config4, %config6");
	assert_int_equal(loaded.config->conns[0]->modecfgdns_count, 0);
	unload(&loaded);
	assert_says("rightaddresspool=10.9.0.0/24\n rightdns=10.0.0.53\n modecfgdns=10.0.0.54", 1,
		    0,
		    "t.conf:5:2: conn a: rightdns= says the same as modecfgdns=: write all servers "
		    "in one of them\n");
	assert_says("rightaddresspool=10.9.0.0/24\n rightdns=10.9.0.53", 1, 0,
		    "10.9.0.53 is a DNS server");
	assert_says("rightaddresspool=10.9.0.0/24\n rightdns=10.9", 1, 0, "rightdns=: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(server_and_client_are_as_people_write_them),
		cmocka_unit_test(asking_and_giving_are_told_by_either_keyword),
		cmocka_unit_test(an_end_gives_or_asks),
		cmocka_unit_test(a_pool_stands_for_the_subnet),
		cmocka_unit_test(what_is_taken_is_not_in_a_pool),
		cmocka_unit_test(what_nobody_would_be_told_is_told),
		cmocka_unit_test(a_banner_that_nobody_would_be_told_is_refused),
		cmocka_unit_test(rightdns_is_modecfgdns_in_other_words),
		cmocka_unit_test(domains_that_clients_would_not_be_told_are_counted),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
