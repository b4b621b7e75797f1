# SPDX-License-Identifier: Apache-2.0
# shows: two Vanths keep their tunnel while one moves: to another address, behind a NAT and out again
# timeout: 120
. "$LAB/roam.sh"
roaming_network
allow_xfrm_stat XfrmOutBundleGenError # traffic while west has no address, or not yet the one of its tunnel
conn_conf west left=%defaultroute mobike=yes
conn_conf east left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=%any rightid=@west.example rightsubnet=10.1.0.0/24 mobike=yes
start vanth west
start vanth east
capture_start
up west tunnel
roam
sees_esp
log_has_not west "Child SA #2"
log_has_not west "ended"
log_has_not east "ended"
down west tunnel
