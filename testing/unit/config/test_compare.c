/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/loader.h"

#define CONNS(a, b)                                                                                \
	"conn x\n left=192.0.2.1\n right=192.0.2.2\n" a "\nconn y\n left=192.0.2.1\n"              \
	" right=192.0.2.2\n" b "\n"

static struct loaded l;

/* What the keyword changes: the peer, the tunnel, or nothing. */
static void compare_with(const char *both, const char *setting, bool same_peer, bool equal)
{
	char text[1024];
	struct config_conn *a, *b;
	char *name;
	snprintf(text, sizeof(text), CONNS(" %s", " %s\n %s"), both, both, setting);
	load_everything(&l, text);
	assert_int_equal(l.rc, RC_OK);
	a = l.config->conns[0];
	b = l.config->conns[1];
	name = b->name;
	b->name = a->name;
	assert_int_equal(config_conn_same_peer(a, b), same_peer);
	assert_int_equal(config_conn_change(a, b, NULL) == CONFIG_SAME, equal);
	assert_int_equal(config_conn_change(b, a, NULL) == CONFIG_SAME, equal);
	b->name = name;
	assert_int_equal(config_conn_change(a, b, NULL), CONFIG_NEW_SA); /* the name counts */
	unload(&l);
}

static void compare(const char *setting, bool same_peer, bool equal)
{
	compare_with("x-none=1", setting, same_peer, equal);
}

static void the_same_settings_are_equal(void **state)
{
	(void)state;
	compare("", true, true);
	compare("ikelifetime=8h", true, true); /* the default */
	compare("leftsubnet=%dynamic", true, true);
	compare("encapsulation=auto", true, true);
}

static void settings_of_the_ike_sa_make_another_peer(void **state)
{
	static const char *const settings[] = { "ike=aes256-sha2_256-dh19",
						"ikelifetime=1h",
						"rekeymargin=1m",
						"rekeyfuzz=1%",
						"rekey=no",
						"reauth=yes",
						"dpddelay=9",
						"keyingtries=1",
						"encapsulation=yes",
						"forceencaps=yes",
						"fragmentation=no",
						"mobike=yes",
						"ppk=yes",
						"intermediate=yes",
						"ppk-ids=x",
						"retransmit-timeout=1s",
						"retransmit-base=3",
						"retransmit-tries=7",
						"retransmit-jitter=1",
						"retransmit-limit=50s",
						"leftid=@a",
						"rightid=@a",
						"leftikeport=501",
						"leftauth=rsasig",
						"rightauth=rsa-sha1",
						"leftauth2=secret",
						"rightauth2=rsasig",
						"authby=rsa-sha2_256",
						"leftpubkey=0sAAAA",
						"rightrsasigkey=%cert",
						"leftpubkey=/etc/key.pem",
						"leftca=%same",
						"rightca=CN=ca",
						"rightaddresspool=10.9.0.0/24",
						"leftsourceip=%config",
						"leftmodecfgclient=yes",
						"rightmodecfgserver=yes",
						"modecfgpull=yes",
						"cisco-split=yes",
						"cisco-unity=yes",
						"require-id-on-certificate=no",
						"dns-match-id=yes",
						NULL };
	(void)state;
	for (unsigned i = 0; settings[i] != NULL; i++)
		compare(settings[i], false, false);
}

static void settings_of_the_tunnel_keep_the_peer(void **state)
{
	static const char *const settings[] = { "esp=aes128-sha1",
						"pfs=no",
						"salifetime=1h",
						"replay-window=64",
						"esn=no",
						"mark=1",
						"if-id=1",
						"reqid=1",
						"priority=1",
						"ipsec-max-bytes=1G",
						"ipsec-max-packets=9",
						"leftsubnet=10.0.0.0/8",
						"rightsubnet=10.0.0.0/8",
						"leftprotoport=tcp",
						"rightprotoport=udp/53",
						"leftprotoport=tcp/80-90",
						"rightprotoport=udp/%opaque",
						"auto=add",
						"type=transport",
						"leftsourceip=10.0.0.1",
						"dpdaction=restart",
						"leftsourceip=fd00::1",
						"leftsubnet=10.0.0.0/8,11.0.0.0/8",
						"mark-in=2",
						"mark-out=2",
						"ipsec-interface=yes",
						"ipsec-interface=0",
						"vti-routing=no",
						"vti-shared=yes",
						"leftvti=10.0.0.1/24",
						"rightinterface-ip=10.0.0.1/24",
						"leftcat=yes",
						"leftupdown=/usr/libexec/updown",
						"narrowing=no",
						"phase2=ah",
						"ah=sha2_256",
						"compress=yes",
						"nic-offload=packet",
						"encap-dscp=no",
						"decap-dscp=yes",
						"nopmtudisc=yes",
						"send-no-esp-tfc=yes",
						"tfc=1200",
						"mtu=1400",
						"metric=5",
						"iptfs=yes",
						"iptfs-fragmentation=no",
						"iptfs-packet-size=1000",
						"iptfs-max-queue-size=1",
						"iptfs-reorder-window=1",
						"iptfs-init-delay=1s",
						"iptfs-drop-time=2s",
						NULL };
	(void)state;
	for (unsigned i = 0; settings[i] != NULL; i++)
		compare(settings[i], true, false);
}

static void settings_that_need_others_are_compared_too(void **state)
{
	(void)state;
	compare_with("leftcert=gw", "leftid=%fromcert", false, false);
	compare_with("mark=5", "vti-interface=vti5", true, false);
	compare_with("rightaddresspool=10.9.0.0/24", "modecfgpull=yes", false, false);
}

/* A reload tells the peers of it, or uses it the next time, and leaves their SAs alone. */
static void what_matters_only_later_makes_another_peer_but_no_other_conn(void **state)
{
	static const char *const settings[] = {
		"authlifetime=1h",	 "leftcert=gw",
		"rightcert=/etc/gw.pem", "leftckaid=aabb",
		"rightckaid=aabb",	 "leftsendcert=ifasked",
		"rightsendcert=never",	 "sendca=all",
		"modecfgdns=10.0.0.53",	 "modecfgdomains=example.org",
		"modecfgbanner=Welcome", NULL
	};
	char text[100];
	(void)state;
	for (unsigned i = 0; settings[i] != NULL; i++) {
		/* a certificate changes the default of authby= too */
		snprintf(text, sizeof(text), "%s\n authby=secret", settings[i]);
		compare(text, false, false);
	}
}

/* Of a conn whose first version has `both`, and whose new one `setting` too. */
static enum config_change change_of(const char *both, const char *setting)
{
	enum config_change change;
	const char *keyword = NULL;
	char text[1024], *name;

	snprintf(text, sizeof(text), CONNS(" %s", " %s\n %s"), both, both, setting);
	load_everything(&l, text);
	assert_int_equal(l.rc, RC_OK);
	name = l.config->conns[1]->name;
	l.config->conns[1]->name = l.config->conns[0]->name;
	change = config_conn_change(l.config->conns[0], l.config->conns[1], &keyword);
	assert_int_equal(change == CONFIG_SAME, keyword == NULL);
	l.config->conns[1]->name = name;
	unload(&l);
	return change;
}

static void assert_changes(const char *const *settings, enum config_change change)
{
	for (unsigned i = 0; settings[i] != NULL; i++)
		if (change_of("x-none=1", settings[i]) != change)
			fail_msg("%s", settings[i]);
}

static void what_only_timers_read_changes_at_once(void **state)
{
	static const char *const settings[] = { "dpddelay=9",	       "dpdaction=restart",
						"keyingtries=1",       "retransmit-tries=7",
						"retransmit-base=3",   "retransmit-timeout=1s",
						"retransmit-limit=9s", "retransmit-jitter=1",
						"auto=start",	       "reauth=yes",
						"fragment-size=1000",  NULL };
	(void)state;
	assert_changes(settings, CONFIG_AT_ONCE);
}

static void what_a_negotiation_settles_changes_with_the_next_one(void **state)
{
	static const char *const settings[] = { "esp=aes128-sha1", "ike=aes256-sha2_256-dh19",
						"pfs=no",	   "salifetime=1h",
						"ikelifetime=1h",  "rekeymargin=1m",
						"rekey=no",	   "authby=rsa-sha2_256",
						"leftauth=rsasig", "leftcert=gw",
						"rightca=CN=ca",   "replay-window=64",
						"esn=no",	   "ipsec-max-bytes=1G",
						"mobike=yes",	   "ppk=yes",
						"authlifetime=1h", NULL };
	(void)state;
	assert_changes(settings, CONFIG_NEXT_REKEY);
}

static void what_an_sa_is_of_needs_another_one(void **state)
{
	static const char *const settings[] = { "leftid=@a",
						"rightid=@a",
						"leftsubnet=10.0.0.0/8",
						"rightprotoport=udp/53",
						"type=transport",
						"mark=1",
						"if-id=1",
						"reqid=1",
						"priority=1",
						"phase2=ah",
						"leftsourceip=10.0.0.1",
						"leftikeport=501",
						"ipsec-interface=yes",
						"leftcat=yes",
						"mtu=1400",
						NULL };
	(void)state;
	assert_changes(settings, CONFIG_NEW_SA);
}

static void the_weightiest_change_counts(void **state)
{
	(void)state;
	assert_int_equal(change_of("x-none=1", "dpddelay=9\n esp=aes128-sha1"), CONFIG_NEXT_REKEY);
	assert_int_equal(change_of("x-none=1", "dpddelay=9\n esp=aes128-sha1\n if-id=4"),
			 CONFIG_NEW_SA);
}

static void another_script_does_not_end_the_tunnel(void **state)
{
	struct config *c;
	(void)state;
	load_everything(&l, CONNS(" leftupdown=/a", " leftupdown=/b"));
	assert_string_equal(l.report, "");
	c = l.config;
	c->conns[1]->name[0] = 'x';
	assert_true(config_conn_change(c->conns[0], c->conns[1], NULL) != CONFIG_NEW_SA);
	unload(&l);
}

static void hosts_of_every_kind_are_compared(void **state)
{
	static const char *const hosts[] = {
		"192.0.2.2", "192.0.2.3",     "gw.a",	    "gw.b",	  "%any",
		"%any4",     "%defaultroute", "10.0.0.0/8", "11.0.0.0/8", NULL
	};
	(void)state;
	for (unsigned i = 0; hosts[i] != NULL; i++)
		for (unsigned k = 0; hosts[k] != NULL; k++) {
			char text[300];
			snprintf(text, sizeof(text),
				 "conn x\n left=192.0.2.1\n right=%s\nconn y\n left=192.0.2.1\n "
				 "right=%s\n",
				 hosts[i], hosts[k]);
			load_text(&l, text);
			assert_int_equal(l.rc, RC_OK);
			assert_int_equal(
				config_conn_same_peer(l.config->conns[0], l.config->conns[1]),
				i == k);
			unload(&l);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_settings_are_equal),
		cmocka_unit_test(settings_of_the_ike_sa_make_another_peer),
		cmocka_unit_test(settings_of_the_tunnel_keep_the_peer),
		cmocka_unit_test(settings_that_need_others_are_compared_too),
		cmocka_unit_test(what_matters_only_later_makes_another_peer_but_no_other_conn),
		cmocka_unit_test(what_only_timers_read_changes_at_once),
		cmocka_unit_test(what_a_negotiation_settles_changes_with_the_next_one),
		cmocka_unit_test(what_an_sa_is_of_needs_another_one),
		cmocka_unit_test(the_weightiest_change_counts),
		cmocka_unit_test(another_script_does_not_end_the_tunnel),
		cmocka_unit_test(hosts_of_every_kind_are_compared),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
