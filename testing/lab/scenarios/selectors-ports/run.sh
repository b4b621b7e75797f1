# SPDX-License-Identifier: Apache-2.0
# shows: leftprotoport= with a range of ports, a type of ICMP and %opaque: what is named goes through the tunnel, nothing else
# sample: yes
# timeout: 300
. "$LAB/selectors.sh"
two_gateways

# counter PROTOCOL NAME: of packets that have come to eastlan (mid has no route there: they came through the tunnel)
counter() {
	at eastlan awk -v name="$2" -v head="$1:" '$1 == head { if (!at) { for (i = 2; i <= NF; i++) if ($i == name) at = i } else print $at }' /proc/net/snmp
}
# udp PORT: a datagram of a few bytes; big PORT: one that is sent in fragments
udp() { at westlan bash -c "echo x >/dev/udp/10.2.0.2/$1"; }
big() { at westlan bash -c "head -c 3000 /dev/zero >/dev/udp/10.2.0.2/$1"; }
ping_out() { at westlan ping -n -c 1 -W 1 10.2.0.2 >/dev/null || true; }
more() { [ "$(counter "$1" "$2")" -gt "$3" ]; }
# comes PROTOCOL NAME COMMAND...: it arrives; stays: it does not (what follows it does, so nothing is waited for)
comes() {
	local before
	before=$(counter "$1" "$2")
	"${@:3}"
	wait_for 5 "${*:3} to arrive" more "$1" "$2" "$before"
}
stays() {
	local before
	before=$(counter Udp NoPorts)
	"$@"
	udp 1500
	wait_for 5 "a datagram to arrive" more Udp NoPorts "$before"
	[ "$(counter Udp NoPorts)" = $((before + 1)) ] || fail "$* has arrived"
}

say "strongSwan: a range of ports"
conn_conf west rightprotoport=udp/1000-2000
swanctl_conf east "local_ts=10.2.0.0/24[udp/1000-2000]" "remote_ts=10.1.0.0/24[udp]"
start vanth west
start strongswan east
for side in west east; do
	up $side tunnel
	pairs_protected 8
	comes Udp NoPorts udp 1000
	comes Udp NoPorts udp 1500
	comes Udp NoPorts udp 2000
	stays udp 999
	stays udp 2001
	down $side tunnel
	no_child_sas west 5
done
stop_daemons

say "strongSwan: one type of ICMP"
conn_conf west leftprotoport=icmp/8
swanctl_conf east "local_ts=10.2.0.0/24[icmp]" "remote_ts=10.1.0.0/24[icmp/8]"
start vanth west
start strongswan east
for side in west east; do
	up $side tunnel
	contains "$(ip -n west xfrm policy)" "proto icmp type 8"
	comes Icmp InEchos ping_out
	down $side tunnel
	no_child_sas west 5
done
stop_daemons

say "Libreswan: type and code"
conn_conf both leftprotoport=icmp/2048 rightprotoport=icmp/2048
cp "$WORK/both.conf" "$WORK/west.conf"
cp "$WORK/both.conf" "$WORK/east.conf"
start vanth west
start libreswan east
allow_xfrm_stat XfrmInNoStates
up west tunnel
contains "$(ip -n west xfrm policy)" "proto icmp type 8 code 0"
comes Icmp InEchos ping_out
down west tunnel
no_child_sas west 10
stop_daemons

say "parts of datagrams, whose ports nobody sees"
conn_conf west leftprotoport=udp/%opaque rightprotoport=udp/%opaque
conn_conf east leftprotoport=udp/%opaque rightprotoport=udp/%opaque
start vanth west
start vanth east
up west tunnel
before=$(counter Udp NoPorts)
udp 1500
comes Udp NoPorts big 1500
[ "$(counter Udp NoPorts)" = $((before + 1)) ] || fail "the whole datagram has arrived too"
down west tunnel
no_child_sas west 5
