# SPDX-License-Identifier: Apache-2.0
# shows: XAUTH and ModeCfg with Libreswan, either end the client: its user proven, its address leased, a wrong password refused
# timeout: 240
two_gateways

leased() { grep -qF "$1" <<<"$(ipsec west list leases)"; }
we_have() { grep -qF "$1/32" <<<"$(ip -n west address show dev lo)"; }
we_have_not() { ! we_have "$@"; }
no_sas() { ! grep -qE ' (IKE|ISAKMP) SA ' <<<"$(ipsec west showstates)"; }

east() {
	conn_conf east ikev2=no pfs=no left=198.51.100.1 leftid=@east.example right=192.0.2.1 rightid=@west.example \
		modecfgpull=yes "$@"
	printf 'config setup\n\tikev1-policy=accept\n' >>"$WORK/east.conf"
}
# user_is SIDE PASSWORD: what the client there knows of the user "road"
user_is() { printf ': PSK "a secret of the lab"\n@road : XAUTH "%s"\n' "$2" | write "$1.secrets"; }

mkdir -p "$WORK/west.d/ipsec.d" "$WORK/etc/ipsec.d"
user="road:$(openssl passwd -6 'open sesame')"

say "a Libreswan client says who its user is"
echo "$user" >"$WORK/west.d/ipsec.d/passwd"
conn_conf west ikev2=no pfs=no modecfgpull=yes leftxauthserver=yes rightxauthclient=yes xauthby=file \
	rightsubnet= rightaddresspool=10.9.0.7-10.9.0.9 modecfgdns=10.1.0.53
east leftsubnet= rightsubnet=10.1.0.0/24 leftmodecfgclient=yes rightmodecfgserver=yes leftxauthclient=yes rightxauthserver=yes \
	leftusername=road leftupdown=%disabled
user_is east "open sesame"
start vanth west
start libreswan east
up east tunnel
wait_for 5 "its lease" leased "10.9.0.7/32  @east.example  in use since"
log_has west ': the user is proven'
! no_sas || fail "west shows no IKE SA"
contains "$(ip -n east xfrm policy)" "10.9.0.7/32"
ip -n east address add 10.9.0.7/32 dev lo
ping_ok westlan 10.9.0.7
ip -n east address del 10.9.0.7/32 dev lo
down east tunnel
wait_for 5 "it is given back" leased "10.9.0.7/32  @east.example  given back"
stop east

say "its user's password is wrong"
user_is east "open says me"
start libreswan east
whack east --name tunnel --initiate --asynchronous >/dev/null
log_has west ': the user is refused' 10
stop east
wait_for 10 "the end of its IKE SA" no_sas
no_child_sas west
stop_daemons

say "a Libreswan server asks who our user is"
conn_conf west ikev2=no pfs=no modecfgpull=yes leftxauthclient=yes rightxauthserver=yes leftusername=road \
	leftsubnet= leftmodecfgclient=yes leftsourceip=%config
user_is west "open sesame"
east leftsubnet=10.2.0.0/24 rightsubnet= rightaddresspool=10.9.9.1-10.9.9.5 leftmodecfgserver=yes rightmodecfgclient=yes \
	leftxauthserver=yes rightxauthclient=yes xauthby=file modecfgdns=10.2.0.53
echo "$user" >"$WORK/etc/ipsec.d/passwd"
mount -t overlay -o "lowerdir=$WORK/etc:/etc" overlay /etc # the only place where Libreswan looks for it
start vanth west
start libreswan east
up west tunnel
wait_for 5 "our address" we_have 10.9.9.1
log_has west "the peer gives us 10.9.9.1, 1 DNS servers"
ping_ok west 10.2.0.2
down west tunnel
wait_for 5 "the end of our address" we_have_not 10.9.9.1
stop west

say "our user's password is wrong"
user_is west "open says me"
start vanth west
up_fails west tunnel
contains "$output" 'the server refuses the user "road" or its password (XAUTH)'
no_child_sas west
