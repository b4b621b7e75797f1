# SPDX-License-Identifier: Apache-2.0
# shows: raw keys with Libreswan and strongSwan, AUTH NULL with Libreswan, a secret on one side and a certificate on the other
# timeout: 200
two_gateways
. "$LAB/certificates.sh"

# public NAME: its SubjectPublicKeyInfo in base64
public() { openssl pkey -in "$authority/$1.key" -pubout -outform DER | base64 -w 0; }

# rfc3110 NAME: as Libreswan writes RSA keys, with the exponent 65537
rfc3110() {
	{
		printf '\003\001\000\001'
		openssl rsa -in "$authority/$1.key" -noout -modulus | cut -d = -f 2 | basenc -d --base16
	} | base64 -w 0
}

# raw_keys NAME KEY: a conn by public keys alone, for strongSwan's side too
raw_keys() {
	local side file
	for side in west east; do
		file=$WORK/$side-$2.pub
		openssl pkey -in "$authority/$side-$2.key" -pubout -out "$file"
	done
	pair_conn "$1" west.cert= east.cert= authby="$3" "west.leftpubkey=0s$(public west-$2)" \
		"west.rightpubkey=0s$(public east-$2)" local.pubkeys="$WORK/east-$2.pub" remote.pubkeys="$WORK/west-$2.pub"
}

say "strongSwan"
keys west
keys east
raw_keys rawrsa rsa rsasig
raw_keys rawecdsa p384 ecdsa
# strongSwan proves itself by a secret, we by a certificate; and the other way round
mixed() {
	pair_conn certificate cert=p256 east.cert= authby= west.leftauth=ecdsa west.rightauth=secret \
		east.leftauth=ecdsa east.rightauth=secret local.auth=psk \
		west.id=@p256.west.example east.id=@mixed.east.example
	pair_conn secret cert=p256 west.cert= authby= west.leftauth=secret west.rightauth=ecdsa \
		east.leftauth=secret east.rightauth=ecdsa remote.auth=psk \
		west.id=@mixed.west.example east.id=@p256.east.example
	write west.secrets <<<': PSK "a secret of the lab"'
	cp "$WORK/west.secrets" "$WORK/east.secrets"
}
mixed
echo 'secrets { ike { secret = "a secret of the lab" } }' >>"$WORK/east.swanctl"
start vanth west
start strongswan east
both_roles rawrsa rawecdsa certificate secret
log_has east "authentication of 'rawecdsa.west.example' with ECDSA_WITH_SHA384_DER successful"
log_has east "authentication of 'p256.west.example' with ECDSA_WITH_SHA256_DER successful"
stop_daemons

say "Libreswan"
keys west
keys east
west_key=0s$(rfc3110 west-rsa)
east_key=0s$(rfc3110 east-rsa)
pair_conn raw west.cert= east.cert= authby=rsa-sha2 "west.leftrsasigkey=$west_key" "west.rightrsasigkey=$east_key" \
	"east.leftrsasigkey=$west_key" "east.rightrsasigkey=$east_key"
mixed
start vanth west
start libreswan east
both_roles raw certificate secret
stop_daemons

# By itself: among several conns between the same addresses Libreswan does not find the one of a peer without a name.
say "Libreswan, AUTH NULL"
keys west
keys east
pair_conn null west.cert= east.cert= authby=null west.id=%null east.id=%null
start vanth west
start libreswan east
both_roles null
log_has east "authenticated peer using authby=null"
