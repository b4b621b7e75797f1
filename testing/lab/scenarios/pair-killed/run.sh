# SPDX-License-Identifier: Apache-2.0
# shows: what a killed daemon left in the kernel is found and removed when it starts again
# timeout: 120
two_gateways
conn_conf both
start vanth west
start vanth east
up west tunnel
ping_ok westlan 10.2.0.2
kill -KILL "${pid_of[west]}"
wait "${pid_of[west]}" || true
daemons=east
sas west 2
start vanth west
no_child_sas west
log_has west "that an earlier run left"
up west tunnel
ping_ok westlan 10.2.0.2
sas west 2
