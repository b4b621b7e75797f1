# SPDX-License-Identifier: Apache-2.0
# shows: vti-interface= makes a VTI device with its address and routes, which carries the tunnel and goes with it
# timeout: 300
two_gateways
. "$LAB/interfaces.sh"
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
has_device west vti5
has_device east vpn
contains "$(ip -n west -d link show dev vti5)" "vti remote 198.51.100.1 local 192.0.2.1 ikey 0.0.0.5 okey 0.0.0.5"
contains "$(ip -n east -d link show dev vpn)" "vti remote any local 198.51.100.1 ikey 0.0.0.16 okey 0.0.0.32"
contains "$(ip -n west addr show dev vti5)" "10.77.0.1/30"
contains "$(ip -n west route get 10.2.0.2)" "dev vti5"
contains "$(ip -n east route get 10.1.0.2)" "dev vpn"
ping_ok westlan 10.2.0.2
ping_ok eastlan 10.1.0.2
sees_esp
counted vti5

say "rekeying leaves the device alone"
outlives_rekey vti5

say "it goes with the tunnel"
down west tunnel
has_no_device west vti5
has_no_device east vpn

say "what a killed daemon left is removed"
left_behind vti5
start vanth west
has_no_device west vti5
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
has_device west vti5
ping_ok westlan 10.2.0.2
contains "$(ip -n west route get 198.51.100.1)" "dev vti5"
contains "$(ip -n west route get 198.51.100.1 mark 0x56414e54)" "dev eth0"
log_has east "used as it stands"
down west tunnel
has_no_device west vti5
ip -n east link show vpn
