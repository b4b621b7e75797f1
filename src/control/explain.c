/* SPDX-License-Identifier: Apache-2.0 */
/* Why a tunnel is as it is: what is wanted, what is, the last failure, and the flight recorder of
 * its peer. */
#include "control/private.h"

#define PEERS_MAX   16 /* a template may have thousands of instances */
#define TUNNELS_MAX 64

struct story {
	struct call *call;
	json_t *peers;	 /* array */
	json_t *tunnels; /* of the last peer */
	uint64_t peer;	 /* its serial */
	unsigned left_out;
};

static void begin_peer(struct story *story, const struct peer *peer)
{
	story->peer = peer->serial;
	story->tunnels = json_array();
	(void)json_array_append_new(story->peers,
				    json_pack("{s:o,s:o,s:o}", "peer", json_safe(peer->conn->name),
					      "tunnels", story->tunnels, "records",
					      show_records(story->call, peer)));
}

static void tell(void *context, struct tunnel *tunnel)
{
	struct story *story = context;

	if (tunnel->doomed)
		return;
	if (tunnel->peer->serial != story->peer) {
		if (json_array_size(story->peers) == PEERS_MAX) {
			story->left_out++;
			return;
		}
		begin_peer(story, tunnel->peer);
	}
	if (json_array_size(story->tunnels) < TUNNELS_MAX)
		(void)json_array_append_new(story->tunnels, show_tunnel(story->call, tunnel));
	else
		story->left_out++;
}

void method_explain(struct call *call)
{
	struct peers *peers = &call->gateway->peers;
	struct story story = { .call = call, .peers = json_array() };
	const char *name = call_text(call, "name");
	struct diag diag = { "" };

	if (peers_match(peers, name, tell, &story) > 0) {
		call_reply(call,
			   json_pack("{s:o,s:i,s:o}", "peers", story.peers, "left_out",
				     (int)story.left_out, "cookies", show_cookies(call->gateway)),
			   false);
		return;
	}
	json_decref(story.peers);
	call_answer(call, peers_want(peers, name, WANTED_LISTEN, &diag), &diag);
}
