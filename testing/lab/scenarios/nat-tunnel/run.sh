# SPDX-License-Identifier: Apache-2.0
# shows: two Vanths with a NAT between them: ESP in UDP on port 4500, also after a while of silence
# sample: yes
# timeout: 120
two_gateways_with_nat
start vanth west
start vanth east
capture_start
up west tunnel
ping_ok westlan 10.2.0.2
ping_ok eastlan 10.1.0.2
sees_esp
sees_on_wire "UDP-encap: ESP" udp port 4500
contains "$(ip -n west xfrm state)" "encap type espinudp"
down west tunnel
