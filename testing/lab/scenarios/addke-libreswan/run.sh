# SPDX-License-Identifier: Apache-2.0
# shows: Libreswan announces IKE_INTERMEDIATE (RFC 9242), does one of them, and AUTH covers it at both ends
# timeout: 180
two_gateways
conn_conf both intermediate=yes
start vanth west
start libreswan east
up east tunnel
log_has east "INTERMEDIATE" 5
ping_ok westlan 10.2.0.2
ping_ok eastlan 10.1.0.2
down east tunnel
no_child_sas west 5
up west tunnel # we have no use for one
ping_ok westlan 10.2.0.2
