# SPDX-License-Identifier: Apache-2.0
# shows: the peer (strongSwan, Libreswan) deletes both SAs of IKEv1, and the Delete of the IPsec SA gets lost: the
#        tunnel is dead at one end and up at the other, until Vanth makes it anew by itself
# timeout: 240
two_gateways
allow_xfrm_stat XfrmInNoStates # what the pings that get lost come to
conn_conf west ikev2=no pfs=no auto=start dpddelay=30
conn_conf east ikev2=no pfs=no left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=192.0.2.1 rightid=@west.example rightsubnet=10.1.0.0/24
printf 'config setup\n\tikev1-policy=accept\n' >>"$WORK/east.conf"
swanctl_conf east version=1

state_of() { whack east --showstates | sed -n "s/.*#\([0-9]*\): \"tunnel\".*$1.*/\1/p" | head -n 1; }
forget_child() {
	case ${kind_of[east]} in
	strongswan) swanctl east --terminate --child tunnel --timeout 5 ;;
	libreswan) whack east --deletestate "$(state_of QUICK)" ;;
	esac
}
forget_ike() {
	case ${kind_of[east]} in
	strongswan) swanctl east --terminate --ike tunnel --timeout 5 ;;
	libreswan) whack east --deletestate "$(state_of MAIN)" ;;
	esac
}

for peer in strongswan libreswan; do
	say "east is $peer"
	start "$peer" east
	start vanth west
	log_has west "Child SA #" 30
	ping_ok westlan 10.2.0.2
	at mid nft 'table inet thief { chain lost { type filter hook forward priority 0; ip saddr 198.51.100.1 udp sport 500 drop; }; }'
	forget_child || true
	sleep 1
	at mid nft delete table inet thief
	ping_fails westlan 10.2.0.2
	forget_ike || true
	log_has west "replace IPsec SA #" 10
	log_has west "its IPsec SAs go on"
	sleep 5
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	stop_daemons
done
