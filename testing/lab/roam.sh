# SPDX-License-Identifier: Apache-2.0
# A gateway that moves (MOBIKE): west begins, east follows.

# IPv4 only, so that a moment without it does not lead elsewhere.
roaming_network() {
	two_gateways
	ip -n west -6 address flush dev eth0 scope global
	second_way_out
}

# goes_on: soon the tunnel carries again, both ways
goes_on() {
	wait_for 30 "a ping after the move" at westlan ping -n -c 1 -W 1 10.2.0.2
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
}

# encap_is yes|no: both kernels have ESP in UDP, or not
encap_is() {
	local ns found
	for ns in west east; do
		found=no
		! grep -q 'encap type espinudp' <<<"$(ip -n $ns xfrm state)" || found=yes
		[ $found = "$1" ] || fail "ESP in UDP in $ns: $found; expected $1: $(ip -n $ns xfrm state)"
	done
	say "ESP in UDP: $1"
}

roam() {
	goes_on
	west_at 192.0.2.7/24 eth0 192.0.2.254
	goes_on
	encap_is no
	west_at 172.16.1.1/24 eth1 172.16.1.254
	goes_on
	encap_is yes
	west_at 192.0.2.1/24 eth0 192.0.2.254
	goes_on
	encap_is no
}

# without a NAT on the way
move_and_return() {
	goes_on
	west_at 192.0.2.7/24 eth0 192.0.2.254
	goes_on
	west_at 192.0.2.1/24 eth0 192.0.2.254
	goes_on
	encap_is no
}
