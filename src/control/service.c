/* SPDX-License-Identifier: Apache-2.0 */
/* org.varlink.service: what this socket offers, for any Varlink client. */
#include <string.h>
#include "control/private.h"

static const struct {
	const char *name, *text;
} interfaces[] = {
	{ "org.varlink.service", interface_service_text },
	{ "io.vanth.ike", interface_text },
};
#define INTERFACES (sizeof(interfaces) / sizeof(interfaces[0]))

void method_get_info(struct call *call)
{
	json_t *list = json_array();

	for (size_t i = 0; i < INTERFACES; i++)
		(void)json_array_append_new(list, json_string(interfaces[i].name));
	call_reply(call,
		   json_pack("{s:s,s:s,s:s,s:s,s:o}", "vendor", "Vanth", "product",
			     "Vanth IKE daemon", "version", VANTH_VERSION, "url", "", "interfaces",
			     list),
		   false);
}

void method_get_interface(struct call *call)
{
	const char *name = call_text(call, "interface");

	for (size_t i = 0; i < INTERFACES; i++) {
		if (strcmp(interfaces[i].name, name) != 0)
			continue;
		call_reply(call, json_pack("{s:s}", "description", interfaces[i].text), false);
		return;
	}
	call_error(call, "org.varlink.service.InterfaceNotFound",
		   json_pack("{s:o}", "interface", json_safe(name)));
}
