/* SPDX-License-Identifier: Apache-2.0 */
static void this_test_is_not_there_but_another_one(void **state)
{
	(void)state;
}
