# SPDX-License-Identifier: Apache-2.0
# shows: a strongSwan client of our pool: address, DNS, exhaustion, a restart of our daemon keeps leases; and we as client of its pool
# timeout: 300
two_gateways

leases() { ipsec west list leases; }
client_has() { grep -qF "$1/32" <<<"$(ip -n east address show)"; }
we_have() { grep -qF "$1/32" <<<"$(ip -n west address show dev lo)"; }

# client ID: east as strongSwan with that identity
client() {
	swanctl_conf east local_id="$1" local_ts= child.local_ts=dynamic remote_ts=10.1.0.0/24 ike.vips=0.0.0.0
}

say "a pool of two addresses"
conn_conf west right=%any rightid=%any rightsubnet= rightaddresspool=10.9.0.7-10.9.0.8 modecfgdns=10.1.0.53
cat >"$WORK/west.secrets" <<EOF
: PSK "a secret of the lab"
EOF
charon_plugins=resolve
cat >"$WORK/east.charon" <<EOF
	plugins { resolve { file = $WORK/resolv.conf } }
EOF
touch "$WORK/resolv.conf"
client first.example
start vanth west
start strongswan east
up east tunnel
wait_for 5 "the client's address" client_has 10.9.0.7
wait_for 5 "the client's DNS server" grep -q 10.1.0.53 "$WORK/resolv.conf"
ping_ok westlan 10.9.0.7
contains "$(leases)" "1 of 2 in use"
contains "$(leases)" "10.9.0.7/32  @first.example  in use since"

say "another one has another address, and the first one its own again"
down east tunnel
client second.example
load east
up east tunnel
wait_for 5 "the second one's address" client_has 10.9.0.8
contains "$(leases)" "10.9.0.7/32  @first.example  given back"
down east tunnel

say "a restart keeps leases"
stop west
contains "$(cat "$WORK/west.d/nss/leases")" "10.9.0.8"
start vanth west
log_has west "addresses of 2 clients of an earlier run are kept for them"
up east tunnel
wait_for 5 "the second one's address" client_has 10.9.0.8
down east tunnel
client first.example
load east
up east tunnel
wait_for 5 "the first one's address" client_has 10.9.0.7
ping_ok westlan 10.9.0.7

say "a pool of one, in use by another: refused, and told at both ends"
down east tunnel
stop west
conn_conf west right=%any rightid=%any rightsubnet= rightaddresspool=10.9.0.1-10.9.0.1
start vanth west
swanctl_conf east local_id=first.example local_ts= child.local_ts=dynamic remote_ts=10.1.0.0/24 ike.vips=0.0.0.0
load east
up east tunnel
wait_for 5 "the only address" client_has 10.9.0.1
sed -e 's/^\ttunnel {/\tsecond {/' -e '/^\t\t\ttunnel {/s/tunnel/second/' -e 's/first\.example/second.example/' \
	"$WORK/east.swanctl" >"$WORK/second"
mv "$WORK/second" "$WORK/east.swanctl"
load east
! swanctl east --initiate --child second --timeout 10 || fail "there was no address, and it came up"
log_has west "all 1 of 10.9.0.1/32 are in use"
log_has east INTERNAL_ADDRESS_FAILURE

say "we as its client"
stop_daemons
rm "$WORK/west.secrets"
conn_conf west leftsubnet= leftsourceip=%config
swanctl_conf east ike.pools=lab remote_ts= child.remote_ts=dynamic
printf 'pools {\n\tlab {\n\t\taddrs = 10.9.9.1-10.9.9.5\n\t\tdns = 10.2.0.53\n\t}\n}\n' >>"$WORK/east.swanctl"
start vanth west
start strongswan east
up west tunnel
wait_for 5 "our address" we_have 10.9.9.1
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.9.1"
ping_ok west 10.2.0.2
down west tunnel
wait_for 5 "the end of our address" eval "! we_have 10.9.9.1"
