/* SPDX-License-Identifier: Apache-2.0 */
/* draft-beaulieu-ike-xauth-02 §4: after phase 1 the server asks who the user is, and nothing else
 * goes on before that is proven. Each step in the order of time. */
#include <stdio.h>
#include "auth/xauth.h"
#include "auth/xauth_pam.h"
#include "ikev1/private.h"
#include "sa/client.h"

#define TRIES_MAX 3

struct xauth_answer {
	struct isakmp_user user; /* as it is to be */
	struct span name, password;
	struct xauth_login login;
	struct diag why;
	struct xauth_ask *pam; /* xauthby=pam; NULL: another one says it */
	bool said;	       /* there is something to check */
	uint8_t digest[PRF_MAX];
};

/* ---- who is it? ---- */

static enum rc say(struct step *step, enum isakmp_cfg_type type,
		   struct isakmp_attribute *attributes, unsigned count, struct outcome *out)
{
	struct isakmp_config config = { .type = (uint8_t)type,
					.attributes = attributes,
					.count = count };

	TRY(host_random(step->env->host, &config.identifier, sizeof(config.identifier)));
	TRY(v1_message_id(step->env, step->sa, &out->v1.message_id));
	out->message.purpose = REQUEST_XAUTH;
	return v1_transaction(step, &config, out);
}

static enum rc ask(struct step *step, struct outcome *out)
{
	struct isakmp_attribute attributes[] = {
		{ .type = XAUTH_TYPE, .basic = true }, /* 0: a name and a password */
		{ .type = XAUTH_USER_NAME },
		{ .type = XAUTH_USER_PASSWORD },
	};

	return say(step, ISAKMP_CFG_REQUEST, attributes, 3, out);
}

static const step_fn ask_steps[] = { ask, NULL };

/* ---- the answer ---- */

static enum rc take_text(struct span *to, const struct isakmp_attribute *attribute,
			 struct diag *diag)
{
	if (attribute->basic || to->ptr != NULL)
		return diag_fail(diag, RC_SYNTAX, "XAUTH attribute %u %s", attribute->type,
				 attribute->basic ? "is a number" : "comes twice");
	*to = attribute->data;
	return RC_OK;
}

static enum rc take_all(const struct isakmp_config *reply, struct xauth_answer *in)
{
	for (unsigned i = 0; i < reply->count; i++) {
		const struct isakmp_attribute *attribute = &reply->attributes[i];
		uint64_t value;
		if (attribute->type == XAUTH_USER_NAME)
			TRY(take_text(&in->name, attribute, &in->why));
		else if (attribute->type == XAUTH_USER_PASSWORD ||
			 attribute->type == XAUTH_PASSCODE)
			TRY(take_text(&in->password, attribute, &in->why));
		else if (attribute->type == XAUTH_STATUS &&
			 (isakmp_attribute_number(attribute, &value) != RC_OK || value != 1))
			return diag_fail(&in->why, RC_AUTH_FAILED, "the client gives up");
	}
	return RC_OK;
}

/* The text of the message does not outlive what is made of it. */
static void forget(const struct xauth_answer *in)
{
	if (in->password.len > 0)
		wipe((void *)(uintptr_t)in->password.ptr, in->password.len);
}

static enum rc digest_of(const struct step *step, struct xauth_answer *in)
{
	static const uint8_t between[1] = { 0 };
	struct span parts[] = { in->name, SPAN_OF(between), in->password };

	return ikev1_hash(&step->sa->suite, &step->sa->keys, parts, 3, in->digest);
}

/* What was wrong once is not asked again: that may lock the user's account. */
static bool again_the_same(const struct xauth_answer *in, const struct ike_sa *sa)
{
	return in->user.tries > 0 && secret_equal(span_make(in->digest, sa->suite.prf->len),
						  span_make(in->user.wrong, sa->suite.prf->len));
}

/* What PAM cannot be asked is told as what it cannot answer. */
static enum rc ask_pam(struct step *step, struct xauth_answer *in, struct outcome *out)
{
	const struct xauth_question question = { in->name, in->password, step->sa->remote.addr };
	enum rc rc = xauth_pam_begin(step, &question, &in->pam, out, &in->why);

	xauth_login_drop(&in->login);
	if (rc == RC_NO_MEMORY)
		return rc;
	step->rc = rc;
	step->job_diag = in->why;
	return RC_OK;
}

static enum rc check(struct step *step, struct xauth_answer *in, struct outcome *out)
{
	const struct peer *peer = step->sa->peer;
	enum rc rc;

	TRY(digest_of(step, in));
	if (again_the_same(in, step->sa)) {
		in->user.tries = TRIES_MAX;
		return diag_fail(&in->why, RC_OK, "the same answer again");
	}
	rc = xauth_login_begin((enum config_xauthby)peer->conn->xauthby, peer->config->folder,
			       peer->conn->name, in->name, in->password, &in->login, &in->why);
	if (rc != RC_OK)
		return rc == RC_NO_MEMORY ? rc : RC_OK;
	in->said = true;
	memcpy(in->user.name, in->login.name, sizeof(in->user.name));
	if (in->login.by == XAUTHBY_PAM)
		return ask_pam(step, in, out);
	out->work = (struct slow_work){ .run = xauth_login_run,
					.arg = &in->login,
					.drop = xauth_login_drop };
	return RC_SUSPEND;
}

static enum rc begin(struct step *step, struct xauth_answer **in, struct isakmp_config *said,
		     struct outcome *out)
{
	const struct payload *payload = v1_payload(step->message, ISAKMP_ATTRIBUTES);

	*in = step->scratch = ARENA_NEW(step->arena, struct xauth_answer);
	if (*in == NULL)
		return RC_NO_MEMORY;
	(*in)->user = *step->sa->v1->user;
	TRY(v1_hash_check(step, SPAN_NONE, &out->diag));
	out->heard = true;
	return isakmp_config_parse(step->arena, payload->body, said, &out->diag);
}

static enum rc wrong_type(const struct isakmp_config *said, struct diag *diag)
{
	return diag_fail(diag, RC_DROP, "the client answers XAUTH with a transaction of type %u",
			 said->type);
}

/* It knows that it is refused now. */
static enum rc read_farewell(const struct isakmp_config *said, struct outcome *out)
{
	if (said->type != ISAKMP_CFG_ACK && said->type != ISAKMP_CFG_REPLY)
		return wrong_type(said, &out->diag);
	out->request_done = true;
	out->ike_ended = RC_AUTH_FAILED;
	return diag_fail(&out->diag, RC_OK, "the client's user is not proven (XAUTH)");
}

static enum rc read_answer(struct step *step, struct outcome *out)
{
	struct xauth_answer *in;
	struct isakmp_config said;
	enum rc rc;

	TRY(begin(step, &in, &said, out));
	if (in->user.refused)
		return read_farewell(&said, out);
	if (said.type != ISAKMP_CFG_REPLY)
		return wrong_type(&said, &out->diag);
	out->request_done = true;
	rc = take_all(&said, in);
	if (rc == RC_AUTH_FAILED) {
		out->diag = in->why;
		out->ike_ended = rc;
		return RC_OK;
	}
	rc = rc == RC_OK ? check(step, in, out) : RC_OK;
	forget(in);
	return rc;
}

/* It has a process of its own, which takes its time. */
static enum rc hear_pam(struct step *step, struct outcome *out)
{
	struct xauth_answer *in = step->scratch;
	enum rc rc;

	(void)out;
	if (in->pam == NULL)
		return RC_OK;
	rc = xauth_pam_wait(step, in->pam, &in->why);
	if (rc == RC_SUSPEND)
		return rc;
	in->login.correct = rc == RC_OK;
	step->rc = rc == RC_AUTH_FAILED ? RC_OK : rc;
	step->job_diag = in->why;
	return RC_OK;
}

/* ---- proven ---- */

static struct identity identity_of(const struct isakmp_user *user)
{
	return (struct identity){ .type = ID_KEY_ID,
				  .len = (uint16_t)strlen(user->name),
				  .data = (uint8_t *)(uintptr_t)user->name };
}

/* Who is only tolerated (xauthfail=soft) has nothing of the user whose name it says. */
static void stranger(const struct step *step, const struct isakmp_user *user,
		     char name[ISAKMP_USER_MAX + IP_TEXT_MAX + 16], struct identity *id)
{
	char address[IP_TEXT_MAX];
	int len = snprintf(name, ISAKMP_USER_MAX + IP_TEXT_MAX + 16, "?%s?%s", user->name,
			   ip_text(&step->remote.addr, address));

	*id = (struct identity){ .type = ID_KEY_ID, .len = (uint16_t)len, .data = (uint8_t *)name };
}

/* Each user of a template has an instance of his own: the one that he has there already. */
static enum rc find_instance(struct step *step, const struct isakmp_user *user, struct outcome *out)
{
	struct peer *template = step->sa->peer;
	const struct isakmp_phase1 *phase1 = step->sa->v1->phase1;
	struct isakmp_id said;
	struct identity id;
	char name[ISAKMP_USER_MAX + IP_TEXT_MAX + 16];
	struct identity client = identity_of(user);

	if (!template->template)
		return RC_OK;
	if (template->doomed)
		return v1_removed(&out->diag);
	if (user->failed)
		stranger(step, user, name, &client);
	TRY(isakmp_id_parse(span_make(phase1->id_body, phase1->id_body_len), &said, &out->diag));
	id = v1_identity(&said);
	out->peer = peer_of_user(template, &step->local.addr, &step->remote.addr, &id, &client);
	if (out->peer != NULL)
		return RC_OK;
	TRY(peer_instantiate(template, &step->local.addr, &step->remote, &id, &out->instance));
	out->peer = out->instance;
	return peer_take_user(out->instance, &client);
}

static bool same_user(const struct isakmp_user *a, const struct isakmp_user *b)
{
	return !a->failed && !b->failed && strcmp(a->name, b->name) == 0;
}

/* A conn for one address is one peer, with one lease: another user there would have what is the
 * first one's, and could end it. */
static enum rc check_alone(const struct step *step, const struct isakmp_user *user,
			   struct diag *diag)
{
	const struct peer *peer = step->sa->peer;

	if (peer->template)
		return RC_OK;
	list_for(node, &peer->ike_sas)
	{
		const struct ike_sa *sa = container_of(node, struct ike_sa, in_peer);
		if (sa == step->sa || sa->state < IKE_ESTABLISHED || sa->delete_wanted ||
		    sa->v1->user == NULL || same_user(sa->v1->user, user))
			continue;
		return diag_fail(
			diag, RC_AUTH_FAILED,
			"the user \"%.60s\" is not taken while \"%.60s\" is there: conn %s "
			"has one client; with right=%%any each user is one of its own",
			user->name, sa->v1->user->name, peer->conn->name);
	}
	return RC_OK;
}

static enum rc say_status(struct step *step, bool good, struct outcome *out)
{
	struct isakmp_attribute status = { .type = XAUTH_STATUS, .basic = true, .value = good };

	return say(step, ISAKMP_CFG_SET, &status, 1, out);
}

static enum rc take_in(struct step *step, struct xauth_answer *in, struct outcome *out)
{
	in->user.proven = !in->user.failed;
	TRY(check_alone(step, &in->user, &out->diag));
	TRY(find_instance(step, &in->user, out));
	if (out->peer != NULL)
		TRY(unique_keeps_out(step->env, out->peer, &out->diag));
	out->v1.user = &in->user;
	out->v1.user_event = in->user.failed ? USER_TOLERATED : USER_PROVEN;
	out->initial_contact = in->user.first_contact && in->user.proven;
	out->established = true;
	out->next = IKE_ESTABLISHED;
	return say_status(step, true, out);
}

/* ---- not proven ---- */

static enum rc refuse(struct step *step, struct xauth_answer *in, struct outcome *out)
{
	if (step->sa->peer->conn->xauthfail == XAUTHFAIL_SOFT) {
		in->user.failed = true;
		return take_in(step, in, out);
	}
	in->user.refused = true;
	out->v1.user = &in->user;
	out->v1.user_event = USER_REFUSED;
	return say_status(step, false, out);
}

static enum rc judge(struct step *step, struct outcome *out)
{
	struct xauth_answer *in = step->scratch;

	if (out->ike_ended != RC_OK)
		return RC_OK;
	if (in->said && step->rc == RC_NO_MEMORY)
		return RC_NO_MEMORY;
	if (in->said && step->rc == RC_OK && in->login.correct)
		return take_in(step, in, out);
	if (in->said &&
	    step->rc != RC_OK) { /* nobody knows: the operator is told, the client not */
		out->diag = step->job_diag;
		in->user.tries = TRIES_MAX;
	} else if (in->why.text[0] != '\0') {
		out->diag = in->why;
	}
	if (in->user.tries < TRIES_MAX)
		in->user.tries++;
	memcpy(in->user.wrong, in->digest, sizeof(in->user.wrong));
	if (in->user.tries >= TRIES_MAX)
		return refuse(step, in, out);
	out->v1.user = &in->user;
	out->v1.user_event = USER_WRONG;
	return ask(step, out);
}

static const step_fn answer_steps[] = { read_answer /* suspends: password */,
					hear_pam /* suspends: its process */, judge, NULL };

/* ---- */

static enum rc give_up(struct step *step, struct outcome *out)
{
	bool refused = step->sa->v1->user != NULL && step->sa->v1->user->refused;

	out->ike_ended = refused ? RC_AUTH_FAILED : RC_TIMEOUT;
	return diag_fail(&out->diag, RC_OK, "%s",
			 refused ? "the client's user is not proven (XAUTH)"
				 : "the client does not say who its user is: has its conn XAUTH?");
}

static enum rc cancel(struct step *step, struct outcome *out)
{
	out->ike_ended = step->sa->delete_reason;
	return RC_OK;
}

static const step_fn give_up_steps[] = { give_up, NULL };
static const step_fn cancel_steps[] = { cancel, NULL };

#define R RESPONDER
const struct ike_row ikev1_xauth_server_rows[] = {
	{ IKEV1_XAUTH, R, EVENT_TRANSACTION, NULL, ask_steps, IKEV1_XAUTH,
	  "phase 1 is done: the client is asked who its user is" },
	{ IKEV1_XAUTH, R, EVENT_TRANSACTION_RESPONSE, v1_transaction_rules, answer_steps,
	  IKEV1_XAUTH, "the client says who its user is: good, or asked again, or refused" },
	{ IKEV1_XAUTH, R, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_XAUTH,
	  "the client does not say who its user is" },
	{ IKEV1_XAUTH, R, EVENT_DELETE_IKE, NULL, cancel_steps, IKEV1_XAUTH,
	  "not wanted any more" },
	{ .story = NULL },
};
