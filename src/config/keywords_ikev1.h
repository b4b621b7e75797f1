/* SPDX-License-Identifier: Apache-2.0 */
/* Private: the rows of THE keyword table (keywords.c) that are of IKEv1 only. */
#ifndef VANTH_CONFIG_KEYWORDS_IKEV1_H
#define VANTH_CONFIG_KEYWORDS_IKEV1_H

#include "config/keyword_row.h"

/* clang-format off */
#define KEYWORDS_IKEV1 \
	CONN("modecfgpull", KIND_BOOL, modecfgpull, "yes, no", "no", \
	     "IKEv1: the client asks for its address, and is not told it unasked."), \
	CONN("modeconfig", KIND_ENUM, modecfgpull, "pull, push", NULL, \
	     "strongSwan's spelling: pull is modecfgpull=yes, push is modecfgpull=no.", \
	     .names = &modeconfig_names, .same = "modecfgpull"), \
	CONN("cisco-split", KIND_BOOL, cisco_split, "yes, no", "no", \
	     "IKEv1: clients are told the subnets behind us (UNITY_SPLIT_INCLUDE), and may ask for " \
	     "all of them as 0.0.0.0/0, as clients of Cisco's do: leftsubnet=a,b is one IPsec SA " \
	     "then."), \
	CONN("cisco-unity", KIND_BOOL, cisco_unity, "yes, no", "no", \
	     "IKEv1: the vendor ID that clients and servers of Cisco's look for goes out. A client " \
	     "with rightsubnet=0.0.0.0/0 sends only to the networks that its server tells " \
	     "(UNITY_SPLIT_INCLUDE), if it tells some."), \
	CONN("remote-peer-type", KIND_ENUM, cisco_unity, "ietf, cisco", NULL, \
	     "Libreswan's spelling: cisco is cisco-unity=yes.", .names = &peer_type_names, \
	     .same = "cisco-unity"), \
	CONN("aggressive", KIND_BOOL, aggressive, "yes, no", "no", \
	     "With keyexchange=ikev1: phase 1 in three messages, Aggressive Mode, as initiator and " \
	     "as responder; such a conn does not take Main Mode. Identities go in clear, and with " \
	     "authby=secret a hash of the shared key goes to whoever asks, who may guess the key " \
	     "offline: only where the other end can do nothing else, and with a long random key. " \
	     "The group is the first one of ike=.", \
	     ALSO_KNOWN("aggrmode")), \
	SETUP_CUSTOM("virtual-private", "%v4:SUBNET, %v6:SUBNET, %v4:!SUBNET", "", NULL, \
		     field_virtual_private, \
		     "IKEv1: the private addresses that clients behind a NAT may have, for " \
		     "rightsubnet=vhost:%priv, as %v4:10.0.0.0/8,%v4:192.168.0.0/16. With ! those that " \
		     "they may not have: the subnets behind this gateway belong there."), \
	CONN("nat-ikev1-method", KIND_ENUM, nat_method, "both, rfc, drafts, none", "both", \
	     "IKEv1: how a NAT between the ends is found and passed: as RFC 3947 says, as its " \
	     "drafts 02 and 03 did (for old peers that get the RFC wrong), the RFC where the peer " \
	     "knows it and else the drafts, or not at all.", \
	     .names = &nat_method_names), \
	END("xauthserver", KIND_BOOL, xauthserver, "yes, no", "no", \
	    "IKEv1: that end asks the other for a user and a password after phase 1 (XAUTH), and " \
	    "nothing is set up before they are right (xauthby=). The client begins."), \
	END("xauthclient", KIND_BOOL, xauthclient, "yes, no", "no", \
	    "IKEv1: that end says who its user is, by XAUTH: username=, and the password of a line " \
	    "\"user : XAUTH \"password\"\" in ipsec.secrets. Without one the tunnel waits until " \
	    "it is there. rightauth2=xauth says the same of right; leftauth=xauth " \
	    "too, and that left proves nothing in phase 1 (hybrid authentication)."), \
	END("username", KIND_TEXT, username, "", NULL, \
	    "IKEv1: the user that an XAUTH client says it is.", \
	    ALSO_KNOWN("xauthname", "xauthusername")), \
	CONN("xauth-identity", KIND_TEXT, xauth_identity, "", NULL, \
	     "strongSwan's spelling of the client's username=."), \
	CONN("xauth", KIND_ENUM, xauth_is_server, "client, server", "client", \
	     "What left is, with authby=xauthpsk or xauthrsasig.", .names = &xauth_names), \
	CONN("xauthby", KIND_ENUM, xauthby, "file, pam, alwaysok", "file", \
	     "IKEv1: who says whether an XAUTH client's password is right: ipsec.d/passwd beside " \
	     "the configuration, with lines user:hash[:conn] (hash as of \"openssl passwd -6\"); " \
	     "pam: the system, by the PAM service \"pluto\" (/etc/pam.d/pluto has to be there: \"auth\" " \
	     "and \"account\" are asked, within 30 s, in a process of its own with no privilege but " \
	     "to read what root may); or nobody: alwaysok takes every one.", .names = &xauthby_names), \
	CONN("xauthfail", KIND_ENUM, xauthfail, "hard, soft", "hard", \
	     "IKEv1: a client whose password is wrong has no tunnel; soft: it has, and updown= gets " \
	     "XAUTH_FAILED=1.", .names = &xauthfail_names),
/* clang-format on */

#endif
