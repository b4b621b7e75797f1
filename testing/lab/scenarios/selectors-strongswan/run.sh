# SPDX-License-Identifier: Apache-2.0
# shows: strongSwan: several selectors in one Child SA, in both roles and after a rekey, and narrowed lists
# timeout: 240
. "$LAB/selectors.sh"
two_networks_each
conn_conf west leftsubnet=$west_ts,2001:db8:11::/64 rightsubnet=$east_ts,2001:db8:22::/64 pfs=no
swanctl_conf east local_ts=$east_ts,2001:db8:22::/64 remote_ts=$west_ts,2001:db8:11::/64
start vanth west
start strongswan east
for side in west east; do
	capture_start
	up $side tunnel
	every_pair
	ping_ok westlan 2001:db8:22::2
	sees_esp
	sas west 2
	[ $side = east ] || rekey west tunnel child
	[ $side = east ] || every_pair
	down $side tunnel
	no_child_sas west 5
done
stop_daemons

say "the peer has fewer"
conn_conf west leftsubnet=$west_ts rightsubnet=$east_ts narrowing=yes
swanctl_conf east local_ts=10.4.0.0/24 remote_ts=$west_ts
start vanth west
start strongswan east
for side in west east; do
	up $side tunnel
	ping_ok westlan 10.4.0.2 -I 10.1.0.2
	ping_ok westlan 10.4.0.2 -I 10.3.0.2
	sas west 2
	down $side tunnel
	no_child_sas west 5
done
