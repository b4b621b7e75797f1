/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/private.h"
#include "unit/ikev2/road.h"

#define CONN(settings)                                                                             \
	"conn x\n\tleft=192.0.2.1\n\tright=192.0.2.9\n\tleftid=@west\n\trightid=@x\n"              \
	"\tauthby=secret\n\tauto=add\n" settings

static enum rc load(struct road *road, const char *conf, struct diag *diag)
{
	struct config *config = load_conf(conf);
	enum rc rc;

	diag->text[0] = '\0';
	rc = gateway_add(road->pair.west.gateway, config, "x", diag);
	config_unref(config);
	return rc;
}

static void only_what_the_kernel_has_is_loaded(void **state)
{
	struct road road;
	struct diag diag;

	(void)state;
	road_begin(&road, NULL, NULL);
	assert_int_equal(load(&road, CONN("\tcompress=yes\n"), &diag), RC_OK);
	kernel_simulated_without_feature(road.pair.west.kernel, KERNEL_HAS_IPCOMP);
	assert_int_equal(load(&road, CONN("\tcompress=yes\n"), &diag), RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "modprobe ipcomp"));
	assert_int_equal(load(&road, CONN("\tah=sha2_256\n"), &diag), RC_OK);
	kernel_simulated_without_feature(road.pair.west.kernel, KERNEL_HAS_AH);
	assert_int_equal(load(&road, CONN("\tah=sha2_256\n"), &diag), RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "modprobe ah4"));
	assert_int_equal(load(&road, CONN("\tiptfs=yes\n"), &diag), RC_OK);
	kernel_simulated_without_feature(road.pair.west.kernel, KERNEL_HAS_IPTFS);
	assert_int_equal(load(&road, CONN("\tiptfs=yes\n"), &diag), RC_UNSUPPORTED);
	assert_non_null(strstr(diag.text, "this kernel has no IP-TFS (Protocol not supported); "
					  "Linux 6.14 has it"));
	assert_int_equal(load(&road, CONN(""), &diag), RC_OK);
	road_end(&road);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_the_kernel_has_is_loaded),
	};

	return exchange_run(tests);
}
