/* SPDX-License-Identifier: Apache-2.0 */
/* DOC: Linux' XFRM. submit writes the message at once (sa.c, policy.c: so no key is kept) into a
 * batch; the end of the loop turn sends the batch, reads the answers (requests.c) and tells the
 * owners. Events come on a socket of their own, watched by the loop; when that one overflows the
 * owner is told to compare everything. */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/arena.h"
#include "kernel/xfrm/xfrm.h"

#define EVENTS_A_TURN 256

static void read_event(void *context, const struct nlmsghdr *message)
{
	struct xfrm *xfrm = context;
	struct kernel_event event;
	if (xfrm->kernel.on_event != NULL && xfrm_event_decode(message, &event) &&
	    kernel_reqid_is_known(&xfrm->kernel, event.reqid))
		xfrm->kernel.on_event(xfrm->kernel.context, &event);
}

static void events_readable(void *context, unsigned what)
{
	struct xfrm *xfrm = context;
	struct kernel_event resync = { .type = KERNEL_RESYNC };
	(void)what;
	int error = xfrm_receive(xfrm->events, EVENTS_A_TURN, read_event, xfrm);
	if (error != 0 && xfrm->kernel.on_event != NULL)
		xfrm->kernel.on_event(xfrm->kernel.context, &resync);
}

static enum rc remove_stale(struct kernel *kernel, unsigned *count, struct diag *diag)
{
	struct xfrm *xfrm = xfrm_of(kernel);
	return xfrm_stale_remove(&xfrm->kernel, xfrm->requests, &xfrm->sequence, count, diag);
}

static bool supports(struct kernel *kernel, uint16_t encr, uint16_t encr_bits, uint16_t integ)
{
	return xfrm_probe_supports(&xfrm_of(kernel)->probe, encr, encr_bits, integ);
}

static int lacks(struct kernel *kernel, enum kernel_feature feature)
{
	const struct probe *probe = &xfrm_of(kernel)->probe;
	switch (feature) {
	case KERNEL_HAS_AH:
		return probe->error_ah;
	case KERNEL_HAS_IPCOMP:
		return probe->error_ipcomp;
	case KERNEL_HAS_IPTFS:
		return probe->error_iptfs;
	}
	return ENOSYS;
}

static enum rc check_card(struct kernel *kernel, const struct ip_addr *peer, struct diag *diag)
{
	uint32_t device = xfrm_offload_device(xfrm_of(kernel)->host, peer);
	char text[CARD_TEXT_MAX];
	if (xfrm_card_can(device) != CARD_CANNOT)
		return RC_OK;
	xfrm_card_text(device, text);
	return diag_fail(diag, RC_UNSUPPORTED, "%s", text);
}

static void xfrm_free(struct kernel *kernel)
{
	struct xfrm *xfrm = xfrm_of(kernel);
	xfrm_requests_forget(xfrm);
	list_remove(&xfrm->flush.queue);
	if (xfrm->watch != NULL)
		xfrm->host->ops->unwatch(xfrm->host, xfrm->watch);
	if (xfrm->events >= 0)
		(void)close(xfrm->events);
	if (xfrm->requests >= 0) {
		xfrm_spread_restore(&xfrm->spread, xfrm->requests, &xfrm->sequence);
		(void)close(xfrm->requests);
	}
	mem_free(xfrm);
}

static const struct kernel_ops xfrm_ops = {
	.submit = xfrm_requests_submit,
	.cancel = xfrm_requests_cancel,
	.remove_stale = remove_stale,
	.drain = xfrm_requests_drain,
	.supports = supports,
	.lacks = lacks,
	.check_card = check_card,
	.free = xfrm_free,
};

static void report_family(const struct xfrm *xfrm, const char *family, int error,
			  const char *module)
{
	if (error == 0 || xfrm->log == NULL)
		return;
	log_write(xfrm->log, LOG_LEVEL_WARNING, NULL,
		  "this kernel makes no ESP SA for %s: %s; load %s (modprobe %s) or boot a kernel "
		  "that has it. Until then no "
		  "%s tunnel will carry packets",
		  family, strerrordesc_np(error), module, module, family);
}

enum rc xfrm_ask_algorithms(struct xfrm *xfrm, struct diag *diag)
{
	uint32_t random[2];
	TRY(host_random(xfrm->host, random, sizeof random));
	xfrm->policy_counter += random[0];
	xfrm->probed = host_now(xfrm->host);
	TRY(xfrm_probe_run(xfrm->requests, &xfrm->sequence, random[1] % 0xf0000000u + 0x1000,
			   &xfrm->probe, diag));
	report_family(xfrm, "IPv4", xfrm->probe.error_v4, "esp4");
	report_family(xfrm, "IPv6", xfrm->probe.error_v6, "esp6");
	return RC_OK;
}

static uint32_t group(unsigned number)
{
	return 1u << (number - 1);
}

static enum rc start(struct xfrm *xfrm, struct diag *diag)
{
	uint32_t groups =
		group(XFRMNLGRP_ACQUIRE) | group(XFRMNLGRP_EXPIRE) | group(XFRMNLGRP_MAPPING);
	TRY(xfrm_open(0, &xfrm->requests, diag));
	TRY(xfrm_ask_algorithms(xfrm, diag));
	TRY(xfrm_open(groups, &xfrm->events, diag));
	xfrm->watch =
		xfrm->host->ops->watch(xfrm->host, xfrm->events, HOST_READ, events_readable, xfrm);
	return xfrm->watch != NULL ? RC_OK : diag_fail(diag, RC_NO_MEMORY, "out of memory");
}

enum rc kernel_xfrm_new(struct host *host, struct log *log, struct kernel **out, struct diag *diag)
{
	struct xfrm *xfrm;
	if (host->ops->watch == NULL)
		return diag_fail(diag, RC_UNSUPPORTED, "a virtual host has no real kernel");
	xfrm = mem_alloc(sizeof *xfrm);
	if (xfrm == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	xfrm->kernel.ops = &xfrm_ops;
	xfrm->host = host;
	xfrm->log = log;
	xfrm->requests = xfrm->events = -1;
	xfrm->flush.run = xfrm_requests_turn_end;
	xfrm_spread_init(&xfrm->spread);
	list_init(&xfrm->outstanding);
	list_init(&xfrm->answered);
	enum rc rc = start(xfrm, diag);
	if (rc != RC_OK) {
		xfrm_free(&xfrm->kernel);
		return rc;
	}
	*out = &xfrm->kernel;
	return RC_OK;
}
