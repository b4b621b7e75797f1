# SPDX-License-Identifier: Apache-2.0
# shows: another preshared key: AUTHENTICATION_FAILED, both sides say so, nothing is left
# sample: yes
# timeout: 120
two_gateways
conn_conf both
write east.secrets <<-CONF
	@west.example @east.example : PSK "quite another secret"
CONF
start vanth west
start vanth east
up_fails west tunnel
contains "$output" AUTHENTICATION_FAILED
log_has east "the shared keys of the two sides differ" 5
no_child_sas west
no_child_sas east
ping_fails westlan 10.2.0.2
