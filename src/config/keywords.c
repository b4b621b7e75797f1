/* SPDX-License-Identifier: Apache-2.0 */
/* THE keyword table: every keyword we have, with its type, range, default, other spellings and
 * help. Manual page, checkconfig and the loader read it; nothing else knows a keyword. */
#include <string.h>
#include "config/keyword_row.h"
#include "config/keywords_ikev1.h"

const struct keyword keywords_ours[] = {
	/* ---- config setup ---- */
	SETUP("ikeport", KIND_NUMBER, ikeport, "1..65535", "500", "UDP port for IKE."),
	SETUP("nattport", KIND_NUMBER, nattport, "1..65535", "4500",
	      "UDP port for IKE and ESP in UDP when there is a NAT.",
	      ALSO_KNOWN("nat-ikeport", "nat-port")),
	SETUP_CUSTOM("listen", "addresses", "", NULL, field_listen,
		     "Local addresses to listen on, separated by commas. Without it: all addresses "
		     "of the host.",
		     ALSO_KNOWN("interfaces")),
	SETUP_CUSTOM("uniqueids", "one of", "yes, no, replace, never, keep", "yes", field_uniqueids,
		     "What a client (right=%any) that comes again, perhaps from another address, "
		     "means for its earlier IKE SAs. yes or replace: they end when the new one has "
		     "proven to work. no: they stay, unless the client says INITIAL_CONTACT. "
		     "never: they stay. keep: they stay, and the client is refused until they are "
		     "gone (dpddelay= finds those that are dead)."),
	SETUP("ddos-mode", KIND_ENUM, ddos_mode, "auto, busy, unlimited", "auto",
	      "When new peers are asked for a cookie, which proves that they receive at their "
	      "address: auto from a number of half-open IKE SAs on (ddos-ike-threshold) or when "
	      "key pairs are asked for faster than they can be made, until that is over and "
	      "cookies come back; busy always; unlimited never. IKEv1 has no cookie: meanwhile "
	      "Main Mode goes on, which makes no key before the peer has returned ours, and first "
	      "messages of Aggressive Mode are not answered.",
	      .names = &ddos_names),
	SETUP("ikev1-policy", KIND_ENUM, ikev1_policy, "accept, drop, reject", "accept",
	      "accept: IKEv1 is answered where a conn with keyexchange=ikev1 is loaded, and "
	      "dropped "
	      "elsewhere. drop: it is not spoken, and such conns are refused. reject: as drop, but "
	      "who begins is told so (INVALID_MAJOR_VERSION), some times in a second at most.",
	      .names = &ikev1_policy_names),
	SETUP("ddos-ike-threshold", KIND_NUMBER, ddos_threshold, "0..1000000", "0",
	      "The number of half-open IKE SAs that came without a cookie from which on "
	      "ddos-mode=auto asks for one. 0: it adapts. It is then 256 (or a quarter of "
	      "max-halfopen-ike, if that is less), rises by one with every half-open IKE SA whose "
	      "peer authenticates itself, up to an eighth of max-halfopen-ike or 8448, falls by "
	      "two with every one that does not, and forgets half of what it rose in a minute.",
	      ALSO_KNOWN("ddos-ike-treshold")),
	SETUP("max-halfopen-ike", KIND_NUMBER, max_halfopen, "1..10000000", "50000",
	      "The most half-open IKE SAs. When there are so many, the oldest one of the most "
	      "crowded prefix makes room for a new peer. One address (IPv4 /32, IPv6 /64) may have "
	      "a 32nd of them (at least 64), one prefix (/24, /48) an eighth (at least 128); what "
	      "is more takes the place of one from there that is older than a second, or gets "
	      "no answer."),
	SETUP("halfopen-timeout", KIND_TIME, halfopen_timeout, "1s..1h", "30s",
	      "How long a peer may take to authenticate itself after its first message. While "
	      "cookies are asked for, or half of max-halfopen-ike is in use, a third of it, but at "
	      "least 5s.",
	      ALSO_KNOWN("half-open-timeout")),
	SETUP("keep-alive", KIND_TIME, keepalive, "0s..1d", "20s",
	      "How often an idle NAT mapping is refreshed. 0: never.", ALSO_KNOWN("keepalive")),
	SETUP("global-redirect", KIND_ENUM, redirect, "yes, no, auto", "no",
	      "Send new peers to the gateway of global-redirect-to= (RFC 5685): all of them, none, "
	      "or auto: while there are so many that they are asked for cookies. Only peers that "
	      "say that they can are sent on. \"ipsec whack --global-redirect\" changes it until "
	      "the next reload.",
	      .names = &tristate_names),
	SETUP_CUSTOM(
		"global-redirect-to", "addresses or host names", "", NULL, field_global_redirect_to,
		"The gateways that global-redirect= sends peers to, separated by commas, 16 at "
		"most. Which of them a peer is sent to depends on a hash of its address: the peers "
		"are spread evenly, one that comes again is sent to the same gateway, and one "
		"gateway more or less moves no other peers than its own. Peers behind one NAT are "
		"sent to one gateway. The gateway that a peer comes from, and this one, are left "
		"out. \"ipsec whack --global-redirect-to\" changes it until the next reload."),
	SETUP("quick-crash-detection", KIND_BOOL, crash_detection, "yes, no", "yes",
	      "Give peers a token that proves, after a restart of this host, that its IKE SAs are "
	      "gone, and accept theirs (RFC 6290): then a tunnel comes back at once.",
	      ALSO_KNOWN("qcd")),
	SETUP_CUSTOM("nhelpers", "number or auto", "1..1024, auto", "auto", field_nhelpers,
		     "Worker threads for key exchanges and signatures. auto: one for each CPU."),
	SETUP("logfile", KIND_TEXT, logfile, "", NULL,
	      "Write the log to this file instead of the journal or standard error.",
	      ALSO_KNOWN("plutostderrlog")),
	SETUP("loglevel", KIND_ENUM, log_level, "error, warning, notice, info, debug", NULL,
	      "The least important lines that are written.", .names = &level_names),
	SETUP("nssdir", KIND_TEXT, nssdir, "", NULL,
	      "Folder of the NSS database with keys and certificates."),
	SETUP("secretsfile", KIND_TEXT, secretsfile, "", NULL,
	      "File with the preshared keys, see ipsec.secrets(5)."),
	SETUP("crl-strict", KIND_BOOL, crl_strict, "yes, no", "no",
	      "A peer's certificate is refused when no valid revocation list (CRL) of its issuer "
	      "can be had (a responder's answer serves as well, see ocsp-enable). no: it is "
	      "refused only when something that is known already says that it is revoked, and an "
	      "IKE SA ends as soon as that becomes known.",
	      ALSO_KNOWN("strictcrlpolicy"), REFUSES({ "ifuri", "write yes or no" })),
	SETUP("crlcheckinterval", KIND_TIME, crlcheckinterval, "0s..365d", "0s",
	      "How often revocation lists are fetched again. 0: shortly before the next one is "
	      "due, as in any case."),
	SETUP("curl-timeout", KIND_TIME, curl_timeout, "1s..1h", "5s",
	      "How long fetching one revocation list may take.",
	      ALSO_KNOWN("crl-timeout", "crl-timeout-seconds")),
	SETUP("ocsp-enable", KIND_BOOL, ocsp_enable, "yes, no", "no",
	      "Ask the responder (OCSP) that a peer's certificate names whether it is revoked."),
	SETUP("ocsp-strict", KIND_BOOL, ocsp_strict, "yes, no", "no",
	      "A peer's certificate is refused when its responder gives no answer, or does not "
	      "know it. Certificates that name no responder are not meant, unless ocsp-uri= is "
	      "given."),
	SETUP("ocsp-timeout", KIND_TIME, ocsp_timeout, "1s..1h", "2s",
	      "How long one question to a responder may take.", ALSO_KNOWN("ocsp-timeout-seconds")),
	SETUP("ocsp-uri", KIND_TEXT, ocsp_uri, "", NULL,
	      "Ask this responder (http://...), whatever a certificate names."),
	SETUP("ocsp-trustname", KIND_TEXT, ocsp_trustname, "", NULL,
	      "Nickname of the certificate that signs the answers of ocsp-uri=.",
	      ALSO_KNOWN("ocsp-trust-name")),
	SETUP("ocsp-method", KIND_ENUM, ocsp_post, "get, post", "get",
	      "How a responder is asked: get, and post when that fails, or post only.",
	      .names = &ocsp_method_names),
	SETUP("ocsp-cache-size", KIND_NUMBER, ocsp_cache_size, "0..1000000", "1000",
	      "How many answers of responders are kept. 0: none."),
	SETUP("ocsp-cache-min-age", KIND_TIME, ocsp_cache_min_age, "0s..365d", "1h",
	      "An answer is not asked for again before it has this age."),
	SETUP("ocsp-cache-max-age", KIND_TIME, ocsp_cache_max_age, "0s..365d", "1d",
	      "An answer of this age is asked for again."),
	SETUP("retransmit-timeout", KIND_TIME, retransmit_timeout, "10ms..1h", "500ms",
	      "Wait before the first retransmission of a request. (In Libreswan this keyword is "
	      "the time after which it gives up.)"),
	SETUP("retransmit-base", KIND_DECIMAL, retransmit_base, "1..10", "2",
	      "Each wait is the one before times this."),
	SETUP("retransmit-tries", KIND_NUMBER, retransmit_tries, "1..100", "6",
	      "Retransmissions of one request before the peer counts as gone."),
	SETUP("retransmit-jitter", KIND_PERCENT, retransmit_jitter, "0%..100%", "20%",
	      "Each wait is made shorter by a random part of up to this much."),
	SETUP("retransmit-limit", KIND_TIME, retransmit_limit, "0s..1h", "60s",
	      "The longest wait between two retransmissions. 0: no limit."),

	/* ---- conn: who ---- */
	END_CUSTOM("", "host", "", NULL, field_host,
		   "The address of this end: an address, a host name, %any, %defaultroute, or a "
		   "subnet or range of peers. left=%any is this host, whichever of its addresses "
		   "the peer talks to; without left= it is that."),
	END_CUSTOM("id", "identity", "", NULL, field_identity,
		   "How this end identifies itself: an address, @host.name, user@domain, a "
		   "distinguished name (\"C=CH, O=Example, CN=gw\"), @[key ID], @#hex or %any. "
		   "%fromcert: the subject of its certificate. Without it: its address."),
	END_CUSTOM("subnet", "subnets", "", NULL, field_subnet,
		   "What this end protects: subnets, ranges or addresses, at most 16, separated by "
		   "commas: all in one Child SA, or in several where the peer takes one pair at a "
		   "time. Without it, or with %dynamic: the host itself."),
	END_CUSTOM("subnets", "subnets", "", NULL, field_subnets,
		   "Several subnets, ranges or addresses; each pair of a left and a right one "
		   "becomes a tunnel of its own.",
		   .same = "subnet"),
	END_CUSTOM(
		"protoport", "protocol/port", "", NULL, field_protoport,
		"Only this protocol and port: tcp/443, udp/53, 17/1701, icmp, tcp/%any; or ports: "
		"tcp/1000-2000 (Linux matches masks: a policy for each that it takes). icmp/8 is a "
		"type, icmp/3/1 or icmp/769 type and code; one end is enough. udp/%opaque: packets "
		"whose ports cannot be seen, as parts of larger ones (RFC 4301)."),
	END_CUSTOM("sourceip", "address", "", NULL, field_sourceip,
		   "The source address that this host uses for packets through the tunnel; one of "
		   "each IP version. %config, %config4, %config6: the peer gives it. A subnet or "
		   "range is addresspool= (as strongSwan writes it). While the tunnel is up the "
		   "address stands on this host (on lo, or the ipsec-interface=) unless it is one "
		   "already, with routes to what the peer protects (protocol 86; where the peer "
		   "itself is among that, in table 86). Name servers that the peer gives are set "
		   "in systemd-resolved where it runs, on a link of their own (vanthN) or the "
		   "ipsec-interface=, for the domains that the peer names or else for all; "
		   "elsewhere by the program resolvconf."),
	END_CUSTOM("addresspool", "ranges", "", NULL, field_addresspool,
		   "Addresses for the clients at this end: ranges or subnets, separated by commas. "
		   "2001:db8::/48/64 gives each client a /64. Conns with the same pool share it."),
	END("modecfgserver", KIND_BOOL, modecfgserver, "yes, no", "no",
	    "This end gives addresses to the other one, from the addresspool= of that one."),
	END("modecfgclient", KIND_BOOL, modecfgclient, "yes, no", "no",
	    "This end asks the other one for an address, as sourceip=%config does."),
	END("cat", KIND_BOOL, cat, "yes, no", "no",
	    "The address that the peer gives is translated to that of the host."),
	END_CUSTOM(
		"updown", "command", "", NULL, field_updown,
		"A script that is run when the tunnel comes (PLUTO_VERB is prepare-, route- and "
		"up-client, or -host) and goes (down-, unroute-), with Libreswan's PLUTO_ "
		"variables: its absolute path or its name, and arguments. It runs without a shell, "
		"beside the daemon, after addresses and routes are set and before they are taken "
		"back; not for a rekey. Texts of the peer hold nothing but letters, digits, blanks "
		"and .,:/=+@_-; the rest is %XX. If it fails, that is logged and the tunnel stays; "
		"after 30 seconds it is killed. Of capabilities it has CAP_NET_ADMIN. %disabled, "
		"or Libreswan's ipsec _updown, whose work the daemon does itself: none."),
	END_CUSTOM("vti", "address/length", "", NULL, field_vti,
		   "The address of this end's vti-interface=, and its subnet."),
	END_CUSTOM("interface-ip", "address/length", "", NULL, field_interface_ip,
		   "The address of this end's ipsec-interface=."),
	END_CUSTOM("cert", "name", "", NULL, field_cert,
		   "The certificate of this end: its nickname in the NSS database, or a file: a "
		   "path, or a name in ipsec.d/certs (its key: see ipsec.secrets(5)), or PKCS#12 "
		   "with key and chain (CAs in it are not trusted), also in ipsec.d/private. The "
		   "other end's is trusted as it stands; its dates and its CA's CRLs count."),
	END_CUSTOM("ca", "distinguished name", "", NULL, field_ca,
		   "The CA that the certificate of this end must come from. %same: the one of the "
		   "other end. %any, or without it: any that is trusted."),
	END("sendcert", KIND_ENUM, sendcert, "always, ifasked, never", "always",
	    "When this end sends its certificate: always (Libreswan does not ask for one that "
	    "it had once), if the peer asks, or never. yes and forced are always, no is never.",
	    .names = &sendcert_names),
	END_CUSTOM("ckaid", "hex digits", "", NULL, field_ckaid,
		   "The key of this end, by its ID in the NSS database."),
	END_CUSTOM("pubkey", "key", "", NULL, field_pubkey,
		   "The public key of this end without a certificate: 0s and base64 of its "
		   "SubjectPublicKeyInfo, or a PEM file with its path. %cert: that of its "
		   "certificate. %none: none."),
	END_CUSTOM("rsasigkey", "key", "", NULL, field_rsasigkey,
		   "The RSA key of this end without a certificate, as Libreswan writes it (RFC "
		   "3110): 0s and base64, or 0x and hex digits. %cert, %none: as in pubkey=.",
		   .same = "pubkey"),
	END_CUSTOM(
		"auth", "methods",
		"secret, rsasig, rsa-sha1, rsa-sha2, rsa-sha2_256, rsa-sha2_384, rsa-sha2_512, "
		"ecdsa, ecdsa-sha2_256, ecdsa-sha2_384, ecdsa-sha2_512, eddsa, pubkey, null, xauth",
		NULL, field_auth,
		"How this end proves its identity, in the words of authby=. xauth (IKEv1): by "
		"a user and a password only (hybrid authentication). Without it: as authby= "
		"says."),
	END_CUSTOM(
		"auth2", "methods",
		"secret, rsasig, rsa-sha1, rsa-sha2, rsa-sha2_256, rsa-sha2_384, rsa-sha2_512, "
		"ecdsa, ecdsa-sha2_256, ecdsa-sha2_384, ecdsa-sha2_512, eddsa, pubkey, xauth",
		NULL, field_auth2,
		"How this end proves itself a second time, after auth= and in the same IKE_AUTH "
		"(RFC 4739), in the words of authby= without null. IKEv1 has xauth alone: a user "
		"and a password. Only when both ends have "
		"proven all that is asked of them the IKE SA is there. With it there is no "
		"session-resumption= (one ticket for two proofs). Without it: one proof."),
	END_CUSTOM(
		"id2", "identity", "", NULL, field_id2,
		"Who this end is in its second proof, as in id=; it chooses among conns whose "
		"first proofs are the same. Without it: who it was in the first one. %any takes "
		"everybody; such a one, or a pattern, names the client for leases and uniqueness."),
	END_CUSTOM("cert2", "name", "", NULL, field_cert2,
		   "The certificate of the second proof, as in cert=."),
	END_CUSTOM("ca2", "distinguished name", "", NULL, field_ca2,
		   "The CA that the certificate of the second proof must come from, as in ca=."),
	END("ikeport", KIND_NUMBER, ikeport, "1..65535", NULL, "UDP port of this end for IKE."),
	CONN_CUSTOM(
		"authby", "methods",
		"secret, rsasig, rsa-sha1, rsa-sha2, rsa-sha2_256, rsa-sha2_384, rsa-sha2_512, "
		"ecdsa, ecdsa-sha2_256, ecdsa-sha2_384, ecdsa-sha2_512, eddsa, pubkey, null, never",
		"secret", field_authby,
		"How both ends prove their identity; several, separated by commas, are all "
		"accepted. rsasig: RSA signatures with SHA-2, PSS or PKCS #1; rsa-sha2: PSS only; "
		"rsa-sha256, rsa-sha384, rsa-sha512: PKCS #1 only, as in strongSwan; rsa-sha1: "
		"PKCS #1 with SHA-1, for old peers. pubkey: any signature. Without it: pubkey "
		"where cert=, ckaid=, pubkey= or rsasigkey= is given, otherwise secret."),
	CONN("require-id-on-certificate", KIND_BOOL, require_id_on_certificate, "yes, no", "yes",
	     "The identity of a peer must stand in its certificate (RFC 4945)."),
	CONN("sendca", KIND_ENUM, sendca, "none, issuer, all", "none",
	     "The CA certificates that go with ours. Whatever is written: intermediate ones always "
	     "go, and the root never, since nobody trusts a root because it came along.",
	     .names = &sendca_names),
	CONN("dns-match-id", KIND_BOOL, dns_match_id, "yes, no", "no",
	     "The identity of a peer must be its name in the reverse DNS."),
	CONN_CUSTOM("ikev2", "version", "yes, insist, no", "yes", field_ikev2,
		    "IKE version 2, or 1 (no)."),
	CONN_CUSTOM("keyexchange", "version", "ikev2, ike, ikev1", NULL, field_keyexchange,
		    "The IKE version, as strongSwan writes it."),

	/* ---- conn: what ---- */
	CONN("also", KIND_ALSO, name, "", NULL,
	     "Take the settings of another conn, where this one has none. May be given several "
	     "times."),
	CONN("alsoflip", KIND_ALSO, name, "", NULL, "As also=, with left and right exchanged."),
	CONN("auto", KIND_ENUM, start, "ignore, add, ondemand, start, keep", "ignore",
	     "What to do with it at start: nothing, answer the peer, set it up when packets want "
	     "it, set it up now and whenever it goes (start), or answer the peer and keep it up "
	     "once it was up (keep). route is ondemand, up is start.",
	     .names = &auto_names),
	CONN("type", KIND_ENUM, type, "tunnel, transport, passthrough, drop, reject", "tunnel",
	     "Tunnel or transport mode, or let the packets pass in clear, or drop them. reject is "
	     "drop: Linux' policies answer nobody (a program here gets EPERM); for an ICMP answer "
	     "add a rule to the firewall.",
	     .names = &type_names,
	     REFUSES({ "transport_proxy", "it is for Mobile IPv6, which is not supported" })),
	CONN("ike", KIND_PROPOSAL, ike, "", NULL,
	     "Algorithms for IKE, best first: aes_gcm256-sha2_512-dh19,aes256-sha2_256-dh14 or "
	     "strongSwan's spelling. Without it: RFC 8247's. Additional key exchanges (RFC 9370) "
	     "go behind them: aes_gcm256-dh31;addke1=ml_kem_768;addke2=dh21+none, in strongSwan's "
	     "spelling aes256gcm16-prfsha384-x25519-ke1_mlkem768. A rekey of the IKE SA makes them "
	     "too.",
	     .protocol = PROTOCOL_IKE),
	CONN("esp", KIND_PROPOSAL, esp, "", NULL,
	     "Algorithms for ESP, best first: aes_gcm256, aes256-sha2_256. Without it: RFC 8221's. "
	     "Behind a group additional key exchanges (RFC 9370) may stand, as in ike=: "
	     "aes_gcm256-dh31;addke1=ml_kem_768. They are made whenever the group is used: not "
	     "with the first Child SA of an IKE SA, whose keys come from those of ike=. With "
	     "phase2=ah phase2alg= has those of AH.",
	     .protocol = PROTOCOL_ESP, ALSO_KNOWN("phase2alg")),
	CONN("ah", KIND_PROPOSAL, esp, "", NULL,
	     "AH instead of ESP, with these algorithms, best first: sha2_256, sha2_512. Where a "
	     "NAT is between, AH is refused.",
	     .protocol = PROTOCOL_AH, .same = "esp"),
	CONN_CUSTOM("phase2", "protocol", "esp, ah", "esp", field_phase2,
		    "ESP, or AH, which does not encrypt.", ALSO_KNOWN("auth")),
	CONN("compress", KIND_BOOL, compress, "yes, no", "no",
	     "Compress packets before they are encrypted (IPComp with DEFLATE), when the peer "
	     "agrees; otherwise they go as they are. Not for IPv6 in IPv4 and IPv4 in IPv6, which "
	     "Linux cannot compress."),
	CONN("narrowing", KIND_BOOL, narrowing, "yes, no", "yes",
	     "Selectors may become narrower than what is written here: those that both ends have "
	     "in common are used. no: both ends must say the same."),
	CONN("pfs", KIND_BOOL, pfs, "yes, no", "yes",
	     "Rekeying a Child SA makes a new Diffie-Hellman exchange. With no, groups that esp= "
	     "names are still used, and a peer that asks for one is not refused. In IKEv1 the "
	     "first IPsec SA makes one too; with no we begin without one, whatever esp= names."),
	CONN("encapsulation", KIND_ENUM, encapsulation, "yes, no, auto", "auto",
	     "ESP in UDP: always, never, or when there is a NAT.", .names = &tristate_names),
	CONN_CUSTOM("forceencaps", "yes or no", "yes, no", NULL, field_forceencaps,
		    "The older spelling: yes is encapsulation=yes, no is encapsulation=auto.",
		    .same = "encapsulation"),
	CONN("ppk", KIND_ENUM, ppk, "no, yes, insist", "no",
	     "A post-quantum preshared key (RFC 8784) is mixed into the keys: yes when the peer "
	     "has it too, insist refuses a peer without it. The keys are the PPKS entries of "
	     "ipsec.secrets. permit and propose are yes, never is no.",
	     .names = &ppk_names),
	CONN("intermediate", KIND_BOOL, intermediate, "yes, no", "no",
	     "Announce that IKE_INTERMEDIATE (RFC 9242) is understood, whatever ike= says. With "
	     "additional key exchanges (addke1= in ike=) it always is."),
	CONN_CUSTOM("ppk-ids", "IDs", "", NULL, field_ppk_ids,
		    "Only the post-quantum preshared keys with these IDs, separated by commas; the "
		    "first one that ipsec.secrets has is proposed. An ID is text, or 0x and hex "
		    "digits. Without it: the one whose entry names both ends best."),
	CONN("fragmentation", KIND_ENUM, fragmentation, "yes, no, accept, force", "yes",
	     "Large IKE messages are sent in parts when the peer can put them together (RFC 7383; "
	     "in "
	     "IKEv1 as all vendors do). accept: those of the peer are taken, ours go out whole. "
	     "force: as yes; in IKEv1 also to a peer that has not said that it can.",
	     .names = &fragmentation_names, ALSO_KNOWN("ike-frag", "ikefrag")),
	CONN("fragment-size", KIND_NUMBER, fragment_size, "256..65535", "1280",
	     "The largest IP packet, in bytes, for a part of a large IKE message. When no answer "
	     "comes, smaller ones are tried by themselves: 1280, then 576."),
	CONN("mobike", KIND_BOOL, mobike, "yes, no", "no",
	     "Addresses may change while the tunnel is up (RFC 4555): who began the IKE SA moves "
	     "to another address of its own when the one in use goes or a better one comes, and "
	     "the other end follows. Both ends must allow it."),
	CONN("replay-window", KIND_NUMBER, replay_window, "0..4096", "128",
	     "How many packets may overtake one another. 0: replayed packets are not detected.",
	     REFUSES({ "-1", "write the number of packets, such as 128" })),
	CONN("esn", KIND_ENUM, esn, "yes, no, either", "either", "64-bit sequence numbers for ESP.",
	     .names = &esn_names),
	CONN_CUSTOM(
		"mark", "mark[/mask]", "0..4294967295, %unique", NULL, field_mark,
		"Only packets with this firewall mark. %unique: each tunnel has one of its own, "
		"its reqid, which what it has decrypted gets (ipsec status --json shows it); "
		"packets to "
		"the peer have to get it from the firewall. So clients behind one NAT in transport "
		"mode (L2TP) are told apart: docs/l2tp.md has the rules."),
	CONN_CUSTOM("mark-in", "mark[/mask]", "0..4294967295", NULL, field_mark_in,
		    "mark= of packets from the peer, encrypted and decrypted: the firewall has to "
		    "give it to the encrypted ones. Without it: that of mark=."),
	CONN_CUSTOM("mark-out", "mark[/mask]", "0..4294967295", NULL, field_mark_out,
		    "mark= of packets to the peer. Without it: that of mark=."),
	CONN("if-id", KIND_NUMBER, if_id, "0..4294967295", "0",
	     "ID of the XFRM interface that the tunnel belongs to. 0: none."),
	CONN_CUSTOM(
		"ipsec-interface", "yes, no or number", "no, yes, 0..4294967294", "no",
		field_ipsec_interface,
		"The XFRM interface that the tunnel belongs to: yes is ipsec1, 5 is ipsec5 with "
		"if-id=5, 0 is ipsec0 with if-id=16384. It is made when the first tunnel "
		"that wants it comes (or its trap), with routes to what the peer protects, and "
		"removed with the last one. One that is there already is used and stays."),
	CONN_CUSTOM("vti-interface", "name", "", NULL, field_vti_interface,
		    "The VTI device that the tunnel belongs to; needs mark= (or mark-in= and "
		    "mark-out=), by which it knows its packets. It is made when the first tunnel "
		    "that wants it comes (or its trap), without a check of policies on what comes "
		    "out of it and with a loose rp_filter, and removed with the last one. One that "
		    "is there already is used and stays. ipsec-interface= is the newer way: it "
		    "needs no mark, and a peer may have several."),
	CONN("vti-routing", KIND_BOOL, vti_routing, "yes, no", "yes",
	     "Routes to what the peer protects are set through the vti-interface=; where the peer "
	     "itself is among that (0.0.0.0/0), in table 86. no: whatever goes through it is yours "
	     "to route."),
	CONN("vti-shared", KIND_BOOL, vti_shared, "yes, no", "no",
	     "The vti-interface= takes packets from and to any peer, so that conns with the same "
	     "mark= share it. With right=%any it always does."),
	CONN("nic-offload", KIND_ENUM, nic_offload, "no, auto, crypto, packet", "no",
	     "ESP in the network card, not in UDP: its encryption if the card can (auto), or else "
	     "no Child SA (crypto or yes; packet: all of it, Linux 6.2).",
	     .names = &offload_names, ALSO_KNOWN("hw-offload")),
	CONN("encap-dscp", KIND_BOOL, encap_dscp, "yes, no", "yes",
	     "The DSCP bits of a packet are copied to the ESP packet."),
	CONN("decap-dscp", KIND_BOOL, decap_dscp, "yes, no", "no",
	     "The DSCP bits of the ESP packet are copied to the packet in it."),
	CONN_CUSTOM("nopmtudisc", "yes or no", "yes, no", "no", field_nopmtudisc,
		    "ESP packets may be fragmented on their way, whatever the packets in them say "
		    "(no DF)."),
	CONN("mtu", KIND_NUMBER, mtu, "0..65535", "0", "The MTU of the routes. 0: none given."),
	CONN("metric", KIND_NUMBER, metric, "0..4294967295", "0",
	     "The metric of the routes. 0: the default."),
	CONN_CUSTOM("tfc", "bytes or %mtu", "0..65535, %mtu", "0", field_tfc,
		    "ESP packets are padded to this size, so that nobody can tell long ones from "
		    "short ones (RFC 4303). %mtu: to what the path takes. 0: not.",
		    ALSO_KNOWN("tfcpad")),
	CONN("send-no-esp-tfc", KIND_BOOL, send_no_esp_tfc, "yes, no", "no",
	     "Tell the peer that padded ESP packets are not understood.",
	     ALSO_KNOWN("send-esp-tfc-padding-not-supported")),
	CONN("iptfs", KIND_BOOL, iptfs.on, "yes, no", "no",
	     "Pack and cut packets in ESP (RFC 9347, Linux 6.14), if the peer agrees."),
	CONN("iptfs-fragmentation", KIND_BOOL, iptfs.fragmentation, "yes, no", "yes",
	     "Packets may be cut in parts to fill an ESP packet."),
	CONN("iptfs-packet-size", KIND_NUMBER, iptfs.packet_size, "0..65535", "0",
	     "The largest size of ESP packets. 0: what the path takes."),
	CONN("iptfs-max-queue-size", KIND_NUMBER, iptfs.max_queue_size, "0..4294967295", "1048576",
	     "The most bytes that wait to be sent."),
	CONN("iptfs-reorder-window", KIND_NUMBER, iptfs.reorder_window, "0..65535", "3",
	     "How many ESP packets may overtake one another."),
	CONN("iptfs-init-delay", KIND_TIME, iptfs.init_delay, "0s..1h", "0s",
	     "How long the first packet waits for others."),
	CONN("iptfs-drop-time", KIND_TIME, iptfs.drop_time, "0s..1h", "1s",
	     "How long an ESP packet that is missing is waited for."),
	CONN_CUSTOM("modecfgdns", "addresses", "", NULL, field_modecfgdns,
		    "DNS servers for the clients, separated by commas."),
	END_CUSTOM("dns", "addresses, or %config", "", NULL, field_dns,
		   "DNS servers for that end's client, as modecfgdns=. %config: asks, as all do."),
	CONN_CUSTOM("modecfgdomains", "domains", "", NULL, field_modecfgdomains,
		    "The domains that the clients ask those servers for, separated by commas.",
		    ALSO_KNOWN("modecfgdomain")),
	CONN("modecfgbanner", KIND_TEXT, modecfgbanner, "", NULL, "A greeting for the clients."),
	CONN("reqid", KIND_NUMBER, reqid, "0..4294967295", "0",
	     "The kernel's request ID. 0: chosen."),
	CONN("priority", KIND_NUMBER, priority, "0..4294967295", "0",
	     "Priority of the kernel policies; smaller wins. 0: more specific selectors win."),

	/* ---- conn: when ---- */
	CONN_CUSTOM("keyingtries", "number or %forever", "0..1000000", "0", field_keyingtries,
		    "Attempts to set it up before giving up; 0 or %forever: never give up."),
	CONN("ikelifetime", KIND_TIME, ikelifetime, "5s..365d", "8h",
	     "How long the keys of an IKE SA are used."),
	CONN("salifetime", KIND_TIME, salifetime, "5s..365d", "8h",
	     "How long the keys of a Child SA are used.",
	     ALSO_KNOWN("lifetime", "keylife", "ipsec-lifetime")),
	CONN("ipsec-max-bytes", KIND_BYTES, ipsec_max_bytes, "0..8192T", "0",
	     "After how many bytes a Child SA is replaced. 0: by time only.",
	     ALSO_KNOWN("lifebytes")),
	CONN("ipsec-max-packets", KIND_BYTES, ipsec_max_packets, "0..8192T", "0",
	     "After how many packets a Child SA is replaced. 0: by time only.",
	     ALSO_KNOWN("lifepackets")),
	CONN("marginbytes", KIND_BYTES, margin_bytes, "0..8192T", "0",
	     "How many bytes before ipsec-max-bytes rekeying starts. 0: an eighth of it."),
	CONN("marginpackets", KIND_BYTES, margin_packets, "0..8192T", "0",
	     "How many packets before ipsec-max-packets rekeying starts. 0: an eighth of it."),
	CONN("rekeymargin", KIND_TIME, rekeymargin, "0s..30d", "9m",
	     "How long before the end of a lifetime rekeying starts.", ALSO_KNOWN("margintime")),
	CONN("rekeyfuzz", KIND_PERCENT, rekeyfuzz, "0%..1000%", "100%",
	     "rekeymargin is made longer by a random part of up to this much."),
	CONN("rekey", KIND_BOOL, rekey, "yes, no", "yes", "Rekey before a lifetime ends."),
	CONN("reauth", KIND_BOOL, reauth, "yes, no", "no",
	     "Authenticate again before the IKE SA's lifetime ends, instead of rekeying it: a new "
	     "IKE SA is made first, then the old one is deleted. IKEv1: always; IPsec SAs go on."),
	CONN("initial-contact", KIND_BOOL, initial_contact, "yes, no", "yes",
	     "Tell the peer when it may forget all earlier IKE SAs with us. no: never; for several "
	     "hosts with one identity.",
	     ALSO_KNOWN("initial_contact")),
	CONN("session-resumption", KIND_BOOL, session_resumption, "yes, no", "no",
	     "A lost IKE SA is resumed with a ticket that the gateway gave for it, without key "
	     "exchange and authentication (RFC 5723): give tickets to peers that ask, and ask for "
	     "them. Peers that prove themselves by a raw key or NULL get none."),
	CONN("send-redirect", KIND_BOOL, send_redirect, "yes, no", "no",
	     "A peer that has proven its identity is sent to a gateway of redirect-to= (RFC 5685). "
	     "Not for strongSwan 5.9.8, which crashes then; it understands global-redirect= and "
	     "\"ipsec redirect\".",
	     REFUSES({ "auto", "write yes or no, or global-redirect=auto in config setup" })),
	CONN_CUSTOM("redirect-to", "addresses or host names", "", NULL, field_redirect_to,
		    "The gateways that send-redirect= sends peers to, separated by commas; which "
		    "of them, as with global-redirect-to=."),
	CONN("accept-redirect", KIND_BOOL, accept_redirect, "yes, no", "no",
	     "Go to another gateway when the peer says so; it must prove the same identity."),
	CONN("accept-redirect-to", KIND_TEXT, accept_redirect_to, "", NULL,
	     "Only to these gateways: addresses, subnets and host names, separated by commas. "
	     "Without it, or with %any: to any."),
	CONN("authlifetime", KIND_TIME, auth_lifetime, "0s..365d", "0s",
	     "A peer that began the IKE SA is told to authenticate again within so long (RFC "
	     "4478), and loses it otherwise. 0: never.",
	     ALSO_KNOWN("auth-lifetime")),
	CONN("childless", KIND_ENUM, childless, "allow, never, prefer, force", "allow",
	     "IKE SAs that come up without a Child SA (RFC 6023); the Child SAs follow. allow: the "
	     "peer may begin so. never: it may not. prefer: we do so too where the peer can. "
	     "force: every IKE SA comes up so.",
	     .names = &childless_names),
	CONN("dpddelay", KIND_TIME, dpddelay, "0s..1d", "0s",
	     "Ask whether the peer is alive when nothing was heard from it for so long. 0: never."),
	CONN("dpdretry", KIND_TIME, dpdretry, "0s..1d", "0s",
	     "How soon to ask again when there is no answer. 0: by the retransmit- settings."),
	CONN("dpdtimeout", KIND_TIME, dpdtimeout, "0s..1d", "0s",
	     "A peer that was not heard for so long is dead. 0: when its answer to a request is "
	     "overdue.",
	     ALSO_KNOWN("ikev1-dpdtimeout")),
	CONN("dpdaction", KIND_ENUM, dpdaction, "hold, clear, restart", NULL,
	     "What becomes of a tunnel of a dead peer that is only to be answered (auto=add). "
	     "hold: packets for it are held, and set it up again. restart: it is set up again at "
	     "once. clear, or without it: the peer may begin. What is wanted anyway (auto=start, "
	     "auto=ondemand, ipsec up) is set up again, whatever this says; with hold its packets "
	     "are held as long as it is not up.",
	     .names = &dpdaction_names,
	     REFUSES({ "none", "leave dpddelay= out: then nobody asks" })),
	CONN("retransmit-timeout", KIND_TIME, retransmit_timeout, "10ms..1h", "as in config setup",
	     "Wait before the first retransmission of a request.", INHERITS(retransmit_timeout)),
	CONN("retransmit-base", KIND_DECIMAL, retransmit_base, "1..10", "as in config setup",
	     "Each wait is the one before times this.", INHERITS(retransmit_base)),
	CONN("retransmit-tries", KIND_NUMBER, retransmit_tries, "1..100", "as in config setup",
	     "Retransmissions of one request before the peer counts as gone.",
	     INHERITS(retransmit_tries)),
	CONN("retransmit-jitter", KIND_PERCENT, retransmit_jitter, "0%..100%", "as in config setup",
	     "Each wait is made shorter by a random part of up to this much.",
	     INHERITS(retransmit_jitter)),
	CONN("retransmit-limit", KIND_TIME, retransmit_limit, "0s..1h", "as in config setup",
	     "The longest wait between two retransmissions. 0: no limit.",
	     INHERITS(retransmit_limit)),

	KEYWORDS_IKEV1

		/* ---- ca NAME ---- */
		CA_CUSTOM("cacert", "name or file", "", NULL, field_cacert,
			  "The CA's certificate: a nickname in the NSS database, or a file (PEM or "
			  "DER); "
			  "without an absolute path it is in ipsec.d/cacerts beside the "
			  "configuration."),
	CA_CUSTOM("crluri", "URL", "http://...", NULL, field_crluri,
		  "Where a CRL of this CA is, besides what its certificates say.",
		  ALSO_KNOWN("crluri1")),
	CA_CUSTOM("crluri2", "URL", "http://...", NULL, field_crluri2,
		  "A second place, asked when the first gives none."),
	CA_CUSTOM("ocspuri", "URL", "http://...", NULL, field_ocspuri,
		  "The OCSP responder asked about this CA's certificates, not the one they name.",
		  ALSO_KNOWN("ocspuri1")),
	CA_CUSTOM("ocspuri2", "URL", "http://...", NULL, field_ocspuri2,
		  "A second one, asked when the first gives no answer."),
	{ COMMON("auto", "ignore, add", "ignore",
		 "add: the CA is trusted, as those in the NSS database that are."),
	  .info.section = "ca", .section = SECTION_CA, .info.type = TYPE_OF_KIND_ENUM,
	  .kind = KIND_ENUM, FIELD(struct config_ca, load), .names = &ca_auto_names },
	{ COMMON("also", "", NULL,
		 "Takes the settings of another ca section that this one does not have itself."),
	  .info.section = "ca", .section = SECTION_CA, .info.type = "name of a ca",
	  .kind = KIND_ALSO },
	{ .info.name = NULL },
};

_Static_assert(sizeof(keywords_ours) / sizeof(keywords_ours[0]) <= KEYWORDS_OURS_MAX,
	       "KEYWORDS_OURS_MAX is too small");

unsigned keywords_ours_count(void)
{
	return sizeof(keywords_ours) / sizeof(keywords_ours[0]) - 1;
}
