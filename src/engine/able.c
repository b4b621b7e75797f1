/* SPDX-License-Identifier: Apache-2.0 */
/* What a conn asks of the kernel beyond ESP is asked of the kernel when the conn is loaded, not by
 * its first packet. */
#include <string.h>
#include "engine/private.h"

static enum rc need(struct kernel *kernel, enum kernel_feature feature, const char *keyword,
		    const char *what, const char *remedy, struct diag *diag)
{
	int error = kernel->ops->lacks(kernel, feature);

	if (error == 0)
		return RC_OK;
	return diag_fail(diag, RC_UNSUPPORTED, "%s: this kernel makes no %s SA (%s); %s", keyword,
			 what, strerrordesc_np(error), remedy);
}

static enum rc need_iptfs(struct kernel *kernel, struct diag *diag)
{
	int error = kernel->ops->lacks(kernel, KERNEL_HAS_IPTFS);

	if (error == 0)
		return RC_OK;
	return diag_fail(diag, RC_UNSUPPORTED,
			 "iptfs=yes: this kernel has no IP-TFS (%s); Linux 6.14 has it (modprobe "
			 "xfrm_iptfs); write iptfs=no, or tfc= to hide the lengths of packets",
			 strerrordesc_np(error));
}

static enum rc conn_check_kernel(const struct gateway *gateway, const struct config_conn *conn,
				 struct diag *diag)
{
	if (conn_shunts(conn))
		return RC_OK;
	if (conn->ah)
		TRY(need(gateway->kernel, KERNEL_HAS_AH, "ah=", "AH",
			 "load ah4 (modprobe ah4 ah6), or write esp= instead", diag));
	if (conn->compress)
		TRY(need(gateway->kernel, KERNEL_HAS_IPCOMP, "compress=yes", "IPComp",
			 "load ipcomp (modprobe ipcomp ipcomp6), or leave compress= out", diag));
	if (conn->iptfs.on)
		TRY(need_iptfs(gateway->kernel, diag));
	return RC_OK;
}

static void take_remote(void *context, struct tunnel *tunnel)
{
	*(struct ip_addr *)context = tunnel->peer->remote;
}

/* Routes change: whether the card can is told now, and decided when the Child SA is made. */
static void tell_card(struct gateway *gateway, const struct config_conn *conn)
{
	bool packet = conn->nic_offload == OFFLOAD_PACKET;
	struct ip_addr remote = { 0 };
	struct diag diag;

	if (conn_shunts(conn) || (!packet && conn->nic_offload != OFFLOAD_CRYPTO) ||
	    peers_match(&gateway->peers, conn->name, take_remote, &remote) == 0 ||
	    !ip_is_set(&remote) ||
	    gateway->kernel->ops->check_card(gateway->kernel, &remote, &diag) == RC_OK)
		return;
	log_write(gateway->log, LOG_LEVEL_WARNING, NULL,
		  "conn %s: %s; with nic-offload=%s no Child SA will come up through it: write "
		  "auto or no, or use a card that can",
		  conn->name, diag.text, packet ? "packet" : "crypto");
}

enum rc conn_load(struct gateway *gateway, struct config *config, const struct config_conn *conn,
		  struct diag *diag)
{
	TRY(conn_check_kernel(gateway, conn, diag));
	TRY(peer_load(&gateway->peers, config, conn, diag));
	tell_card(gateway, conn);
	return RC_OK;
}
