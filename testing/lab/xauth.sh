# SPDX-License-Identifier: Apache-2.0
# XAUTH in all its kinds: the client's user is "road", and the server leases it an address. west is Vanth, east another.
. "$LAB/certificates.sh"

# xauth_conn NAME CLIENT rsa|hybrid|secret [KEY=VALUE...]: the client is west or east
xauth_conn() {
	local name=$1 client=$2 method=$3
	shift 3
	"client_is_$client" "$@"
}

client_is_west() {
	local ends=({west,east}.{leftxauthclient,rightxauthserver,leftmodecfgclient,rightmodecfgserver,modecfgpull}=yes
		{west,east}.leftsubnet= west.leftsourceip=%config west.leftusername=road
		east.xauthby=file east.leftaddresspool=10.9.9.1-10.9.9.5 east.modecfgdns=10.2.0.53
		ike.pools=lab remote_ts=dynamic)
	case $method in
	hybrid) ends+=(west.{leftxauthclient,rightxauthserver,authby,cert}= west.leftauth=xauth west.rightauth=rsasig remote.auth=xauth-generic) ;;
	*) ends+=(remote-2.auth=xauth-generic remote-2.round=2) ;;
	esac
	method_of "${ends[@]}" "$@"
}

client_is_east() {
	local ends=({west,east}.{rightxauthclient,leftxauthserver,rightmodecfgclient,leftmodecfgserver,modecfgpull}=yes
		{west,east}.rightsubnet= west.xauthby=file west.rightaddresspool=10.9.0.1-10.9.0.9 west.modecfgdns=10.1.0.53
		east.rightusername=road east.rightupdown=%disabled
		ike.vips=0.0.0.0 local_ts=dynamic)
	case $method in
	hybrid) ends+=(west.{rightxauthclient,leftxauthserver,authby}= west.rightauth=xauth west.leftauth=rsasig east.cert= local.auth=xauth local.xauth_id=road) ;;
	*) ends+=(local-2.auth=xauth local-2.xauth_id=road local-2.round=2) ;;
	esac
	method_of "${ends[@]}" "$@"
}

method_of() {
	case $method in
	secret) set -- {west,east}.cert= authby=secret {local,remote}.auth=psk "$@" ;;
	rsa) set -- authby=rsasig "$@" ;;
	esac
	v1_conn "$name" cert=user ike.proposals=aes256-sha256-ecp256 \
		{west,east}.ike=aes256-sha2_256-dh19 esp_proposals=aes256gcm16 {west,east}.esp=aes_gcm256 "$@"
}

# xauth_keys: certificates, and what both servers have of "road"
xauth_keys() {
	keys west
	keys east
	mkdir -p "$WORK"/{west.d,etc}/ipsec.d
	echo "road:$(openssl passwd -6 "open sesame")" | tee "$WORK/west.d/ipsec.d/passwd" >"$WORK/etc/ipsec.d/passwd"
}

# xauth_users: what west and east know of it as the client, and more of the server's; after the conns
xauth_users() {
	user_says west "open sesame"
	user_says east "open sesame"
	cat >>"$WORK/east.swanctl" <<-CONF
	secrets { ike { secret = "a secret of the lab" } }
	pools { lab {
		addrs = 10.9.9.1-10.9.9.5
		dns = 10.2.0.53
	} }
	CONF
}

# user_says SIDE PASSWORD: what the client there knows of its user
user_says() {
	printf ': PSK "a secret of the lab"\n@road : XAUTH "%s"\n' "$2" | write "$1.secrets"
	[ "$1" = west ] || sed -i '/^secrets { xauth-road/,/^} }/d' "$WORK/east.swanctl"
	[ "$1" = west ] || printf 'secrets { xauth-road { id = road\nsecret = "%s"\n} }\n' "$2" >>"$WORK/east.swanctl"
}

# given SIDE: the address that its server has leased it. Libreswan's script would put it on an interface.
given() {
	if [ "${kind_of[$1]}" = libreswan ]; then
		ip -n "$1" xfrm policy show dir out | sed -n 's|^src \(10\.9\.[0-9.]*\)/32 .*|\1|p'
	else
		ip -n "$1" address show | sed -n 's|.* inet \(10\.9\.[0-9.]*\)/32 .*|\1|p'
	fi
}
has_address() { [ -n "$(given "$1")" ]; }
has_none() { ! has_address "$1"; }
no_sas() { ! grep -qE ' (IKE|ISAKMP) SA ' <<<"$(ipsec west showstates)"; }

# xauth_comes_up NAME CLIENT
xauth_comes_up() {
	local server=10.2.0.2 address
	[ "$2" = west ] || server=10.1.0.2
	up "$2" "$1"
	wait_for 5 "$2's address" has_address "$2"
	address=$(given "$2")
	[ "${kind_of[$2]}" != libreswan ] || ip -n "$2" address add "$address/32" dev lo
	ping_ok "$2" $server -I "$address"
	[ "${kind_of[$2]}" != libreswan ] || ip -n "$2" address delete "$address/32" dev lo
	take_down "$2" "$1"
	wait_for 5 "the end of its address" has_none "$2"
}
