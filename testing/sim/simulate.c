/* SPDX-License-Identifier: Apache-2.0 */
/* testing/sim/run --seeds A-B [--jobs N] [--hours H] [--no-shrink]
 * testing/sim/run --seed N [--verbose] [--only LIST] [--hours H] [--shrink]
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "sim/sim.h"

#define SEED_LIMIT	60 /* seconds */
#define SHRINK_FAILURES 3  /* so many failing seeds are made short */

struct options {
	struct crew crew;
	bool one, verbose, shrinks, no_shrink;
	const char *only;
};

static int usage(void)
{
	(void)fprintf(stderr,
		      "usage: run --seeds A-B [--jobs N] [--hours H] [--no-shrink]\n"
		      "       run --seed N [--verbose] [--shrink] [--only 3,5,12] [--hours H]\n"
		      "       [--patience SECONDS]\n"
		      "hours: simulated, of faults (default %.2f)\n",
		      DEFAULT_HOURS);
	return 2;
}

static bool parse_seeds(const char *text, struct options *options)
{
	char *end;

	options->crew.first = options->crew.last = strtoull(text, &end, 10);
	if (*end == '-')
		options->crew.last = strtoull(end + 1, &end, 10);
	return *end == '\0' && end != text && options->crew.last >= options->crew.first;
}

static bool parse_flag(const char *name, struct options *options)
{
	bool *flag = strcmp(name, "--verbose") == 0	? &options->verbose
		     : strcmp(name, "--shrink") == 0	? &options->shrinks
		     : strcmp(name, "--no-shrink") == 0 ? &options->no_shrink
							: NULL;

	if (flag == NULL)
		return false;
	*flag = true;
	return true;
}

static bool parse_value(const char *name, const char *value, struct options *options)
{
	if (strcmp(name, "--seeds") == 0)
		return parse_seeds(value, options);
	if (strcmp(name, "--seed") == 0)
		return options->one = parse_seeds(value, options);
	if (strcmp(name, "--jobs") == 0)
		return (options->crew.jobs = (unsigned)atoi(value)) > 0;
	if (strcmp(name, "--hours") == 0)
		return (options->crew.hours = atof(value)) > 0.01;
	if (strcmp(name, "--patience") == 0)
		return (options->crew.patience = atof(value)) > 0;
	if (strcmp(name, "--only") != 0)
		return false;
	options->only = value;
	return true;
}

static bool parse(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i++) {
		if (parse_flag(argv[i], options))
			continue;
		if (i + 1 >= argc || !parse_value(argv[i], argv[i + 1], options))
			return false;
		i++;
	}
	return options->crew.last > 0 || options->one;
}

/* ---- one seed ---- */

static bool is_listed(const char *list, unsigned number)
{
	for (const char *at = list; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (*at >= '0' && *at <= '9' && (unsigned)strtoul(at, NULL, 10) == number)
			return true;
	}
	return false;
}

static void keep_only(struct plan *plan, const char *list)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < plan->count; i++)
		if (is_listed(list, plan->list[i].number))
			plan->list[kept++] = plan->list[i];
	plan->count = kept;
}

static void tell_repeat(const struct options *options, uint64_t seed, const struct plan *plan)
{
	(void)printf(
		"again: testing/sim/run --seed %llu --hours %g --patience %g --verbose --only ",
		(unsigned long long)seed, options->crew.hours, options->crew.patience);
	for (unsigned i = 0; i < plan->count; i++)
		(void)printf("%s%u", i > 0 ? "," : "", plan->list[i].number);
	(void)printf("%s\n", plan->count == 0 ? "none" : "");
}

static void make(const struct options *options, uint64_t seed, struct scenario *scenario,
		 struct plan *plan)
{
	scenario_make(scenario, seed, options->crew.hours, options->crew.patience);
	plan_make(scenario, plan);
	if (options->only != NULL)
		keep_only(plan, options->only);
}

static void explain(const struct options *options, uint64_t seed)
{
	static struct scenario scenario;
	static struct plan plan;
	static struct verdict verdict;

	make(options, seed, &scenario, &plan);
	if (!crew_try(&scenario, &plan, SEED_LIMIT, &verdict) || !verdict.failed) {
		(void)printf("seed %llu fails only beside others\n", (unsigned long long)seed);
		return;
	}
	shrink(&scenario, &plan, &verdict);
	(void)printf("==== seed %llu, shrunk to %u troubles\n", (unsigned long long)seed,
		     plan.count);
	scenario_tell(&scenario, stdout);
	plan_tell(&plan, stdout);
	(void)printf("%s\n", verdict.story);
	tell_repeat(options, seed, &plan);
}

static int play_one(const struct options *options)
{
	static struct scenario scenario;
	static struct plan plan;
	static struct verdict verdict;
	struct diag diag = { "" };

	if (options->shrinks) {
		explain(options, options->crew.first);
		return 1;
	}
	make(options, options->crew.first, &scenario, &plan);
	scenario_tell(&scenario, stdout);
	plan_tell(&plan, stdout);
	if (crypto_open(NULL, false, &diag) != RC_OK) {
		(void)fprintf(stderr, "%s\n", diag.text);
		return 2;
	}
	sim_run(&scenario, &plan, options->verbose, &verdict);
	crypto_close();
	(void)printf("%s", verdict.story);
	(void)printf("seed %llu %s, healed after %.0f s, history %016llx\n",
		     (unsigned long long)options->crew.first, verdict.failed ? "failed" : "passed",
		     (double)verdict.figures.healing / (double)USEC_PER_SEC,
		     (unsigned long long)verdict.figures.history);
	return verdict.failed;
}

/* ---- many seeds ---- */

static void tell_figures(const struct crew *crew, time_t seconds)
{
	const struct figures *t = &crew->total;

	(void)printf("seeds %llu-%llu: %.1f simulated hours in %lld s; %llu faults and commands; "
		     "longest healing %.0f s (seed %llu)\n",
		     (unsigned long long)crew->first, (unsigned long long)crew->last,
		     (double)t->simulated / 3600.0 / (double)USEC_PER_SEC, (long long)seconds,
		     (unsigned long long)t->troubles, (double)t->healing / (double)USEC_PER_SEC,
		     (unsigned long long)crew->longest_seed);
	(void)printf("IKE SAs %llu, Child SAs %llu, failed attempts %llu, retransmissions %llu, "
		     "packets %llu (%llu arrived, %llu in clear)\n",
		     (unsigned long long)t->ike_up, (unsigned long long)t->child_up,
		     (unsigned long long)t->failures, (unsigned long long)t->retransmits,
		     (unsigned long long)t->packets, (unsigned long long)t->packets_arrived,
		     (unsigned long long)t->packets_clear);
}

static int play_many(struct options *options)
{
	struct crew *crew = &options->crew;
	time_t began = time(NULL);

	if (!crew_run(crew)) {
		(void)fprintf(stderr, "a worker could not work\n");
		return 2;
	}
	tell_figures(crew, time(NULL) - began);
	for (unsigned i = 0; i < crew->failing_count; i++)
		(void)printf("%s%llu", i == 0 ? "failing seeds: " : " ",
			     (unsigned long long)crew->failing[i]);
	if (crew->failing_count > 0)
		(void)printf("\n");
	for (unsigned i = 0; i < crew->failing_count && i < SHRINK_FAILURES && !options->no_shrink;
	     i++)
		explain(options, crew->failing[i]);
	(void)printf("%u passed, %u failed, 0 skipped\n", crew->passed, crew->failed);
	return crew->failed > 0;
}

int main(int argc, char **argv)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	struct options options = { .crew = { .limit_seconds = SEED_LIMIT,
					     .jobs = cores > 0 ? (unsigned)cores : 1,
					     .hours = DEFAULT_HOURS,
					     .patience = DEFAULT_PATIENCE } };

	if (!parse(argc, argv, &options))
		return usage();
	return options.one ? play_one(&options) : play_many(&options);
}
