/* SPDX-License-Identifier: Apache-2.0 */
/* Private to x509: what a certificate is inside. */
#ifndef VANTH_X509_PRIVATE_H
#define VANTH_X509_PRIVATE_H

#include <stdatomic.h>
#include "x509/asn1.h"
#include "x509/certificate.h"

/* RFC 5280 §4.2.1.3, as asn1_bits_of() gives them. */
enum key_usage {
	KEY_USAGE_DIGITAL_SIGNATURE = 0x8000,
	KEY_USAGE_CONTENT_COMMITMENT = 0x4000,
	KEY_USAGE_CERT_SIGN = 0x0400,
	KEY_USAGE_CRL_SIGN = 0x0200,
};
/* What extended key usages say that we care for; a bit each. */
enum purpose {
	PURPOSE_ANY = 1,
	PURPOSE_IPSEC = 2, /* ipsecIKE, and what IPsec peers carry in practice */
	PURPOSE_OCSP_SIGNING = 4,
	PURPOSE_OTHER = 8,
};

struct extensions {
	bool basic, ca; /* basic constraints: there, and CA:TRUE */
	bool has_key_usage, has_purposes;
	bool ocsp_no_check;		 /* RFC 6960 §4.2.2.2.1 */
	int32_t path_length;		 /* -1: none */
	uint16_t key_usage;		 /* enum key_usage */
	uint8_t purposes;		 /* enum purpose */
	struct span names;		 /* content of GeneralNames of the subject; empty: none */
	struct span permitted, excluded; /* content of GeneralSubtrees; empty: none */
	struct span crl_points;		 /* content of CRLDistributionPoints */
	struct span access;		 /* content of AuthorityInfoAccess */
	struct span authority_key, subject_key; /* key identifiers; empty: none */
	struct span critical; /* OID of the first critical extension that we do not know */
};
/* The [3] of a TBSCertificate, without that header. RC_SYNTAX with a diag. */
enum rc extensions_parse(struct span in, struct extensions *out, struct diag *diag) MUST_CHECK;

struct certificate {
	_Atomic unsigned refs;
	_Atomic(struct public_key *) key; /* made when it is first asked for */
	int64_t not_before, not_after;
	/* all in bytes */
	struct span der, tbs, scheme /* AlgorithmIdentifier */, signature;
	struct span serial, issuer, subject, spki;
	struct extensions extensions;
	uint8_t bytes[];
};

/* GeneralName: the tags of its alternatives (RFC 5280 §4.2.1.6). */
enum general_name {
	NAME_OTHER = 0xa0,
	NAME_MAIL = 0x81,
	NAME_DNS = 0x82,
	NAME_X400 = 0xa3,
	NAME_DIRECTORY = 0xa4,
	NAME_EDI = 0xa5,
	NAME_URI = 0x86,
	NAME_IP = 0x87,
	NAME_ID = 0x88,
};

/* Two Names in DER that mean the same (RFC 5280 §7.1). */
bool x509_name_equal(struct span a, struct span b);
/* "CN=gw, O=Example", "(no name)". */
const char *x509_name_text(struct span name, char buffer[IDENTITY_TEXT_MAX]);
/* "01:ab:..." */
const char *x509_serial_text(struct span serial, char buffer[64]);

#endif
