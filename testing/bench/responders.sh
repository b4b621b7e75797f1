# SPDX-License-Identifier: Apache-2.0
# The responders that testing/bench/run measures, each in the namespace $ns_r at 10.9.0.1 with the same PSK and
# the same algorithms. begin WHO CPUS sets pid; finish ends what begin started, and nothing else.

psk=bench-psk-not-a-secret-000

# two namespaces of our own; every source address of 10.64.0.0/14 is local to the initiators' one
net_up() {
	ip netns add "$ns_r" && ip netns add "$ns_i" || return 1
	ip link add vr netns "$ns_r" type veth peer name vi netns "$ns_i" || return 1
	ip -n "$ns_r" addr add 10.9.0.1/16 dev vr
	ip -n "$ns_i" addr add 10.9.0.2/16 dev vi
	local ns
	for ns in "$ns_r" "$ns_i"; do
		ip -n "$ns" link set lo up
		ip netns exec "$ns" sysctl -qw net.core.xfrm_acq_expires=100000 2>/dev/null
	done
	ip -n "$ns_r" link set vr up && ip -n "$ns_i" link set vi up
	ip -n "$ns_r" route add 10.64.0.0/14 via 10.9.0.2
	ip -n "$ns_i" route add local 10.64.0.0/14 dev lo
}

net_down() {
	ip netns del "$ns_r" 2>/dev/null
	ip netns del "$ns_i" 2>/dev/null
}

# speaks=ikev1: by IKEv1, where an SA's cipher is no AEAD
vanth_config() {
	local cipher=aes_gcm256 version=ikev2
	[ "${speaks:-}" != ikev1 ] || cipher=aes256 version=ikev1
	cat >"$1/ipsec.conf" <<-C
	config setup
	  uniqueids=no
	conn bench
	  left=10.9.0.1
	  leftid=@r.bench
	  right=%any
	  authby=secret
	  keyexchange=$version
	  ike=$cipher-sha2_256-dh31,$cipher-sha2_256-dh19,$cipher-sha2_256-modp2048
	  esp=aes_gcm256
	  pfs=no
	  rekey=no
	  auto=add
	C
	(umask 077 && echo ": PSK \"$psk\"" >"$1/ipsec.secrets")
}

# vanth_begin CPUS [simulated]: without "simulated" the requests go to this machine's kernel. One that has no
# ESP refuses the SAs; the shim, when there is one, acknowledges them, as it does for the other daemons.
vanth_begin() {
	local dir=$work/vanth shim="" i
	rm -rf "$dir" && mkdir -p "$dir/run" && vanth_config "$dir"
	[ -n "${2:-}" ] || shim=$work/peers/xfrmshim.so
	LD_PRELOAD=$shim ip netns exec "$ns_r" taskset -c "$1" "$vanth" --foreground --kernel "${2:-xfrm}" \
		--config "$dir/ipsec.conf" --secrets "$dir/ipsec.secrets" --nssdir "$dir/nss" --rundir "$dir/run" \
		--logfile "$dir/log" >"$dir/out" 2>&1 &
	pid=$!
	for i in $(seq 100); do
		grep -q 'is ready' "$dir/log" 2>/dev/null && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	echo "bench: vanth does not start; $dir/log ends with:" >&2
	tail -n 3 "$dir/log" "$dir/out" >&2
	return 1
}

# charon_start, pluto_start, swctl come from the shared lib.sh
charon_begin() {
	charon_start "$ns_r" resp 16 no -1 "$DEFPLUG" "$W/xfrmshim.so" "$1"
	pid=$PID
	swctl --load-all --file "$B/conf/swanctl-responder.conf" >/dev/null
}

pluto_begin() {
	local helpers=1
	[ "$1" = 0 ] || helpers=2
	pluto_start "$ns_r" presp ipsec-responder.conf "$helpers" unlimited "$2" %disabled "$W/xfrmshim.so" "$1" 2>/dev/null
	pid=$PID
}

# The same with cookies at once, where the daemon has such a thing, for floods: charon begins at 30 half-open SAs
# of an address or 10 in all, pluto is told that it is busy, vanth finds out.
charon_flood_begin() {
	charon_start "$ns_r" resp 16 yes -1 "$DEFPLUG" "$W/xfrmshim.so" "$1"
	pid=$PID
	swctl --load-all --file "$B/conf/swanctl-responder.conf" >/dev/null
}

pluto_flood_begin() {
	pluto_start "$ns_r" presp ipsec-responder.conf 1 busy "$2" %disabled "$W/xfrmshim.so" "$1" 2>/dev/null
	pid=$PID
}

# flood_begin WHO CPUS GROUP
flood_begin() {
	pid=
	case $1 in
	vanth) vanth_begin "$2" simulated ;;
	charon) charon_flood_begin "$2" ;;
	pluto) pluto_flood_begin "$2" "$3" ;;
	esac && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

# begin WHO CPUS GROUP
begin() {
	pid=
	case $1 in
	vanth-simulated) vanth_begin "$2" simulated ;;
	vanth) vanth_begin "$2" ;;
	charon) charon_begin "$2" ;;
	pluto) pluto_begin "$2" "$3" ;;
	esac && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

# KILL: a clean end would tell 10,000 initiators that are gone; the namespace's kernel state is flushed instead
finish() {
	[ -n "${pid:-}" ] || return 0
	{ kill -KILL "$pid" && wait "$pid"; } 2>/dev/null
	while kill -0 "$pid" 2>/dev/null; do sleep 0.02; done
	pid=
	ip -n "$ns_r" xfrm state flush
	ip -n "$ns_r" xfrm policy flush
}

# Which peers can be measured: the shared scripts, the packages and a compiler are there. Pluto's compiled-in
# paths must exist to be mounted over; those that lib.sh makes are removed again by peers_clean.
peers_open() {
	local shared=${VANTH_SHARED:-../shared}/bench/peers path
	peers=""
	[ -r "$shared/lib.sh" ] || { echo "bench: no $shared (set VANTH_SHARED): only vanth is measured"; return; }
	W=$work/peers LS=$PWD/build/unpacked/libreswan EXTRACONF="" ROUTES=no
	CHARON=/usr/lib/ipsec/charon
	[ -x "$CHARON" ] || CHARON=$(command -v charon-systemd)
	mkdir -p "$W/run"
	. "$shared/lib.sh"
	cc -O2 -shared -fPIC -o "$W/xfrmshim.so" "$B/xfrmshim.c" -ldl || return
	[ -x "$CHARON" ] && command -v swanctl >/dev/null && peers="$peers charon"
	[ -x "$LS/usr/libexec/ipsec/pluto" ] && peers="$peers pluto"
	[ "${CLIENT:-ikeload}" = ikeload ] && cc -O2 -w -o "$W/ikeload" "$B/ikeload.c" -lcrypto 2>/dev/null && ikeload=$W/ikeload
	made=
	for path in /usr/libexec/ipsec /var/lib/ipsec /etc/ipsec.d /usr/sbin/ipsec /etc/ipsec.conf /etc/ipsec.secrets; do
		[ -e "$path" ] || made="$path $made"
	done
}

peers_clean() {
	local path
	for path in ${made:-}; do
		[ -d "$path" ] && rmdir "$path/nss" "$path" 2>/dev/null
		[ -f "$path" ] && [ ! -s "$path" ] && rm -f "$path"
	done
}
