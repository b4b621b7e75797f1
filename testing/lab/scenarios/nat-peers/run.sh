# SPDX-License-Identifier: Apache-2.0
# shows: a NAT between Vanth and strongSwan, and Vanth and Libreswan, with Vanth on either side of it
# timeout: 240
two_gateways_with_nat
conn_conf west left=172.16.1.1
conn_conf east left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=%any rightid=@west.example rightsubnet=10.1.0.0/24
swanctl_conf west local_addrs=172.16.1.1
swanctl_conf east remote_addrs=%any
for pair in "vanth strongswan" "strongswan vanth" "vanth libreswan" "libreswan vanth"; do
	say "west and east are: $pair"
	start ${pair% *} west
	start ${pair#* } east
	capture_start
	up west tunnel
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	sees_esp
	sees_on_wire "UDP-encap: ESP" udp port 4500
	stop_daemons
done
