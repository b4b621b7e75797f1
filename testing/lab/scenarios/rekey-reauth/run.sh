# SPDX-License-Identifier: Apache-2.0
# shows: reauthentication with strongSwan and Libreswan, begun by each side, under pings of which hardly one is lost
# timeout: 240
. "$LAB/rekeys.sh"
# A responder sends with a Child SA of IKE_AUTH before we can have its keys, and strongSwan asks its kernel for another
# one while it changes its policies: a few packets are lost to that.
allow_xfrm_stat XfrmInNoStates XfrmAcquireError
two_gateways
rekey_conf
# otherwise strongSwan breaks before it makes
write east.charon <<<$'delete_rekeyed_delay = 1\nmake_before_break = yes'
for kind in strongswan libreswan; do
	start vanth west
	start $kind east
	up west tunnel
	flood_start
	for side in west east; do
		[ "$side $kind" != "east libreswan" ] || continue
		remember
		rekey $side tunnel reauth
		replaced reauth
	done
	flood_stop 10
	stop_daemons
done
