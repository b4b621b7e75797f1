# SPDX-License-Identifier: Apache-2.0
# shows: XAUTH and ModeCfg with strongSwan, either end the client: its user proven, its address leased, a wrong password refused
# timeout: 240
two_gateways

leased() { grep -qF "$1" <<<"$(ipsec west list leases)"; }
has() { grep -qF "$2/32" <<<"$(ip -n "$1" address show)"; }
has_not() { ! has "$@"; }
no_sas() { ! grep -qE ' (IKE|ISAKMP) SA ' <<<"$(ipsec west showstates)"; }

# user_of_east PASSWORD: east as strongSwan's client, whose user is "road"
user_of_east() {
	swanctl_conf east version=1 local_ts= child.local_ts=dynamic ike.vips=0.0.0.0
	cat >>"$WORK/east.swanctl" <<-CONF
	connections { tunnel { local-xauth {
		round = 2
		auth = xauth
		xauth_id = road
	} } }
	secrets { xauth-road {
		id = road
		secret = "$1"
	} }
	CONF
}

# users_of_east PASSWORD: east as strongSwan's server, which knows the user "road"
users_of_east() {
	swanctl_conf east version=1 ike.pools=lab remote_ts= child.remote_ts=dynamic
	cat >>"$WORK/east.swanctl" <<-CONF
	connections { tunnel { remote-xauth {
		round = 2
		auth = xauth-generic
	} } }
	secrets { xauth-road {
		id = road
		secret = "$1"
	} }
	pools { lab {
		addrs = 10.9.9.1-10.9.9.5
		dns = 10.2.0.53
	} }
	CONF
}

charon_plugins="xauth-generic"

say "a strongSwan client says who its user is"
conn_conf west ikev2=no pfs=no modecfgpull=yes leftxauthserver=yes rightxauthclient=yes xauthby=file \
	rightsubnet= rightaddresspool=10.9.0.7-10.9.0.9 modecfgdns=10.1.0.53
mkdir -p "$WORK/west.d/ipsec.d"
echo "road:$(openssl passwd -6 'open sesame')" >"$WORK/west.d/ipsec.d/passwd"
user_of_east "open sesame"
start vanth west
start strongswan east
up east tunnel
wait_for 5 "its lease" leased "10.9.0.7/32  @east.example  in use since"
log_has west ': the user is proven'
! no_sas || fail "west shows no IKE SA"
wait_for 5 "its address" has east 10.9.0.7
ping_ok westlan 10.9.0.7
ping_ok east 10.1.0.2 -I 10.9.0.7
down east tunnel
wait_for 5 "it is given back" leased "10.9.0.7/32  @east.example  given back"

say "its user's password is wrong"
user_of_east "open says me"
load east
up_fails east tunnel
log_has west ': the user is refused'
log_has east "XAuth authentication of 'road' (myself) failed"
wait_for 10 "the end of its IKE SA" no_sas
no_child_sas west
has_not east 10.9.0.7 || fail "a client whose user is not proven has an address"
stop_daemons

say "a strongSwan server asks who our user is"
conn_conf west ikev2=no pfs=no modecfgpull=yes leftxauthclient=yes rightxauthserver=yes leftusername=road \
	leftsubnet= leftmodecfgclient=yes leftsourceip=%config
printf ': PSK "a secret of the lab"\n@road : XAUTH "open sesame"\n' | write west.secrets
users_of_east "open sesame"
start vanth west
start strongswan east
up west tunnel
wait_for 5 "our address" has west 10.9.9.1
log_has west "the peer gives us 10.9.9.1, 1 DNS servers"
contains "$(ip -n west route get 10.2.0.2)" "src 10.9.9.1"
log_has east "XAuth authentication of 'road' successful"
ping_ok west 10.2.0.2
down west tunnel
wait_for 5 "the end of our address" has_not west 10.9.9.1

say "our user's password is wrong"
stop west
printf ': PSK "a secret of the lab"\n@road : XAUTH "open says me"\n' | write west.secrets
start vanth west
up_fails west tunnel
contains "$output" 'the server refuses the user "road" or its password (XAUTH)'
no_child_sas west
has_not west 10.9.9.1 || fail "we have an address without a proven user"
