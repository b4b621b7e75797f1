# SPDX-License-Identifier: Apache-2.0
# shows: a NAT box forgets its mappings; Vanth follows its peer (Vanth, strongSwan, Libreswan) to the new port, and is followed, without a new SA
# timeout: 300
two_gateways_with_nat
conn_conf west left=172.16.1.1 dpddelay=5s dpdtimeout=60s # Libreswan follows messages of IKE only
conn_conf east left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=%any rightid=@west.example rightsubnet=10.1.0.0/24
swanctl_conf west local_addrs=172.16.1.1
swanctl_conf east remote_addrs=%any
# gone NS SPI: that SA has ended
gone() { ! grep -q "$2" <<<"$(ip -n "$1" xfrm state)"; }
# Libreswan without MOBIKE does not follow: behind a NAT towards it liveness (dpddelay=) makes a new tunnel.
for pair in "vanth vanth" "strongswan vanth" "libreswan vanth" "vanth strongswan"; do
	say "west and east are: $pair"
	start ${pair% *} west
	start ${pair#* } east
	capture_start
	up west tunnel
	ping_ok westlan 10.2.0.2
	before=$(ip -n east xfrm state | grep -o 'spi 0x[0-9a-f]*' | sort)
	forget_mappings
	wait_for 20 "a ping through the new mapping" at westlan ping -n -c 1 -W 1 10.2.0.2
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	sees_esp
	[ "$(ip -n east xfrm state | grep -o 'spi 0x[0-9a-f]*' | sort)" = "$before" ] || fail "east has other SAs now: $(ip -n east xfrm state)"
	if [ "${kind_of[east]}" = vanth ]; then
		log_has east "the path is now" 20
		down east tunnel # and IKE finds its way too
		wait_for 20 "west to end its SAs" gone west "${before%%$'\n'*}"
	fi
	stop_daemons
done
