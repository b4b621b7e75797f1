/* SPDX-License-Identifier: Apache-2.0 */
/* What users of Libreswan and strongSwan type from habit, and what to type here. */
#include <string.h>
#include "ipsec.h"

#define LISTS "\"ipsec list certs\", \"list cacerts\", \"list crls\" or \"list pubkeys\""
#define CONNS "conns are written in ipsec.conf, then: \"ipsec add NAME\""

/* clang-format off */
static const struct {
	const char *theirs, *ours;
} words[] = {
	/* both */
	{ "listall", LISTS },
	{ "listcerts", "\"ipsec list certs\"" },
	{ "listcacerts", "\"ipsec list cacerts\"" },
	{ "listcrls", "\"ipsec list crls\"" },
	{ "listocsp", "\"ipsec list crls\"" },
	{ "listpubkeys", "\"ipsec list pubkeys\"" },
	{ "listpsks", "\"ipsec list psks\"" },
	{ "purgecrls", "\"ipsec rereadcrls\"" },
	{ "purgeocsp", "\"ipsec rereadcrls\"" },
	{ "rereadcrls", "\"ipsec rereadcrls\"" },
	/* strongSwan */
	{ "statusall", "\"ipsec status\"" },
	{ "leases", "\"ipsec list leases\"" },
	{ "listalgs", "\"ipsec algorithms\"" },
	{ "listcounters", "\"ipsec trafficstatus\"" },
	{ "update", "\"ipsec reload\"" },
	{ "purgecerts", "\"ipsec rereadall\"" },
	{ "purgeike", "\"ipsec down NAME\"" },
	{ "down-srcip", "\"ipsec list leases\" tells whose an address is, \"ipsec down NAME\" ends it" },
	{ "stroke", "the verb behind it: \"ipsec up NAME\", \"ipsec status\"" },
	{ "swanctl", "\"ipsec up NAME\", \"ipsec showstates\" (docs/migration.md has all of them)" },
	{ "pki", "\"ipsec newca\", \"ipsec newcert\", \"ipsec import\"" },
	/* Libreswan */
	{ "setup", "\"ipsec start\", \"ipsec stop\", \"ipsec restart\" or \"ipsec status\"" },
	{ "verify", "\"ipsec checkconfig\", \"ipsec check NAME\"" },
	{ "barf", "\"ipsec explain NAME\", \"ipsec status\"" },
	{ "look", "\"ipsec status\", \"ip xfrm state\", \"ip xfrm policy\"" },
	{ "show", "\"ipsec trafficstatus\"" },
	{ "addconn", "\"ipsec checkconfig\", \"ipsec add NAME\"" },
	{ "readwriteconf", "\"ipsec checkconfig\"" },
	{ "secrets", "\"ipsec rereadsecrets\"" },
	{ "fetchcrls", "\"ipsec rereadcrls\"" },
	{ "rereadcerts", "\"ipsec rereadall\"" },
	{ "rsasigkey", "\"ipsec newhostkey --bits 3072\"" },
	{ "ecdsasigkey", "\"ipsec newhostkey --curve P-256\"" },
	{ "checknss", "\"ipsec initnss\"" },
	{ "certutil", "\"ipsec list certs\", or certutil(1) itself" },
	{ "ondemand", "\"ipsec route NAME\"" },
	{ "globalstatus", "\"ipsec status --json\"" },
	{ "shuntstatus", "\"ipsec status\", \"ip xfrm policy\"" },
	{ "addresspoolstatus", "\"ipsec list leases\"" },
	{ "processstatus", "\"ipsec version\"" },
	{ "deletestate", "\"ipsec down NAME\": SAs have no command of their own, \"ipsec showstates\" tells whose one is" },
	{ "deleteid", "\"ipsec down NAME\"" },
	{ "deleteuser", "\"ipsec list leases\" tells the user's address, \"ipsec down NAME[N]\" ends the tunnel" },
	{ "crash", "\"ipsec down NAME\", \"ipsec up NAME\"" },
	{ "debug", "loglevel=debug in config setup, or \"ipsec explain NAME\"" },
	{ "ddos-busy", "ddos-mode=busy in config setup" },
	{ "ddos-auto", "ddos-mode=auto in config setup" },
	{ "ddos-unlimited", "ddos-mode=unlimited in config setup" },
	{ "host", CONNS },
	{ "to", CONNS },
	{ "psk", CONNS },
	{ "ikev1", CONNS },
	{ "aggressive", CONNS },
};
/* clang-format on */

const char *elsewhere(const char *word)
{
	size_t len;

	word += strspn(word, "-");
	len = strcspn(word, "=");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].theirs) == len && strncmp(words[i].theirs, word, len) == 0)
			return words[i].ours;
	return NULL;
}
