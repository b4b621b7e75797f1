/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations and secrets that others have taken the place of. Conns that are still loaded and
 * events on the road may look into them, so they are looked at again and again (watchdog); when
 * nobody does any more, a worker frees them: that of 10,000 conns takes 30 ms. */
#include "base/arena.h"
#include "engine/private.h"

struct retired {
	struct list in_gateway;
	struct config *config;
	struct secrets *secrets;
	uint64_t errands; /* this one and those before it may look into it */
	struct job job;
};

static void free_work(struct job *job, unsigned worker)
{
	struct retired *retired = container_of(job, struct retired, job);

	(void)worker;
	config_unref(retired->config);
	secrets_free(retired->secrets);
}

static void free_done(struct job *job)
{
	mem_free(container_of(job, struct retired, job));
}

/* Without memory it is freed at once, should nobody hold it. */
static struct retired *retire(struct gateway *gateway)
{
	struct retired *retired = mem_alloc(sizeof(*retired));

	if (retired == NULL)
		return NULL;
	retired->errands = gateway->errands_begun;
	retired->job = (struct job){ .work = free_work, .done = free_done };
	list_append(&gateway->retired, &retired->in_gateway);
	return retired;
}

static struct retired *retired_before(struct gateway *gateway, const struct config *config)
{
	list_for(node, &gateway->retired)
	{
		struct retired *retired = container_of(node, struct retired, in_gateway);
		if (retired->config == config)
			return retired;
	}
	return NULL;
}

/* It may be retired by several who held it: one reference is kept here, or each would keep it for
 * the others. */
void retire_config(struct gateway *gateway, struct config *config)
{
	struct retired *retired = config != NULL ? retired_before(gateway, config) : NULL;

	if (retired != NULL) {
		retired->errands = gateway->errands_begun;
		config_unref(config);
		return;
	}
	if (config != NULL)
		retired = retire(gateway);
	if (retired != NULL)
		retired->config = config;
	else
		config_unref(config);
}

void retire_secrets(struct gateway *gateway, struct secrets *secrets)
{
	struct retired *retired = NULL;

	if (secrets != NULL)
		retired = retire(gateway);
	if (retired != NULL)
		retired->secrets = secrets;
	else
		secrets_free(secrets);
}

static uint64_t oldest_errand(const struct gateway *gateway)
{
	if (list_empty(&gateway->errands))
		return UINT64_MAX;
	return container_of(gateway->errands.next, struct errand, in_gateway)->born;
}

void retire_free(struct gateway *gateway)
{
	uint64_t oldest = oldest_errand(gateway);

	list_for_safe(node, &gateway->retired)
	{
		struct retired *retired = container_of(node, struct retired, in_gateway);
		if ((retired->config != NULL && retired->config->refs > 1) ||
		    retired->errands >= oldest)
			continue;
		list_remove(&retired->in_gateway);
		gateway->host->ops->job_submit(gateway->host, &retired->job);
	}
}

void retire_free_all(struct gateway *gateway)
{
	list_for_safe(node, &gateway->retired)
	{
		struct retired *retired = container_of(node, struct retired, in_gateway);
		list_remove(&retired->in_gateway);
		free_work(&retired->job, 0);
		free_done(&retired->job);
	}
}

void gateway_retire(struct gateway *gateway, struct config *config)
{
	retire_config(gateway, config);
}
