/* SPDX-License-Identifier: Apache-2.0 */
/* Keywords of Libreswan and strongSwan that we know but do not have. range: the values that say
 * what we do anyway; they are accepted. Any other value is ignored with a warning (harmless) or
 * refused (it would change what happens). */
#include "config/keywords.h"

#define OTHER(section_, section_text, is_end_, support_, name_, fine, why)                         \
	{                                                                                          \
		.info.name = name_, .info.section = section_text, .info.is_end = is_end_,          \
		.info.type = "text", .info.range = fine, .info.help = why,                         \
		.info.support = support_, .section = section_, .kind = KIND_OTHER                  \
	}
#define SETUP_IGNORED(...) OTHER(SECTION_SETUP, "setup", false, CONFIG_IGNORED, __VA_ARGS__)
#define SETUP_REFUSED(...) OTHER(SECTION_SETUP, "setup", false, CONFIG_REFUSED, __VA_ARGS__)
#define CONN_IGNORED(...)  OTHER(SECTION_CONN, "conn", false, CONFIG_IGNORED, __VA_ARGS__)
#define CONN_REFUSED(...)  OTHER(SECTION_CONN, "conn", false, CONFIG_REFUSED, __VA_ARGS__)
#define END_IGNORED(...)   OTHER(SECTION_END, "conn", true, CONFIG_IGNORED, __VA_ARGS__)
#define END_REFUSED(...)   OTHER(SECTION_END, "conn", true, CONFIG_REFUSED, __VA_ARGS__)

#define CA_IGNORED(...) OTHER(SECTION_CA, "ca", false, CONFIG_IGNORED, __VA_ARGS__)

#define DEBUGGING                                                                                  \
	"the flight recorder is always on, see ipsec explain; for more lines use loglevel=debug"
#define LOGGING	 "use logfile= and loglevel="
#define TOKENS	 "tokens are added to the NSS database with modutil(1)"
#define OBSOLETE "it has had no effect for years"
#define EAPS	 "EAP comes with a later version"
#define LATER	 "it comes with a later version"
#define NEVER	 "it is not planned"

const struct keyword keywords_other[] = {
	/* ---- config setup: logging and bookkeeping ---- */
	SETUP_IGNORED("plutodebug", "none", DEBUGGING),
	SETUP_IGNORED("charondebug", "", DEBUGGING),
	SETUP_IGNORED("klipsdebug", "none", OBSOLETE),
	SETUP_IGNORED("debug", "none", DEBUGGING),
	SETUP_IGNORED("logappend", "yes", "a log file is always appended to"),
	SETUP_IGNORED("logtime", "yes", "lines always have their time"),
	SETUP_IGNORED("logip", "yes", "lines always name the peer's address"),
	SETUP_IGNORED("logstderr", "", LOGGING),
	SETUP_IGNORED("plutostderrlogtime", "yes", "lines always have their time"),
	SETUP_IGNORED("syslog", "", LOGGING),
	SETUP_IGNORED("audit-log", "", LOGGING),
	SETUP_IGNORED("perpeerlog", "no", LOGGING),
	SETUP_IGNORED("perpeerlogdir", "", LOGGING),
	SETUP_IGNORED("statsbin", "", "use ipsec events"),
	SETUP_IGNORED("dumpdir", "", "the daemon never writes a core dump: it would hold keys"),
	SETUP_IGNORED("ipsecdir", "",
		      "write absolute names, or names relative to the including file"),
	SETUP_IGNORED("seccomp", "disabled", "system calls are not filtered"),
	SETUP_IGNORED("seedbits", "", "the kernel's random numbers are used"),
	SETUP_IGNORED("seeddev", "", "the kernel's random numbers are used"),
	SETUP_IGNORED("secctx-attr-type", "", OBSOLETE),
	SETUP_IGNORED("secctx-attr-value", "", OBSOLETE),
	SETUP_IGNORED("myvendorid", "", "no vendor ID that names this program is sent"),
	SETUP_IGNORED("vendorid", "", "no vendor ID that names this program is sent"),
	SETUP_IGNORED("shuntlifetime", "", LATER),
	SETUP_IGNORED("expire-shunt-interval", "", LATER),
	SETUP_IGNORED("xfrmlifetime", "", "the kernel's larval SAs are not used"),
	SETUP_IGNORED("expire-lifetime", "", "the kernel's larval SAs are not used"),
	SETUP_IGNORED("overridemtu", "", OBSOLETE),
	SETUP_IGNORED("fragicmp", "", OBSOLETE),
	SETUP_IGNORED("hidetos", "", OBSOLETE),
	SETUP_IGNORED("forwardcontrol", "", OBSOLETE),
	SETUP_IGNORED("rp-filter", "", OBSOLETE),
	SETUP_IGNORED("pluto", "", OBSOLETE),
	SETUP_IGNORED("plutostart", "yes", OBSOLETE),
	SETUP_IGNORED("charonstart", "yes", OBSOLETE),
	SETUP_IGNORED("prepluto", "", OBSOLETE),
	SETUP_IGNORED("postpluto", "", OBSOLETE),
	SETUP_IGNORED("plutoopts", "", OBSOLETE),
	SETUP_IGNORED("plutowait", "", OBSOLETE),
	SETUP_IGNORED("plutofork", "", OBSOLETE),
	SETUP_IGNORED("plutorestartoncrash", "", OBSOLETE),
	SETUP_IGNORED("nocrsend", "", OBSOLETE),
	SETUP_IGNORED("oe", "no", OBSOLETE),
	SETUP_IGNORED("nat-traversal", "yes", "NAT traversal is always on"),
	SETUP_IGNORED("disable-port-floating", "no", OBSOLETE),
	SETUP_IGNORED("force-keepalive", "no", OBSOLETE),
	SETUP_IGNORED("curl-iface", "", "the host's routes decide"),
	SETUP_IGNORED("cachecrls", "yes", "revocation lists are always kept"),
	SETUP_IGNORED("dnssec-enable", "", "names are resolved as the host does it"),
	SETUP_IGNORED("dnssec-rootkey-file", "", "names are resolved as the host does it"),
	SETUP_IGNORED("dnssec-anchors", "", "names are resolved as the host does it"),
	SETUP_IGNORED("ikev1-secctx-attr-type", "", "labelled IPsec comes with a later version"),
	SETUP_IGNORED("ipsec-interface-managed", "", LATER),
	SETUP_IGNORED("nflog-all", "0", LATER),
	SETUP_IGNORED("myid", "", "write leftid= in the conns"),
	SETUP_IGNORED("rundir", "", "the place of the control socket is a choice of the build"),
	SETUP_IGNORED("loglimit", "", "repeated lines are always held back"),
	SETUP_IGNORED("dns-resolver", "", "names are resolved as the host does it"),
	SETUP_IGNORED("ike-socket-bufsize", "", "set net.core.rmem_max with sysctl"),
	SETUP_IGNORED("ike-socket-errqueue", "yes", "what the network says is always read"),
	SETUP_IGNORED("autoall-reconcile", "yes", "what is wanted is always compared with what is"),
	SETUP_IGNORED("autoall-sweep", "", "what is wanted is always compared with what is"),
	SETUP_IGNORED("pkcs11module", "", TOKENS),
	SETUP_IGNORED("pkcs11initargs", "", TOKENS),
	SETUP_IGNORED("pkcs11keepstate", "no", TOKENS),
	SETUP_IGNORED("pkcs11proxy", "no", TOKENS),
	SETUP_IGNORED("packetdefault", "drop", OBSOLETE),

	/* ---- config setup: what would change things ---- */
	SETUP_REFUSED("protostack", "xfrm netkey auto", "only the kernel's XFRM is used"),
	SETUP_REFUSED("listen-tcp", "no", "IKE over TCP comes with a later version"),
	SETUP_REFUSED("listen-udp", "yes", "UDP is always used"),
	SETUP_REFUSED("drop-oppo-null", "no",
		      "opportunistic encryption comes with a later version"),
	SETUP_REFUSED("allow-cert-without-san-id", "no",
		      "write require-id-on-certificate=no in the conn"),
	SETUP_REFUSED("signature-hash-algorithms", "all", "write authby=rsa-sha2_256 or the like"),
	SETUP_REFUSED("ike-sa-init-full-transcript-auth", "no", LATER),
	SETUP_REFUSED("force-busy", "no", "write ddos-mode=busy"),

	/* ---- conn: notes ---- */
	CONN_IGNORED("debug", "none", DEBUGGING),
	CONN_IGNORED("connalias", "", LATER),
	CONN_IGNORED("send-vendorid", "no", "no vendor ID that names this program is sent"),
	CONN_IGNORED("fake-strongswan", "no", "no vendor ID that names this program is sent"),
	CONN_IGNORED("ikepad", "yes",
		     "encrypted messages are padded to whole blocks, others are not"),
	CONN_IGNORED("nm-configured", "no", "it tells only NetworkManager something"),
	CONN_IGNORED("overlapip", "no", "the kernel's policies decide"),
	CONN_IGNORED("share-lease", "yes", "a lease belongs to an identity"),
	CONN_REFUSED(
		"ignore-peer-dns", "no",
		"a client uses the name servers that the gateway gives, while the tunnel is up"),
	CONN_IGNORED("sareftrack", "", OBSOLETE),
	CONN_IGNORED("disablearrivalcheck", "no", OBSOLETE),
	CONN_IGNORED("auth-type", "", OBSOLETE),
	CONN_IGNORED("tcp-remoteport", "", "IKE over TCP comes with a later version"),
	CONN_IGNORED("ikedscp", "000000", LATER),
	CONN_IGNORED("installpolicy", "yes", "policies are always installed"),

	/* ---- conn: what would change things ---- */
	CONN_REFUSED(
		"retransmit-interval", "",
		"write retransmit-timeout=500ms: here it is the first wait, and retransmit-tries "
		"says how often"),
	CONN_REFUSED("pfsgroup", "",
		     "name the group in esp=, as in esp=aes_gcm256-dh19 with pfs=yes"),
	CONN_REFUSED("ikev2-policy", "", LATER),
	CONN_REFUSED("hostaddrfamily", "auto", "write the address, or %any4 or %any6"),
	CONN_REFUSED("connaddrfamily", "auto", "write the address, or %any4 or %any6"),
	CONN_REFUSED("clientaddrfamily", "auto", "write the subnets"),
	CONN_REFUSED("sha2-truncbug", "no", "a wrong SHA2-256 truncation is not supported"),
	CONN_REFUSED("sha256-96", "no", "a wrong SHA2-256 truncation is not supported"),
	CONN_REFUSED("ms-dh-downgrade", "no", NEVER),
	CONN_REFUSED("nat-keepalive", "yes", "set keep-alive= in config setup"),
	CONN_REFUSED("pam-authorize", "no", EAPS),
	CONN_REFUSED("copy-dscp", "out", LATER),
	CONN_REFUSED("nflog-group", "0", LATER),
	CONN_REFUSED("nflog", "0", LATER),
	CONN_REFUSED("failureshunt", "none",
		     "with auto=ondemand what cannot be protected is dropped; what shall pass in "
		     "clear meanwhile gets a conn of its own with type=passthrough"),
	CONN_REFUSED("negotiationshunt", "drop hold",
		     "the packets wait or are dropped until the tunnel is up; what shall pass in "
		     "clear gets a conn of its own with type=passthrough"),
	CONN_REFUSED("ike-sa-init-full-transcript-auth", "no", LATER),
	CONN_REFUSED("iptfs-dont-frag", "no", "write iptfs-fragmentation=no"),
	CONN_REFUSED("if-id-in", "", "write if-id=, it is used for both directions"),
	CONN_REFUSED("if-id-out", "", "write if-id=, it is used for both directions"),
	CONN_REFUSED("clones", "0 1", "one SA for each CPU (RFC 9611) comes with a later version"),
	CONN_REFUSED("pfs-rekey-workaround", "no", "write pfs=no, or the groups in esp="),
	CONN_REFUSED("reject-simultaneous-ike-auth", "no", LATER),
	CONN_REFUSED("eap", "", "EAP comes with a later version"),
	CONN_REFUSED("enable-tcp", "no", "IKE over TCP comes with a later version"),
	CONN_REFUSED("policy-label", "", "labelled IPsec comes with a later version"),
	CONN_REFUSED("sec-label", "", "labelled IPsec comes with a later version"),
	CONN_REFUSED("labeled-ipsec", "no", "labelled IPsec comes with a later version"),
	CONN_REFUSED("modecfgdns1", "", "write modecfgdns= with all servers"),
	CONN_REFUSED("modecfgdns2", "", "write modecfgdns= with all servers"),
	CONN_REFUSED("modecfgwins1", "", "WINS servers are not told: write modecfgdns="),
	CONN_REFUSED("modecfgwins2", "", "WINS servers are not told: write modecfgdns="),
	CONN_REFUSED("eap-identity", "", EAPS),
	CONN_REFUSED("aaa-identity", "", EAPS),
	CONN_IGNORED("closeaction", "none",
		     "when the peer closes a tunnel, auto= decides: with start or keep it comes up "
		     "again by itself, with ondemand at the next packet, otherwise it stays down"),
	CONN_REFUSED("inactivity", "0 0s", LATER),
	CONN_REFUSED("mediation", "no", NEVER),
	CONN_REFUSED("mediated-by", "", NEVER),
	CONN_REFUSED("me-peerid", "", NEVER),
	CONN_REFUSED("ike-sa-prefer", "", LATER),

	/* ---- conn, left and right ---- */
	END_IGNORED("nexthop", "%direct %defaultroute", "routes are the host's own business"),
	END_REFUSED("certpolicy", "", "certificate policies are not looked at: write rightca="),
	END_IGNORED("subnetwithin", "", OBSOLETE),
	END_IGNORED("natip", "", OBSOLETE),
	END_REFUSED("rsasigkey2", "%none", "one key for each end: change it with ipsec reload"),
	END_REFUSED("sigkey", "%none",
		    "write pubkey= with 0s and base64 of the SubjectPublicKeyInfo, or a PEM file"),
	END_REFUSED("ecdsakey", "%none",
		    "write pubkey= with 0s and base64 of the SubjectPublicKeyInfo, or a PEM file"),
	END_REFUSED("eddsakey", "%none",
		    "write pubkey= with 0s and base64 of the SubjectPublicKeyInfo, or a PEM file"),
	END_REFUSED("groups", "",
		    "attribute certificates are not supported: write a conn for each rightca= or "
		    "rightid="),
	END_REFUSED("autheap", "none", EAPS),
	END_REFUSED("firewall", "no",
		    "no script comes with it: write leftupdown= with one of your own that lets "
		    "the tunnel's packets through, as leftupdown=/path/to/script"),
	END_REFUSED("hostaccess", "no",
		    "no script comes with it: write leftupdown= with one of your own that lets "
		    "packets to this host through, as leftupdown=/path/to/script"),
	END_REFUSED("allowany", "no", "write %any, or a subnet"),
	END_REFUSED("groups2", "",
		    "attribute certificates are not supported: write rightca2= or rightid2="),
	END_REFUSED("groundhog", "no", "it is for tests only"),
	END_REFUSED("updown-config", "", "write the arguments behind the script in updown="),
	END_REFUSED("protoports", "", "write leftprotoport= and rightprotoport="),

	/* ---- ca ---- */
	CA_IGNORED("certuribase", "", "certificates are sent whole, never as a hash and a URL"),
	CA_IGNORED("ldaphost", "", "CRLs are fetched by http: write crluri="),
	CA_IGNORED("ldapbase", "", "CRLs are fetched by http: write crluri="),
	{ .info.name = NULL },
};
