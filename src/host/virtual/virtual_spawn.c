/* SPDX-License-Identifier: Apache-2.0 */
/* Programs of the virtual world: the test says what each one does, and it ends in a later step. */
#include <errno.h>
#include <string.h>
#include "base/arena.h"
#include "private.h"

struct spawn {
	struct agenda_entry end;
	struct list in_host;
	struct virtual *host;
	host_spawn_fn fn;
	void (*line)(void *context, const char *line);
	void *context;
	struct spawn_result result;
	char *output;
};

void world_on_spawn(struct world *world,
		    void (*fn)(void *context, struct host *host,
			       const struct spawn_request *request, struct world_program *program),
		    void *context)
{
	world->spawning = fn;
	world->spawning_context = context;
}

static void spawn_free(struct spawn *spawn)
{
	struct agenda *agenda = &spawn->host->world->agenda;

	agenda_cancel(agenda, &spawn->end);
	agenda_release(agenda);
	list_remove(&spawn->in_host);
	mem_free(spawn->output);
	mem_free(spawn);
}

static void tell_lines(struct spawn *spawn, char last[SPAWN_LINE_MAX])
{
	char *rest = spawn->output, *line;
	unsigned lines = 0;

	while (rest != NULL && (line = strsep(&rest, "\n")) != NULL) {
		if (line[0] == '\0')
			continue;
		line[strnlen(line, SPAWN_LINE_MAX - 1)] = '\0';
		if (lines++ < SPAWN_LINES_MAX && spawn->line != NULL)
			spawn->line(spawn->context, line);
		memcpy(last, line, strlen(line) + 1);
	}
}

static void spawn_ended(struct agenda_entry *entry)
{
	struct spawn *spawn = container_of(entry, struct spawn, end);
	struct spawn_result result = spawn->result;
	host_spawn_fn fn = spawn->fn;
	void *context = spawn->context;
	char last[SPAWN_LINE_MAX] = "";

	tell_lines(spawn, last);
	result.last = last;
	spawn_free(spawn);
	fn(context, &result);
}

static enum rc spawn_begin(struct spawn *spawn, const struct spawn_request *request)
{
	struct world *world = spawn->host->world;
	struct world_program program = { .end = SPAWN_EXITED };

	if (world->spawning == NULL)
		program = (struct world_program){ .end = SPAWN_FAILED, .code = ENOENT };
	else
		world->spawning(world->spawning_context, &spawn->host->host, request, &program);
	if (program.takes >= request->limit)
		program = (struct world_program){ .end = SPAWN_TIMEOUT,
						  .takes = request->limit,
						  .output = program.output };
	spawn->result = (struct spawn_result){ .end = program.end, .code = program.code };
	spawn->output = mem_text(program.output);
	if (program.output != NULL && spawn->output == NULL)
		return RC_NO_MEMORY;
	TRY(agenda_reserve(&world->agenda));
	spawn->end.fire = spawn_ended;
	agenda_set(&world->agenda, &spawn->end, world->now + program.takes);
	return RC_OK;
}

struct spawn *virtual_spawn(struct host *host, const struct spawn_request *request,
			    host_spawn_fn fn, void *context)
{
	struct spawn *spawn = mem_alloc(sizeof(*spawn));

	if (spawn == NULL)
		return NULL;
	spawn->host = virtual_of(host);
	spawn->fn = fn;
	spawn->line = request->line;
	spawn->context = context;
	if (spawn_begin(spawn, request) != RC_OK) {
		mem_free(spawn->output);
		mem_free(spawn);
		return NULL;
	}
	list_append(&spawn->host->spawns, &spawn->in_host);
	return spawn;
}

void virtual_spawn_cancel(struct host *host, struct spawn *spawn)
{
	(void)host;
	if (spawn != NULL)
		spawn_free(spawn);
}

void virtual_forget_spawns(struct virtual *virtual)
{
	while (!list_empty(&virtual->spawns))
		spawn_free(container_of(virtual->spawns.next, struct spawn, in_host));
}
