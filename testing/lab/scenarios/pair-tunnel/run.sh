# SPDX-License-Identifier: Apache-2.0
# shows: two Vanths: up and down from either side, pings both ways, status and trafficstatus
# sample: yes
# timeout: 120
two_gateways
start vanth west
start vanth east
for side in west east; do
	capture_start
	ping_fails westlan 10.2.0.2
	up $side tunnel
	sas west 2
	sas east 2
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	sees_esp
	contains "$(ipsec west status)" tunnel
	contains "$(ipsec east trafficstatus)" tunnel
	down $side tunnel
	no_child_sas east 5
	no_child_sas west
done
