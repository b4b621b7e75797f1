/* SPDX-License-Identifier: Apache-2.0 */
/* draft-beaulieu-ike-xauth-02 §4: after phase 1 the server asks who our user is, and says whether
 * it takes him. Each step in the order of time. */
#include "auth/xauth.h"
#include "ikev1/private.h"

enum given { GIVEN_NAME = 1, GIVEN_PASSWORD = 2 };

struct xauth_question {
	struct isakmp_config said;
	struct isakmp_user user; /* as it is to be */
	struct isakmp_attribute attributes[LIMIT_CP_ATTRIBUTES];
	unsigned count;
	bool status, accepted; /* it was no question */
};

/* ---- the question ---- */

static bool says(const struct isakmp_config *said, uint16_t type)
{
	for (unsigned i = 0; i < said->count; i++)
		if (said->attributes[i].type == type)
			return true;
	return false;
}

/* Whoever says both says no. */
static bool all_accept(const struct isakmp_config *said)
{
	uint64_t value;

	for (unsigned i = 0; i < said->count; i++)
		if (said->attributes[i].type == XAUTH_STATUS &&
		    (isakmp_attribute_number(&said->attributes[i], &value) != RC_OK || value != 1))
			return false;
	return true;
}

static enum rc read_question(struct step *step, struct outcome *out)
{
	const struct payload *payload = v1_payload(step->message, ISAKMP_ATTRIBUTES);
	struct xauth_question *in = ARENA_NEW(step->arena, struct xauth_question);

	if (in == NULL)
		return RC_NO_MEMORY;
	step->scratch = in;
	in->user = *step->sa->v1->user;
	TRY(v1_hash_check(step, SPAN_NONE, &out->diag));
	out->heard = true;
	TRY(isakmp_config_parse(step->arena, payload->body, &in->said, &out->diag));
	if (in->said.type == ISAKMP_CFG_REQUEST)
		return RC_OK;
	if (in->said.type != ISAKMP_CFG_SET || !says(&in->said, XAUTH_STATUS))
		return diag_fail(
			&out->diag, RC_DROP,
			"a transaction of type %u instead of a word about our user (XAUTH)",
			in->said.type);
	in->status = true;
	in->accepted = all_accept(&in->said);
	return RC_OK;
}

/* ---- who we are ---- */

static void put(struct xauth_question *in, const struct isakmp_attribute *attribute)
{
	if (in->count < LIMIT_CP_ATTRIBUTES)
		in->attributes[in->count++] = *attribute;
}

static enum rc unsupported(const struct isakmp_attribute *attribute, struct diag *diag)
{
	if (attribute->type == XAUTH_TYPE)
		return diag_fail(diag, RC_UNSUPPORTED,
				 "the server wants XAUTH of type %u; we have names and passwords "
				 "(0) only",
				 attribute->value);
	return diag_fail(diag, RC_UNSUPPORTED,
			 "the server asks for XAUTH attribute %u; we have names and passwords only",
			 attribute->type);
}

static bool is_password(const struct isakmp_attribute *asked)
{
	return asked->type == XAUTH_USER_PASSWORD || asked->type == XAUTH_PASSCODE;
}

static bool is_beyond_us(const struct isakmp_attribute *asked)
{
	if (asked->type == XAUTH_TYPE)
		return !asked->basic || asked->value != 0;
	return asked->type == XAUTH_CHALLENGE || asked->type == XAUTH_NEXT_PIN ||
	       asked->type == XAUTH_ANSWER;
}

/* A password that is asked for once more was wrong: it is not said again. */
static enum rc answer_one(struct xauth_question *in, const struct isakmp_attribute *asked,
			  struct span name, struct span password, struct diag *diag)
{
	struct isakmp_attribute answer = { .type = asked->type };

	if (is_beyond_us(asked))
		return unsupported(asked, diag);
	if (asked->type == XAUTH_TYPE) {
		answer.basic = true;
	} else if (asked->type == XAUTH_USER_NAME) {
		answer.data = name;
		in->user.given |= GIVEN_NAME;
	} else if (is_password(asked)) {
		if ((in->user.given & GIVEN_PASSWORD) != 0)
			return diag_fail(diag, RC_AUTH_FAILED,
					 "the server does not take the password of the user "
					 "\"%.60s\" (XAUTH)",
					 in->user.name);
		answer.data = password;
		in->user.given |= GIVEN_PASSWORD;
	} else {
		return RC_OK; /* XAUTH_MESSAGE and what is no question */
	}
	put(in, &answer);
	return RC_OK;
}

static enum rc answer_all(struct step *step, struct xauth_question *in, struct diag *diag)
{
	struct span name, password;

	TRY(xauth_own(step->env->secrets, step->sa->peer, &name, &password, diag));
	if (name.len > ISAKMP_USER_MAX)
		return diag_fail(diag, RC_LIMIT, "the user name is too long");
	memset(in->user.name, 0, sizeof(in->user.name));
	memcpy(in->user.name, name.ptr, name.len);
	for (unsigned i = 0; i < in->said.count; i++)
		TRY(answer_one(in, &in->said.attributes[i], name, password, diag));
	if (in->user.given != 0)
		return RC_OK;
	return diag_fail(diag, RC_UNSUPPORTED,
			 "the server asks neither for a user nor for a password (XAUTH)");
}

/* §4.1: a client that cannot answer says so. */
static void give_in(struct xauth_question *in, enum rc rc, struct outcome *out)
{
	in->attributes[0] = (struct isakmp_attribute){ .type = XAUTH_STATUS, .basic = true };
	in->count = 1;
	in->user.refused = rc == RC_AUTH_FAILED;
	out->v1.user_event = USER_REFUSED;
	out->ike_ended = rc;
}

static enum rc reply(struct step *step, struct xauth_question *in, struct outcome *out)
{
	struct isakmp_config config = { .type = ISAKMP_CFG_REPLY,
					.identifier = in->said.identifier,
					.attributes = in->attributes };
	enum rc rc = answer_all(step, in, &out->diag);

	if (rc == RC_NO_MEMORY)
		return rc;
	out->v1.user = &in->user;
	out->v1.user_event = USER_GIVEN;
	if (rc != RC_OK)
		give_in(in, rc, out);
	config.count = in->count;
	return v1_transaction(step, &config, out);
}

/* ---- the verdict ---- */

static enum rc acknowledge(struct step *step, struct xauth_question *in, struct outcome *out)
{
	struct isakmp_attribute status = { .type = XAUTH_STATUS,
					   .basic = true,
					   .value = in->accepted };
	struct isakmp_config config = { .type = ISAKMP_CFG_ACK,
					.identifier = in->said.identifier,
					.attributes = &status,
					.count = 1 };

	return v1_transaction(step, &config, out);
}

static enum rc hear(struct step *step, struct xauth_question *in, struct outcome *out)
{
	bool config = v1_is_config_client(step->sa->peer);

	in->user.proven = in->accepted;
	in->user.refused = !in->accepted;
	out->v1.user = &in->user;
	out->v1.user_event = in->accepted ? USER_PROVEN : USER_REFUSED;
	if (in->accepted) {
		out->established = !config;
		out->next = config ? IKEV1_CONFIG : IKE_ESTABLISHED;
	} else {
		out->ike_ended = RC_AUTH_FAILED;
		(void)diag_fail(&out->diag, RC_AUTH_FAILED,
				"the server refuses the user \"%.60s\" or its password (XAUTH)",
				in->user.name);
	}
	return acknowledge(step, in, out);
}

static enum rc answer(struct step *step, struct outcome *out)
{
	struct xauth_question *in = step->scratch;

	out->v1.message_id = step->message->header.message_id;
	out->message.response = true;
	return in->status ? hear(step, in, out) : reply(step, in, out);
}

static const step_fn question_steps[] = { read_question, answer, NULL };

/* ---- */

static enum rc give_up(struct step *step, struct outcome *out)
{
	(void)step;
	out->ike_ended = RC_TIMEOUT;
	return diag_fail(&out->diag, RC_OK,
			 "phase 1 is done, but the server says nothing about our user (XAUTH)");
}

static enum rc cancel(struct step *step, struct outcome *out)
{
	out->ike_ended = step->sa->delete_reason;
	return RC_OK;
}

static const step_fn give_up_steps[] = { give_up, NULL };
static const step_fn cancel_steps[] = { cancel, NULL };

const struct payload_rule v1_transaction_rules[] = {
	{ ISAKMP_HASH, 1, 1, ENCRYPTED },
	{ ISAKMP_ATTRIBUTES, 1, 1, ENCRYPTED },
	PAYLOAD_RULES_END,
};

#define I INITIATOR
const struct ike_row ikev1_xauth_client_rows[] = {
	{ IKEV1_XAUTH, I, EVENT_TRANSACTION_REQUEST, v1_transaction_rules, question_steps,
	  IKEV1_XAUTH, "the server asks who our user is, or says whether it takes him" },
	{ IKEV1_XAUTH, I, EVENT_GIVE_UP, NULL, give_up_steps, IKEV1_XAUTH,
	  "the server does not ask who our user is" },
	{ IKEV1_XAUTH, I, EVENT_DELETE_IKE, NULL, cancel_steps, IKEV1_XAUTH,
	  "not wanted any more" },
	{ .story = NULL },
};
