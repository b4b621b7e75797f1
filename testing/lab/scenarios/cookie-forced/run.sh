# SPDX-License-Identifier: Apache-2.0
# shows: a responder that always asks for a COOKIE, and an initiator that brings it
# sample: yes
# timeout: 120
two_gateways
start vanth west
start vanth east
capture_start
up west tunnel
ping_ok westlan 10.2.0.2
sees_esp
sees_notify 16390
