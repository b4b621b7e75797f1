# SPDX-License-Identifier: Apache-2.0
# Handshakes with certificates, beside charon and pluto: the initiator is always a Vanth with a simulated kernel and a
# conn (and an address) for each IKE SA, which all have one certificate; every handshake is IKE_SA_INIT and IKE_AUTH with
# CERT both ways, X25519, one Child SA, a CA without intermediates. Then many conns, loaded and loaded again with one
# changed. Sourced by testing/bench/run after responders.sh and mass.sh.

# certificates_make KIND OPTION...: in $work/certificates/KIND a CA, r.p12 and i.p12, and in i.nss the initiator's
certificates_make() {
	local dir=$work/certificates/$1 ca=$work/certificates/$1/ca.nss name
	shift
	rm -rf "$dir" && mkdir -p "$dir"
	echo bench >"$dir/password"
	"$vanth_ipsec" newca --nssdir "$ca" "$@" >"$dir/log" 2>&1 || return 1
	for name in r i; do
		"$vanth_ipsec" newcert --nssdir "$ca" --name $name --san "@$name.bench" "$@" --export "$dir/$name.p12" \
			--password-file "$dir/password" >>"$dir/log" 2>&1 || return 1
		"$vanth_ipsec" initnss --nssdir "$dir/$name.nss" >>"$dir/log" 2>&1
		"$vanth_ipsec" import "$dir/$name.p12" --nssdir "$dir/$name.nss" --password-file "$dir/password" >>"$dir/log" 2>&1 || return 1
	done
}

# certificates_conn NAME LEFT RIGHT ID OTHER-ID AUTO: one conn with our certificate, in ipsec.conf's format
certificates_conn() {
	printf 'conn %s\n\tleft=%s\n\tleftid=@%s.bench\n\tleftcert=%s\n\tleftsendcert=always\n\tright=%s\n\trightid=%s\n' \
		"$1" "$2" "$4" "$4" "$3" "$5"
	printf '\trightca=%%same\n\tauthby=%s\n\tikev2=insist\n\tike=aes_gcm256-sha2_256-dh31\n' "$authby"
	printf '\tesp=aes_gcm256\n\tpfs=no\n\trekey=no\n\tauto=%s\n' "$6"
}

certificates_setup() { printf 'config setup\n\tuniqueids=no\n'; }

certificates_vanth_begin() {
	local dir=$work/certificates/vanth
	rm -rf "$dir" && mkdir -p "$dir"
	{ certificates_setup; certificates_conn bench 10.9.0.1 %any r '"%any"' add; } >"$dir/ipsec.conf"
	(umask 077 && : >"$dir/ipsec.secrets")
	cp -r "$kind_dir/r.nss" "$dir/nss"
	LD_PRELOAD=$W/xfrmshim.so ip netns exec "$ns_r" taskset -c 0 "$vanth" --foreground --config "$dir/ipsec.conf" \
		--secrets "$dir/ipsec.secrets" --nssdir "$dir/nss" --rundir "$dir" --logfile "$dir/log" >"$dir/out" 2>&1 &
	pid=$!
	certificates_wait "$dir/log" 'is ready'
}

# certificates_wait FILE TEXT: the daemon with $pid says so
certificates_wait() {
	local i
	for i in $(seq 400); do
		grep -q "$2" "$1" 2>/dev/null && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	echo "bench: certificates: a daemon does not start: $(tail -n 2 "$1" 2>&1)" >&2
	return 1
}

certificates_charon_begin() {
	local dir=$work/certificates/charon
	rm -rf "$dir" && mkdir -p "$dir"/{x509,x509ca,private}
	openssl pkcs12 -in "$kind_dir/r.p12" -passin pass:bench -nodes -nocerts 2>/dev/null | openssl pkey >"$dir/private/r.pem" &&
		openssl pkcs12 -in "$kind_dir/r.p12" -passin pass:bench -nokeys -clcerts 2>/dev/null | openssl x509 >"$dir/x509/r.pem" &&
		openssl pkcs12 -in "$kind_dir/r.p12" -passin pass:bench -nokeys -cacerts 2>/dev/null | openssl x509 >"$dir/x509ca/ca.pem" || return 1
	cat >"$dir/swanctl.conf" <<-C
	connections {
		bench {
			version = 2
			local_addrs = 10.9.0.1
			remote_addrs = %any
			proposals = aes256gcm16-prfsha256-x25519
			unique = never
			send_cert = always
			local {
				auth = pubkey
				certs = r.pem
				id = r.bench
			}
			remote {
				auth = pubkey
				id = i.bench
				revocation = relaxed
			}
			rekey_time = 0
			children {
				c {
					local_ts = dynamic
					remote_ts = dynamic
					esp_proposals = aes256gcm16
					rekey_time = 0
					updown =
				}
			}
		}
	}
	C
	charon_start "$ns_r" certresp 16 no -1 "$DEFPLUG" "$W/xfrmshim.so" 0
	pid=$PID
	SWANCTL_DIR=$dir swctl --load-all --file "$dir/swanctl.conf" >"$dir/out"
}

certificates_pluto_begin() {
	local shared=$B B=$work/certificates/pluto
	rm -rf "$B" && mkdir -p "$B/conf"
	{
		sed '/^conn bench/,$d' "$shared/conf/ipsec-responder.conf"
		certificates_conn bench 10.9.0.1 %any r '%fromcert' add
		printf '\tleftupdown=%%disabled\n\trightupdown=%%disabled\n\tdpddelay=0\n'
	} >"$B/conf/certificates.conf"
	pluto_start "$ns_r" presp certificates.conf 1 unlimited 31 %disabled "$W/xfrmshim.so" 0 2>/dev/null
	pid=$PID
	pk12util -i "$kind_dir/r.p12" -d "sql:$W/run/presp/nss" -W bench -K "" >"$B/out" 2>&1 || return 1
	certutil -M -d "sql:$W/run/presp/nss" -n "$(certutil -L -d "sql:$W/run/presp/nss" | sed -n 's/ *[a-zA-Z]*,[a-zA-Z]*,[a-zA-Z]* *$//p' | grep -vx r | head -n 1)" -t CT,C,C
	nsenter -t "$pid" -m -n timeout 20 /usr/libexec/ipsec/addconn --config /etc/ipsec.conf bench >>"$B/out" 2>&1
}

# certificates_west COUNT: the initiators' daemon, which begins at once; sets west
certificates_west() {
	local dir=$work/mass/west saved=$pid i
	rm -rf "$dir" && mkdir -p "$dir"
	{
		certificates_setup
		for ((i = 0; i < $1; i++)); do
			certificates_conn "w$i" "10.65.$((i / 250)).$((i % 250 + 1))" 10.9.0.1 i @r.bench start
		done
	} >"$dir/ipsec.conf"
	(umask 077 && : >"$dir/ipsec.secrets")
	cp -r "$kind_dir/i.nss" "$dir/nss"
	mass_daemon west "$ns_i" "$last"
	west=$pid pid=$saved
}

# certificates_row WHO KIND ROUND COUNT
certificates_row() {
	local who=$1 kind=$2 round=$3 count=$4 kind_dir=$work/certificates/$2 west="" authby=ecdsa began used up
	[ "$kind" = p256 ] || authby=rsa-sha2
	[ "$who/$kind" != charon/rsa2048 ] || authby=rsa-sha256,rsa-sha2
	if [ "$SECONDS" -gt $deadline ]; then
		echo "bench: out of time, $who $kind round $round is left out" >&2
		return
	fi
	pid=
	if certificates_"$who"_begin; then
		used=$(cpu_of "$pid") began=$EPOCHREALTIME
		certificates_west "$count" && mass_all_up "$count" 60
		up=$(mass_totals west | jq .children)
		jq -nc --arg who "$who" --arg cell "$kind" --argjson round "$round" --argjson up "${up:-0}" --argjson began "$began" \
			--argjson ended "$EPOCHREALTIME" --argjson used $(($(cpu_of "$pid") - used)) --argjson west "$(cpu_of "$west")" \
			'{kind: "certificates", who: $who, cell: $cell, round: $round, up: $up, rate: ($up / ($ended - $began)),
			cpu_us: (if $up > 0 then $used / $up else null end), client_cpu_us: (if $up > 0 then $west / $up else null end)}' >>"$runs"
		[ "${up:-0}" = "$count" ] || { [ "$who" != vanth ] || failed=1; }
	else
		echo "bench: certificates: $who, $kind: failed" >&2
		[ "$who" != vanth ] || failed=1
	fi
	[ -z "$west" ] || { kill -KILL "$west" && wait "$west"; } 2>/dev/null
	finish
}

certificates() {
	local round who kind
	vanth_ipsec=$PWD/$build/ipsec
	echo "bench: handshakes with certificates beside$peers, $rounds rounds"
	if ! certificates_make rsa2048 --bits 2048 || ! certificates_make p256 --curve P-256; then
		echo "bench: no certificates: $(tail -n 1 "$work"/certificates/*/log)" >&2
		failed=1
		return
	fi
	for round in $(seq "$rounds"); do
		for kind in rsa2048 p256; do
			for who in vanth $peers; do certificates_row "$who" $kind "$round" $((600 / scale)); done
		done
	done
}

# --- many conns ---------------------------------------------------------------------------------------------------

# conns_file COUNT CHANGED FORMAT: to the standard output; of one conn the lifetime is another one
conns_file() {
	[ "$3" != ipsec ] || certificates_setup
	awk -v n="$1" -v changed="$2" -v format="$3" 'BEGIN {
		if (format == "swanctl") print "connections {"
		for (i = 0; i < n; i++) {
			there = "10." 128 + int(i / 65536) "." int(i / 256) % 256 "." i % 256
			life = i == changed ? "2h" : "3h"
			if (format == "ipsec")
				printf "conn c%d\n\tleft=10.9.0.1\n\tleftid=@r.bench\n\tright=%s\n\trightid=@w%d\n\tauthby=secret\n" \
					"\tikev2=insist\n\tike=aes_gcm256-sha2_256-dh31\n\tesp=aes_gcm256\n\tsalifetime=%s\n\tauto=add\n", i, there, i, life
			else
				printf "c%d {\n version = 2\n local_addrs = 10.9.0.1\n remote_addrs = %s\n proposals = aes256gcm16-prfsha256-x25519\n" \
					" local { auth = psk\n id = r.bench\n }\n remote { auth = psk\n id = w%d\n }\n" \
					" children { c { esp_proposals = aes256gcm16\n life_time = %s\n } }\n}\n", i, there, i, life
		}
		if (format == "swanctl") print "}"
	}'
}

# conns_row WHO WHAT COUNT SECONDS CPU-US LONGEST
conns_row() {
	jq -nc --arg who "$1" --arg what "$2" --argjson count "$3" --argjson seconds "$4" --argjson cpu_us "$5" --argjson longest "${6:-null}" \
		'{kind: "conns", who: $who, what: $what, count: $count, seconds: $seconds, cpu_us: $cpu_us, longest_cpu_ms: $longest}' >>"$runs"
}

# conns_timed WHO WHAT COUNT COMMAND...: the command, timed with the CPU time of $pid
conns_timed() {
	local who=$1 what=$2 count=$3 began=$EPOCHREALTIME used longest=null
	shift 3
	used=$(cpu_of "$pid")
	timeout 200 "$@" >"$work/conns.out" 2>&1 || echo "bench: conns: $who, $what: $(tail -n 1 "$work/conns.out")" >&2
	[ "$who" != vanth ] || longest=$(mass_totals hub | jq .longest_turn_cpu)
	conns_row "$who" "$what" "$count" "$(jq -n "$EPOCHREALTIME - $began")" $(($(cpu_of "$pid") - used)) "$longest"
}

conns_vanth() {
	local dir=$work/mass/hub count=$1 began=$EPOCHREALTIME
	rm -rf "$dir" && mkdir -p "$dir"
	(umask 077 && : >"$dir/ipsec.secrets")
	conns_file "$count" -1 ipsec >"$dir/ipsec.conf"
	began=$EPOCHREALTIME
	mass_daemon hub "$ns_r" 0 || { failed=1; return; }
	conns_row vanth load "$count" "$(jq -n "$EPOCHREALTIME - $began")" "$(cpu_of "$pid")" "$(mass_totals hub | jq .longest_turn_cpu)"
	conns_timed vanth "reload, nothing changed" "$count" "$vanth_ipsec" --ctlsocket "$dir/vanth.ctl" reload
	conns_file "$count" $((count / 2)) ipsec >"$dir/ipsec.conf"
	conns_timed vanth "reload, one changed" "$count" "$vanth_ipsec" --ctlsocket "$dir/vanth.ctl" reload
	finish
}

conns_charon() {
	local dir=$work/conns-charon count=$1 what changed=-1
	mkdir -p "$dir"
	charon_start "$ns_r" connresp 16 no -1 "$DEFPLUG" "$W/xfrmshim.so" 0
	pid=$PID
	for what in load "reload, nothing changed" "reload, one changed"; do
		[ "$what" != "reload, one changed" ] || changed=$((count / 2))
		conns_file "$count" "$changed" swanctl >"$dir/swanctl.conf"
		conns_timed charon "$what" "$count" swanctl --load-all --file "$dir/swanctl.conf" --uri "$VICI"
	done
	finish
}

# Libreswan has no reload; it replaces conns by name, and --autoall adds all of the file
conns_pluto() {
	local shared=$B B=$work/conns-pluto count=$1
	mkdir -p "$B/conf"
	{ sed '/^conn bench/,$d' "$shared/conf/ipsec-responder.conf"; conns_file "$count" -1 ipsec | sed '/^config setup/d;/^\tuniqueids/d'; } >"$B/conf/conns.conf"
	pluto_start "$ns_r" presp conns.conf 1 unlimited 31 %disabled "$W/xfrmshim.so" 0 2>/dev/null
	pid=$PID
	conns_timed pluto load "$count" nsenter -t "$pid" -m -n /usr/libexec/ipsec/addconn --config /etc/ipsec.conf --autoall
	conns_timed pluto "one conn replaced" "$count" nsenter -t "$pid" -m -n /usr/libexec/ipsec/addconn --config /etc/ipsec.conf "c$((count / 2))"
	finish
}

conns() {
	local count=10000 who
	[ -z "${QUICK:-}" ] || count=1000
	vanth_ipsec=$PWD/$build/ipsec
	echo "bench: $count conns, loaded and loaded again, beside$peers"
	for who in vanth $peers; do
		conns_"$who" "$count"
	done
}
