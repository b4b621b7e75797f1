# SPDX-License-Identifier: Apache-2.0
# shows: our end of a tunnel with strongSwan and with Libreswan is an interface with routes, in both roles and over rekeys
# timeout: 240
two_gateways
gone() { ! ip -n west link show ipsec1 >/dev/null 2>&1; }

conn_conf west ipsec-interface=yes pfs=no
conn_conf east pfs=no
swanctl_conf east
start vanth west
for peer in strongswan libreswan; do
	start $peer east
	[ $peer = strongswan ] || allow_xfrm_stat XfrmInNoStates # Libreswan sends with a Child SA before its answer is here
	for side in west east; do
		say "with $peer, from $side"
		capture_start
		up $side tunnel
		wait_for 5 "the interface" ip -n west link show ipsec1
		contains "$(ip -n west route get 10.2.0.2)" "dev ipsec1"
		contains "$(ip -n west xfrm state)" "if_id 0x1"
		ping_ok westlan 10.2.0.2
		ping_ok eastlan 10.1.0.2
		rekey $side tunnel child
		ping_ok westlan 10.2.0.2
		ping_ok eastlan 10.1.0.2
		sees_esp
		down $side tunnel
		wait_for 5 "no interface" gone
		no_child_sas east 5
	done
	stop east
done
