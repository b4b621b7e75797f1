/* SPDX-License-Identifier: Apache-2.0 */
/* g^ir and the keys of an IKE SA, computed on a worker. */
#include "ikev2/private.h"
#include "ikev2/derive.h"

/* The responder has both halves at once. It keeps the keys and no key pair, which in NSS is ten
 * times as large (goals.md: half-open SAs). */
static enum rc agree(const struct derive *derive, unsigned worker, struct secret *shared,
		     struct diag *diag)
{
	if (derive->answer == NULL)
		return dh_compute(derive->pair, derive->peer_public, worker, shared, diag);
	return dh_answer(derive->suite.dh, derive->peer_public, worker, derive->answer, shared,
			 diag);
}

enum rc derive_run(void *arg, unsigned worker, struct diag *diag)
{
	struct derive *derive = arg;
	struct secret shared = { NULL, 0 };
	enum rc rc = agree(derive, worker, &shared, diag);

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
