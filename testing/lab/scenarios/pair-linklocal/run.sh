# SPDX-License-Identifier: Apache-2.0
# shows: two Vanths on one link, by IPv6 link-local addresses: both IP versions inside, from either side
# timeout: 180
one_link
start vanth west
start vanth east
for side in west east; do
	capture_start
	ping_fails westlan 10.2.0.2
	up $side tunnel
	up $side six
	sas west 4
	sas east 4
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	ping_ok westlan 2001:db8:22::2
	ping_ok eastlan 2001:db8:11::2
	sees_esp
	sees_on_wire 'fe80::1.500 > fe80::2.500'
	contains "$(ip -n west xfrm state)" 'src fe80::1 dst fe80::2'
	contains "$(ipsec west status)" 'fe80::2%eth0'
	down $side tunnel
	down $side six
	no_child_sas east 5
	no_child_sas west
done
