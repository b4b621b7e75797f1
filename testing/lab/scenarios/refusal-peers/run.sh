# SPDX-License-Identifier: Apache-2.0
# shows: the three refusals by and of strongSwan and Libreswan: nothing is left, and we say what is wrong
# timeout: 400
two_gateways
for kind in strongswan libreswan; do
	for what in psk proposal selectors; do
		say "$kind: $what"
		rm -f "$WORK"/*.secrets
		conn_conf west ike=aes_gcm256-sha2_256-dh19 esp=aes_gcm256
		case $what in
		psk)
			conn_conf east
			swanctl_conf east secret="quite another secret"
			write east.secrets <<<'@west.example @east.example : PSK "quite another secret"'
			notify=AUTHENTICATION_FAILED
			;;
		proposal)
			conn_conf east ike=aes128-sha1-dh14
			swanctl_conf east proposals=aes128-sha1-modp2048
			notify=NO_PROPOSAL_CHOSEN
			;;
		selectors)
			conn_conf east leftsubnet=10.99.0.0/24
			swanctl_conf east remote_ts=10.99.0.0/24
			notify=TS_UNACCEPTABLE
			;;
		esac
		start vanth west
		start $kind east
		up_fails west tunnel
		contains "$output" $notify
		if [ $kind = libreswan ] && [ $what = selectors ]; then
			up east tunnel # it calls an IKE SA without a Child SA a success
			contains "$output" $notify
		else
			up_fails east tunnel
		fi
		log_has west $notify 5
		no_child_sas west
		stop_daemons
	done
done
