/* SPDX-License-Identifier: Apache-2.0 */
/* The `ipsec` command against two real daemons on this machine: processes, sockets, files; only the
 * kernel is simulated. West is 127.0.0.1, east 127.0.0.2, on ports of this process. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <jansson.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/secret.h"
#include "unit/traces.h"

#define ARGS_MAX 24

struct programs {
	char ipsec[512], vanth[512];
};

struct scene {
	const struct programs *programs;
	char dir[64];
	unsigned port;
	char output[65536]; /* of the last command, both streams */
};

/* ---- files ---- */

static void write_file(struct scene *scene, const char *name, const char *text, mode_t mode)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%.60s/%.60s", scene->dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (int)strlen(text));
	(void)close(fd);
}

static const char *const setup_text =
	"config setup\n\tikeport=%u\n\tnattport=%u\n\tlisten=127.0.0.%u\n";
static const char *const conn_text =
	"conn %s\n\tleft=127.0.0.1\n\tleftikeport=%u\n\tright=127.0.0.2\n"
	"\trightikeport=%u\n\tleftid=@west\n\trightid=@east\n"
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=%s\n\tauthby=secret\n"
	"\tretransmit-timeout=200ms\n\tauto=add\n";

/* more: conns beside office. */
static void write_conf(struct scene *scene, const char *side, const char *more)
{
	unsigned west = scene->port, east = scene->port + 2;
	bool is_west = strcmp(side, "west") == 0;
	char text[4096], name[32];
	size_t len;

	len = (size_t)snprintf(text, sizeof(text), setup_text, is_west ? west : east,
			       (is_west ? west : east) + 1, is_west ? 1 : 2);
	len += (size_t)snprintf(text + len, sizeof(text) - len, conn_text, "office", west, east,
				"10.2.0.0/24");
	(void)snprintf(text + len, sizeof(text) - len, "%s", more);
	(void)snprintf(name, sizeof(name), "%s.conf", side);
	write_file(scene, name, text, 0644);
}

static int remove_one(const char *path, const struct stat *state, int kind, struct FTW *where)
{
	(void)state;
	(void)kind;
	(void)where;
	return remove(path);
}

/* ---- the command ---- */

static void read_output(struct scene *scene, int fd)
{
	size_t len = 0;
	ssize_t got;

	while (len < sizeof(scene->output) - 1 &&
	       ((got = read(fd, scene->output + len, sizeof(scene->output) - 1 - len)) > 0 ||
		(got < 0 && errno == EINTR)))
		len += got > 0 ? (size_t)got : 0;
	scene->output[len] = '\0';
	(void)close(fd);
}

static int run(struct scene *scene, char **argv)
{
	int ends[2], status;
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)dup2(ends[1], STDERR_FILENO);
		(void)execv(argv[0], argv);
		_exit(127);
	}
	(void)close(ends[1]);
	read_output(scene, ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status))
		fail_msg("%s ended by signal %d: %s", argv[0], WTERMSIG(status), scene->output);
	return WEXITSTATUS(status);
}

/* ipsec, talking to one side's daemon; the arguments end with NULL. */
static int ipsec(struct scene *scene, const char *side, ...)
{
	char control[128], config[128];
	char *argv[ARGS_MAX] = { (char *)(uintptr_t)scene->programs->ipsec, "--ctlsocket", control,
				 "--config", config };
	int count = 5;
	va_list args;

	(void)snprintf(control, sizeof(control), "%.60s/%.8s/vanth.ctl", scene->dir, side);
	(void)snprintf(config, sizeof(config), "%.60s/%.8s.conf", scene->dir, side);
	va_start(args, side);
	while (count < ARGS_MAX - 1 && (argv[count] = va_arg(args, char *)) != NULL)
		count++;
	va_end(args);
	return run(scene, argv);
}

static void expect_output(struct scene *scene, const char *part)
{
	if (strstr(scene->output, part) == NULL)
		fail_msg("\"%s\" is not in:\n%s", part, scene->output);
}

static void expect_code(struct scene *scene, int code, int wanted)
{
	if (code != wanted)
		fail_msg("exit code %d, not %d:\n%s", code, wanted, scene->output);
}

/* ---- daemons ---- */

static int start(struct scene *scene, const char *side)
{
	char secrets[128], nss[128];

	(void)snprintf(secrets, sizeof(secrets), "%.60s/%.8s.secrets", scene->dir, side);
	(void)snprintf(nss, sizeof(nss), "%.60s/%.8s.nss", scene->dir, side);
	return ipsec(scene, side, "start", "--", "--secrets", secrets, "--nssdir", nss, "--kernel",
		     "simulated", "--workers", "1", "--log-level", "debug", NULL);
}

static void read_log(struct scene *scene, const char *side)
{
	char path[128];
	int fd;

	(void)snprintf(path, sizeof(path), "%.60s/%.8s/vanth.log", scene->dir, side);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	scene->output[0] = '\0';
	if (fd >= 0)
		read_output(scene, fd);
}

/* Whatever became of the test, its daemons end; what sanitizers found at the end is a failure. */
static int finish(struct scene *scene, const char *side)
{
	int code = ipsec(scene, side, "stop", NULL);

	if (code != 0)
		print_error("ipsec stop %s: %d %s\n", side, code, scene->output);
	read_log(scene, side);
	if (strstr(scene->output, "Sanitizer") == NULL &&
	    strstr(scene->output, "runtime error") == NULL)
		return code;
	print_error("%s\n", scene->output);
	return 1;
}

static int scene_begin(void **state)
{
	static unsigned number;
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	scene->programs = *state;
	(void)snprintf(scene->dir, sizeof(scene->dir), "/tmp/vanth-cli-XXXXXX");
	assert_non_null(mkdtemp(scene->dir));
	scene->port = 20000 + ((unsigned)getpid() * 4 + number++ * 4) % 40000;
	write_conf(scene, "west", "");
	write_conf(scene, "east", "");
	write_file(scene, "west.secrets", "@west @east : PSK \"correct horse\"\n", 0600);
	write_file(scene, "east.secrets", "@west @east : PSK \"correct horse\"\n", 0600);
	*state = scene;
	return 0;
}

static int scene_end(void **state)
{
	struct scene *scene = *state;
	int code = finish(scene, "west") | finish(scene, "east");

	assert_int_equal(nftw(scene->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	*state = (void *)(uintptr_t)scene->programs;
	free(scene);
	return code;
}

static void start_both(struct scene *scene)
{
	expect_code(scene, start(scene, "west"), 0);
	expect_code(scene, start(scene, "east"), 0);
}

/* The state of a tunnel by `ipsec status NAME --json`. */
static void expect_state(struct scene *scene, const char *side, const char *name,
			 const char *wanted)
{
	json_t *json, *tunnel;
	const char *got;

	expect_code(scene, ipsec(scene, side, "status", name, "--json", NULL), 0);
	json = json_loads(scene->output, JSON_DISABLE_EOF_CHECK, NULL);
	assert_non_null(json);
	tunnel = json_object_get(json, "tunnel");
	got = json_string_value(json_object_get(tunnel, "state"));
	assert_non_null(got);
	assert_string_equal(got, wanted);
	assert_int_equal(json_array_size(json_object_get(tunnel, "child_sas")),
			 strcmp(wanted, "up") == 0 ? 1 : 0);
	json_decref(json);
}

/* ---- tests ---- */

static void tunnel_comes_up_is_shown_and_goes_down(void **state)
{
	struct scene *scene = *state;

	start_both(scene);
	expect_state(scene, "west", "office", "listening");
	expect_code(scene, ipsec(scene, "west", "up", "office", NULL), 0);
	expect_output(scene, "sent IKE_SA_INIT request");
	expect_output(scene, "sent IKE_AUTH request");
	expect_output(scene, "\"office\" is up\n");
	expect_state(scene, "west", "office", "up");
	expect_state(scene, "east", "office", "up");
	expect_code(scene, ipsec(scene, "west", "up", "office", NULL), 0);
	expect_output(scene, "up already");
	expect_code(scene, ipsec(scene, "west", "status", NULL), 0);
	expect_output(scene, "1 IKE SA, 1 Child SA");
	expect_code(scene, ipsec(scene, "west", "trafficstatus", NULL), 0);
	expect_output(scene, "10.1.0.0/24 === 10.2.0.0/24");
	expect_code(scene, ipsec(scene, "west", "briefstatus", NULL), 0);
	expect_output(scene, "127.0.0.2, for ");
	expect_code(scene, ipsec(scene, "east", "showstates", NULL), 0);
	expect_output(scene, "IKE SA responder, established");
	expect_code(scene, ipsec(scene, "west", "explain", "office", NULL), 0);
	expect_output(scene, "sent IKE_AUTH request");
	expect_output(scene, "received IKE_AUTH response");
	expect_code(scene, ipsec(scene, "west", "list", "leases", NULL), 0);
	expect_output(scene, "no client has got an address yet");
	expect_code(scene, ipsec(scene, "west", "list", "crls", NULL), 0);
	expect_output(scene, "no certificate of a peer names a CRL");
	expect_code(scene, ipsec(scene, "west", "down", "office", NULL), 0);
	expect_output(scene, "is down");
	expect_state(scene, "west", "office", "listening");
	expect_state(scene, "east", "office", "listening");
}

/* RFC 4739: who each end proved to be, and how, is seen as long as the IKE SA lives. */
static void each_of_several_proofs_is_shown(void **state)
{
	static const char twice[] = "\tleftauth2=secret\n\tleftid2=@alice\n";
	static const char secrets[] = "@west @east : PSK \"correct horse\"\n"
				      "@alice @east : PSK \"another one\"\n";
	struct scene *scene = *state;

	write_conf(scene, "west", twice);
	write_conf(scene, "east", twice);
	write_file(scene, "west.secrets", secrets, 0600);
	write_file(scene, "east.secrets", secrets, 0600);
	start_both(scene);
	expect_code(scene, ipsec(scene, "west", "up", "office", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "status", NULL), 0);
	expect_output(scene, "we proved to be @west by SHARED_KEY\n"
			     "        the peer proved to be @east by SHARED_KEY\n"
			     "        we proved to be @alice by SHARED_KEY\n");
	expect_code(scene, ipsec(scene, "east", "explain", "office", NULL), 0);
	expect_output(scene, "the peer proved to be @west by SHARED_KEY\n"
			     "        we proved to be @east by SHARED_KEY\n"
			     "        the peer proved to be @alice by SHARED_KEY\n");
	expect_code(scene, ipsec(scene, "east", "status", "office", "--json", NULL), 0);
	expect_output(scene, "\"identity\":\"@alice\"");
}

static void wrong_secret_ends_with_its_code_and_what_comes_next(void **state)
{
	struct scene *scene = *state;

	write_file(scene, "east.secrets", "@west @east : PSK \"wrong donkey\"\n", 0600);
	start_both(scene);
	expect_code(scene, ipsec(scene, "west", "up", "office", NULL), 5);
	expect_output(scene, "AUTHENTICATION_FAILED");
	expect_output(scene, "ipsec down office");
	expect_code(scene, ipsec(scene, "west", "status", NULL), 0);
	expect_output(scene, "attempt");
	write_file(scene, "east.secrets", "@west @east : PSK \"correct horse\"\n", 0600);
	expect_code(scene, ipsec(scene, "east", "rereadsecrets", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "up", "office", NULL), 0);
	expect_state(scene, "east", "office", "up");
}

static void each_failure_has_its_exit_code(void **state)
{
	struct scene *scene = *state;

	expect_code(scene, ipsec(scene, "west", "status", NULL), 3);
	expect_output(scene, "ipsec start");
	expect_code(scene, ipsec(scene, "west", "staus", NULL), 2);
	expect_output(scene, "did you mean \"status\"?");
	expect_code(scene, ipsec(scene, "west", "up", NULL), 2);
	expect_code(scene, ipsec(scene, "west", "up", "a", "b", NULL), 2);
	expect_code(scene, ipsec(scene, "west", "status", "--timeout", "3", NULL), 2);
	expect_code(scene, ipsec(scene, "west", "up", "office", "--timeout", "soon", NULL), 2);
	expect_code(scene, ipsec(scene, "west", "--loud", NULL), 2);
	expect_code(scene, ipsec(scene, "west", NULL), 2);
	expect_code(scene, start(scene, "west"), 0);
	expect_code(scene, ipsec(scene, "west", "up", "offce", NULL), 4);
	expect_output(scene, "office");
	expect_code(scene, ipsec(scene, "west", "up", "offce", "--json", NULL), 4);
	expect_output(scene, "{\"error\":\"io.vanth.ike.NotFound\"");
	/* nobody answers */
	expect_code(scene, ipsec(scene, "west", "up", "office", "--timeout", "1", NULL), 1);
	expect_output(scene, "no end within 1 s");
	expect_code(scene, ipsec(scene, "west", "up", "office", "--asynchronous", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "down", "office", NULL), 0);
}

static void libreswans_spellings_do_the_same(void **state)
{
	struct scene *scene = *state;

	start_both(scene);
	expect_code(scene, ipsec(scene, "west", "whack", "--listen", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "whack", "--initiate", "--name", "office", NULL),
		    0);
	expect_state(scene, "west", "office", "up");
	expect_code(scene, ipsec(scene, "west", "whack", "--trafficstatus", NULL), 0);
	expect_output(scene, "office");
	expect_code(scene, ipsec(scene, "west", "whack", "--name", "office", "--terminate", NULL),
		    0);
	expect_state(scene, "west", "office", "listening");
	expect_code(scene, ipsec(scene, "west", "auto", "--up", "office", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "auto", "--status", NULL), 0);
	expect_output(scene, "1 IKE SA");
	expect_code(scene, ipsec(scene, "west", "auto", "--down", "office", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "auto", "--asynchronous", "--up", "office", NULL),
		    0);
	expect_code(scene, ipsec(scene, "west", "auto", "--start", "office", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "whack", "--route", "--name", "office", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "whack", "--unroute", "--name", "office", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "whack", "--rereadsecrets", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "whack", "--rereadall", NULL), 0);
	expect_code(scene,
		    ipsec(scene, "west", "whack", "--global-redirect", "auto",
			  "--global-redirect-to", "192.0.2.8,gw.example.org", NULL),
		    0);
	expect_output(scene, "global-redirect=auto global-redirect-to=192.0.2.8,gw.example.org");
	expect_code(scene, ipsec(scene, "west", "redirect", "--global", "no", NULL), 0);
	expect_output(scene, "global-redirect=no global-redirect-to=192.0.2.8,gw.example.org");
	expect_code(scene, ipsec(scene, "west", "redirect", "--global", "maybe", NULL), 1);
	expect_code(scene, ipsec(scene, "west", "redirect", "--to", "192.0.2.8", "office", NULL),
		    1);
	expect_output(scene, "none of the 1 peers that are connected accepts redirects");
	expect_code(scene,
		    ipsec(scene, "west", "whack", "--redirect-to", "192.0.2.8", "--name", "offce",
			  NULL),
		    4);
	expect_code(scene, ipsec(scene, "west", "redirect", "office", NULL), 2);
	expect_output(scene, "needs --to");
	expect_code(scene, ipsec(scene, "west", "up", "--to", "192.0.2.8", "office", NULL), 2);
	expect_code(scene, ipsec(scene, "west", "whack", "--redirect-to", "gw", "--status", NULL),
		    2);
	expect_code(scene, ipsec(scene, "west", "whack", "--delete", "--name", "office", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "whack", "--initiate", NULL), 2);
	expect_code(scene, ipsec(scene, "west", "whack", "--frobnicate", NULL), 2);
	expect_output(scene, "--initiate --name NAME");
	expect_code(scene, ipsec(scene, "west", "auto", "--up", "--down", "office", NULL), 2);
	expect_code(scene, ipsec(scene, "west", "whack", "--shutdown", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "whack", "--status", NULL), 3);
}

/* Nothing of this needs the daemon. */
static void what_others_type_is_answered_by_what_to_type_here(void **state)
{
	static const struct {
		const char *words[3], *ours;
	} cases[] = {
		{ { "statusall" }, "ipsec status" },
		{ { "statusall", "office" }, "ipsec status" },
		{ { "leases" }, "ipsec list leases" },
		{ { "listcerts" }, "ipsec list certs" },
		{ { "listall" }, "list cacerts" },
		{ { "update" }, "ipsec reload" },
		{ { "setup", "start" }, "ipsec start" },
		{ { "verify" }, "ipsec checkconfig" },
		{ { "addconn", "--checkconfig" }, "ipsec checkconfig" },
		{ { "--statusall" }, "ipsec status" },
		{ { "auto", "--listall" }, "ipsec list certs" },
		{ { "whack", "--shuntstatus" }, "ip xfrm policy" },
		{ { "whack", "--deletestate", "5" }, "ipsec down NAME" },
		{ { "whack", "--debug=all" }, "loglevel=debug" },
		{ { "whack", "--ikev1" }, "ipsec.conf" },
	};
	struct scene *scene = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_code(scene,
			    ipsec(scene, "west", cases[i].words[0], cases[i].words[1],
				  cases[i].words[2], NULL),
			    2);
		expect_output(scene, cases[i].ours);
	}
}

/* An IKEv1 client whose password nobody has written down: alice's is "wonderland". */
static void users_of(struct scene *scene)
{
	static const char user[] =
		"alice:$6$abcdefgh$e1o..VsKRS0O4M9J1Qb9u.strxNEAfDkCXcaYc5TsDrJFctQCTMkPeis45v"
		"y3ZQtqt4dqG4vXTonFJKbQgR2Q1\n";
	char more[1024], path[128];
	int len;

	(void)snprintf(path, sizeof(path), "%.60s/ipsec.d", scene->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	write_file(scene, "ipsec.d/passwd", user, 0600);
	len = snprintf(more, sizeof(more), conn_text, "road", scene->port, scene->port + 2,
		       "10.3.0.0/24");
	(void)snprintf(more + len, sizeof(more) - (size_t)len,
		       "\tkeyexchange=ikev1\n\tleftxauthclient=yes\n\trightxauthserver=yes\n"
		       "\txauthby=file\n");
	write_conf(scene, "west", more);
	write_conf(scene, "east", more);
	write_file(scene, "password", "wonderland\n", 0600);
}

static void xauth_client_logs_in_by_what_the_operator_says(void **state)
{
	struct scene *scene = *state;
	char path[128];

	users_of(scene);
	(void)snprintf(path, sizeof(path), "%.60s/password", scene->dir);
	start_both(scene);
	expect_code(scene, ipsec(scene, "west", "up", "road", NULL), 5);
	expect_output(scene, "ipsec up road --username");
	expect_output(scene, "it goes on when user and password are there");
	expect_code(scene, ipsec(scene, "west", "status", NULL), 0);
	expect_output(scene, "waits: the gateway asks for a user");
	expect_code(scene,
		    ipsec(scene, "west", "whack", "--name", "road", "--xauthname", "alice",
			  "--xauthpass", "rabbit", "--initiate", NULL),
		    5);
	expect_output(scene, "it will be tried again in 1800 s");
	expect_code(scene, ipsec(scene, "west", "down", "road", NULL), 0);
	expect_code(scene,
		    ipsec(scene, "west", "whack", "--name", "road", "--xauthname", "alice",
			  "--xauthpass", "wonderland", "--initiate", NULL),
		    0);
	expect_state(scene, "east", "road", "up");
	expect_code(scene, ipsec(scene, "west", "down", "road", NULL), 0);
	expect_code(scene,
		    ipsec(scene, "west", "up", "road", "--username", "alice", "--password-file",
			  path, NULL),
		    0);
	expect_state(scene, "west", "road", "up");
	read_log(scene, "west");
	assert_null(strstr(scene->output, "wonderland"));
}

static void login_is_refused_where_it_makes_no_sense(void **state)
{
	struct scene *scene = *state;

	expect_code(scene, start(scene, "west"), 0);
	expect_code(scene,
		    ipsec(scene, "west", "whack", "--name", "office", "--xauthname", "alice",
			  "--xauthpass", "x", "--initiate", NULL),
		    1);
	expect_output(scene, "is no XAUTH client");
	expect_code(scene,
		    ipsec(scene, "west", "whack", "--name", "offce", "--xauthpass", "x",
			  "--initiate", NULL),
		    4);
	expect_code(scene,
		    ipsec(scene, "west", "whack", "--name", "office", "--xauthpass", "",
			  "--initiate", NULL),
		    2);
	expect_output(scene, "the password is empty");
	expect_code(scene,
		    ipsec(scene, "west", "whack", "--name", "office", "--xauthname", "alice",
			  "--terminate", NULL),
		    2);
	expect_code(scene, ipsec(scene, "west", "down", "office", "--username", "alice", NULL), 2);
	expect_output(scene, "takes no --username");
	expect_code(scene,
		    ipsec(scene, "west", "up", "office", "--password-stdin", "--password-file",
			  "none", NULL),
		    2);
}

/* "curiouser and curiouser", masked */
static const char password[] = "\066\040\047\074\072\040\046\060\047\165\064\073\061\165\066\040"
			       "\047\074\072\040\046\060\047";

/* The command, to somebody who listens at `control` and does not answer. */
static pid_t login_at(struct scene *scene, char *control, const char *how)
{
	char word[sizeof(password)];
	char *argv[] = { (char *)(uintptr_t)scene->programs->ipsec,
			 "--ctlsocket",
			 control,
			 "whack",
			 "--name",
			 "road",
			 "--xauthpass",
			 word,
			 "--initiate",
			 NULL };
	char *asks[] = { argv[0], argv[1], argv[2], "up", "road", "--password-stdin", NULL };
	bool asked = strcmp(how, "stdin") == 0;
	int ends[2];
	pid_t pid;

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	trace_text(password, word);
	assert_int_equal(write(ends[1], word, strlen(word)), (int)strlen(word));
	assert_int_equal(write(ends[1], "\n", 1), 1);
	(void)close(ends[1]);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(ends[0], STDIN_FILENO);
		(void)execv(argv[0], asked ? asks : argv);
		_exit(127);
	}
	(void)close(ends[0]);
	return pid;
}

/* As far as its NUL byte: then the command has said all that it has to say. */
static void take_call(int listener)
{
	char call[1024] = "", word[sizeof(password)];
	int fd = accept(listener, NULL, NULL);
	size_t len = 0;
	ssize_t got;

	assert_true(fd >= 0);
	do {
		got = recv(fd, call + len, sizeof(call) - len, 0);
		assert_true(got > 0);
		len += (size_t)got;
	} while (call[len - 1] != '\0');
	trace_text(password, word);
	assert_non_null(strstr(call, word));
}

/* The command waits, perhaps for long; the connections stay open until the test ends. */
static void a_command_that_waits_has_forgotten_its_password(void **state)
{
	static const char *const ways[] = { "argument", "stdin" };
	struct scene *scene = *state;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), traces = 0;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/mute", scene->dir);
	assert_true(listener >= 0);
	assert_int_equal(bind(listener, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 4), 0);
	for (unsigned i = 0; i < 2; i++) {
		pid_t pid = login_at(scene, address.sun_path, ways[i]);
		take_call(listener);
		/* it wipes right after it has sent: perhaps it is not there yet */
		for (unsigned tries = 0; tries < 100; tries++) {
			traces = traces_in(pid, password);
			if (traces <= 0)
				break;
			(void)usleep(20000);
		}
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		if (traces > 0)
			fail_msg("%s: %d traces", ways[i], traces);
	}
	(void)close(listener);
	if (traces < 0)
		skip();
}

/* No conn has that name: nobody keeps it. A long one, which fills more than what the next call
 * takes again. */
static void a_daemon_keeps_no_password_that_nobody_needs(void **state)
{
	struct scene *scene = *state;
	struct ucred who = { 0 };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(who);
	char word[8 * sizeof(password)] = "";
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), traces;

	expect_code(scene, start(scene, "west"), 0);
	for (unsigned i = 0; i < 8; i++)
		trace_text(password, word + strlen(word));
	expect_code(scene,
		    ipsec(scene, "west", "whack", "--name", "raod", "--xauthpass", word,
			  "--initiate", NULL),
		    4);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/west/vanth.ctl",
		       scene->dir);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len), 0);
	traces = traces_in(who.pid, password);
	(void)close(fd);
	if (traces < 0)
		skip();
	assert_int_equal(traces, 0);
}

static void rekey_replaces_keys_and_shows_how(void **state)
{
	static const char *const whats[] = { "--child", "--ike", "--reauth" };
	struct scene *scene = *state;

	start_both(scene);
	expect_code(scene, ipsec(scene, "west", "rekey", "office", NULL), 1);
	expect_output(scene, "ipsec up office");
	expect_code(scene, ipsec(scene, "west", "rekey", "offce", NULL), 4);
	expect_code(scene, ipsec(scene, "west", "up", "office", NULL), 0);
	for (size_t i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		expect_code(scene, ipsec(scene, "west", "rekey", whats[i], "office", NULL), 0);
		expect_output(scene, "\"office\" is rekeyed\n");
		expect_output(scene, "SA #");
	}
	expect_code(scene, ipsec(scene, "west", "rekey", "office", "--json", NULL), 0);
	expect_output(scene, "{\"event\":\"done\"}");
	expect_code(scene, ipsec(scene, "west", "whack", "--rekey-ike", "--name", "office", NULL),
		    0);
	expect_code(scene, ipsec(scene, "west", "whack", "--rekey-child", "--name", "office", NULL),
		    0);
	expect_code(scene, ipsec(scene, "west", "rekey", "office", "--asynchronous", NULL), 0);
	expect_output(scene, "is being rekeyed");
	expect_code(scene, ipsec(scene, "west", "rekey", "--ike", "--reauth", "office", NULL), 2);
	expect_code(scene, ipsec(scene, "west", "up", "--ike", "office", NULL), 2);
	expect_output(scene, "takes no --ike");
}

static void configuration_is_taken_without_a_restart(void **state)
{
	struct scene *scene = *state;
	char more[1024];

	start_both(scene);
	expect_code(scene, ipsec(scene, "west", "up", "office", NULL), 0);
	(void)snprintf(more, sizeof(more), conn_text, "annex", scene->port, scene->port + 2,
		       "10.3.0.0/24");
	write_conf(scene, "west", more);
	write_conf(scene, "east", more);
	expect_code(scene, ipsec(scene, "west", "up", "annex", NULL), 4);
	expect_code(scene, ipsec(scene, "west", "add", "annex", NULL), 0);
	expect_code(scene, ipsec(scene, "east", "reload", NULL), 0);
	expect_state(scene, "east", "office", "up"); /* what has not changed is not touched */
	expect_code(scene, ipsec(scene, "west", "up", "annex", NULL), 0);
	expect_state(scene, "east", "annex", "up");
	expect_code(scene, ipsec(scene, "west", "replace", "annex", NULL), 0);
	expect_state(scene, "west", "annex", "listening");
	expect_code(scene, ipsec(scene, "west", "delete", "annex", NULL), 0);
	expect_code(scene, ipsec(scene, "west", "status", "annex", NULL), 4);
	write_conf(scene, "west", "conn bad\n\tlefft=1.2.3.4\n");
	expect_code(scene, ipsec(scene, "west", "reload", NULL), 1);
	expect_output(scene, "west.conf:");
	expect_state(scene, "west", "office", "up");
}

static void start_stop_and_restart_wait_for_the_daemon(void **state)
{
	struct scene *scene = *state;

	expect_code(scene, ipsec(scene, "west", "stop", NULL), 0);
	expect_output(scene, "does not run");
	expect_code(scene, start(scene, "west"), 0);
	expect_code(scene, start(scene, "west"), 0);
	expect_output(scene, "runs already");
	expect_code(scene, ipsec(scene, "west", "version", NULL), 0);
	expect_output(scene, "the daemon that runs");
	/* the place is free as soon as stop returns */
	for (unsigned i = 0; i < 3; i++) {
		expect_code(scene, ipsec(scene, "west", "stop", NULL), 0);
		expect_output(scene, "has stopped");
		expect_code(scene, start(scene, "west"), 0);
	}
}

static void start_that_fails_shows_the_reason(void **state)
{
	struct scene *scene = *state;

	write_conf(scene, "west", "conn bad\n\tlefft=1.2.3.4\n");
	expect_code(scene, start(scene, "west"), 1);
	expect_output(scene, "lefft");
	expect_output(scene, "did not start");
}

static void checkconfig_tells_every_error_with_its_place(void **state)
{
	struct scene *scene = *state;

	expect_code(scene, ipsec(scene, "west", "checkconfig", NULL), 0);
	expect_output(scene, "1 conn, no errors");
	write_conf(scene, "west", "conn bad\n\tlefft=1.2.3.4\n\trihgt=1.2.3.4\n");
	expect_code(scene, ipsec(scene, "west", "checkconfig", NULL), 1);
	expect_output(scene, "west.conf:18:2: ");
	expect_output(scene, "west.conf:19:2: ");
	expect_output(scene, "2 errors");
	expect_code(scene, ipsec(scene, "west", "checkconfig", "--json", NULL), 1);
	expect_output(scene, "\"line\":18,");
	expect_code(scene, ipsec(scene, "west", "checkconfig", "/nowhere/ipsec.conf", NULL), 1);
}

static void events_are_told_as_they_happen(void **state)
{
	struct scene *scene = *state;
	char *const argv[] = { (char *)(uintptr_t)scene->programs->ipsec, "--ctlsocket", NULL,
			       "events", NULL };
	char control[128], text[4096] = "";
	char *own[5];
	size_t len = 0;
	int ends[2];
	pid_t pid;

	start_both(scene);
	(void)snprintf(control, sizeof(control), "%.60s/west/vanth.ctl", scene->dir);
	memcpy(own, argv, sizeof(own));
	own[2] = control;
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execv(own[0], own);
		_exit(127);
	}
	(void)close(ends[1]);
	/* it may not be listening yet: come up and go down until it has heard of it */
	while (strstr(text, "child-up") == NULL) {
		ssize_t got;
		assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
		expect_code(scene, ipsec(scene, "west", "up", "office", NULL), 0);
		expect_code(scene, ipsec(scene, "west", "down", "office", NULL), 0);
		got = read(ends[0], text + len, sizeof(text) - 1 - len);
		len += got > 0 ? (size_t)got : 0;
		assert_true(len < sizeof(text) - 1);
	}
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	(void)close(ends[0]);
}

/* help, the completion and the manual page know the same verbs. */
static void completion_and_manual_name_every_verb(void **state)
{
	static const char *const files[] = { "programs/ipsec.bash-completion", "docs/man/ipsec.8" };
	struct scene *scene = *state;
	char help[16384], line[128];
	unsigned verbs = 0;

	expect_code(scene, ipsec(scene, "west", "help", NULL), 0);
	(void)snprintf(help, sizeof(help), "%.16000s", scene->output);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		int fd = open(files[i], O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0); /* tests run in the top folder */
		read_output(scene, fd);
		for (const char *at = help; (at = strstr(at, "\n  ")) != NULL; at++) {
			if (at[3] < 'a' || at[3] > 'z')
				continue;
			(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(at + 3, " "),
				       at + 3);
			expect_output(scene, line);
			verbs++;
		}
	}
	assert_true(verbs >= 2 * 25);
}

/* Beside this test in the build folder: build/testing/exchange/test_cli, build/ipsec. */
static bool find_programs(const char *self, struct programs *out)
{
	const char *build = getenv("B");
	char own[400];
	char *slash;

	(void)snprintf(own, sizeof(own), "%s", self);
	for (unsigned up = 0; up < 3 && build == NULL; up++) {
		slash = strrchr(own, '/');
		if (slash == NULL)
			return false;
		*slash = '\0';
	}
	(void)snprintf(out->ipsec, sizeof(out->ipsec), "%.400s/ipsec", build != NULL ? build : own);
	(void)snprintf(out->vanth, sizeof(out->vanth), "%.400s/vanth", build != NULL ? build : own);
	return access(out->ipsec, X_OK) == 0 && access(out->vanth, X_OK) == 0;
}

static void programs_are_built(void **state)
{
	(void)state;
	print_message("skipped: ipsec and vanth are not built (make all)\n");
	skip();
}

#define SCENE(t) cmocka_unit_test_prestate_setup_teardown(t, scene_begin, scene_end, &programs)

int main(int argc, char **argv)
{
	static struct programs programs;
	const struct CMUnitTest tests[] = {
		SCENE(tunnel_comes_up_is_shown_and_goes_down),
		SCENE(each_of_several_proofs_is_shown),
		SCENE(wrong_secret_ends_with_its_code_and_what_comes_next),
		SCENE(each_failure_has_its_exit_code),
		SCENE(libreswans_spellings_do_the_same),
		SCENE(what_others_type_is_answered_by_what_to_type_here),
		SCENE(xauth_client_logs_in_by_what_the_operator_says),
		SCENE(login_is_refused_where_it_makes_no_sense),
		SCENE(a_command_that_waits_has_forgotten_its_password),
		SCENE(a_daemon_keeps_no_password_that_nobody_needs),
		SCENE(rekey_replaces_keys_and_shows_how),
		SCENE(configuration_is_taken_without_a_restart),
		SCENE(start_stop_and_restart_wait_for_the_daemon),
		SCENE(start_that_fails_shows_the_reason),
		SCENE(checkconfig_tells_every_error_with_its_place),
		SCENE(events_are_told_as_they_happen),
		SCENE(completion_and_manual_name_every_verb),
	};
	const struct CMUnitTest missing[] = { cmocka_unit_test(programs_are_built) };

	(void)argc;
	if (!find_programs(argv[0], &programs))
		return cmocka_run_group_tests(missing, NULL, NULL);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
