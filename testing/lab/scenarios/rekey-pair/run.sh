# SPDX-License-Identifier: Apache-2.0
# shows: rekeying the Child SA and the IKE SA between two Vanths, begun by each side and by both at once
# sample: yes
# timeout: 240
. "$LAB/rekeys.sh"
rekeys_with vanth west
