# SPDX-License-Identifier: Apache-2.0
# shows: certificates with strongSwan, both roles: RSA PSS and v1.5, ECDSA P-256/384/521, every kind of ID, chains
# timeout: 200
two_gateways
. "$LAB/certificates.sh"
charon_plugins=revocation
keys west
keys east
pair_conn pss cert=rsa authby=rsa/pss local.auth=ike:rsa/pss-sha512-sha256 remote.auth=ike:rsa/pss-sha512
pair_conn v15 cert=rsa authby=rsa-sha256 local.auth=ike:rsa-sha256 remote.auth=ike:rsa-sha256
pair_conn p256 authby=ecdsa local.auth=ike:ecdsa-sha256 remote.auth=ike:ecdsa-sha256
pair_conn p384 authby=ecdsa local.auth=ike:ecdsa-sha384 remote.auth=ike:ecdsa-sha384
pair_conn p521 authby=ecdsa local.auth=ike:ecdsa-sha512 remote.auth=ike:ecdsa-sha512
# IDs: addresses, mail, DN written out, DN out of the certificate, a pattern
pair_conn address cert=named authby=rsasig west.id= east.id=
pair_conn mail cert=named authby=rsasig west.id=gateway@west.example east.id=gateway@east.example
pair_conn dn west.id="C=CH, O=Lab, OU=west, CN=a gateway" east.id="C=CH, O=Lab, OU=east, CN=a gateway"
pair_conn own west.id=%fromcert east.id=%fromcert west.expects="C=CH, O=Lab, OU=east, CN=own" \
	east.expects="C=CH, O=Lab, OU=west, CN=own"
pair_conn wild west.id="C=CH, O=Wild, OU=west, CN=wild" east.id="C=CH, O=Wild, OU=east, CN=wild" \
	west.expects="C=CH, O=Wild, OU=*, CN=*" east.expects="C=CH, O=Wild, OU=*, CN=*"
# a PEM file of key, chain and certificate
pair_conn file west.cert="$authority/west-file.all"
# certificates that are not sent, because the other end has them; and one that is sent to whom did not ask
pair_conn never cert=rsa authby=rsasig west.leftsendcert=never west.rightcert="$authority/east-rsa.pem" \
	ike.send_cert=never remote.certs="$authority/west-rsa.pem"
pair_conn always cert=rsa authby=rsasig west.leftsendcert=always ike.send_certreq=no ike.send_cert=always
start vanth west
start strongswan east
capture_start
both_roles pss
sees_esp
both_roles v15 p256 p384 p521
pings=no
both_roles address mail dn own wild
both_roles file
both_roles never always
log_has east "authentication of 'pss.west.example' with RSA_EMSA_PSS_SHA2_512_SALT_64 successful"
log_has east "authentication of 'v15.west.example' with RSA_EMSA_PKCS1_SHA2_256 successful"
log_has east "authentication of 'p521.west.example' with ECDSA_WITH_SHA512_DER successful"
