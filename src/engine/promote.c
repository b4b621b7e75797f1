/* SPDX-License-Identifier: Apache-2.0 */
/* The outbound half of a rekeyed Child SA, which waits until the peer has shown that it has the new
 * one (RFC 7296 §2.8). By then the old one may be gone, so a kernel that refuses is asked again. */
#include "engine/private.h"
#include "sa/child_install.h"
#include "sa/compress.h"

#define PROMOTE_TRIES 4

/* An answer that was lost leaves open whether the SA is there. */
static void clear_the_place(struct gateway *gateway, const struct child_sa *child)
{
	struct kernel_request request = { .op = KERNEL_SA_DELETE };

	if (child->out_installed) {
		child_kernel_sa(child, KERNEL_OUT, &request.sa);
		gateway->kernel->ops->submit(gateway->kernel, &request);
	}
	if (child->compress != NULL && child->compress->out_installed) {
		compress_kernel_sa(child, KERNEL_OUT, &request.sa);
		gateway->kernel->ops->submit(gateway->kernel, &request);
	}
}

static bool promote(struct gateway *gateway, struct child_sa *child)
{
	struct arena arena;
	struct list requests;
	enum rc rc;

	child->promotions++;
	list_init(&requests);
	arena_init(&arena, LIMIT_EVENT_ARENA);
	rc = child_install_out(&arena, child, secret_span(&child->waiting_keymat), &requests);
	if (rc == RC_OK)
		child_install(gateway, &requests, child);
	else
		child->promotions--; /* nothing was asked of the kernel */
	arena_free(&arena);
	return rc == RC_OK;
}

bool child_promote(struct gateway *gateway, struct child_sa *child)
{
	if (child->waiting_keymat.ptr == NULL || child->promotions > 0)
		return true;
	return promote(gateway, child);
}

bool child_promote_again(struct gateway *gateway, struct child_sa *child)
{
	if (child->waiting_keymat.ptr == NULL || child->promotions >= PROMOTE_TRIES)
		return false;
	clear_the_place(gateway, child);
	return promote(gateway, child);
}

void child_promoted(struct gateway *gateway, uint32_t spi_in, uint64_t serial)
{
	struct child_sa *child = child_sa_by_spi(&gateway->sas, spi_in);

	if (child == NULL || child->serial != serial)
		return;
	secret_wipe(&child->waiting_keymat);
	peer_dirty(child->tunnel->peer); /* those that it replaces may go now */
}
