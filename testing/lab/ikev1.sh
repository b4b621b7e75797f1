# SPDX-License-Identifier: Apache-2.0
# IKEv1: both phases are renewed under way. west is Vanth, east another.

# v1_conf [EAST'S KEY=VALUE...]: with PFS, in a curve because emulation is slow
v1_conf() {
	local east=(left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=192.0.2.1 rightid=@west.example rightsubnet=10.1.0.0/24)
	conn_conf west ikev2=no esp=aes_gcm256 ike=aes256-sha2_256-dh19 pfs=yes
	conn_conf east ikev2=no esp=aes_gcm256 ike=aes256-sha2_256-dh19 pfs=yes "${east[@]}" "$@"
	printf 'config setup\n\tikev1-policy=accept\n' >>"$WORK/east.conf"
	swanctl_conf east version=1 esp_proposals=aes256gcm16-ecp256 proposals=aes256-sha256-ecp256
}

# newest_ike: the number of west's newest ISAKMP SA
newest_ike() { ipsec west showstates | sed -n 's/^#\([0-9]*\): .* \(IKE\|ISAKMP\) SA .*, established .*/\1/p' | sort -n | tail -n 1; }

# v1_has_new child|ike: since v1_remember; IPsec SAs go on with another ISAKMP SA
v1_has_new() {
	case $1 in
	child) one_pair && [ "$(spis west)" != "$old_spis" ] ;;
	ike) [ "$(newest_ike)" != "$old_ike" ] && [ "$(spis west)" = "$old_spis" ] ;;
	esac
}
v1_remember() {
	old_spis=$(spis west)
	old_ike=$(newest_ike)
}

# v1_renewed SIDE|both child|ike
v1_renewed() {
	local side=$1 what=$2 pid
	v1_remember
	if [ "$side" = both ]; then
		rekey west tunnel "$what" &
		pid=$!
		rekey east tunnel "$what"
		wait $pid || fail "west's command failed"
	else
		rekey "$side" tunnel "$what"
	fi
	wait_for 30 "a new $what by $side" v1_has_new "$what"
	say "$what is renewed by $side: $(spis west)ISAKMP SA #$(newest_ike)"
}

# v1_went_on TIMES: so often at least
v1_went_on() {
	local count
	count=$(grep -c 'IPsec SAs of ISAKMP SA #.* go on with' "$RESULT/west.log" || true)
	[ "$count" -ge "$1" ] || fail "IPsec SAs went on with new ISAKMP SAs $count times, not $1"
}
