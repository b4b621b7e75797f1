# SPDX-License-Identifier: Apache-2.0
# shows: with many tunnels Linux finds policies by the length of their remote subnets, and packets still find theirs
# timeout: 200
two_gateways
allow_xfrm_stat XfrmOutNoStates # of the trap
thresholds_are() { grep -qF "IPv4 thresholds: local $1 remote $2" <<<"$(ip -n west -s -s xfrm policy count)"; }
conn_conf east
printf 'conn other\n\talso=tunnel\n\trightsubnet=10.67.3.0/24\n' >>"$WORK/east.conf"
conn_conf west
for number in $(seq 0 599); do
	printf 'conn other%d\n\talso=tunnel\n\trightsubnet=10.%d.%d.0/24\n\tauto=ondemand\n' \
		"$number" $((66 + number / 250)) $((number % 250))
done >>"$WORK/west.conf"
start vanth west
start vanth east
wait_for 30 "the threshold" thresholds_are 0 24
up west tunnel
ping_ok westlan 10.2.0.2
! at westlan ping -c 1 -W 1 10.67.3.9 >/dev/null || fail "10.67.3.9 answers, and there is no such host"
log_has west 'up: 10.1.0.0/24 === 10.67.3.0/24' 10 # its trap has called
stop_daemons
thresholds_are 32 32 || fail "the threshold stays when Vanth has gone"
