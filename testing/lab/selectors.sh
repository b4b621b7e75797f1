# SPDX-License-Identifier: Apache-2.0
# Two networks behind each gateway: 10.1.0.0/24 and 10.3.0.0/24 in the west, 10.2.0.0/24 and 10.4.0.0/24 in the east.

west_ts=10.1.0.0/24,10.3.0.0/24
east_ts=10.2.0.0/24,10.4.0.0/24

two_networks_each() {
	two_gateways
	address west lan0 10.3.0.1/24
	address westlan eth0 10.3.0.2/24
	address east lan0 10.4.0.1/24
	address eastlan eth0 10.4.0.2/24
}

# every_pair: pings between each network and each other one, both ways
every_pair() {
	local near far
	for near in 10.1.0.2 10.3.0.2; do
		for far in 10.2.0.2 10.4.0.2; do
			ping_ok westlan $far -I $near
			ping_ok eastlan $near -I $far
		done
	done
}

# pairs_protected COUNT: wait until the west's kernel has that many outbound policies with an SA
pairs_protected() {
	wait_for 30 "west has $1 policies" has_policies "$1"
}
has_policies() { [ "$(ip -n west xfrm policy | grep -c 'dir out')" = "$1" ]; }
