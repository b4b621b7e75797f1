/* SPDX-License-Identifier: Apache-2.0 */
#include "ikev2/ikev2.h"
