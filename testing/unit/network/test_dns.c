/* SPDX-License-Identifier: Apache-2.0 */
/* Name servers, with a host whose programs the test ends. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "network/private.h"
#include "network/simulated.h"
#include "unit/kernel/fake_host.h"
#include "unit/test.h"

struct spawn {
	host_spawn_fn fn;
	void *context;
};

static struct spawn program;	  /* the one that runs */
static unsigned begun;		  /* so many have */
static char line[64], input[256]; /* of the last one */
static bool broken;		  /* none can be started */
static bool many;		  /* several at a time */
static struct spawn crowd[16];	  /* then */
static unsigned at_once;

static struct spawn *fake_spawn(struct host *host, const struct spawn_request *request,
				host_spawn_fn fn, void *context)
{
	(void)host;
	begun++;
	(void)snprintf(line, sizeof(line), "%s %s", request->argv[1], request->argv[2]);
	(void)snprintf(input, sizeof(input), "%s", request->input != NULL ? request->input : "");
	if (broken)
		return NULL;
	if (many) {
		at_once++;
		crowd[begun - 1] = (struct spawn){ fn, context };
		return &crowd[begun - 1];
	}
	assert_null(program.fn); /* one after the other */
	program = (struct spawn){ fn, context };
	return &program;
}

static void fake_cancel(struct host *host, struct spawn *spawn)
{
	(void)host;
	spawn->fn = NULL;
}

struct scene {
	struct fake_host host;
	struct host_ops ops;
	struct network *network;
	struct network_user *user;
};

static void settled(void *context, unsigned failed, const struct diag *diag)
{
	(void)context;
	(void)failed;
	(void)diag;
}

static void begin(struct scene *scene)
{
	fake_host_init(&scene->host);
	scene->ops = fake_ops;
	scene->ops.spawn = fake_spawn;
	scene->ops.spawn_cancel = fake_cancel;
	scene->host.host.ops = &scene->ops;
	program = (struct spawn){ NULL, NULL };
	begun = 0;
	broken = many = false;
	at_once = 0;
	assert_int_equal(network_simulated_new(&scene->host.host, NULL, &scene->network), RC_OK);
	scene->user = network_user_new(scene->network, settled, scene);
	assert_non_null(scene->user);
}

static void end(struct scene *scene)
{
	network_user_free(scene->user);
	network_free(scene->network);
	assert_null(program.fn);
}

static void ends(struct scene *scene, int code)
{
	struct spawn ended = program;
	struct spawn_result result = { .end = SPAWN_EXITED, .code = code, .last = "no" };

	assert_non_null(ended.fn);
	program.fn = NULL;
	ended.fn(ended.context, &result);
	fake_turn(&scene->host);
}

static struct network_dns servers(const char *device, const char *domains)
{
	struct network_dns dns = { .count = 1, .domains = domains };

	(void)snprintf(dns.device, sizeof(dns.device), "%s", device);
	assert_int_equal(ip_parse("10.1.0.53", &dns.servers[0]), RC_OK);
	return dns;
}

static void set(struct scene *scene, const struct network_dns *dns)
{
	assert_int_equal(network_user_dns(scene->user, dns), RC_OK);
	fake_turn(&scene->host);
}

static void are_set_once_and_removed(void **state)
{
	struct scene scene;
	struct network_dns dns = servers("eth0", "a.example b.example");

	(void)state;
	begin(&scene);
	set(&scene, &dns);
	assert_string_equal(line, "-a eth0.vanth0");
	assert_string_equal(input, "nameserver 10.1.0.53\nsearch a.example b.example\n");
	assert_true(network_busy(scene.network));
	ends(&scene, 0);
	set(&scene, &dns);
	assert_int_equal(begun, 1);
	assert_false(network_busy(scene.network));
	set(&scene, NULL);
	assert_string_equal(line, "-d eth0.vanth0");
	ends(&scene, 0);
	set(&scene, NULL);
	assert_int_equal(begun, 2);
	end(&scene);
}

static void what_changes_while_a_program_runs_waits_for_it(void **state)
{
	struct scene scene;
	struct network_dns dns = servers("eth0", NULL), other = servers("ipsec1", NULL);

	(void)state;
	begin(&scene);
	set(&scene, &dns);
	set(&scene, NULL);
	set(&scene, &other);
	assert_int_equal(begun, 1);
	ends(&scene, 0); /* another interface is another key: the old one goes first */
	assert_string_equal(line, "-d eth0.vanth0");
	ends(&scene, 0);
	assert_string_equal(line, "-a ipsec1.vanth0");
	ends(&scene, 0);
	assert_int_equal(begun, 3);
	end(&scene);
}

static void refusal_is_not_repeated_until_something_changes(void **state)
{
	struct scene scene;
	struct network_dns dns = servers("eth0", NULL), other = servers("eth0", "a.example");

	(void)state;
	begin(&scene);
	set(&scene, &dns);
	ends(&scene, 1);
	set(&scene, &dns);
	assert_int_equal(begun, 1);
	set(&scene, &other);
	assert_int_equal(begun, 2);
	ends(&scene, 1);
	set(&scene, NULL); /* nothing is there to be removed */
	assert_int_equal(begun, 2);
	end(&scene);
}

static void they_outlive_their_user_until_they_are_removed(void **state)
{
	struct scene scene;
	struct network_dns dns = servers("eth0", NULL);

	(void)state;
	begin(&scene);
	set(&scene, &dns);
	ends(&scene, 0);
	network_user_free(scene.user);
	scene.user = NULL;
	fake_turn(&scene.host);
	assert_string_equal(line, "-d eth0.vanth0");
	assert_true(network_busy(scene.network));
	ends(&scene, 0);
	assert_false(network_busy(scene.network));
	scene.user = network_user_new(scene.network, settled, &scene);
	set(&scene, &dns);
	assert_string_equal(line, "-a eth0.vanth0"); /* its number is free again */
	end(&scene);
}

static void without_memory_for_a_program_it_stays_as_it_was(void **state)
{
	struct scene scene;
	struct network_dns dns = servers("eth0", NULL);

	(void)state;
	begin(&scene);
	broken = true;
	set(&scene, &dns);
	assert_int_equal(begun, 1);
	assert_false(network_busy(scene.network));
	end(&scene);
}

static void crowd_ends(struct scene *scene, unsigned nth)
{
	struct spawn_result result = { .end = SPAWN_EXITED, .last = "" };
	struct spawn ended = crowd[nth];

	assert_non_null(ended.fn);
	crowd[nth].fn = NULL;
	at_once--;
	ended.fn(ended.context, &result);
	fake_turn(&scene->host);
}

static void not_more_than_a_few_programs_run_at_once(void **state)
{
	struct network_user *users[7];
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	begin(&scene);
	many = true;
	for (unsigned i = 0; i < 7; i++) {
		users[i] = network_user_new(scene.network, settled, &scene);
		assert_int_equal(network_user_dns(users[i], &dns), RC_OK);
	}
	fake_turn(&scene.host);
	assert_int_equal(at_once, 4);
	network_user_free(users[4]); /* it stands in line, and lets the next one pass */
	for (unsigned i = 0; i < 6; i++) {
		fake_turn(&scene.host);
		crowd_ends(&scene, i);
		fake_turn(&scene.host);
		assert_true(at_once <= 4);
	}
	assert_int_equal(begun, 6);
	assert_false(network_busy(scene.network));
	many = false;
	for (unsigned i = 0; i < 7; i++)
		if (i != 4)
			network_user_free(users[i]);
	end(&scene);
}

static void note_entry(const char *folder, const char *name)
{
	char path[128];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fclose(file);
}

static void what_an_earlier_run_left_is_removed(void **state)
{
	static const char *const names[] = { "eth0.dhclient",
					     "eth0.vanth",
					     "eth0.vanth3x",
					     ".vanth1",
					     "lo.inet",
					     "ipsec12.vanth7",
					     "eth0.vanth99999999999999999999" };
	char folder[] = "build/vanth-dns.XXXXXX", path[128];
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	begin(&scene);
	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		note_entry(folder, names[i]);
	assert_int_equal(nameservers_remove_stale(scene.network, "build/vanth-not-there"), 0);
	assert_int_equal(nameservers_remove_stale(scene.network, folder), 1);
	fake_turn(&scene.host);
	assert_string_equal(line, "-d ipsec12.vanth7");
	assert_true(network_busy(scene.network));
	ends(&scene, 0);
	assert_false(network_busy(scene.network));
	set(&scene, &dns);
	assert_string_equal(line, "-a eth0.vanth0");
	ends(&scene, 0);
	end(&scene);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(are_set_once_and_removed),
		cmocka_unit_test(what_changes_while_a_program_runs_waits_for_it),
		cmocka_unit_test(refusal_is_not_repeated_until_something_changes),
		cmocka_unit_test(they_outlive_their_user_until_they_are_removed),
		cmocka_unit_test(not_more_than_a_few_programs_run_at_once),
		cmocka_unit_test(what_an_earlier_run_left_is_removed),
		cmocka_unit_test(without_memory_for_a_program_it_stays_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
