# SPDX-License-Identifier: Apache-2.0
# shows: no common IKE or ESP proposal: NO_PROPOSAL_CHOSEN, each side says what both offered, nothing is left
# timeout: 180
two_gateways
for what in ike esp; do
	case $what in
	ike) near=aes_gcm256-sha2_256-dh19 far=aes128-sha1-dh14 they=AES_GCM_16_256-HMAC_SHA2_256-DH19 we=AES_CBC_128-HMAC_SHA1-MODP2048 ;;
	esp) near=aes_gcm256 far=aes128-sha1 they=AES_GCM_16_256 we=AES_CBC_128 ;;
	esac
	conn_conf west $what=$near
	conn_conf east $what=$far
	start vanth west
	start vanth east
	capture_start
	up_fails west tunnel
	contains "$output" NO_PROPOSAL_CHOSEN
	[ $what = esp ] || sees_notify 14
	contains "$output" "we offered $they"
	log_has east "peer proposed $they" 5
	log_has east "we accept $we"
	no_child_sas west
	no_child_sas east
	stop_daemons
done
