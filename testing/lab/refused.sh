# SPDX-License-Identifier: Apache-2.0
# refusals_with KIND: west is Vanth, east is of that kind; one end's certificate is bad in some way, and whoever
# begins, the other end refuses it, we tell the true reason where we are that end, and nothing is left.

# name | what we say of theirs | what strongSwan's log says of ours | what Libreswan's does; empty: it is not tried
reasons="
expired|expired at 2025-01-01|subject certificate invalid (valid from Jan 01 00:00:00 2024|CN=expired,OU=west,O=Lab,C=CH invalid: SEC_ERROR_EXPIRED_CERTIFICATE
future|is not valid before 2049-01-01|subject certificate invalid (valid from Jan 01 00:00:00 2049|CN=future,OU=west,O=Lab,C=CH invalid: SEC_ERROR_EXPIRED_CERTIFICATE
wrongid|says it is @wrongid.east.example, which its certificate|no trusted ECDSA public key found for 'wrongid.west.example'|does not match ID_FQDN 'wrongid.west.example'
usage|may not be used for IPsec||CN=usage,OU=west,O=Lab,C=CH invalid: SEC_ERROR_INADEQUATE_CERT_TYPE
unknown|the issuer of|no issuer certificate found for \"C=CH, O=Lab, OU=west, CN=unknown\"|CN=unknown,OU=west,O=Lab,C=CH invalid: SEC_ERROR_UNKNOWN_ISSUER
narrow|name constraint|CN=narrow' does not match permitted name constraint|CN=narrow of the lab,O=Lab,C=CH invalid"

# reason NAME COLUMN: vanth, strongswan or libreswan says it
reason() {
	local -A column=([vanth]=2 [strongswan]=3 [libreswan]=4)
	awk -F '|' -v name="$1" -v at="${column[$2]}" '$1 == name { print $at }' <<<"$reasons"
}

# theirs NAME, ours NAME: a conn in which that end's certificate is the bad one
theirs() { pair_conn "theirs-$1" west.cert=west-p256 east.cert=east-$1 west.id=@p256.west.example east.id=@$1.east.example; }
ours() { pair_conn "ours-$1" west.cert=west-$1 east.cert=east-p256 west.id=@$1.west.example east.id=@p256.east.example; }

# forget_libreswan SIDE CONN: it would revive the conn for as long as it has it, and lets no other one have the
# subnets of its route.
forget_libreswan() {
	whack "$1" --name "$2" --delete >/dev/null 2>&1 || true
	add_libreswan "$1" "$2"
}

# give_up CONN: a conn that has failed would be tried again. Libreswan does so at once, and what it has begun anew
# may have come up with us.
give_up() {
	local turn
	if [ "${kind_of[east]}" = libreswan ]; then forget_libreswan east "$1"; fi
	for ((turn = 0; turn < 20; turn++)); do
		down_vanth west "$1" >/dev/null 2>&1 || true
		has_child west || break
	done
}

no_sas() { [ -z "$(states west)$(states east)" ]; }

# refused CONN REASON: the east begins, then the west
refused() {
	say "$1: $2"
	if [ "${kind_of[east]}" = libreswan ]; then # its command's exit code does not always tell
		up_libreswan east "$1" >/dev/null 2>&1 || true
		! has_child east || fail "$1 came up in east and should not"
	else
		up_fails east "$1"
	fi
	give_up "$1"
	[ -z "$2" ] || log_has west "$2" 5
	up_fails west "$1"
	[ -z "$2" ] || explains west "$1" "$2"
	give_up "$1"
	contains "$output" "${2:-AUTHENTICATION_FAILED}"
	# An initiating Libreswan that refuses us forgets the IKE SA without a word, and our Delete has no answer.
	# What it begins anew by itself meanwhile ends here the same way, by liveness or its lifetime.
	[[ ${kind_of[east]} = libreswan && $1 = ours-* ]] && return
	wait_for 10 "the end of all SAs" no_sas
	no_child_sas west 5
}

# which of its own KIND uses all the same: Libreswan does not load a certificate out of its time
uses() {
	case $1 in
	libreswan) echo wrongid usage unknown narrow ;;
	*) echo expired future wrongid usage unknown narrow ;;
	esac
}

# what KIND refuses of us: strongSwan does not look at extended key usage
refused_by() { awk -F '|' -v at="$([ "$1" = strongswan ] && echo 3 || echo 4)" '$at != "" { print $1 }' <<<"$reasons"; }

refusals_with() {
	local name
	charon_plugins=revocation
	keys west -chain
	keys east -chain
	for name in $(uses "$1"); do theirs "$name"; done
	for name in $(refused_by "$1"); do ours "$name"; done
	start vanth west
	start "$1" east
	for name in $(uses "$1"); do refused "theirs-$name" "$(reason "$name" vanth)"; done
	for name in $(refused_by "$1"); do
		refused "ours-$name" ""
		log_has east "$(reason "$name" "$1")" 5
	done
}
