# SPDX-License-Identifier: Apache-2.0
# shows: Libreswan announces IKE_INTERMEDIATE (RFC 9242), does one of them, and AUTH covers it at both ends
# sample: yes
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
# The other way round Libreswan 4 would want one too: its AUTH covers IKE_AUTH_MID as soon as both announced
# it, ours only when there was an exchange (RFC 9242 section 3.3.2), and we have no use for one with it.
