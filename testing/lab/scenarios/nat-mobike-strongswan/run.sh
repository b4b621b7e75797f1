# SPDX-License-Identifier: Apache-2.0
# shows: Vanth keeps its tunnel with strongSwan while one end moves, in either role: to another address, behind a NAT and out again
# timeout: 200
. "$LAB/roam.sh"
roaming_network
allow_xfrm_stat XfrmOutBundleGenError # traffic while west has no address, or not yet the one of its tunnel
conn_conf west left=%defaultroute mobike=yes
conn_conf east left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=%any rightid=@west.example rightsubnet=10.1.0.0/24 mobike=yes
swanctl_conf west local_addrs=%any mobike=yes
swanctl_conf east remote_addrs=%any mobike=yes
for pair in "vanth strongswan" "strongswan vanth"; do
	say "west and east are: $pair"
	west_at 192.0.2.1/24 eth0 192.0.2.254
	start ${pair% *} west
	start ${pair#* } east
	capture_start
	up west tunnel
	roam
	sees_esp
	for end in west east; do
		[ "${kind_of[$end]}" != vanth ] || log_has_not $end " ended"
	done
	stop_daemons
done
