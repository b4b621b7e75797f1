/* SPDX-License-Identifier: Apache-2.0 */
/* XAUTH's users by PAM: a client comes in when PAM says so, and nobody waits for another one's. */
#include "auth/xauth_pam.h"
#include "exchange/office.h"

#define SERVER                                                                                     \
	"conn t\n\tleft=192.0.2.100\n\tleftid=@office\n\tright=%any\n\tleftsubnet=10.2.0.0/24\n"   \
	"\tauthby=secret\n\tauto=add\n\tkeyexchange=ikev1\n\tleftxauthserver=yes\n\txauthby=pam\n"
#define USER(name) "\tkeyexchange=ikev1\n\tleftxauthclient=yes\n\tleftusername=" name "\n"
#define SECRETS                                                                                    \
	OFFICE_SECRET "@road : XAUTH \"sesame\"\n@slow : XAUTH \"sesame\"\n"                       \
		      "@late : XAUTH \"sesame\"\n@wrong : XAUTH \"open\"\n"

/* PAM knows "sesame"; "slow" hangs, "late" takes ten seconds. */
static void play(void *context, struct host *host, const struct spawn_request *request,
		 struct world_program *program)
{
	unsigned *asked = context;
	struct pam_login login;

	(void)host;
	assert_int_equal(pam_login_read(request->input, &login), RC_OK);
	*program = (struct world_program){ SPAWN_EXITED, PAM_SAYS_NO, USEC_PER_SEC / 10,
					   "Authentication failure\n" };
	if (strcmp(login.password, "sesame") == 0)
		program->code = PAM_SAYS_YES;
	if (strcmp(login.user, "slow") == 0)
		program->takes = 3600 * USEC_PER_SEC;
	if (strcmp(login.user, "late") == 0)
		program->takes = 10 * USEC_PER_SEC;
	++*asked;
}

static void start(struct office *office, unsigned *asked)
{
	*asked = 0;
	office_start(office, SERVER, SECRETS);
	assert_int_equal(gateway_use_pam(office->server.gateway, "xauth-pam"), RC_OK);
	world_on_spawn(office->world, play, asked);
}

static void run(struct office *office, unsigned seconds)
{
	world_run(office->world, (usec_t)seconds * USEC_PER_SEC);
}

static void a_user_whom_pam_knows_comes_in(void **state)
{
	struct office office;
	unsigned asked;

	(void)state;
	start(&office, &asked);
	(void)office_client(&office, 0, "@a", USER("road"));
	run(&office, 3);
	if (office.clients[0].child_up != 1)
		fail_msg("client: %s\nserver: %s", office.clients[0].journal,
			 office.server.journal);
	assert_int_equal(asked, 1);
	office_end(&office);
}

static void a_user_whom_pam_refuses_stays_out(void **state)
{
	struct office office;
	unsigned asked;

	(void)state;
	start(&office, &asked);
	(void)office_client(&office, 0, "@a", USER("wrong"));
	run(&office, 30);
	assert_int_equal(office.clients[0].child_up, 0);
	assert_int_equal(asked, 1);
	assert_true(end_said(&office.server, "PAM says: Authentication failure"));
	assert_false(end_said(&office.clients[0], "PAM"));
	assert_int_equal(kernel_simulated_sa_count(office.server.kernel), 0);
	office_end(&office);
}

static void a_pam_that_hangs_keeps_nobody_else_waiting(void **state)
{
	struct office office;
	unsigned asked;

	(void)state;
	start(&office, &asked);
	(void)office_client(&office, 0, "@a", USER("slow"));
	(void)office_client(&office, 1, "@b", USER("road"));
	run(&office, 3);
	assert_int_equal(office.clients[0].child_up, 0);
	assert_int_equal(office.clients[1].child_up, 1);
	run(&office, 60);
	assert_int_equal(office.clients[0].child_up, 0);
	office_end(&office);
}

static void who_has_to_wait_for_pam_comes_in_later(void **state)
{
	struct office office;
	unsigned asked;

	(void)state;
	start(&office, &asked);
	(void)office_client(&office, 0, "@a", USER("late"));
	run(&office, 9);
	assert_int_equal(office.clients[0].child_up, 0);
	run(&office, 10);
	assert_int_equal(office.clients[0].child_up, 1);
	assert_int_equal(asked, 1); /* whatever it said meanwhile */
	office_end(&office);
}

static void a_client_that_goes_meanwhile_leaves_nothing(void **state)
{
	struct office office;
	struct diag diag;
	unsigned asked;

	(void)state;
	start(&office, &asked);
	(void)office_client(&office, 0, "@a", USER("slow"));
	run(&office, 2);
	assert_int_equal(asked, 1);
	assert_int_equal(gateway_down(office.clients[0].gateway, "t", &diag), RC_OK);
	run(&office, 120);
	end_assert_empty(&office.server);
	(void)office_client(&office, 1, "@b", USER("slow"));
	run(&office, 2);
	office_end(&office); /* while it is asked about */
}

static void without_a_program_nobody_comes_in(void **state)
{
	struct office office;
	unsigned asked;

	(void)state;
	start(&office, &asked);
	world_on_spawn(office.world, NULL, NULL);
	(void)office_client(&office, 0, "@a", USER("road"));
	run(&office, 3);
	assert_int_equal(office.clients[0].child_up, 0);
	assert_true(end_said(&office.server, "xauth-pam cannot be started"));
	office_end(&office);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_whom_pam_knows_comes_in),
		cmocka_unit_test(a_user_whom_pam_refuses_stays_out),
		cmocka_unit_test(a_pam_that_hangs_keeps_nobody_else_waiting),
		cmocka_unit_test(who_has_to_wait_for_pam_comes_in_later),
		cmocka_unit_test(a_client_that_goes_meanwhile_leaves_nothing),
		cmocka_unit_test(without_a_program_nobody_comes_in),
	};

	return exchange_run(tests);
}
