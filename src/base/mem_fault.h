/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by every allocator of base/: whether this allocation is the one that has to fail. */
#ifndef VANTH_BASE_MEM_FAULT_H
#define VANTH_BASE_MEM_FAULT_H

#include <stdbool.h>

bool mem_fault(void);

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZING 1
#endif
#endif
#ifndef SANITIZING
#define SANITIZING 0
#endif

#endif
