# SPDX-License-Identifier: Apache-2.0
# shows: ModeCfg with strongSwan, either end the client, asked and unasked: addresses, DNS, a greeting, Cisco's split networks
# timeout: 240
two_gateways

leased() { grep -qF "$1" <<<"$(ipsec west list leases)"; }
east_has() { grep -qF "$1/32" <<<"$(ip -n east address show)"; }
we_have() { grep -qF "$1/32" <<<"$(ip -n west address show dev lo)"; }
east_told() { grep -qF "$1" "$WORK/resolv.conf"; }
networks() { ip -n "$1" xfrm policy show dir out; }

# client KEY=VALUE...: east as strongSwan's client
client() {
	swanctl_conf east version=1 local_ts= child.local_ts=dynamic ike.vips=0.0.0.0 "$@"
}
server() {
	conn_conf west ikev2=no pfs=no rightsubnet= rightaddresspool=10.9.0.7-10.9.0.9 modecfgdns=10.1.0.53 \
		modecfgdomains=office.example "modecfgbanner=Welcome to the lab" "$@"
}

charon_plugins="resolve unity"
cat >"$WORK/east.charon" <<CHARON
	cisco_unity = yes
	plugins { resolve { file = $WORK/resolv.conf } }
CHARON
touch "$WORK/resolv.conf"

say "a strongSwan client asks our pool"
server modecfgpull=yes
client
start vanth west
start strongswan east
up east tunnel
wait_for 5 "its lease" leased "10.9.0.7/32  @east.example  in use since"
wait_for 5 "its address" east_has 10.9.0.7
wait_for 5 "its DNS server" east_told 10.1.0.53
ping_ok westlan 10.9.0.7
ping_ok east 10.1.0.2 -I 10.9.0.7
down east tunnel
wait_for 5 "it is given back" leased "10.9.0.7/32  @east.example  given back"

say "it is told unasked"
server modecfgpull=no
client ike.pull=no
load west
load east
up east tunnel
wait_for 5 "its address" east_has 10.9.0.7
ping_ok westlan 10.9.0.7
down east tunnel

say "a client of Cisco's kind asks for everything and protects what it is told"
server modecfgpull=yes cisco-split=yes cisco-unity=yes leftsubnet=10.1.0.0/24,10.3.0.0/16
client remote_ts=0.0.0.0/0
load west
load east
up east tunnel
wait_for 5 "its address" east_has 10.9.0.7
for network in 10.1.0.0/24 10.3.0.0/16; do
	contains "$(networks east)" "src 10.9.0.7/32 dst $network"
	contains "$(networks west)" "src $network dst 10.9.0.7/32"
done
sas west 2
ping_ok westlan 10.9.0.7
down east tunnel
stop_daemons

say "we ask strongSwan's pool"
pools() {
	printf 'pools {\n\tlab {\n\t\taddrs = 10.9.9.1-10.9.9.5\n\t\tdns = 10.2.0.53\n\t\tsubnet = 10.2.0.0/24\n\t\tsplit_include = 10.2.0.0/24\n\t\t28674 = corp.example\n\t\t28672 = "Hello"\n\t}\n}\n' >>"$WORK/east.swanctl"
}
conn_conf west ikev2=no pfs=no leftsubnet= leftsourceip=%config modecfgpull=yes
swanctl_conf east version=1 ike.pools=lab remote_ts= child.remote_ts=dynamic
pools
start vanth west
start strongswan east
up west tunnel
wait_for 5 "our address" we_have 10.9.9.1
log_has west "the peer gives us 10.9.9.1, 1 DNS servers, domains corp.example, and says: Hello"
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.9.1"
ping_ok west 10.2.0.2
down west tunnel
wait_for 5 "the end of our address" eval "! we_have 10.9.9.1"

say "it tells us unasked"
conn_conf west ikev2=no pfs=no leftsubnet= leftsourceip=%config modecfgpull=no
swanctl_conf east version=1 ike.pools=lab remote_ts= child.remote_ts=dynamic ike.pull=no
pools
load west
load east
up west tunnel
wait_for 5 "our address" we_have 10.9.9.1
ping_ok west 10.2.0.2
down west tunnel

say "as a client of Cisco's kind we ask it for everything"
conn_conf west ikev2=no pfs=no leftsubnet= leftsourceip=%config modecfgpull=yes cisco-unity=yes rightsubnet=0.0.0.0/0
swanctl_conf east version=1 ike.pools=lab remote_ts= child.remote_ts=dynamic
pools
load west
load east
up west tunnel
wait_for 5 "our address" we_have 10.9.9.1
contains "$(networks west)" "src 10.9.9.1/32 dst 10.2.0.0/24"
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.9.1"
! grep -qF "src 10.9.9.1" <<<"$(ip -n west route get 203.0.113.9)" || fail "what is not told goes through the tunnel"
ping_ok west 10.2.0.2
down west tunnel
