# SPDX-License-Identifier: Apache-2.0
# shows: every IKE cipher, integrity and PRF, against strongSwan
# timeout: 300
two_gateways
for pair in aes_gcm256-sha2_512-dh19=aes256gcm16-prfsha512-ecp256 aes_gcm128-sha2_256-dh19=aes128gcm16-prfsha256-ecp256 \
	aes_gcm_b_256-sha2_384-dh19=aes256gcm12-prfsha384-ecp256 aes_gcm_a_256-sha1-dh19=aes256gcm8-prfsha1-ecp256 \
	chacha20_poly1305-sha2_256-dh19=chacha20poly1305-prfsha256-ecp256 aes256-sha2_256-dh19=aes256-sha256-ecp256 \
	aes192-sha2_384-dh19=aes192-sha384-ecp256 aes128-sha2_512-dh19=aes128-sha512-ecp256 aes128-sha1-dh19=aes128-sha1-ecp256; do
	say "ike=${pair%=*}"
	conn_conf west ike="${pair%=*}"
	swanctl_conf east proposals="${pair#*=}"
	start_or_load
	up west tunnel
	ping_ok westlan 10.2.0.2
	down west tunnel
done
algorithms_seen west ike 9
