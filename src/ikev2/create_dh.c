/* SPDX-License-Identifier: Apache-2.0 */
/* Key exchange of CREATE_CHILD_SA on a worker: its argument holds copies, never an SA. */
#include "ikev2/create.h"

struct exchange_dh {
	const struct dh_alg *alg;
	struct dh_pair **made; /* generate: where the pair goes */
	struct dh_pair *pair;  /* compute: owned */
	struct span peer_public;
	uint8_t *room; /* answer: for our KE data */
	struct secret *shared;
};

static enum rc generate_run(void *arg, unsigned worker, struct diag *diag)
{
	struct exchange_dh *dh = arg;

	(void)diag;
	return dh_generate(dh->alg, worker, dh->made);
}

static enum rc compute_run(void *arg, unsigned worker, struct diag *diag)
{
	struct exchange_dh *dh = arg;
	enum rc rc = dh_compute(dh->pair, dh->peer_public, worker, dh->shared, diag);

	dh_free(dh->pair);
	dh->pair = NULL;
	return rc;
}

static enum rc answer_run(void *arg, unsigned worker, struct diag *diag)
{
	struct exchange_dh *dh = arg;

	return dh_answer(dh->alg, dh->peer_public, worker, dh->room, dh->shared, diag);
}

static void compute_drop(void *arg)
{
	struct exchange_dh *dh = arg;

	dh_free(dh->pair);
	dh->pair = NULL;
}

static enum rc prepare(struct step *step, uint16_t group, struct outcome *out,
		       struct exchange_dh **result)
{
	struct exchange_dh *dh = ARENA_NEW(step->arena, struct exchange_dh);

	if (dh == NULL)
		return RC_NO_MEMORY;
	dh->alg = crypto_dh(group);
	if (dh->alg == NULL)
		return diag_fail(&out->diag, RC_UNSUPPORTED, "DH group %u is not available", group);
	dh->shared = &out->shared;
	*result = dh;
	return RC_OK;
}

enum rc create_generate(struct step *step, uint16_t group, struct dh_pair **pair,
			struct outcome *out)
{
	struct exchange_dh *dh = NULL;

	TRY(prepare(step, group, out, &dh));
	dh->made = pair;
	out->work = (struct slow_work){ .run = generate_run, .arg = dh };
	return RC_SUSPEND;
}

enum rc create_compute(struct step *step, struct dh_pair **pair, struct span peer_public,
		       struct outcome *out)
{
	struct exchange_dh *dh = NULL;

	TRY(prepare(step, dh_pair_alg(*pair)->id, out, &dh));
	TRY(dh_check_answer(dh->alg, peer_public, &out->diag));
	dh->peer_public = peer_public;
	dh->pair = *pair;
	*pair = NULL;
	out->work = (struct slow_work){ compute_run, dh, compute_drop };
	return RC_SUSPEND;
}

enum rc create_answer_dh(struct step *step, const struct wire_ke *ke, struct span *public,
			 struct outcome *out)
{
	struct exchange_dh *dh = NULL;

	TRY(prepare(step, ke->group, out, &dh));
	TRY(dh_check_public(dh->alg, ke->data, &out->diag));
	dh->room = arena_alloc(step->arena, dh_answer_len(dh->alg));
	if (dh->room == NULL)
		return RC_NO_MEMORY;
	dh->peer_public = ke->data;
	*public = span_make(dh->room, dh_answer_len(dh->alg));
	out->work = (struct slow_work){ .run = answer_run, .arg = dh };
	return RC_SUSPEND;
}

enum rc create_want_group(struct step *step, uint16_t group, struct outcome *out)
{
	uint8_t *data = arena_alloc(step->arena, 2);

	if (data == NULL)
		return RC_NO_MEMORY;
	data[0] = (uint8_t)(group >> 8);
	data[1] = (uint8_t)group;
	out->notify_data = span_make(data, 2);
	return diag_fail(&out->diag, RC_INVALID_KE, "asked for a KE of DH group %u", group);
}

enum rc create_again(struct step *step, uint16_t group, const step_fn *steps, struct outcome *out)
{
	struct ike_creation *creation = out->creation = ike_creation_new();

	if (creation == NULL)
		return RC_NO_MEMORY;
	*creation = *step->sa->creation;
	creation->pair = NULL;
	creation->proposed = NULL; /* with the request */
	creation->restarts++;
	step->divert = steps;
	return create_generate(step, group, &creation->pair, out);
}
