/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzz target for src/sa/reassembly.c: fragments of several IKE SAs in any order, as they are after
 * their ICV was checked. Besides not crashing: what is counted is what is there, nothing is longer
 * than a message may be, and a whole message is what its fragments were, in their order.
 *
 * A fragment is six bytes (struct head, below) and what it carries. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/crypto.h"
#include "host/virtual.h"
#include "ikev2/ikev2.h"

#define SAS    3
#define BEHIND (7 * USEC_PER_SEC)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char conf[] =
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tauthby=secret\n\tauto=add\n";
static uint8_t ballast[0x8000]; /* what a fragment carries that is longer than the input */

static struct peers peers;
static struct sas sas;
static struct ike_sa *ike_sas[SAS];
static struct world *world;

/* What the fragments that were kept carried, by SA, direction and number. */
static struct piece {
	struct span plain;
	uint32_t message_id;
} kept[SAS][2][LIMIT_FRAGMENTS];

/* First byte: bits 0-1 SA, 2 response, 3 time passes, 4 another exchange, 5-7 message ID; then
 * number, total, first type, and two bytes of length: with the highest bit it is of ballast. */
struct head {
	unsigned sa;
	bool later;
	struct ike_header header;
	struct fragment fragment;
};

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "fuzz_reassembly: not so: %s\n", what);
	abort();
}

static void open_once(void)
{
	struct host *host;
	struct config *config = NULL;
	struct config_errors errors;
	struct diag diag;

	if (ike_sas[0] != NULL)
		return;
	world = world_new(1);
	host = world != NULL ? world_host(world, "west") : NULL;
	config_errors_init(&errors);
	must(crypto_open(NULL, false, &diag) == RC_OK, "crypto is there");
	must(host != NULL && world_host_add_address(host, "192.0.2.1") == RC_OK &&
		     config_load_text("fuzz.conf", span_make(conf, strlen(conf)), &config,
				      &errors) == RC_OK &&
		     peers_init(&peers, host, NULL) == RC_OK &&
		     peer_load(&peers, config, config->conns[0], &diag) == RC_OK &&
		     sas_init(&sas, &peers, host) == RC_OK,
	     "there are tables");
	for (unsigned i = 0; i < SAS; i++)
		must(ike_sa_new(&sas, RESPONDER, &ike_sas[i]) == RC_OK, "there are SAs");
	config_unref(config);
	config_errors_free(&errors);
}

static uint16_t within(uint8_t value, uint16_t most)
{
	return (uint16_t)(1 + value % most);
}

static bool next(struct span *in, struct head *head)
{
	const uint8_t *at = in->ptr;
	size_t len;

	if (in->len < 6)
		return false;
	*head = (struct head){ .sa = (at[0] & 3u) % SAS, .later = (at[0] & 8) != 0 };
	head->header = (struct ike_header){
		.exchange = (at[0] & 16) != 0 ? EXCHANGE_INFORMATIONAL : EXCHANGE_IKE_AUTH,
		.flags = (at[0] & 4) != 0 ? IKE_FLAG_RESPONSE : 0,
		.message_id = at[0] >> 5,
	};
	head->fragment.header = &head->header;
	head->fragment.total = within(at[2], LIMIT_FRAGMENTS);
	head->fragment.number = within(at[1], head->fragment.total);
	head->fragment.first_type = at[3];
	len = (size_t)(at[4] & 0x7f) << 8 | at[5];
	*in = span_make(in->ptr + 6, in->len - 6);
	if ((at[4] & 0x80) != 0) {
		head->fragment.plain = span_make(ballast, len);
		return true;
	}
	len = len < in->len ? len : in->len;
	head->fragment.plain = span_make(in->ptr, len);
	*in = span_make(in->ptr + len, in->len - len);
	return true;
}

static void must_be_counted(void)
{
	size_t bytes = 0;

	list_for(node, &sas.reassemblies)
	{
		const struct reassembly *one = container_of(node, struct reassembly, in_sas);
		size_t len = 0;
		unsigned have = 0;
		for (unsigned i = 0; i < one->total; i++) {
			have += one->pieces[i].here;
			len += one->pieces[i].len;
		}
		must(have == one->have && len == one->len, "its pieces are counted");
		must(len <= LIMIT_MESSAGE, "none is longer than a message");
		bytes += one->size;
	}
	must(bytes == sas.reassembly_bytes && bytes <= REASSEMBLY_BYTES, "memory is counted");
}

static void must_be_joined(const struct reassembly *whole, const struct piece *pieces)
{
	struct ike_message message;
	uint8_t critical = 0;
	struct arena arena;
	struct span plain;
	struct diag diag;
	size_t at = 0;

	arena_init(&arena, LIMIT_EVENT_ARENA);
	if (reassembly_join(whole, &arena, &plain) == RC_OK) {
		for (unsigned i = 0; i < whole->total; i++) {
			const struct span *piece = &pieces[i].plain;
			must(pieces[i].message_id == whole->header.message_id,
			     "it is of one message");
			must(plain.len - at >= piece->len &&
				     memcmp(plain.ptr + at, piece->ptr, piece->len) == 0,
			     "a whole message is its fragments in order");
			at += piece->len;
		}
		must(at == plain.len, "and nothing more");
	}
	if (ikev2_assemble(&arena, whole, &message, &critical, &diag) == RC_OK)
		must(message.header.message_id == whole->header.message_id, "it is read");
	arena_free(&arena);
}

static void take(const struct head *head, usec_t now)
{
	bool response = (head->header.flags & IKE_FLAG_RESPONSE) != 0;
	struct piece *pieces = kept[head->sa][response];
	struct ike_sa *sa = ike_sas[head->sa];
	enum fragment_fault fault;
	struct reassembly *one;
	struct diag diag = { "" };
	enum rc rc = reassembly_add(&sas, sa, &head->fragment, now, &fault, &diag);

	must_be_counted();
	must((rc == RC_OK || rc == RC_EXISTS) == (fault == FRAGMENT_FINE), "a fault is named");
	one = reassembly_of(sa, response);
	if (rc != RC_OK)
		return;
	must(one != NULL && one->pieces[head->fragment.number - 1].here, "what is kept is here");
	pieces[head->fragment.number - 1] =
		(struct piece){ head->fragment.plain, head->header.message_id };
	if (!reassembly_whole(one))
		return;
	must_be_joined(one, pieces);
	reassembly_free(&sas, one);
	must(reassembly_of(sa, response) == NULL, "it is over");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_make(data, size);
	usec_t now = USEC_PER_SEC;
	struct head head;

	open_once();
	while (next(&in, &head)) {
		if (head.later) {
			now += BEHIND;
			(void)reassembly_expire(&sas, now);
		}
		take(&head, now);
	}
	for (unsigned i = 0; i < SAS; i++)
		reassembly_free_all(&sas, ike_sas[i]);
	must(sas.reassembly_bytes == 0 && list_empty(&sas.reassemblies), "nothing is left");
	return 0;
}
