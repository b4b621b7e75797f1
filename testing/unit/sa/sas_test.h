/* SPDX-License-Identifier: Apache-2.0 */
/* The SA tables of a host at 192.0.2.1 with one conn t, and SAs to put into them. */
#ifndef VANTH_TEST_SAS_H
#define VANTH_TEST_SAS_H

#include "unit/test.h"
#include "host/virtual.h"
#include "sa/sa.h"

#define SAS_CONN                                                                                   \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n\tauthby=secret\n\tauto=add\n"

struct sas_fixture {
	struct world *world;
	struct host *host;
	struct log *log;
	struct config *config;
	struct peers peers;
	struct sas sas;
};

static inline void sas_begin(struct sas_fixture *f, const char *conf)
{
	struct config_errors errors;
	struct diag diag = { "" };

	*f = (struct sas_fixture){ .world = world_new(3) };
	f->host = world_host(f->world, "west");
	f->log = log_new(LOG_LEVEL_INFO);
	assert_int_equal(world_host_add_address(f->host, "192.0.2.1"), RC_OK);
	config_errors_init(&errors);
	assert_int_equal(
		config_load_text("test.conf", span_make(conf, strlen(conf)), &f->config, &errors),
		RC_OK);
	config_errors_free(&errors);
	assert_int_equal(peers_init(&f->peers, f->host, f->log), RC_OK);
	for (unsigned i = 0; i < f->config->conn_count; i++)
		if (peer_load(&f->peers, f->config, f->config->conns[i], &diag) != RC_OK)
			fail_msg("%s", diag.text);
	assert_int_equal(sas_init(&f->sas, &f->peers, f->host), RC_OK);
}

static inline void sas_end(struct sas_fixture *f)
{
	peers_free(&f->peers);
	sas_free(&f->sas);
	config_unref(f->config);
	log_free(f->log);
	world_free(f->world);
}

static inline struct ip_endpoint sas_endpoint(const char *address, uint16_t port)
{
	struct ip_endpoint out = { .port = port };

	assert_int_equal(ip_parse(address, &out.addr), RC_OK);
	return out;
}

static inline struct ike_sa *sas_ike(struct sas_fixture *f, enum ike_role role)
{
	struct ike_sa *sa;

	assert_int_equal(ike_sa_new(&f->sas, role, &sa), RC_OK);
	sa->local = sas_endpoint("192.0.2.1", 500);
	sa->remote = sas_endpoint("192.0.2.2", 500);
	return sa;
}

/* Linked and bound to the peer of t. */
static inline struct ike_sa *sas_ike_bound(struct sas_fixture *f)
{
	struct ike_sa *sa = sas_ike(f, INITIATOR);

	assert_int_equal(ike_sa_link(&f->sas, sa), RC_OK);
	ike_sa_bind(&f->sas, sa, peers_tunnel(&f->peers, "t")->peer);
	return sa;
}

/* A Child SA of that tunnel, not linked. */
static inline struct child_sa *sas_child(struct sas_fixture *f, struct ike_sa *ike,
					 const char *tunnel, uint32_t spi_out)
{
	struct child_sa *child;

	assert_int_equal(child_sa_new(&f->sas, &child), RC_OK);
	child->tunnel = peers_tunnel(&f->peers, tunnel);
	assert_non_null(child->tunnel);
	child->ike = ike;
	child->selectors = child->tunnel->selectors;
	child->local = sas_endpoint("192.0.2.1", 0).addr;
	child->remote = sas_endpoint("192.0.2.2", 0).addr;
	child->spi_out = spi_out;
	child->choice = (struct proposal_choice){ .protocol = PROTOCOL_ESP,
						  .encr = ENCR_AES_GCM_16,
						  .encr_bits = 256 };
	return child;
}

/* main() of such a test: crypto is open while it runs. */
#define sas_run(tests)                                                                             \
	(crypto_open(NULL, false, NULL) == RC_OK                                                   \
		 ? sas_close(cmocka_run_group_tests(tests, NULL, NULL))                            \
		 : 1)
static inline int sas_close(int failed)
{
	crypto_close();
	return failed;
}

#endif
