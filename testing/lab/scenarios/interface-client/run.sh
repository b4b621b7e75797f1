# SPDX-License-Identifier: Apache-2.0
# shows: a client has the address, the routes and the name servers that its server gives it while the tunnel is up
# sample: yes
# timeout: 240
two_gateways

contains_address() { grep -q "10\.9\.0\.7/32" <<<"$(ip -n west addr show dev lo)"; }

nothing_left() {
	! grep -q '10\.9\.0\.' <<<"$(ip -n west addr show dev lo)" && [ -z "$(ip -n west route show table all proto 86)" ] &&
		! grep -q 56414e54 <<<"$(ip -n west rule show)"
}

# a resolvconf that only notes what it is told, in this scenario's mounts
mkdir "$WORK/programs"
write programs/resolvconf <<-SCRIPT
	#!/bin/sh
	echo "\$@" >>"$WORK/resolvconf.told"
	[ "\$1" != -a ] || cat >>"$WORK/resolvconf.told"
SCRIPT
chmod +x "$WORK/programs/resolvconf"
mount --bind "$WORK/programs" /usr/local/sbin
told() { grep -qF -- "$1" "$WORK/resolvconf.told"; }

conn_conf west leftsubnet= leftsourceip=%config
conn_conf east leftsubnet= leftaddresspool=10.9.0.7-10.9.0.9 modecfgdns=10.2.0.53 modecfgdomains=office.example
start vanth west
start vanth east
capture_start
up west tunnel
wait_for 5 "its address" contains_address
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.0.7"
wait_for 5 "name servers" told "nameserver 10.2.0.53"
told "search office.example"
told "-a eth0.vanth0"
ping_ok west 10.2.0.2
sees_esp
rekey west tunnel child
ping_ok west 10.2.0.2
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.0.7"
down west tunnel
wait_for 5 "nothing left" nothing_left
wait_for 5 "no name servers" told "-d eth0.vanth0"

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
