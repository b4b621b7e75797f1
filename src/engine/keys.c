/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's certificates and keys: opened, configured, read again. */
#include "engine/private.h"
#include "sa/extra.h"

/* ---- who is revoked after he came up ---- */

static void keep_reason(struct ike_sa *sa, const char *text)
{
	mem_free(sa->extra->ends_because);
	sa->extra->ends_because = mem_text(text);
}

static bool is_in_use(const struct ike_sa *sa)
{
	return sa->state == IKE_ESTABLISHED || sa->state == IKE_REKEYED || sa->state == IKEV1_GONE;
}

/* What its end alone does not end: IPsec SAs of IKEv1 whose ISAKMP SA has gone before. */
static void end_children(struct ike_sa *sa)
{
	list_for(node, &sa->children)
	{
		struct child_sa *child = container_of(node, struct child_sa, in_ike);
		child->delete_wanted = true;
		child->delete_reason = RC_AUTH_FAILED;
	}
}

void keys_look_at(struct gateway *gateway, struct ike_sa *sa)
{
	struct log_subject subject;
	struct diag diag = { "" };

	if (sa->extra == NULL || sa->extra->proof == NULL || sa->delete_wanted || !is_in_use(sa) ||
	    x509_proof_check(gateway->revocation, sa->extra->proof, &diag) == RC_OK)
		return;
	sa->delete_wanted = true;
	sa->delete_reason = RC_AUTH_FAILED;
	if (sa->state == IKEV1_GONE)
		end_children(sa);
	keep_reason(sa, diag.text);
	subject = subject_of(sa);
	subject.reason = rc_name(RC_AUTH_FAILED);
	log_write(gateway->log, LOG_LEVEL_WARNING, &subject, "its IKE SA ends: %s", diag.text);
	peer_dirty(sa->peer);
}

void keys_watch(struct gateway *gateway, const struct peer *peer)
{
	list_for(node, &peer->ike_sas)
	{
		const struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if ((sa->state == IKE_ESTABLISHED || sa->state == IKEV1_GONE) &&
		    sa->extra != NULL && sa->extra->proof != NULL)
			x509_proof_watch(gateway->revocation, sa->extra->proof);
	}
}

static void look_at_peer(struct gateway *gateway, struct peer *peer)
{
	list_for(node, &peer->ike_sas)
		keys_look_at(gateway, container_of(node, struct ike_sa, in_peer));
}

static void look_at_some(struct deferred *deferred)
{
	struct gateway *gateway = container_of(deferred, struct gateway, revoked_later);

	if (!round_some(gateway, &gateway->revoked_at, look_at_peer))
		gateway->host->ops->defer(gateway->host, deferred);
}

static void news(void *context)
{
	struct gateway *gateway = context;

	gateway->revoked_at = 0;
	gateway->revoked_later.run = look_at_some;
	gateway->host->ops->defer(gateway->host, &gateway->revoked_later);
}

static void set_timer(void *context, struct timer *timer, usec_t due)
{
	if (due == USEC_NEVER)
		gateway_cancel(context, timer);
	else
		gateway_timer(context, timer, due);
}

/* ---- the whole ---- */

enum rc keys_open(struct gateway *gateway, const struct secrets *secrets, struct diag *diag)
{
	struct revocation_env env = {
		.log = gateway->log, .timer = set_timer, .news = news, .context = gateway
	};
	struct diag why = { "" };
	uint64_t seed[2];

	if (host_random(gateway->host, seed, sizeof(seed)) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "no random numbers");
	if (keyring_new(gateway->log, seed, &gateway->keyring, &why) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "no certificates: %s", why.text);
	if (keyring_configure(gateway->keyring, gateway->config, secrets, &why) != RC_OK)
		return diag_fail(diag, RC_NO_MEMORY, "no certificates: %s", why.text);
	gateway->peers.keyring = gateway->keyring;
	env.host = gateway->host;
	gateway->revocation = revocation_new(&env, &gateway->config->setup, seed);
	if (gateway->revocation == NULL)
		return diag_fail(diag, RC_NO_MEMORY, "out of memory");
	revocation_trust(gateway->revocation, keyring_trust(gateway->keyring));
	return RC_OK;
}

void keys_configure(struct gateway *gateway)
{
	if (revocation_configure(gateway->revocation, &gateway->config->setup) != RC_OK)
		log_write(gateway->log, LOG_LEVEL_ERROR, NULL,
			  "out of memory: crl- and ocsp- settings stay as they were");
}

void keys_close(struct gateway *gateway)
{
	gateway->peers.keyring = NULL;
	keyring_free(gateway->keyring);
	gateway->keyring = NULL;
	list_remove(&gateway->revoked_later.queue);
	revocation_free(gateway->revocation);
	gateway->revocation = NULL;
}

void gateway_renew_keys(struct gateway *gateway, struct x509_trust *trust)
{
	keyring_renew(gateway->keyring, trust);
	revocation_trust(gateway->revocation, trust);
	gateway_read_crls(gateway);
	round_orient(gateway, false);
}

void gateway_renew_files(struct gateway *gateway, struct x509_files *files)
{
	keyring_files_set(gateway->keyring, files);
	round_orient(gateway, false);
}

enum rc gateway_open_crls(struct gateway *gateway, const char *folder)
{
	TRY(revocation_folder(gateway->revocation, folder));
	return revocation_read_now(gateway->revocation, keyring_trust(gateway->keyring));
}

void gateway_read_crls(struct gateway *gateway)
{
	revocation_reread(gateway->revocation, keyring_trust(gateway->keyring));
}
