/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DOC: flood
 *
 * IKE_SA_INIT requests from many addresses that nobody stands behind, at a fixed rate, and what
 * each costs the responder's process (-p).
 *
 *   flood -d RESPONDER -s FIRST-SOURCE [options]
 *
 * Every request is the same one with an SPI and a source address of its own; answers are counted,
 * and with -C cookies are returned, so that the responder goes on to make a half-open SA. With -U
 * the messages are protected ones of IKE SAs that do not exist. The addresses must be local, as for
 * load.
 */
#include <arpa/inet.h>
#include <poll.h>
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

#define MESSAGE_MAX 2048
#define BATCH	    32

struct options {
	const char *ike;
	struct in_addr responder, source;
	uint16_t port;
	pid_t pid;
	unsigned count, addresses, rate;
	bool returns, unknown, json;
};

struct flood {
	const struct options *options;
	int fd;
	uint8_t request[MESSAGE_MAX];
	size_t len;
	uint32_t tag; /* low half of every SPI; the high half is the number */
	unsigned sent, answers, cookies;
};

static void send_from(struct flood *flood, unsigned number, const uint8_t *bytes, size_t len)
{
	const struct options *options = flood->options;
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(IKE_PORT),
				  .sin_addr = options->responder };

	if (wire_send(flood->fd, wire_source(options->source, number % options->addresses), &to,
		      bytes, len))
		return;
	perror("flood: sendmsg");
	exit(1);
}

static void number_into(const struct flood *flood, unsigned number, uint8_t *bytes)
{
	uint32_t spi[2] = { htonl(number), htonl(flood->tag) };

	memcpy(bytes, spi, sizeof spi);
}

static void send_one(struct flood *flood)
{
	unsigned number = flood->sent++;

	number_into(flood, number, flood->request);
	send_from(flood, number, flood->request, flood->len);
}

/* The request once more, with the cookie in front (RFC 7296 §2.6). */
static void return_cookie(struct flood *flood, unsigned number, struct span cookie)
{
	uint8_t bytes[MESSAGE_MAX + 8 + LIMIT_COOKIE];
	size_t extra = 8 + cookie.len, len = flood->len + extra;
	const uint8_t notify[8] = { flood->request[16], 0, 0, (uint8_t)extra, 0, 0, 0x40, 0x06 };

	memcpy(bytes, flood->request, IKE_HEADER_LEN);
	number_into(flood, number, bytes);
	bytes[16] = PAYLOAD_NOTIFY;
	bytes[26] = (uint8_t)(len >> 8);
	bytes[27] = (uint8_t)len;
	memcpy(bytes + IKE_HEADER_LEN, notify, sizeof notify);
	memcpy(bytes + IKE_HEADER_LEN + 8, cookie.ptr, cookie.len);
	memcpy(bytes + IKE_HEADER_LEN + extra, flood->request + IKE_HEADER_LEN,
	       flood->len - IKE_HEADER_LEN);
	send_from(flood, number, bytes, len);
}

static void on_datagram(struct flood *flood, const uint8_t *bytes, size_t len)
{
	const uint8_t *notify = bytes + IKE_HEADER_LEN;
	uint32_t spi[2];

	if (len < IKE_HEADER_LEN + 8)
		return;
	memcpy(spi, bytes, sizeof spi);
	if (ntohl(spi[1]) != flood->tag)
		return;
	flood->answers++;
	if (bytes[16] != PAYLOAD_NOTIFY || notify[6] != 0x40 || notify[7] != 0x06)
		return;
	flood->cookies++;
	len -= IKE_HEADER_LEN + 8;
	if (flood->options->returns && len <= LIMIT_COOKIE)
		return_cookie(flood, ntohl(spi[0]), span_make(notify + 8, len));
}

static void listen_for(struct flood *flood, int milliseconds)
{
	struct pollfd poll_fd = { flood->fd, POLLIN, 0 };
	uint8_t buffer[4096];

	(void)poll(&poll_fd, 1, milliseconds);
	for (ssize_t len; (len = recv(flood->fd, buffer, sizeof buffer, 0)) > 0;)
		on_datagram(flood, buffer, (size_t)len);
}

static void drive(struct flood *flood)
{
	const struct options *options = flood->options;
	usec_t began = wire_now();

	while (flood->sent < options->count) {
		uint64_t due = (uint64_t)(wire_now() - began) * options->rate / USEC_PER_SEC;
		for (unsigned i = 0; i < BATCH && flood->sent < due && flood->sent < options->count;
		     i++)
			send_one(flood);
		listen_for(flood, flood->sent < due ? 0 : 1);
	}
	for (unsigned i = 0; i < 20; i++)
		listen_for(flood, 10);
}

/* ---- the request ---- */

static enum rc make_request(struct flood *flood, struct diag *diag)
{
	struct scheme scheme = { .ike = NULL };
	struct initiator initiator = { .spi_i = 1 };

	TRY(crypto_open(NULL, false, diag));
	TRY(scheme_open(&scheme, flood->options->ike, "aes_gcm256", diag));
	initiator.local.addr.family = scheme.responder.addr.family = AF_INET;
	initiator.local.port = scheme.responder.port = IKE_PORT;
	if (getrandom(initiator.nonce, sizeof initiator.nonce, 0) < 0)
		return RC_IO;
	TRY(initiator_begin(&scheme, &initiator));
	flood->len = initiator.request.len;
	if (flood->len > sizeof flood->request)
		return RC_LIMIT;
	memcpy(flood->request, initiator.request.ptr, flood->len);
	initiator_wipe(&initiator);
	scheme_close(&scheme);
	crypto_close();
	return RC_OK;
}

/* A protected message of an SA that is not there. */
static void make_unknown(struct flood *flood)
{
	flood->len = 200;
	memset(flood->request + 8, 0x5a, flood->len - 8);
	flood->request[16] = PAYLOAD_SK;
	flood->request[17] = IKE_VERSION_2;
	flood->request[18] = EXCHANGE_IKE_AUTH;
	flood->request[19] = IKE_FLAG_INITIATOR;
	memset(flood->request + 20, 0, 12);
	flood->request[23] = 1;
	flood->request[27] = (uint8_t)flood->len;
	flood->request[31] = (uint8_t)(flood->len - IKE_HEADER_LEN);
}

/* ---- options ---- */

static const char *usage =
	"usage: flood -d RESPONDER -s FIRST-SOURCE [options]\n"
	"  -n COUNT  datagrams (50000)     -R RATE   of them a second (10000)\n"
	"  -a COUNT  source addresses (as many as datagrams)\n"
	"  -P TEXT   IKE proposal, as in ike= (aes_gcm256-sha2_256-dh31)\n"
	"  -C        return cookies        -U        messages of unknown SAs instead\n"
	"  -p PID    the responder's process, for its CPU time and memory\n"
	"  -o PORT   our UDP port (500)    -j        one JSON object\n";

static bool read_option(struct options *options, int option, char *value)
{
	switch (option) {
	case 'd':
		return inet_pton(AF_INET, value, &options->responder) == 1;
	case 's':
		return inet_pton(AF_INET, value, &options->source) == 1;
	case 'n':
		options->count = (unsigned)atoi(value);
		return options->count > 0;
	case 'R':
		options->rate = (unsigned)atoi(value);
		return options->rate > 0;
	case 'a':
		options->addresses = (unsigned)atoi(value);
		return options->addresses > 0;
	case 'P':
		options->ike = value;
		return true;
	case 'C':
		return options->returns = true;
	case 'U':
		return options->unknown = true;
	case 'p':
		options->pid = atoi(value);
		return true;
	case 'o':
		options->port = (uint16_t)atoi(value);
		return true;
	case 'j':
		return options->json = true;
	}
	return false;
}

static bool read_options(struct options *options, int argc, char **argv)
{
	*options = (struct options){
		.ike = "aes_gcm256-sha2_256-dh31", .port = IKE_PORT, .count = 50000, .rate = 10000
	};
	for (int option; (option = getopt(argc, argv, "d:s:n:R:a:P:p:o:CUj")) != -1;)
		if (!read_option(options, option, optarg))
			return false;
	if (options->addresses == 0)
		options->addresses = options->count;
	return optind == argc && options->responder.s_addr != 0 && options->source.s_addr != 0;
}

static void report(const struct flood *flood, double seconds, const struct usage *from,
		   const struct usage *to)
{
	double each = (to->cpu_us - from->cpu_us) / flood->sent;

	printf(flood->options->json
		       ? "{\"sent\":%u,\"seconds\":%.3f,\"answers\":%u,\"cookies\":%u,"
			 "\"cpu_us\":%.2f,\"rss_growth_kb\":%.0f}\n"
		       : "%u datagrams in %.2f s: %u answers, %u of them cookies; %.2f us of CPU "
			 "each, memory grew by %.0f kB\n",
	       flood->sent, seconds, flood->answers, flood->cookies, each,
	       to->rss_kb - from->rss_kb);
}

int main(int argc, char **argv)
{
	struct options options;
	struct flood flood = { .options = &options, .fd = -1 };
	struct usage from = { 0 }, to = { 0 };
	struct diag diag = { "" };

	if (!read_options(&options, argc, argv)) {
		fputs(usage, stderr);
		return 2;
	}
	flood.fd = wire_open(options.port);
	if (flood.fd < 0 || getrandom(&flood.tag, sizeof flood.tag, 0) < 0) {
		perror("flood");
		return 1;
	}
	if (options.unknown)
		make_unknown(&flood);
	else if (make_request(&flood, &diag) != RC_OK) {
		fprintf(stderr, "flood: %s\n", diag.text);
		return 1;
	}
	bool alive = meter_read(options.pid, &from);
	usec_t began = wire_now();
	drive(&flood);
	double seconds = (double)(wire_now() - began) / 1e6;
	alive = alive && meter_read(options.pid, &to);
	report(&flood, seconds, &from, &to);
	if (!alive)
		fprintf(stderr, "flood: the responder's process is gone\n");
	(void)close(flood.fd);
	return alive ? 0 : 1;
}
