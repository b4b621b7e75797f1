# SPDX-License-Identifier: Apache-2.0
# shows: what make demo tells: a tunnel between two gateways, step by step
# sample: yes
# timeout: 120
tell() { printf '\n--- %s\n' "$*"; }

tell "Two gateways, each with a LAN of one host, and a router between them that plays the Internet:
    westlan 10.1.0.2 -- west 192.0.2.1 -- mid -- 198.51.100.1 east -- 10.2.0.2 eastlan"
two_gateways

tell "Vanth starts on both, with this ipsec.conf:"
cat both.conf
start vanth west
start vanth east

tell "Before: the LANs do not reach each other"
ping_fails westlan 10.2.0.2

tell "west brings the tunnel up; a capture runs on the router"
capture_start
echo '$ ipsec up tunnel'
ipsec west up tunnel

tell "Pings from LAN to LAN, through the tunnel, both ways"
echo '$ ip netns exec westlan ping -c 3 -i 0.3 10.2.0.2'
at westlan ping -c 3 -i 0.3 10.2.0.2
ping_ok westlan 10.2.0.2
ping_ok eastlan 10.1.0.2

tell "What the router saw: ESP, and nothing of what the pings carry"
capture_stop
capture_text | sed -n '1,14p'
sees_esp

tell "What west's daemon says"
echo '$ ipsec status'
ipsec west status
echo '$ ipsec trafficstatus'
ipsec west trafficstatus

tell "west takes it down again; the daemons stop and leave nothing in the kernel"
echo '$ ipsec down tunnel'
ipsec west down tunnel
