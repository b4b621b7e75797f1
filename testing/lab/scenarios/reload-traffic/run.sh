# SPDX-License-Identifier: Apache-2.0
# shows: reloads under a ping flood: an unchanged tunnel loses no ping, a changed one has its new SAs before the old ones go
# sample: yes
# timeout: 120
. "$LAB/rekeys.sh"

# conns FILE-NAME...: west and east have these; what a conn "other" protects is $other
conns() {
	local name
	{
		printf 'conn %%default\n\tleft=192.0.2.1\n\tleftid=@west.example\n\tright=198.51.100.1\n\trightid=@east.example\n'
		printf '\tauthby=secret\n\tauto=add\n'
		for name; do
			case $name in
			tunnel) printf 'conn tunnel\n\tleftsubnet=10.1.0.0/24\n\trightsubnet=10.2.0.0/24\n' ;;
			other) printf 'conn other\n\tleftsubnet=10.3.0.0/%s\n\trightsubnet=10.4.0.0/%s\n' "$other" "$other" ;;
			third) printf 'conn third\n\tleftsubnet=10.5.0.0/24\n\trightsubnet=10.6.0.0/24\n' ;;
			bad) printf 'conn bad\n\tesp=aes265\n' ;;
			esac
		done
	} >"$WORK/both.conf"
}

# reload SIDE: its daemon takes the file; what became of the conns is in $output
reload() {
	private_copy "$1" conf >/dev/null
	output=$(ipsec "$1" reload 2>&1) || return 1
	say "reload in $1: $output"
}

# has_selectors NS NETWORK: it is in an outbound policy of that kernel, and no wider one is
has_selectors() { [ "$(ip -n "$1" xfrm policy list dir out | grep -c "^src $2 ")" = 1 ]; }
gone() { ! grep -q "^src $2 " <<<"$(ip -n "$1" xfrm policy)"; }

as_before() { [ "$(spis west)" = "$spis" ]; }

two_gateways
for side in west:1:3 east:2:4; do
	IFS=: read -r name from to <<<"$side"
	address "$name" lan0 "10.$to.0.1/24"
	address "${name}lan" eth0 "10.$to.0.2/24"
done
other=24
conns tunnel other
start vanth west
start vanth east
up west tunnel
up west other
spis=$(spis west)

flood_start
nsenter --net=/run/netns/westlan ping -q -n -i 0.1 -W 5 -I 10.3.0.2 10.4.0.2 >"$RESULT/other.log" 2>&1 &
pinger=$!
conns tunnel other third
for side in west east; do reload $side; contains "$output" "1 added"; done
up west third
conns tunnel other
for side in west east; do reload $side; contains "$output" "1 removed"; done
wait_for 20 "the end of the third, and of nothing else" as_before

conns tunnel other bad
private_copy west conf >/dev/null
! output=$(ipsec west reload 2>&1) || fail "a bad file was taken: $output"
contains "$output" aes265
as_before || fail "a bad file changed the SAs: $spis, now $(spis west)"
say "a bad file changes nothing: $(head -n 1 <<<"$output")"

other=25
conns tunnel other
for side in west east; do reload $side; contains "$output" "1 changed"; done
for side in west:10.3 east:10.4; do
	wait_for 40 "the new selectors in ${side%%:*}" has_selectors "${side%%:*}" "${side#*:}.0.0/25"
	wait_for 40 "the end of the old ones in ${side%%:*}" gone "${side%%:*}" "${side#*:}.0.0/24"
done
kill -INT $pinger
wait $pinger || true
flood_stop 0
grep -q ' 0% packet loss' "$RESULT/other.log" || fail "the changed tunnel lost pings: $(cat "$RESULT/other.log")"
say "the changed tunnel: $(grep transmitted "$RESULT/other.log")"
[ "$(states west)" = "child child ike " ] || fail "west has: $(states west)"
