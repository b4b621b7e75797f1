# SPDX-License-Identifier: Apache-2.0
# shows: a Libreswan client of our pool; a restart of our daemon keeps leases; and we as client of its pool
# sample: yes
# timeout: 300
two_gateways

we_have() { grep -qF "$1/32" <<<"$(ip -n west address show dev lo)"; }
leased() { grep -qF "$1" <<<"$(ipsec west list leases)"; }

say "Libreswan is the client"
conn_conf west rightsubnet= rightaddresspool=10.9.0.7-10.9.0.8 modecfgdns=10.1.0.53
conn_conf east left=198.51.100.1 leftid=@east.example leftsubnet=0.0.0.0/0 right=192.0.2.1 rightid=@west.example \
	rightsubnet=10.1.0.0/24 leftmodecfgclient=yes narrowing=yes leftupdown=%disabled
start vanth west
start libreswan east
up east tunnel
wait_for 5 "its lease" leased "10.9.0.7/32  @east.example  in use since"
contains "$(ip -n east xfrm policy)" "10.9.0.7/32"
down east tunnel
wait_for 5 "it is given back" leased "10.9.0.7/32  @east.example  given back"

say "a restart keeps leases"
restart west
log_has west "addresses of 1 clients of an earlier run are kept for them"
up east tunnel
wait_for 5 "the same lease" leased "10.9.0.7/32  @east.example  in use since"
contains "$(ip -n east xfrm policy)" "10.9.0.7/32"
down east tunnel

say "we are the client"
stop_daemons
conn_conf west leftsubnet= leftsourceip=%config
conn_conf east left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=192.0.2.1 rightid=@west.example \
	rightsubnet= rightaddresspool=10.9.9.1-10.9.9.5 leftmodecfgserver=yes rightmodecfgclient=yes modecfgdns=10.2.0.53
start vanth west
start libreswan east
up west tunnel
wait_for 5 "our address" we_have 10.9.9.1
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.9.1"
ping_ok west 10.2.0.2
down west tunnel
