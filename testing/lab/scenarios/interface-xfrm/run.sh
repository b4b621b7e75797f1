# SPDX-License-Identifier: Apache-2.0
# shows: ipsec-interface= makes an interface with its address and routes, which carries the tunnel and goes with it
# timeout: 300
two_gateways
. "$LAB/interfaces.sh"

conn_conf west ipsec-interface=yes leftinterface-ip=10.77.0.1/30
conn_conf east ipsec-interface=5
start vanth west
start vanth east
capture_start
up west tunnel
has_device west ipsec1
contains "$(ip -n west addr show dev ipsec1)" "10.77.0.1/30"
contains "$(ip -n west route get 10.2.0.2)" "dev ipsec1"
contains "$(ip -n east route get 10.1.0.2)" "dev ipsec5"
contains "$(ip -n west xfrm state)" "if_id 0x1"
ping_ok westlan 10.2.0.2
sees_esp
counted ipsec1

say "rekeying leaves the interface alone"
outlives_rekey ipsec1

say "what somebody else removes comes back"
ip -n west link del ipsec1
wait_for 5 "the interface again" ip -n west link show ipsec1
has_route() { grep -q "dev ipsec1" <<<"$(ip -n west route get "$1")"; }
wait_for 5 "its route again" has_route 10.2.0.2
log_has west "put back the xfrm interface ipsec1"
ip -n west link set ipsec1 down
wait_for 5 "its route again" has_route 10.2.0.2
ip -n west route del 10.2.0.0/24
wait_for 5 "its route again" has_route 10.2.0.2
contains "$(ip -n west addr show dev ipsec1)" "10.77.0.1/30"
ping_ok westlan 10.2.0.2

say "it goes with the tunnel"
down west tunnel
has_no_device west ipsec1
has_no_device east ipsec5

say "what a killed daemon left is removed"
left_behind ipsec1
for number in 101 102 103; do
	ip -n west link add "ipsec$number" type xfrm if_id "$number"
	ip -n west link set "ipsec$number" group 22081
done
start vanth west
for number in 1 101 102 103; do wait_for 5 "no interface" gone west "ipsec$number"; done
log_has west "that an earlier run left"

say "a tunnel for everything does not lead into itself"
stop_daemons
conn_conf west ipsec-interface=yes rightsubnet=0.0.0.0/0
conn_conf east rightsubnet=0.0.0.0/0
start vanth west
start vanth east
up west tunnel
has_device west ipsec1
ping_ok westlan 10.2.0.2
contains "$(ip -n west route get 198.51.100.1)" "dev ipsec1"
contains "$(ip -n west route get 198.51.100.1 mark 0x56414e54)" "dev eth0"
rekey west tunnel child
ping_ok westlan 10.2.0.2
ip -n west rule del pref 30087
wait_for 5 "its rule again" has_route 198.51.100.1
down west tunnel
has_no_device west ipsec1

say "nor does strict rp_filter keep the peer out of it"
at west sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter'
up west tunnel
has_device west ipsec1
ping_ok westlan 10.2.0.2
rekey west tunnel child
ping_ok westlan 10.2.0.2
taken_in() { at west ip route get "$1" iif eth0 from 203.0.113.9 ipproto udp sport 61000 dport "$2" >/dev/null 2>&1; }
taken_in 192.0.2.1 500 && taken_in 192.0.2.1 4500 && taken_in 10.1.0.1 500 || fail "other peers are kept out"
! taken_in 192.0.2.1 53 || fail "more than IKE is let in past the tunnel"
down west tunnel
has_no_device west ipsec1
[ -z "$(ip -n west rule show | grep 56414e54 || true)" ] || fail "a rule is left"
