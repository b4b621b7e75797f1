/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/client.h"
#include "unit/sa/sas_test.h"

#define POOL_CONN                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightaddresspool=10.9.0.1-10.9.0.1\n\tauthby=secret\n"        \
	"\tauto=add\n"

struct leasing {
	struct sas_fixture f;
	struct arena arena;
	struct sa_env env;
	struct step step;
	struct outcome out;
};

static void begin(struct leasing *l, const char *conf)
{
	memset(l, 0, sizeof(*l));
	sas_begin(&l->f, conf);
	arena_init(&l->arena, 65536);
	l->env = (struct sa_env){ .peers = &l->f.peers, .setup = &l->f.config->setup };
	l->step = (struct step){ .env = &l->env, .arena = &l->arena };
}

static void end(struct leasing *l)
{
	outcome_release(&l->out);
	arena_free(&l->arena);
	sas_end(&l->f);
}

static enum rc lease(struct leasing *l, bool v4, bool v6, const char *who)
{
	const struct client_wish wish = { { v4, v6 }, { { .family = AF_UNSPEC } } };
	const struct peer *peer = peers_tunnel(&l->f.peers, "t")->peer;
	const struct identity client = { .type = ID_FQDN,
					 .len = (uint16_t)strlen(who),
					 .data = (uint8_t *)(uintptr_t)who };

	return client_lease(&l->step, peer, &client, &wish, &l->out);
}

static void a_client_gets_what_it_wants_and_there_is(void **state)
{
	struct leasing l;
	struct ip_addr addr;

	(void)state;
	begin(&l, POOL_CONN);
	assert_int_equal(lease(&l, true, true, "a"), RC_OK);
	assert_non_null(l.out.leases[0]);
	assert_null(l.out.leases[1]);
	addr = pool_lease_address(l.out.leases[0]);
	assert_int_equal(addr.bytes[3], 1);
	end(&l);
}

static void nothing_at_all_is_an_error_that_says_why(void **state)
{
	struct leasing l;

	(void)state;
	begin(&l, POOL_CONN);
	assert_int_equal(lease(&l, false, true, "a"), RC_NO_ADDRESS);
	assert_non_null(strstr(l.out.diag.text, "IP version"));
	assert_int_equal(lease(&l, true, false, "a"), RC_OK);
	assert_int_equal(lease(&l, true, false, "b"), RC_NO_ADDRESS);
	assert_non_null(strstr(l.out.diag.text, "10.9.0.1"));
	end(&l);
}

static void a_conn_without_a_pool_leases_nothing(void **state)
{
	struct leasing l;

	(void)state;
	begin(&l, SAS_CONN);
	assert_int_equal(lease(&l, true, true, "a"), RC_OK);
	assert_null(l.out.leases[0]);
	end(&l);
}

static void the_tunnel_protects_what_was_leased(void **state)
{
	struct leasing l;
	struct selectors selectors;
	char text[SELECTORS_TEXT_MAX];
	const struct tunnel *tunnel;

	(void)state;
	begin(&l, POOL_CONN);
	tunnel = peers_tunnel(&l.f.peers, "t");
	assert_int_equal(lease(&l, true, false, "a"), RC_OK);
	assert_int_equal(client_leased(tunnel, &l.out, &selectors, &l.out.diag), RC_OK);
	assert_non_null(strstr(selectors_text(&selectors, text), "10.9.0.1/32"));
	selectors_drop(&selectors);
	end(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_client_gets_what_it_wants_and_there_is),
		cmocka_unit_test(nothing_at_all_is_an_error_that_says_why),
		cmocka_unit_test(a_conn_without_a_pool_leases_nothing),
		cmocka_unit_test(the_tunnel_protects_what_was_leased),
	};

	return sas_run(tests);
}
