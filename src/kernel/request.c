/* SPDX-License-Identifier: Apache-2.0 */
/* From an errno to what the owner of a request sees. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "kernel/request.h"

static const char *errno_hint(int error)
{
	switch (error) {
	case EPROTONOSUPPORT:
		return "; this kernel has no ESP, AH or IPComp for that address family: modprobe "
		       "esp4 esp6 "
		       "(ah4 ah6, ipcomp ipcomp6), or "
		       "boot a kernel with CONFIG_INET_ESP";
	case ENOSYS:
		return "; this kernel lacks the algorithm: load its crypto module or leave it out "
		       "of esp=";
	case EPERM:
		return "; CAP_NET_ADMIN is needed in this network namespace";
	case ENOBUFS:
		return "; the answer was lost, the object may or may not be there";
	case EKEYREJECTED:
		return "; it does not show keys (lockdown), so an SA cannot be moved";
	case ENOMEM:
		return "; the kernel is out of memory";
	default:
		return "";
	}
}

/* The card was asked for and is part of the refusal. */
static const char *offload_hint(const struct kernel_request *request)
{
	bool sa = request->op == KERNEL_SA_ADD && request->sa.offload > KERNEL_OFFLOAD_AUTO;
	bool policy = request->op == KERNEL_POLICY_SET && request->policy.offload;
	bool packet = policy || request->sa.offload == KERNEL_OFFLOAD_PACKET;

	if ((!sa && !policy) || request->error == EEXIST)
		return "";
	if (sa && request->sa.encap.local_port != 0)
		return "; a NAT is between, and cards cannot do ESP in UDP: nic-offload=auto or no "
		       "does without them";
	return packet ? "; nic-offload=packet needs Linux 6.2 and a card that can: crypto asks for "
			"less, auto uses what there is, no does without"
		      : "; nic-offload=auto uses the network card where it can, no does without";
}

static void describe_sa(const struct kernel_sa *sa, const char *verb, char *buffer, size_t size)
{
	char src[IP_TEXT_MAX], dst[IP_TEXT_MAX];
	(void)snprintf(buffer, size, "%s the SA %s -> %s SPI %08x", verb, ip_text(&sa->src, src),
		       ip_text(&sa->dst, dst), (unsigned)sa->spi);
}

static void describe_policy(const struct kernel_policy *policy, const char *verb, char *buffer,
			    size_t size)
{
	static const char *const directions[] = { "in", "out", "fwd" };
	char src[IP_RANGE_TEXT_MAX], dst[IP_RANGE_TEXT_MAX];
	const char *direction =
		policy->direction <= KERNEL_FWD ? directions[policy->direction] : "?";
	(void)snprintf(buffer, size, "%s the %s policy %s -> %s", verb, direction,
		       range_text(&policy->src.range, src), range_text(&policy->dst.range, dst));
}

static void describe_move(const struct kernel_request *request, char *buffer, size_t size)
{
	char src[IP_TEXT_MAX], dst[IP_TEXT_MAX], what[160];
	describe_sa(&request->sa, "move", what, sizeof what);
	(void)snprintf(buffer, size, "%s to %s -> %s", what, ip_text(&request->to.src, src),
		       ip_text(&request->to.dst, dst));
}

static void describe(const struct kernel_request *request, char *buffer, size_t size)
{
	switch (request->op) {
	case KERNEL_SA_ADD:
		describe_sa(&request->sa, "add", buffer, size);
		break;
	case KERNEL_SA_DELETE:
		describe_sa(&request->sa, "delete", buffer, size);
		break;
	case KERNEL_SA_QUERY:
		describe_sa(&request->sa, "query", buffer, size);
		break;
	case KERNEL_SA_MOVE:
		describe_move(request, buffer, size);
		break;
	case KERNEL_POLICY_SET:
		describe_policy(&request->policy, "set", buffer, size);
		break;
	case KERNEL_POLICY_DELETE:
		describe_policy(&request->policy, "delete", buffer, size);
		break;
	}
}

/* "Not there" is what a delete wanted. */
static enum rc errno_rc(enum kernel_op op, int error)
{
	bool absent = error == ESRCH || error == ENOENT;
	switch (op) {
	case KERNEL_SA_ADD:
		return error == EEXIST ? RC_EXISTS : RC_KERNEL;
	case KERNEL_SA_MOVE:
		return error == EEXIST ? RC_EXISTS : absent ? RC_NOT_FOUND : RC_KERNEL;
	case KERNEL_SA_QUERY:
		return absent ? RC_NOT_FOUND : RC_KERNEL;
	case KERNEL_SA_DELETE:
	case KERNEL_POLICY_DELETE:
		return absent ? RC_OK : RC_KERNEL;
	case KERNEL_POLICY_SET:
		return RC_KERNEL;
	}
	return RC_KERNEL;
}

void kernel_request_settle(struct kernel_request *request, int error, const char *text)
{
	char what[220];
	request->flags |= REQUEST_ANSWERED;
	request->error = error;
	request->rc = error == 0 ? RC_OK : errno_rc(request->op, error);
	request->diag.text[0] = '\0';
	if (request->rc == RC_OK)
		return;
	describe(request, what, sizeof what);
	(void)diag_fail(&request->diag, request->rc, "the kernel refused to %s: %s%s%s%s%s%s", what,
			strerrordesc_np(error) != NULL ? strerrordesc_np(error) : "unknown error",
			text != NULL ? " (" : "", text != NULL ? text : "", text != NULL ? ")" : "",
			errno_hint(error), offload_hint(request));
}

void kernel_free(struct kernel *kernel)
{
	if (kernel != NULL)
		kernel->ops->free(kernel);
}
