# SPDX-License-Identifier: Apache-2.0
# shows: the lab's peers: strongSwan and Libreswan make a tunnel, so that what fails with us is ours
# timeout: 120
two_gateways
start strongswan west
start libreswan east
for side in west east; do
	capture_start
	up $side tunnel
	sas west 2
	ping_ok westlan 10.2.0.2
	sees_esp
	down $side tunnel
done
