/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/test.h"
#include "base/list.h"

struct item {
	int value;
	struct list link;
};

static int values_of(struct list *head)
{
	int values = 0;
	list_for(pos, head) values = values * 10 + container_of(pos, struct item, link)->value;
	return values;
}

static void nodes_stand_in_the_order_of_their_adding(void **state)
{
	struct list head;
	struct item items[4] = { { .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 } };
	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	list_append(&head, &items[1].link);
	list_append(&head, &items[2].link);
	list_prepend(&head, &items[0].link);
	list_append(&head, &items[3].link);
	assert_false(list_empty(&head));
	assert_int_equal(values_of(&head), 1234);
	assert_ptr_equal(head.prev, &items[3].link);
}

static void removed_node_is_unlinked_and_may_be_removed_again(void **state)
{
	struct list head;
	struct item items[3] = { { .value = 1 }, { .value = 2 }, { .value = 3 } };
	(void)state;
	list_init(&head);
	assert_false(list_linked(&head));
	for (int i = 0; i < 3; i++)
		list_append(&head, &items[i].link);
	assert_true(list_linked(&items[1].link));
	list_remove(&items[1].link);
	list_remove(&items[1].link);
	assert_false(list_linked(&items[1].link));
	assert_int_equal(values_of(&head), 13);
	list_append(&head, &items[1].link);
	assert_int_equal(values_of(&head), 132);
}

static void zeroed_node_is_unlinked(void **state)
{
	struct item item = { 0 };
	(void)state;
	assert_false(list_linked(&item.link));
	list_remove(&item.link);
}

static void safe_loop_lets_every_node_be_removed(void **state)
{
	struct list head;
	struct item items[5] = {
		{ .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 }, { .value = 5 }
	};
	int met = 0;
	(void)state;
	list_init(&head);
	for (int i = 0; i < 5; i++)
		list_append(&head, &items[i].link);
	list_for_safe(pos, &head)
	{
		met++;
		list_remove(pos);
	}
	assert_int_equal(met, 5);
	assert_true(list_empty(&head));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_stand_in_the_order_of_their_adding),
		cmocka_unit_test(removed_node_is_unlinked_and_may_be_removed_again),
		cmocka_unit_test(zeroed_node_is_unlinked),
		cmocka_unit_test(safe_loop_lets_every_node_be_removed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
