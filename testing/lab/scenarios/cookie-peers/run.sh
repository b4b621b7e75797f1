# SPDX-License-Identifier: Apache-2.0
# shows: strongSwan and Libreswan ask Vanth for a COOKIE, and Vanth asks them
# timeout: 240
two_gateways
write east.charon <<-CONF
	cookie_threshold_ip = 1
	cookie_threshold = 1
	dos_protection = yes
CONF
conn_conf west
{ printf 'config setup\n\tddos-mode=busy\n\n'; cat "$WORK/west.conf"; } >"$WORK/busy.conf"
cp "$WORK/busy.conf" "$WORK/west.conf"
cp "$WORK/busy.conf" "$WORK/east.conf"
swanctl_conf east
for kind in libreswan strongswan; do
	start vanth west
	start $kind east
	capture_start
	up west tunnel
	ping_ok westlan 10.2.0.2
	[ $kind = strongswan ] || sees_notify 16390
	down west tunnel
	capture_start
	up east tunnel
	ping_ok westlan 10.2.0.2
	sees_notify 16390
	stop_daemons
done
