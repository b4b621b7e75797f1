# SPDX-License-Identifier: Apache-2.0
# shows: 20 rekeys with Libreswan under a stream of pings, of which only those are lost that it sends too early
# timeout: 240
. "$LAB/rekeys.sh"
flooded libreswan
