# SPDX-License-Identifier: Apache-2.0
# What every kind of interface that a tunnel makes must do.

# gone NS DEVICE
gone() { ! ip -n "$1" link show "$2" >/dev/null 2>&1; }

# has_device NS DEVICE
has_device() { wait_for 5 "$2" ip -n "$1" link show "$2"; }

# has_no_device NS DEVICE
has_no_device() { wait_for 5 "no $2" gone "$1" "$2"; }

# counted DEVICE: the pings went through it, both ways
counted() {
	local line
	line=$(at west sed -n "s/^ *$1: *//p" /proc/self/net/dev)
	[ "$(awk '{ print $10 }' <<<"$line")" -ge 2 ] || fail "$1 has not sent the pings"
	[ "$(awk '{ print $2 }' <<<"$line")" -ge 2 ] || fail "nothing came in through $1"
}

# outlives_rekey DEVICE: it is the same one afterwards, and carries the tunnel
outlives_rekey() {
	local index
	index=$(ip -n west -o link show "$1" | cut -d: -f1)
	rekey west tunnel child
	[ "$(ip -n west -o link show "$1" | cut -d: -f1)" = "$index" ] || fail "another $1"
	ping_ok westlan 10.2.0.2
}

# left_behind DEVICE: west comes up, is killed, and leaves it
left_behind() {
	up west tunnel
	has_device west "$1"
	kill -KILL "${pid_of[west]}"
	wait "${pid_of[west]}" || true
	daemons=east
	ip -n west link show "$1"
}
