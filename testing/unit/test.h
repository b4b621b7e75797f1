/* SPDX-License-Identifier: Apache-2.0 */
/* What every cmocka test needs. */
#ifndef VANTH_TEST_H
#define VANTH_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#endif
