# SPDX-License-Identifier: Apache-2.0
# shows: traffic selectors without anything in common: TS_UNACCEPTABLE, and both sides say what each wanted
# timeout: 120
two_gateways
conn_conf west
conn_conf east rightsubnet=10.99.0.0/24
start vanth west
start vanth east
up_fails west tunnel
contains "$output" TS_UNACCEPTABLE
log_has east "peer asked for 10.2.0.0/24 === 10.1.0.0/24" 5
log_has east "accepts 10.99.0.0/24 === 10.1.0.0/24"
no_child_sas west
no_child_sas east
ping_fails westlan 10.2.0.2
