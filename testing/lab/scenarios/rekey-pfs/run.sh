# SPDX-License-Identifier: Apache-2.0
# shows: PFS on one side only: rekeying from each side leaves the tunnel up, and hardly a ping is lost
# timeout: 240
. "$LAB/rekeys.sh"
# A responder sends with a Child SA of IKE_AUTH before we can have its keys, and strongSwan asks its kernel for another
# one while it changes its policies: a few packets are lost to that.
allow_xfrm_stat XfrmInNoStates XfrmAcquireError
two_gateways
for kind in strongswan libreswan; do
	for ours in yes no; do
		rekey_conf
		case $ours in
		yes) swanctl_conf east esp_proposals=aes256gcm16 proposals=aes256gcm16-prfsha256-ecp256 && pfs_there=no ;;
		no) pfs_there=yes ;;
		esac
		conn_conf west esp=aes_gcm256 ike=aes_gcm256-sha2_256-dh19 pfs=$ours
		conn_conf east esp=aes_gcm256 ike=aes_gcm256-sha2_256-dh19 pfs=$pfs_there
		start vanth west
		start $kind east
		say "Vanth has pfs=$ours, $kind pfs=$pfs_there"
		up west tunnel
		flood_start
		for side in west east; do
			remember
			# refused where it would be without PFS; then a whole new IKE SA takes its place
			rekey_async $side tunnel child
			changed 40
		done
		flood_stop 10
		stop_daemons
	done
done
