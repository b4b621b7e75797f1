# SPDX-License-Identifier: Apache-2.0
# shows: strongSwan and Vanth in both roles, tunnel mode
# sample: yes
# timeout: 120
two_gateways
start vanth west
start strongswan east
for side in west east; do
	capture_start
	up $side tunnel
	sas west 2
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	sees_esp
	down $side tunnel
	no_child_sas west 5
	no_child_sas east 5
done
