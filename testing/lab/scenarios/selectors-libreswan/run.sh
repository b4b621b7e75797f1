# SPDX-License-Identifier: Apache-2.0
# shows: Libreswan 4.10, which takes one pair of selectors in a Child SA: each pair gets its own, in both roles
# timeout: 240
. "$LAB/selectors.sh"
two_networks_each
conn_conf west leftsubnet=$west_ts rightsubnet=$east_ts
conn_conf east leftsubnet= rightsubnet= "leftsubnets={10.1.0.0/24 10.3.0.0/24}" "rightsubnets={10.2.0.0/24 10.4.0.0/24}"
start vanth west
start libreswan east
# it sends with a new Child SA as soon as it has answered: what overtakes the answer finds no SA
allow_xfrm_stat XfrmInNoStates
for side in west east; do
	capture_start
	up $side tunnel
	pairs_protected 4
	every_pair
	sees_esp
	sas west 8
	down $side tunnel
	no_child_sas west 10
	stop_daemons
	start vanth west
	start libreswan east
done
stop_daemons

say "the peer has one pair"
conn_conf west leftsubnet=$west_ts rightsubnet=$east_ts narrowing=yes
conn_conf east leftsubnet=10.3.0.0/24 rightsubnet=10.4.0.0/24
start vanth west
start libreswan east
up west tunnel
ping_ok westlan 10.4.0.2 -I 10.3.0.2
ping_ok eastlan 10.3.0.2 -I 10.4.0.2
down west tunnel
no_child_sas west 10
