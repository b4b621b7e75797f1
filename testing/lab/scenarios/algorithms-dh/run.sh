# SPDX-License-Identifier: Apache-2.0
# shows: every Diffie-Hellman group, against strongSwan, in both roles
# timeout: 300
two_gateways
for pair in dh31=x25519 dh14=modp2048 dh15=modp3072 dh16=modp4096 dh17=modp6144 dh18=modp8192 dh19=ecp256 dh20=ecp384 dh21=ecp521; do
	say "${pair%=*}"
	conn_conf west ike="aes_gcm256-sha2_256-${pair%=*}" esp=aes_gcm256
	swanctl_conf east proposals="aes256gcm16-prfsha256-${pair#*=}" esp_proposals=aes256gcm16
	start_or_load
	for side in west east; do
		up $side tunnel
		ping_ok westlan 10.2.0.2
		down $side tunnel
	done
done
algorithms_seen west ike 9
