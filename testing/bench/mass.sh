# SPDX-License-Identifier: Apache-2.0
# Two whole daemons, each on a CPU of its own, with as many IKE SAs between them as are asked for: a hub whose one
# conn all of them connect to, and a west with a conn (and an address) for each. What is done is counted and divided
# by the time on the wall; the CPU time is each end's own. Sourced by testing/bench/run.

mass_config() {
	local dir=$1 count=$2
	mkdir -p "$dir/hub" "$dir/west"
	cat >"$dir/hub/ipsec.conf" <<-C
	config setup
	  uniqueids=no
	conn hub
	  left=10.9.0.1
	  leftid=@hub
	  leftsubnet=10.32.0.0/11
	  right=%any
	  rightsubnet=10.128.0.0/9
	  authby=secret
	  ike=aes_gcm256-sha2_256-dh31
	  esp=aes_gcm256
	  pfs=no
	  dpddelay=30s
	  auto=add
	C
	awk -v n="$count" 'BEGIN { for (i = 0; i < n; i++) printf "conn w%d\n  left=10.%d.%d.%d\n  leftid=@w%d\n" \
		"  leftsubnet=10.%d.%d.0/24\n  right=10.9.0.1\n  rightid=@hub\n  rightsubnet=10.32.0.0/11\n  authby=secret\n" \
		"  ike=aes_gcm256-sha2_256-dh31\n  esp=aes_gcm256\n  pfs=no\n  dpddelay=30s\n  auto=start\n", \
		i, 64 + int(i / 65536), int(i / 256) % 256, i % 256, i, 128 + int(i / 256), i % 256 }' >"$dir/west/ipsec.conf"
	(umask 077 && echo ": PSK \"$psk\"" | tee "$dir/hub/ipsec.secrets" >"$dir/west/ipsec.secrets")
}

# mass_daemon WHO NAMESPACE CPU: sets pid
mass_daemon() {
	local dir=$work/mass/$1 i
	ip netns exec "$2" taskset -c "$3" "$vanth" --foreground --kernel simulated --config "$dir/ipsec.conf" \
		--secrets "$dir/ipsec.secrets" --nssdir "$dir/nss" --rundir "$dir" --logfile "$dir/log" >"$dir/out" 2>&1 &
	pid=$!
	for i in $(seq 400); do
		grep -q 'is ready' "$dir/log" 2>/dev/null && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.02
	done
	echo "bench: mass: $1 does not start; $dir/log ends with:" >&2
	tail -n 3 "$dir/log" "$dir/out" >&2
	return 1
}

mass_ipsec() {
	local who=$1
	shift
	"$vanth_ipsec" --ctlsocket "$work/mass/$who/vanth.ctl" "$@"
}
mass_totals() { mass_ipsec "$1" --json briefstatus 2>/dev/null | tail -n 1 | jq -c .totals; }

mass_mark() {
	mass_began=$EPOCHREALTIME
	mass_hub_cpu=$(cpu_of "${hub:-0}")
	mass_west_cpu=$(cpu_of "${west:-0}")
}

# mass_row WHAT COUNT: one more line in $runs
mass_row() {
	local ended=$EPOCHREALTIME hub_cpu west_cpu
	hub_cpu=$(cpu_of "$hub") west_cpu=$(cpu_of "$west")
	jq -nc --arg what "$1" --argjson count "$2" --argjson began "$mass_began" --argjson ended "$ended" \
		--argjson hub_cpu $((hub_cpu - ${mass_hub_cpu:-0})) --argjson west_cpu $((west_cpu - ${mass_west_cpu:-0})) \
		--argjson hub "$(mass_totals hub)" --argjson west "$(mass_totals west)" \
		'{kind: "mass", what: $what, count: $count, seconds: ($ended - $began), rate: ($count / ($ended - $began)),
		hub_cpu_us: ($hub_cpu / $count), west_cpu_us: ($west_cpu / $count), children: $hub.children,
		hub_longest_ms: $hub.longest_turn, west_longest_ms: $west.longest_turn,
		hub_longest_cpu_ms: $hub.longest_turn_cpu, west_longest_cpu_ms: $west.longest_turn_cpu}' >>"$runs"
}

# mass_all_up COUNT [SECONDS]: all of them are there, or three minutes have passed
mass_all_up() {
	local until=$((SECONDS + ${2:-180})) up
	while [ "$SECONDS" -lt $until ]; do
		up=$(mass_totals west | jq .children)
		[ "${up:-0}" -ge "$1" ] && return 0
		sleep 0.1
	done
	echo "bench: mass: $up of $1 tunnels came up" >&2
	return 1
}

mass_phases() {
	local count=$1 silent=35 before
	mass_mark
	mass_all_up "$count" || return 1
	mass_row start "$count"
	mass_mark
	mass_ipsec west status >/dev/null && mass_row status "$count"
	mass_mark
	mass_ipsec hub rekey hub >/dev/null && mass_row rekey-child "$count"
	sleep 1
	mass_mark
	mass_ipsec hub rekey --ike hub >/dev/null && mass_row rekey-ike "$count"
	sleep 1
	mass_mark
	mass_ipsec west reload >/dev/null && mass_row reload "$count"
	[ -z "${QUICK:-}" ] || return 0
	before=$(received)
	mass_mark
	sleep $silent
	mass_row liveness $(($(received) - before))
}

# the west ends: it tells every peer
mass_down() {
	local count=$1
	mass_mark
	kill -TERM "$west" && wait "$west"
	mass_west_cpu=0 mass_ended=$EPOCHREALTIME
	jq -nc --argjson count "$count" --argjson began "$mass_began" --argjson ended "$mass_ended" \
		--argjson hub_cpu $(($(cpu_of "$hub") - mass_hub_cpu)) --argjson hub "$(mass_totals hub)" \
		'{kind: "mass", what: "stop", count: ($count - $hub.children), seconds: ($ended - $began),
		rate: (($count - $hub.children) / ($ended - $began)), hub_cpu_us: ($hub_cpu / $count), west_cpu_us: null,
		hub_longest_ms: $hub.longest_turn, hub_longest_cpu_ms: $hub.longest_turn_cpu}' >>"$runs"
}

mass() {
	local count=10000 hub="" west=""
	[ -z "${QUICK:-}" ] || count=1000
	echo "bench: $count tunnels between two daemons at once: start, rekeys, liveness, end"
	vanth_ipsec=$PWD/$build/ipsec
	rm -rf "$work/mass"
	mass_config "$work/mass" "$count"
	mass_daemon hub "$ns_r" 0 && hub=$pid && mass_mark && mass_daemon west "$ns_i" "$last" && west=$pid &&
		mass_row load "$count" && mass_phases "$count" && mass_down "$count" || failed=1
	for pid in $hub $west; do finish; done
	pid=
}
