# SPDX-License-Identifier: Apache-2.0
# shows: ModeCfg with Libreswan, either end the client: addresses, DNS, domains, a greeting; who asks a server that would tell unasked
# timeout: 240
# Libreswan 4.10 without XAUTH does not do it unasked: its client says "Expecting ISAKMP_CFG_ACK or ISAKMP_CFG_REPLY,
# got 3", and what its server tells does not decrypt as draft-dukes-ike-mode-cfg-02 §3 and RFC 2409 appendix B have it.
two_gateways

leased() { grep -qF "$1" <<<"$(ipsec west list leases)"; }
we_have() { grep -qF "$1/32" <<<"$(ip -n west address show dev lo)"; }

east() {
	conn_conf east ikev2=no pfs=no left=198.51.100.1 leftid=@east.example right=192.0.2.1 rightid=@west.example "$@"
	printf 'config setup\n\tikev1-policy=accept\n' >>"$WORK/east.conf"
}

for pull in yes no; do
	say "a Libreswan client asks for an address of our pool, modecfgpull=$pull"
	conn_conf west ikev2=no pfs=no modecfgpull=$pull rightsubnet= rightaddresspool=10.9.0.7-10.9.0.8 modecfgdns=10.1.0.53 \
		modecfgdomains=office.example modecfgbanner=Welcome cisco-split=yes
	east leftsubnet= rightsubnet=10.1.0.0/24 leftmodecfgclient=yes rightmodecfgserver=yes modecfgpull=yes leftupdown=%disabled
	start vanth west
	start libreswan east
	up east tunnel
	wait_for 5 "its lease" leased "10.9.0.7/32  @east.example  in use since"
	contains "$(ip -n east xfrm policy)" "10.9.0.7/32"
	ip -n east address add 10.9.0.7/32 dev lo
	ping_ok westlan 10.9.0.7
	ip -n east address del 10.9.0.7/32 dev lo
	down east tunnel
	stop_daemons
done

say "we are the client"
conn_conf west ikev2=no pfs=no modecfgpull=yes leftsubnet= leftsourceip=%config
east leftsubnet=10.2.0.0/24 rightsubnet= rightaddresspool=10.9.9.1-10.9.9.5 leftmodecfgserver=yes rightmodecfgclient=yes \
	modecfgpull=yes modecfgdns=10.2.0.53 modecfgdomains=corp.example modecfgbanner=Hello
start vanth west
start libreswan east
up west tunnel
wait_for 5 "our address" we_have 10.9.9.1
log_has west "the peer gives us 10.9.9.1, 1 DNS servers, domains corp.example, and says: Hello"
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.9.1"
ping_ok west 10.2.0.2
down west tunnel
