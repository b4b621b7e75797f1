/* SPDX-License-Identifier: Apache-2.0 */
/* The table of methods: name, who may call it, its parameters, and what runs. */
#include <string.h>
#include "control/private.h"

/* clang-format off */
#define NAME	  { "name", PARAMETER_TEXT, true }
#define SOME_NAME { "name", PARAMETER_TEXT, false }
#define ASYNC	  { "asynchronous", PARAMETER_FLAG, false }

static const struct method methods[] = {
	/* name						who	      stream parameters		     run */
	{ "org.varlink.service.GetInfo",		ACCESS_ANY,   false, { { 0 } },		     method_get_info },
	{ "org.varlink.service.GetInterfaceDescription", ACCESS_ANY,  false,
	  { { "interface", PARAMETER_TEXT, true } },						     method_get_interface },
	{ "io.vanth.ike.Version",			ACCESS_ANY,   false, { { 0 } },		     method_version },
	{ "io.vanth.ike.Status",			ACCESS_READ,  true,  { SOME_NAME },	     method_status },
	{ "io.vanth.ike.Traffic",			ACCESS_READ,  true,  { SOME_NAME },	     method_traffic },
	{ "io.vanth.ike.Brief",				ACCESS_READ,  true,  { SOME_NAME },	     method_brief },
	{ "io.vanth.ike.States",			ACCESS_READ,  true,  { SOME_NAME },	     method_states },
	{ "io.vanth.ike.Events",			ACCESS_READ,  true,  { SOME_NAME },	     method_events },
	{ "io.vanth.ike.Explain",			ACCESS_READ,  false, { NAME },		     method_explain },
	{ "io.vanth.ike.Counters",			ACCESS_READ,  false, { { 0 } },		     method_counters },
	{ "io.vanth.ike.Probe",				ACCESS_READ,  false, { { 0 } },		     method_probe },
	{ "io.vanth.ike.Revocations",			ACCESS_READ,  true,  { { 0 } },		     method_revocations },
	{ "io.vanth.ike.RevocationOf",			ACCESS_READ,  false,
	  { { "certificate", PARAMETER_TEXT, true }, { "issuer", PARAMETER_TEXT, true } },   method_revocation_of },
	{ "io.vanth.ike.Up",				ACCESS_WRITE, false, { NAME, ASYNC },	     method_up },
	{ "io.vanth.ike.Login",				ACCESS_WRITE, false,
	  { NAME, { "username", PARAMETER_TEXT, false }, { "password", PARAMETER_TEXT, true }, ASYNC }, method_login },
	{ "io.vanth.ike.Start",				ACCESS_WRITE, false, { NAME, ASYNC },	     method_start },
	{ "io.vanth.ike.Down",				ACCESS_WRITE, false, { NAME, ASYNC },	     method_down },
	{ "io.vanth.ike.Rekey",				ACCESS_WRITE, false,
	  { NAME, { "what", PARAMETER_TEXT, false }, ASYNC },					     method_rekey },
	{ "io.vanth.ike.Redirect",			ACCESS_WRITE, false,
	  { SOME_NAME, { "gateway", PARAMETER_TEXT, true } },				     method_redirect },
	{ "io.vanth.ike.GlobalRedirect",		ACCESS_WRITE, false,
	  { { "when", PARAMETER_TEXT, false }, { "to", PARAMETER_TEXT, false } },	     method_global_redirect },
	{ "io.vanth.ike.Route",				ACCESS_WRITE, false, { NAME },		     method_route },
	{ "io.vanth.ike.Unroute",			ACCESS_WRITE, false, { NAME },		     method_unroute },
	{ "io.vanth.ike.Add",				ACCESS_WRITE, false, { NAME },		     method_add },
	{ "io.vanth.ike.Delete",			ACCESS_WRITE, false, { NAME },		     method_delete },
	{ "io.vanth.ike.Reload",			ACCESS_WRITE, false, { { 0 } },		     method_reload },
	{ "io.vanth.ike.ReloadSecrets",			ACCESS_WRITE, false, { { 0 } },		     method_reload_secrets },
	{ "io.vanth.ike.ReloadKeys",			ACCESS_WRITE, false, { { 0 } },		     method_reload_keys },
	{ "io.vanth.ike.Leases",			ACCESS_READ,  true,  { { 0 } },		     method_leases },
	{ "io.vanth.ike.RefetchCrls",			ACCESS_WRITE, false, { { 0 } },		     method_refetch_crls },
	{ "io.vanth.ike.SetLogLevel",			ACCESS_WRITE, false,
	  { { "level", PARAMETER_TEXT, true } },						     method_set_log_level },
	{ "io.vanth.ike.Shutdown",			ACCESS_WRITE, false, { { 0 } },		     method_shutdown },
};
/* clang-format on */
#define METHODS (sizeof(methods) / sizeof(methods[0]))

const struct method *method_at(size_t index)
{
	return index < METHODS ? &methods[index] : NULL;
}

const struct method *method_find(const char *name)
{
	for (size_t i = 0; i < METHODS; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

bool method_interface_known(const char *name)
{
	const char *dot = strrchr(name, '.');

	for (size_t i = 0; dot != NULL && i < METHODS; i++) {
		size_t len = (size_t)(dot - name) + 1;
		if (strncmp(methods[i].name, name, len) == 0 &&
		    strchr(methods[i].name + len, '.') == NULL)
			return true;
	}
	return false;
}
