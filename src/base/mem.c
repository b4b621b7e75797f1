/* SPDX-License-Identifier: Apache-2.0 */
/* The heap. Plain calloc underneath: nothing is added to an allocation. */
#include "base/arena.h"
#include "mem_fault.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* The one deliberate global of the heap: a test's "fail the n-th allocation". 0: off. */
static atomic_uint_fast64_t fail_in;

bool mem_fault(void)
{
	uint_fast64_t left = atomic_load_explicit(&fail_in, memory_order_relaxed);
	if (__builtin_expect(left == 0, 1))
		return false;
	while (left != 0 && !atomic_compare_exchange_weak(&fail_in, &left, left - 1))
		;
	return left == 1;
}

void mem_fail_nth(uint64_t n)
{
	atomic_store(&fail_in, n);
}

void *mem_alloc(size_t size)
{
	return mem_fault() ? NULL : calloc(1, size == 0 ? 1 : size);
}

void *mem_resize(void *ptr, size_t size)
{
	return mem_fault() ? NULL : realloc(ptr, size == 0 ? 1 : size);
}

char *mem_text(const char *text)
{
	if (text == NULL)
		return NULL;
	size_t size = strlen(text) + 1;
	char *copy = mem_alloc(size);
	if (copy != NULL)
		memcpy(copy, text, size);
	return copy;
}

void mem_free(void *ptr)
{
	free(ptr);
}
