/* SPDX-License-Identifier: Apache-2.0 */
/* What both backends do alike with a request. */
#ifndef VANTH_KERNEL_REQUEST_H
#define VANTH_KERNEL_REQUEST_H

#include "kernel/kernel.h"

/* kernel_request.flags */
#define REQUEST_ANSWERED 1u /* rc and diag are final */
#define REQUEST_LOST	 2u /* simulated: the answer will not come */
#define REQUEST_MISLEADS 4u /* simulated: done, and told as ENOBUFS */

/* What Linux can express and Vanth allows; RC_UNSUPPORTED, RC_RANGE or RC_SYNTAX with a sentence.
 */
enum rc kernel_check_sa(const struct kernel_sa *sa, struct diag *diag) MUST_CHECK;
enum rc kernel_check_policy(const struct kernel_policy *policy, struct diag *diag) MUST_CHECK;
enum rc kernel_check_request(struct kernel_request *request) MUST_CHECK;

/* Sets rc, error and diag from an errno (0: fine); text: the kernel's extended ack, or NULL. */
void kernel_request_settle(struct kernel_request *request, int error, const char *text);

#endif
