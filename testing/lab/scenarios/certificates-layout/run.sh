# SPDX-License-Identifier: Apache-2.0
# shows: strongSwan's files as they are (ipsec.d, ca sections, encrypted keys in ipsec.secrets), both roles, changed under an SA
# sample: yes
# timeout: 120
two_gateways
. "$LAB/certificates.sh"
. "$LAB/rekeys.sh"
charon_plugins=revocation
keys west
keys east
layout=$WORK/west.d/ipsec.d
rm -rf "$WORK/west.d/nss"
mkdir -p "$layout"/{cacerts,certs,private}
cp "$authority/root.pem" "$layout/cacerts/rootCert.pem"
cp "$authority/rsaroot.pem" "$layout/cacerts/rsarootCert.pem"
for name in rsa p256 p384; do cp "$authority/west-$name.pem" "$layout/certs/${name}Cert.pem"; done
cp "$authority/east-rsa.pem" "$layout/certs/eastCert.pem"

# give NAME: gwCert.pem and its key are those of west-NAME
give() {
	cp "$authority/west-$1.pem" "$layout/certs/gwCert.pem"
	cp "$authority/west-$1.key" "$layout/private/gwKey.pem"
}

# in the form of old, in PKCS#8, and as it is; two of them have no entry in ipsec.secrets
openssl rsa -traditional -aes128 -passout pass:lab -in "$authority/west-rsa.key" -out "$layout/private/rsaKey.pem" 2>/dev/null
openssl pkcs8 -topk8 -passout pass:"open sesame" -in "$authority/west-p384.key" -out "$layout/private/p384Key.pem"
cp "$authority/west-p256.key" "$layout/private"
openssl pkcs12 -export -inkey "$authority/west-p521.key" -in "$authority/west-p521.pem" -passout pass:lab \
	-out "$layout/private/p521.p12"
give own
chmod 600 "$layout"/private/*
write west.secrets <<-SECRETS
: RSA rsaKey.pem "lab"
: ECDSA p384Key.pem "open sesame"
: P12 p521.p12 "lab"
SECRETS
cat >"$WORK/west.conf" <<CONF
config setup
	secretsfile=$WORK/west.d/secrets
ca root
	cacert=rootCert.pem
	auto=add
ca rsaroot
	cacert=rsarootCert.pem
	auto=add
CONF
pair_conn pss cert=rsa authby=rsasig west.cert=rsaCert.pem
pair_conn p384 west.cert=p384Cert.pem
pair_conn p256 west.cert=p256Cert.pem
pair_conn p521 west.cert=p521.p12
pair_conn never cert=rsa authby=rsasig west.cert=rsaCert.pem west.rightcert=eastCert.pem ike.send_cert=never
pair_conn own west.cert=gwCert.pem west.id=%fromcert east.id=%fromcert west.expects="C=CH, O=Lab, OU=east, CN=own" \
	east.expects="C=CH, O=Lab, OU=west, CN=*"

start vanth west
start strongswan east
both_roles pss
pings=no
both_roles p521
for case in "west p384" "west p256" "east never"; do
	up $case
	take_down $case
done

for what in "check pss" "list certs"; do
	output=$(ipsec west ${what% *} "${what#* }" --config "$WORK/west.d/conf" --nssdir "$WORK/west.d/nss") ||
		fail "ipsec $what: $output"
	contains "$output" ipsec.d/certs/rsaCert.pem
	contains "$output" ipsec.d/private/rsaKey.pem
done

# another certificate in the file: the SA stays, and the next one has it
up west own
spis=$(spis west)
give dn
ipsec west rereadall
[ "$(spis west)" = "$spis" ] || fail "the SAs were $spis and are $(spis west)"
ping_ok westlan 10.2.0.2
log_has east "authentication of 'C=CH, O=Lab, OU=west, CN=own'"
take_down west own
up west own
log_has east "authentication of 'C=CH, O=Lab, OU=west, CN=a gateway'"
