# SPDX-License-Identifier: Apache-2.0
# shows: two Vanths, IKEv1, tunnel mode
# sample: yes
# timeout: 120
two_gateways
conn_conf west ikev2=no
conn_conf east ikev2=no left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=192.0.2.1 rightid=@west.example rightsubnet=10.1.0.0/24
start vanth west
start vanth east
capture_start
up west tunnel
sas west 2
ping_ok westlan 10.2.0.2
ping_ok eastlan 10.1.0.2
sees_esp
down west tunnel
no_child_sas west 5
no_child_sas east 5
