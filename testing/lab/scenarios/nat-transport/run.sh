# SPDX-License-Identifier: Apache-2.0
# shows: transport mode through a NAT between two Vanths
# timeout: 120
. "$LAB/modes.sh"
two_gateways_with_nat
nat_transport_conf
nat_transport_with vanth vanth
