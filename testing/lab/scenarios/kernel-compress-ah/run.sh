# SPDX-License-Identifier: Apache-2.0
# shows: compress=yes and ah= with strongSwan, both roles and over rekeys, in the kernel and on the wire
# timeout: 300
two_gateways

# has SIDE WHAT TEXT: `ip xfrm WHAT` shows it
has() { contains "$(ip -n "$1" -s -d xfrm "$2")" "$3"; }
# count SIDE PROTOCOL COUNT: so many SAs of it
count() {
	local found
	found=$(ip -n "$1" xfrm state | grep -c "proto $2 " || true)
	[ "$found" = "$3" ] || fail "$1 has $found SAs of $2, expected $3: $(ip -n "$1" xfrm state)"
}
# smaller: large pings of one letter are on the wire as small packets
smaller() {
	capture_start
	ping_ok westlan 10.2.0.2 -s 1200
	sees_esp
	! grep -qE 'length (9[0-9][0-9]|1[0-9][0-9][0-9])$' <<<"$(capture_text esp)" || fail "packets were not compressed"
	ping_ok westlan 10.2.0.2 -s 16
}

say "compress=yes: what the peer agrees to is compressed, large packets and small ones arrive"
conn_conf west compress=yes pfs=no
swanctl_conf east child.ipcomp=yes
start vanth west
start strongswan east
for side in west east; do
	up $side tunnel
	count west comp 2
	count west esp 2
	has west state 'comp deflate'
	has west policy 'level use'
	smaller
	rekey west tunnel child
	sleep 3
	count west comp 2
	smaller
	down $side tunnel
	no_child_sas west 5
	sleep 3
	count west comp 0
done
stop_daemons

say "a peer that does not want it gets none"
swanctl_conf east child.ipcomp=no
start vanth west
start strongswan east
for side in west east; do
	up $side tunnel
	count west comp 0
	ping_ok westlan 10.2.0.2 -s 1200
	down $side tunnel
	no_child_sas west 5
done
stop_daemons

say "compress=yes in transport mode"
conn_conf west compress=yes type=transport leftsubnet= rightsubnet=
swanctl_conf east child.ipcomp=yes mode=transport local_ts=dynamic remote_ts=dynamic
start vanth west
start strongswan east
up west tunnel
count west comp 2
ping_ok west 198.51.100.1 -s 1200
ping_ok west 198.51.100.1 -s 16
down west tunnel
stop_daemons

say "AH: packets are in clear and have an ICV"
for mode in tunnel transport; do
	[ $mode = tunnel ] && from=westlan to=10.2.0.2 || from=west to=198.51.100.1
	if [ $mode = tunnel ]; then
		conn_conf west pfs=no phase2=ah ah=sha2_256
		swanctl_conf east esp_proposals= child.ah_proposals=sha256
	else
		conn_conf west pfs=no phase2=ah ah=sha2_256 type=transport leftsubnet= rightsubnet=
		swanctl_conf east esp_proposals= child.ah_proposals=sha256 mode=transport local_ts=dynamic remote_ts=dynamic
	fi
	start vanth west
	start strongswan east
	for side in west east; do
		up $side tunnel
		count west ah 2
		count west esp 0
		capture_start
		ping_ok $from $to
		sees_on_wire 'AH(spi=' ah
		rekey west tunnel child
		sleep 3
		count west ah 2
		ping_ok $from $to
		down $side tunnel
		no_child_sas west 5
		sleep 3
		count west ah 0
	done
	stop_daemons
done
