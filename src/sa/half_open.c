/* SPDX-License-Identifier: Apache-2.0 */
/* Who is half-open: counted by address and prefix, and who makes room for whom. Every operation is
 * O(1): a flood must not find an expensive one. */
#include <string.h>
#include "sa/sa.h"

#define PREFIX_SHARE  8 /* of the table for one prefix, as a divisor */
#define PREFIX_LEAST  128
#define ADDRESS_SHARE 32 /* many honest clients may stand behind one NAT */
#define ADDRESS_LEAST 64
#define FAR_LESS      4		   /* so much less crowded is a prefix that displaces young ones */
#define LOOK_AT	      32	   /* SAs that are being worked on are passed over, so many */
#define YOUNG	      USEC_PER_SEC /* a slow path, and a first retransmission */
#define LATE	      (2 * USEC_PER_SEC) /* an answer after that is hardly of use */
#define QUEUED	      (USEC_PER_SEC / 2) /* workers are behind */
#define MAKING_LEAST  64		 /* of one prefix while workers are behind */

static size_t key_of(const struct ip_addr *addr, enum half_open_kind kind, uint8_t key[10])
{
	static const uint8_t lengths[HALF_OPEN_KINDS][2] = { { 4, 8 }, { 3, 6 } };
	uint8_t len = lengths[kind][addr->family == AF_INET ? 0 : 1];

	memset(key, 0, 10);
	key[0] = addr->family == AF_INET ? 4 : 6;
	key[1] = len;
	memcpy(key + 2, addr->bytes, len);
	return 10;
}

static struct half_open_group *group_find(const struct half_open_table *table,
					  const struct ip_addr *addr, enum half_open_kind kind)
{
	uint8_t key[10];
	uint64_t hash = table_hash(&table->groups, key, key_of(addr, kind, key));

	for (struct table_node *node = table_first(&table->groups, hash); node != NULL;
	     node = table_next(node)) {
		struct half_open_group *group = container_of(node, struct half_open_group, by_key);
		if (span_equal(SPAN_OF(group->key), SPAN_OF(key)))
			return group;
	}
	return NULL;
}

static struct half_open_group *group_get(struct half_open_table *table, const struct ip_addr *addr,
					 enum half_open_kind kind)
{
	struct half_open_group *group = group_find(table, addr, kind);

	if (group != NULL)
		return group;
	group = mem_alloc(sizeof(*group));
	if (group == NULL)
		return NULL;
	list_init(&group->members);
	size_t len = key_of(addr, kind, group->key);
	if (table_insert(&table->groups, &group->by_key,
			 table_hash(&table->groups, group->key, len)) == RC_OK)
		return group;
	mem_free(group);
	return NULL;
}

static void group_drop_if_empty(struct half_open_table *table, struct half_open_group *group)
{
	if (group->count > 0)
		return;
	list_remove(&group->in_crowd);
	table_remove(&table->groups, &group->by_key);
	mem_free(group);
}

static uint8_t crowd_of(uint32_t count)
{
	return count == 0 ? 0 : (uint8_t)(31 - __builtin_clz(count));
}

/* Prefixes stand in lists by the magnitude of their number. */
static void crowd_update(struct half_open_table *table, struct half_open_group *group)
{
	uint8_t crowd = crowd_of(group->count);

	if (list_linked(&group->in_crowd) && group->crowd == crowd)
		return;
	list_remove(&group->in_crowd);
	group->crowd = crowd;
	list_append(&table->crowds[crowd], &group->in_crowd);
}

void half_open_init(struct half_open_table *table, const uint64_t seed[2])
{
	*table = (struct half_open_table){ .unproven = 0 };
	table_init(&table->groups, seed);
	list_init(&table->making);
	for (unsigned i = 0; i < HALF_OPEN_CROWDS; i++)
		list_init(&table->crowds[i]);
}

void half_open_free(struct half_open_table *table)
{
	table_free(&table->groups);
}

enum rc half_open_enter(struct sas *sas, struct ike_sa *sa)
{
	struct half_open_table *table = &sas->table;
	struct half_open_place *place = &sa->larval->place;
	struct half_open_group *address = group_get(table, &sa->remote.addr, HALF_OPEN_ADDRESS);
	struct half_open_group *prefix = group_get(table, &sa->remote.addr, HALF_OPEN_PREFIX);

	if (address == NULL || prefix == NULL) {
		if (address != NULL)
			group_drop_if_empty(table, address);
		if (prefix != NULL)
			group_drop_if_empty(table, prefix);
		return RC_NO_MEMORY;
	}
	place->sa = sa;
	place->group[HALF_OPEN_ADDRESS] = address;
	place->group[HALF_OPEN_PREFIX] = prefix;
	for (unsigned kind = 0; kind < HALF_OPEN_KINDS; kind++) {
		list_append(&place->group[kind]->members, &place->in_group[kind]);
		place->group[kind]->count++;
	}
	crowd_update(table, prefix);
	list_append(&table->making, &place->in_making);
	prefix->making++;
	list_append(&sas->half_open, &sa->in_half_open);
	sas->half_open_count++;
	table->unproven += !place->proven;
	return RC_OK;
}

void half_open_made(struct ike_sa *sa)
{
	struct half_open_place *place = &sa->larval->place;

	if (!list_linked(&place->in_making))
		return;
	list_remove(&place->in_making);
	place->group[HALF_OPEN_PREFIX]->making--;
}

void half_open_leave(struct sas *sas, struct ike_sa *sa)
{
	struct half_open_table *table = &sas->table;
	struct half_open_place *place;

	if (!list_linked(&sa->in_half_open))
		return;
	place = &sa->larval->place;
	half_open_made(sa);
	for (unsigned kind = 0; kind < HALF_OPEN_KINDS; kind++) {
		struct half_open_group *group = place->group[kind];
		list_remove(&place->in_group[kind]);
		group->count--;
		if (kind == HALF_OPEN_PREFIX && group->count > 0)
			crowd_update(table, group);
		group_drop_if_empty(table, group);
		place->group[kind] = NULL;
	}
	list_remove(&sa->in_half_open);
	sas->half_open_count--;
	table->unproven -= !place->proven;
}

bool half_open_here(const struct sas *sas, const struct ip_addr *remote)
{
	return group_find(&sas->table, remote, HALF_OPEN_ADDRESS) != NULL;
}

/* ---- room ---- */

static bool displaceable(const struct ike_sa *sa, usec_t least_age, usec_t now)
{
	return ike_sa_is_half_open(sa) && sa->errand == NULL && now - sa->born >= least_age;
}

static struct ike_sa *oldest(const struct half_open_group *group, enum half_open_kind kind,
			     usec_t least_age, usec_t now)
{
	unsigned looked = 0;

	list_for(node, &group->members)
	{
		struct half_open_place *place =
			container_of(node, struct half_open_place, in_group[kind]);
		if (displaceable(place->sa, least_age, now))
			return place->sa;
		if (++looked == LOOK_AT || now - place->sa->born < least_age)
			return NULL;
	}
	return NULL;
}

static struct ike_sa *oldest_of_all(const struct sas *sas, usec_t now)
{
	unsigned looked = 0;

	list_for(node, &sas->half_open)
	{
		struct ike_sa *sa = container_of(node, struct ike_sa, in_half_open);
		if (displaceable(sa, YOUNG, now))
			return sa;
		if (++looked == LOOK_AT)
			return NULL;
	}
	return NULL;
}

static const struct half_open_group *most_crowded(const struct half_open_table *table)
{
	for (unsigned i = HALF_OPEN_CROWDS; i-- > 0;)
		if (!list_empty(&table->crowds[i]))
			return container_of(table->crowds[i].next, struct half_open_group,
					    in_crowd);
	return NULL;
}

static struct ike_sa *victim_of_all(const struct sas *sas, const struct half_open_group *own,
				    usec_t now)
{
	const struct half_open_group *crowd = most_crowded(&sas->table);
	uint32_t own_count = own != NULL ? own->count : 0;
	struct ike_sa *victim = NULL;

	if (crowd != NULL && crowd->count > 1)
		victim = oldest(crowd, HALF_OPEN_PREFIX,
				crowd->count > FAR_LESS * (own_count + 1) ? 0 : YOUNG, now);
	return victim != NULL ? victim : oldest_of_all(sas, now);
}

static size_t share(const struct config_setup *setup, size_t divisor, size_t least)
{
	size_t part = setup->max_halfopen / divisor;

	return part > least ? part : least;
}

/* Which limit do `more` from there exceed, and who would make room? */
static enum half_open_room over(const struct sas *sas, const struct config_setup *setup,
				const struct ip_addr *remote, size_t more, usec_t now,
				struct ike_sa **victim)
{
	const struct half_open_group *address = group_find(&sas->table, remote, HALF_OPEN_ADDRESS);
	const struct half_open_group *prefix = group_find(&sas->table, remote, HALF_OPEN_PREFIX);

	*victim = NULL;
	if (address != NULL && address->count + more > share(setup, ADDRESS_SHARE, ADDRESS_LEAST)) {
		*victim = oldest(address, HALF_OPEN_ADDRESS, YOUNG, now);
		return HALF_OPEN_MANY_ADDRESS;
	}
	if (prefix != NULL && prefix->count + more > share(setup, PREFIX_SHARE, PREFIX_LEAST)) {
		*victim = oldest(prefix, HALF_OPEN_PREFIX, YOUNG, now);
		return HALF_OPEN_MANY_PREFIX;
	}
	if (sas->half_open_count + more > setup->max_halfopen) {
		*victim = victim_of_all(sas, prefix, now);
		return HALF_OPEN_FULL;
	}
	return HALF_OPEN_ROOM;
}

usec_t half_open_queue_age(const struct sas *sas, usec_t now)
{
	const struct list *making = &sas->table.making;

	if (list_empty(making))
		return 0;
	return now - container_of(making->next, struct half_open_place, in_making)->sa->born;
}

static bool workers_busy(const struct sas *sas, const struct ip_addr *remote, usec_t now)
{
	usec_t age = half_open_queue_age(sas, now);
	const struct half_open_group *prefix;

	if (age < QUEUED)
		return false;
	if (age >= LATE)
		return true;
	prefix = group_find(&sas->table, remote, HALF_OPEN_PREFIX);
	return prefix != NULL && prefix->making >= MAKING_LEAST;
}

enum half_open_room half_open_room(const struct sas *sas, const struct config_setup *setup,
				   const struct ip_addr *remote, usec_t now)
{
	struct ike_sa *victim;
	enum half_open_room room = over(sas, setup, remote, 1, now, &victim);

	if (room != HALF_OPEN_ROOM && victim == NULL)
		return room;
	return workers_busy(sas, remote, now) ? HALF_OPEN_BUSY : HALF_OPEN_ROOM;
}

struct ike_sa *half_open_surplus(const struct sas *sas, const struct config_setup *setup,
				 const struct ip_addr *remote, usec_t now)
{
	struct ike_sa *victim;

	(void)over(sas, setup, remote, 0, now, &victim);
	return victim;
}
