# SPDX-License-Identifier: Apache-2.0
# shows: strongSwan: transport mode, and tunnels of IPv6 in IPv6, IPv6 in IPv4, IPv4 in IPv6, both roles
# timeout: 240
two_gateways
. "$LAB/modes.sh"
modes_with strongswan
