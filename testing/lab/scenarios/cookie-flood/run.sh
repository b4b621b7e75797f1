# SPDX-License-Identifier: Apache-2.0
# shows: cookies under a flood of spoofed requests, while strongSwan and Libreswan connect
# timeout: 240
two_gateways
conn_conf west
conn_conf east
swanctl_conf west
{ cat "$WORK/east.conf"; printf 'conn strangers\n\tleft=198.51.100.1\n\tleftid=@east.example\n\tright=%%any\n\tauthby=secret\n\tauto=add\n'; } >"$WORK/two.conf"
cp "$WORK/two.conf" "$WORK/east.conf"
# whatever address there is sends from mid, and the answers end there
ip -n mid route add local 100.64.0.0/10 dev lo
start vanth east
resident() { awk '/^VmRSS/ { print $2 }' "/proc/${pid_of[east]}/status"; }
before=$(resident)
nsenter --net=/run/netns/mid "$TOP/$B/testing/bench/flood" -d 198.51.100.1 -s 100.64.0.1 -a 100000 -R 300 -n 1000000 >"$RESULT/flood.out" 2>&1 &
flood=$!
log_has east 'new peers are asked for a cookie: ' 30
contains "$(ipsec east status)" 'new peers are asked for a cookie: '
for kind in strongswan libreswan; do
	start $kind west
	up west tunnel
	ping_ok westlan 10.2.0.2
	kill -0 $flood || fail "the flood is over: $(cat "$RESULT/flood.out")"
	down west tunnel
	stop west
done
asked=$(ipsec east --json status | sed -n 's/.*"asked": *\([0-9]*\).*/\1/p' | tail -n 1)
[ "${asked:-0}" -gt 1000 ] || fail "cookies were asked of ${asked:-no} requests only"
grew=$(($(resident) - before))
say "$asked cookies asked, memory grew by $grew kB"
[ $grew -lt 8192 ] || fail "memory grew by $grew kB"
lines=$(grep -c . "$RESULT/east.log")
[ "$lines" -lt 200 ] || fail "$lines lines of log for $asked requests"
# it is told when it is over
kill $flood
log_has east 'new peers are not asked for a cookie any more' 60
