# SPDX-License-Identifier: Apache-2.0
# shows: certificates with Libreswan, both roles: RSA PSS and v1.5, ECDSA P-256/384/521, every kind of ID
# timeout: 200
two_gateways
. "$LAB/certificates.sh"
keys west
keys east
pair_conn pss cert=rsa authby=rsa-sha2
# 4.10 says "rsa-sha1", and as the responder signs by PSS all the same
pair_conn sha1 cert=rsa authby=rsa-sha1 west.authby= west.leftauth=rsa-sha1 west.rightauth=rsasig,rsa-sha1
pair_conn p256 authby=ecdsa
pair_conn p384 authby=ecdsa-sha2_384
pair_conn p521 authby=ecdsa-sha2_512
# IDs: addresses, mail, DN written out, DN out of the certificate, a pattern
pair_conn address cert=named authby=rsasig west.id= east.id=
pair_conn mail cert=named authby=rsasig west.id=gateway@west.example east.id=gateway@east.example
pair_conn dn west.id="C=CH, O=Lab, OU=west, CN=a gateway" east.id="C=CH, O=Lab, OU=east, CN=a gateway"
pair_conn own west.id=%fromcert east.id=%fromcert west.expects="C=CH, O=Lab, OU=east, CN=own" \
	east.expects="C=CH, O=Lab, OU=west, CN=own"
pair_conn wild west.id="C=CH, O=Wild, OU=west, CN=wild" east.id="C=CH, O=Wild, OU=east, CN=wild" \
	west.expects="C=CH, O=Wild, OU=*, CN=*" east.expects="C=CH, O=Wild, OU=*, CN=*"
# sent to whom asks: Libreswan asks as the responder, and as the initiator not
pair_conn always cert=rsa authby=rsasig west.leftsendcert=ifasked east.rightsendcert=sendifasked
start vanth west
start libreswan east
capture_start
both_roles pss
sees_esp
both_roles sha1 p256 p384 p521
pings=no
both_roles address mail dn own wild
up west always
take_down west always
log_has east "authenticated peer '2048-bit RSASSA-PSS with SHA2_512' digital signature using peer certificate '@pss.west.example'"
log_has east "authenticated peer 'P-521 ECDSA with SHA2_512' digital signature using peer certificate '@p521.west.example'"
