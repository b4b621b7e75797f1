/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a fuzz target without a fuzzer: every file of a corpus folder, then mutations of them from a
 * fixed seed. The same arguments give the same inputs everywhere. When an input breaks the target
 * it is printed in hex.
 *
 *     fuzz_wire [folder [iterations [seed]]] */
#include <dirent.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MAX 4096
#define FILES_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
/* The sanitizer's, when there is one. */
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

struct input {
	uint8_t bytes[INPUT_MAX];
	size_t len;
};

static struct input *corpus;
static size_t corpus_count;
static uint64_t random_state;
static struct input current;
static unsigned long current_number;

static uint64_t random_next(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15u; /* splitmix64 */
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 .. bound - 1 */
static size_t random_below(size_t bound)
{
	return bound == 0 ? 0 : (size_t)(random_next() % bound);
}

static void current_print(void)
{
	fprintf(stderr, "replay: input %lu, %zu bytes: ", current_number, current.len);
	for (size_t i = 0; i < current.len; i++)
		fprintf(stderr, "%02x", current.bytes[i]);
	fprintf(stderr, "\n");
}

static void current_print_signal(int number)
{
	current_print();
	signal(number, SIG_DFL);
	raise(number);
}

/* In a block of its size, so that a sanitizer sees a read past it. */
static void current_run(void)
{
	uint8_t *exact = malloc(current.len == 0 ? 1 : current.len);
	if (exact == NULL)
		return;
	memcpy(exact, current.bytes, current.len);
	LLVMFuzzerTestOneInput(exact, current.len);
	free(exact);
	current_number++;
}

static void insert(struct input *in, size_t at, const uint8_t *bytes, size_t len)
{
	if (len > INPUT_MAX - in->len)
		len = INPUT_MAX - in->len;
	memmove(in->bytes + at + len, in->bytes + at, in->len - at);
	memmove(in->bytes + at, bytes, len);
	in->len += len;
}

static void cut(struct input *in, size_t at, size_t len)
{
	if (len > in->len - at)
		len = in->len - at;
	memmove(in->bytes + at, in->bytes + at + len, in->len - at - len);
	in->len -= len;
}

static void overwrite_number(struct input *in, size_t at)
{
	static const uint16_t telling[] = { 0,	 1,   2,   3,	   4,	   5,	   7,	  8,
					    15,	 16,  28,  33,	   46,	   53,	   64,	  127,
					    128, 255, 256, 0x7fff, 0x8000, 0xfffe, 0xffff };
	uint16_t value = telling[random_below(sizeof(telling) / sizeof(telling[0]))];
	in->bytes[at] = (uint8_t)(random_below(2) == 0 ? value : value >> 8);
	if (at + 1 < in->len)
		in->bytes[at + 1] = (uint8_t)value;
}

/* A piece of some file of the corpus. */
static void insert_foreign(struct input *in, size_t at)
{
	struct input *other = &corpus[random_below(corpus_count)];
	size_t from = random_below(other->len);
	insert(in, at, other->bytes + from, random_below(other->len - from + 1));
}

static void insert_own(struct input *in, size_t at)
{
	uint8_t piece[64];
	size_t from = random_below(in->len), len = random_below(sizeof(piece));
	if (len > in->len - from)
		len = in->len - from;
	memcpy(piece, in->bytes + from, len);
	insert(in, at, piece, len);
}

static void mutate(struct input *in)
{
	size_t at = random_below(in->len);
	if (in->len == 0) {
		insert_foreign(in, 0);
		return;
	}
	switch (random_below(8)) {
	case 0:
	case 1:
		in->bytes[at] ^= (uint8_t)(1u << random_below(8));
		break;
	case 2:
		in->bytes[at] = (uint8_t)random_next();
		break;
	case 3:
		overwrite_number(in, at);
		break;
	case 4:
		cut(in, at, random_below(32));
		break;
	case 5:
		cut(in, at, in->len);
		break;
	case 6:
		insert_own(in, at);
		break;
	case 7:
		insert_foreign(in, at);
		break;
	}
}

static void file_load(const char *folder, const char *name)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "rb");
	if (file == NULL)
		return;
	struct input *in = &corpus[corpus_count++];
	in->len = fread(in->bytes, 1, sizeof(in->bytes), file);
	fclose(file);
}

/* In the order of their names, so that a run does not depend on the file system. */
static void corpus_load(const char *folder)
{
	struct dirent **entries = NULL;
	int count = scandir(folder, &entries, NULL, alphasort);
	corpus = calloc(FILES_MAX, sizeof(*corpus));
	for (int i = 0; i < count; i++) {
		if (corpus != NULL && entries[i]->d_name[0] != '.' && corpus_count < FILES_MAX)
			file_load(folder, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

/* fuzz_wire replays testing/fuzz/corpus/wire. */
static const char *corpus_of(const char *program, char *buffer, size_t size)
{
	const char *name = strstr(program, "fuzz_");
	for (const char *next = name; next != NULL; next = strstr(next + 1, "fuzz_"))
		name = next;
	snprintf(buffer, size, "testing/fuzz/corpus/%s", name != NULL ? name + 5 : "wire");
	return buffer;
}

int main(int argc, char **argv)
{
	char own[256];
	const char *folder = argc > 1 ? argv[1] : corpus_of(argv[0], own, sizeof(own));
	unsigned long iterations = argc > 2 ? strtoul(argv[2], NULL, 0) : 200000;
	random_state = argc > 3 ? strtoull(argv[3], NULL, 0) : 1;
	if (__sanitizer_set_death_callback != NULL)
		__sanitizer_set_death_callback(current_print);
	signal(SIGABRT, current_print_signal);
	corpus_load(folder);
	if (corpus_count == 0) {
		fprintf(stderr, "replay: no files in %s\n", folder);
		return 1;
	}
	for (size_t i = 0; i < corpus_count; i++) {
		current = corpus[i];
		current_run();
	}
	for (unsigned long i = 0; i < iterations; i++) {
		current = corpus[random_below(corpus_count)];
		for (size_t n = 1 + random_below(4); n > 0; n--)
			mutate(&current);
		current_run();
	}
	printf("replay: %zu files of %s and %lu mutations, none broke the target\n", corpus_count,
	       folder, iterations);
	free(corpus);
	return 0;
}
