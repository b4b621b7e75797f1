/* SPDX-License-Identifier: Apache-2.0 */
#include "sa/client.h"
#include "unit/sa/sas_test.h"

#define OFFICE(mode)                                                                               \
	"config setup\n\tuniqueids=" mode                                                          \
	"\nconn t\n\tleft=192.0.2.1\n\tleftid=@west\n\tleftsubnet=10.1.0.0/24\n\tright=%any\n"     \
	"\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

static struct peer *instance(struct sas_fixture *f, const char *address, const char *id)
{
	struct peer *template = peers_tunnel(&f->peers, "t")->peer, *out = NULL;
	struct ip_endpoint remote = sas_endpoint(address, 500);
	struct identity identity = { 0 };

	assert_int_equal(identity_parse(id, &identity, NULL), RC_OK);
	assert_int_equal(peer_instantiate(template, &template->local, &remote, &identity, &out),
			 RC_OK);
	identity_free(&identity);
	return out;
}

/* @east is here from 192.0.2.2; now comes another. */
static enum rc asked(const char *conf, const char *id, bool goes, struct diag *diag)
{
	struct sas_fixture f;
	struct peer *here, *comes;
	struct ike_sa *sa;
	struct sa_env env;
	enum rc rc;

	sas_begin(&f, conf);
	env = (struct sa_env){ .peers = &f.peers, .setup = &f.config->setup };
	here = instance(&f, "192.0.2.2", "@east");
	assert_int_equal(peer_link(here), RC_OK);
	sa = sas_ike(&f, RESPONDER);
	assert_int_equal(ike_sa_link(&f.sas, sa), RC_OK);
	ike_sa_bind(&f.sas, sa, here);
	sa->state = IKE_ESTABLISHED;
	sa->delete_wanted = goes;
	comes = instance(&f, "192.0.2.9", id);
	rc = unique_keeps_out(&env, comes, diag);
	peer_free(comes);
	ike_sa_free(&f.sas, sa);
	sas_end(&f);
	return rc;
}

static void who_is_here_already_is_kept_out_from_another_address(void **state)
{
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(asked(OFFICE("keep"), "@east", false, &diag), RC_AUTH_FAILED);
	assert_non_null(strstr(diag.text, "east has an IKE SA from 192.0.2.2"));
	assert_int_equal(asked(OFFICE("keep"), "@east", true, &diag), RC_OK);
}

static void other_identities_and_other_modes_let_everybody_in(void **state)
{
	struct diag diag = { "" };

	(void)state;
	assert_int_equal(asked(OFFICE("keep"), "@north", false, &diag), RC_OK);
	assert_int_equal(asked(OFFICE("yes"), "@east", false, &diag), RC_OK);
	assert_int_equal(asked(OFFICE("no"), "@east", false, &diag), RC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_is_here_already_is_kept_out_from_another_address),
		cmocka_unit_test(other_identities_and_other_modes_let_everybody_in),
	};

	return sas_run(tests);
}
