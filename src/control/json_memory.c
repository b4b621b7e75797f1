/* SPDX-License-Identifier: Apache-2.0 */
/* jansson's heap, which knows how large each of its blocks is. */
#include "control/json_memory.h"
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/secret.h"

union head { /* in front of what jansson gets, and aligned as malloc() would */
	size_t size;
	max_align_t align;
};

static void *take(size_t size)
{
	union head *head =
		size <= SIZE_MAX - sizeof(*head) ? mem_alloc(sizeof(*head) + size) : NULL;

	if (head == NULL)
		return NULL;
	head->size = size;
	return head + 1;
}

static void give_back(void *ptr)
{
	union head *head = ptr;

	if (ptr == NULL)
		return;
	head--;
	wipe(ptr, head->size);
	mem_free(head);
}

void json_memory_wipes(void)
{
	json_set_alloc_funcs(take, give_back);
}

void json_text_free(char *text)
{
	json_free_t release;

	json_get_alloc_funcs(NULL, &release);
	release(text);
}
