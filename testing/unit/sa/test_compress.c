/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/sa/sas_test.h"
#include "sa/compress.h"

struct one {
	struct sas_fixture f;
	struct ike_sa *ike;
	struct child_sa *child;
};

static void begin(struct one *one, const char *conf)
{
	sas_begin(&one->f, conf);
	one->ike = sas_ike_bound(&one->f);
	one->child = sas_child(&one->f, one->ike, "t", 0x2222);
	assert_int_equal(compress_set(one->child, 777), RC_OK);
}

static void end(struct one *one)
{
	child_sa_free(&one->f.sas, one->child);
	ike_sa_free(&one->f.sas, one->ike);
	sas_end(&one->f);
}

static void every_spi_has_a_cpi_that_may_be_negotiated(void **state)
{
	static const uint32_t spis[] = { 0x100, 61183, 61184, 0xffffffff };

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		uint16_t cpi = compress_cpi(spis[i]);
		assert_true(cpi >= CPI_FIRST && cpi <= CPI_LAST);
	}
}

static void both_cpis_are_taken_until_the_child_sa_goes(void **state)
{
	struct ip_addr other = sas_endpoint("192.0.2.9", 0).addr;
	struct one one;

	(void)state;
	begin(&one, SAS_CONN);
	struct ip_addr remote = one.child->remote;
	uint16_t ours = one.child->compress->cpi_in;
	assert_int_equal(ours, compress_cpi(one.child->spi_in));
	assert_false(compress_cpi_taken(&one.f.sas, ours));
	assert_int_equal(child_sa_link(&one.f.sas, one.child), RC_OK);
	assert_true(compress_cpi_taken(&one.f.sas, ours));
	assert_false(compress_cpi_taken(&one.f.sas, 777));
	assert_true(compress_outbound_taken(&one.f.sas, &remote, 777));
	assert_false(compress_outbound_taken(&one.f.sas, &other, 777));
	assert_false(compress_outbound_taken(&one.f.sas, &remote, ours));
	struct ip_endpoint local = sas_endpoint("192.0.2.1", 500);
	struct ip_endpoint moved = sas_endpoint("192.0.2.9", 500);
	assert_int_equal(child_sa_move(&one.f.sas, one.child, &local, &moved, false), RC_OK);
	assert_true(compress_outbound_taken(&one.f.sas, &other, 777));
	assert_false(compress_outbound_taken(&one.f.sas, &remote, 777));
	child_sa_free(&one.f.sas, one.child);
	assert_false(compress_cpi_taken(&one.f.sas, ours));
	assert_false(compress_outbound_taken(&one.f.sas, &other, 777));
	one.child = sas_child(&one.f, one.ike, "t", 0x2222);
	end(&one);
}

/* The IPComp SA makes the tunnel, so the headers are its business. */
static void ipcomp_sa_takes_over_what_makes_a_tunnel(void **state)
{
	struct kernel_sa in, out, esp;
	struct one one;

	(void)state;
	begin(&one, SAS_CONN "\tencap-dscp=no\n\tdecap-dscp=yes\n\tmark-out=6\n");
	compress_kernel_sa(one.child, KERNEL_IN, &in);
	compress_kernel_sa(one.child, KERNEL_OUT, &out);
	assert_int_equal(in.protocol, KERNEL_IPCOMP);
	assert_int_equal(in.spi, one.child->compress->cpi_in);
	assert_int_equal(out.spi, 777);
	assert_true(ip_equal(&out.dst, &one.child->remote));
	assert_true(out.hide_dscp && !in.hide_dscp && in.restore_dscp);
	assert_int_equal(out.mark, 6);
	assert_int_equal(in.reqid, one.child->tunnel->reqid);
	assert_int_equal(in.soft_bytes + in.hard_bytes + in.soft_seconds, 0);
	child_kernel_sa(one.child, KERNEL_OUT, &esp);
	assert_true(esp.compressed && !esp.hide_dscp);
	end(&one);
}

static void what_is_installed_is_told_apart_by_protocol_and_direction(void **state)
{
	struct kernel_sa sa;
	struct one one;

	(void)state;
	begin(&one, SAS_CONN);
	compress_kernel_sa(one.child, KERNEL_IN, &sa);
	child_sa_installed(one.child, &sa, true);
	assert_true(one.child->compress->in_installed && !one.child->in_installed);
	child_kernel_sa(one.child, KERNEL_OUT, &sa);
	child_sa_installed(one.child, &sa, true);
	assert_true(one.child->out_installed && !one.child->compress->out_installed);
	child_sa_installed(one.child, &sa, false);
	assert_false(one.child->out_installed);
	end(&one);
}

#define FROM_IPV6                                                                                  \
	"conn t\n\tleft=192.0.2.1\n\tright=192.0.2.2\n\tleftid=@west\n\trightid=@east\n"           \
	"\tleftsubnet=2001:db8:1::/64\n\trightsubnet=2001:db8:2::/64\n\tauthby=secret\n"           \
	"\tcompress=yes\n\tauto=add\n"

static void it_is_wanted_by_the_conn_and_within_one_ip_version(void **state)
{
	static const char *const confs[] = { SAS_CONN "\tcompress=yes\n", SAS_CONN, FROM_IPV6 };

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct one one;
		begin(&one, confs[i]);
		assert_int_equal(compress_wanted(one.child->tunnel, &one.child->remote), i == 0);
		end(&one);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_spi_has_a_cpi_that_may_be_negotiated),
		cmocka_unit_test(both_cpis_are_taken_until_the_child_sa_goes),
		cmocka_unit_test(ipcomp_sa_takes_over_what_makes_a_tunnel),
		cmocka_unit_test(what_is_installed_is_told_apart_by_protocol_and_direction),
		cmocka_unit_test(it_is_wanted_by_the_conn_and_within_one_ip_version),
	};

	return sas_run(tests);
}
