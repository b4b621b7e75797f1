# SPDX-License-Identifier: Apache-2.0
# shows: IKEv1's Aggressive Mode with a shared key and with RSA, strongSwan and Libreswan, both roles; what a shared key
#        gives away is said
# timeout: 240
# As the initiator Libreswan offers DH 5 unless its ike= has one group, which then is the only one that it takes.
two_gateways
. "$LAB/certificates.sh"
write east.charon <<<'i_dont_care_about_security_and_use_aggressive_mode_psk = yes'
for peer in strongswan libreswan; do
	say "east is $peer"
	keys west
	keys east
	aggressive=({west,east}.aggressive=yes ike.aggressive=yes)
	[ $peer = strongswan ] || aggressive+=({west,east}.ike=aes256-sha2_256-modp2048)
	v1_conn v15 cert=rsa authby=rsasig "${aggressive[@]}"
	v1_conn key {west,east}.cert= authby=secret {local,remote}.auth=psk "${aggressive[@]}"
	for side in west east; do echo ': PSK "a secret of the lab"' >>"$WORK/$side.secrets"; done
	printf 'secrets {\n\tike {\n\t\tsecret = "a secret of the lab"\n\t}\n}\n' >>"$WORK/east.swanctl"
	[ $peer = strongswan ] || libreswan_speaks_v1 east
	start vanth west
	log_has west "a hash of it goes to whoever asks"
	start $peer east
	capture_start
	both_roles key
	sees_esp
	sees_on_wire "phase 1 I agg" udp port 500
	pings=no
	both_roles v15
	pings=
	stop_daemons
done
