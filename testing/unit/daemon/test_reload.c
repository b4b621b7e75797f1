/* SPDX-License-Identifier: Apache-2.0 */
#include "daemon/private.h"
#include "kernel/simulated.h"
#include "unit/daemon/place.h"
#include "unit/x509/key_texts.h"

#define CONN(name, rest)                                                                           \
	"conn " name "\n\tleft=127.0.0.1\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n" rest
#define HANGS_AFTER 60

struct asking {
	struct control_wait wait;
	struct scene *scene;
	unsigned done;
	enum rc rc;
	struct diag diag;
	struct gateway_reload_report report;
	bool has_config;
};

struct scene {
	struct place place;
	struct daemon_options options;
	struct daemon daemon;
	unsigned reloads; /* by the log */
	unsigned cas;	  /* warnings about a ca section */
	unsigned waiting;
	struct asking asking[4];
};

static void write_line(void *context, enum log_level level, const struct log_subject *subject,
		       const char *text)
{
	struct scene *scene = context;

	(void)level;
	(void)subject;
	scene->reloads += strstr(text, "configuration read again") != NULL;
	scene->cas += strstr(text, "ca office is not trusted: ") != NULL &&
		      strstr(text, "ipsec.d/cacerts/office.pem") != NULL;
}

static void on_done(struct control_wait *wait, enum rc rc, const struct diag *diag)
{
	struct asking *asking = container_of(wait, struct asking, wait);

	asking->done++;
	asking->rc = rc;
	asking->diag = *diag;
	asking->has_config = wait->config != NULL;
	if (wait->report != NULL)
		asking->report = *wait->report;
	if (--asking->scene->waiting == 0)
		host_real_stop(asking->scene->daemon.host);
}

static struct control_wait *asks(struct scene *scene, unsigned who)
{
	scene->asking[who] = (struct asking){ .wait.done = on_done, .scene = scene };
	scene->waiting++;
	return &scene->asking[who].wait;
}

static void write_conf(struct scene *scene, const char *conf)
{
	(void)place_file(&scene->place, "ipsec.conf", conf, 0644);
}

static void scene_begin(struct scene *scene, const char *conf)
{
	struct host_real_options options = { .workers = 1 };
	struct log_sink sink = { .write = write_line, .context = scene };
	struct daemon *daemon = &scene->daemon;
	struct config *config = NULL;
	struct diag diag = { "" };

	*scene = (struct scene){ .daemon.lock = -1 };
	(void)alarm(HANGS_AFTER);
	place_begin(&scene->place);
	scene->options.config = place_file(&scene->place, "ipsec.conf", conf, 0644);
	scene->options.secrets =
		place_file(&scene->place, "ipsec.secrets", ": PSK \"secret\"\n", 0600);
	daemon->options = &scene->options;
	daemon->log = log_new(LOG_LEVEL_INFO);
	assert_int_equal(log_add_sink(daemon->log, sink), RC_OK);
	assert_int_equal(host_real_new(&options, &daemon->host, &diag), RC_OK);
	assert_int_equal(kernel_simulated_new(daemon->host, &daemon->kernel), RC_OK);
	assert_int_equal(files_config(daemon, &config, &diag), RC_OK);
	assert_int_equal(gateway_new(daemon->host, daemon->kernel, daemon->log, config, NULL,
				     &daemon->gateway, &diag),
			 RC_OK);
	config_unref(config);
	reload_begin(daemon);
}

static void scene_end(struct scene *scene)
{
	struct daemon *daemon = &scene->daemon;

	for (unsigned i = 0; i < 4; i++) /* as control_free() does */
		list_remove(&scene->asking[i].wait.in_queue);
	reload_end(daemon);
	gateway_free(daemon->gateway);
	kernel_free(daemon->kernel);
	host_real_free(daemon->host);
	log_free(daemon->log);
	place_end(&scene->place);
	(void)alarm(0);
}

static void run(struct scene *scene)
{
	assert_int_equal(host_real_run(scene->daemon.host), RC_OK);
}

static const struct config_conn *conn(struct scene *scene, const char *name)
{
	return peers_conn(&scene->daemon.gateway->peers, name);
}

static void what_is_in_the_files_takes_effect_and_is_counted(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, CONN("a", "") CONN("b", "\tleftid=@b\n"));
	write_conf(&scene, CONN("a", "\tdpddelay=7\n\tdpdtimeout=40\n") CONN("c", "\tleftid=@c\n"));
	reload_all(&scene.daemon, asks(&scene, 0));
	run(&scene);
	assert_int_equal(scene.asking[0].rc, RC_OK);
	assert_int_equal(scene.asking[0].report.updated, 1);
	assert_int_equal(scene.asking[0].report.added, 1);
	assert_int_equal(scene.asking[0].report.removed, 1);
	assert_null(conn(&scene, "b"));
	assert_non_null(conn(&scene, "c"));
	assert_int_equal(conn(&scene, "a")->dpddelay, 7 * USEC_PER_SEC);
	assert_int_equal(secrets_count(scene.daemon.gateway->secrets), 1);
	scene_end(&scene);
}

static void a_bad_file_changes_nothing_and_says_where(void **state)
{
	struct scene scene;

	(void)state;
	scene_begin(&scene, CONN("a", ""));
	const struct config *before = scene.daemon.gateway->config;
	write_conf(&scene, CONN("b", "\tesp=aes265\n"));
	reload_all(&scene.daemon, asks(&scene, 0));
	run(&scene);
	assert_int_equal(scene.asking[0].rc, RC_SYNTAX);
	assert_non_null(strstr(scene.asking[0].diag.text, "ipsec.conf:6:"));
	write_conf(&scene, CONN("b", ""));
	(void)place_file(&scene.place, "ipsec.secrets", ": PSX \"secret\"\n", 0600);
	reload_all(&scene.daemon, asks(&scene, 0));
	reload_secrets(&scene.daemon, asks(&scene, 1));
	run(&scene);
	for (unsigned i = 0; i < 2; i++)
		assert_non_null(strstr(scene.asking[i].diag.text, "ipsec.secrets:1:"));
	assert_ptr_equal(scene.daemon.gateway->config, before);
	assert_null(scene.daemon.gateway->secrets);
	assert_non_null(conn(&scene, "a"));
	assert_null(conn(&scene, "b"));
	assert_int_equal(scene.reloads, 0);
	scene_end(&scene);
}

/* Somebody who asks when another one's files are being read. */
struct late {
	struct deferred deferred;
	struct scene *scene;
	unsigned asked;
};

static void ask_late(struct deferred *deferred)
{
	struct late *late = container_of(deferred, struct late, deferred);
	struct scene *scene = late->scene;

	if (scene->daemon.reading == NULL && scene->asking[0].done == 0) {
		scene->daemon.host->ops->defer(scene->daemon.host, deferred);
		return;
	}
	late->asked += scene->asking[0].done == 0;
	reload_all(&scene->daemon, asks(scene, 1));
	reload_all(&scene->daemon, asks(scene, 2));
	reload_read(&scene->daemon, asks(scene, 3));
}

static void who_comes_later_waits_for_the_next_reading_all_for_the_same(void **state)
{
	struct scene scene;
	struct late late = { .deferred.run = ask_late, .scene = &scene };

	(void)state;
	scene_begin(&scene, CONN("a", ""));
	reload_all(&scene.daemon, asks(&scene, 0));
	scene.daemon.host->ops->defer(scene.daemon.host, &late.deferred);
	run(&scene);
	assert_int_equal(late.asked, 1);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(scene.asking[i].done, 1);
		assert_int_equal(scene.asking[i].rc, RC_OK);
	}
	assert_true(scene.asking[3].has_config);
	assert_int_equal(scene.reloads, 2);
	scene_end(&scene);
}

static void the_end_may_come_at_any_time(void **state)
{
	struct scene scene;

	(void)state;
	/* before it is read, and while it is */
	for (unsigned reading = 0; reading < 2; reading++) {
		scene_begin(&scene, CONN("a", ""));
		reload_all(&scene.daemon, asks(&scene, 0));
		reload_hup(&scene.daemon);
		reload_hup(&scene.daemon);
		if (reading != 0)
			scene.daemon.next.run(&scene.daemon.next);
		scene_end(&scene); /* the leak checker tells */
		assert_int_equal(scene.asking[0].done, 0);
	}
	/* when it takes effect */
	scene_begin(&scene, CONN("a", ""));
	reload_all(&scene.daemon, asks(&scene, 0));
	reload_secrets(&scene.daemon, asks(&scene, 1));
	list_remove(&scene.asking[0].wait.in_queue); /* that client has gone */
	scene.waiting = 1;
	run(&scene);
	assert_int_equal(scene.asking[0].done, 0);
	scene_end(&scene);
}

static void keys_are_read_on_a_worker_and_conns_stay(void **state)
{
	struct scene scene;
	const struct x509_trust *before;

	(void)state;
	scene_begin(&scene, CONN("a", ""));
	before = keyring_trust(scene.daemon.gateway->keyring);
	reload_keys(&scene.daemon, asks(&scene, 0));
	reload_keys(&scene.daemon, asks(&scene, 1));
	assert_ptr_equal(keyring_trust(scene.daemon.gateway->keyring), before);
	run(&scene);
	assert_int_equal(scene.asking[0].rc, RC_OK);
	assert_int_equal(scene.asking[1].rc, RC_OK);
	assert_ptr_not_equal(keyring_trust(scene.daemon.gateway->keyring), before);
	assert_non_null(conn(&scene, "a"));
	assert_int_equal(scene.reloads, 0);
	scene_end(&scene);
}

/* At start, with the configuration, and by itself with the one that is in force. */
static void the_ca_sections_are_read_whenever_the_cas_are(void **state)
{
	static const char conf[] = CONN("a", "") "ca office\n\tcacert=office.pem\n\tauto=add\n";
	struct scene scene;

	(void)state;
	scene_begin(&scene, conf);
	assert_int_equal(scene.cas, 1);
	reload_keys(&scene.daemon, asks(&scene, 0));
	run(&scene);
	assert_int_equal(scene.asking[0].rc, RC_OK);
	assert_int_equal(scene.cas, 2);
	reload_all(&scene.daemon, asks(&scene, 0));
	run(&scene);
	assert_int_equal(scene.asking[0].rc, RC_OK);
	assert_int_equal(scene.asking[0].report.unchanged, 1);
	assert_int_equal(scene.cas, 3);
	write_conf(&scene, CONN("a", ""));
	reload_all(&scene.daemon, asks(&scene, 0));
	run(&scene);
	assert_int_equal(scene.cas, 3);
	scene_end(&scene);
}

static void put(struct scene *scene, const char *name, const char *text)
{
	(void)place_file(&scene->place, name, text, 0600);
}

static struct private_key *own_key(struct scene *scene)
{
	struct credential *credential = NULL;
	struct diag diag = { "" };

	if (keyring_credential(scene->daemon.gateway->keyring, &conn(scene, "f")->left, &credential,
			       &diag) == RC_OK)
		return credential->key;
	assert_non_null(strstr(diag.text, "is encrypted"));
	return NULL;
}

static enum rc ask(struct scene *scene, void (*what)(void *daemon, struct control_wait *wait))
{
	what(&scene->daemon, asks(scene, 0));
	run(scene);
	return scene->asking[0].rc;
}

/* leftcert= in ipsec.d/certs, its key in ipsec.d/private under a passphrase of ipsec.secrets. */
static void keys_in_files_are_read_whenever_their_passphrases_may_be_others(void **state)
{
	static const char opens[] = ": PKCS8 gwKey.pem \"sesame\"\n";
	static const char conf[] = "conn f\n\tleft=127.0.0.1\n\tright=192.0.2.2\n\tauthby=ecdsa\n"
				   "\tleftcert=gwCert.pem\n\tauto=add\n";
	struct private_key *key;
	struct scene scene;

	(void)state;
	scene_begin(&scene, CONN("a", ""));
	assert_int_equal(mkdir(place_path(&scene.place, "ipsec.d"), 0700), 0);
	assert_int_equal(mkdir(place_path(&scene.place, "ipsec.d/certs"), 0700), 0);
	assert_int_equal(mkdir(place_path(&scene.place, "ipsec.d/private"), 0700), 0);
	put(&scene, "ipsec.d/certs/gwCert.pem", key_certificate);
	put(&scene, "ipsec.d/private/gwKey.pem", key_aes128);
	write_conf(&scene, conf);
	assert_int_equal(ask(&scene, reload_all), RC_OK);
	assert_null(own_key(&scene));
	put(&scene, "ipsec.secrets", opens);
	assert_int_equal(ask(&scene, reload_secrets), RC_OK);
	key = own_key(&scene);
	assert_non_null(key);
	assert_int_equal(ask(&scene, reload_keys), RC_OK);
	assert_ptr_equal(own_key(&scene), key);
	assert_int_equal(ask(&scene, reload_all), RC_OK);
	assert_ptr_equal(own_key(&scene), key);
	put(&scene, "ipsec.secrets", ": RSA\n"); /* broken */
	assert_int_equal(ask(&scene, reload_secrets), RC_SYNTAX);
	assert_int_equal(ask(&scene, reload_keys), RC_OK);
	assert_int_equal(ask(&scene, reload_read), RC_OK);
	assert_ptr_equal(own_key(&scene), key);
	put(&scene, "ipsec.secrets", opens);
	put(&scene, "ipsec.d/private/gwKey.pem", key_des3);
	assert_int_equal(ask(&scene, reload_read), RC_OK);
	assert_ptr_not_equal(own_key(&scene), key);
	scene_end(&scene);
}

/* A conn that "ipsec add" or "ipsec start" brought, or that is not in the file any more. */
static void conns_of_other_readings_keep_their_files(void **state)
{
	static const char with[] = CONN("a", "") "conn f\n\tleft=127.0.0.1\n\tright=192.0.2.3\n"
						 "\tauthby=ecdsa\n\tleftcert=gwCert.pem\n";
	struct config_end end = { .cert = (char *)(uintptr_t) "gwCert.pem" };
	struct credential *credential = NULL;
	struct diag diag = { "" };
	struct scene scene;

	(void)state;
	scene_begin(&scene, CONN("a", ""));
	assert_int_equal(mkdir(place_path(&scene.place, "ipsec.d"), 0700), 0);
	assert_int_equal(mkdir(place_path(&scene.place, "ipsec.d/certs"), 0700), 0);
	assert_int_equal(mkdir(place_path(&scene.place, "ipsec.d/private"), 0700), 0);
	put(&scene, "ipsec.d/certs/gwCert.pem", key_certificate);
	put(&scene, "ipsec.d/private/gwKey.pem", key_plain);
	write_conf(&scene, with);
	assert_int_equal(ask(&scene, reload_read), RC_OK); /* ipsec add f */
	for (unsigned i = 0; i < 3; i++) {
		struct keyring *keyring = scene.daemon.gateway->keyring;
		if (i == 1)
			assert_int_equal(ask(&scene, reload_secrets), RC_OK);
		if (i == 2) {
			write_conf(&scene, CONN("a", ""));
			assert_int_equal(ask(&scene, reload_read), RC_OK);
		}
		if (keyring_credential(keyring, &end, &credential, &diag) != RC_OK)
			fail_msg("%u: %s", i, diag.text);
	}
	assert_int_equal(ask(&scene, reload_all), RC_OK); /* now it is nobody's */
	assert_int_equal(
		keyring_credential(scene.daemon.gateway->keyring, &end, &credential, &diag),
		RC_AUTH_FAILED);
	scene_end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ca_sections_are_read_whenever_the_cas_are),
		cmocka_unit_test(what_is_in_the_files_takes_effect_and_is_counted),
		cmocka_unit_test(a_bad_file_changes_nothing_and_says_where),
		cmocka_unit_test(who_comes_later_waits_for_the_next_reading_all_for_the_same),
		cmocka_unit_test(the_end_may_come_at_any_time),
		cmocka_unit_test(keys_are_read_on_a_worker_and_conns_stay),
		cmocka_unit_test(keys_in_files_are_read_whenever_their_passphrases_may_be_others),
		cmocka_unit_test(conns_of_other_readings_keep_their_files),
	};

	return cmocka_run_group_tests(tests, place_crypto_open, place_crypto_close);
}
