/* SPDX-License-Identifier: Apache-2.0 */
/* Seeds in processes of their own: a crash or an endless loop is a verdict like any other. */
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "sim/sim.h"

#define JOBS_MAX     64
#define FAILURES_MAX 64

/* Shared by all workers. */
struct board {
	atomic_ullong next; /* the seed that is taken next */
	atomic_uint passed;
	_Atomic pid_t tells; /* a lock for what follows */
	struct figures total;
	uint64_t longest_seed;
	unsigned failing_count;
	uint64_t failing[FAILURES_MAX];
	struct {
		uint64_t seed;
		bool busy;
	} at[JOBS_MAX];
};

static void *shared(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void lock(struct board *board)
{
	pid_t nobody = 0;

	while (!atomic_compare_exchange_weak(&board->tells, &nobody, getpid()))
		nobody = 0;
}

static void unlock(struct board *board)
{
	atomic_store(&board->tells, 0);
}

static void add_figures(struct board *board, uint64_t seed, const struct figures *figures)
{
	struct figures *total = &board->total;

	if (figures->healing > total->healing) {
		total->healing = figures->healing;
		board->longest_seed = seed;
	}
	total->simulated += figures->simulated;
	total->troubles += figures->troubles;
	total->packets += figures->packets;
	total->packets_arrived += figures->packets_arrived;
	total->packets_clear += figures->packets_clear;
	total->ike_up += figures->ike_up;
	total->child_up += figures->child_up;
	total->child_down += figures->child_down;
	total->failures += figures->failures;
	total->retransmits += figures->retransmits;
	total->history ^= figures->history;
}

static void note_failure(struct board *board, uint64_t seed, const char *why)
{
	lock(board);
	if (board->failing_count < FAILURES_MAX)
		board->failing[board->failing_count] = seed;
	board->failing_count++;
	(void)fprintf(stderr, "seed %llu failed: %.200s\n", (unsigned long long)seed, why);
	unlock(board);
}

static void one_seed(struct board *board, const struct crew *crew, uint64_t seed,
		     struct verdict *verdict)
{
	static struct scenario scenario; /* of this process; large */
	static struct plan plan;

	scenario_make(&scenario, seed, crew->hours, crew->patience);
	plan_make(&scenario, &plan);
	sim_run(&scenario, &plan, false, verdict);
	lock(board);
	add_figures(board, seed, &verdict->figures);
	unlock(board);
	if (!verdict->failed) {
		(void)atomic_fetch_add(&board->passed, 1);
		return;
	}
	verdict->story[strcspn(verdict->story, "\n")] = '\0';
	note_failure(board, seed, verdict->story);
}

static void work(struct board *board, const struct crew *crew, unsigned number)
{
	struct verdict *verdict = malloc(sizeof(*verdict));
	struct diag diag = { "" };

	if (verdict == NULL || crypto_open(NULL, false, &diag) != RC_OK)
		_exit(2);
	for (;;) {
		uint64_t seed = atomic_fetch_add(&board->next, 1);
		if (seed > crew->last)
			_exit(0);
		board->at[number].seed = seed;
		board->at[number].busy = true;
		(void)alarm(crew->limit_seconds);
		one_seed(board, crew, seed, verdict);
		(void)alarm(0);
		board->at[number].busy = false;
		if (!crew->quiet && (seed - crew->first + 1) % 100 == 0)
			(void)fprintf(stderr, "… seed %llu\n", (unsigned long long)seed);
	}
}

static pid_t start_worker(struct board *board, const struct crew *crew, unsigned number)
{
	pid_t pid = fork();

	if (pid == 0)
		work(board, crew, number);
	return pid;
}

static const char *death(int status, char *buffer, size_t size)
{
	if (!WIFSIGNALED(status))
		(void)snprintf(buffer, size, "the process ended with code %d", WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGALRM)
		(void)snprintf(buffer, size, "it took too long");
	else
		(void)snprintf(buffer, size, "the process died: %s", strsignal(WTERMSIG(status)));
	return buffer;
}

/* One that died over a seed has a successor. false: it cannot even begin. */
static bool worker_ended(struct board *board, const struct crew *crew, unsigned number, int status,
			 pid_t *pid)
{
	char why[80];

	*pid = -1;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (!board->at[number].busy)
		return false;
	note_failure(board, board->at[number].seed, death(status, why, sizeof(why)));
	board->at[number].busy = false;
	*pid = start_worker(board, crew, number);
	return *pid > 0;
}

static bool supervise(struct board *board, const struct crew *crew, pid_t *pids)
{
	bool good = true;

	for (;;) {
		int status;
		pid_t pid = wait(&status);
		if (pid < 0)
			return good;
		if (atomic_load(&board->tells) == pid)
			unlock(board);
		for (unsigned i = 0; i < crew->jobs; i++)
			if (pids[i] == pid && !worker_ended(board, crew, i, status, &pids[i]))
				good = false;
	}
}

static void take_results(struct crew *crew, const struct board *board)
{
	crew->passed = atomic_load(&board->passed);
	crew->failed = board->failing_count;
	crew->total = board->total;
	crew->longest_seed = board->longest_seed;
	crew->failing_count =
		board->failing_count < FAILURES_MAX ? board->failing_count : FAILURES_MAX;
	memcpy(crew->failing, board->failing, sizeof(board->failing));
}

bool crew_run(struct crew *crew)
{
	struct board *board = shared(sizeof(*board));
	pid_t pids[JOBS_MAX];
	bool good = board != NULL;

	if (crew->jobs > JOBS_MAX)
		crew->jobs = JOBS_MAX;
	if (!good)
		return false;
	atomic_store(&board->next, crew->first);
	for (unsigned i = 0; i < crew->jobs; i++)
		good = (pids[i] = start_worker(board, crew, i)) > 0 && good;
	good = supervise(board, crew, pids) && good;
	take_results(crew, board);
	(void)munmap(board, sizeof(*board));
	return good;
}

bool crew_try(const struct scenario *scenario, const struct plan *plan, unsigned limit_seconds,
	      struct verdict *verdict)
{
	struct verdict *theirs = shared(sizeof(*theirs));
	struct diag diag = { "" };
	int status = -1;
	pid_t pid;

	if (theirs == NULL || (pid = fork()) < 0)
		return false;
	if (pid == 0) {
		(void)alarm(limit_seconds);
		if (crypto_open(NULL, false, &diag) != RC_OK)
			_exit(2);
		sim_run(scenario, plan, false, theirs);
		_exit(0);
	}
	(void)waitpid(pid, &status, 0);
	*verdict = *theirs;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		verdict->failed = true;
		(void)death(status, verdict->story, sizeof(verdict->story));
	}
	(void)munmap(theirs, sizeof(*theirs));
	return true;
}
