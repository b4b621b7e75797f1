# SPDX-License-Identifier: Apache-2.0
# shows: certificates that strongSwan and we must refuse, both roles: dates, ID, usage, CA, constraints; the true reason, nothing left
# timeout: 200
two_gateways
. "$LAB/certificates.sh"
. "$LAB/refused.sh"
refusals_with strongswan
