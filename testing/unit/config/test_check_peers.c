/* SPDX-License-Identifier: Apache-2.0 */
#include "config_test.h"
#include "config/loader.h"

#define A "conn a\n left=192.0.2.1\n right=192.0.2.2\n auto=add\n"
#define B "conn b\n left=192.0.2.1\n right=192.0.2.2\n auto=add\n"

static void one_peer_cannot_have_two_sets_of_settings(void **state)
{
	(void)state;
	assert_fails(A B " dpddelay=5\n",
		     "t.conf:5: conn b is the same peer as conn a (t.conf:1), but has another "
		     "dpddelay=: "
		     "tunnels to one peer share an IKE SA, so its settings must be equal\n");
}

/* The peer's proposals tell which of them is meant. */
static void another_ike_makes_another_peer(void **state)
{
	(void)state;
	assert_loads(A " ike=aes256-sha2_256-dh19\n" B, "");
	assert_loads(A " ike=aes256-sha2_256-dh19\n" B " dpddelay=5\n", "");
	assert_fails(A " ike=aes256-sha2_256-dh19\n" B
		       "conn c\n left=192.0.2.1\n right=192.0.2.2\n auto=add\n dpddelay=5\n",
		     "t.conf:10: conn c is the same peer as conn b (t.conf:6), but has another "
		     "dpddelay=: "
		     "tunnels to one peer share an IKE SA, so its settings must be equal\n");
	assert_loads("conn a\n left=192.0.2.1\n right=%any\n auto=add\n"
		     "conn b\n left=192.0.2.1\n right=%any\n auto=add\n"
		     " ike=aes256-sha2_256-dh19\n",
		     "");
}

static void tunnels_to_one_peer_may_differ_in_what_is_theirs(void **state)
{
	(void)state;
	assert_loads(A B " esp=aes128-sha1\n leftsubnet=10.0.0.0/8\n salifetime=1h\n", "");
}

static void other_identities_are_another_peer(void **state)
{
	(void)state;
	assert_loads(A " rightid=@a\n" B " rightid=@b\n dpddelay=5\n", "");
	assert_fails(A " rightid=@A.b\n" B " rightid=@a.B\n dpddelay=5\n",
		     "t.conf:6: conn b is the same peer as conn a (t.conf:1), but has another "
		     "dpddelay=: "
		     "tunnels to one peer share an IKE SA, so its settings must be equal\n");
}

static void a_conn_that_is_not_loaded_conflicts_with_nobody(void **state)
{
	(void)state;
	assert_loads(A "conn b\n left=192.0.2.1\n right=192.0.2.2\n dpddelay=5\n", "");
}

static void templates_are_only_warned_of(void **state)
{
	(void)state;
	assert_loads("conn a\n left=192.0.2.1\n right=%any\n auto=add\n"
		     "conn b\n left=192.0.2.1\n right=%any\n auto=add\n dpddelay=5\n",
		     "t.conf:5: warning: conn b has the same left, right and identities as conn a "
		     "(t.conf:1), "
		     "but another dpddelay=: peers get the first that fits\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_peer_cannot_have_two_sets_of_settings),
		cmocka_unit_test(another_ike_makes_another_peer),
		cmocka_unit_test(tunnels_to_one_peer_may_differ_in_what_is_theirs),
		cmocka_unit_test(other_identities_are_another_peer),
		cmocka_unit_test(a_conn_that_is_not_loaded_conflicts_with_nobody),
		cmocka_unit_test(templates_are_only_warned_of),
	};
	return cmocka_run_group_tests(tests, open_crypto, close_crypto);
}
