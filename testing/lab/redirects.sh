# SPDX-License-Identifier: Apache-2.0
# Redirect: another gateway, for the same LAN as east's, and a client that is sent there.

# other_gateway: "other", 203.0.113.1
other_gateway() {
	gateway_with_lan other 2
	join other eth0 mid other0
	address other eth0 203.0.113.1/24
	address mid other0 203.0.113.254/24
	default_route other 203.0.113.254
	conn_conf other right=203.0.113.1
}

# redirecting all|proven|none: east's configuration for Vanth and Libreswan: which clients it sends on by itself
redirecting() {
	case $1 in
	proven) conn_conf east send-redirect=yes redirect-to=203.0.113.1 ;;
	*) conn_conf east ;;
	esac
	[ "$1" = all ] || return 0
	printf 'config setup\n\tglobal-redirect=yes\n\tglobal-redirect-to=203.0.113.1\n\n' |
		cat - "$WORK/east.conf" >"$WORK/all.conf"
	mv "$WORK/all.conf" "$WORK/east.conf"
}

# east's configuration as it is now; when this returns, it is in force
reconfigure_vanth() {
	private_copy east conf >/dev/null
	ipsec east reload
}

# tell_KIND: east tells west, which is connected, to go
tell_vanth() { ipsec east redirect --to 203.0.113.1 tunnel; }
tell_libreswan() { whack east --name tunnel --redirect-to 203.0.113.1; }
tell_strongswan() { swanctl east --redirect --ike tunnel --gateway 203.0.113.1; }

esp_count() { ip -n "$1" xfrm state | grep -c 'proto esp' || true; }

# sent_on: within ten seconds west has one tunnel, which ends at the other gateway and works; east has none
sent_on() {
	local turn
	for ((turn = 0; turn < 50; turn++)); do
		[ "$(esp_count other) $(esp_count west) $(esp_count east)" != "2 2 0" ] || break
		sleep 0.2
	done
	sas other 2
	sas west 2
	sas east 0
	ping_ok westlan 10.2.0.2
	ping_ok otherlan 10.1.0.2
}
