# SPDX-License-Identifier: Apache-2.0
# shows: one end has a part of what the other has: the Child SA is for that part, with strongSwan and Libreswan, in both roles
# timeout: 240
two_gateways
part_is_protected() {
	wait_for 5 "the part's policy" policies_for "$1" "$2"
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	sees_esp
}
# policies_for SOURCE DESTINATION: west's outbound policies are for this pair alone
policies_for() {
	local found
	found=$(ip -n west xfrm policy list dir out | sed -n 's/^src \([0-9.\/]*\) dst \([0-9.\/]*\) .*/\1 \2/p')
	[ "$found" = "$1 $2" ]
}

conn_conf east rightsubnet=10.0.0.0/8 narrowing=yes
swanctl_conf east remote_ts=10.0.0.0/8
conn_conf west narrowing=yes
for peer in strongswan libreswan; do
	[ $peer = strongswan ] || allow_xfrm_stat XfrmInNoStates # Libreswan sends with a Child SA before its answer is here
	start vanth west
	start $peer east
	for side in west east; do
		say "$peer has 10.0.0.0/8 where we have 10.1.0.0/24, from $side"
		capture_start
		up $side tunnel
		part_is_protected 10.1.0.0/24 10.2.0.0/24
		down $side tunnel
		no_child_sas west 10
		no_child_sas east 10
	done
	stop_daemons
done

conn_conf east narrowing=yes
swanctl_conf east
conn_conf west leftsubnet=10.0.0.0/8 narrowing=yes
for peer in strongswan libreswan; do
	start vanth west
	start $peer east
	for side in west east; do
		say "we have 10.0.0.0/8 where $peer has 10.1.0.0/24, from $side"
		capture_start
		up $side tunnel
		part_is_protected 10.1.0.0/24 10.2.0.0/24
		down $side tunnel
		no_child_sas west 10
		no_child_sas east 10
	done
	stop_daemons
done
