/* SPDX-License-Identifier: Apache-2.0 */
/* IKE SAs: making, linking into the tables, binding to a peer, freeing; and the half-open table. */
#include <string.h>
#include "sa/extra.h"
#include "sa/followup.h"
#include "sa/intermediate.h"
#include "sa/isakmp.h"
#include "sa/reassembly.h"
#include "sa/proofs.h"
#include "sa/rounds.h"
#include "sa/ticket.h"
#include "sa/window.h"

static const struct name state_entries[] = {
	{ IKE_START, "start" },
	{ IKEV2_INIT_SENT, "IKE_SA_INIT sent" },
	{ IKEV2_HALF_OPEN, "half-open" },
	{ IKEV2_INTERMEDIATE_SENT, "IKE_INTERMEDIATE sent" },
	{ IKEV2_AUTH_SENT, "IKE_AUTH sent" },
	{ IKEV2_ROUNDS, "further authentication" },
	{ IKEV1_MAIN_SA, "Main Mode: SA" },
	{ IKEV1_MAIN_KE, "Main Mode: KE" },
	{ IKEV1_MAIN_ID, "Main Mode: ID" },
	{ IKEV1_AGGRESSIVE, "Aggressive Mode" },
	{ IKEV1_XAUTH, "phase 1 done, the user to be proven" },
	{ IKEV1_CONFIG, "phase 1 done, addresses to come" },
	{ IKE_ESTABLISHED, "established" },
	{ IKE_REKEYED, "rekeyed" },
	{ IKE_DELETING, "deleting" },
	{ IKEV1_GONE, "gone" },
	{ 0, NULL },
};
const struct names ike_state_names = { "IKE SA state", state_entries };

static uint64_t spi_hash(const struct sas *sas, uint64_t spi)
{
	return table_hash(&sas->by_spi, &spi, sizeof(spi));
}

static uint64_t init_hash(const struct sas *sas, const struct ip_endpoint *remote,
			  struct span request)
{
	uint64_t digest = table_hash(&sas->by_init, request.ptr, request.len);
	uint8_t key[8 + 16 + 2];

	memcpy(key, &digest, 8);
	memcpy(key + 8, remote->addr.bytes, 16);
	memcpy(key + 24, &remote->port, 2);
	return table_hash(&sas->by_init, key, sizeof(key));
}

static struct span init_request(const struct ike_sa *sa)
{
	if (sa->larval == NULL || sa->larval->init_request == NULL)
		return SPAN_NONE;
	return span_make(sa->larval->init_request, sa->larval->init_request_len);
}

enum rc sas_init(struct sas *sas, struct peers *peers, struct host *host)
{
	uint64_t seed[2];

	*sas = (struct sas){ .peers = peers, .host = host };
	list_init(&sas->half_open);
	list_init(&sas->reassemblies);
	TRY(host_random(host, seed, sizeof(seed)));
	table_init(&sas->by_spi, seed);
	table_init(&sas->by_init, seed);
	table_init(&sas->by_serial, seed);
	table_init(&sas->children, seed);
	table_init(&sas->outbound, seed);
	table_init(&sas->policies, seed);
	table_init(&sas->cpis, seed);
	table_init(&sas->cpis_out, seed);
	table_init(&sas->announced, seed);
	half_open_init(&sas->table, seed);
	sas->cookie_rotated = host_now(host);
	return host_random(host, sas->cookie_secret, sizeof(sas->cookie_secret));
}

void sas_free(struct sas *sas)
{
	table_free(&sas->by_spi);
	table_free(&sas->by_init);
	table_free(&sas->by_serial);
	table_free(&sas->children);
	table_free(&sas->outbound);
	table_free(&sas->policies);
	table_free(&sas->cpis);
	table_free(&sas->cpis_out);
	table_free(&sas->announced);
	half_open_free(&sas->table);
	wipe(sas->cookie_secret, sizeof(sas->cookie_secret));
	wipe(sas->crash_secret, sizeof(sas->crash_secret));
	ticket_keys_free(sas);
}

/* Random, not zero (RFC 7296 §3.1), not in use. */
static enum rc spi_choose(struct sas *sas, uint64_t *spi)
{
	do
		TRY(host_random(sas->host, spi, sizeof(*spi)));
	while (*spi == 0 || ike_sa_by_spi(sas, *spi) != NULL);
	return RC_OK;
}

enum rc ike_sa_new(struct sas *sas, enum ike_role role, struct ike_sa **out)
{
	uint64_t spi;
	struct ike_sa *sa;

	*out = NULL;
	TRY(spi_choose(sas, &spi));
	sa = mem_alloc(sizeof(*sa));
	if (sa == NULL)
		return RC_NO_MEMORY;
	sa->larval = mem_alloc(sizeof(*sa->larval));
	if (sa->larval == NULL) {
		mem_free(sa);
		return RC_NO_MEMORY;
	}
	sa->role = (uint8_t)role;
	sa->answered = role == RESPONDER;
	sa->state = IKE_START;
	if (role == INITIATOR)
		sa->spi_i = spi;
	else
		sa->spi_r = spi;
	sa->serial = peers_serial(sas->peers);
	sa->born = sa->begun = sa->last_heard = host_now(sas->host);
	list_init(&sa->children);
	list_init(&sa->waiting);
	*out = sa;
	return RC_OK;
}

enum rc ike_sa_link(struct sas *sas, struct ike_sa *sa)
{
	uint64_t serial_hash = table_hash(&sas->by_serial, &sa->serial, sizeof(sa->serial));

	TRY(table_insert(&sas->by_spi, &sa->by_spi, spi_hash(sas, ike_sa_our_spi(sa))));
	if (table_insert(&sas->by_serial, &sa->by_serial, serial_hash) != RC_OK) {
		table_remove(&sas->by_spi, &sa->by_spi);
		return RC_NO_MEMORY;
	}
	sas->ike_count++;
	if (list_linked(&sa->in_half_open))
		half_open_made(sa);
	return RC_OK;
}

enum rc ike_sa_expect(struct sas *sas, struct ike_sa *sa)
{
	TRY(table_insert(&sas->by_init, &sa->by_init,
			 init_hash(sas, &sa->remote, init_request(sa))));
	if (half_open_enter(sas, sa) == RC_OK)
		return RC_OK;
	table_remove(&sas->by_init, &sa->by_init);
	return RC_NO_MEMORY;
}

static void unexpect(struct sas *sas, struct ike_sa *sa)
{
	if (!list_linked(&sa->in_half_open))
		return;
	table_remove(&sas->by_init, &sa->by_init);
	half_open_leave(sas, sa);
}

void ike_sa_bind(struct sas *sas, struct ike_sa *sa, struct peer *peer)
{
	if (list_linked(&sa->in_half_open))
		pressure_finished(sas, host_now(sas->host));
	unexpect(sas, sa);
	list_remove(&sa->in_peer);
	sa->peer = peer;
	list_append(&peer->ike_sas, &sa->in_peer);
}

void ike_sa_forget_larval(struct ike_sa *sa)
{
	struct ike_larval *larval = sa->larval;

	if (larval == NULL)
		return;
	dh_free(larval->pair);
	mem_free(larval->init_request);
	mem_free(larval->init_response);
	mem_free(larval->ni);
	mem_free(larval->nr);
	mem_free(larval->cookie);
	intermediate_free(larval->intermediate);
	rounds_free(larval->rounds);
	proofs_free(larval->proofs);
	ticket_free(larval->resume);
	selectors_free(larval->proposed);
	mem_free(larval);
	sa->larval = NULL;
}

struct ike_creation *ike_creation_new(void)
{
	return mem_alloc(sizeof(struct ike_creation));
}

void ike_creation_free(struct ike_creation *creation)
{
	if (creation == NULL)
		return;
	dh_free(creation->pair);
	followup_free(creation->followup);
	selectors_free(creation->proposed);
	mem_free(creation);
}

void ike_sa_set_creation(struct sas *sas, struct ike_sa *sa, struct ike_creation *creation)
{
	if (sa->creation != NULL) {
		table_remove(&sas->announced, &sa->creation->by_spi);
		sas->creations -= !sa->creation->slow;
	}
	ike_creation_free(sa->creation);
	sa->creation = creation;
	if (creation == NULL)
		return;
	creation->slow = false;
	sas->creations++;
	creation->by_spi = (struct table_node){ 0 };
	if (creation->spi != 0) /* without memory for the table nobody is told to wait */
		(void)(table_insert(&sas->announced, &creation->by_spi,
				    spi_hash(sas, creation->spi)) == RC_OK);
}

void ike_creation_is_slow(struct sas *sas, struct ike_sa *sa)
{
	if (sa->creation == NULL || sa->creation->slow)
		return;
	sa->creation->slow = true;
	sas->creations--;
}

bool ike_sa_is_announced(const struct sas *sas, uint64_t our_spi)
{
	struct table_node *node = table_first(&sas->announced, spi_hash(sas, our_spi));

	while (node != NULL && container_of(node, struct ike_creation, by_spi)->spi != our_spi)
		node = table_next(node);
	return node != NULL;
}

void ike_sa_request_clear(struct sas *sas, struct ike_sa *sa)
{
	ike_sa_set_creation(sas, sa, NULL);
	mem_free(sa->request.bytes);
	sa->request = (struct ike_request){ .bytes = NULL };
}

enum rc ike_sa_new_successor(struct sas *sas, const struct ike_sa *old, enum ike_role role,
			     struct ike_sa **out)
{
	struct ike_sa *sa;

	TRY(ike_sa_new(sas, role, out));
	sa = *out;
	ike_sa_forget_larval(sa);
	sa->local = old->local;
	sa->remote = old->remote;
	sa->encap = old->encap;
	sa->nat_here = old->nat_here;
	sa->nat_there = old->nat_there;
	sa->kept_alive = old->kept_alive;
	sa->ppk = old->ppk; /* by SK_d */
	sa->established = sa->idle_since = sa->born;
	sa->answered = old->answered;
	sa->begun = old->begun;
	sa->proven = old->proven;
	return RC_OK;
}

void ike_sa_inherit(struct ike_sa *to, struct ike_sa *from)
{
	to->in_parts = to->in_parts || from->in_parts;
	list_for_safe(node, &from->children)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_ike);
		list_remove(node);
		child->ike = to;
		list_append(&to->children, node);
		if (child->state == CHILD_DELETING) /* the answer may never come in the old one */
			child->state = CHILD_UP;
	}
}

void ike_sa_gone(struct sas *sas, struct ike_sa *sa)
{
	sa->state = IKEV1_GONE;
	sas->established_count--;
	ike_keys_wipe(&sa->keys);
}

void ike_sa_free(struct sas *sas, struct ike_sa *sa)
{
	unexpect(sas, sa);
	if (sa->state >= IKE_ESTABLISHED && sa->state != IKEV1_GONE)
		sas->established_count--;
	if (ike_sa_asks_user(sa))
		sas->users--;
	if (sa->by_serial.hash != 0) {
		table_remove(&sas->by_spi, &sa->by_spi);
		table_remove(&sas->by_serial, &sa->by_serial);
		sas->ike_count--;
	}
	list_remove(&sa->in_peer);
	ike_sa_forget_larval(sa);
	ike_sa_request_clear(sas, sa);
	ike_extra_free(sa);
	followup_forget_all(sa);
	reassembly_free_all(sas, sa);
	window_free(sa);
	mem_free(sa->answer);
	mem_free(sa->mobile);
	mem_free(sa->check);
	isakmp_free(sa->v1);
	ike_keys_wipe(&sa->keys);
	mem_free(sa);
}

struct ike_sa *ike_sa_by_spi(const struct sas *sas, uint64_t our_spi)
{
	for (struct table_node *node = table_first(&sas->by_spi, spi_hash(sas, our_spi)); node;
	     node = table_next(node)) {
		struct ike_sa *sa = container_of(node, struct ike_sa, by_spi);
		if (ike_sa_our_spi(sa) == our_spi)
			return sa;
	}
	return NULL;
}

struct ike_sa *ike_sa_by_init(const struct sas *sas, const struct ip_endpoint *remote,
			      struct span request)
{
	for (struct table_node *node = table_first(&sas->by_init, init_hash(sas, remote, request));
	     node; node = table_next(node)) {
		struct ike_sa *sa = container_of(node, struct ike_sa, by_init);
		if (span_equal(init_request(sa), request) && endpoint_equal(&sa->remote, remote))
			return sa;
	}
	return NULL;
}

struct ike_sa *ike_sa_by_serial(const struct sas *sas, uint64_t serial)
{
	uint64_t hash = table_hash(&sas->by_serial, &serial, sizeof(serial));

	for (struct table_node *node = table_first(&sas->by_serial, hash); node;
	     node = table_next(node)) {
		struct ike_sa *sa = container_of(node, struct ike_sa, by_serial);
		if (sa->serial == serial)
			return sa;
	}
	return NULL;
}
