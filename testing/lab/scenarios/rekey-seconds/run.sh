# SPDX-License-Identifier: Apache-2.0
# shows: Child SAs and IKE SAs of a few seconds replace each other by themselves, and no ping is lost (but to Libreswan)
# timeout: 240
. "$LAB/rekeys.sh"
# as may_lose says
allow_xfrm_stat XfrmInNoStates
two_gateways
for kind in strongswan libreswan vanth; do
	rekey_conf salifetime=30s ikelifetime=60s rekeymargin=20s rekeyfuzz=0%
	[ $kind = vanth ] || rekey_conf
	conn_conf west esp=aes_gcm256 ike=aes_gcm256-sha2_256-dh19 pfs=yes salifetime=30s ikelifetime=60s rekeymargin=20s rekeyfuzz=0%
	start vanth west
	start $kind east
	up west tunnel
	flood_start
	for round in 1 2; do
		remember
		changed 30
	done
	flood_stop "${may_lose[$kind]}"
	stop_daemons
done
