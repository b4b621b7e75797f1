/* SPDX-License-Identifier: Apache-2.0 */
/* Intrusive doubly linked list. */
#ifndef VANTH_BASE_LIST_H
#define VANTH_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next, *prev;
};

static inline void list_init(struct list *head)
{
	head->next = head->prev = head;
}
/* A zeroed node is unlinked. */
static inline bool list_linked(const struct list *node)
{
	return node->next != NULL && node->next != node;
}
static inline bool list_empty(const struct list *head)
{
	return head->next == head;
}
static inline void list_append(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}
static inline void list_prepend(struct list *head, struct list *node)
{
	list_append(head->next, node);
}
static inline void list_remove(struct list *node)
{
	if (node->next == NULL)
		return;
	node->prev->next = node->next;
	node->next->prev = node->prev;
	node->next = node->prev = NULL;
}

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
#define list_for(pos, head)		for (struct list *pos = (head)->next; pos != (head); pos = pos->next)
/* pos may be removed (and freed) inside the loop. */
#define list_for_safe(pos, head)                                                                   \
	for (struct list *pos = (head)->next, *pos##_next = pos->next; pos != (head);              \
	     pos = pos##_next, pos##_next = pos->next)

#endif
