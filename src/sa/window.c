/* SPDX-License-Identifier: Apache-2.0 */
/* The peer's window of more than one request, RFC 7296 §2.3. */
#include <string.h>
#include "sa/window.h"

enum window_place window_place(const struct ike_sa *sa, uint32_t message_id)
{
	uint32_t next = sa->recv_next;

	if (message_id == next)
		return WINDOW_NEXT;
	if (message_id > next)
		return message_id - next < PEER_WINDOW ? WINDOW_AHEAD : WINDOW_BEYOND;
	return next - message_id <= PEER_WINDOW ? WINDOW_BEHIND : WINDOW_LONG_AGO;
}

static struct peer_window *window_of(struct ike_sa *sa)
{
	if (sa->window != NULL)
		return sa->window;
	sa->window = mem_alloc(sizeof(*sa->window));
	if (sa->window != NULL)
		list_init(&sa->window->ahead);
	return sa->window;
}

static bool waits(const struct peer_window *window, struct span bytes)
{
	list_for(node, &window->ahead)
	{
		const struct ahead *other = container_of(node, struct ahead, in_window);
		if (span_equal(span_make(other->bytes, other->len), bytes))
			return true;
	}
	return false;
}

enum rc window_hold(struct ike_sa *sa, const struct ahead *what, struct span bytes)
{
	struct peer_window *window = window_of(sa);
	struct ahead *copy;

	if (window == NULL)
		return RC_NO_MEMORY;
	if (waits(window, bytes))
		return RC_EXISTS;
	if (window->count >= AHEAD_MAX || window->size + bytes.len > AHEAD_BYTES)
		return RC_LIMIT;
	copy = mem_alloc(sizeof(*copy) + bytes.len);
	if (copy == NULL)
		return RC_NO_MEMORY;
	*copy = *what;
	copy->len = bytes.len;
	memcpy(copy->bytes, bytes.ptr, bytes.len);
	list_append(&window->ahead, &copy->in_window);
	window->count++;
	window->size += bytes.len;
	return RC_OK;
}

static void unlink_ahead(struct peer_window *window, struct ahead *ahead)
{
	list_remove(&ahead->in_window);
	window->count--;
	window->size -= ahead->len;
}

struct ahead *window_take(struct ike_sa *sa)
{
	if (sa->window == NULL)
		return NULL;
	list_for_safe(node, &sa->window->ahead)
	{
		struct ahead *ahead = container_of(node, struct ahead, in_window);
		if (ahead->message_id > sa->recv_next)
			continue;
		unlink_ahead(sa->window, ahead);
		if (ahead->message_id == sa->recv_next)
			return ahead;
		mem_free(ahead);
	}
	return NULL;
}

static void retire_answer(struct ike_sa *sa, uint32_t message_id)
{
	struct old_answer *place;

	if (sa->window != NULL && sa->answer != NULL) {
		place = &sa->window->old[message_id % (PEER_WINDOW - 1)];
		mem_free(place->bytes);
		*place = (struct old_answer){ sa->answer, sa->answer_len, sa->question_len,
					      message_id };
	} else {
		mem_free(sa->answer);
	}
	sa->answer = NULL;
	sa->answer_len = 0;
}

void window_advance(struct ike_sa *sa, size_t question_len)
{
	retire_answer(sa, sa->recv_next - 1);
	sa->recv_next++;
	sa->question_len = (uint32_t)question_len;
	sa->answered_again = 0;
}

const struct old_answer *window_answer(const struct ike_sa *sa, uint32_t message_id)
{
	const struct old_answer *place;

	if (sa->window == NULL)
		return NULL;
	place = &sa->window->old[message_id % (PEER_WINDOW - 1)];
	return place->bytes != NULL && place->message_id == message_id ? place : NULL;
}

void window_free(struct ike_sa *sa)
{
	if (sa->window == NULL)
		return;
	list_for_safe(node, &sa->window->ahead)
	{
		list_remove(node);
		mem_free(container_of(node, struct ahead, in_window));
	}
	for (unsigned i = 0; i < PEER_WINDOW - 1; i++)
		mem_free(sa->window->old[i].bytes);
	mem_free(sa->window);
	sa->window = NULL;
}
