/* SPDX-License-Identifier: Apache-2.0 */
/* Whose shared key was it? In IKEv1 the responder chooses the key before (Main Mode) or while
 * (Aggressive Mode) the initiator says who it is. */
#include "exchange/pair.h"
#include "unit/test.h"

#define CLIENT(name, id, subnet, mode)                                                             \
	"conn " name "\n\tleft=192.0.2.2\n\tleftid=@east\n\tleftsubnet=10.2.0.0/24\n"              \
	"\tright=%any\n\trightid=" id "\n\trightsubnet=" subnet "\n\tkeyexchange=ikev1\n"          \
	"\tauthby=secret\n\tauto=add\n" mode "\n"
#define EAST(mode)                                                                                 \
	CLIENT("alice", "@alice", "10.1.1.0/24", mode)                                             \
	CLIENT("bob", "@bob", "10.1.2.0/24", mode)
#define WEST(id, subnet, mode)                                                                     \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=" id                                \
	"\n\trightid=@east\n\tleftsubnet=" subnet "\n\trightsubnet=10.2.0.0/24\n"                  \
	"\tkeyexchange=ikev1\n\tauthby=secret\n\tauto=add\n" mode
#define AGGRESSIVE   "\taggressive=yes\n"
#define EAST_SECRETS "@east @alice : PSK \"alice's own\"\n@east @bob : PSK \"bob's own\"\n"

static void attempt(struct pair *pair, const char *west, const char *east, const char *secret)
{
	pair_start(pair, 1, west, east, secret, EAST_SECRETS);
	end_up(&pair->west, "t");
	pair_run(pair, 20 * USEC_PER_SEC);
}

static void assert_refused(struct pair *pair)
{
	assert_int_equal(pair->east.ike_up, 0);
	assert_int_equal(pair->east.child_up + pair->west.child_up, 0);
	assert_int_equal(pair->east.gateway->sas.child_count, 0);
	pair_end(pair);
}

static void who_has_its_own_key_comes_in(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, WEST("@alice", "10.1.1.0/24", ""), EAST(""),
		"@alice @east : PSK \"alice's own\"\n");
	assert_int_equal(pair.east.child_up, 1);
	pair_end(&pair);
	attempt(&pair, WEST("@bob", "10.1.2.0/24", AGGRESSIVE), EAST(AGGRESSIVE),
		"@bob @east : PSK \"bob's own\"\n");
	assert_int_equal(pair.east.child_up, 1);
	pair_end(&pair);
}

/* Alice's key fits conn alice, which east takes for the address; then she says that she is bob. */
static void main_mode_lets_nobody_in_by_the_key_of_another(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, WEST("@bob", "10.1.2.0/24", ""), EAST(""),
		"@bob @east : PSK \"alice's own\"\n");
	assert_true(end_said(&pair.east, "is not the one that @bob has"));
	assert_refused(&pair);
}

static void aggressive_mode_lets_nobody_in_by_the_key_of_another(void **state)
{
	struct pair pair;

	(void)state;
	attempt(&pair, WEST("@bob", "10.1.2.0/24", AGGRESSIVE), EAST(AGGRESSIVE),
		"@bob @east : PSK \"alice's own\"\n");
	assert_refused(&pair);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_has_its_own_key_comes_in),
		cmocka_unit_test(main_mode_lets_nobody_in_by_the_key_of_another),
		cmocka_unit_test(aggressive_mode_lets_nobody_in_by_the_key_of_another),
	};

	return exchange_run(tests);
}
