/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/pair.h"
#include "ikev2/private.h"
#include "unit/test.h"

#define OFFICE(mode)                                                                               \
	"config setup\n\tuniqueids=" mode                                                          \
	"\nconn t\n\tleft=192.0.2.2\n\tleftid=@east\n\tleftsubnet=10.2.0.0/24\n\tright=%any\n"     \
	"\trightid=@west\n\trightsubnet=10.1.0.0/24\n\tauthby=secret\n\tauto=add\n"

static enum rc asked(const char *conf, const char *address, const char *id, struct diag *diag)
{
	struct ip_endpoint remote = { .port = 500 };
	struct identity identity = { 0 };
	struct peer *instance = NULL;
	struct pair pair;
	enum rc rc;

	pair_start(&pair, 1, PAIR_START, conf, NULL, NULL);
	world_run(pair.world, 3 * USEC_PER_SEC);
	assert_int_equal(pair.east.child_up, 1);
	struct gateway *gateway = pair.east.gateway;
	struct peer *template = peers_tunnel(&gateway->peers, "t")->peer;
	assert_int_equal(ip_parse(address, &remote.addr), RC_OK);
	assert_int_equal(identity_parse(id, &identity, NULL), RC_OK);
	assert_int_equal(
		peer_instantiate(template, &template->local, &remote, &identity, &instance), RC_OK);
	rc = unique_keeps_out(&gateway->env, instance, diag);
	peer_free(instance);
	identity_free(&identity);
	pair_end(&pair);
	return rc;
}

static void who_is_here_already_is_kept_out_from_another_address(void **state)
{
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(asked(OFFICE("keep"), "192.0.2.9", "@west", &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "west has an IKE SA from 192.0.2.1"));
}

static void other_identities_and_other_modes_let_everybody_in(void **state)
{
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(asked(OFFICE("keep"), "192.0.2.9", "@north", &diag), RC_OK);
	assert_int_equal(asked(OFFICE("yes"), "192.0.2.9", "@west", &diag), RC_OK);
	assert_int_equal(asked(OFFICE("no"), "192.0.2.9", "@west", &diag), RC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_here_already_is_kept_out_from_another_address),
		cmocka_unit_test(other_identities_and_other_modes_let_everybody_in),
	};

	return exchange_run(tests);
}
