/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "auth/xauth_pam.h"
#include "unit/test.h"

/* A folder of PAM services of the test's own. */
struct services {
	char folder[32];
	char names[8][64];
	unsigned count;
};

static void put_file(struct services *services, const char *name, const char *text)
{
	char path[64];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", services->folder, name);
	memcpy(services->names[services->count++], path, sizeof(path));
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* Asks a program, with the password at its standard input, as directories are asked. */
static void put_script(struct services *services)
{
	char text[300];

	put_file(services, "ask",
		 "test \"$(tr -d '\\000')\" = 'open sesame' && test \"$PAM_USER\" = road && "
		 "test \"$PAM_RHOST\" = 192.0.2.7\n");
	(void)snprintf(text, sizeof(text),
		       "auth [success=1 default=ignore] pam_exec.so quiet expose_authtok /bin/sh "
		       "%s/ask\n"
		       "auth requisite pam_deny.so\n"
		       "auth required pam_permit.so\n"
		       "account required pam_permit.so\n",
		       services->folder);
	put_file(services, "pluto", text);
}

static void begin(struct services *services)
{
	*services = (struct services){ .folder = "/tmp/pam-login-XXXXXX" };
	assert_non_null(mkdtemp(services->folder));
}

static void end(struct services *services)
{
	for (unsigned i = 0; i < services->count; i++)
		assert_int_equal(unlink(services->names[i]), 0);
	assert_int_equal(rmdir(services->folder), 0);
}

static enum pam_verdict asked(const struct services *services, const char *user,
			      const char *password, char why[200])
{
	struct pam_login login = { .remote = "192.0.2.7",
				   .service = XAUTH_PAM_SERVICE,
				   .folder = services->folder };

	(void)snprintf(login.user, sizeof(login.user), "%s", user);
	(void)snprintf(login.password, sizeof(login.password), "%s", password);
	return pam_login(&login, why, 200);
}

static void a_user_comes_in_with_his_password_alone(void **state)
{
	struct services services;
	char why[200];

	(void)state;
	begin(&services);
	put_script(&services);
	assert_int_equal(asked(&services, "road", "open sesame", why), PAM_SAYS_YES);
	assert_int_equal(asked(&services, "road", "open sesame!", why), PAM_SAYS_NO);
	assert_int_equal(asked(&services, "road", "", why), PAM_SAYS_NO);
	assert_int_equal(asked(&services, "rode", "open sesame", why), PAM_SAYS_NO);
	end(&services);
}

static void what_pam_denies_is_denied(void **state)
{
	struct services services;
	char why[200];

	(void)state;
	begin(&services);
	put_file(&services, "pluto", "auth required pam_deny.so\naccount required pam_permit.so\n");
	assert_int_equal(asked(&services, "road", "sesame", why), PAM_SAYS_NO);
	assert_true(why[0] != '\0');
	end(&services);
}

static void an_account_that_is_closed_stays_out_with_the_right_password(void **state)
{
	struct services services;
	char why[200];

	(void)state;
	begin(&services);
	put_file(&services, "pluto", "auth required pam_permit.so\naccount required pam_deny.so\n");
	assert_int_equal(asked(&services, "road", "sesame", why), PAM_SAYS_NO);
	end(&services);
}

/* PAM would ask the service "other". */
static void without_its_service_nobody_comes_in(void **state)
{
	struct services services;
	char why[200];

	(void)state;
	begin(&services);
	put_file(&services, "other",
		 "auth required pam_permit.so\naccount required pam_permit.so\n");
	assert_int_equal(asked(&services, "road", "sesame", why), PAM_IS_BROKEN);
	assert_non_null(strstr(why, "there is no PAM service \"pluto\": write "));
	end(&services);
}

static void a_service_that_pam_cannot_run_lets_nobody_in(void **state)
{
	struct services services;
	char why[200];

	(void)state;
	begin(&services);
	put_file(&services, "pluto",
		 "auth required pam_no_such_module.so\naccount required pam_permit.so\n");
	assert_int_equal(asked(&services, "road", "sesame", why), PAM_IS_BROKEN);
	end(&services);
}

static void only_whole_questions_are_read(void **state)
{
	static const char *const bad[] = { "",		 "61",		"61\n",
					   "61\n62\n",	 "6\n62\n\n",	"6g\n62\n\n",
					   "00\n62\n\n", "61\n62\n\nx", "61\n62\n\n\n",
					   "6A\n62\n\n" };
	struct pam_login login;
	char text[2 * 300 + 10];

	(void)state;
	assert_int_equal(pam_login_read("726f6164\n6f70656e\n3a3a31\n", &login), RC_OK);
	assert_string_equal(login.user, "road");
	assert_string_equal(login.password, "open");
	assert_string_equal(login.remote, "::1");
	assert_string_equal(login.service, "pluto");
	assert_null(login.folder);
	assert_int_equal(pam_login_read("\n\n\n", &login), RC_OK);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pam_login_read(bad[i], &login), RC_SYNTAX);
	for (unsigned len = 256; len <= 257; len++) {
		memset(text, '6', 2 * (size_t)len);
		memcpy(text + 2 * len, "\n\n\n", 4);
		assert_int_equal(pam_login_read(text, &login), len == 256 ? RC_OK : RC_LIMIT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_user_comes_in_with_his_password_alone),
		cmocka_unit_test(what_pam_denies_is_denied),
		cmocka_unit_test(an_account_that_is_closed_stays_out_with_the_right_password),
		cmocka_unit_test(without_its_service_nobody_comes_in),
		cmocka_unit_test(a_service_that_pam_cannot_run_lets_nobody_in),
		cmocka_unit_test(only_whole_questions_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
