# SPDX-License-Identifier: Apache-2.0
# shows: 20 rekeys with strongSwan under a stream of pings, of which none is lost
# timeout: 240
. "$LAB/rekeys.sh"
flooded strongswan
