/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/private.h"
#include "host/virtual.h"
#include "kernel/simulated.h"
#include "peer/pool.h"
#include "unit/daemon/place.h"

#define WITH(pool)                                                                                 \
	"conn t\n\tleft=192.0.2.1\n\tright=%any\n\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n"      \
	"\tauto=add\n\trightaddresspool=" pool "\n"
#define CONF WITH("10.9.0.0/24,2001:db8::/48/64")

struct run {
	struct place place;
	struct world *world;
	struct host *host;
	struct kernel *kernel;
	struct log *log;
	struct gateway *gateway;
	struct leases *leases;
	char said[2000];
};

static void remember_line(void *context, enum log_level level, const struct log_subject *subject,
			  const char *text)
{
	struct run *run = context;
	size_t len = strlen(run->said);

	(void)level;
	(void)subject;
	(void)snprintf(run->said + len, sizeof(run->said) - len, "%s\n", text);
}

static void begin(struct run *run, const char *conf)
{
	struct log_sink sink = { .write = remember_line, .context = run };
	struct config_errors errors;
	struct config *config = NULL;
	struct diag diag = { "" };

	run->world = world_new(1);
	run->said[0] = '\0';
	run->host = world_host(run->world, "a");
	assert_int_equal(world_host_add_address(run->host, "192.0.2.1"), RC_OK);
	assert_int_equal(kernel_simulated_new(run->host, &run->kernel), RC_OK);
	run->log = log_new(LOG_LEVEL_INFO);
	assert_int_equal(log_add_sink(run->log, sink), RC_OK);
	config_errors_init(&errors);
	assert_int_equal(
		config_load_text("t.conf", span_make(conf, strlen(conf)), &config, &errors), RC_OK);
	config_errors_free(&errors);
	assert_int_equal(
		gateway_new(run->host, run->kernel, run->log, config, NULL, &run->gateway, &diag),
		RC_OK);
	config_unref(config);
	leases_open(run->gateway, run->place.dir, &run->leases);
	assert_non_null(run->leases);
}

/* As a crash: nothing is written any more. */
static void end_without_a_word(struct run *run)
{
	struct leases *leases = run->leases;

	gateway_free(run->gateway);
	kernel_free(run->kernel);
	log_free(run->log);
	world_free(run->world);
	free(leases);
}

static void end(struct run *run)
{
	leases_close(run->leases);
	run->leases = NULL;
	gateway_free(run->gateway);
	kernel_free(run->kernel);
	log_free(run->log);
	world_free(run->world);
}

static struct pool_lease *lease(struct run *run, const char *id, uint8_t family,
				const char *expected)
{
	const struct config_conn *conn = config_conn_find(run->gateway->config, "t");
	struct identity owner;
	struct pool_lease *out;
	struct ip_addr addr;
	struct diag diag;
	char text[IP_TEXT_MAX];

	assert_int_equal(identity_parse(id, &owner, NULL), RC_OK);
	struct pool_wish wish = {
		conn->right.pools, conn->right.pool_count, family, &owner, true, { 0 }
	};
	assert_int_equal(pools_lease(run->gateway->peers.pools, &wish, &out, &diag), RC_OK);
	identity_free(&owner);
	addr = pool_lease_address(out);
	assert_string_equal(ip_text(&addr, text), expected);
	return out;
}

static bool there_is(struct run *run, const char *name)
{
	struct stat found;

	return stat(place_path(&run->place, name), &found) == 0;
}

static void comes_and_goes(struct run *run, const char *id, const char *expected)
{
	pool_lease_release(lease(run, id, AF_INET, expected));
}

static int with_a_place(void **state)
{
	struct run *run = calloc(1, sizeof(*run));

	place_begin(&run->place);
	*state = run;
	return 0;
}

static int without_it(void **state)
{
	struct run *run = *state;

	place_end(&run->place);
	free(run);
	return 0;
}

static void whoever_comes_again_after_a_restart_has_the_same_address(void **state)
{
	struct run *run = *state;
	struct pool_lease *a, *b, *c, *d;

	begin(run, CONF);
	assert_null(strstr(run->said, "clients")); /* no file is no news */
	a = lease(run, "@a", AF_INET, "10.9.0.1");
	b = lease(run, "CN=b, O=Example", AF_INET, "10.9.0.2");
	c = lease(run, "@c", AF_INET6, "2001:db8::1");
	pool_lease_release(a);
	pool_lease_release(b);
	pool_lease_release(c);
	end(run);
	begin(run, CONF);
	assert_non_null(strstr(run->said, "3 clients of an earlier run are kept for them"));
	d = lease(run, "@d", AF_INET, "10.9.0.3"); /* a stranger gets none of these */
	b = lease(run, "CN=b, O=Example", AF_INET, "10.9.0.2");
	a = lease(run, "@a", AF_INET, "10.9.0.1");
	c = lease(run, "@c", AF_INET6, "2001:db8::1");
	pool_lease_release(a);
	pool_lease_release(b);
	pool_lease_release(c);
	pool_lease_release(d);
	end(run);
}

static void a_crash_costs_a_moment_only(void **state)
{
	struct run *run = *state;
	struct pool_lease *a;
	struct stat found;

	begin(run, CONF);
	a = lease(run, "@a", AF_INET, "10.9.0.1");
	a = pool_lease_hold(a);
	world_run(run->world, USEC_PER_SEC / 4);
	assert_int_equal(stat(place_path(&run->place, "leases.journal"), &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	assert_int_equal(unlink(place_path(&run->place, "leases.journal")), 0);
	world_run(run->world, 60 * USEC_PER_SEC); /* nothing changes: nothing is written */
	assert_false(there_is(run, "leases.journal"));
	pool_lease_release(a);
	pool_lease_release(a);
	comes_and_goes(run, "@b", "10.9.0.2");
	world_run(run->world, USEC_PER_SEC / 4);
	comes_and_goes(run, "@c", "10.9.0.3");
	world_run(run->world, USEC_PER_SEC / 4);
	assert_false(there_is(run, "leases"));
	end_without_a_word(run);
	begin(run, CONF);
	assert_non_null(strstr(run->said, "3 clients"));
	world_run(run->world, USEC_PER_SEC / 4); /* a new beginning */
	assert_true(there_is(run, "leases"));
	assert_false(there_is(run, "leases.journal"));
	comes_and_goes(run, "@d", "10.9.0.4");
	comes_and_goes(run, "@b", "10.9.0.2");
	comes_and_goes(run, "@a", "10.9.0.1");
	end(run);
	assert_false(there_is(run, "leases.journal"));
}

#define FEW WITH("10.9.0.1-10.9.0.2")

/* The address goes to another client, and its first one gets another. */
static void of_an_address_the_last_owner_counts(void **state)
{
	struct run *run = *state;

	begin(run, FEW);
	comes_and_goes(run, "@a", "10.9.0.1");
	comes_and_goes(run, "@b", "10.9.0.2");
	end(run);
	begin(run, FEW);
	comes_and_goes(run, "@c", "10.9.0.1");
	world_run(run->world, USEC_PER_SEC / 4);
	comes_and_goes(run, "@a", "10.9.0.2");
	world_run(run->world, USEC_PER_SEC / 4);
	end_without_a_word(run);
	begin(run, FEW);
	assert_non_null(strstr(run->said, "2 clients"));
	comes_and_goes(run, "@a", "10.9.0.2");
	comes_and_goes(run, "@c", "10.9.0.1");
	end(run);
}

/* A crash between the writing of the file and the end of its journal. */
static void a_journal_that_the_file_has_overtaken_gives_no_address_back(void **state)
{
	char journal[128], kept[128];
	struct run *run = *state;

	(void)snprintf(journal, sizeof(journal), "%s", place_path(&run->place, "leases.journal"));
	(void)snprintf(kept, sizeof(kept), "%s", place_path(&run->place, "kept"));
	begin(run, FEW);
	comes_and_goes(run, "@a", "10.9.0.1");
	comes_and_goes(run, "@b", "10.9.0.2");
	end(run);
	begin(run, FEW);
	comes_and_goes(run, "@c", "10.9.0.1");
	world_run(run->world, USEC_PER_SEC / 4);
	assert_int_equal(link(journal, kept), 0);
	comes_and_goes(run, "@d", "10.9.0.2");
	comes_and_goes(run, "@a", "10.9.0.1");
	end(run);
	assert_int_equal(rename(kept, journal), 0);
	begin(run, FEW);
	assert_non_null(strstr(run->said, "2 clients"));
	comes_and_goes(run, "@a", "10.9.0.1");
	comes_and_goes(run, "@d", "10.9.0.2");
	world_run(run->world, USEC_PER_SEC / 4);
	assert_false(there_is(run, "leases.journal"));
	end(run);
}

/* Half of what was being written is there. */
static void a_journal_that_a_crash_cut_counts_up_to_there(void **state)
{
	struct run *run = *state;
	struct stat found;

	begin(run, CONF);
	comes_and_goes(run, "@a", "10.9.0.1");
	world_run(run->world, USEC_PER_SEC / 4);
	comes_and_goes(run, "@b", "10.9.0.2");
	world_run(run->world, USEC_PER_SEC / 4);
	end_without_a_word(run);
	assert_int_equal(stat(place_path(&run->place, "leases.journal"), &found), 0);
	assert_int_equal(truncate(place_path(&run->place, "leases.journal"), found.st_size - 1), 0);
	begin(run, CONF);
	assert_non_null(strstr(run->said, "1 clients"));
	comes_and_goes(run, "@b", "10.9.0.2");
	world_run(run->world, USEC_PER_SEC / 4);
	end_without_a_word(run);
	begin(run, CONF);
	assert_non_null(strstr(run->said, "2 clients"));
	end(run);
}

/* Many: in slices, and what changes meanwhile does no harm. */
static void a_thousand_are_written_and_read(void **state)
{
	static const char conf[] = WITH("10.16.0.0/16");
	struct run *run = *state;

	begin(run, conf);
	for (unsigned i = 1; i <= 2000; i++) {
		char id[32], address[32];
		(void)snprintf(id, sizeof(id), "@client%u.example", i);
		(void)snprintf(address, sizeof(address), "10.16.%u.%u", i / 256, i % 256);
		comes_and_goes(run, id, address);
	}
	world_run(run->world, USEC_PER_SEC); /* too many for the journal */
	assert_false(there_is(run, "leases.journal"));
	comes_and_goes(run, "@last.example", "10.16.7.209");
	world_run(run->world, USEC_PER_SEC);
	assert_true(there_is(run, "leases.journal"));
	end_without_a_word(run);
	begin(run, conf);
	assert_non_null(strstr(run->said, "2001 clients"));
	comes_and_goes(run, "@client1999.example", "10.16.7.207");
	end(run);
}

static void a_pool_that_is_gone_takes_its_leases_along(void **state)
{
	static const char other[] = WITH("10.8.0.0/24");
	struct run *run = *state;

	begin(run, CONF);
	comes_and_goes(run, "@a", "10.9.0.1");
	end(run);
	begin(run, other);
	assert_non_null(strstr(run->said, "0 clients"));
	comes_and_goes(run, "@b", "10.8.0.1");
	end(run);
}

/* Every byte altered, every length: it is told and ignored, or (never) what it was. */
static void a_damaged_file_is_told_and_ignored(void **state)
{
	char bytes[2000], path[128];
	struct run *run = *state;
	size_t len;
	FILE *file;

	begin(run, CONF);
	comes_and_goes(run, "@a", "10.9.0.1");
	end(run);
	(void)snprintf(path, sizeof(path), "%s", place_path(&run->place, "leases"));
	file = fopen(path, "r");
	len = fread(bytes, 1, sizeof(bytes), file);
	assert_int_equal(fclose(file), 0);
	assert_true(len > 80 && len < sizeof(bytes));
	for (size_t i = 0; i < 2 * len; i += 3) {
		char wrong[2000];
		size_t size = i < len ? len : i - len;
		memcpy(wrong, bytes, len);
		if (i < len)
			wrong[i] = (char)(wrong[i] ^ 1);
		file = fopen(path, "w");
		assert_int_equal(fwrite(wrong, 1, size, file), size);
		assert_int_equal(fclose(file), 0);
		begin(run, CONF);
		assert_non_null(strstr(run->said, "leases is damaged: it is ignored"));
		comes_and_goes(run, "@b", "10.9.0.1");
		end_without_a_word(run);
	}
}

static void what_others_can_write_is_not_believed(void **state)
{
	struct run *run = *state;

	begin(run, CONF);
	comes_and_goes(run, "@a", "10.9.0.1");
	end(run);
	assert_int_equal(chmod(place_path(&run->place, "leases"), 0666), 0);
	begin(run, CONF);
	assert_non_null(strstr(run->said, "others can write it: it is ignored"));
	end(run);
	assert_int_equal(unlink(place_path(&run->place, "leases")), 0);
	assert_int_equal(mkdir(place_path(&run->place, "leases"), 0700), 0);
	begin(run, CONF);
	assert_non_null(strstr(run->said, "is not a file"));
	comes_and_goes(run, "@a", "10.9.0.1");
	world_run(run->world, 6 * USEC_PER_SEC);
	assert_non_null(strstr(run->said, "leases will not outlive a restart: cannot rename"));
	end(run);
	assert_int_equal(rmdir(place_path(&run->place, "leases")), 0);
}

/* The last word is the last, though a worker was about to write. */
static void it_closes_while_a_worker_is_to_write(void **state)
{
	struct run *run = *state;

	begin(run, CONF);
	world_hold_jobs(run->world, true);
	comes_and_goes(run, "@a", "10.9.0.1");
	world_run(run->world, 6 * USEC_PER_SEC);
	assert_int_equal(world_jobs_waiting(run->world), 1);
	comes_and_goes(run, "@b", "10.9.0.2");
	end(run);
	begin(run, CONF);
	assert_non_null(strstr(run->said, "2 clients"));
	end(run);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			whoever_comes_again_after_a_restart_has_the_same_address, with_a_place,
			without_it),
		cmocka_unit_test_setup_teardown(a_crash_costs_a_moment_only, with_a_place,
						without_it),
		cmocka_unit_test_setup_teardown(of_an_address_the_last_owner_counts, with_a_place,
						without_it),
		cmocka_unit_test_setup_teardown(
			a_journal_that_the_file_has_overtaken_gives_no_address_back, with_a_place,
			without_it),
		cmocka_unit_test_setup_teardown(a_journal_that_a_crash_cut_counts_up_to_there,
						with_a_place, without_it),
		cmocka_unit_test_setup_teardown(a_thousand_are_written_and_read, with_a_place,
						without_it),
		cmocka_unit_test_setup_teardown(a_pool_that_is_gone_takes_its_leases_along,
						with_a_place, without_it),
		cmocka_unit_test_setup_teardown(a_damaged_file_is_told_and_ignored, with_a_place,
						without_it),
		cmocka_unit_test_setup_teardown(what_others_can_write_is_not_believed, with_a_place,
						without_it),
		cmocka_unit_test_setup_teardown(it_closes_while_a_worker_is_to_write, with_a_place,
						without_it),
	};

	return cmocka_run_group_tests(tests, place_crypto_open, place_crypto_close);
}
