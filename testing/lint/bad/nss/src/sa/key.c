/* SPDX-License-Identifier: Apache-2.0 */
#include <pk11pub.h>
