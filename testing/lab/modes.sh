# SPDX-License-Identifier: Apache-2.0
# modes_with KIND: west is Vanth, east is of that kind; every mode and pair of families but IPv4 in IPv4,
# each brought up from both sides.

# mode_set OUTER-FAMILY INNER-FAMILY: near, far and what is behind them; inner 0 is transport mode
mode_set() {
	case $1 in
	4) near=192.0.2.1 far=198.51.100.1 ;;
	6) near=2001:db8:1::1 far=2001:db8:2::1 ;;
	esac
	mode=tunnel from=westlan
	case $2 in
	0) mode=transport from=west subnets= near_ts=dynamic far_ts=dynamic target=$far ;;
	4) near_ts=10.1.0.0/24 far_ts=10.2.0.0/24 target=10.2.0.2 ;;
	6) near_ts=2001:db8:11::/64 far_ts=2001:db8:22::/64 target=2001:db8:22::2 ;;
	esac
}

mode_conf() {
	local subnets=(leftsubnet=$near_ts rightsubnet=$far_ts)
	[ $mode = tunnel ] || subnets=(leftsubnet= rightsubnet=)
	conn_conf both type=$mode left=$near right=$far "${subnets[@]}"
	swanctl_conf east mode=$mode local_addrs=$far remote_addrs=$near local_ts=$far_ts remote_ts=$near_ts
}

modes_with() {
	local kind=$1 pair side near far mode from near_ts far_ts target
	for pair in "4 0" "6 0" "6 6" "4 6" "6 4"; do
		mode_set $pair
		mode_conf
		say "$mode mode from $near to $far for $target"
		start vanth west
		start "$kind" east
		for side in west east; do
			capture_start
			up $side tunnel
			ping_ok $from $target
			sees_esp
			down $side tunnel
			no_child_sas west 5
		done
		stop_daemons
	done
}

# west is behind a NAT that east sees as 192.0.2.1
nat_transport_conf() {
	conn_conf west type=transport left=172.16.1.1 leftsubnet= rightsubnet=
	conn_conf east type=transport left=198.51.100.1 leftid=@east.example leftsubnet= right=%any rightid=@west.example rightsubnet=
	swanctl_conf west mode=transport local_addrs=172.16.1.1 local_ts=dynamic remote_ts=dynamic
	swanctl_conf east mode=transport remote_addrs=%any local_ts=dynamic remote_ts=dynamic
}

# nat_transport_with WEST EAST
nat_transport_with() {
	say "west and east are: $1 $2"
	start "$1" west
	start "$2" east
	capture_start
	up west tunnel
	contains "$(ip -n west xfrm state)" "mode transport"
	contains "$(ip -n east xfrm state)" "mode transport"
	ping_ok west 198.51.100.1
	ping_ok east 192.0.2.1
	sees_esp
	sees_on_wire "UDP-encap: ESP" udp port 4500
	stop_daemons
}
