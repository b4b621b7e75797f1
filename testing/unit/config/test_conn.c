/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/loader.h"

static void a_whole_conn_gets_all_its_fields(void **state)
{
	struct loaded l;
	const struct config_conn *c;
	char text[300];
	(void)state;
	load_text(&l, "conn "
		      "office\n\tleft=192.0.2.1\n\tright=gw.example.org\n\tleftid=@a\n\trightid="
		      "\"CN=b\"\n"
		      "\tleftsubnets={10.0.0.0/24,10.0.1.0/24}\n\trightsubnet=10.1.0.0/"
		      "16\n\tleftsourceip=10.0.0.1\n"
		      "\tleftprotoport=tcp/%any\n\trightprotoport=6/443\n\tauto=up\n\ttype=tunnel\n"
		      "\tike=aes256-sha2_256-dh19\n\tesp=aes256gcm16-ecp256!\n\tpfs="
		      "yes\n\tkeyexchange=ikev2\n"
		      "\tforceencaps=yes\n\tfragmentation=no\n\treplay_window=64\n\tesn=no\n\tmark="
		      "0x5/0xff\n"
		      "\treqid=7\n\tpriority=9\n\tif-id=3\n\tikelifetime=4h\n\tlifetime="
		      "1h\n\tmargintime=5m\n"
		      "\trekeyfuzz=50%\n\tdpddelay=30\n\tdpdretry=5s\n\tdpdtimeout="
		      "120s\n\tdpdaction=restart\n"
		      "\tretransmit-timeout=200ms\n\tretransmit-tries=4\n\tkeyingtries=%"
		      "forever\n\trightikeport=501\n"
		      "\tipsec-max-bytes=10G\n\tlifepackets=1000000\n\tleftauth=psk\n\trightauth="
		      "secret\n");
	assert_string_equal(
		l.report, "t.conf:21:2: warning: conn office: mark= with if-id=: only packets with "
			  "the mark that are routed through the interface are protected\n");
	assert_int_equal(l.rc, RC_OK);
	c = l.config->conns[0];
	assert_string_equal(c->name, "office");
	assert_string_equal(c->file, "t.conf");
	assert_int_equal(c->line, 1);
	assert_int_equal(c->left.kind, HOST_ADDRESS);
	assert_int_equal(c->right.kind, HOST_NAME);
	assert_string_equal(c->right.name, "gw.example.org");
	assert_int_equal(c->right.ikeport, 501);
	assert_string_equal(identity_text(&c->left.id, text), "@a");
	assert_string_equal(identity_text(&c->right.id, text), "CN=b");
	assert_int_equal(c->left.subnet_count, 2);
	assert_int_equal(c->right.subnet_count, 1);
	assert_int_equal(c->left.sourceip.bytes[3], 1);
	assert_int_equal(c->left.protocol, 6);
	assert_int_equal(c->right.port_from, 443);
	assert_int_equal(c->right.port_to, 443);
	assert_int_equal(c->left.auth, AUTHBY_SECRET);
	assert_int_equal(c->start, AUTO_START);
	assert_int_equal(c->ikev2, 1);
	proposal_text(c->ike, text, sizeof(text));
	assert_non_null(strstr(text, "AES_CBC_256"));
	proposal_text(c->esp, text, sizeof(text));
	assert_non_null(strstr(text, "AES_GCM_16_256"));
	assert_true(c->pfs);
	assert_int_equal(c->encapsulation, TRI_YES);
	assert_false(c->fragmentation);
	assert_int_equal(c->replay_window, 64);
	assert_int_equal(c->esn, TRI_NO);
	assert_int_equal(c->mark, 5);
	assert_int_equal(c->mark_mask, 0xff);
	assert_int_equal(c->reqid, 7);
	assert_int_equal(c->priority, 9);
	assert_int_equal(c->if_id, 3);
	assert_int_equal(c->ikelifetime, 4 * 3600 * USEC_PER_SEC);
	assert_int_equal(c->salifetime, 3600 * USEC_PER_SEC);
	assert_int_equal(c->rekeymargin, 300 * USEC_PER_SEC);
	assert_int_equal(c->dpdretry, 5 * USEC_PER_SEC);
	assert_int_equal(c->dpdtimeout, 120 * USEC_PER_SEC);
	assert_int_equal(c->dpdaction, DPD_RESTART);
	assert_int_equal(c->retransmit_timeout, 200 * USEC_PER_MSEC);
	assert_int_equal(c->retransmit_tries, 4);
	assert_int_equal(c->retransmit_limit, 60 * USEC_PER_SEC);
	assert_true(c->ipsec_max_bytes == UINT64_C(10) << 30);
	assert_int_equal(c->ipsec_max_packets, 1000000);
	unload(&l);
}

static void retransmission_comes_from_config_setup_unless_given(void **state)
{
	struct loaded l;
	(void)state;
	load_text(
		&l, CONN_A
		" retransmit-base=1.5\nconfig setup\n retransmit-timeout=1s\n retransmit-tries=9\n"
		" retransmit-jitter=0%\n retransmit-limit=30s\n retransmit-base=3\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conns[0]->retransmit_timeout, USEC_PER_SEC);
	assert_int_equal(l.config->conns[0]->retransmit_tries, 9);
	assert_int_equal(l.config->conns[0]->retransmit_jitter, 0);
	assert_int_equal(l.config->conns[0]->retransmit_limit, 30 * USEC_PER_SEC);
	assert_true(l.config->conns[0]->retransmit_base == 1.5);
	unload(&l);
}

static void conns_with_the_same_algorithms_share_one_list(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l,
		  CONN_A "conn b\n left=192.0.2.1\n right=192.0.2.3\n ike=aes256-sha2_256-dh19\n"
			 "conn c\n left=192.0.2.1\n right=192.0.2.4\n ike=aes256-sha2_256-dh19\n");
	assert_int_equal(l.rc, RC_OK);
	assert_non_null(l.config->conns[0]->ike);
	assert_ptr_equal(l.config->conns[0]->esp, l.config->conns[1]->esp);
	assert_ptr_equal(l.config->conns[1]->ike, l.config->conns[2]->ike);
	assert_ptr_not_equal(l.config->conns[0]->ike, l.config->conns[1]->ike);
	unload(&l);
}

static void a_part_for_also_is_no_conn_of_its_own(void **state)
{
	struct loaded l;
	(void)state;
	load_text(
		&l,
		"conn part\n left=192.0.2.1\n auto=start\nconn a\n also=part\n right=192.0.2.2\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conn_count, 1);
	assert_null(config_conn_find(l.config, "part"));
	unload(&l);
}

static void a_conn_without_an_end_is_an_error_or_a_warning(void **state)
{
	(void)state;
	assert_loads("conn a\n left=192.0.2.1\n", "t.conf:1:6: warning: conn a is not loaded: it "
						  "has no right=, and no also= names it\n");
	assert_fails("conn a\n left=192.0.2.1\n auto=add\n",
		     "t.conf:1:6: conn a has no right=: write an address, a host name, %any or "
		     "%defaultroute\n");
	assert_fails("conn a\n auto=start\n", "t.conf:1:6: conn a has no left= and right=: write "
					      "an address, a host name, %any or "
					      "%defaultroute\n");
}

static void without_left_any_address_of_this_host_is_meant(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, "conn a\n right=192.0.2.1\n auto=add\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conns[0]->left.kind, HOST_ANY);
	unload(&l);
}

static void a_proposal_error_points_into_the_value(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, CONN_A " ike=aes256-sha2_256-dh19,aes265-sha1\n");
	assert_int_equal(strncmp(l.report, "t.conf:4:27: ike=: ", 19), 0);
	assert_non_null(strstr(l.report, "\"aes265\" (did you mean \"aes256\"?)"));
	unload(&l);
}

#define ENDS "conn a\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=secret\n"

static const struct config_conn *conn_with(struct loaded *l, const char *line)
{
	char text[400];

	snprintf(text, sizeof(text), ENDS "\tauto=add\n%s", line);
	load_text(l, text);
	assert_int_equal(l->rc, RC_OK);
	assert_string_equal(l->report, "");
	return l->config->conns[0];
}

static void fragments_have_a_mode_and_a_size(void **state)
{
	static const struct {
		const char *line;
		enum config_fragmentation mode;
		unsigned size;
	} good[] = {
		{ "", FRAGMENTATION_YES, 1280 },
		{ "\tfragmentation=yes\n", FRAGMENTATION_YES, 1280 },
		{ "\tfragmentation=no\n", FRAGMENTATION_NO, 1280 },
		{ "\tfragmentation=accept\n", FRAGMENTATION_ACCEPT, 1280 },
		{ "\tfragmentation=force\n\tfragment-size=256\n", FRAGMENTATION_FORCE, 256 },
		{ "\tike-frag=accept\n\tfragment_size=65535\n", FRAGMENTATION_ACCEPT, 65535 },
	};
	struct loaded l;

	(void)state;
	for (unsigned i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct config_conn *conn = conn_with(&l, good[i].line);
		assert_int_equal(conn->fragmentation, good[i].mode);
		assert_int_equal(conn->fragment_size, good[i].size);
		unload(&l);
	}
}

static void sizes_and_modes_that_cannot_be_are_told_with_their_place(void **state)
{
	static const struct {
		const char *line, *says;
	} bad[] = {
		{ "\tfragment-size=255\n", "255 is out of range: 256 to 65535 is allowed" },
		{ "\tfragment-size=65536\n", "65536 is out of range: 256 to 65535 is allowed" },
		{ "\tfragment-size=small\n", "small" },
		{ "\tfragmentation=acept\n", "accept" },
	};
	char text[400];
	struct loaded l;

	(void)state;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), ENDS "%s", bad[i].line);
		load_text(&l, text);
		assert_int_not_equal(l.rc, RC_OK);
		assert_non_null(strstr(l.report, "t.conf:5:"));
		assert_non_null(strstr(l.report, bad[i].says));
		unload(&l);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_whole_conn_gets_all_its_fields),
		cmocka_unit_test(retransmission_comes_from_config_setup_unless_given),
		cmocka_unit_test(conns_with_the_same_algorithms_share_one_list),
		cmocka_unit_test(a_part_for_also_is_no_conn_of_its_own),
		cmocka_unit_test(a_conn_without_an_end_is_an_error_or_a_warning),
		cmocka_unit_test(without_left_any_address_of_this_host_is_meant),
		cmocka_unit_test(a_proposal_error_points_into_the_value),
		cmocka_unit_test(fragments_have_a_mode_and_a_size),
		cmocka_unit_test(sizes_and_modes_that_cannot_be_are_told_with_their_place),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
