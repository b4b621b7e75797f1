/* SPDX-License-Identifier: Apache-2.0 */
/* The addresses between which an IKE SA lives, and MOBIKE's data about them. */
#include "sa/sa.h"

void ike_sa_inherit_path(struct ike_sa *to, struct ike_sa *from)
{
	to->local = from->local;
	to->remote = from->remote;
	to->encap = from->encap;
	to->nat_here = from->nat_here;
	to->nat_there = from->nat_there;
	to->kept_alive = from->kept_alive;
	to->moved = from->moved;
	to->moves = from->moves;
	to->fragmentation = from->fragmentation;
	to->fragment_size = from->fragment_size;
	if (to == from)
		return;
	mem_free(to->mobile);
	to->mobile = from->mobile;
	from->mobile = NULL;
}

enum rc ike_sa_mobile(struct ike_sa *sa, bool leads)
{
	if (sa->mobile == NULL)
		sa->mobile = mem_alloc(sizeof(*sa->mobile));
	if (sa->mobile == NULL)
		return RC_NO_MEMORY;
	sa->mobile->leads = leads;
	return RC_OK;
}
