/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/private.h"
#include "host/virtual.h"
#include "kernel/simulated.h"
#include "peer/pool.h"
#include "unit/daemon/place.h"

#define CONF                                                                                       \
	"conn t\n\tleft=192.0.2.1\n\tright=%any\n\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n"      \
	"\tauto=add\n\trightaddresspool=10.9.0.0/24,2001:db8::/48/64\n"

struct run {
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

static void begin(struct run *run, const struct place *place, const char *conf)
{
	struct log_sink sink = { .write = remember_line, .context = run };
	struct config_errors errors;
	struct config *config = NULL;
	struct diag diag = { "" };

	*run = (struct run){ .world = world_new(1) };
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
	leases_open(run->gateway, place->dir, &run->leases);
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

static bool there_is(struct place *place, const char *name)
{
	struct stat found;

	return stat(place_path(place, name), &found) == 0;
}

static void whoever_comes_again_after_a_restart_has_the_same_address(void **state)
{
	struct place place;
	struct run run;
	struct pool_lease *a, *b, *c, *d;

	(void)state;
	place_begin(&place);
	begin(&run, &place, CONF);
	assert_null(strstr(run.said, "clients")); /* no file is no news */
	a = lease(&run, "@a", AF_INET, "10.9.0.1");
	b = lease(&run, "CN=b, O=Example", AF_INET, "10.9.0.2");
	c = lease(&run, "@c", AF_INET6, "2001:db8::1");
	pool_lease_release(a);
	pool_lease_release(b);
	pool_lease_release(c);
	end(&run);
	begin(&run, &place, CONF);
	assert_non_null(strstr(run.said, "3 clients of an earlier run are kept for them"));
	d = lease(&run, "@d", AF_INET, "10.9.0.3"); /* a stranger gets none of these */
	b = lease(&run, "CN=b, O=Example", AF_INET, "10.9.0.2");
	a = lease(&run, "@a", AF_INET, "10.9.0.1");
	c = lease(&run, "@c", AF_INET6, "2001:db8::1");
	pool_lease_release(a);
	pool_lease_release(b);
	pool_lease_release(c);
	pool_lease_release(d);
	end(&run);
	place_end(&place);
}

static void a_crash_costs_a_moment_only(void **state)
{
	struct place place;
	struct run run;
	struct pool_lease *a;
	struct stat found;

	(void)state;
	place_begin(&place);
	begin(&run, &place, CONF);
	a = lease(&run, "@a", AF_INET, "10.9.0.1");
	a = pool_lease_hold(a);
	world_run(run.world, USEC_PER_SEC / 4);
	assert_int_equal(stat(place_path(&place, "leases.journal"), &found), 0);
	assert_int_equal(found.st_mode & 0777, 0600);
	assert_int_equal(unlink(place_path(&place, "leases.journal")), 0);
	world_run(run.world, 60 * USEC_PER_SEC); /* nothing changes: nothing is written */
	assert_false(there_is(&place, "leases.journal"));
	pool_lease_release(a);
	pool_lease_release(a);
	pool_lease_release(lease(&run, "@b", AF_INET, "10.9.0.2"));
	world_run(run.world, USEC_PER_SEC / 4);
	pool_lease_release(lease(&run, "@c", AF_INET, "10.9.0.3"));
	world_run(run.world, USEC_PER_SEC / 4);
	assert_false(there_is(&place, "leases"));
	end_without_a_word(&run);
	begin(&run, &place, CONF);
	assert_non_null(strstr(run.said, "3 clients"));
	world_run(run.world, USEC_PER_SEC / 4); /* a new beginning */
	assert_true(there_is(&place, "leases"));
	assert_false(there_is(&place, "leases.journal"));
	pool_lease_release(lease(&run, "@d", AF_INET, "10.9.0.4"));
	pool_lease_release(lease(&run, "@b", AF_INET, "10.9.0.2"));
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.1"));
	end(&run);
	assert_false(there_is(&place, "leases.journal"));
	place_end(&place);
}

#define FEW                                                                                        \
	"conn t\n\tleft=192.0.2.1\n\tright=%any\n\tleftsubnet=10.2.0.0/24\n\tauthby=secret\n"      \
	"\tauto=add\n\trightaddresspool=10.9.0.1-10.9.0.2\n"

/* The address goes to another client, and its first one gets another. */
static void of_an_address_the_last_owner_counts(void **state)
{
	struct place place;
	struct run run;

	(void)state;
	place_begin(&place);
	begin(&run, &place, FEW);
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.1"));
	pool_lease_release(lease(&run, "@b", AF_INET, "10.9.0.2"));
	end(&run);
	begin(&run, &place, FEW);
	pool_lease_release(lease(&run, "@c", AF_INET, "10.9.0.1"));
	world_run(run.world, USEC_PER_SEC / 4);
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.2"));
	world_run(run.world, USEC_PER_SEC / 4);
	end_without_a_word(&run);
	begin(&run, &place, FEW);
	assert_non_null(strstr(run.said, "2 clients"));
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.2"));
	pool_lease_release(lease(&run, "@c", AF_INET, "10.9.0.1"));
	end(&run);
	place_end(&place);
}

/* Half of what was being written is there. */
static void a_journal_that_a_crash_cut_counts_up_to_there(void **state)
{
	struct place place;
	struct run run;
	struct stat found;

	(void)state;
	place_begin(&place);
	begin(&run, &place, CONF);
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.1"));
	world_run(run.world, USEC_PER_SEC / 4);
	pool_lease_release(lease(&run, "@b", AF_INET, "10.9.0.2"));
	world_run(run.world, USEC_PER_SEC / 4);
	end_without_a_word(&run);
	assert_int_equal(stat(place_path(&place, "leases.journal"), &found), 0);
	assert_int_equal(truncate(place_path(&place, "leases.journal"), found.st_size - 1), 0);
	begin(&run, &place, CONF);
	assert_non_null(strstr(run.said, "1 clients"));
	pool_lease_release(lease(&run, "@b", AF_INET, "10.9.0.2"));
	world_run(run.world, USEC_PER_SEC / 4);
	end_without_a_word(&run);
	begin(&run, &place, CONF);
	assert_non_null(strstr(run.said, "2 clients"));
	end(&run);
	place_end(&place);
}

/* Many: in slices, and what changes meanwhile does no harm. */
static void a_thousand_are_written_and_read(void **state)
{
	static const char conf[] =
		"conn t\n\tleft=192.0.2.1\n\tright=%any\n\tleftsubnet=10.2.0.0/24\n"
		"\tauthby=secret\n\tauto=add\n\trightaddresspool=10.16.0.0/16\n";
	struct place place;
	struct run run;

	(void)state;
	place_begin(&place);
	begin(&run, &place, conf);
	for (unsigned i = 1; i <= 2000; i++) {
		char id[32], address[32];
		(void)snprintf(id, sizeof(id), "@client%u.example", i);
		(void)snprintf(address, sizeof(address), "10.16.%u.%u", i / 256, i % 256);
		pool_lease_release(lease(&run, id, AF_INET, address));
	}
	world_run(run.world, USEC_PER_SEC); /* too many for the journal */
	assert_false(there_is(&place, "leases.journal"));
	pool_lease_release(lease(&run, "@last.example", AF_INET, "10.16.7.209"));
	world_run(run.world, USEC_PER_SEC);
	assert_true(there_is(&place, "leases.journal"));
	end_without_a_word(&run);
	begin(&run, &place, conf);
	assert_non_null(strstr(run.said, "2001 clients"));
	pool_lease_release(lease(&run, "@client1999.example", AF_INET, "10.16.7.207"));
	end(&run);
	place_end(&place);
}

static void a_pool_that_is_gone_takes_its_leases_along(void **state)
{
	static const char other[] =
		"conn t\n\tleft=192.0.2.1\n\tright=%any\n\tleftsubnet=10.2.0.0/24\n"
		"\tauthby=secret\n\tauto=add\n\trightaddresspool=10.8.0.0/24\n";
	struct place place;
	struct run run;

	(void)state;
	place_begin(&place);
	begin(&run, &place, CONF);
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.1"));
	end(&run);
	begin(&run, &place, other);
	assert_non_null(strstr(run.said, "0 clients"));
	pool_lease_release(lease(&run, "@b", AF_INET, "10.8.0.1"));
	end(&run);
	place_end(&place);
}

/* Every byte altered, every length: it is told and ignored, or (never) what it was. */
static void a_damaged_file_is_told_and_ignored(void **state)
{
	char bytes[2000], path[128];
	struct place place;
	struct run run;
	size_t len;
	FILE *file;

	(void)state;
	place_begin(&place);
	begin(&run, &place, CONF);
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.1"));
	end(&run);
	(void)snprintf(path, sizeof(path), "%s", place_path(&place, "leases"));
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
		begin(&run, &place, CONF);
		assert_non_null(strstr(run.said, "leases is damaged: it is ignored"));
		pool_lease_release(lease(&run, "@b", AF_INET, "10.9.0.1"));
		end_without_a_word(&run);
	}
	place_end(&place);
}

static void what_others_can_write_is_not_believed(void **state)
{
	struct place place;
	struct run run;

	(void)state;
	place_begin(&place);
	begin(&run, &place, CONF);
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.1"));
	end(&run);
	assert_int_equal(chmod(place_path(&place, "leases"), 0666), 0);
	begin(&run, &place, CONF);
	assert_non_null(strstr(run.said, "others can write it: it is ignored"));
	end(&run);
	assert_int_equal(unlink(place_path(&place, "leases")), 0);
	assert_int_equal(mkdir(place_path(&place, "leases"), 0700), 0);
	begin(&run, &place, CONF);
	assert_non_null(strstr(run.said, "is not a file"));
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.1"));
	world_run(run.world, 6 * USEC_PER_SEC);
	assert_non_null(strstr(run.said, "leases will not outlive a restart: cannot rename"));
	end(&run);
	assert_int_equal(rmdir(place_path(&place, "leases")), 0);
	place_end(&place);
}

/* The last word is the last, though a worker was about to write. */
static void it_closes_while_a_worker_is_to_write(void **state)
{
	struct place place;
	struct run run;

	(void)state;
	place_begin(&place);
	begin(&run, &place, CONF);
	world_hold_jobs(run.world, true);
	pool_lease_release(lease(&run, "@a", AF_INET, "10.9.0.1"));
	world_run(run.world, 6 * USEC_PER_SEC);
	assert_int_equal(world_jobs_waiting(run.world), 1);
	pool_lease_release(lease(&run, "@b", AF_INET, "10.9.0.2"));
	end(&run);
	begin(&run, &place, CONF);
	assert_non_null(strstr(run.said, "2 clients"));
	end(&run);
	place_end(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whoever_comes_again_after_a_restart_has_the_same_address),
		cmocka_unit_test(a_crash_costs_a_moment_only),
		cmocka_unit_test(of_an_address_the_last_owner_counts),
		cmocka_unit_test(a_journal_that_a_crash_cut_counts_up_to_there),
		cmocka_unit_test(a_thousand_are_written_and_read),
		cmocka_unit_test(a_pool_that_is_gone_takes_its_leases_along),
		cmocka_unit_test(a_damaged_file_is_told_and_ignored),
		cmocka_unit_test(what_others_can_write_is_not_believed),
		cmocka_unit_test(it_closes_while_a_worker_is_to_write),
	};

	return cmocka_run_group_tests(tests, place_crypto_open, place_crypto_close);
}
