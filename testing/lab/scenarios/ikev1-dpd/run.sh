# SPDX-License-Identifier: Apache-2.0
# shows: DPD of IKEv1 (RFC 3706) finds that the peer (strongSwan, Libreswan; killed, or cut off) is dead, and does
#        what dpdaction= says: under hold nothing leaves in clear, with restart and hold the tunnel is back when the
#        peer is, Vanth in both roles
# timeout: 240
two_gateways
allow_xfrm_stat XfrmOutNoStates XfrmInNoStates XfrmAcquireError # what the pings that are held come to
swanctl_conf east version=1

v1() {
	conn_conf west ikev2=no pfs=no dpddelay=2 dpdtimeout=10 "$@"
	conn_conf east ikev2=no pfs=no left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=192.0.2.1 rightid=@west.example rightsubnet=10.1.0.0/24
	printf 'config setup\n\tikev1-policy=accept\n' >>"$WORK/east.conf"
}
kill_peer() {
	kill -KILL "${pid_of[east]}"
	wait "${pid_of[east]}" || true
	daemons=west
}
revive_peer() {
	ip -n east xfrm state flush
	ip -n east xfrm policy flush
	start "$1" east
}
cut() { at mid nft 'table inet thief { chain lost { type filter hook forward priority 0; udp dport 500 drop; }; }'; }
mend() { at mid nft delete table inet thief; }
policies() { ip -n west xfrm policy | grep -c '^src 10\.' || true; }
is_up() { [[ $(states west) == *child* ]]; }
dead() {
	log_has west "peer does not answer (R-U-THERE)" 30
	log_has west "$1" 5
	[ "$(ip -n west xfrm state | grep -c '^src 198')" = 0 ] || fail "SAs of the dead peer are left: $(ip -n west xfrm state)"
}
back() {
	wait_for 60 "the tunnel" is_up
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	stop_daemons
}

say "strongSwan began and is killed: hold"
v1 dpdaction=hold
start vanth west
start strongswan east
up east tunnel
ping_ok westlan 10.2.0.2
kill_peer
dead "its packets are held until it is back (dpdaction=hold)"
[ "$(policies)" -ge 1 ] || fail "no trap holds the packets: $(ip -n west xfrm policy)"
revive_peer strongswan
capture_start
at westlan ping -n -c 3 -i 0.2 -W 1 -p 56414e5448434c454152544558542121 10.2.0.2 >/dev/null 2>&1 || true
sees_no_clear_text
back

say "strongSwan answered and is killed: what is wanted is begun anew, under hold without clear text"
v1 dpdaction=hold auto=start
start strongswan east
start vanth west
wait_for 10 "the tunnel" is_up
kill_peer
dead "Child SA #"
[ "$(policies)" -ge 1 ] || fail "no trap holds the packets: $(ip -n west xfrm policy)"
capture_start
ping_fails westlan 10.2.0.2
sees_no_clear_text
revive_peer strongswan
back

say "Libreswan began and is cut off: restart"
v1 dpdaction=restart
start vanth west
start libreswan east
up east tunnel
cut
at westlan ping -n -c 30 -i 0.5 10.2.0.2 >/dev/null || fail "pings are lost without port 500"
log_has_not west "peer does not answer (R-U-THERE)" # its packets are proof of life
dead "the tunnel is begun anew (dpdaction=restart)"
mend
back

say "Libreswan began and is killed: clear"
v1 dpdaction=clear
start vanth west
start libreswan east
up east tunnel
kill_peer
dead "Child SA #"
[ "$(policies)" = 0 ] || fail "policies of the dead peer are left: $(ip -n west xfrm policy)"
revive_peer libreswan
up east tunnel
back
