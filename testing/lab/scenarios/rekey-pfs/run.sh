# SPDX-License-Identifier: Apache-2.0
# shows: PFS on one side only: rekeying from each side leaves the tunnel up, and no ping is lost
# timeout: 240
. "$LAB/rekeys.sh"
two_gateways
for kind in strongswan libreswan; do
	for ours in yes no; do
		case $ours in
		yes) theirs=no ;;
		no) theirs=yes ;;
		esac
		rekey_conf pfs=$theirs esp=aes_gcm256
		[ $theirs = yes ] || swanctl_conf east esp_proposals=aes256gcm16 proposals=aes256gcm16-prfsha256-ecp256
		conn_conf west esp=aes_gcm256 ike=aes_gcm256-sha2_256-dh19 pfs=$ours
		start vanth west
		start $kind east
		say "Vanth has pfs=$ours, $kind pfs=$theirs"
		up west tunnel
		flood_start
		for side in west east; do
			remember
			rekey $side tunnel child
			changed 30
		done
		flood_stop
		stop_daemons
	done
done
