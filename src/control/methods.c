/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods: name, who may call it, and what runs. */
#include <string.h>
#include "control/private.h"

static const struct method methods[] = {
	/* name                        writes  run */
	{ "io.vanth.ike.Up", true, method_up },
	{ "io.vanth.ike.Down", true, method_down },
	{ "io.vanth.ike.Route", true, method_route },
	{ "io.vanth.ike.Unroute", true, method_unroute },
	{ "io.vanth.ike.Add", true, method_add },
	{ "io.vanth.ike.Delete", true, method_delete },
	{ "io.vanth.ike.Status", false, method_status },
	{ "io.vanth.ike.Traffic", false, method_traffic },
	{ "io.vanth.ike.Explain", false, method_explain },
	{ "io.vanth.ike.Version", false, method_version },
	{ "io.vanth.ike.Reload", true, method_reload },
	{ "io.vanth.ike.ReloadSecrets", true, method_reload_secrets },
	{ "io.vanth.ike.Shutdown", true, method_shutdown },
};

const struct method *method_find(const char *name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}
