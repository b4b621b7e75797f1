/* SPDX-License-Identifier: Apache-2.0 */
/* g^ir and the keys of an IKE SA, computed on a worker. */
#include "ikev2/private.h"
#include "ikev2/derive.h"

enum rc derive_run(void *arg, unsigned worker, struct diag *diag)
{
	struct derive *derive = arg;
	struct secret shared = { NULL, 0 };
	enum rc rc = dh_compute(derive->pair, derive->peer_public, worker, &shared, diag);

	if (rc == RC_OK)
		rc = ike_keys_derive(&derive->suite, derive->ni, derive->nr, secret_span(&shared),
				     derive->spi_i, derive->spi_r, derive->keys);
	secret_wipe(&shared);
	dh_free(derive->pair);
	derive->pair = NULL;
	return rc;
}

void derive_drop(void *arg)
{
	struct derive *derive = arg;

	dh_free(derive->pair);
	derive->pair = NULL;
}

struct slow_work ikev2_derive_work(struct arena *arena, struct ike_sa *sa, struct ike_keys *keys)
{
	struct derive *derive = ARENA_NEW(arena, struct derive);
	struct ike_larval *larval = sa->larval;

	if (derive == NULL)
		return (struct slow_work){ .run = NULL };
	*derive = (struct derive){
		.suite = sa->suite,
		.ni = arena_copy(arena, span_make(larval->ni, larval->ni_size)),
		.nr = arena_copy(arena, span_make(larval->nr, larval->nr_size)),
		.peer_public =
			arena_copy(arena, span_make(larval->peer_public, larval->peer_public_len)),
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.keys = keys,
	};
	if (derive->ni.ptr == NULL || derive->nr.ptr == NULL || derive->peer_public.ptr == NULL)
		return (struct slow_work){ .run = NULL };
	derive->pair = larval->pair;
	larval->pair = NULL;
	return (struct slow_work){ derive_run, derive, derive_drop };
}
