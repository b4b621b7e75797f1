/* SPDX-License-Identifier: Apache-2.0 */
/* A Child SA in the making, whatever the version: may it be, and what the kernel is asked for it.
 */
#ifndef VANTH_SA_CHILD_INSTALL_H
#define VANTH_SA_CHILD_INSTALL_H

#include "sa/sa.h"

/* Addresses, encapsulation and selectors as the kernel needs them. */
void child_place(struct child_sa *child, const struct ip_endpoint *local,
		 const struct ip_endpoint *remote, bool encap);
/* May it be, beside the Child SAs that are there? RC_EXISTS: the peer chose an SPI that another one
 * with its address has; RC_TS_UNACCEPTABLE: somebody else who came through a template has just
 * these selectors. */
enum rc child_check(const struct sas *sas, const struct child_sa *child,
		    struct diag *diag) MUST_CHECK;
/* Requests for the inbound half (SA, in and fwd policies) or the outbound half (SA, out policy),
 * appended to list. */
enum rc child_install_in(struct arena *arena, const struct child_sa *child, struct span keymat,
			 struct list *list) MUST_CHECK;
enum rc child_install_out(struct arena *arena, const struct child_sa *child, struct span keymat,
			  struct list *list) MUST_CHECK;

/* Kernel requests that remove a Child SA, whole or half installed, to be asked for each of
 * selectors_policies() in turn: the outbound SA comes first, the inbound one last. Policies that
 * another Child SA of the tunnel uses stay, and a trap comes back in place of the outbound policy.
 * Returns how many; needs no memory. */
#define CHILD_UNINSTALL_MAX 7
unsigned child_uninstall_requests(const struct sas *sas, const struct child_sa *child,
				  unsigned index, struct kernel_request out[CHILD_UNINSTALL_MAX]);

#endif
