# SPDX-License-Identifier: Apache-2.0
# shows: both phases of IKEv1 are renewed by Vanth, by strongSwan and by both at once, and no ping is lost
# timeout: 240
. "$LAB/rekeys.sh"
. "$LAB/ikev1.sh"
two_gateways
v1_conf
start vanth west
start strongswan east
up west tunnel
flood_start
for side in west east; do
	for what in ike child; do v1_renewed $side $what; done
done
slow_wire 300
for what in ike child; do v1_renewed both $what; done
slow_wire 0
flood_stop
v1_went_on 3
down west tunnel
no_child_sas west 5
no_child_sas east 5
