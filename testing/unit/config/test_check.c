/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/loader.h"

/* One line of the report, about conn a at a setting. */
static void assert_conflict(const char *ends, const char *settings, const char *message)
{
	char text[1024], report[1024];
	snprintf(text, sizeof(text), "conn a\n%s%s", ends, settings);
	snprintf(report, sizeof(report), "t.conf:%s\n", message);
	if (strstr(message, ": warning: ") != NULL)
		assert_loads(text, report);
	else
		assert_fails(text, report);
}

#define ENDS " left=192.0.2.1\n right=192.0.2.2\n"

static void ends_that_cannot_be_told_apart_are_refused(void **state)
{
	(void)state;
	assert_conflict(" left=10.0.0.0/8\n right=11.0.0.0/8\n", "",
			"3:2: conn a: left and right are both subnets: which is this host? Write "
			"its address");
	assert_conflict(" left=%defaultroute\n right=%defaultroute\n", "",
			"3:2: conn a: left and right are both this host (%defaultroute)");
	assert_conflict(" left=192.0.2.1\n right=192.0.2.1\n", "",
			"3:2: conn a: left and right have the same address");
	assert_loads("conn a\n left=192.0.2.1\n right=192.0.2.1\n rightikeport=5000\n", "");
	assert_loads("conn a\n left=%any\n right=192.0.2.1\n", "");
	assert_loads("conn a\n left=%any\n right=%any\n", "");
	assert_conflict(" left=%any\n right=%any\n", " auto=start\n",
			"4:2: conn a: it cannot be started from here, as the peer's address "
			"is not known: write auto=add");
}

static void ends_of_two_families_are_refused(void **state)
{
	(void)state;
	assert_conflict(
		" left=192.0.2.1\n right=2001:db8::1\n", "",
		"3:2: conn a: left is IPv4 and right is IPv6: both ends of a tunnel talk by one IP "
		"version (the subnets may have another)");
	assert_conflict(
		" left=%any6\n right=192.0.2.1\n", "",
		"3:2: conn a: left is IPv6 and right is IPv4: both ends of a tunnel talk by one IP "
		"version (the subnets may have another)");
	assert_loads("conn a\n left=%any\n right=2001:db8::1\n", "");
}

static void a_template_cannot_be_started(void **state)
{
	(void)state;
	assert_conflict(
		" left=%defaultroute\n right=%any\n", " auto=start\n",
		"4:2: conn a: it cannot be started from here, as the peer's address is not known: "
		"write auto=add");
	assert_conflict(
		" left=%defaultroute\n right=10.0.0.0/8\n", " auto=ondemand\n",
		"4:2: conn a: it cannot be started from here, as the peer's address is not known: "
		"write auto=add");
	assert_loads("conn a\n left=%defaultroute\n right=%any\n auto=add\n", "");
	assert_conflict(ENDS, " authby=never\n",
			"4:2: conn a: authby=never is only for type=passthrough and type=drop");
	assert_everything("conn a\n" ENDS " authby=never\n type=passthrough\n", "", 0);
}

static void transport_mode_takes_no_subnets(void **state)
{
	(void)state;
	assert_conflict(ENDS, " type=transport\n leftsubnet=10.0.0.0/24\n",
			"5:2: conn a: type=transport protects only packets between left and right "
			"themselves, "
			"so 10.0.0.0/24 cannot be in it: leave it out, or write type=tunnel");
	assert_conflict(ENDS, " type=transport\n rightsubnet=192.0.2.3/32\n",
			"5:2: conn a: type=transport protects only packets between left and right "
			"themselves, "
			"so 192.0.2.3/32 cannot be in it: leave it out, or write type=tunnel");
	assert_loads("conn a\n" ENDS " type=transport\n leftsubnet=192.0.2.1/32\n", "");
}

static void subnets_of_both_sides_need_one_family(void **state)
{
	(void)state;
	assert_conflict(ENDS, " leftsubnet=10.0.0.0/8\n rightsubnet=2001:db8::/32\n",
			"5:2: conn a: no left subnet has the IP version of a right one");
	assert_conflict(
		ENDS, " rightsubnet=2001:db8::/32\n",
		"4:2: conn a: no left subnet has the IP version of a right one: leftsubnet= is "
		"missing");
	assert_loads("conn a\n" ENDS " leftsubnet=2001:db8:1::/48\n rightsubnet=2001:db8:2::/48\n",
		     "");
	assert_loads("conn a\n" ENDS
		     " leftsubnet=2001:db8:1::/48,10.0.0.0/8\n rightsubnet=10.1.0.0/16\n",
		     "");
}

static void too_many_pairs_of_subnets_are_refused(void **state)
{
	static char text[16384];
	size_t used = (size_t)snprintf(text, sizeof(text), "conn a\n" ENDS " leftsubnets={");
	struct loaded l;
	(void)state;
	for (unsigned i = 0; i < 65; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "10.%u.0.0/16,", i);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "}\n rightsubnets={");
	for (unsigned i = 0; i < 64; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "11.%u.0.0/16,", i);
	(void)snprintf(text + used, sizeof(text) - used, "}\n");
	load_text(&l, text);
	assert_string_equal(l.report,
			    "t.conf:5:2: conn a: 4160 pairs of subnets; at most 4096 are allowed "
			    "in one conn\n");
	unload(&l);
}

static void ports_of_two_protocols_are_refused(void **state)
{
	(void)state;
	assert_conflict(
		ENDS, " leftprotoport=tcp\n rightprotoport=udp/53\n",
		"5:2: conn a: leftprotoport has protocol 6 and rightprotoport has 17: no packet is "
		"both");
	assert_loads("conn a\n" ENDS " leftprotoport=tcp\n rightprotoport=%any\n", "");
	assert_conflict(ENDS, " leftprotoport=icmp/8\n rightprotoport=icmp/0/0\n",
			"5:2: conn a: leftprotoport and rightprotoport have different ICMP types: "
			"no packet is of both; write it at one end");
	assert_loads("conn a\n" ENDS " leftprotoport=icmp/8\n rightprotoport=icmp/2048\n", "");
}

static void a_source_address_outside_is_told(void **state)
{
	(void)state;
	assert_conflict(
		ENDS, " leftsubnet=10.0.0.0/24\n leftsourceip=10.1.0.1\n",
		"5:2: warning: conn a: leftsourceip 10.1.0.1 is not in leftsubnet: packets with it "
		"would not enter the tunnel");
	assert_loads("conn a\n" ENDS " leftsubnet=10.0.0.0/24\n leftsourceip=10.0.0.1\n", "");
}

static void extended_numbers_need_a_window(void **state)
{
	(void)state;
	assert_conflict(
		ENDS, " esn=yes\n replay-window=0\n",
		"5:2: conn a: esn=yes needs a replay window: the kernel counts on it to know the "
		"upper half of the numbers");
	assert_loads("conn a\n" ENDS " replay-window=0\n", "");
}

static void a_chosen_margin_must_fit_into_the_lifetimes(void **state)
{
	(void)state;
	assert_conflict(
		ENDS, " rekeymargin=9m\n salifetime=10m\n",
		"4:2: conn a: rekeying would start up to 18m before the end (rekeymargin 9m and "
		"rekeyfuzz 100% of it), but salifetime is only 10m: rekeymargin must be less than "
		"5m");
	assert_conflict(
		ENDS, " rekeymargin=1h\n ikelifetime=90m\n rekeyfuzz=50%\n",
		"4:2: conn a: rekeying would start up to 90m before the end (rekeymargin 1h and "
		"rekeyfuzz 50% of it), but ikelifetime is only 90m: rekeymargin must be less than "
		"1h");
	assert_loads("conn a\n" ENDS " rekeymargin=9m\n salifetime=10m\n rekey=no\n", "");
	assert_loads("conn a\n" ENDS " rekeymargin=4m\n salifetime=10m\n", "");
}

static void the_default_margin_is_made_to_fit(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, "conn a\n" ENDS " salifetime=10m\n");
	assert_string_equal(l.report,
			    "t.conf:4:2: warning: conn a: the default rekeymargin of 9m does not "
			    "fit into salifetime=10m: 128s is used\n");
	assert_int_equal(l.rc, RC_OK);
	assert_int_equal(l.config->conns[0]->rekeymargin, 128 * USEC_PER_SEC);
	unload(&l);
}

static void liveness_times_must_be_in_order(void **state)
{
	(void)state;
	assert_conflict(ENDS, " dpddelay=10s\n dpdretry=10s\n",
			"5:2: conn a: dpdretry (10s) must be shorter than dpddelay (10s): it is "
			"how soon to ask "
			"again when the peer did not answer");
	assert_conflict(ENDS, " dpddelay=30s\n dpdtimeout=30s\n",
			"5:2: conn a: dpdtimeout (30s) must be longer than dpddelay (30s): "
			"otherwise the peer "
			"is dead before it was asked");
	assert_conflict(ENDS, " dpdaction=restart\n",
			"4:2: warning: conn a: dpdaction= has no effect without dpddelay=");
	assert_loads("conn a\n" ENDS " dpddelay=30s\n dpdretry=5s\n dpdtimeout=150s\n", "");
}

static void retransmission_that_makes_no_sense_is_told(void **state)
{
	(void)state;
	assert_conflict(ENDS, " retransmit-limit=100ms\n",
			"4:2: conn a: retransmit-limit (100ms), the longest wait, is shorter than "
			"retransmit-timeout (500ms), the first one");
	assert_conflict(
		ENDS, " retransmit-timeout=60s\n",
		"4:2: warning: conn a: retransmit-timeout=1m is the wait before the first "
		"retransmission; in Libreswan it is the time to give up, which here follows from "
		"retransmit-tries (now 420s)");
	assert_conflict(ENDS, " retransmit-tries=100\n",
			"4:2: warning: conn a: a request is given up only after 1.6 hours");
	assert_conflict(ENDS, " retransmit-timeout=10ms\n retransmit-tries=2\n",
			"5:2: warning: conn a: a request is given up after 0.07 s: many networks "
			"lose packets "
			"for longer");
}

static void a_shared_setting_is_told_once(void **state)
{
	(void)state;
	assert_fails("conn %default\n dpddelay=5\n dpdretry=6\nconn a\n" ENDS
		     "conn b\n left=192.0.2.1\n right=192.0.2.3\n",
		     "t.conf:3:2: conn a: dpdretry (6s) must be shorter than dpddelay (5s): it is "
		     "how soon to "
		     "ask again when the peer did not answer\n");
}

static void config_setup_is_checked_too(void **state)
{
	(void)state;
	assert_fails("config setup\n ikeport=4500\n nattport=4500\n",
		     "t.conf:3:2: ikeport and nattport are both 4500: packets on the second have "
		     "four zero "
		     "bytes in front (RFC 7296 \xc2\xa7"
		     "2.23), so they must differ\n");
	assert_fails("config setup\n retransmit-limit=1ms\n" CONN_A,
		     "t.conf:2:2: retransmit-limit (1ms), the longest wait, is shorter than "
		     "retransmit-timeout (500ms), the first one\n");
}

/* Half of the margin is what the end has that steps in last. */
static void a_margin_shorter_than_all_retransmissions_is_warned_about_with_numbers(void **state)
{
	(void)state;
	assert_conflict(
		ENDS, " rekeymargin=100s\n",
		"4:2: warning: conn a: a request may take 63.5s with all its retransmissions, and "
		"rekeymargin=100s leaves only 50.0s to the end that steps in last: while a rekey "
		"is "
		"on its way, an SA may last up to 13.5s longer than ikelifetime= or salifetime= "
		"say");
	assert_loads("conn a\n" ENDS " rekeymargin=127s\n", "");
	assert_loads("conn a\n" ENDS " rekeymargin=10s\n rekey=no\n", "");
	assert_loads("conn a\n" ENDS " rekeymargin=10s\n retransmit-tries=2\n", "");
}

static void the_default_margin_grows_with_what_a_request_may_take(void **state)
{
	struct loaded l;

	(void)state;
	load_text(&l, "conn a\n" ENDS " retransmit-tries=12\n"); /* 7 minutes */
	assert_string_equal(l.report, "");
	assert_in_range(l.config->conns[0]->rekeymargin, 840 * USEC_PER_SEC, 900 * USEC_PER_SEC);
	unload(&l);
}

static void a_margin_of_a_volume_must_be_less_than_it(void **state)
{
	(void)state;
	assert_conflict(ENDS, " ipsec-max-bytes=1000\n marginbytes=1000\n",
			"5:2: conn a: marginbytes (1000) must be less than ipsec-max-bytes (1000): "
			"rekeying starts so long before it is reached");
	assert_conflict(ENDS, " marginpackets=7\n",
			"4:2: warning: conn a: marginpackets= has no effect without "
			"ipsec-max-packets=");
	assert_loads("conn a\n" ENDS " lifebytes=1000\n marginbytes=999\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ends_that_cannot_be_told_apart_are_refused),
		cmocka_unit_test(ends_of_two_families_are_refused),
		cmocka_unit_test(a_template_cannot_be_started),
		cmocka_unit_test(transport_mode_takes_no_subnets),
		cmocka_unit_test(subnets_of_both_sides_need_one_family),
		cmocka_unit_test(too_many_pairs_of_subnets_are_refused),
		cmocka_unit_test(ports_of_two_protocols_are_refused),
		cmocka_unit_test(a_source_address_outside_is_told),
		cmocka_unit_test(extended_numbers_need_a_window),
		cmocka_unit_test(a_chosen_margin_must_fit_into_the_lifetimes),
		cmocka_unit_test(the_default_margin_is_made_to_fit),
		cmocka_unit_test(
			a_margin_shorter_than_all_retransmissions_is_warned_about_with_numbers),
		cmocka_unit_test(the_default_margin_grows_with_what_a_request_may_take),
		cmocka_unit_test(a_margin_of_a_volume_must_be_less_than_it),
		cmocka_unit_test(liveness_times_must_be_in_order),
		cmocka_unit_test(retransmission_that_makes_no_sense_is_told),
		cmocka_unit_test(a_shared_setting_is_told_once),
		cmocka_unit_test(config_setup_is_checked_too),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
