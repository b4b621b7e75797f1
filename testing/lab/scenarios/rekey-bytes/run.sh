# SPDX-License-Identifier: Apache-2.0
# shows: Child SAs of a few bytes replace each other by themselves, and no ping is lost (but to Libreswan, which sends too early)
# timeout: 240
. "$LAB/rekeys.sh"
# as may_lose says
allow_xfrm_stat XfrmInNoStates
two_gateways
for kind in strongswan libreswan vanth; do
	rekey_conf
	conn_conf west esp=aes_gcm256 ike=aes_gcm256-sha2_256-dh19 pfs=yes ipsec-max-bytes=120k marginbytes=90k
	start vanth west
	start $kind east
	up west tunnel
	flood_start
	for round in 1 2; do
		remember
		changed 60
	done
	flood_stop "${may_lose[$kind]}"
	stop_daemons
done
