/* SPDX-License-Identifier: Apache-2.0 */
/* The words of keywords that have a choice; the first of several for one meaning is ours. */
#include "config/keywords.h"

static const struct name auto_list[] = {
	{ AUTO_IGNORE, "ignore" }, { AUTO_ADD, "add" },	      { AUTO_ONDEMAND, "ondemand" },
	{ AUTO_START, "start" },   { AUTO_KEEP, "keep" },     { AUTO_ONDEMAND, "route" },
	{ AUTO_START, "up" },	   { AUTO_ONDEMAND, "trap" }, { 0, NULL },
};
const struct names auto_names = { "auto= value", auto_list };
static const struct name type_list[] = {
	{ TYPE_TUNNEL, "tunnel" },
	{ TYPE_TRANSPORT, "transport" },
	{ TYPE_PASSTHROUGH, "passthrough" },
	{ TYPE_DROP, "drop" },
	{ TYPE_REJECT, "reject" },
	{ TYPE_PASSTHROUGH, "pass" },
	{ 0, NULL },
};
const struct names type_names = { "type", type_list };
static const struct name tristate_list[] = {
	{ TRI_NO, "no" },    { TRI_YES, "yes" }, { TRI_AUTO, "auto" }, { TRI_NO, "false" },
	{ TRI_YES, "true" }, { TRI_NO, "off" },	 { TRI_YES, "on" },    { TRI_NO, "n" },
	{ TRI_YES, "y" },    { 0, NULL },
};
const struct names tristate_names = { "value", tristate_list };
static const struct name modeconfig_list[] = { { true, "pull" }, { false, "push" }, { 0, NULL } };
static const struct name peer_type_list[] = { { true, "cisco" }, { false, "ietf" }, { 0, NULL } };
const struct names peer_type_names = { "remote-peer-type= value", peer_type_list };
const struct names modeconfig_names = { "modeconfig= value", modeconfig_list };
static const struct name fragmentation_list[] = {
	{ FRAGMENTATION_NO, "no" },
	{ FRAGMENTATION_YES, "yes" },
	{ FRAGMENTATION_ACCEPT, "accept" },
	{ FRAGMENTATION_FORCE, "force" },
	{ FRAGMENTATION_NO, "false" },
	{ FRAGMENTATION_YES, "true" },
	{ FRAGMENTATION_NO, "off" },
	{ FRAGMENTATION_NO, "never" },
	{ FRAGMENTATION_FORCE, "insist" },
	{ FRAGMENTATION_YES, "on" },
	{ 0, NULL },
};
const struct names fragmentation_names = { "fragmentation= value", fragmentation_list };
static const struct name nat_method_list[] = {
	{ NAT_METHOD_BOTH, "both" },
	{ NAT_METHOD_RFC, "rfc" },
	{ NAT_METHOD_DRAFTS, "drafts" },
	{ NAT_METHOD_NONE, "none" },
	{ 0, NULL },
};
const struct names nat_method_names = { "nat-ikev1-method= value", nat_method_list };
static const struct name esn_list[] = {
	{ TRI_NO, "no" },     { TRI_YES, "yes" },   { TRI_AUTO, "either" },
	{ TRI_AUTO, "auto" }, { TRI_AUTO, "both" }, { 0, NULL },
};
const struct names esn_names = { "esn= value", esn_list };
static const struct name dpdaction_list[] = {
	{ DPD_HOLD, "hold" },
	{ DPD_CLEAR, "clear" },
	{ DPD_RESTART, "restart" },
	{ DPD_HOLD, "trap" },
	{ DPD_RESTART, "restart_by_peer" },
	{ 0, NULL },
};
const struct names dpdaction_names = { "dpdaction", dpdaction_list };
static const struct name xauth_list[] = { { 0, "client" }, { 1, "server" }, { 0, NULL } };
const struct names xauth_names = { "xauth= value", xauth_list };
static const struct name xauthby_list[] = {
	{ XAUTHBY_FILE, "file" },
	{ XAUTHBY_PAM, "pam" },
	{ XAUTHBY_ALWAYSOK, "alwaysok" },
	{ 0, NULL },
};
const struct names xauthby_names = { "xauthby= value", xauthby_list };
static const struct name xauthfail_list[] = {
	{ XAUTHFAIL_HARD, "hard" },
	{ XAUTHFAIL_SOFT, "soft" },
	{ 0, NULL },
};
const struct names xauthfail_names = { "xauthfail= value", xauthfail_list };
static const struct name childless_list[] = {
	{ CHILDLESS_ALLOW, "allow" },
	{ CHILDLESS_NEVER, "never" },
	{ CHILDLESS_PREFER, "prefer" },
	{ CHILDLESS_FORCE, "force" },
	{ 0, NULL },
};
const struct names childless_names = { "childless= value", childless_list };
static const struct name ppk_list[] = {
	{ PPK_NO, "no" },
	{ PPK_YES, "yes" },
	{ PPK_INSIST, "insist" },
	{ PPK_YES, "permit" },
	{ PPK_YES, "propose" },
	{ PPK_NO, "never" },
	{ PPK_YES, "true" },
	{ PPK_YES, "on" },
	{ PPK_NO, "false" },
	{ PPK_NO, "off" },
	{ 0, NULL },
};
const struct names ppk_names = { "ppk= value", ppk_list };
static const struct name ddos_list[] = {
	{ DDOS_AUTO, "auto" },
	{ DDOS_BUSY, "busy" },
	{ DDOS_UNLIMITED, "unlimited" },
	{ 0, NULL },
};
const struct names ddos_names = { "ddos-mode", ddos_list };
static const struct name ikev1_policy_list[] = {
	{ IKEV1_POLICY_ACCEPT, "accept" },
	{ IKEV1_POLICY_DROP, "drop" },
	{ IKEV1_POLICY_REJECT, "reject" },
	{ 0, NULL },
};
const struct names ikev1_policy_names = { "ikev1-policy= value", ikev1_policy_list };
static const struct name sendcert_list[] = {
	{ SENDCERT_IFASKED, "ifasked" },
	{ SENDCERT_ALWAYS, "always" },
	{ SENDCERT_NEVER, "never" },
	{ SENDCERT_IFASKED, "sendifasked" },
	{ SENDCERT_ALWAYS, "yes" },
	{ SENDCERT_ALWAYS, "alwayssend" },
	{ SENDCERT_ALWAYS, "forced" },
	{ SENDCERT_ALWAYS, "forcedtype" },
	{ SENDCERT_NEVER, "no" },
	{ SENDCERT_NEVER, "neversend" },
	{ 0, NULL },
};
const struct names sendcert_names = { "sendcert= value", sendcert_list };
static const struct name sendca_list[] = {
	{ SENDCA_NONE, "none" },
	{ SENDCA_ISSUER, "issuer" },
	{ SENDCA_ALL, "all" },
	{ 0, NULL },
};
const struct names sendca_names = { "sendca= value", sendca_list };
static const struct name offload_list[] = {
	{ OFFLOAD_NO, "no" },	      { OFFLOAD_AUTO, "auto" },
	{ OFFLOAD_CRYPTO, "crypto" }, { OFFLOAD_PACKET, "packet" },
	{ OFFLOAD_CRYPTO, "yes" },    { OFFLOAD_CRYPTO, "true" },
	{ OFFLOAD_CRYPTO, "on" },     { OFFLOAD_NO, "false" },
	{ OFFLOAD_NO, "off" },	      { 0, NULL },
};
const struct names offload_names = { "nic-offload= value", offload_list };
static const struct name ocsp_method_list[] = { { 0, "get" }, { 1, "post" }, { 0, NULL } };
const struct names ocsp_method_names = { "HTTP method", ocsp_method_list };
static const struct name level_list[] = {
	{ 0, "error" }, { 1, "warning" }, { 2, "notice" },
	{ 3, "info" },	{ 4, "debug" },	  { 0, NULL },
};
const struct names level_names = { "log level", level_list };
