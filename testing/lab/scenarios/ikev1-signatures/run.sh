# SPDX-License-Identifier: Apache-2.0
# shows: IKEv1's Main Mode with certificates, both roles: RSA with strongSwan and Libreswan, ECDSA P-256/384/521 with
#        strongSwan; IDs of several kinds, an intermediate CA; who has no proposal in common hears it
# timeout: 300
two_gateways
. "$LAB/certificates.sh"
ecdsa_and_refusals() {
	both_roles p256 p384 p521 always
	: >"$WORK/west.conf"
	printf 'connections {\n}\n' >"$WORK/east.swanctl"
	v1_conn v15 cert=rsa authby=rsasig ike.proposals=3des-sha1-modp2048
	load west
	load east
	ipsec west up v15 --asynchronous || true
	log_has west "says NO_PROPOSAL_CHOSEN" 10
	down west v15
	up_fails east v15
	log_has east "received NO_PROPOSAL_CHOSEN error notify"
}
for peer in strongswan libreswan; do
	say "east is $peer"
	keys west -chain
	keys east -chain
	v1_conn v15 cert=rsa authby=rsasig
	v1_conn dn cert=named authby=rsasig west.id="C=CH, O=Lab, OU=west, CN=named" east.id="C=CH, O=Lab, OU=east, CN=named"
	v1_conn chain authby=rsasig
	if [ $peer = strongswan ]; then
		for curve in p256 p384 p521; do v1_conn $curve authby=ecdsa; done
		v1_conn always cert=rsa authby=rsasig ike.send_certreq=no ike.send_cert=always # sent to whom did not ask
	else
		libreswan_speaks_v1 east
	fi
	start vanth west
	start $peer east
	capture_start
	both_roles v15
	sees_esp
	pings=no
	both_roles dn chain
	[ $peer = libreswan ] || ecdsa_and_refusals
	pings=
	stop_daemons
done
