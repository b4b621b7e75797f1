/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: load
 *
 * Many IKEv2 (or IKEv1, -1) initiators in one process, each with its own address and identity,
 * against one responder. It keeps a number of exchanges under way (-c), counts those that ended
 * with a verified AUTH and a Child SA, and reports their rate and latency, and what the responder's
 * process (-p) used for them: CPU time and memory.
 *
 *   load -d RESPONDER -s FIRST-SOURCE [options]
 *
 * The source addresses count up from the first one; they must be local (127.0.0.0/8 is; elsewhere
 * "ip route add local NET dev lo"). Warm-up exchanges (-w) come first and are not measured.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/arena.h"
#include "bench/initiator.h"
#include "bench/meter.h"
#include "bench/wire.h"

#define MARKS_MAX     16
#define REASONS_SHOWN 5

struct options {
	const char *ike, *esp, *psk, *responder_id;
	struct in_addr responder, source;
	uint16_t port;
	pid_t pid;
	unsigned count, warm_up, concurrency;
	usec_t timeout, limit;
	unsigned tries;
	unsigned marks[MARKS_MAX], mark_count; /* numbers of SAs at which usage is taken */
	bool json, v1;
	unsigned group; /* a row of groups[] */
};

struct mark {
	unsigned up;
	usec_t when;
	struct usage usage;
};

struct run {
	const struct options *options;
	struct scheme scheme;
	int fd;
	uint32_t tag; /* low half of every SPI of ours; the high half is the initiator's number */
	struct initiator **initiators;
	unsigned *live, live_count;
	unsigned total, next, done, reasons_shown;
	unsigned up, failed, childless, retransmits, cookies;
	double *latency;
	struct mark begin, end, marks[MARKS_MAX];
	unsigned mark_count;
	double own_cpu_us;
	bool died;
};

static void send_request(struct run *run, struct initiator *initiator)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(run->scheme.responder.port),
				  .sin_addr = run->options->responder };
	struct in_addr from;

	memcpy(&from, ip_bytes(&initiator->local.addr).ptr, sizeof from);
	initiator->sent = wire_now();
	if (wire_send(run->fd, from, &to, initiator->request.ptr, initiator->request.len))
		return;
	perror("load: sendmsg");
	exit(1);
}

/* ---- the initiators ---- */

static void take_mark(struct run *run, struct mark *mark)
{
	*mark = (struct mark){ .up = run->up, .when = wire_now() };
	if (!meter_read(run->options->pid, &mark->usage))
		run->died = true;
}

static void show_reason(struct run *run, const struct initiator *initiator, enum rc rc,
			const struct diag *diag)
{
	char text[IP_TEXT_MAX];

	if (run->reasons_shown++ < REASONS_SHOWN)
		fprintf(stderr, "load: %s failed: %s\n", endpoint_text(&initiator->local, text),
			diag->text[0] != '\0' ? diag->text : rc_name(rc));
}

static void start_one(struct run *run)
{
	unsigned number = run->next++;
	struct initiator *initiator = mem_alloc(sizeof *initiator);
	struct in_addr source = wire_source(run->options->source, number);

	if (initiator == NULL || getrandom(initiator->nonce, sizeof initiator->nonce, 0) < 0) {
		perror("load");
		exit(1);
	}
	initiator->local.addr.family = AF_INET;
	memcpy(initiator->local.addr.bytes, &source, 4);
	initiator->local.port = run->options->port;
	initiator->spi_i = (uint64_t)number << 32 | run->tag;
	initiator->began = wire_now();
	run->initiators[number] = initiator;
	run->live[run->live_count++] = number;
	if ((run->options->v1 ? initiator_v1_begin : initiator_begin)(&run->scheme, initiator) ==
	    RC_OK)
		send_request(run, initiator);
}

static void finish(struct run *run, unsigned at)
{
	unsigned number = run->live[at];
	struct initiator *initiator = run->initiators[number];
	bool measured = number >= run->options->warm_up;

	if (initiator->phase == PHASE_UP && measured)
		run->latency[run->up++] = (double)(wire_now() - initiator->began) / 1000;
	run->failed += initiator->phase == PHASE_FAILED;
	run->childless += initiator->childless;
	run->cookies += initiator->cookies;
	initiator_wipe(initiator);
	mem_free(initiator);
	run->initiators[number] = NULL;
	run->live[at] = run->live[--run->live_count];
	run->done++;
	if (measured && run->mark_count < run->options->mark_count &&
	    run->up == run->options->marks[run->mark_count])
		take_mark(run, &run->marks[run->mark_count++]);
}

static void finish_number(struct run *run, unsigned number)
{
	for (unsigned at = 0; at < run->live_count; at++)
		if (run->live[at] == number) {
			finish(run, at);
			return;
		}
}

static void on_datagram(struct run *run, struct span datagram)
{
	struct span in = datagram;
	struct diag diag = { "" };
	uint64_t spi;

	if (span_u64(&in, &spi) != RC_OK || (uint32_t)spi != run->tag || spi >> 32 >= run->next)
		return;
	struct initiator *initiator = run->initiators[spi >> 32];
	if (initiator == NULL)
		return;
	enum rc rc = (run->options->v1 ? initiator_v1_receive : initiator_receive)(
		&run->scheme, initiator, datagram, &diag);
	if (rc == RC_DROP)
		return;
	if (rc != RC_OK)
		show_reason(run, initiator, rc, &diag);
	if (initiator->phase == PHASE_UP && run->options->v1)
		send_request(run, initiator); /* the third message of Quick Mode */
	if (initiator->phase == PHASE_UP || initiator->phase == PHASE_FAILED) {
		finish_number(run, (unsigned)(spi >> 32));
		return;
	}
	initiator->tries = 0;
	send_request(run, initiator);
}

static void retransmit(struct run *run, usec_t now)
{
	struct diag diag = { "no answer" };

	if (run->options->pid != 0 && kill(run->options->pid, 0) != 0)
		run->died = true;
	for (unsigned at = run->live_count; at-- > 0;) {
		struct initiator *initiator = run->initiators[run->live[at]];
		if (now - initiator->sent < run->options->timeout)
			continue;
		if (++initiator->tries > run->options->tries) {
			initiator->phase = PHASE_FAILED;
			show_reason(run, initiator, RC_TIMEOUT, &diag);
			finish(run, at);
			continue;
		}
		run->retransmits++;
		send_request(run, initiator);
	}
}

/* Until `until` initiators have begun and ended. */
static void drive(struct run *run, unsigned until)
{
	uint8_t buffer[4096];
	usec_t checked = wire_now(), stop = checked + run->options->limit;
	struct pollfd poll_fd = { run->fd, POLLIN, 0 };

	while (run->done < until && !run->died) {
		while (run->live_count < run->options->concurrency && run->next < until)
			start_one(run);
		(void)poll(&poll_fd, 1, 50);
		for (ssize_t len; (len = recv(run->fd, buffer, sizeof buffer, 0)) > 0;)
			on_datagram(run, span_make(buffer, (size_t)len));
		usec_t now = wire_now();
		if (now - checked < USEC_PER_SEC / 20)
			continue;
		checked = now;
		retransmit(run, now);
		if (now > stop) {
			fprintf(stderr, "load: %u of %u exchanges in %.0f s: that is all\n",
				run->done, until, (double)run->options->limit / USEC_PER_SEC);
			return;
		}
	}
}

/* ---- the report ---- */

static double per(double value, double count)
{
	return count > 0 ? value / count : 0;
}

static void report_json(const struct run *run, double seconds)
{
	const struct options *options = run->options;
	const struct mark *from = &run->begin, *to = &run->end;

	printf("{\"proposal\":\"%s\",\"concurrency\":%u,\"up\":%u,\"failed\":%u,\"childless\":%u,"
	       "\"retransmits\":%u,\"cookies\":%u,\"seconds\":%.3f,\"rate\":%.1f,",
	       options->ike, options->concurrency, run->up, run->failed, run->childless,
	       run->retransmits, run->cookies, seconds, per(run->up, seconds));
	printf("\"p50_ms\":%.3f,\"p95_ms\":%.3f,\"p99_ms\":%.3f,\"cpu_us\":%.1f,\"client_cpu_us\":%"
	       ".1f,"
	       "\"rss_kb\":%.0f,\"marks\":[",
	       meter_percentile(run->latency, run->up, 0.50),
	       meter_percentile(run->latency, run->up, 0.95),
	       meter_percentile(run->latency, run->up, 0.99),
	       per(to->usage.cpu_us - from->usage.cpu_us, run->up), per(run->own_cpu_us, run->up),
	       to->usage.rss_kb);
	for (unsigned i = 0; i < run->mark_count; i++) {
		const struct mark *mark = &run->marks[i],
				  *before = i > 0 ? &run->marks[i - 1] : from;
		printf("%s{\"sas\":%u,\"rss_kb\":%.0f,\"heap_kb\":%.0f,\"bytes_per_pair\":%.0f,"
		       "\"cpu_us\":%.1f,"
		       "\"rate\":%.1f}",
		       i > 0 ? "," : "", mark->up, mark->usage.rss_kb, mark->usage.heap_kb,
		       per((mark->usage.rss_kb - from->usage.rss_kb) * 1024, mark->up),
		       per(mark->usage.cpu_us - before->usage.cpu_us, mark->up - before->up),
		       per((mark->up - before->up) * 1e6, (double)(mark->when - before->when)));
	}
	printf("]}\n");
}

static void report_text(const struct run *run, double seconds)
{
	const struct mark *from = &run->begin, *to = &run->end;

	printf("%s, %u at once: %u up, %u failed, %u without Child SA, %u retransmitted, %u "
	       "cookies\n",
	       run->options->ike, run->options->concurrency, run->up, run->failed, run->childless,
	       run->retransmits, run->cookies);
	printf("  %.0f exchanges/s; latency p50 %.2f, p95 %.2f, p99 %.2f ms; CPU an exchange: "
	       "responder %.0f us, "
	       "client %.0f us\n",
	       per(run->up, seconds), meter_percentile(run->latency, run->up, 0.50),
	       meter_percentile(run->latency, run->up, 0.95),
	       meter_percentile(run->latency, run->up, 0.99),
	       per(to->usage.cpu_us - from->usage.cpu_us, run->up), per(run->own_cpu_us, run->up));
	for (unsigned i = 0; i < run->mark_count; i++)
		printf("  at %u SAs: %.0f kB resident, %.0f bytes for each pair\n",
		       run->marks[i].up, run->marks[i].usage.rss_kb,
		       per((run->marks[i].usage.rss_kb - from->usage.rss_kb) * 1024,
			   run->marks[i].up));
}

/* ---- options ---- */

static const char *usage =
	"usage: load -d RESPONDER -s FIRST-SOURCE [options]\n"
	"  -g GROUP    31 (default), 19 or 14: aes_gcm256-sha2_256-dhGROUP\n"
	"  -P TEXT     one IKE proposal, as in ike= (instead of -g)\n"
	"  -E TEXT     one ESP proposal (default aes_gcm256)\n"
	"  -n COUNT    exchanges (1000)      -c COUNT  at once (32)\n"
	"  -w COUNT    exchanges before the measurement (0)\n"
	"  -k PSK      -i FQDN  the responder's identity (any)\n"
	"  -p PID      the responder's process, for its CPU time and memory\n"
	"  -m N,N...   also measure when that many are up\n"
	"  -o PORT     our UDP port (500)     -r SECONDS  until a request is sent again (1)\n"
	"  -T SECONDS  at most (120)          -j          one JSON object\n"
	"  -1          IKEv1: Main Mode and Quick Mode, by aes256-sha2_256-dhGROUP\n";

static bool read_marks(struct options *options, char *text)
{
	for (char *word = strtok(text, ","); word != NULL; word = strtok(NULL, ",")) {
		if (options->mark_count == MARKS_MAX)
			return false;
		options->marks[options->mark_count++] = (unsigned)atoi(word);
	}
	return true;
}

static const char *const groups[][3] = {
	/* its name, IKEv2, IKEv1 */
	{ "31", "aes_gcm256-sha2_256-dh31", "aes256-sha2_256-dh31" },
	{ "19", "aes_gcm256-sha2_256-dh19", "aes256-sha2_256-dh19" },
	{ "14", "aes_gcm256-sha2_256-modp2048", "aes256-sha2_256-modp2048" },
};

static bool read_group(struct options *options, const char *text)
{
	for (unsigned i = 0; i < sizeof groups / sizeof *groups; i++)
		if (strcmp(groups[i][0], text) == 0) {
			options->group = i;
			return true;
		}
	return false;
}

static bool read_option(struct options *options, int option, char *value)
{
	switch (option) {
	case 'd':
		return inet_pton(AF_INET, value, &options->responder) == 1;
	case 's':
		return inet_pton(AF_INET, value, &options->source) == 1;
	case 'g':
		return read_group(options, value);
	case 'P':
		options->ike = value;
		return true;
	case 'E':
		options->esp = value;
		return true;
	case 'k':
		options->psk = value;
		return true;
	case 'i':
		options->responder_id = value;
		return true;
	case 'n':
		options->count = (unsigned)atoi(value);
		return options->count > 0;
	case 'c':
		options->concurrency = (unsigned)atoi(value);
		return options->concurrency > 0;
	case 'w':
		options->warm_up = (unsigned)atoi(value);
		return true;
	case 'p':
		options->pid = atoi(value);
		return true;
	case 'o':
		options->port = (uint16_t)atoi(value);
		return true;
	case 'm':
		return read_marks(options, value);
	case 'r':
		options->timeout = (usec_t)(atof(value) * 1e6);
		return options->timeout > 0;
	case 'T':
		options->limit = (usec_t)(atof(value) * 1e6);
		return true;
	case 'j':
		options->json = true;
		return true;
	case '1':
		options->v1 = true;
		return true;
	}
	return false;
}

static bool read_options(struct options *options, int argc, char **argv)
{
	*options = (struct options){ .esp = "aes_gcm256",
				     .psk = "bench-psk-not-a-secret-000",
				     .port = IKE_PORT,
				     .count = 1000,
				     .concurrency = 32,
				     .timeout = USEC_PER_SEC,
				     .limit = 120 * USEC_PER_SEC,
				     .tries = 6 };
	for (int option; (option = getopt(argc, argv, "d:s:g:P:E:k:i:n:c:w:p:o:m:r:T:j1")) != -1;)
		if (!read_option(options, option, optarg))
			return false;
	if (options->ike == NULL)
		options->ike = groups[options->group][options->v1 ? 2 : 1];
	return optind == argc && options->responder.s_addr != 0 && options->source.s_addr != 0;
}

static void measure(struct run *run)
{
	drive(run, run->options->warm_up);
	if (run->done < run->options->warm_up || run->failed > 0)
		return;
	run->childless = run->retransmits = run->cookies = 0;
	run->own_cpu_us = -meter_own_cpu_us();
	take_mark(run, &run->begin);
	drive(run, run->total);
	take_mark(run, &run->end);
	run->own_cpu_us += meter_own_cpu_us();
}

static bool open_run(struct run *run, struct diag *diag)
{
	const struct options *options = run->options;

	run->total = options->warm_up + options->count;
	run->initiators = mem_alloc(run->total * sizeof(struct initiator *));
	run->live = mem_alloc(options->concurrency * sizeof *run->live);
	run->latency = mem_alloc(options->count * sizeof *run->latency);
	run->scheme.psk = span_make(options->psk, strlen(options->psk));
	run->scheme.responder_id = options->responder_id;
	run->scheme.responder.addr.family = AF_INET;
	memcpy(run->scheme.responder.addr.bytes, &options->responder, 4);
	run->scheme.responder.port = IKE_PORT;
	run->fd = wire_open(options->port);
	if (run->initiators == NULL || run->live == NULL || run->latency == NULL ||
	    getrandom(&run->tag, sizeof run->tag, 0) < 0 || run->fd < 0) {
		(void)diag_fail(diag, RC_IO, "%s", strerror(errno));
		return false;
	}
	return crypto_open(NULL, false, diag) == RC_OK &&
	       scheme_open(&run->scheme, options->ike, options->esp, diag) == RC_OK;
}

static void close_run(struct run *run)
{
	while (run->live_count > 0) {
		run->initiators[run->live[0]]->phase = PHASE_FAILED;
		finish(run, 0);
	}
	scheme_close(&run->scheme);
	crypto_close();
	(void)close(run->fd);
	mem_free(run->initiators);
	mem_free(run->live);
	mem_free(run->latency);
}

int main(int argc, char **argv)
{
	struct options options;
	struct run run = { .options = &options, .fd = -1 };
	struct diag diag = { "" };

	if (!read_options(&options, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	if (!open_run(&run, &diag)) {
		fprintf(stderr, "load: %s\n", diag.text);
		return 1;
	}
	measure(&run);
	double seconds = (double)(run.end.when - run.begin.when) / 1e6;
	if (options.json)
		report_json(&run, seconds);
	else
		report_text(&run, seconds);
	if (run.died)
		fprintf(stderr, "load: the responder's process is gone\n");
	bool good = run.up == options.count && run.childless == 0 && !run.died;
	close_run(&run);
	return good ? 0 : 1;
}
