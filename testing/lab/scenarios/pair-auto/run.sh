# SPDX-License-Identifier: Apache-2.0
# shows: auto=start comes up by itself on both sides at once, and auto=ondemand with the first packet
# timeout: 120
two_gateways
conn_conf both auto=start
start vanth west
start vanth east
wait_for 20 "a tunnel that nobody asked for" at westlan ping -n -c 1 -W 1 10.2.0.2
ping_ok eastlan 10.1.0.2
stop_daemons
no_xfrm_leftovers west
no_xfrm_leftovers east

# the packets that wait for the tunnel are dropped by the kernel and counted
allow_xfrm_stat XfrmOutNoStates
conn_conf west auto=ondemand
conn_conf east auto=add
start vanth west
start vanth east
capture_start
wait_for 20 "a tunnel for the first packet" at westlan ping -n -c 1 -W 1 10.2.0.2
ping_ok westlan 10.2.0.2
sees_esp
