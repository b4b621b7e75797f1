/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations as users of strongSwan and Libreswan write them: they load as they are, and every
 * word about them is expected here. */
#include "config_test.h"

static const char road_warriors[] = "# ipsec.conf - strongSwan IPsec configuration file\n"
				    "\n"
				    "config setup\n"
				    "\tcharondebug=\"ike 1, knl 1, cfg 0\"\n"
				    "\tuniqueids=no\n"
				    "\tstrictcrlpolicy=no\n"
				    "\n"
				    "ca vpnca\n"
				    "\tcacert=ca-cert.pem\n"
				    "\tcrluri=http://crl.example.com/vpn.crl\n"
				    "\tocspuri=http://ocsp.example.com:8880\n"
				    "\tauto=add\n"
				    "\n"
				    "conn %default\n"
				    "\tikelifetime=60m\n"
				    "\tkeylife=20m\n"
				    "\trekeymargin=3m\n"
				    "\tkeyingtries=1\n"
				    "\tkeyexchange=ikev2\n"
				    "\n"
				    "conn rw\n"
				    "\tauto=add\n"
				    "\tcompress=no\n"
				    "\ttype=tunnel\n"
				    "\tfragmentation=yes\n"
				    "\tforceencaps=yes\n"
				    "\tdpdaction=clear\n"
				    "\tdpddelay=300s\n"
				    "\trekey=no\n"
				    "\tleft=%any\n"
				    "\tleftid=@vpn.example.com\n"
				    "\tleftcert=server-cert.pem\n"
				    "\tleftsendcert=always\n"
				    "\tleftsubnet=0.0.0.0/0,::/0\n"
				    "\tright=%any\n"
				    "\trightid=%any\n"
				    "\trightauth=pubkey\n"
				    "\trightsourceip=10.10.10.0/24,fd00:10::/112\n"
				    "\trightdns=8.8.8.8,8.8.4.4\n"
				    "\trightsendcert=never\n"
				    "\tike=aes256gcm16-prfsha384-ecp384,aes256-sha256-modp2048!\n"
				    "\tesp=aes256gcm16-ecp384,aes256-sha256!\n";

static const char client[] = "config setup\n"
			     "\t# strictcrlpolicy=yes\n"
			     "\t# uniqueids = no\n"
			     "\n"
			     "conn %default\n"
			     "\tikelifetime=60m\n"
			     "\tlifetime=20m\n"
			     "\tmargintime=3m\n"
			     "\tkeyingtries=%forever\n"
			     "\tkeyexchange=ikev2\n"
			     "\tmobike=yes\n"
			     "\n"
			     "conn home\n"
			     "\tleft=%defaultroute\n"
			     "\tleftsourceip=%config\n"
			     "\tleftdns=%config4\n"
			     "\tleftcert=carolCert.pem\n"
			     "\tleftid=carol@strongswan.org\n"
			     "\tleftfirewall=no\n"
			     "\tright=192.168.0.1\n"
			     "\trightsubnet=10.1.0.0/16\n"
			     "\trightid=@moon.strongswan.org\n"
			     "\tauto=add\n";

static const char sites[] = "config setup\n"
			    "\n"
			    "conn %default\n"
			    "\tikelifetime=28800s\n"
			    "\tlifetime=3600s\n"
			    "\tmargintime=9m\n"
			    "\trekeyfuzz=100%\n"
			    "\tkeyingtries=1\n"
			    "\tkeyexchange=ikev2\n"
			    "\tauthby=secret\n"
			    "\tike=aes256-sha256-modp2048!\n"
			    "\tesp=aes256-sha256-modp2048!\n"
			    "\tmobike=no\n"
			    "\n"
			    "conn net\n"
			    "\tleft=192.0.2.1\n"
			    "\tleftid=@moon.strongswan.org\n"
			    "\tright=192.0.2.2\n"
			    "\trightid=@sun.strongswan.org\n"
			    "\tdpdaction=restart\n"
			    "\tdpddelay=30s\n"
			    "\tdpdtimeout=120s\n"
			    "\tcloseaction=restart\n"
			    "\tauto=start\n"
			    "\n"
			    "conn net-net\n"
			    "\talso=net\n"
			    "\tleftsubnet=10.1.0.0/16\n"
			    "\trightsubnet=10.2.0.0/16\n"
			    "\tauto=start\n"
			    "\n"
			    "conn net-cert\n"
			    "\tleft=192.0.2.1\n"
			    "\tright=192.0.2.3\n"
			    "\tauthby=pubkey\n"
			    "\tleftcert=moonCert.pem\n"
			    "\trightid=\"C=CH, O=strongSwan, CN=sun.strongswan.org\"\n"
			    "\tleftsubnet=10.1.0.0/16\n"
			    "\trightsubnet=10.3.0.0/16\n"
			    "\tauto=route\n"
			    "\tinactivity=0\n";

static const char libreswan_pool[] =
	"# /etc/ipsec.conf - Libreswan IPsec configuration file\n"
	"config setup\n"
	"\tlogfile=/var/log/pluto.log\n"
	"\tvirtual-private=%v4:10.0.0.0/8,%v4:192.168.0.0/16,%v4:172.16.0.0/12\n"
	"\tprotostack=netkey\n"
	"\tdumpdir=/run/pluto/\n"
	"\tnat_traversal=yes\n"
	"\tplutodebug=none\n"
	"\n"
	"conn ikev2-cp\n"
	"\tleft=192.0.2.1\n"
	"\tleftcert=vpn.example.com\n"
	"\tleftid=@vpn.example.com\n"
	"\tleftsendcert=always\n"
	"\tleftsubnet=0.0.0.0/0\n"
	"\tleftrsasigkey=%cert\n"
	"\tright=%any\n"
	"\trightaddresspool=192.168.66.1-192.168.66.254\n"
	"\trightca=%same\n"
	"\trightrsasigkey=%cert\n"
	"\tmodecfgdns=\"8.8.8.8,193.100.157.123\"\n"
	"\tnarrowing=yes\n"
	"\tdpddelay=30\n"
	"\tdpdaction=clear\n"
	"\tauto=add\n"
	"\tikev2=insist\n"
	"\trekey=no\n"
	"\tfragmentation=yes\n"
	"\tencapsulation=yes\n"
	"\tmobike=yes\n"
	"\tms-dh-downgrade=no\n"
	"\tesn=no\n";

static const char libreswan_keys[] =
	"conn mysubnet\n"
	"\talso=mytunnel\n"
	"\tleftsubnet=192.0.1.0/24\n"
	"\trightsubnet=192.0.2.0/24\n"
	"\tauto=start\n"
	"\n"
	"conn mytunnel\n"
	"\tleftid=@west\n"
	"\tleft=192.1.2.23\n"
	"\tleftckaid=0123456789abcdef0123456789abcdef01234567\n"
	"\trightid=@east\n"
	"\tright=192.1.2.45\n"
	"\trightrsasigkey=0sAQOrlo+hOafUZDlCQmXFrje/oZm2YXZcFcJd4Yk1YSKKqQ==\n"
	"\tauthby=rsasig\n";

static const char libreswan_sites[] = "config setup\n"
				      "\tuniqueids=no\n"
				      "\tikev1-policy=drop\n"
				      "\n"
				      "conn aws\n"
				      "\tauthby=secret\n"
				      "\tauto=start\n"
				      "\tleft=%defaultroute\n"
				      "\tleftid=203.0.113.10\n"
				      "\tright=198.51.100.20\n"
				      "\ttype=tunnel\n"
				      "\tikelifetime=8h\n"
				      "\tkeylife=1h\n"
				      "\tphase2alg=aes128-sha1;modp2048\n"
				      "\tike=aes128-sha1;modp2048\n"
				      "\tkeyingtries=%forever\n"
				      "\tkeyexchange=ike\n"
				      "\tleftsubnet=10.0.0.0/16\n"
				      "\trightsubnet=10.1.0.0/16\n"
				      "\tdpddelay=10\n"
				      "\tdpdtimeout=30\n"
				      "\tdpdaction=restart_by_peer\n"
				      "\n"
				      "conn azure\n"
				      "\tauthby=secret\n"
				      "\tikev2=insist\n"
				      "\tike=aes256-sha2_256;dh14\n"
				      "\tphase2alg=aes256-sha2_256\n"
				      "\tsalifetime=3600s\n"
				      "\tpfs=no\n"
				      "\tleft=10.0.0.4\n"
				      "\tleftid=203.0.113.10\n"
				      "\tleftsubnets={10.0.0.0/24 10.0.1.0/24}\n"
				      "\tright=198.51.100.30\n"
				      "\trightsubnets=10.2.0.0/24\n"
				      "\tauto=ondemand\n";

static void a_strongswan_gateway_for_road_warriors_loads(void **state)
{
	const struct config_conn *conn;
	struct loaded l;
	(void)state;
	load_text(&l, road_warriors);
	assert_string_equal(l.report,
			    "t.conf:4:15: warning: charondebug=: ignored: the flight recorder is "
			    "always on, see ipsec explain; for more lines use loglevel=debug\n");
	assert_int_equal(l.config->ca_count, 1);
	conn = config_conn_find(l.config, "rw");
	assert_int_equal(conn->right.pool_count, 2);
	assert_int_equal(conn->modecfgdns_count, 2);
	assert_int_equal(conn->left.subnet_count, 2);
	assert_string_equal(conn->left.cert, "server-cert.pem");
	assert_false(conn->rekey);
	unload(&l);
}

static void a_strongswan_client_loads_without_a_word(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, client);
	assert_string_equal(l.report, "");
	assert_true(l.config->conns[0]->left.modecfgclient);
	unload(&l);
}

static void strongswan_sites_share_what_they_name(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, sites);
	assert_string_equal(l.report, "t.conf:23:14: warning: closeaction=: ignored: when the peer "
				      "closes a tunnel, auto= "
				      "decides: with start or keep it comes up again by itself, "
				      "with ondemand at the next "
				      "packet, otherwise it stays down\n");
	assert_int_equal(l.config->conn_count, 3);
	assert_int_equal(config_conn_find(l.config, "net-net")->dpdaction, DPD_RESTART);
	assert_int_equal(config_conn_find(l.config, "net-cert")->start, AUTO_ONDEMAND);
	unload(&l);
}

static void a_libreswan_gateway_for_road_warriors_loads(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, libreswan_pool);
	assert_string_equal(
		l.report, "t.conf:6:10: warning: dumpdir=: ignored: the daemon never writes a core "
			  "dump: it would hold keys\n");
	assert_int_equal(l.config->conns[0]->right.pool_count, 1);
	assert_int_equal(l.config->conns[0]->modecfgdns_count, 2);
	assert_true(l.config->conns[0]->right.ca_same);
	unload(&l);
}

static void libreswan_conns_with_raw_keys_and_sites_load(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, libreswan_keys);
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conn_count, 2);
	unload(&l);
	load_text(&l, libreswan_sites);
	assert_string_equal(l.report, "");
	assert_int_equal(config_conn_find(l.config, "azure")->left.subnet_count, 2);
	unload(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_strongswan_gateway_for_road_warriors_loads),
		cmocka_unit_test(a_strongswan_client_loads_without_a_word),
		cmocka_unit_test(strongswan_sites_share_what_they_name),
		cmocka_unit_test(a_libreswan_gateway_for_road_warriors_loads),
		cmocka_unit_test(libreswan_conns_with_raw_keys_and_sites_load),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
