/* SPDX-License-Identifier: Apache-2.0 */
/* A gateway with its host, its kernel and its journal. The kernel outlives the gateway. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "sim/sim.h"

static const uint8_t crash_secret[32] = { 1, 2, 3 }; /* of all: each is asked for its own SPIs */
static const char secrets_text[] = ": PSK \"correct horse battery staple\"\n"
				   ": PPKS \"sim\" \"a key that no quantum computer guesses\"\n";

struct config *gate_config(const struct gate *gate, unsigned variant)
{
	char text[16384] = "", why[600];
	struct config_errors errors;
	struct config *config = NULL;
	enum rc rc;

	scenario_conf(gate->sim->scenario, gate->number, variant, text, sizeof(text));
	config_errors_init(&errors);
	rc = config_load_text("sim.conf", span_make(text, strlen(text)), &config, &errors);
	if (rc != RC_OK)
		list_for(node, &errors.list)
			sim_fail(gate->sim, "configuration of g%u: %s", gate->number,
				 config_error_text(container_of(node, struct config_error, in_list),
						   why, sizeof(why)));
	config_errors_free(&errors);
	return config;
}

static struct secrets *load_secrets(void)
{
	struct config_errors errors;
	struct secrets *secrets = NULL;
	enum rc rc;

	config_errors_init(&errors);
	rc = secrets_load_text("sim.secrets", span_make(secrets_text, sizeof(secrets_text) - 1),
			       &secrets, &errors);
	(void)rc;
	config_errors_free(&errors);
	return secrets;
}

/* ---- the journal ---- */

static void mix(struct gate *gate, const char *text)
{
	for (; *text != '\0'; text++)
		gate->history = (gate->history ^ (uint8_t)*text) * 0x100000001b3u;
}

static void keep_line(struct gate *gate, const struct log_subject *subject, const char *text)
{
	char **slot = &gate->journal[gate->journal_next];
	char line[600];

	(void)snprintf(line, sizeof(line), "%10.3f g%u #%llu %s%s%s: %s", sim_seconds(gate->sim),
		       gate->number, (unsigned long long)subject->serial,
		       subject->peer != NULL ? subject->peer : "", subject->tunnel ? " " : "",
		       subject->tunnel != NULL ? subject->tunnel : "", text);
	mix(gate, line);
	if (gate->sim->verbose)
		(void)fprintf(stderr, "%s\n", line);
	free(*slot);
	*slot = strdup(line);
	gate->journal_next = (gate->journal_next + 1) % JOURNAL_LINES;
}

static void on_line(void *context, enum log_level level, const struct log_subject *subject,
		    const char *text)
{
	(void)level;
	if (!((const struct gate *)context)->sim->closing)
		keep_line(context, subject, text);
}

void gate_tell_journal(const struct gate *gate, FILE *out, unsigned lines)
{
	for (unsigned i = JOURNAL_LINES - (lines < JOURNAL_LINES ? lines : JOURNAL_LINES);
	     i < JOURNAL_LINES; i++) {
		const char *line = gate->journal[(gate->journal_next + i) % JOURNAL_LINES];
		if (line != NULL)
			(void)fprintf(out, "%.200s\n", line);
	}
}

static void on_event(struct watcher *watcher, const struct gateway_event *event)
{
	struct gate *gate = container_of(watcher, struct gate, watcher);
	struct figures *figures = &gate->sim->verdict->figures;

	figures->ike_up += event->type == GATEWAY_IKE_UP;
	figures->child_up += event->type == GATEWAY_CHILD_UP;
	figures->child_down += event->type == GATEWAY_CHILD_DOWN;
	figures->failures += event->type == GATEWAY_FAILED;
}

/* ---- life ---- */

bool gate_boot(struct gate *gate, unsigned variant)
{
	struct config *config = gate_config(gate, variant);
	struct diag diag = { "" };
	enum rc rc;

	if (config == NULL)
		return false;
	gate->stopping = gate->stopped = false;
	rc = gateway_new(gate->host, gate->kernel, gate->log, config, load_secrets(),
			 &gate->gateway, &diag);
	config_unref(config);
	if (rc != RC_OK) {
		gate->gateway = NULL;
		sim_fail(gate->sim, "g%u does not begin: %s", gate->number, diag.text);
		return false;
	}
	gate->watcher.event = on_event;
	if (gate->sim->scenario->nodes[gate->number].crash_detection)
		gateway_crash_secret(gate->gateway, crash_secret);
	gateway_watch(gate->gateway, &gate->watcher);
	rc = gateway_start(gate->gateway, &diag);
	if (rc != RC_OK)
		sim_fail(gate->sim, "g%u does not start: %s", gate->number, diag.text);
	return rc == RC_OK;
}

bool gate_make(struct sim *sim, unsigned number)
{
	struct gate *gate = &sim->gates[number];
	struct log_sink sink = { .write = on_line, .context = gate };
	char name[8];

	*gate = (struct gate){ .sim = sim, .number = number, .history = 0xcbf29ce484222325u };
	(void)snprintf(name, sizeof(name), "g%u", number);
	gate->host = world_host(sim->world, name);
	gate->log = log_new(sim->verbose ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	return gate->host != NULL && gate->log != NULL &&
	       world_host_add_address(gate->host, sim->scenario->nodes[number].address) == RC_OK &&
	       kernel_simulated_new(gate->host, &gate->kernel) == RC_OK &&
	       log_add_sink(gate->log, sink) == RC_OK;
}

/* A process that dies does not tidy up: what the gateway removes on its way out never reaches the
 * kernel. */
void gate_crash(struct gate *gate)
{
	if (gate->gateway == NULL)
		return;
	world_settle(gate->sim->world);
	kernel_simulated_fail(gate->kernel, 1, EIO, true);
	gate->sim->verdict->figures.retransmits += gate->gateway->counters.retransmits;
	gateway_unwatch(&gate->watcher);
	gateway_free(gate->gateway);
	gate->gateway = NULL;
	kernel_simulated_fail(gate->kernel, 0, 0, false);
}

void gate_leave(struct gate *gate)
{
	gate->sim->verdict->figures.retransmits += gate->gateway->counters.retransmits;
	world_settle(gate->sim->world);
	gateway_unwatch(&gate->watcher);
	gateway_free(gate->gateway);
	gate->gateway = NULL;
}

static void on_stopped(void *context)
{
	struct gate *gate = context;

	gate->stopped = true;
}

void gate_stop(struct gate *gate)
{
	if (gate->gateway == NULL || gate->stopping)
		return;
	gate->stopping = true;
	gateway_stop(gate->gateway, 5 * USEC_PER_SEC, on_stopped, gate);
}

void gate_free(struct gate *gate)
{
	if (gate->kernel != NULL)
		gate_crash(gate);
	if (gate->kernel != NULL)
		kernel_free(gate->kernel);
	if (gate->log != NULL)
		log_free(gate->log);
	for (unsigned i = 0; i < JOURNAL_LINES; i++)
		free(gate->journal[i]);
}
