# SPDX-License-Identifier: Apache-2.0
# shows: transport mode through a NAT, with Vanth on either side of it, strongSwan on the other
# timeout: 200
. "$LAB/modes.sh"
two_gateways_with_nat
nat_transport_conf
nat_transport_with vanth strongswan
nat_transport_with strongswan vanth
