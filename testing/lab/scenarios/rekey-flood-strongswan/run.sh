# SPDX-License-Identifier: Apache-2.0
# shows: 20 rekeys with strongSwan under a flood of pings, of which none is lost
# timeout: 240
. "$LAB/rekeys.sh"
two_gateways
rekey_conf
start vanth west
start strongswan east
up west tunnel
flood_start
for round in 1 2 3 4 5; do
	for side in west east; do
		for what in child ike; do
			remember
			rekey $side tunnel $what
			replaced $what
		done
	done
done
flood_stop
