/* SPDX-License-Identifier: Apache-2.0 */
void f(char *to, const char *from)
{
	strcpy(to, from);
}
