# SPDX-License-Identifier: Apache-2.0
# shows: leftupdown= scripts with a strongSwan peer: what they are told, in which order, what they may do
# timeout: 240
two_gateways

# "hangs" does so for its first verb; "tunnel" says what it is told, and sets a route
cat >"$WORK/updown" <<EOF
#!/bin/bash
echo "\$1 \$PLUTO_VERB" >>$WORK/order
case "\$1 \$PLUTO_VERB" in
"hangs prepare-client") sleep 1000 ;;
"tunnel up-client")
	env >$WORK/told
	ip route add 10.99.0.0/24 dev lo src 10.1.0.1
	ip route get 10.2.0.2 | head -n 1 >$WORK/routed
	ls -l /proc/self/fd >$WORK/files
	echo "it is up"
	;;
"tunnel down-client")
	ip route get 10.2.0.2 | head -n 1 >$WORK/routed-still
	ip route del 10.99.0.0/24 dev lo
	echo "no good reason" >&2
	exit 3
	;;
esac
EOF
chmod 755 "$WORK/updown"

conn() {
	printf 'conn %s\n\tleft=192.0.2.1\n\tleftid=@west.example\n\tright=198.51.100.1\n' "$1"
	printf '\trightid=@east.example\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=%s\n' "$2"
	printf '\tauthby=secret\n\tpfs=no\n\tauto=add\n\tleftsourceip=10.1.0.1\n\tleftupdown="%s %s"\n' "$WORK/updown" "$1"
}
{
	conn hangs 10.3.0.0/24
	conn tunnel 10.2.0.0/24
} >"$WORK/west.conf"

ordered() { [ "$(grep "^$1 " "$WORK/order" | cut -d' ' -f2 | tr '\n' ' ')" = "$2" ]; }

start vanth west
start strongswan east
up west hangs
wait_for 5 "the script that hangs" ordered hangs "prepare-client "
up west tunnel
wait_for 5 "all verbs of the other tunnel" ordered tunnel "prepare-client route-client up-client "
ordered hangs "prepare-client "
ping_ok westlan 10.2.0.2

say "what it was told"
for line in PLUTO_VERB=up-client PLUTO_CONNECTION=tunnel PLUTO_CONNECTION_TYPE=tunnel PLUTO_INTERFACE=eth0 \
	PLUTO_NEXT_HOP=192.0.2.254 PLUTO_ME=192.0.2.1 PLUTO_PEER=198.51.100.1 PLUTO_MY_ID=@west.example \
	PLUTO_PEER_ID=@east.example PLUTO_MY_CLIENT=10.1.0.0/24 PLUTO_PEER_CLIENT_NET=10.2.0.0 \
	PLUTO_PEER_CLIENT_MASK=255.255.255.0 PLUTO_MY_SOURCEIP=10.1.0.1 PLUTO_STACK=xfrm PLUTO_CONN_ADDRFAMILY=ipv4; do
	grep -qxF "$line" "$WORK/told" || fail "no $line in: $(cat "$WORK/told")"
done
spi=$(sed -n 's/^SPI_OUT=//p' "$WORK/told")
contains "$(ip -n west xfrm state | tr -d '\n')" "spi $(printf '0x%08x' "$spi")"
contains "$(cat "$WORK/routed")" "src 10.1.0.1"
! grep -qE 'socket:|netlink|pidfd|eventfd' "$WORK/files" || fail "files of the daemon: $(cat "$WORK/files")"
contains "$(ip -n west route)" "10.99.0.0/24"
log_has west "up-client output: it is up"

say "a rekey runs nothing"
rekey west tunnel child
rekey west tunnel ike
ping_ok westlan 10.2.0.2
ordered tunnel "prepare-client route-client up-client "

say "the way down, and a script that fails"
down west tunnel
wait_for 5 "the way down" ordered tunnel "prepare-client route-client up-client down-client unroute-client "
contains "$(cat "$WORK/routed-still")" "src 10.1.0.1"
! grep -q 10.99.0 <<<"$(ip -n west route)" || fail "the script's route is still there"
log_has west 'failed for down-client: exit status 3; it said last: "no good reason"'

say "the one that hangs is killed"
wait_for 40 "the rest of its verbs" ordered hangs "prepare-client route-client up-client "
log_has west "killed, because it had not ended after 30 s"
! pgrep -f "^sleep 1000" >/dev/null || fail "its sleep still runs"
stop west
ordered hangs "prepare-client route-client up-client down-client unroute-client "
