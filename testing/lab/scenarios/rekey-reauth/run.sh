# SPDX-License-Identifier: Apache-2.0
# shows: reauthentication with every peer, begun by each side, under pings of which none is lost between two Vanths
# timeout: 240
. "$LAB/rekeys.sh"
# A responder sends with a Child SA of IKE_AUTH before we can have its keys, and strongSwan asks its kernel for another
# one while it changes its policies: a few packets are lost to that.
allow_xfrm_stat XfrmInNoStates XfrmAcquireError
two_gateways
rekey_conf
# otherwise strongSwan breaks before it makes
write east.charon <<<$'delete_rekeyed_delay = 1\nmake_before_break = yes'
# Who reauthenticates began the tunnel: two Child SAs begun by both ends within ten seconds count as crossed.
declare -A lost=([vanth]=0 [strongswan]=10 [libreswan]=10)
for pair in "vanth west" "vanth east" "strongswan west" "strongswan east" "libreswan west"; do
	read -r kind side <<<"$pair"
	start vanth west
	start "$kind" east
	up "$side" tunnel
	flood_start
	remember
	rekey "$side" tunnel reauth
	replaced reauth
	flood_stop "${lost[$kind]}"
	stop_daemons
done
