# SPDX-License-Identifier: Apache-2.0
# shows: the group that the initiator guessed is refused (INVALID_KE_PAYLOAD) and the next one taken
# timeout: 180
two_gateways
conn_conf west ike=aes_gcm256-sha2_256-dh31,aes_gcm256-sha2_256-dh19
conn_conf east ike=aes_gcm256-sha2_256-dh19
swanctl_conf east proposals=aes256gcm16-prfsha256-ecp256
for kind in vanth strongswan libreswan; do
	start vanth west
	start $kind east
	capture_start
	up west tunnel
	ping_ok westlan 10.2.0.2
	sees_esp
	sees_notify 17
	stop_daemons
done
