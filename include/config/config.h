/* SPDX-License-Identifier: Apache-2.0 */
/* ipsec.conf and ipsec.secrets: a checked, immutable result. Nothing here touches a running
 * gateway. */
#ifndef VANTH_CONFIG_CONFIG_H
#define VANTH_CONFIG_CONFIG_H

#include "base/addr.h"
#include "base/list.h"
#include "base/secret.h"
#include "base/timer.h"
#include "crypto/sign.h"
#include "proposal/proposal.h"
#include "selector/selector.h"

/* ---- identities (also used by auth and peer) ---- */
struct identity {
	uint8_t type; /* enum id_type; ID_NONE: %any / not given */
	uint16_t len;
	uint8_t *data; /* as on the wire; NULL for ID_NONE */
};
/* "192.0.2.1", "2001:db8::1", "@host.example" or "host.example" (FQDN), "@user@example.org" or
 * "user@example.org", "CN=a, O=b" (DN, DER-encoded), "@#6b6579" (key ID in hex), "@[text]" (key
 * ID), "%any", "%none"→ID_NULL */
enum rc identity_parse(const char *text, struct identity *out, struct diag *diag) MUST_CHECK;
enum rc identity_from_wire(const struct wire_id *id, struct identity *out) MUST_CHECK; /* copies */
struct wire_id identity_to_wire(const struct identity *id);
bool identity_equal(const struct identity *a,
		    const struct identity *b); /* FQDN and mail domain case-insensitive */
/* pattern may be ID_NONE (any), or hold wildcards: "*.example.org", "*@example.org", DN with "*"
 * values. Returns 0: no match, otherwise larger = more specific. */
unsigned identity_match(const struct identity *pattern, const struct identity *id);
/* Both are DNs, and name's RDNs begin with all those of base: it lies in that subtree (RFC 5280
 * §4.2.1.10). */
bool identity_within(const struct identity *base, const struct identity *name);
bool identity_has_wildcard(const struct identity *id); /* also ID_NONE */
/* Bytes to hash an identity by: equal identities have equal keys (the reverse does not hold).
 * Returns the length. */
#define IDENTITY_KEY_MAX 1100
size_t identity_key(const struct identity *id, uint8_t key[IDENTITY_KEY_MAX]);
enum rc identity_copy(const struct identity *from, struct identity *to) MUST_CHECK;
void identity_free(struct identity *id);
#define IDENTITY_TEXT_MAX 300
const char *identity_text(const struct identity *id, char buffer[IDENTITY_TEXT_MAX]);

/* ---- connections ---- */
enum config_auto { AUTO_IGNORE, AUTO_ADD, AUTO_ONDEMAND, AUTO_START, AUTO_KEEP };
enum config_type { TYPE_TUNNEL, TYPE_TRANSPORT, TYPE_PASSTHROUGH, TYPE_DROP, TYPE_REJECT };
enum config_host_kind {
	HOST_ADDRESS,	   /* numeric */
	HOST_NAME,	   /* to be resolved */
	HOST_ANY,	   /* %any; addr 0.0.0.0 or :: when written %any4, %any6, 0.0.0.0 or :: */
	HOST_DEFAULTROUTE, /* %defaultroute */
	HOST_RANGE, /* a subnet or range of peers (rightsubnet-like "right=10.0.0.0/8"); acts as
		       %any within it */
};
enum config_authby {
	AUTHBY_SECRET = 1,
	AUTHBY_RSA = 2,
	AUTHBY_ECDSA = 4,
	AUTHBY_NULL = 8,
	AUTHBY_EDDSA = 16,
	AUTHBY_XAUTH = 32, /* only while it is read: see config_end.xauthclient */
};
#define AUTHBY_SIGNATURE (AUTHBY_RSA | AUTHBY_ECDSA | AUTHBY_EDDSA)
/* With which hashes these signatures may be made: bits 1 << enum sign_hash. No bits where `auth`
 * has not the method; Ed25519 has none. */
struct config_signatures {
	uint8_t pss, pkcs1, ecdsa;
};
/* Who says whether the password of a client of XAUTH is right, and what follows if it is not. */
enum config_xauthby { XAUTHBY_FILE, XAUTHBY_PAM, XAUTHBY_ALWAYSOK };
enum config_xauthfail { XAUTHFAIL_HARD, XAUTHFAIL_SOFT };
enum config_tristate { TRI_NO, TRI_YES, TRI_AUTO };
/* RFC 6023: IKE_AUTH without a Child SA */
enum config_childless { CHILDLESS_ALLOW, CHILDLESS_NEVER, CHILDLESS_PREFER, CHILDLESS_FORCE };
/* RFC 8784: never, if the peer can, or not at all */
enum config_ppk { PPK_NO, PPK_YES, PPK_INSIST };
/* IKEv1: how NAT-T is announced */
enum config_nat_method { NAT_METHOD_BOTH, NAT_METHOD_RFC, NAT_METHOD_DRAFTS, NAT_METHOD_NONE };
enum config_dpdaction { DPD_AUTO, DPD_HOLD, DPD_CLEAR, DPD_RESTART };

enum config_sendcert { SENDCERT_ALWAYS, SENDCERT_IFASKED, SENDCERT_NEVER };
enum config_sendca { SENDCA_NONE, SENDCA_ISSUER, SENDCA_ALL };
/* leftrsasigkey=, leftpubkey= */
enum config_key_form {
	CONFIG_KEY_NONE,    /* not given, or %none */
	CONFIG_KEY_CERT,    /* %cert: out of the certificate that this end sends */
	CONFIG_KEY_RFC3110, /* data: leftrsasigkey=0s... */
	CONFIG_KEY_SPKI,    /* data: leftpubkey=0s..., a SubjectPublicKeyInfo in DER */
	CONFIG_KEY_FILE,    /* file: PEM */
};
struct config_key {
	uint8_t *data;
	char *file;
	uint16_t len;
	uint8_t form; /* enum config_key_form */
};
/* A range of addresses to lease; lease: prefix length of one lease (32, 128, or of an IPv6 subnet
 * that a client gets as a whole). */
struct config_pool {
	struct ip_range range;
	uint8_t lease;
};
/* leftvti=, leftinterface-ip=: an address of an interface and the length of its subnet. */
struct config_interface_address {
	struct ip_addr addr; /* AF_UNSPEC: none */
	uint8_t len;
};
#define CONFIG_UPDOWN_WORDS_MAX 32 /* the command of leftupdown= and its arguments */
/* leftsourceip=%config: addresses that we ask the peer for */
enum config_wanted_address { WANT_IPV4 = 1, WANT_IPV6 = 2 };

/* IKEv1: rightsubnet=vhost:, vnet: */
enum config_virtual { VIRTUAL_NONE, VIRTUAL_HOST, VIRTUAL_NET };
#define CONFIG_VIRTUAL_MAX 15
struct config_virtual_nets {
	struct ip_range items[CONFIG_VIRTUAL_MAX];
	unsigned count;
};

#define CONFIG_USERNAME_MAX 128
struct config_end {
	enum config_host_kind kind;
	struct ip_addr addr;   /* HOST_ADDRESS */
	struct ip_range range; /* HOST_RANGE */
	char *name;	       /* HOST_NAME */
	uint16_t ikeport;      /* 0: default */
	struct identity
		id; /* ID_NONE: not given (then the address is the ID; for remote %any: any) */
	struct ip_range *subnets; /* leftsubnet or leftsubnets; count 0: the host itself */
	unsigned subnet_count;
	bool together; /* leftsubnet=a,b: all in one Child SA; leftsubnets=a,b: each its own */
	/* vhost:, vnet: subnets are those of which a client may have one; no: or its own address;
	 * private: that of virtual-private= are among them */
	enum config_virtual virtual_kind;
	bool virtual_no, virtual_private;
	uint8_t protocol; /* leftprotoport */
	bool ports;	  /* leftprotoport= names some, from > to: OPAQUE; otherwise any */
	uint16_t port_from,
		port_to;	 /* of ICMP: the type in the upper byte, the code in the lower */
	struct ip_addr sourceip; /* AF_UNSPEC: none */
	struct ip_addr sourceip_other; /* of the other IP version; AF_UNSPEC: none */
	uint8_t sourceip_wanted;       /* enum config_wanted_address bits */
	unsigned auth; /* enum config_authby bits of this end (leftauth, or authby) */
	struct config_signatures signatures; /* of auth */
	char *cert;			     /* leftcert=: nickname, or path (with a slash); NULL */
	struct config_key key;		     /* leftrsasigkey=, leftpubkey= */
	char *ckaid;			     /* hex digits in lower case; NULL */
	uint8_t *ca;			     /* leftca=: Name in DER; NULL: any */
	char *ca_text;			     /* as written */
	uint16_t ca_len;
	bool ca_same;		   /* leftca=%same: the CA of the other end */
	bool id_fromcert;	   /* leftid=%fromcert; id is ID_NONE */
	bool id_any;		   /* leftid2=%any; id is ID_NONE */
	uint8_t sendcert;	   /* enum config_sendcert */
	struct config_pool *pools; /* leftaddresspool= */
	uint16_t pool_count;
	bool modecfgserver, modecfgclient; /* this end gives addresses, asks for them */
	/* XAUTH of IKEv1: this end asks for a user and a password, or gives them. Where one end
	 * does the other does the other. */
	bool xauthserver, xauthclient;
	bool hybrid; /* client: it proves nothing in phase 1 (hybrid authentication); auth is 0 */
	char *username; /* client; CONFIG_USERNAME_MAX bytes: who its user is; NULL: not given */
	struct ip_addr *dns; /* leftdns=; conn.modecfgdns has them, unless both were given */
	unsigned dns_count;
	bool cat;     /* client address translation */
	char *updown; /* command with its arguments; NULL: none (also %disabled) */
	struct config_interface_address vti, interface_ip;
	/* How this end proves itself once more (RFC 4739): leftauth2=, leftid2=, leftcert2=,
	 * leftca2=; only these, `sendcert` and `ca_same` are set. id ID_NONE: as in the first
	 * round. NULL: there is no second round */
	struct config_end *second;
};
/* How often such an end proves itself. */
static inline unsigned config_end_rounds(const struct config_end *end)
{
	return end->second != NULL ? 2 : 1;
}

/* RFC 7383. FORCE is another word for YES in IKEv2, as in Libreswan and strongSwan. */
enum config_fragmentation {
	FRAGMENTATION_NO,
	FRAGMENTATION_YES,
	FRAGMENTATION_ACCEPT, /* announced, but our messages go out whole */
	FRAGMENTATION_FORCE,
};

enum config_offload { OFFLOAD_NO, OFFLOAD_AUTO, OFFLOAD_CRYPTO, OFFLOAD_PACKET };
#define CONFIG_TFC_MTU UINT32_MAX
/* RFC 9347 */
struct config_iptfs {
	usec_t drop_time, init_delay;
	uint32_t max_queue_size; /* bytes */
	uint32_t packet_size;	 /* 0: the path's MTU */
	uint16_t reorder_window;
	bool on, fragmentation;
};

struct config_conn {
	char *name;
	const char *file;
	unsigned line;
	struct config_end left, right;
	enum config_auto start;
	enum config_type type;
	unsigned ikev2;			 /* 1: IKEv2 (insist/yes/propose), 0: IKEv1 (no) */
	struct proposal_list *ike, *esp; /* never NULL after load: defaults filled in */
	bool pfs;
	unsigned authby;		     /* bits */
	struct config_signatures signatures; /* of authby */
	bool require_id_on_certificate;	     /* RFC 4945: the peer's ID must stand in it */
	bool dns_match_id;
	uint8_t sendca;		    /* enum config_sendca */
	unsigned keyingtries;	    /* 0: for ever */
	usec_t retransmit_timeout;  /* first interval, 0.5 s default */
	double retransmit_base;	    /* backoff factor, default 2.0 */
	unsigned retransmit_tries;  /* default 6 */
	unsigned retransmit_jitter; /* percent, default 0..20 */
	usec_t retransmit_limit;    /* the longest interval, default 60 s; 0: none */
	usec_t ikelifetime, salifetime, rekeymargin;
	unsigned rekeyfuzz; /* percent */
	bool rekey, reauth;
	bool initial_contact;
	bool aggressive; /* IKEv1: Aggressive Mode, and never Main Mode */
	enum config_childless childless;
	bool session_resumption;	     /* RFC 5723 */
	bool send_redirect, accept_redirect; /* RFC 5685 */
	char *redirect_to, *accept_redirect_to;
	usec_t auth_lifetime; /* the peer is to authenticate again within it; 0: never (RFC 4478) */
	usec_t dpddelay, dpdtimeout, dpdretry; /* 0: off */
	enum config_dpdaction dpdaction;
	enum config_tristate encapsulation; /* yes: force UDP */
	enum config_nat_method nat_method;
	enum config_fragmentation fragmentation;
	uint16_t fragment_size; /* the largest IP packet with a part of a message of ours */
	bool mobike;
	uint16_t replay_window;
	enum config_tristate esn;
	uint32_t mark, mark_mask, if_id;
	bool mark_unique; /* mark=%unique: each tunnel has one of its own, its reqid */
	/* after load never unset: where mark-in= or mark-out= is not given, those of mark= */
	uint32_t mark_in, mark_in_mask, mark_out, mark_out_mask;
	bool has_mark_in, has_mark_out;
	bool interface;		   /* ipsec-interface= is not no */
	uint32_t interface_number; /* ipsecN */
	char *vti_interface;
	bool vti_routing, vti_shared;
	bool narrowing;	     /* a peer may narrow our selectors, and we do with its */
	bool ah;	     /* phase2=ah, ah=: esp holds proposals for AH */
	bool compress;	     /* IPComp */
	uint8_t nic_offload; /* enum config_offload */
	bool encap_dscp, decap_dscp, pmtudisc;
	bool send_no_esp_tfc;
	uint32_t tfc; /* bytes to pad packets to; 0: none, CONFIG_TFC_MTU: to the path's MTU */
	uint32_t mtu, metric; /* of routes; 0: none given */
	struct config_iptfs iptfs;
	/* what a server tells clients (RFC 7296 §3.15) */
	struct ip_addr *modecfgdns;
	unsigned modecfgdns_count;
	char *modecfgdomains, *modecfgbanner; /* domains: commas between, nothing else */
	bool modecfgpull;		      /* IKEv1: the client asks */
	bool cisco_split;	    /* IKEv1: clients that ask are told what is behind us */
	bool cisco_unity;	    /* IKEv1: the vendor ID of Cisco's clients goes out */
	uint8_t xauthby, xauthfail; /* enum config_xauthby, enum config_xauthfail */
	bool xauth_is_server;	    /* strongSwan's xauth=server, beside authby=xauthpsk */
	char *xauth_identity;	    /* strongSwan's spelling of the client's username= */
	uint64_t ipsec_max_bytes, ipsec_max_packets;
	uint64_t margin_bytes, margin_packets; /* 0: an eighth of these */
	enum config_ppk ppk;
	bool intermediate; /* announce IKE_INTERMEDIATE whether we need it or not */
	char *ppk_ids;	   /* ppk-ids=, NULL: any; see config_ppk_id() */
	uint32_t reqid;	   /* 0: ours to choose */
	uint32_t priority; /* 0: computed */
};

enum config_ddos { DDOS_AUTO, DDOS_BUSY, DDOS_UNLIMITED };
/* What becomes of IKEv1 (ikev1-policy=). ACCEPT: it is spoken where a conn asks for it. */
enum config_ikev1_policy { IKEV1_POLICY_ACCEPT, IKEV1_POLICY_DROP, IKEV1_POLICY_REJECT };
/* What a client that comes again means for its earlier IKE SAs. */
enum config_unique {
	UNIQUE_NO,    /* they stay, unless it sends INITIAL_CONTACT */
	UNIQUE_YES,   /* they are replaced */
	UNIQUE_NEVER, /* they stay */
	UNIQUE_KEEP,  /* they stay, and it is refused */
};
struct config_setup {
	uint16_t ikeport, nattport;
	struct ip_addr *listen; /* listen=, interfaces= */
	unsigned listen_count;
	enum config_unique uniqueids;
	enum config_ddos ddos_mode;
	enum config_ikev1_policy ikev1_policy;
	unsigned ddos_threshold; /* half-open IKE SAs at which cookies start, 0: adaptive */
	unsigned max_halfopen;
	usec_t halfopen_timeout;
	usec_t keepalive;     /* NAT keepalive, 20 s */
	bool crash_detection; /* RFC 6290 */
	unsigned nhelpers;    /* 0: one per CPU */
	int log_level;	      /* enum log_level, -1: not set */
	char *logfile, *nssdir, *secretsfile;
	enum config_tristate redirect; /* global-redirect=; auto: while cookies are asked for */
	char *redirect_to;
	/* certificates */
	bool crl_strict, ocsp_enable, ocsp_strict, ocsp_post;
	usec_t crlcheckinterval; /* 0: when nextUpdate is near */
	usec_t curl_timeout, ocsp_timeout;
	usec_t ocsp_cache_min_age, ocsp_cache_max_age;
	uint32_t ocsp_cache_size;
	char *ocsp_uri, *ocsp_trustname;
	/* process-wide defaults of the five retransmit- settings */
	usec_t retransmit_timeout, retransmit_limit;
	double retransmit_base;
	unsigned retransmit_tries, retransmit_jitter;
	struct config_virtual_nets virtual_in, virtual_out; /* virtual-private= */
};

/* A ca section: a CA that is trusted beside those of the NSS database. */
#define CONFIG_CA_CRLS	2
#define CONFIG_CA_OCSPS 2
struct config_ca {
	char *name, *cacert;		/* cacert: a nickname, or a file */
	char *crl_uris[CONFIG_CA_CRLS]; /* NULL: none */
	char *ocsp_uris[CONFIG_CA_OCSPS];
	const char *file;
	unsigned line;
	uint8_t load; /* auto=add */
};

struct config {
	struct config_setup setup;
	struct config_ca *cas; /* those with auto=add */
	unsigned ca_count;
	char *folder; /* where the first file is, with a slash behind it; NULL: not from a file */
	struct config_conn **conns;
	unsigned conn_count;
	unsigned refs;
};

/* Where an error is and what it says; a load reports all of them, not only the first. */
struct config_error {
	struct list in_list;
	char *file;	       /* NULL: "and 12 more errors" */
	unsigned line, column; /* from 1; column 0: the whole line; line 0: the whole file */
	bool warning;
	char text[320];
};
struct config_errors {
	struct list list;	   /* of config_error */
	unsigned errors, warnings; /* all of them; at most 100 of each kind are listed */
	struct config_error *more_errors, *more_warnings; /* the listed "and 12 more errors" */
};
void config_errors_init(struct config_errors *errors);
void config_errors_free(struct config_errors *errors);
/* Adds a warning about that section of a file. */
void config_errors_warn(struct config_errors *errors, const char *file, unsigned line,
			const char *text);
/* "file:line:column: text", "file:line:column: warning: text" */
const char *config_error_text(const struct config_error *error, char *buffer, size_t size);

/* Loads and checks everything. On any error *out is NULL, rc is RC_SYNTAX (or RC_IO) and errors
 * tells all. Warnings alone do not fail it. crypto must be open (defaults depend on the probe). */
enum rc config_load(const char *path, struct config **out, struct config_errors *errors) MUST_CHECK;
/* The same from memory, for tests and fuzzing; `include` is refused. */
enum rc config_load_text(const char *name, struct span text, struct config **out,
			 struct config_errors *errors) MUST_CHECK;
/* What this end protects of a range, by leftprotoport=; protocol: that of a packet, which the other
 * end may have named. */
struct selector config_end_selector(const struct config_end *end, const struct ip_range *range,
				    uint8_t protocol);
void config_ref(struct config *config);
void config_unref(struct config *config);
const struct config_conn *config_conn_find(const struct config *config, const char *name);
/* Everything about these two that concerns the IKE SA is equal (then they share a peer). */
bool config_conn_same_peer(const struct config_conn *a, const struct config_conn *b);
/* Their ike= is the same. With another one they are peers of their own whatever else is equal. */
bool config_conn_same_proposals(const struct config_conn *a, const struct config_conn *b);
/* The first proofs that these two ask of both ends are the same, and there are as many to come (RFC
 * 4739): who has given them for one has for the other. swapped: left of one is right of the other.
 */
bool config_conn_same_first(const struct config_conn *a, const struct config_conn *b, bool swapped);
/* All proofs that these two ask of both ends are the same. */
bool config_conn_same_proofs(const struct config_conn *a, const struct config_conn *b,
			     bool swapped);
/* They may have the same ends and first identities, and still each peer gets its own: the second
 * identity (leftid2=, rightid2=) tells. */
bool config_conn_told_apart(const struct config_conn *a, const struct config_conn *b);
/* What the difference between a conn that is loaded and its new version means for its SAs. */
enum config_change {
	CONFIG_SAME,
	CONFIG_AT_ONCE,	   /* is used from now on; SAs stay */
	CONFIG_NEXT_REKEY, /* SAs stay, and have it from their next rekey or authentication on */
	CONFIG_NEW_SA,	   /* only another SA can have it */
};
/* The weightiest difference; *keyword (may be NULL): a keyword of it, or NULL when there is none.
 */
enum config_change config_conn_change(const struct config_conn *a, const struct config_conn *b,
				      const char **keyword);

/* Bytes of the first words of a list with commas between that, whole, have no more than max. */
size_t config_list_front(const char *list, size_t max);

/* The keyword table, for the manual page, completion and checkconfig. */
enum config_support {
	CONFIG_SUPPORTED,
	CONFIG_IGNORED, /* known from Libreswan or strongSwan; harmless: a warning says that it is
			   ignored */
	CONFIG_REFUSED, /* known, and would change what happens: an error, unless the value is what
			   we do anyway */
};
struct config_keyword_info {
	const char *name;    /* "ikelifetime", "left|rightsubnet" for end keywords: base name with
				is_end */
	const char *section; /* "setup" or "conn" */
	bool is_end;
	const char *type, *range, *defaults, *help; /* texts */
	const char *const *aliases;		    /* NULL-terminated, may be NULL */
	enum config_support
		support; /* unless CONFIG_SUPPORTED, range: the values that are accepted silently */
};
const struct config_keyword_info *config_keyword_at(unsigned index); /* NULL past the end */

/* Copies a manual page's frame (docs/man/ipsec.conf.5.in) and puts the keywords, in roff, for the
 * lines "@setup@", "@conn@",
 * "@ignored@" and "@refused@". */
void config_manual(const char *frame, void (*put)(void *context, const char *text), void *context);

/* What there is to say about a keyword ("leftcert", "ike", "crl-strict"), for a terminal; false: no
 * such keyword. */
bool config_describe(const char *word, void (*put)(void *context, const char *text), void *context);
/* The names of all keywords that we have, one a line, for completion. */
void config_keyword_names(void (*put)(void *context, const char *text), void *context);

/* ---- ipsec.secrets ---- */
struct secrets;
/* Lines "[ids...] : PSK "text" | 0xhex | 0sbase64", ": RSA FILE "passphrase"", include; refuses a
 * file that group or others can read (unless lax, for tests). Every error has file, line, column.
 */
enum rc secrets_load(const char *path, bool lax, struct secrets **out,
		     struct config_errors *errors) MUST_CHECK;
enum rc secrets_load_text(const char *name, struct span text, struct secrets **out,
			  struct config_errors *errors) MUST_CHECK;
void secrets_free(struct secrets *secrets);
unsigned secrets_count(const struct secrets *secrets);
/* For people: whom the index-th PSK is for ("@a @b", "everybody") and where it stands; never the
 * key. false: there are no more. */
bool secrets_describe(const struct secrets *secrets, unsigned index, char *whom, size_t size,
		      const char **file, unsigned *line);
/* The PSK for these two ends, by Libreswan's rule: an entry that names both IDs beats one that
 * names one, an entry without IDs comes last; more specific patterns beat wildcards; the address
 * stands for an ID that is not given. RC_NOT_FOUND with a diag that names both IDs. The span lives
 * as long as the secrets. */
enum rc secrets_psk(const struct secrets *secrets, const struct identity *local,
		    const struct ip_addr *local_addr, const struct identity *remote,
		    const struct ip_addr *remote_addr, struct span *out,
		    struct diag *diag) MUST_CHECK;

/* Where a private key is: ": RSA FILE", ": P12 FILE "passphrase"". Lives as long as the secrets. */
struct secrets_file {
	const char *kind;	  /* RSA, ECDSA, ED25519, PKCS8, P12: what stands there */
	bool pkcs12;		  /* P12, PKCS12: a certificate is in it too */
	char *name;		  /* as written: a path, or a file in ipsec.d/private */
	struct secret passphrase; /* text, with a NUL behind it that is counted; len 0: none */
	const char *file;	  /* where the entry stands */
	unsigned line;
};
#define SECRETS_FILES_MAX 256
/* In the order of the file; NULL: there are no more, or no secrets (NULL). */
const struct secrets_file *secrets_file_at(const struct secrets *secrets, unsigned index);

/* The password of that user (XAUTH): lines "user : XAUTH "password"", where an "@" may stand before
 * the user; one without a user is for all. RC_NOT_FOUND. Lives as long as the secrets. */
enum rc secrets_xauth(const struct secrets *secrets, const char *user, struct span *out) MUST_CHECK;

/* RFC 8784: the post-quantum preshared key that these two ends share. id: the PPK_ID that it must
 * have; empty: any. Lines "[ids...] : PPKS "ppk-id" "key"": whom the identities name is decided as
 * for PSK. id_out, out: live as long as the secrets. RC_NOT_FOUND with a diag. */
enum rc secrets_ppk(const struct secrets *secrets, const struct identity *local,
		    const struct ip_addr *local_addr, const struct identity *remote,
		    const struct ip_addr *remote_addr, struct span id, struct span *id_out,
		    struct span *out, struct diag *diag) MUST_CHECK;
/* Is there any? */
bool secrets_have_ppk(const struct secrets *secrets);
/* The index-th of ppk-ids= as bytes; 0: there are no more. */
#define PPK_ID_MAX 255
size_t config_ppk_id(const struct config_conn *conn, unsigned index, uint8_t id[PPK_ID_MAX]);
/* A PPK_ID for people: as text, or in hex. */
#define PPK_ID_TEXT_MAX 80
const char *ppk_id_text(struct span id, char buffer[PPK_ID_TEXT_MAX]);

#endif
