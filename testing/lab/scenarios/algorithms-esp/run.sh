# SPDX-License-Identifier: Apache-2.0
# shows: every ESP cipher and integrity, against strongSwan
# timeout: 300
two_gateways
for pair in aes_gcm256=aes256gcm16 aes_gcm128=aes128gcm16 aes_gcm_c_256=aes256gcm16 aes_gcm_b_256=aes256gcm12 \
	aes_gcm_a_256=aes256gcm8 chacha20_poly1305=chacha20poly1305 aes256-sha2_256=aes256-sha256 aes256-sha2_384=aes256-sha384 \
	aes128-sha2_512=aes128-sha512 aes192-sha1=aes192-sha1; do
	say "esp=${pair%=*}"
	conn_conf west esp="${pair%=*}"
	swanctl_conf east esp_proposals="${pair#*=}"
	start_or_load
	capture_start
	up west tunnel
	ping_ok westlan 10.2.0.2
	sees_esp
	down west tunnel
done
algorithms_seen west child 9
