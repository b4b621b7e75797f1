# SPDX-License-Identifier: Apache-2.0
# shows: a client's name servers are set in the real systemd-resolved, on a link that goes with the tunnel, and answer through it
# timeout: 240
resolved=$TOP/build/unpacked/resolved
[ -e "$resolved/.complete" ] || skip "systemd-resolved is not unpacked (testing/setup lab)"
[ -x /usr/bin/dbus-daemon ] || skip "dbus-daemon is not installed"
[ -x /usr/bin/python3 ] || skip "python3 is not installed"
two_gateways

say "a system bus and systemd-resolved, in west"
mkdir -p /run/dbus /run/systemd/netif/links /run/systemd/resolve
cp /etc/passwd "$WORK/passwd"
cp /etc/group "$WORK/group"
echo "systemd-resolve:x:986:986::/:/usr/sbin/nologin" >>"$WORK/passwd"
echo "systemd-resolve:x:986:" >>"$WORK/group"
mount --bind "$WORK/passwd" /etc/passwd
mount --bind "$WORK/group" /etc/group
chown 986:986 /run/systemd/resolve
mkdir "$WORK/empty"
touch "$WORK/resolv.conf"
mount --bind "$WORK/resolv.conf" /etc/resolv.conf
[ ! -d /etc/systemd/resolved.conf.d ] || mount --bind "$WORK/empty" /etc/systemd/resolved.conf.d
write bus.conf <<-CONF
	<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
	 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
	<busconfig>
	 <type>system</type>
	 <listen>unix:path=/run/dbus/system_bus_socket</listen>
	 <auth>EXTERNAL</auth>
	 <policy context="default">
	  <allow user="*"/><allow send_type="method_call"/><allow send_destination="*"/>
	  <allow receive_sender="*"/><allow own="*"/>
	 </policy>
	</busconfig>
CONF
at west dbus-daemon --config-file="$WORK/bus.conf" --nofork --nopidfile >"$RESULT/bus.log" 2>&1 &
wait_for 10 "the bus" test -S /run/dbus/system_bus_socket
at west env SYSTEMD_LOG_TARGET=console "$resolved/lib/systemd/systemd-resolved" >"$RESULT/resolved.log" 2>&1 &
ctl() { at west "$resolved/usr/bin/resolvectl" "$@"; }
resolves() { ctl status >/dev/null 2>&1; }
wait_for 20 "systemd-resolved" resolves

say "a name server in east's LAN"
write names.py <<-'PYTHON'
	import socket
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.bind(("10.2.0.2", 53))
	while True:
	    q, peer = s.recvfrom(4096)
	    end = q.index(b"\0", 12) + 5
	    a = q[end - 4:end - 2] == b"\0\1"
	    answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + bytes([10, 2, 0, 77]) if a else b""
	    s.sendto(q[:2] + b"\x81\x80\0\1\0" + bytes([a]) + b"\0\0\0\0" + q[12:end] + answer, peer)
PYTHON
at eastlan python3 "$WORK/names.py" &

set_on() { grep -q "10\.2\.0\.2" <<<"$(ctl dns "$1" 2>/dev/null)"; }
gone() { ! ip -n west link show "$1" >/dev/null 2>&1; }

conn_conf west leftsubnet= leftsourceip=%config
conn_conf east leftsubnet= leftaddresspool=10.9.0.7-10.9.0.9 modecfgdns=10.2.0.2 modecfgdomains=office.example
start vanth west
start vanth east
capture_start
up west tunnel
wait_for 10 "name servers on their own link" set_on vanth0
contains "$(ctl domain vanth0)" "office.example"
[ -z "$(ctl dns eth0 | sed 's/.*://; s/ //g')" ] || fail "the physical link has name servers"
contains "$(ctl --legend=no query host.office.example)" "10.2.0.77"
sees_esp
down west tunnel
wait_for 5 "no link" gone vanth0

say "what a killed daemon left is gone after the next start"
up west tunnel
wait_for 10 "name servers on their own link" set_on vanth0
kill -KILL "${pid_of[west]}"
wait "${pid_of[west]}" || true
daemons=east
set_on vanth0
start vanth west
wait_for 5 "no link" gone vanth0

say "on the tunnel's own interface"
stop_daemons
conn_conf west leftsubnet= leftsourceip=%config ipsec-interface=yes
start vanth west
start vanth east
up west tunnel
wait_for 10 "name servers on the interface" set_on ipsec1
contains "$(ctl --legend=no query other.office.example)" "10.2.0.77"
gone vanth0
ip -n west link del ipsec1
wait_for 10 "name servers on the interface that was put back" set_on ipsec1
down west tunnel
wait_for 5 "no interface" gone ipsec1
