# SPDX-License-Identifier: Apache-2.0
# shows: IKEv1 with a NAT between, in tunnel and in transport mode, by RFC 3947 and by its drafts, Vanth on either side of
#        it, strongSwan and Libreswan on the other
# timeout: 300
two_gateways_with_nat
swanctl_conf west version=1 local_addrs=172.16.1.1
swanctl_conf east version=1 remote_addrs=%any
west_conf() { conn_conf west ikev2=no pfs=no left=172.16.1.1 "$@"; }
east_conf() {
	conn_conf east ikev2=no pfs=no left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=%any \
		rightid=@west.example rightsubnet=10.1.0.0/24 "$@"
}
# Libreswan wants to be told that IKEv1 is meant.
accept() { [ "$2" != libreswan ] || printf 'config setup\n\tikev1-policy=accept\n' >>"$WORK/$1.conf"; }
round() {
	say "west and east are: $1 $2"
	accept west $1
	accept east $2
	start $1 west
	start $2 east
	capture_start
	up west tunnel
}
# Nothing that a daemon says while it stops meets a port that is closed already: the ICMP about it would be in clear.
done_with() {
	sees_esp
	sees_on_wire "UDP-encap: ESP" udp port 4500
	down west tunnel
	no_child_sas west 5
	no_child_sas east 5
	stop_daemons
}
say "by the drafts, as Libreswan says nothing of the RFC"
west_conf nat-ikev1-method=drafts
east_conf
round libreswan vanth
ping_ok westlan 10.2.0.2
done_with
say "transport mode"
swanctl_conf east version=1 mode=transport remote_addrs=%any local_ts=dynamic remote_ts=dynamic
for pair in "vanth strongswan" "vanth libreswan" "libreswan vanth"; do
	west_conf type=transport leftsubnet= rightsubnet=
	east_conf type=transport leftsubnet= rightsubnet=
	round $pair
	ping_ok west 198.51.100.1
	done_with
done
say "a road warrior with its private address (vhost:)"
swanctl_conf west version=1 local_addrs=172.16.1.1 local_ts=dynamic
west_conf
east_conf rightsubnet=vhost:%priv,%no
printf 'config setup\n\tvirtual-private=%%v4:172.16.0.0/12,%%v4:!10.2.0.0/16\n' >>"$WORK/east.conf"
round strongswan vanth
contains "$(ip -n east xfrm policy)" "src 10.2.0.0/24 dst 172.16.1.1/32"
ping_ok west 10.2.0.2
done_with
