# SPDX-License-Identifier: Apache-2.0
# shows: IPv6 through VTI devices, and VTI devices between IPv6 addresses
# timeout: 300
two_gateways
conn_conf west vti-interface=vti5 mark=5 leftsubnet=2001:db8:11::/64 rightsubnet=2001:db8:22::/64
conn_conf east vti-interface=vti5 mark=5 leftsubnet=2001:db8:11::/64 rightsubnet=2001:db8:22::/64
start vanth west
start vanth east
up west tunnel
wait_for 5 "the device" ip -n west link show vti5
ping_ok westlan 2001:db8:22::2
stop_daemons

say "between IPv6 addresses"
conn_conf west vti-interface=vti6 mark=5 left=2001:db8:1::1 right=2001:db8:2::1
conn_conf east vti-interface=vti6 mark=5 left=2001:db8:1::1 right=2001:db8:2::1
start vanth west
start vanth east
up west tunnel
wait_for 5 "the device" ip -n west link show vti6
ping_ok westlan 10.2.0.2
