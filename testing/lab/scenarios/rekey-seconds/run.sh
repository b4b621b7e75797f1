# SPDX-License-Identifier: Apache-2.0
# shows: Child SAs and IKE SAs of a few seconds replace each other by themselves, and hardly a ping is lost
# timeout: 240
. "$LAB/rekeys.sh"
# As may_lose says, and ten for an emulated machine that stands still now and then: rekeys follow each other within seconds
# here, besides what else it does. rekey-flood-* counts strictly.
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
	flood_stop $((${may_lose[$kind]} + 10))
	stop_daemons
done
