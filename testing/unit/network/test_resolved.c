/* SPDX-License-Identifier: Apache-2.0 */
/* Name servers by systemd-resolved: this test is the bus and resolved in one, at the other end of a
 * pair of sockets. */
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>
#include "network/private.h"
#include "network/simulated.h"
#include "unit/host/netns.h"
#include "unit/kernel/fake_host.h"
#include "unit/test.h"

struct scene {
	struct fake_host host;
	struct host_ops ops;
	struct network *network;
	struct network_user *user;
	sd_bus *server;
	bool absent;	    /* resolved does not run */
	uint32_t pid;	    /* that it has */
	const char *refuse; /* a method that it refuses */
	char told[1024];    /* what it was told, in order */
};

/* ---- the program resolvconf ---- */

static char program[80];

static struct spawn *fake_spawn(struct host *host, const struct spawn_request *request,
				host_spawn_fn fn, void *context)
{
	(void)host;
	(void)fn;
	(void)context;
	(void)snprintf(program, sizeof(program), "%s %s", request->argv[1], request->argv[2]);
	return NULL;
}

static void fake_change(struct host *host, struct watch *watch, unsigned what)
{
	(void)host;
	(void)watch;
	(void)what;
}

/* ---- resolved ---- */

static void tell(struct scene *scene, const char *text)
{
	size_t len = strlen(scene->told);

	(void)snprintf(scene->told + len, sizeof(scene->told) - len, "%s", text);
}

static void read_servers(struct scene *scene, sd_bus_message *message)
{
	assert_true(sd_bus_message_enter_container(message, 'a', "(iay)") > 0);
	while (sd_bus_message_enter_container(message, 'r', "iay") > 0) {
		const void *bytes;
		int32_t family;
		size_t len;
		struct ip_addr addr;
		char text[IP_TEXT_MAX + 1];
		assert_true(sd_bus_message_read(message, "i", &family) > 0);
		assert_true(sd_bus_message_read_array(message, 'y', &bytes, &len) > 0);
		assert_int_equal(ip_from_bytes(span_make(bytes, len), &addr), RC_OK);
		assert_int_equal(addr.family, family);
		tell(scene, " ");
		tell(scene, ip_text(&addr, text));
		assert_true(sd_bus_message_exit_container(message) >= 0);
	}
}

static void read_domains(struct scene *scene, sd_bus_message *message)
{
	const char *domain;
	int route_only;

	assert_true(sd_bus_message_enter_container(message, 'a', "(sb)") > 0);
	while (sd_bus_message_read(message, "(sb)", &domain, &route_only) > 0) {
		tell(scene, route_only ? " ~" : " ");
		tell(scene, domain);
	}
}

static void read_link_call(struct scene *scene, sd_bus_message *message, const char *method)
{
	char text[64];
	int32_t index;
	int yes;

	assert_true(sd_bus_message_read(message, "i", &index) > 0);
	(void)snprintf(text, sizeof(text), "%s %d", method, index);
	tell(scene, text);
	if (strcmp(method, "SetLinkDNS") == 0)
		read_servers(scene, message);
	else if (strcmp(method, "SetLinkDomains") == 0)
		read_domains(scene, message);
	else if (strcmp(method, "SetLinkDefaultRoute") == 0) {
		assert_true(sd_bus_message_read(message, "b", &yes) > 0);
		tell(scene, yes ? " yes" : " no");
	}
	tell(scene, "\n");
}

static int served(sd_bus_message *message, void *context, sd_bus_error *error)
{
	struct scene *scene = context;
	const char *method = sd_bus_message_get_member(message);

	(void)error;
	if (method == NULL)
		return 0;
	if (strcmp(method, "Hello") == 0)
		return sd_bus_reply_method_return(message, "s", ":1.86");
	if (strcmp(method, "GetConnectionUnixProcessID") == 0 && scene->absent)
		return sd_bus_reply_method_errorf(
			message, "org.freedesktop.DBus.Error.NameHasNoOwner", "nobody");
	if (strcmp(method, "GetConnectionUnixProcessID") == 0)
		return sd_bus_reply_method_return(message, "u", scene->pid);
	assert_string_equal(sd_bus_message_get_interface(message),
			    "org.freedesktop.resolve1.Manager");
	if (scene->refuse != NULL && strcmp(method, scene->refuse) == 0)
		return sd_bus_reply_method_errorf(message, "org.freedesktop.resolve1.LinkBusy",
						  "Link is managed.");
	read_link_call(scene, message, method);
	return sd_bus_reply_method_return(message, NULL);
}

static void give_bus(struct scene *scene)
{
	sd_id128_t id = { .bytes = { 86 } };
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends),
			 0);
	assert_true(sd_bus_new(&scene->server) >= 0);
	assert_true(sd_bus_set_fd(scene->server, ends[1], ends[1]) >= 0);
	assert_true(sd_bus_set_server(scene->server, 1, id) >= 0);
	assert_true(sd_bus_start(scene->server) >= 0);
	assert_true(sd_bus_add_filter(scene->server, NULL, served, scene) >= 0);
	scene->network->bus_fd = ends[0];
}

static void hang_up(struct scene *scene)
{
	sd_bus_close_unref(scene->server);
	scene->server = NULL;
}

/* Until nothing moves any more. */
static void play(struct scene *scene)
{
	for (unsigned i = 0; i < 40; i++) {
		fake_turn(&scene->host);
		while (scene->server != NULL && sd_bus_process(scene->server, NULL) > 0)
			;
	}
}

/* ---- scenes ---- */

static void settled(void *context, unsigned failed, const struct diag *diag)
{
	(void)context;
	(void)diag;
	assert_int_equal(failed, 0);
}

static void begin(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	program[0] = '\0';
	fake_host_init(&scene->host);
	scene->ops = fake_ops;
	scene->ops.spawn = fake_spawn;
	scene->ops.watch_change = fake_change;
	scene->host.host.ops = &scene->ops;
	assert_int_equal(network_simulated_new(&scene->host.host, NULL, &scene->network), RC_OK);
	give_bus(scene);
	scene->user = network_user_new(scene->network, settled, scene);
	assert_non_null(scene->user);
}

static void end(struct scene *scene)
{
	network_user_free(scene->user);
	network_free(scene->network);
	if (scene->server != NULL)
		hang_up(scene);
}

static struct network_dns servers(const char *device, const char *domains)
{
	struct network_dns dns = { .count = 2, .domains = domains };

	(void)snprintf(dns.device, sizeof(dns.device), "%s", device);
	assert_int_equal(ip_parse("10.9.0.7", &dns.source), RC_OK);
	assert_int_equal(ip_parse("10.1.0.53", &dns.servers[0]), RC_OK);
	assert_int_equal(ip_parse("fd00::53", &dns.servers[1]), RC_OK);
	return dns;
}

static void set(struct scene *scene, const struct network_dns *dns)
{
	scene->told[0] = '\0';
	assert_int_equal(network_user_dns(scene->user, dns), RC_OK);
	play(scene);
}

static const struct network_object ipsec1 = { .kind = NETWORK_LINK,
					      .device = "ipsec1",
					      .if_id = 1 };

/* The tunnel has an interface. */
static void use_ipsec1(struct scene *scene)
{
	struct network_plan plan = { .count = 0 };

	network_plan_add(&plan, &ipsec1);
	assert_int_equal(network_user_set(scene->user, &plan), RC_OK);
	play(scene);
}

static void they_are_set_on_a_link_of_their_own_which_goes_with_them(void **state)
{
	struct network_dns dns = servers("eth0", NULL);
	struct network_object address = { .kind = NETWORK_ADDRESS, .device = "vanth0", .len = 32 };
	struct scene scene;

	(void)state;
	begin(&scene);
	address.addr = dns.source;
	set(&scene, &dns);
	assert_string_equal(scene.told, "SetLinkDNS 2 10.1.0.53 fd00::53\n"
					"SetLinkDomains 2 ~.\nSetLinkDefaultRoute 2 yes\n");
	assert_true(network_owns_link(scene.network, "vanth0"));
	assert_true(network_simulated_has(scene.network, &address));
	assert_false(network_busy(scene.network));
	set(&scene, &dns); /* they are there already */
	assert_string_equal(scene.told, "");
	set(&scene, NULL);
	assert_string_equal(scene.told, "");
	assert_int_equal(network_simulated_count(scene.network, NETWORK_LINK), 0);
	assert_string_equal(program, "");
	end(&scene);
}

static void with_domains_they_are_asked_for_these_only(void **state)
{
	struct network_dns dns = servers("eth0", "a.example b.example");
	struct scene scene;

	(void)state;
	begin(&scene);
	set(&scene, &dns);
	assert_non_null(strstr(scene.told, "SetLinkDomains 2 a.example b.example\n"
					   "SetLinkDefaultRoute 2 no\n"));
	dns = servers("eth0", "c.example");
	set(&scene, &dns); /* the same link */
	assert_non_null(strstr(scene.told, "SetLinkDomains 2 c.example\n"));
	assert_int_equal(network_simulated_count(scene.network, NETWORK_LINK), 1);
	end(&scene);
}

static void tunnels_own_interface_is_used_and_reverted(void **state)
{
	struct network_dns dns = servers("ipsec1", NULL);
	struct scene scene;

	(void)state;
	begin(&scene);
	use_ipsec1(&scene);
	set(&scene, &dns);
	assert_non_null(strstr(scene.told, "SetLinkDNS 2 "));
	assert_int_equal(network_simulated_count(scene.network, NETWORK_LINK), 1);
	set(&scene, NULL);
	assert_string_equal(scene.told, "RevertLink 2\n");
	end(&scene);
}

/* A link has one setting: what another tunnel on it has is set when this one goes. */
static void who_shares_the_interface_keeps_its_name_servers(void **state)
{
	struct network_dns first = servers("ipsec1", NULL), second = servers("ipsec1", "b.example");
	struct network_user *other;
	struct scene scene;

	(void)state;
	begin(&scene);
	use_ipsec1(&scene);
	set(&scene, &first);
	other = network_user_new(scene.network, NULL, NULL);
	assert_int_equal(network_user_dns(other, &second), RC_OK);
	play(&scene);
	set(&scene, NULL);
	assert_null(strstr(scene.told, "RevertLink"));
	assert_non_null(strstr(scene.told, "SetLinkDomains 2 b.example\n"));
	scene.told[0] = '\0';
	assert_int_equal(network_user_dns(other, NULL), RC_OK);
	play(&scene);
	assert_string_equal(scene.told, "RevertLink 2\n");
	network_user_free(other);
	end(&scene);
}

/* Its server gives another address at reauthentication: they are asked from that one. */
static void they_follow_the_address_that_they_are_asked_from(void **state)
{
	struct network_dns dns = servers("eth0", NULL);
	struct network_object address = { .kind = NETWORK_ADDRESS, .device = "vanth0", .len = 32 };
	struct scene scene;

	(void)state;
	begin(&scene);
	set(&scene, &dns);
	address.addr = dns.source;
	assert_true(network_simulated_has(scene.network, &address));
	assert_int_equal(ip_parse("10.9.0.8", &dns.source), RC_OK);
	set(&scene, &dns);
	assert_false(network_simulated_has(scene.network, &address));
	address.addr = dns.source;
	assert_true(network_simulated_has(scene.network, &address));
	end(&scene);
}

static void link_named_like_ours_is_never_touched(void **state)
{
	struct network_object link = { .kind = NETWORK_LINK, .device = "vanth0" };
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	begin(&scene);
	assert_true(network_simulated_put(scene.network, &link));
	set(&scene, &dns);
	assert_null(strstr(scene.told, "SetLink"));
	end(&scene);
}

static void link_of_somebody_else_is_never_touched(void **state)
{
	struct network_dns dns = servers("ipsec1", NULL);
	struct scene scene;

	(void)state;
	begin(&scene);
	assert_true(network_simulated_put(scene.network, &ipsec1));
	use_ipsec1(&scene);
	set(&scene, &dns);
	assert_non_null(strstr(scene.told, "SetLinkDNS 3 "));
	assert_true(network_owns_link(scene.network, "vanth0"));
	end(&scene);
}

static void without_resolved_it_is_the_program(void **state)
{
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.absent = true;
	set(&scene, &dns);
	assert_string_equal(scene.told, "");
	assert_string_equal(program, "-a eth0.vanth0");
	assert_int_equal(network_simulated_count(scene.network, NETWORK_LINK), 0);
	end(&scene);
}

static void what_resolved_refuses_the_program_gets(void **state)
{
	static const char *const methods[] = { "SetLinkDNS", "SetLinkDomains",
					       "SetLinkDefaultRoute" };
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	for (unsigned i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		begin(&scene);
		scene.refuse = methods[i];
		set(&scene, &dns);
		assert_string_equal(program, "-a eth0.vanth0");
		assert_int_equal(network_simulated_count(scene.network, NETWORK_LINK), 0);
		assert_false(network_busy(scene.network));
		end(&scene);
	}
}

/* What the program is there: a link to resolved's own, as Debian installs it. */
static void resolvconf_of_resolved_is_never_run(void **state)
{
	char folder[] = "/tmp/vanth-programs-XXXXXX", script[200];
	const char *const folders[] = { folder, NULL };
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(script, sizeof(script),
		       "cd %s; touch resolvectl; chmod 755 resolvectl; ln -s resolvectl resolvconf",
		       folder);
	netns_do(script);
	begin(&scene);
	scene.network->program_folders = folders;
	scene.refuse = "SetLinkDNS";
	set(&scene, &dns);
	assert_string_equal(program, "");
	assert_false(network_busy(scene.network));
	set(&scene, NULL);
	assert_string_equal(program, "");
	dns = servers("eth0", "a.example"); /* and any other is */
	(void)snprintf(script, sizeof(script),
		       "cd %s; mv resolvectl openresolv; ln -sf openresolv resolvconf", folder);
	netns_do(script);
	set(&scene, &dns);
	assert_string_equal(program, "-a eth0.vanth0");
	end(&scene);
	(void)snprintf(script, sizeof(script), "rm -r %s", folder);
	netns_do(script);
}

/* It was being started anew. */
static void resolved_that_comes_later_has_them_too(void **state)
{
	char folder[] = "/tmp/vanth-programs-XXXXXX", script[200];
	const char *const folders[] = { folder, NULL };
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	assert_non_null(mkdtemp(folder));
	(void)snprintf(script, sizeof(script),
		       "cd %s; touch resolvectl; chmod 755 resolvectl; ln -s resolvectl resolvconf",
		       folder);
	netns_do(script);
	begin(&scene);
	scene.network->program_folders = folders;
	scene.absent = true;
	set(&scene, &dns);
	assert_string_equal(scene.told, "");
	scene.absent = false;
	set(&scene, &dns); /* as with each Child SA that comes up */
	assert_non_null(strstr(scene.told, "SetLinkDNS "));
	assert_string_equal(program, "");
	end(&scene);
	(void)snprintf(script, sizeof(script), "rm -r %s", folder);
	netns_do(script);
}

/* It has no socket for links in ours. */
static void resolved_in_another_network_namespace_is_not_asked(void **state)
{
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	begin(&scene);
	scene.network->netlink_table = "/proc/self/net/netlink";
	scene.pid = 4194305; /* more than Linux gives */
	set(&scene, &dns);
	assert_string_equal(scene.told, "");
	assert_string_equal(program, "-a eth0.vanth0");
	end(&scene);
}

static void resolved_in_our_network_namespace_is_asked(void **state)
{
	struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	struct network_dns dns = servers("eth0", NULL);
	int links = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct scene scene;

	(void)state;
	assert_int_equal(bind(links, (const struct sockaddr *)&any, sizeof(any)), 0);
	begin(&scene);
	scene.network->netlink_table = "/proc/self/net/netlink";
	scene.pid = (uint32_t)getpid();
	set(&scene, &dns);
	assert_non_null(strstr(scene.told, "SetLinkDNS 2 "));
	assert_string_equal(program, "");
	end(&scene);
	(void)close(links);
}

static void due(void *context, usec_t when)
{
	(void)context;
	(void)when;
}

/* Its own one, or that of the tunnel. */
static void link_that_is_put_back_has_its_name_servers_again(void **state)
{
	static const char *const devices[] = { "eth0", "ipsec1" };
	struct network_object own = { .kind = NETWORK_LINK, .device = "vanth0" };
	struct scene scene;

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		struct network_dns dns = servers(devices[i], NULL);
		begin(&scene);
		network_watch(scene.network, due, NULL);
		use_ipsec1(&scene);
		set(&scene, &dns);
		scene.told[0] = '\0';
		assert_true(network_simulated_take(scene.network, i == 0 ? &own : &ipsec1));
		play(&scene);
		assert_non_null(strstr(scene.told, "SetLinkDNS "));
		assert_non_null(strstr(scene.told, " 10.1.0.53 fd00::53\n"));
		assert_string_equal(program, "");
		set(&scene, NULL);
		assert_int_equal(network_simulated_count(scene.network, NETWORK_LINK), 1);
		end(&scene);
	}
}

static void bus_that_goes_before_it_answers_is_none(void **state)
{
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	begin(&scene);
	assert_int_equal(network_user_dns(scene.user, &dns), RC_OK);
	fake_turn(&scene.host);
	fake_turn(&scene.host);
	assert_true(network_busy(scene.network));
	hang_up(&scene);
	play(&scene);
	assert_string_equal(program, "-a eth0.vanth0");
	assert_false(network_busy(scene.network));
	end(&scene);
}

/* Whatever is under way then, from the first question to the last answer. */
static void they_may_go_at_any_moment(void **state)
{
	struct network_dns dns = servers("eth0", NULL);
	struct scene scene;

	(void)state;
	for (unsigned moment = 0; moment < 12; moment++) {
		begin(&scene);
		assert_int_equal(network_user_dns(scene.user, &dns), RC_OK);
		for (unsigned i = 0; i < moment; i++) {
			fake_turn(&scene.host);
			(void)sd_bus_process(scene.server, NULL);
		}
		network_user_free(scene.user);
		scene.user = NULL;
		if (moment % 2 == 0) {
			play(&scene);
			assert_int_equal(network_simulated_count(scene.network, NETWORK_LINK), 0);
			assert_false(network_busy(scene.network));
		}
		assert_string_equal(program, "");
		end(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_are_set_on_a_link_of_their_own_which_goes_with_them),
		cmocka_unit_test(with_domains_they_are_asked_for_these_only),
		cmocka_unit_test(tunnels_own_interface_is_used_and_reverted),
		cmocka_unit_test(link_of_somebody_else_is_never_touched),
		cmocka_unit_test(who_shares_the_interface_keeps_its_name_servers),
		cmocka_unit_test(they_follow_the_address_that_they_are_asked_from),
		cmocka_unit_test(link_named_like_ours_is_never_touched),
		cmocka_unit_test(without_resolved_it_is_the_program),
		cmocka_unit_test(what_resolved_refuses_the_program_gets),
		cmocka_unit_test(resolvconf_of_resolved_is_never_run),
		cmocka_unit_test(resolved_that_comes_later_has_them_too),
		cmocka_unit_test(resolved_in_another_network_namespace_is_not_asked),
		cmocka_unit_test(resolved_in_our_network_namespace_is_asked),
		cmocka_unit_test(link_that_is_put_back_has_its_name_servers_again),
		cmocka_unit_test(bus_that_goes_before_it_answers_is_none),
		cmocka_unit_test(they_may_go_at_any_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
