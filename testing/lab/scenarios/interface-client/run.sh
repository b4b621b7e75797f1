# SPDX-License-Identifier: Apache-2.0
# shows: a client has the address and the routes that its server gives it while the tunnel is up
# timeout: 240
two_gateways

contains_address() { ip -n west addr show dev lo | grep -q "10\.9\.0\.7/32"; }

nothing_left() {
	! ip -n west addr show dev lo | grep -q '10\.9\.0\.' && [ -z "$(ip -n west route show table all proto 86)" ] &&
		! ip -n west rule show | grep -q 56414e54
}

conn_conf west leftsubnet= leftsourceip=%config
conn_conf east leftsubnet= leftaddresspool=10.9.0.7-10.9.0.9
start vanth west
start vanth east
capture_start
up west tunnel
wait_for 5 "its address" contains_address
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.0.7"
ping_ok west 10.2.0.2
sees_esp
rekey west tunnel child
ping_ok west 10.2.0.2
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.0.7"
down west tunnel
wait_for 5 "nothing left" nothing_left

say "all of its packets through the tunnel"
stop_daemons
conn_conf west leftsubnet= leftsourceip=%config rightsubnet=0.0.0.0/0
conn_conf east leftsubnet= leftaddresspool=10.9.0.7-10.9.0.9 rightsubnet=0.0.0.0/0
start vanth west
start vanth east
up west tunnel
wait_for 5 "its address" contains_address
contains "$(ip -n west route get 203.0.113.9)" "src 10.9.0.7"
contains "$(ip -n west route get 203.0.113.9 mark 0x56414e54)" "src 192.0.2.1"
ping_ok west 10.2.0.2
down west tunnel
wait_for 5 "nothing left" nothing_left
