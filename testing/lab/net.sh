# SPDX-License-Identifier: Apache-2.0
# Topologies: namespaces joined by veth pairs. Every one has both address families.
#
#   westlan ─── west ─────────────── mid ─────────────── east ─── eastlan
#   10.1.0.2    10.1.0.1  192.0.2.1   │  198.51.100.1  10.2.0.1   10.2.0.2
#   2001:db8:11::2    2001:db8:1::1   │  2001:db8:2::1      2001:db8:22::2
#
# mid is the Internet: it routes between the gateways and knows nothing of the LANs. Captures are taken
# there, on its link to east, because a gateway's own capture also shows what it has decrypted.
# With a NAT, west is 172.16.1.1 behind "nat", which has west's public address 192.0.2.1.

gateways=

namespace() {
	ip netns add "$1"
	at "$1" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
		net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0
	ip -n "$1" link set lo up
}

# join NS1 DEVICE1 NS2 DEVICE2: a wire between two namespaces
join() {
	ip link add "$2" netns "$1" type veth peer name "$4" netns "$3"
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

# address NS DEVICE ADDRESS...
address() {
	local ns=$1 device=$2 item
	shift 2
	for item in "$@"; do ip -n "$ns" address add "$item" dev "$device"; done
}

# default_route NS GATEWAY...
default_route() {
	local ns=$1 item
	shift
	for item in "$@"; do ip -n "$ns" route add default via "$item"; done
}

# gateway NAME NUMBER: the gateway's LAN with one host; NUMBER is 1 for west and 2 for east
gateway_with_lan() {
	namespace "$1"
	namespace "$1lan"
	join "$1" lan0 "$1lan" eth0
	address "$1" lan0 "10.$2.0.1/24" "2001:db8:$2$2::1/64"
	address "$1lan" eth0 "10.$2.0.2/24" "2001:db8:$2$2::2/64"
	default_route "$1lan" "10.$2.0.1" "2001:db8:$2$2::1"
	gateways="$gateways $1"
}

connect_east() {
	join east eth0 mid east0
	address east eth0 198.51.100.1/24 2001:db8:2::1/64
	address mid east0 198.51.100.254/24 2001:db8:2::fe/64
	default_route east 198.51.100.254 2001:db8:2::fe
}

two_gateways() {
	namespace mid
	gateway_with_lan west 1
	gateway_with_lan east 2
	join west eth0 mid west0
	address west eth0 192.0.2.1/24 2001:db8:1::1/64
	address mid west0 192.0.2.254/24 2001:db8:1::fe/64
	default_route west 192.0.2.254 2001:db8:1::fe
	connect_east
}

# The gateways on one link, with nothing but link-local addresses on it: fe80::1 and fe80::2. mid is the switch.
one_link() {
	namespace mid
	gateway_with_lan west 1
	gateway_with_lan east 2
	join west eth0 mid west0
	join east eth0 mid east0
	ip -n mid link add wire type bridge forward_delay 0 mcast_snooping 0
	ip -n mid link set west0 master wire
	ip -n mid link set east0 master wire
	ip -n mid link set wire up
	address west eth0 fe80::1/64
	address east eth0 fe80::2/64
	# The kernel looks for the way of an ESP packet without an interface, and each has an fe80::/64.
	ip -n west -6 route add fe80::2 dev eth0
	ip -n east -6 route add fe80::1 dev eth0
	ip -n west -6 route add default via fe80::2 dev eth0
	ip -n east -6 route add default via fe80::1 dev eth0
	ip -n west route add default dev eth0
	ip -n east route add default dev eth0
}

# west behind a NAT that masquerades IPv4
two_gateways_with_nat() {
	namespace mid
	namespace nat
	gateway_with_lan west 1
	gateway_with_lan east 2
	join west eth0 nat inside
	join nat outside mid west0
	address west eth0 172.16.1.1/24
	address nat inside 172.16.1.254/24
	address nat outside 192.0.2.1/24
	address mid west0 192.0.2.254/24
	default_route west 172.16.1.254
	default_route nat 192.0.2.254
	connect_east
	at nat nft -f - <<-RULES
	table ip nat {
		chain out {
			type nat hook postrouting priority srcnat;
			oifname "outside" masquerade random
		}
	}
	RULES
}

# west has another way out: eth1 to "nat", which masquerades as 203.0.113.1
second_way_out() {
	namespace nat
	join west eth1 nat inside
	join nat outside mid nat0
	address nat inside 172.16.1.254/24
	address nat outside 203.0.113.1/24
	address mid nat0 203.0.113.254/24
	default_route nat 203.0.113.254
	at nat nft -f - <<-RULES
	table ip nat {
		chain out {
			type nat hook postrouting priority srcnat;
			oifname "outside" masquerade random
		}
	}
	RULES
}

# west_at ADDRESS DEVICE GATEWAY: west has just this address outside, and this default route
west_at() {
	local device
	for device in eth0 eth1; do
		ip -n west address flush dev $device 2>/dev/null || true
	done
	address west "$2" "$1"
	default_route west "$3"
	say "west is now at $1 ($2)"
}

# forget_mappings: the NAT box forgets what it has mapped, as after a restart
forget_mappings() {
	ip -n nat link set outside down
	ip -n nat link set outside up
	default_route nat 192.0.2.254
	say "the NAT box has forgotten its mappings"
}

# --- captures ----------------------------------------------------------------------------------------------

capture_pid=

# capture_start: from now on everything that passes mid's link to east goes to $RESULT/mid.pcap
capture_start() {
	nsenter --net=/run/netns/mid tcpdump -n -U --immediate-mode -i east0 -w "$RESULT/mid.pcap" 2>"$RESULT/tcpdump.log" &
	capture_pid=$!
	wait_for 20 "tcpdump's start" grep -q 'listening on' "$RESULT/tcpdump.log"
}

capture_stop() {
	[ -n "$capture_pid" ] || return 0
	sleep 0.5
	kill -TERM "$capture_pid"
	wait "$capture_pid" || true
	capture_pid=
}

# capture_text [FILTER...]: the capture, which has been stopped, as tcpdump's lines
capture_text() {
	tcpdump -n -tt -r "$RESULT/mid.pcap" "$@" 2>/dev/null
}
