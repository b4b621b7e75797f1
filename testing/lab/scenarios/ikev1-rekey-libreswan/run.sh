# SPDX-License-Identifier: Apache-2.0
# shows: both phases of IKEv1 are renewed by Vanth and, when their lifetimes end, by Libreswan; no ping is lost but in its own early sending
# timeout: 240
. "$LAB/rekeys.sh"
. "$LAB/ikev1.sh"
two_gateways
allow_xfrm_stat XfrmInNoStates # the one of west: see may_lose in rekeys.sh
v1_conf salifetime=40s ikelifetime=50s rekeymargin=10s rekeyfuzz=0% # 4.10: "cannot force rekey of IKEv1 connection"
start vanth west
start libreswan east
up east tunnel
flood_start
for what in ike child; do v1_renewed west $what; done
v1_remember
wait_for 50 "Libreswan's rekeying" v1_has_new child
say "the IPsec SA is another one: $(spis west)"
v1_remember
wait_for 60 "Libreswan's new phase 1" sh -c "[ \$(grep -c 'SA #.* established: ' '$RESULT/west.log') -ge 3 ]"
say "the ISAKMP SA is another one: #$(newest_ike)"
flood_stop 2 # of the one Quick Mode that we begin: as in IKEv2, it sends with the new IPsec SA when it has answered
v1_went_on 2
down east tunnel
no_child_sas west 5
no_child_sas east 5
