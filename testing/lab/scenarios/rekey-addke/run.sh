# SPDX-License-Identifier: Apache-2.0
# shows: two Vanths rekey with additional key exchanges (RFC 9370, IKE_FOLLOWUP_KE), begun by each side and by both, in small packets
# timeout: 300
. "$LAB/rekeys.sh"
# strongSwan 5.9.8 and Libreswan 4.10 do not know IKE_FOLLOWUP_KE.
two_gateways
conn_conf both ike="aes_gcm256-sha2_256-dh31;addke1=dh20;addke2=modp3072" esp="aes_gcm256-dh31;addke1=dh20;addke2=modp3072" \
	pfs=yes fragment-size=500
start vanth west
start vanth east
capture_start
up west tunnel
ping_ok westlan 10.2.0.2
for side in west east both; do
	for what in child ike; do
		rekeyed $side $what 40
	done
done
log_has west "AES_GCM_16_256-DH31;ADDKE1=DH20;ADDKE2=MODP3072" 5
log_has east "AES_GCM_16_256-DH31;ADDKE1=DH20;ADDKE2=MODP3072" 5
for side in west east; do
	grep -q IKE_FOLLOWUP_KE <<<"$(ipsec $side explain tunnel)" || fail "$side does not tell of IKE_FOLLOWUP_KE"
done
ping_ok westlan 10.2.0.2
ping_ok eastlan 10.1.0.2
sees_esp
down west tunnel
no_child_sas west 5
no_child_sas east 5
