# SPDX-License-Identifier: Apache-2.0
# shows: two proofs in one IKE_AUTH (RFC 4739) with strongSwan, both roles: certificate and secret, secret and certificate, two certificates; one that is missing
# timeout: 200
two_gateways
. "$LAB/certificates.sh"
. "$LAB/refused.sh"
keys west
keys east
alice=(west.leftauth2=secret west.leftid2=@alice.west.example remote-2.auth=psk remote-2.id=alice.west.example)
vault=(west.rightauth2=secret west.rightid2=@vault.east.example local-2.auth=psk local-2.id=vault.east.example)
second=(west.leftauth2=ecdsa west.leftcert2=west-p384 west.leftid2=@p384.west.example
	west.rightauth2=ecdsa west.rightid2=@p384.east.example
	local-2.auth=pubkey local-2.certs=east-p384.pem local-2.id=p384.east.example
	remote-2.auth=pubkey remote-2.id=p384.west.example)
pair_conn p256 "${alice[@]}"
pair_conn p521 "${vault[@]}"
pair_conn pss cert=rsa authby=rsasig "${alice[@]}" "${vault[@]}"
pair_conn own west.id=%fromcert east.id=%fromcert west.expects="C=CH, O=Lab, OU=east, CN=own" \
	east.expects="C=CH, O=Lab, OU=west, CN=own" "${second[@]}"
pair_conn secret west.cert= east.cert= authby=secret local.auth=psk remote.auth=psk "${second[@]}"
# what is asked for and does not come, here and there
pair_conn v15 cert=rsa authby=rsasig west.rightauth2=secret
pair_conn never cert=rsa authby=rsasig remote-2.auth=psk remote-2.id=alice.west.example
write west.secrets <<-'SECRETS'
@alice.west.example : PSK "the secret of a second proof"
@vault.east.example : PSK "the secret of a second proof"
@secret.west.example @secret.east.example : PSK "a secret of the lab"
SECRETS
cat >>"$WORK/east.swanctl" <<-'SECRETS'
secrets {
	ike-second {
		id-1 = alice.west.example
		id-2 = vault.east.example
		secret = "the secret of a second proof"
	}
	ike-lab {
		id-1 = secret.west.example
		id-2 = secret.east.example
		secret = "a secret of the lab"
	}
}
SECRETS
start vanth west
start strongswan east
both_roles p256 p521
pings=no
both_roles pss own
# As an initiator strongSwan proves itself by a secret only to a peer that has proven all that is asked of it: a secret
# first, and then a certificate, works when the other end begins.
up west secret
take_down west secret
log_has east "authentication of 'alice.west.example' with pre-shared key successful"
log_has east "authentication of 'p384.west.example' with ECDSA_WITH_SHA384_DER successful"
refused v15 "proves its identity only once"
refused never ""
