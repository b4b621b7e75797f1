/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the registry's numbers, in the registry's spelling. */
#include "wire/iana.h"

static const struct name exchange_names_entries[] = {
	{ EXCHANGE_V1_MAIN, "Main Mode" },
	{ EXCHANGE_V1_AGGRESSIVE, "Aggressive Mode" },
	{ EXCHANGE_V1_INFORMATIONAL, "IKEv1 Informational" },
	{ EXCHANGE_V1_TRANSACTION, "Transaction" },
	{ EXCHANGE_V1_QUICK, "Quick Mode" },
	{ EXCHANGE_IKE_SA_INIT, "IKE_SA_INIT" },
	{ EXCHANGE_IKE_AUTH, "IKE_AUTH" },
	{ EXCHANGE_CREATE_CHILD_SA, "CREATE_CHILD_SA" },
	{ EXCHANGE_INFORMATIONAL, "INFORMATIONAL" },
	{ EXCHANGE_IKE_SESSION_RESUME, "IKE_SESSION_RESUME" },
	{ EXCHANGE_IKE_INTERMEDIATE, "IKE_INTERMEDIATE" },
	{ EXCHANGE_IKE_FOLLOWUP_KE, "IKE_FOLLOWUP_KE" },
	{ 0, NULL },
};
const struct names exchange_names = { "exchange type", exchange_names_entries };

static const struct name payload_names_entries[] = {
	{ PAYLOAD_NONE, "none" },
	{ PAYLOAD_SA, "SA" },
	{ PAYLOAD_KE, "KE" },
	{ PAYLOAD_IDi, "IDi" },
	{ PAYLOAD_IDr, "IDr" },
	{ PAYLOAD_CERT, "CERT" },
	{ PAYLOAD_CERTREQ, "CERTREQ" },
	{ PAYLOAD_AUTH, "AUTH" },
	{ PAYLOAD_NONCE, "Nonce" },
	{ PAYLOAD_NOTIFY, "N" },
	{ PAYLOAD_DELETE, "D" },
	{ PAYLOAD_VENDOR, "V" },
	{ PAYLOAD_TSi, "TSi" },
	{ PAYLOAD_TSr, "TSr" },
	{ PAYLOAD_SK, "SK" },
	{ PAYLOAD_CP, "CP" },
	{ PAYLOAD_EAP, "EAP" },
	{ PAYLOAD_SKF, "SKF" },
	{ 0, NULL },
};
const struct names payload_names = { "payload", payload_names_entries };

static const struct name protocol_names_entries[] = {
	{ PROTOCOL_NONE, "none" },
	{ PROTOCOL_IKE, "IKE" },
	{ PROTOCOL_AH, "AH" },
	{ PROTOCOL_ESP, "ESP" },
	{ 0, NULL },
};
const struct names protocol_names = { "protocol", protocol_names_entries };

static const struct name transform_type_names_entries[] = {
	{ TRANSFORM_ENCR, "ENCR" },
	{ TRANSFORM_PRF, "PRF" },
	{ TRANSFORM_INTEG, "INTEG" },
	{ TRANSFORM_DH, "DH" },
	{ TRANSFORM_ESN, "ESN" },
	{ TRANSFORM_ADDKE1, "ADDKE1" },
	{ TRANSFORM_ADDKE1 + 1, "ADDKE2" },
	{ TRANSFORM_ADDKE1 + 2, "ADDKE3" },
	{ TRANSFORM_ADDKE1 + 3, "ADDKE4" },
	{ TRANSFORM_ADDKE1 + 4, "ADDKE5" },
	{ TRANSFORM_ADDKE1 + 5, "ADDKE6" },
	{ TRANSFORM_ADDKE7, "ADDKE7" },
	{ 0, NULL },
};
const struct names transform_type_names = { "transform type", transform_type_names_entries };

static const struct name encr_names_entries[] = {
	{ ENCR_NONE, "NONE" },
	{ ENCR_3DES, "3DES" },
	{ ENCR_NULL, "NULL" },
	{ ENCR_AES_CBC, "AES_CBC" },
	{ ENCR_AES_CTR, "AES_CTR" },
	{ ENCR_AES_CCM_8, "AES_CCM_8" },
	{ ENCR_AES_CCM_12, "AES_CCM_12" },
	{ ENCR_AES_CCM_16, "AES_CCM_16" },
	{ ENCR_AES_GCM_8, "AES_GCM_8" },
	{ ENCR_AES_GCM_12, "AES_GCM_12" },
	{ ENCR_AES_GCM_16, "AES_GCM_16" },
	{ ENCR_NULL_AUTH_AES_GMAC, "NULL_AUTH_AES_GMAC" },
	{ ENCR_CAMELLIA_CBC, "CAMELLIA_CBC" },
	{ ENCR_CHACHA20_POLY1305, "CHACHA20_POLY1305" },
	{ 0, NULL },
};
const struct names encr_names = { "encryption algorithm", encr_names_entries };

static const struct name prf_names_entries[] = {
	{ PRF_NONE, "NONE" },
	{ PRF_HMAC_MD5, "HMAC_MD5" },
	{ PRF_HMAC_SHA1, "HMAC_SHA1" },
	{ PRF_AES128_XCBC, "AES128_XCBC" },
	{ PRF_HMAC_SHA2_256, "HMAC_SHA2_256" },
	{ PRF_HMAC_SHA2_384, "HMAC_SHA2_384" },
	{ PRF_HMAC_SHA2_512, "HMAC_SHA2_512" },
	{ 0, NULL },
};
const struct names prf_names = { "PRF", prf_names_entries };

static const struct name integ_names_entries[] = {
	{ INTEG_NONE, "NONE" },
	{ INTEG_HMAC_MD5_96, "HMAC_MD5_96" },
	{ INTEG_HMAC_SHA1_96, "HMAC_SHA1_96" },
	{ INTEG_AES_XCBC_96, "AES_XCBC_96" },
	{ INTEG_HMAC_SHA2_256_128, "HMAC_SHA2_256_128" },
	{ INTEG_HMAC_SHA2_384_192, "HMAC_SHA2_384_192" },
	{ INTEG_HMAC_SHA2_512_256, "HMAC_SHA2_512_256" },
	{ 0, NULL },
};
const struct names integ_names = { "integrity algorithm", integ_names_entries };

static const struct name dh_names_entries[] = {
	{ DH_NONE, "NONE" },
	{ DH_MODP_1024, "MODP_1024" },
	{ DH_MODP_1536, "MODP_1536" },
	{ DH_MODP_2048, "MODP_2048" },
	{ DH_MODP_3072, "MODP_3072" },
	{ DH_MODP_4096, "MODP_4096" },
	{ DH_MODP_6144, "MODP_6144" },
	{ DH_MODP_8192, "MODP_8192" },
	{ DH_ECP_256, "ECP_256" },
	{ DH_ECP_384, "ECP_384" },
	{ DH_ECP_521, "ECP_521" },
	{ DH_CURVE25519, "CURVE25519" },
	{ DH_CURVE448, "CURVE448" },
	{ DH_ML_KEM_512, "ML_KEM_512" },
	{ DH_ML_KEM_768, "ML_KEM_768" },
	{ DH_ML_KEM_1024, "ML_KEM_1024" },
	{ 0, NULL },
};
const struct names dh_names = { "key exchange method", dh_names_entries };

static const struct name id_type_names_entries[] = {
	{ ID_NONE, "ID_NONE" },
	{ ID_IPV4_ADDR, "ID_IPV4_ADDR" },
	{ ID_FQDN, "ID_FQDN" },
	{ ID_RFC822_ADDR, "ID_RFC822_ADDR" },
	{ ID_IPV6_ADDR, "ID_IPV6_ADDR" },
	{ ID_DER_ASN1_DN, "ID_DER_ASN1_DN" },
	{ ID_DER_ASN1_GN, "ID_DER_ASN1_GN" },
	{ ID_KEY_ID, "ID_KEY_ID" },
	{ ID_NULL, "ID_NULL" },
	{ 0, NULL },
};
const struct names id_type_names = { "ID type", id_type_names_entries };

static const struct name auth_method_names_entries[] = {
	{ AUTH_NONE, "NONE" },
	{ AUTH_RSA, "RSA" },
	{ AUTH_SHARED_KEY, "SHARED_KEY" },
	{ AUTH_DSS, "DSS" },
	{ AUTH_ECDSA_256, "ECDSA_256" },
	{ AUTH_ECDSA_384, "ECDSA_384" },
	{ AUTH_ECDSA_521, "ECDSA_521" },
	{ AUTH_NULL, "NULL" },
	{ AUTH_SIGNATURE, "SIGNATURE" },
	{ 0, NULL },
};
const struct names auth_method_names = { "authentication method", auth_method_names_entries };

static const struct name ts_type_names_entries[] = {
	{ TS_IPV4_ADDR_RANGE, "TS_IPV4_ADDR_RANGE" },
	{ TS_IPV6_ADDR_RANGE, "TS_IPV6_ADDR_RANGE" },
	{ 0, NULL },
};
const struct names ts_type_names = { "TS type", ts_type_names_entries };

static const struct name cp_type_names_entries[] = {
	{ CP_CFG_REQUEST, "CFG_REQUEST" },
	{ CP_CFG_REPLY, "CFG_REPLY" },
	{ CP_CFG_SET, "CFG_SET" },
	{ CP_CFG_ACK, "CFG_ACK" },
	{ 0, NULL },
};
const struct names cp_type_names = { "CFG type", cp_type_names_entries };

static const struct name cp_attribute_names_entries[] = {
	{ INTERNAL_IP4_ADDRESS, "INTERNAL_IP4_ADDRESS" },
	{ INTERNAL_IP4_NETMASK, "INTERNAL_IP4_NETMASK" },
	{ INTERNAL_IP4_DNS, "INTERNAL_IP4_DNS" },
	{ INTERNAL_IP4_NBNS, "INTERNAL_IP4_NBNS" },
	{ INTERNAL_IP4_DHCP, "INTERNAL_IP4_DHCP" },
	{ APPLICATION_VERSION, "APPLICATION_VERSION" },
	{ INTERNAL_IP6_ADDRESS, "INTERNAL_IP6_ADDRESS" },
	{ INTERNAL_IP6_DNS, "INTERNAL_IP6_DNS" },
	{ INTERNAL_IP6_DHCP, "INTERNAL_IP6_DHCP" },
	{ INTERNAL_IP4_SUBNET, "INTERNAL_IP4_SUBNET" },
	{ SUPPORTED_ATTRIBUTES, "SUPPORTED_ATTRIBUTES" },
	{ INTERNAL_IP6_SUBNET, "INTERNAL_IP6_SUBNET" },
	{ INTERNAL_DNS_DOMAIN, "INTERNAL_DNS_DOMAIN" },
	{ INTERNAL_DNSSEC_TA, "INTERNAL_DNSSEC_TA" },
	{ 0, NULL },
};
const struct names cp_attribute_names = { "configuration attribute", cp_attribute_names_entries };

static const struct name cert_encoding_names_entries[] = {
	{ CERT_PKCS7, "PKCS7" },
	{ CERT_X509_SIGNATURE, "X509_SIGNATURE" },
	{ CERT_CRL, "CRL" },
	{ CERT_X509_HASH_AND_URL, "X509_HASH_AND_URL" },
	{ CERT_X509_BUNDLE_HASH_AND_URL, "X509_BUNDLE_HASH_AND_URL" },
	{ CERT_RAW_PUBLIC_KEY, "RAW_PUBLIC_KEY" },
	{ 0, NULL },
};
const struct names cert_encoding_names = { "certificate encoding", cert_encoding_names_entries };

static const struct name eap_code_names_entries[] = {
	{ EAP_REQUEST, "REQUEST" },
	{ EAP_RESPONSE, "RESPONSE" },
	{ EAP_SUCCESS, "SUCCESS" },
	{ EAP_FAILURE, "FAILURE" },
	{ 0, NULL },
};
const struct names eap_code_names = { "EAP code", eap_code_names_entries };

static const struct name notify_names_entries[] = {
	{ UNSUPPORTED_CRITICAL_PAYLOAD, "UNSUPPORTED_CRITICAL_PAYLOAD" },
	{ INVALID_IKE_SPI, "INVALID_IKE_SPI" },
	{ INVALID_MAJOR_VERSION, "INVALID_MAJOR_VERSION" },
	{ INVALID_SYNTAX, "INVALID_SYNTAX" },
	{ INVALID_MESSAGE_ID, "INVALID_MESSAGE_ID" },
	{ INVALID_SPI, "INVALID_SPI" },
	{ NO_PROPOSAL_CHOSEN, "NO_PROPOSAL_CHOSEN" },
	{ INVALID_KE_PAYLOAD, "INVALID_KE_PAYLOAD" },
	{ AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED" },
	{ SINGLE_PAIR_REQUIRED, "SINGLE_PAIR_REQUIRED" },
	{ NO_ADDITIONAL_SAS, "NO_ADDITIONAL_SAS" },
	{ INTERNAL_ADDRESS_FAILURE, "INTERNAL_ADDRESS_FAILURE" },
	{ FAILED_CP_REQUIRED, "FAILED_CP_REQUIRED" },
	{ TS_UNACCEPTABLE, "TS_UNACCEPTABLE" },
	{ INVALID_SELECTORS, "INVALID_SELECTORS" },
	{ UNACCEPTABLE_ADDRESSES, "UNACCEPTABLE_ADDRESSES" },
	{ UNEXPECTED_NAT_DETECTED, "UNEXPECTED_NAT_DETECTED" },
	{ TEMPORARY_FAILURE, "TEMPORARY_FAILURE" },
	{ CHILD_SA_NOT_FOUND, "CHILD_SA_NOT_FOUND" },
	{ INVALID_GROUP_ID, "INVALID_GROUP_ID" },
	{ AUTHORIZATION_FAILED, "AUTHORIZATION_FAILED" },
	{ STATE_NOT_FOUND, "STATE_NOT_FOUND" },
	{ INITIAL_CONTACT, "INITIAL_CONTACT" },
	{ SET_WINDOW_SIZE, "SET_WINDOW_SIZE" },
	{ ADDITIONAL_TS_POSSIBLE, "ADDITIONAL_TS_POSSIBLE" },
	{ IPCOMP_SUPPORTED, "IPCOMP_SUPPORTED" },
	{ NAT_DETECTION_SOURCE_IP, "NAT_DETECTION_SOURCE_IP" },
	{ NAT_DETECTION_DESTINATION_IP, "NAT_DETECTION_DESTINATION_IP" },
	{ COOKIE, "COOKIE" },
	{ USE_TRANSPORT_MODE, "USE_TRANSPORT_MODE" },
	{ USE_AGGFRAG, "USE_AGGFRAG" },
	{ HTTP_CERT_LOOKUP_SUPPORTED, "HTTP_CERT_LOOKUP_SUPPORTED" },
	{ REKEY_SA, "REKEY_SA" },
	{ ESP_TFC_PADDING_NOT_SUPPORTED, "ESP_TFC_PADDING_NOT_SUPPORTED" },
	{ NON_FIRST_FRAGMENTS_ALSO, "NON_FIRST_FRAGMENTS_ALSO" },
	{ MOBIKE_SUPPORTED, "MOBIKE_SUPPORTED" },
	{ ADDITIONAL_IP4_ADDRESS, "ADDITIONAL_IP4_ADDRESS" },
	{ ADDITIONAL_IP6_ADDRESS, "ADDITIONAL_IP6_ADDRESS" },
	{ NO_ADDITIONAL_ADDRESSES, "NO_ADDITIONAL_ADDRESSES" },
	{ UPDATE_SA_ADDRESSES, "UPDATE_SA_ADDRESSES" },
	{ COOKIE2, "COOKIE2" },
	{ NO_NATS_ALLOWED, "NO_NATS_ALLOWED" },
	{ AUTH_LIFETIME, "AUTH_LIFETIME" },
	{ MULTIPLE_AUTH_SUPPORTED, "MULTIPLE_AUTH_SUPPORTED" },
	{ ANOTHER_AUTH_FOLLOWS, "ANOTHER_AUTH_FOLLOWS" },
	{ REDIRECT_SUPPORTED, "REDIRECT_SUPPORTED" },
	{ REDIRECT, "REDIRECT" },
	{ REDIRECTED_FROM, "REDIRECTED_FROM" },
	{ TICKET_LT_OPAQUE, "TICKET_LT_OPAQUE" },
	{ TICKET_REQUEST, "TICKET_REQUEST" },
	{ TICKET_ACK, "TICKET_ACK" },
	{ TICKET_NACK, "TICKET_NACK" },
	{ TICKET_OPAQUE, "TICKET_OPAQUE" },
	{ EAP_ONLY_AUTHENTICATION, "EAP_ONLY_AUTHENTICATION" },
	{ CHILDLESS_IKEV2_SUPPORTED, "CHILDLESS_IKEV2_SUPPORTED" },
	{ QUICK_CRASH_DETECTION, "QUICK_CRASH_DETECTION" },
	{ IKEV2_FRAGMENTATION_SUPPORTED, "IKEV2_FRAGMENTATION_SUPPORTED" },
	{ SIGNATURE_HASH_ALGORITHMS, "SIGNATURE_HASH_ALGORITHMS" },
	{ USE_PPK, "USE_PPK" },
	{ PPK_IDENTITY, "PPK_IDENTITY" },
	{ NO_PPK_AUTH, "NO_PPK_AUTH" },
	{ INTERMEDIATE_EXCHANGE_SUPPORTED, "INTERMEDIATE_EXCHANGE_SUPPORTED" },
	{ ADDITIONAL_KEY_EXCHANGE, "ADDITIONAL_KEY_EXCHANGE" },
	{ SUPPORTED_AUTH_METHODS, "SUPPORTED_AUTH_METHODS" },
	{ 0, NULL },
};
const struct names notify_names = { "notify", notify_names_entries };
