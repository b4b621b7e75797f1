# SPDX-License-Identifier: Apache-2.0
# shows: vti-interface= makes a VTI device with its address and routes, which carries the tunnel and goes with it
# timeout: 300
two_gateways

# gone NS DEVICE
gone() { ! ip -n "$1" link show "$2" >/dev/null 2>&1; }
# strict everywhere else: what comes out of the device has no route through another
for ns in west east; do
	at "$ns" sh -c 'echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter'
done

conn_conf west vti-interface=vti5 mark=5 leftvti=10.77.0.1/30
conn_conf east vti-interface=vpn mark-in=0x10 mark-out=0x20/0xff vti-shared=yes
start vanth west
start vanth east
capture_start
up west tunnel
wait_for 5 "the device" ip -n west link show vti5
wait_for 5 "the device" ip -n east link show vpn
contains "$(ip -n west -d link show dev vti5)" "vti remote 198.51.100.1 local 192.0.2.1 ikey 0.0.0.5 okey 0.0.0.5"
contains "$(ip -n east -d link show dev vpn)" "vti remote any local 198.51.100.1 ikey 0.0.0.16 okey 0.0.0.32"
contains "$(ip -n west addr show dev vti5)" "10.77.0.1/30"
contains "$(ip -n west route get 10.2.0.2)" "dev vti5"
contains "$(ip -n east route get 10.1.0.2)" "dev vpn"
ping_ok westlan 10.2.0.2
ping_ok eastlan 10.1.0.2
sees_esp
[ "$(at west sed -n "s/^ *vti5: *//p" /proc/self/net/dev | awk "{ print \$10 }")" -ge 2 ] || fail "vti5 has not sent the pings"
[ "$(at west sed -n "s/^ *vti5: *//p" /proc/self/net/dev | awk "{ print \$2 }")" -ge 2 ] || fail "nothing came in through vti5"

say "rekeying leaves the device alone"
index=$(ip -n west -o link show vti5 | cut -d: -f1)
rekey west tunnel child
[ "$(ip -n west -o link show vti5 | cut -d: -f1)" = "$index" ] || fail "another device"
ping_ok westlan 10.2.0.2

say "it goes with the tunnel"
down west tunnel
wait_for 5 "no device" gone west vti5
wait_for 5 "no device" gone east vpn

say "what a killed daemon left is removed"
up west tunnel
wait_for 5 "the device" ip -n west link show vti5
kill -KILL "${pid_of[west]}"
wait "${pid_of[west]}" || true
daemons=east
ip -n west link show vti5
start vanth west
wait_for 5 "no device" gone west vti5
log_has west "that an earlier run left"

say "a tunnel for everything does not lead into itself; the operator's own device is used and stays"
stop_daemons
at west sh -c 'echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter' # the way back to the peer is not through eth0
at east ip link add vpn type vti local 198.51.100.1 remote 0.0.0.0 ikey 16 okey 32
at east ip link set vpn up
at east sh -c 'echo 1 >/proc/sys/net/ipv4/conf/vpn/disable_policy; echo 2 >/proc/sys/net/ipv4/conf/vpn/rp_filter'
conn_conf west vti-interface=vti5 mark=5 rightsubnet=0.0.0.0/0
conn_conf east vti-interface=vpn mark-in=0x10 mark-out=0x20/0xff rightsubnet=0.0.0.0/0
start vanth west
start vanth east
up west tunnel
wait_for 5 "the device" ip -n west link show vti5
ping_ok westlan 10.2.0.2
contains "$(ip -n west route get 198.51.100.1)" "dev vti5"
contains "$(ip -n west route get 198.51.100.1 mark 0x56414e54)" "dev eth0"
log_has east "used as it stands"
down west tunnel
wait_for 5 "no device" gone west vti5
ip -n east link show vpn
