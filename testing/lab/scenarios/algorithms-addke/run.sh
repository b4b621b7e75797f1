# SPDX-License-Identifier: Apache-2.0
# shows: two Vanths make additional key exchanges (RFC 9370), both roles, with a PPK too, and rekey afterwards
# timeout: 180
two_gateways
write both.secrets <<-CONF
	@west.example @east.example : PSK "a secret of the lab"
	@west.example @east.example : PPKS "lab-1" "the key of the lab"
CONF
conn_conf both ike="aes_gcm256-sha2_512-dh31;addke1=dh20;addke2=modp3072" ppk=insist
start vanth west
start vanth east
for side in west east; do
	up $side tunnel
	log_has west "ADDKE1=DH20;ADDKE2=MODP3072, PPK" 5
	log_has east "ADDKE1=DH20;ADDKE2=MODP3072, PPK" 5
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	down $side tunnel
	no_child_sas west 5
	no_child_sas east 5
done
