/* SPDX-License-Identifier: Apache-2.0 */
/* What a gateway and its kernel have, for the reader of a failure. */
#include "sim/sim.h"

static const char *word(const struct names *names, int value)
{
	for (const struct name *at = names->entries; at->text != NULL; at++)
		if (at->value == value)
			return at->text;
	return "?";
}

static void show_recorder(const struct peer *peer, usec_t begin, FILE *out)
{
	unsigned first = peer->recorder.count > 12 ? peer->recorder.count - 12u : 0;

	for (unsigned i = first; i < peer->recorder.count; i++) {
		const struct record *record = recorder_at(&peer->recorder, i);
		char text[300];
		(void)fprintf(out, "      %10.3f #%llu %s\n",
			      (double)(record->when - begin) / (double)USEC_PER_SEC,
			      (unsigned long long)record->serial,
			      recorder_text(record, gateway_record_name, text, sizeof(text)));
	}
}

static void show_ike(const struct ike_sa *sa, usec_t begin, FILE *out)
{
	(void)fprintf(out, "    IKE #%llu %s %s SPIs %016llx %016llx%s%s born %.1f\n",
		      (unsigned long long)sa->serial, sa->role == INITIATOR ? "ours" : "theirs",
		      word(&ike_state_names, sa->state), (unsigned long long)sa->spi_i,
		      (unsigned long long)sa->spi_r, sa->request.bytes ? " request out" : "",
		      sa->delete_wanted ? " delete wanted" : "",
		      (double)(sa->born - begin) / (double)USEC_PER_SEC);
}

static void show_tunnel(const struct tunnel *tunnel, usec_t begin, FILE *out)
{
	(void)fprintf(out, "    tunnel %s wanted %s%s%s, %u failed attempts%s%s\n", tunnel->name,
		      word(&wanted_names, (int)tunnel->wanted),
		      tunnel->trap_installed ? " trapped" : "", tunnel->doomed ? " doomed" : "",
		      tunnel->backoff.attempts, tunnel->backoff.text ? ": " : "",
		      tunnel->backoff.text ? tunnel->backoff.text : "");
	list_for(node, &tunnel->child_sas)
	{
		const struct child_sa *child = container_of(node, struct child_sa, in_tunnel);
		(void)fprintf(
			out, "      Child #%llu of IKE #%llu, in %08x out %08x, %s%s%s born %.1f\n",
			(unsigned long long)child->serial,
			child->ike != NULL ? (unsigned long long)child->ike->serial : 0,
			child->spi_in, child->spi_out, word(&child_state_names, child->state),
			child->initiator ? " ours" : " theirs",
			child->delete_wanted ? " delete wanted" : "",
			(double)(child->born - begin) / (double)USEC_PER_SEC);
	}
}

void judge_show(const struct gate *gate, FILE *out)
{
	usec_t begin = gate->sim->begin;
	struct simulated_sa sa;

	(void)fprintf(out, "g%u has:\n", gate->number);
	if (gate->gateway == NULL)
		return;
	list_for(at, &gate->gateway->peers.list)
	{
		struct peer *peer = container_of(at, struct peer, in_peers);
		(void)fprintf(out, "  peer %s%s%s, %u failed attempts%s%s\n", peer->conn->name,
			      peer->template ? " (template)" : "", peer->doomed ? " doomed" : "",
			      peer->backoff.attempts, peer->backoff.text ? ": " : "",
			      peer->backoff.text ? peer->backoff.text : "");
		list_for(node, &peer->ike_sas)
			show_ike(container_of(node, struct ike_sa, in_peer), begin, out);
		list_for(node, &peer->tunnels)
			show_tunnel(container_of(node, struct tunnel, in_peer), begin, out);
		show_recorder(peer, begin, out);
	}
	for (size_t i = 0; kernel_simulated_sa(gate->kernel, i, &sa); i++)
		(void)fprintf(out, "  kernel SA %s %08x\n",
			      sa.sa.direction == KERNEL_OUT ? "out" : "in", sa.sa.spi);
}
