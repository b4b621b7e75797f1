# SPDX-License-Identifier: Apache-2.0
# shows: IKEv1, transport mode: strongSwan and Vanth behind one NAT, both from UDP port 1701, told apart by Vanth
# timeout: 200
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
two_gateways_with_nat
namespace home
join home eth0 nat inside2
address home eth0 172.16.2.1/24
address nat inside2 172.16.2.254/24
default_route home 172.16.2.254
gateways="$gateways home"
client() {
	conn_conf $1 ikev2=no pfs=no type=transport left=$2 leftid=@$1.example leftsubnet= rightsubnet= \
		leftprotoport=udp/1701 rightprotoport=udp/1701
}
client west 172.16.1.1
swanctl_conf home version=1 mode=transport local_addrs=172.16.2.1 local_id=home.example remote_addrs=198.51.100.1 \
	remote_id=east.example local_ts='dynamic[udp/1701]' remote_ts='dynamic[udp/1701]'
conn_conf east ikev2=no pfs=no type=transport left=198.51.100.1 leftid=@east.example leftsubnet= right=%any \
	rightid= rightsubnet= leftprotoport=udp/1701 rightprotoport=udp/%any mark=%unique
printf ': PSK "a secret of the lab"\n' >"$WORK/east.secrets"
at east nft -f "$TOP/docs/l2tp.nft"
# An L2TP server has one socket; so has this one, which says who spoke and again after a while.
write server.py <<'PY'
import socket, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("198.51.100.1", 1701))
known = {}
server.settimeout(0.5)
while True:
    try:
        data, who = server.recvfrom(2000)
        known[who] = data
    except socket.timeout:
        pass
    for who, data in known.items():
        server.sendto(b"for " + data, who)
PY
write client.py <<'PY'
import socket, sys, time
name = sys.argv[1].encode()
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.bind((sys.argv[2], 1701))
client.settimeout(1)
got = set()
end = time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    client.sendto(name, ("198.51.100.1", 1701))
    try:
        got.add(client.recvfrom(2000)[0].decode())
    except socket.timeout:
        pass
print(" ".join(sorted(got)))
PY
start vanth east
start strongswan home
start vanth west
nsenter --net=/run/netns/east /usr/bin/python3 "$WORK/server.py" &
server=$!
capture_start
up west tunnel
up home tunnel
sas east 4
nsenter --net=/run/netns/west /usr/bin/python3 "$WORK/client.py" west 172.16.1.1 6 >"$RESULT/west.got" &
first=$!
at home /usr/bin/python3 "$WORK/client.py" home 172.16.2.1 6 >"$RESULT/home.got"
wait $first
for who in west home; do
	[ "$(cat "$RESULT/$who.got")" = "for $who" ] || fail "$who got: $(cat "$RESULT/$who.got")"
	say "$who got what is $who's"
done
capture_stop
[ -z "$(capture_text udp port 1701)" ] || fail "L2TP in clear: $(capture_text udp port 1701)"
kill -TERM $server
wait $server || true
down west tunnel
sas east 2
