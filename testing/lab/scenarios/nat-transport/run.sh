# SPDX-License-Identifier: Apache-2.0
# shows: transport mode through a NAT, with Vanth on either side of it: with another Vanth, strongSwan and Libreswan
# timeout: 300
two_gateways_with_nat
conn_conf west type=transport left=172.16.1.1 leftsubnet= rightsubnet=
conn_conf east type=transport left=198.51.100.1 leftid=@east.example leftsubnet= right=%any rightid=@west.example rightsubnet=
swanctl_conf west mode=transport local_addrs=172.16.1.1 local_ts=dynamic remote_ts=dynamic
swanctl_conf east mode=transport remote_addrs=%any local_ts=dynamic remote_ts=dynamic
for pair in "vanth vanth" "vanth strongswan" "strongswan vanth" "vanth libreswan" "libreswan vanth"; do
	say "west and east are: $pair"
	start ${pair% *} west
	start ${pair#* } east
	capture_start
	up west tunnel
	contains "$(ip -n west xfrm state)" "mode transport"
	contains "$(ip -n east xfrm state)" "mode transport"
	ping_ok west 198.51.100.1
	ping_ok east 192.0.2.1
	sees_esp
	sees_on_wire "UDP-encap: ESP" udp port 4500
	stop_daemons
done
