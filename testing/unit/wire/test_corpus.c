/* SPDX-License-Identifier: Apache-2.0 */
/* IKE messages that other implementations sent, from VANTH_SHARED/corpus/ike-captures: as they are,
 * cut at every byte, and with every bit flipped. */
#include "unit/wire/wire_test.h"
#include <dirent.h>
#include "fuzz/isakmp_exercise.h"
#include "unit/wire/pcap.h"

struct tally {
	unsigned files, messages, ikev2, ikev1, ikev1_clear, natt;
	const char *file;
};

static void exercise_exact(struct span bytes)
{
	uint8_t *copy = exact_copy(bytes);
	(void)wire_exercise(span_make(bytes.len == 0 ? copy + 1 : copy, bytes.len));
	free(copy);
}

static void length_set(uint8_t *message, size_t len)
{
	for (int i = 0; i < 4; i++)
		message[24 + i] = (uint8_t)(len >> (24 - 8 * i));
}

/* A refusal that its sender earned: an INVALID_KE_PAYLOAD whose data lies behind the payload. */
static bool known_broken(const char *file)
{
	return strcmp(file, "libpluto_lp08-parentR1_parentR1notify.pcap") == 0;
}

/* The chain and every clear payload are well-formed. */
static void as_it_is(struct span bytes, void *context)
{
	struct tally *tally = context;
	struct ike_message message = { 0 };
	struct arena arena;
	struct diag diag = { 0 };
	arena_init(&arena, LIMIT_EVENT_ARENA);
	enum rc rc = wire_message_parse(&arena, bytes, &message, NULL, &diag);
	for (const struct payload *p = message.first; rc == RC_OK && p != NULL; p = p->next)
		rc = wire_payload_check(&arena, p, &diag);
	tally->ikev2 += ike_major(&message.header) == 2;
	if (ike_major(&message.header) == 1)
		assert_int_equal(rc, RC_MAJOR_VERSION);
	else if (rc != RC_OK && !known_broken(tally->file))
		fail_msg("%s: %s", tally->file, diag.text);
	arena_free(&arena);
}

/* Clear messages of IKEv1 are well-formed; of the others the header is. */
static void ikev1_as_it_is(struct span bytes, void *context)
{
	struct tally *tally = context;
	struct ike_message message = { 0 };
	struct arena arena;
	struct diag diag = { 0 };
	arena_init(&arena, LIMIT_EVENT_ARENA);
	enum rc rc = isakmp_message_parse(&arena, bytes, &message, &diag);
	for (const struct payload *p = message.first; rc == RC_OK && p != NULL; p = p->next) {
		rc = isakmp_payload_check(&arena, p, &diag);
		if (p->type == ISAKMP_VID && isakmp_vendor_of(p->body) == VENDOR_NATT_RFC3947)
			tally->natt++;
	}
	if (ike_major(&message.header) == 2)
		assert_int_equal(rc, RC_MAJOR_VERSION);
	else if (rc != RC_OK)
		fail_msg("%s: %s", tally->file, diag.text);
	tally->ikev1 += ike_major(&message.header) == 1;
	tally->ikev1_clear += message.count != 0;
	arena_free(&arena);
}

static void isakmp_exercise_exact(struct span bytes)
{
	uint8_t *copy = exact_copy(bytes);
	(void)isakmp_exercise(span_make(bytes.len == 0 ? copy + 1 : copy, bytes.len));
	free(copy);
}

static void ikev1_cut_everywhere(struct span message, void *context)
{
	uint8_t *copy = exact_copy(message);
	(void)context;
	for (size_t len = 0; len < message.len && message.ptr[17] == IKE_VERSION_1; len++) {
		length_set(copy, message.len);
		isakmp_exercise_exact(span_make(copy, len));
		if (len < IKE_HEADER_LEN)
			continue;
		length_set(copy, len);
		isakmp_exercise_exact(span_make(copy, len));
	}
	free(copy);
}

static void ikev1_every_bit_flipped(struct span message, void *context)
{
	uint8_t *copy = exact_copy(message);
	(void)context;
	for (size_t bit = 0; bit < message.len * 8 && message.ptr[17] == IKE_VERSION_1; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		(void)isakmp_exercise(span_make(copy, message.len));
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(copy);
}

/* IKEv1 messages are called IKEv2, so that what follows reaches the payloads too. */
static uint8_t *as_ikev2(struct span message)
{
	uint8_t *copy = exact_copy(message);
	assert_true(message.len >= IKE_HEADER_LEN);
	copy[17] = IKE_VERSION_2;
	return copy;
}

/* With the length that the header says, and with the length that is there. */
static void cut_everywhere(struct span message, void *context)
{
	uint8_t *copy = as_ikev2(message);
	(void)context;
	for (size_t len = 0; len < message.len; len++) {
		length_set(copy, message.len);
		exercise_exact(span_make(copy, len));
		if (len < IKE_HEADER_LEN)
			continue;
		length_set(copy, len);
		exercise_exact(span_make(copy, len));
	}
	free(copy);
}

static void every_bit_flipped(struct span message, void *context)
{
	uint8_t *copy = as_ikev2(message);
	(void)context;
	for (size_t bit = 0; bit < message.len * 8; bit++) {
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
		(void)wire_exercise(span_make(copy, message.len));
		copy[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	free(copy);
}

static void each_file(struct tally *tally, void (*fn)(struct span, void *))
{
	const char *shared = getenv("VANTH_SHARED");
	char path[4096], folder[2048];
	snprintf(folder, sizeof(folder), "%s/corpus/ike-captures",
		 shared == NULL ? "../shared" : shared);
	DIR *dir = opendir(folder);
	if (dir == NULL)
		skip();
	for (struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
		const char *end = strrchr(entry->d_name, '.');
		if (end == NULL || strcmp(end, ".pcap") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		struct span file = pcap_load(path);
		tally->files++;
		tally->file = entry->d_name;
		int messages = pcap_each_ike(file, fn, tally);
		assert_true(messages >= 0);
		tally->messages += (unsigned)messages;
		free((void *)(uintptr_t)file.ptr);
	}
	closedir(dir);
	if (tally->files == 0)
		skip();
}

static void captured_messages_are_understood(void **state)
{
	struct tally tally = { 0 };
	(void)state;
	each_file(&tally, as_it_is);
	assert_in_range(tally.ikev2, 1, tally.messages);
}

static void captured_messages_cut_at_every_byte_are_harmless(void **state)
{
	struct tally tally = { 0 };
	(void)state;
	each_file(&tally, cut_everywhere);
}

static void captured_messages_with_any_bit_flipped_are_harmless(void **state)
{
	struct tally tally = { 0 };
	(void)state;
	each_file(&tally, every_bit_flipped);
}

static void captured_messages_of_ikev1_are_understood(void **state)
{
	struct tally tally = { 0 };
	(void)state;
	each_file(&tally, ikev1_as_it_is);
	assert_in_range(tally.ikev1, 1, tally.messages);
	assert_in_range(tally.ikev1_clear, 1, tally.ikev1 - 1);
	assert_in_range(tally.natt, 1, tally.ikev1_clear);
}

static void captured_messages_of_ikev1_cut_at_every_byte_are_harmless(void **state)
{
	struct tally tally = { 0 };
	(void)state;
	each_file(&tally, ikev1_cut_everywhere);
}

static void captured_messages_of_ikev1_with_any_bit_flipped_are_harmless(void **state)
{
	struct tally tally = { 0 };
	(void)state;
	each_file(&tally, ikev1_every_bit_flipped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(captured_messages_are_understood),
		cmocka_unit_test(captured_messages_cut_at_every_byte_are_harmless),
		cmocka_unit_test(captured_messages_with_any_bit_flipped_are_harmless),
		cmocka_unit_test(captured_messages_of_ikev1_are_understood),
		cmocka_unit_test(captured_messages_of_ikev1_cut_at_every_byte_are_harmless),
		cmocka_unit_test(captured_messages_of_ikev1_with_any_bit_flipped_are_harmless),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
