# SPDX-License-Identifier: Apache-2.0
# shows: marks, DSCP and DF as a conn says them, in the kernel and on the wire
# timeout: 240
two_gateways

# has SIDE WHAT TEXT: `ip xfrm WHAT` shows it
has() { contains "$(ip -n "$1" -s -d xfrm "$2")" "$3"; }

say "marks: packets with the mark are protected, those from the peer need one"
conn_conf west mark-in=5/0xff mark-out=6/0xff
conn_conf east nopmtudisc=no
start vanth west
start vanth east
at west nft 'table inet marks { chain first { type filter hook prerouting priority mangle; ip protocol esp meta mark set 5; ip saddr 10.1.0.0/24 meta mark set 6; }; }'
capture_start
up west tunnel
has west state 'mark 0x5/0xff'
has west state 'mark 0x6/0xff'
has west policy 'mark 0x5/0xff'
has west policy 'mark 0x6/0xff'
ping_ok westlan 10.2.0.2
sees_esp
stop_daemons
at west nft flush ruleset

say "DSCP is hidden by the sender and restored by the receiver, DF is left out"
conn_conf west encap-dscp=no nopmtudisc=yes
conn_conf east decap-dscp=yes
start vanth west
start vanth east
capture_start
up west tunnel
has west state 'nopmtudisc'
has west state 'dont-encap-dscp'
has east state 'decap-dscp'
ping_ok westlan 10.2.0.2 -Q 0xb8 -M do
sees_esp
sees_on_wire 'tos 0x0,' -v src 192.0.2.1 and esp
sees_on_wire 'flags [none]' -v src 192.0.2.1 and esp
down west tunnel
