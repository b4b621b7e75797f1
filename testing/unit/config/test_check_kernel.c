/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"

static struct loaded l;

static void an_interface_has_one_number(void **state)
{
	(void)state;
	load_everything(&l, CONN_A " ipsec-interface=5\nconn b\n left=192.0.2.1\n right=192.0.2.3\n"
				   " ipsec-interface=0\nconn c\n left=192.0.2.1\n right=192.0.2.4\n"
				   " if-id=7\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conns[0]->if_id, 5);
	assert_int_equal(l.config->conns[1]->if_id, 16384);
	assert_int_equal(l.config->conns[2]->if_id, 7);
	unload(&l);
	assert_says("ipsec-interface=5\n if-id=5", 0, 0, "");
	assert_says("ipsec-interface=5\n if-id=6", 1, 0,
		    "t.conf:5:2: conn a: ipsec-interface=5 belongs to if-id=5, not to if-id=6: "
		    "leave if-id= out\n");
}

static void packets_are_chosen_by_interface_or_by_mark(void **state)
{
	(void)state;
	assert_says("ipsec-interface=yes\n mark=5", 1, 0,
		    "t.conf:5:2: conn a: mark= with ipsec-interface=");
	assert_says("ipsec-interface=yes\n mark-out=5", 1, 0, "t.conf:5:2: conn a: mark-out= with");
	assert_says("if-id=1\n mark=5", 0, 1, "t.conf:5:2: warning: conn a: mark= with if-id=");
	assert_says("ipsec-interface=yes\n type=transport", 0, 1,
		    "t.conf:4:2: warning: conn a: ipsec-interface= with type=transport");
	assert_says("leftinterface-ip=10.0.0.1/24", 0, 1,
		    "leftinterface-ip= has no effect without ipsec-interface=");
}

static void a_mark_of_the_tunnels_own_is_its_only_one(void **state)
{
	(void)state;
	assert_says("mark=%unique", 0, 0, "");
	assert_says("mark=%unique\n mark-in=5", 1, 0,
		    "t.conf:5:2: conn a: mark-in= with mark=%unique");
	assert_says("ipsec-interface=yes\n mark=%unique", 1, 0, "mark= with ipsec-interface=");
	assert_says("vti-interface=vti5\n mark=%unique", 1, 0, "vti-interface= needs mark=");
	assert_says("type=passthrough\n authby=never\n mark=%unique", 1, 0, "needs a tunnel");
}

static void a_vti_needs_its_mark(void **state)
{
	(void)state;
	assert_says("vti-interface=vti5\n mark=5\n leftvti=10.0.0.1/24\n vti-routing=no", 0, 0, "");
	assert_says("vti-interface=vti5\n mark-in=5\n mark-out=6", 0, 0, "");
	assert_says("vti-interface=vti5\n mark-in=5", 1, 0,
		    "t.conf:4:2: conn a: vti-interface= needs");
	assert_says("vti-interface=vti5\n mark=5\n type=transport", 1, 0, "needs type=tunnel");
	assert_says("vti-interface=vti5\n ipsec-interface=yes\n mark=5", 2, 0, "are both given");
	assert_says("vti-shared=yes\n rightvti=10.0.0.1/24", 0, 2,
		    "rightvti= has no effect without vti-interface=");
}

static void marks_of_one_direction_beat_the_common_one(void **state)
{
	const struct config_conn *c;
	(void)state;
	load_everything(&l, CONN_A " mark=5/0xff\n mark-out=6\n");
	c = l.config->conns[0];
	assert_int_equal(c->mark_in, 5);
	assert_int_equal(c->mark_in_mask, 0xff);
	assert_int_equal(c->mark_out, 6);
	assert_int_equal(c->mark_out_mask, 0xffffffff);
	unload(&l);
}

static void ah_is_written_as_phase2_or_by_its_algorithms(void **state)
{
	(void)state;
	load_everything(&l, CONN_A " phase2=ah\nconn b\n left=192.0.2.1\n right=192.0.2.3\n"
				   " ah=sha2_512\n");
	assert_string_equal(l.report, "");
	assert_true(l.config->conns[0]->ah && l.config->conns[1]->ah);
	assert_int_equal(l.config->conns[0]->esp->items[0].protocol, PROTOCOL_AH);
	assert_int_equal(l.config->conns[1]->esp->items[0].protocol, PROTOCOL_AH);
	unload(&l);
	load_everything(&l, CONN_A " phase2=ah\n phase2alg=sha1;modp2048\nconn b\n left=192.0.2.1\n"
				   " right=192.0.2.3\n phase2alg=sha2_512\n auth=ah\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conns[0]->esp->items[0].protocol, PROTOCOL_AH);
	assert_int_equal(l.config->conns[1]->esp->items[0].protocol, PROTOCOL_AH);
	unload(&l);
	assert_says("phase2=ah\n phase2alg=aes256-sha1", 1, 0, "phase2alg=");
	assert_says("phase2=ah\n esp=aes_gcm256", 1, 0,
		    "t.conf:4:2: conn a: phase2=ah, but the algorithms are those of esp=: write "
		    "ah=\n");
	assert_says("phase2=esp\n ah=sha2_256", 1, 0,
		    "the algorithms are those of ah=: write esp=");
	assert_says("ah=sha2_256\n esp=aes_gcm256", 1, 0, "is given twice");
	assert_says("ah=sha2_256\n encapsulation=yes", 1, 0, "AH cannot be put into UDP");
	assert_says("ah=sha2_256\n tfc=1200", 0, 1, "tfc= has no effect with AH");
}

static void iptfs_needs_a_tunnel(void **state)
{
	(void)state;
	assert_says("iptfs=yes\n iptfs-packet-size=1000", 0, 0, "");
	assert_says("iptfs=yes\n type=transport", 1, 0, "t.conf:4:2: conn a: iptfs= needs ESP and");
	assert_says("iptfs=yes\n ah=sha2_256", 1, 0, "iptfs= needs ESP and type=tunnel");
	assert_says("iptfs=yes\n compress=yes", 1, 0, "compress= cannot be used with iptfs=");
	assert_says("compress=yes\n tfc=1200", 0, 1, "tfc= has no effect on what compress= takes");
	assert_says("iptfs=yes\n tfc=1200", 0, 1,
		    "tfc= has no effect where the peer agrees to iptfs=");
	assert_says("iptfs=yes\n iptfs-packet-size=127", 1, 0,
		    "has no room for the headers of ESP");
	assert_says("iptfs=yes\n iptfs-packet-size=128", 0, 0, "");
	assert_says("iptfs=yes\n iptfs-max-queue-size=1499", 1, 0, "holds no whole packet");
	assert_says("iptfs=yes\n nic-offload=crypto", 1, 0, "cannot be used with iptfs=");
	assert_says("iptfs-init-delay=1s", 0, 1, "has no effect without iptfs=yes");
}

static void what_a_card_cannot_do_is_refused(void **state)
{
	(void)state;
	assert_says("nic-offload=packet", 0, 0, "");
	assert_says("nic-offload=auto\n tfc=1200", 0, 0, "");
	assert_says("nic-offload=crypto\n encapsulation=yes", 1, 0,
		    "t.conf:4:2: conn a: nic-offload= cannot be used with encapsulation=: write "
		    "nic-offload=no or auto\n");
	assert_says("nic-offload=packet\n compress=yes", 1, 0, "with compress=");
}

static void transport_mode_has_one_header(void **state)
{
	(void)state;
	assert_says("type=transport\n decap-dscp=yes\n tfc=1000", 0, 2,
		    "decap-dscp= has no effect in transport mode: there is one header");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_interface_has_one_number),
		cmocka_unit_test(packets_are_chosen_by_interface_or_by_mark),
		cmocka_unit_test(a_mark_of_the_tunnels_own_is_its_only_one),
		cmocka_unit_test(a_vti_needs_its_mark),
		cmocka_unit_test(marks_of_one_direction_beat_the_common_one),
		cmocka_unit_test(ah_is_written_as_phase2_or_by_its_algorithms),
		cmocka_unit_test(iptfs_needs_a_tunnel),
		cmocka_unit_test(what_a_card_cannot_do_is_refused),
		cmocka_unit_test(transport_mode_has_one_header),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
