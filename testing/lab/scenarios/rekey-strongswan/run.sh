# SPDX-License-Identifier: Apache-2.0
# shows: rekeying the Child SA and the IKE SA with strongSwan, begun by each side and by both at once
# timeout: 240
. "$LAB/rekeys.sh"
rekeys_with strongswan west east
