/* SPDX-License-Identifier: Apache-2.0 */
int same(const void *a, const void *b)
{
	return memcmp(a, b, 16) == 0;
}
