/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/loader.h"

static void own_settings_win_over_also_and_default(void **state)
{
	struct loaded l;
	const struct config_conn *a;
	(void)state;
	load_text(
		&l,
		"conn %default\n dpddelay=1m\n dpdretry=10s\n rekeyfuzz=10%\n keyingtries=3\n"
		"conn base\n dpddelay=2m\n dpdretry=20s\n rekeyfuzz=20%\n"
		"conn a\n also=base\n left=192.0.2.1\n right=192.0.2.2\n dpddelay=3m\n also=more\n"
		"conn more\n dpdretry=40s\n ikelifetime=1h\n");
	assert_string_equal(l.report, "");
	a = config_conn_find(l.config, "a");
	assert_non_null(a);
	assert_int_equal(a->dpddelay, 180 * USEC_PER_SEC); /* its own */
	assert_int_equal(a->dpdretry, 20 * USEC_PER_SEC);  /* the first also= */
	assert_int_equal(a->rekeyfuzz, 20);
	assert_int_equal(a->ikelifetime, 3600 * USEC_PER_SEC); /* the second */
	assert_int_equal(a->keyingtries, 3);		       /* %default */
	unload(&l);
}

static void also_follows_also_and_takes_lists(void **state)
{
	struct loaded l;
	(void)state;
	load_text(&l, "conn a\n also=b\nconn b\n also=\"c, d\"\nconn c\n left=192.0.2.1\nconn d\n "
		      "also=e\n"
		      "conn e\n right=192.0.2.2\nconn %default\n also=f\nconn f\n keyingtries=9\n");
	assert_string_equal(l.report, "");
	assert_int_equal(l.config->conn_count, 2); /* a and b, which is whole with what it takes */
	assert_int_equal(l.config->conns[0]->keyingtries, 9);
	unload(&l);
}

static void alsoflip_exchanges_what_is_missing(void **state)
{
	(void)state;
	assert_fails("conn a\n alsoflip=b\n left=192.0.2.9\n auto=add\nconn b\n right=192.0.2.1\n",
		     "t.conf:1:6: conn a has no right=: write an address, a host name, %any or "
		     "%defaultroute\n");
}

static void alsoflip_of_whole_ends(void **state)
{
	struct loaded l;
	const struct config_conn *a;
	char text[IDENTITY_TEXT_MAX];
	(void)state;
	load_text(&l, "conn a\n alsoflip=b\n auto=add\nconn b\n left=192.0.2.1\n leftid=@l\n "
		      "right=192.0.2.2\n"
		      " rightid=@r\n alsoflip=c\nconn c\n leftprotoport=tcp\n dpddelay=9\n");
	assert_string_equal(l.report, "");
	a = config_conn_find(l.config, "a");
	assert_int_equal(a->right.addr.bytes[3], 1);
	assert_string_equal(identity_text(&a->left.id, text), "@r");
	assert_int_equal(a->left.protocol, 6); /* flipped twice */
	assert_int_equal(a->dpddelay, 9 * USEC_PER_SEC);
	assert_int_equal(config_conn_find(l.config, "b")->right.protocol, 6);
	unload(&l);
}

static void a_cycle_is_told_once_at_its_place(void **state)
{
	(void)state;
	assert_fails(CONN_A " also=b\nconn b\n also=c\nconn c\n also=b\n",
		     "t.conf:8:7: also=: conn b includes itself\n"
		     "t.conf:6:7: also=: conn c includes itself\n");
	assert_fails(CONN_A " also=a\n", "t.conf:4:7: also=: conn a includes itself\n");
}

static void an_unknown_conn_is_told_at_its_column(void **state)
{
	(void)state;
	assert_fails("conn b\n dpddelay=9\n" CONN_A " also=b, nobody\n",
		     "t.conf:6:10: also=: there is no conn \"nobody\"\n");
	assert_setting_fails("also=%default", "7: also=: %default is always used");
}

static void a_long_chain_is_refused(void **state)
{
	char text[4096];
	size_t used = (size_t)snprintf(text, sizeof(text), CONN_A " also=c0\n");
	struct loaded l;
	(void)state;
	for (unsigned i = 0; i < 20; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "conn c%u\n also=c%u\n",
					 i, i + 1);
	snprintf(text + used, sizeof(text) - used, "conn c20\n dpddelay=9\n");
	load_text(&l, text);
	assert_ptr_equal(
		strstr(l.report, "t.conf:34:7: also=: leads to more than 16 conns in a row\n"),
		l.report);
	assert_int_equal(l.rc, RC_SYNTAX);
	unload(&l);
}

static void many_paths_to_one_conn_are_walked_once(void **state)
{
	static char text[65536];
	size_t used = (size_t)snprintf(text, sizeof(text), CONN_A " also=l0a,l0b\n");
	struct loaded l;
	(void)state;
	/* 2^12 paths */
	for (unsigned i = 0; i < 12; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "conn l%ua\n also=l%ua,l%ub\nconn l%ub\n also=l%ua,l%ub\n",
					 i, i + 1, i + 1, i, i + 1, i + 1);
	snprintf(text + used, sizeof(text) - used, "conn l12a\n dpddelay=9\nconn l12b\n pfs=yes\n");
	load_text(&l, text);
	assert_string_equal(l.report, "");
	assert_true(l.config->conns[0]->pfs);
	unload(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_settings_win_over_also_and_default),
		cmocka_unit_test(also_follows_also_and_takes_lists),
		cmocka_unit_test(alsoflip_exchanges_what_is_missing),
		cmocka_unit_test(alsoflip_of_whole_ends),
		cmocka_unit_test(a_cycle_is_told_once_at_its_place),
		cmocka_unit_test(an_unknown_conn_is_told_at_its_column),
		cmocka_unit_test(a_long_chain_is_refused),
		cmocka_unit_test(many_paths_to_one_conn_are_walked_once),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
