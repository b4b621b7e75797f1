# SPDX-License-Identifier: Apache-2.0
# shows: encapsulation=yes puts ESP in UDP where there is no NAT, between Vanths and with strongSwan
# timeout: 120
two_gateways
conn_conf both encapsulation=yes
swanctl_conf east
for kind in vanth strongswan; do
	start vanth west
	start $kind east
	capture_start
	up west tunnel
	ping_ok westlan 10.2.0.2
	sees_esp
	sees_on_wire "UDP-encap: ESP" udp port 4500
	stop_daemons
done
