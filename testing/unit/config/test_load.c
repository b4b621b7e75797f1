/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>
#include "config_test.h"
#include "config/loader.h"

static const char sample[] =
	"\xef\xbb\xbf# a sample with a bit of everything\nversion 2\n\nconfig setup\n"
	"\tuniqueids=yes\n\tplutodebug=none\n\tlisten=\"192.0.2.1, 2001:db8::1\"\n"
	"\tretransmit-timeout=500ms\n\nconn %default\n\tikelifetime=4h # comment\n\tdpddelay=30\n"
	"conn "
	"base\n\tleft=192.0.2.1\r\n\tleftid=@gw.example.org\n\tleftsubnets={10.0.0.0/24,10.0.1.0/"
	"24}\n"
	"conn a\n\talso=base\n\tright=198.51.100.7\n\trightid=\"C=CH, O=x, CN=*\"\n"
	"\tike=aes256-sha2_256-dh19\n\tesp=aes256gcm16!\n\trightprotoport=udp/1701\n\tauto=add\n"
	"conn b\n\talsoflip=a\n\tkeyexchange=ikev2\n\tmark=0x1/0xf\n";

static void a_result_lives_as_long_as_it_is_referred_to(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, CONN_A);
	config_ref(l.config);
	config_unref(l.config);
	assert_string_equal(config_conn_find(l.config, "a")->name, "a");
	assert_null(config_conn_find(l.config, "b"));
	assert_null(config_conn_find(l.config, ""));
	unload(&l);
	config_unref(NULL);
}

static void an_empty_text_gives_the_defaults(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, "");
	assert_int_equal(l.rc, RC_OK);
	assert_int_equal(l.config->conn_count, 0);
	assert_int_equal(l.config->setup.nattport, 4500);
	assert_int_equal(l.config->setup.log_level, -1);
	unload(&l);
}

/* A result or an error, never both, never neither. */
static void try_text(const void *text, size_t len)
{
	struct loaded l;
	load_span(&l, text, len);
	assert_int_equal(l.rc == RC_OK, l.config != NULL);
	assert_int_equal(l.rc == RC_OK, l.errors.errors == 0);
	for (unsigned i = 0; l.config != NULL && i < l.config->conn_count; i++) {
		assert_non_null(l.config->conns[i]->ike);
		assert_non_null(l.config->conns[i]->esp);
		assert_non_null(l.config->conns[i]->name);
	}
	unload(&l);
}

static void the_sample_loads(void **state)
{
	struct loaded l;
	(void)state;
	load_span(&l, sample, sizeof(sample) - 1);
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conn_count, 2);
	unload(&l);
}

static void a_file_of_libreswan_loads(void **state)
{
	static const char text[] =
		"version 2.0\n\nconfig setup\n\tlogfile=/var/log/pluto.log\n\tplutodebug=none\n"
		"\tprotostack=netkey\n\tuniqueids=yes\n\tnhelpers=-1\n\tddos-mode=auto\n\tikev1-"
		"policy=drop\n\n"
		"conn "
		"east-west\n\tikev2=insist\n\tkeyexchange=ike\n\tauthby=secret\n\tleft=192.1.2.45\n"
		"\tleftid=@west\n\tleftsubnet=192.0.1.0/24\n\tleftnexthop=%defaultroute\n"
		"\tright=192.1.2.23\n\trightid=@east\n\trightsubnets={192.0.2.0/24 192.0.3.0/24}\n"
		"\tike=aes256-sha2_512;dh19\n\tphase2=esp\n\tphase2alg=aes_gcm256\n\tikelifetime="
		"8h\n"
		"\tsalifetime=1h\n\trekeymargin=9m\n\tdpddelay=30\n\tdpdtimeout=120\n\tdpdaction="
		"restart\n"
		"\tencapsulation=auto\n\tcompress=no\n\ttype=tunnel\n\tauto=ondemand\n\tpfs=yes\n"
		"\tfragmentation=yes\n\tinitial-contact=yes\n\treplay-window=128\n\tesn=either\n";
	(void)state;
	assert_loads(text, "");
}

static void a_file_of_strongswan_loads(void **state)
{
	static const char text[] =
		"# ipsec.conf - strongSwan IPsec configuration file\n\nconfig setup\n\tuniqueids = "
		"no\n"
		"\tstrictcrlpolicy=no\n\nconn %default\n\tikelifetime=60m\n\tkeylife=20m\n"
		"\trekeymargin=3m\n\tkeyingtries=%forever\n\tkeyexchange=ikev2\n\tauthby="
		"psk\n\tmobike=no\n\n"
		"conn "
		"net-net\n\tleft=192.168.0.1\n\tleftid=@moon.strongswan.org\n\tleftsubnet=10.1.0.0/"
		"16\n"
		"\tleftauth=psk\n\tleftfirewall=no\n\tright=192.168.0.2\n\trightid=@sun.strongswan."
		"org\n"
		"\trightsubnet=10.2.0.0/16\n\trightauth=psk\n\tike=aes256gcm16-prfsha384-ecp384!\n"
		"\tesp=aes256gcm16-ecp384!\n\tdpddelay=30s\n\tdpdaction=restart\n\tforceencaps="
		"yes\n"
		"\trekeyfuzz=100%\n\tinstallpolicy=yes\n\tcloseaction=none\n\treplay_window="
		"32\n\tauto=route\n";
	(void)state;
	assert_loads(text, "");
}

static void every_cut_of_a_file_gives_a_result_or_an_error(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(sample); len++)
		try_text(sample, len);
}

static void every_flipped_bit_of_a_file_gives_a_result_or_an_error(void **state)
{
	char text[sizeof(sample)];
	(void)state;
	for (size_t bit = 0; bit < 8 * (sizeof(sample) - 1); bit++) {
		memcpy(text, sample, sizeof(text));
		text[bit / 8] = (char)(text[bit / 8] ^ (1 << bit % 8));
		try_text(text, sizeof(text) - 1);
	}
}

static void every_line_may_be_missing_or_there_twice(void **state)
{
	char text[2 * sizeof(sample)];
	(void)state;
	for (const char *line = sample; *line != '\0';) {
		size_t before = (size_t)(line - sample);
		size_t len = strcspn(line, "\n") + 1;
		memcpy(text, sample, before);
		strncpy(text + before, line + len, sizeof(text) - before);
		try_text(text, strlen(text));
		memcpy(text, sample, before + len);
		strncpy(text + before + len, line, sizeof(text) - before - len);
		try_text(text, strlen(text));
		line += len;
	}
}

/* A failure is RC_NO_MEMORY, or made good (a hash table that cannot grow), but never half a result.
 */
static void no_failed_allocation_crashes_or_leaks(void **state)
{
	unsigned failed = 0;
	(void)state;
	for (unsigned n = 1; n < 400; n++) {
		struct loaded l;
		config_errors_init(&l.errors);
		mem_fail_nth(n);
		l.rc = config_load_text("t.conf", span_make(sample, sizeof(sample) - 1), &l.config,
					&l.errors);
		mem_fail_nth(0);
		assert_true(l.rc == RC_OK || l.rc == RC_NO_MEMORY);
		assert_int_equal(l.rc == RC_OK, l.config != NULL);
		if (l.rc == RC_OK)
			assert_int_equal(l.config->conn_count, 2);
		failed += l.rc == RC_NO_MEMORY;
		unload(&l);
	}
	assert_true(failed > 30);
}

static void ten_thousand_conns_load_fast(void **state)
{
	const unsigned conns = 10000;
	size_t size = conns * 200U, used = 0;
	char *text = mem_alloc(size);
	struct timespec start, end;
	struct loaded l;
	double seconds;
	(void)state;
	used += (size_t)snprintf(text, size, "conn %%default\n dpddelay=30\n left=192.0.2.1\n");
	for (unsigned i = 0; i < conns; i++)
		used += (size_t)snprintf(
			text + used, size - used,
			"conn c%u\n right=10.%u.%u.%u\n rightid=@p%u.example.org\n "
			"leftsubnet=10.0.0.0/24\n rightsubnet=10.%u.%u.0/24\n auto=add\n",
			i, i >> 16, i >> 8 & 255, i & 255, i, i >> 8, i & 255);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	load_span(&l, text, used);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conn_count, conns);
	assert_string_equal(config_conn_find(l.config, "c9999")->name, "c9999");
	seconds = (double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	print_message("%u conns: %.0f ms of CPU\n", conns, seconds * 1000);
	assert_true(seconds <
		    2); /* quadratic would be a minute; sanitizers and slow machines have room */
	unload(&l);
	mem_free(text);
}

static void many_errors_are_bounded_and_fast(void **state)
{
	size_t size = 2000000, used = 0;
	char *text = mem_alloc(size);
	struct loaded l;
	unsigned listed = 0;
	(void)state;
	used += (size_t)snprintf(text, size, "conn a\n");
	while (used + 40 < size)
		used += (size_t)snprintf(text + used, size - used, " leftsubent=10.0.0.0/24\n");
	load_span(&l, text, used);
	list_for(node, &l.errors.list) listed++;
	assert_true(l.errors.errors > 50000);
	assert_true(listed < 110);
	unload(&l);
	mem_free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_result_lives_as_long_as_it_is_referred_to),
		cmocka_unit_test(an_empty_text_gives_the_defaults),
		cmocka_unit_test(the_sample_loads),
		cmocka_unit_test(a_file_of_libreswan_loads),
		cmocka_unit_test(a_file_of_strongswan_loads),
		cmocka_unit_test(every_cut_of_a_file_gives_a_result_or_an_error),
		cmocka_unit_test(every_flipped_bit_of_a_file_gives_a_result_or_an_error),
		cmocka_unit_test(every_line_may_be_missing_or_there_twice),
		cmocka_unit_test(no_failed_allocation_crashes_or_leaks),
		cmocka_unit_test(ten_thousand_conns_load_fast),
		cmocka_unit_test(many_errors_are_bounded_and_fast),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
