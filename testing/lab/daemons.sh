# SPDX-License-Identifier: Apache-2.0
# Vanth and the daemons it talks to: start KIND NAMESPACE, then load, up, down whatever the kind is.
# A daemon called west reads west.conf and west.secrets (ipsec.conf's format, Vanth and Libreswan) or
# west.swanctl (strongSwan), from $WORK when the scenario has made one there, else from its folder. Its
# log is $RESULT/west.log.

unpacked=$TOP/build/unpacked
ipsec=$TOP/$B/ipsec
vanth=$TOP/$B/vanth
daemons=
declare -A kind_of pid_of

# scenario_file NAME: where it is; made ones hide the folder's
scenario_file() {
	if [ -e "$WORK/$1" ]; then echo "$WORK/$1"; else echo "$SCENARIO/$1"; fi
}

# write NAME <<EOF: makes a file for this run
write() { cat >"$WORK/$1"; }

# start KIND NAMESPACE [daemon's options...]
start() {
	local kind=$1 ns=$2
	shift 2
	kind_of[$ns]=$kind
	mkdir -p "$WORK/$ns.d"
	"start_$kind" "$ns" "$@"
	daemons="$daemons $ns"
	say "$kind runs in $ns"
}

# spawn NAMESPACE COMMAND...: in the background; the pid is the command's own
spawn() {
	local ns=$1
	shift
	nsenter --net="/run/netns/$ns" "$@" &
	pid_of[$ns]=$!
}

last_words() { cat "$RESULT/$1.out" "$RESULT/$1.log" 2>/dev/null | tail -n 3 || true; }

runs() { kill -0 "${pid_of[$1]}" 2>/dev/null; }

# ready NAMESPACE COMMAND...: waits until the command succeeds; a daemon that has ended ends the scenario
ready() {
	local ns=$1 turn
	shift
	for ((turn = 0; turn < 150; turn++)); do
		"$@" >/dev/null 2>&1 && return 0
		runs "$ns" || fail "${kind_of[$ns]} in $ns ended at once: $(last_words "$ns")"
		sleep 0.2
	done
	fail "${kind_of[$ns]} in $ns is not ready after 30 s"
}

# private_copy NAME SUFFIX: a copy in the daemon's own folder, which is all that it needs to read
private_copy() {
	install -m 600 "$(scenario_file "$1.$2")" "$WORK/$1.d/$2"
	echo "$WORK/$1.d/$2"
}

# --- Vanth -------------------------------------------------------------------------------------------------

start_vanth() {
	local ns=$1 run=$WORK/$1.d conf secrets
	shift
	[ -x "$vanth" ] || fail "$vanth has not been built"
	conf=$(private_copy "$ns" conf)
	secrets=$(private_copy "$ns" secrets)
	spawn "$ns" "$vanth" --foreground --config "$conf" --secrets "$secrets" --nssdir "$run/nss" --rundir "$run" \
		--log-level debug "$@" >>"$RESULT/$ns.log" 2>&1
	ready "$ns" test -S "$run/vanth.ctl"
	ready "$ns" ipsec "$ns" status
}

# ipsec NAMESPACE VERB...: our command against that namespace's Vanth
ipsec() {
	local ns=$1
	shift
	at "$ns" "$ipsec" --ctlsocket "$WORK/$ns.d/vanth.ctl" "$@"
}

up_vanth() { ipsec "$1" up "$2"; }
down_vanth() { ipsec "$1" down "$2"; }

# reload NAMESPACE: takes the changed configuration
load_vanth() {
	private_copy "$1" conf >/dev/null
	private_copy "$1" secrets >/dev/null
	kill -HUP "${pid_of[$1]}"
}

# --- strongSwan --------------------------------------------------------------------------------------------

# The binary is a copy so that a profile for its path (AppArmor) does not keep it from our folders.
start_strongswan() {
	local ns=$1 run=$WORK/$1.d
	[ -x /usr/sbin/charon-systemd ] || skip "charon-systemd is not installed"
	cp /usr/sbin/charon-systemd "$run/charon"
	cat >"$run/strongswan.conf" <<-CONF
	charon-systemd {
		load = aes sha1 sha2 hmac kdf random nonce openssl gcrypt gmp curve25519 chapoly gcm ccm ctr pem pkcs1 pkcs8 x509 pubkey constraints kernel-netlink socket-default vici
		install_routes = no
		journal { default = -1 }
		filelog { log { path = $RESULT/$ns.log
			default = 1
			ike = 2
			cfg = 2
			flush_line = yes } }
		plugins { vici { socket = unix://$run/vici } }
		$(cat "$(scenario_file "$ns.charon")" 2>/dev/null || true)
	}
	CONF
	spawn "$ns" env STRONGSWAN_CONF="$run/strongswan.conf" "$run/charon" >"$RESULT/$ns.out" 2>&1
	ready "$ns" test -S "$run/vici"
	load_strongswan "$ns"
}

swanctl() {
	local ns=$1
	shift
	at "$ns" env STRONGSWAN_CONF="$WORK/$ns.d/strongswan.conf" /usr/sbin/swanctl "$@" --uri "unix://$WORK/$ns.d/vici"
}

load_strongswan() { swanctl "$1" --load-all --file "$(private_copy "$1" swanctl)" >>"$RESULT/$1.out" 2>&1; }
up_strongswan() { swanctl "$1" --initiate --child "$2" --timeout 30; }
down_strongswan() { swanctl "$1" --terminate --ike "$2" --timeout 30; }

# --- Libreswan ---------------------------------------------------------------------------------------------

# Its package is only unpacked; a mount namespace of its own shows it as if it were installed.
start_libreswan() {
	local ns=$1 run=$WORK/$1.d conf secrets
	[ -e "$unpacked/libreswan/.complete" ] || skip "Libreswan is not unpacked (testing/setup peers)"
	conf=$(private_copy "$ns" conf)
	secrets=$(private_copy "$ns" secrets)
	mkdir -p "$run/nss"
	certutil -N -d "sql:$run/nss" --empty-password
	spawn "$ns" unshare --mount bash -c "
		mount -t overlay -o lowerdir=$unpacked/libreswan/usr:/usr overlay /usr &&
		mkdir -p /run/pluto && mount -t tmpfs tmpfs /run/pluto &&
		exec /usr/libexec/ipsec/pluto --nofork --config $conf --secretsfile $secrets --nssdir $run/nss \
			--rundir /run/pluto --logfile $RESULT/$ns.log" >"$RESULT/$ns.out" 2>&1
	ready "$ns" grep -q 'listening for IKE' "$RESULT/$ns.log"
	load_libreswan "$ns"
}

whack() {
	local ns=$1
	shift
	nsenter --target "${pid_of[$ns]}" --mount --net /usr/libexec/ipsec/whack --rundir /run/pluto "$@"
}

# every conn of the file
load_libreswan() {
	local conf name
	conf=$(private_copy "$1" conf)
	for name in $(sed -n 's/^conn \([^%].*\)/\1/p' "$conf"); do
		nsenter --target "${pid_of[$1]}" --mount --net /usr/libexec/ipsec/addconn \
			--ctlsocket /run/pluto/pluto.ctl --config "$conf" "$name" >>"$RESULT/$1.out" 2>&1
	done
}

up_libreswan() { whack "$1" --name "$2" --initiate; }
down_libreswan() { whack "$1" --name "$2" --terminate; }

# --- whatever the kind ---------------------------------------------------------------------------------------

# up NAMESPACE CONN: initiates it and waits until it is up; the output is the scenario's to look at ($output)
up() {
	local code=0
	output=$("up_${kind_of[$1]}" "$1" "$2" 2>&1) || code=$?
	[ $code = 0 ] || fail "up $2 in $1 failed with exit code $code: $output"
	say "up $2 in $1"
}

# up_fails NAMESPACE CONN: it must not come up, and the command must say so
up_fails() {
	! output=$("up_${kind_of[$1]}" "$1" "$2" 2>&1) || fail "up $2 in $1 succeeded and should not: $output"
	say "up $2 in $1 failed, as it should: $(tail -n 1 <<<"$output")"
}

down() {
	output=$("down_${kind_of[$1]}" "$1" "$2" 2>&1) || fail "down $2 in $1 failed: $output"
	say "down $2 in $1"
}

load() { "load_${kind_of[$1]}" "$1"; }

# stop NAMESPACE: ends the daemon as its service would; a Vanth must do so by itself, cleanly and soon
stop() {
	local ns=$1 code=0 turn
	kill -TERM "${pid_of[$ns]}" 2>/dev/null || true
	for ((turn = 0; turn < 100; turn++)); do runs "$ns" && sleep 0.2 || break; done
	! runs "$ns" || { kill -KILL "${pid_of[$ns]}"; fail "${kind_of[$ns]} in $ns still ran 20 s after SIGTERM"; }
	wait "${pid_of[$ns]}" || code=$?
	daemons=$(printf '%s\n' $daemons | grep -vx "$ns" | tr '\n' ' ' || true)
	[ "${kind_of[$ns]}" = vanth ] || return 0
	[ $code = 0 ] || fail "vanth in $ns ended with exit code $code: $(last_words "$ns")"
	! grep -aqE 'AddressSanitizer|LeakSanitizer|runtime error:' "$RESULT/$ns.log" || fail "a sanitizer complained in $RESULT/$ns.log"
}

# The namespaces' names are the order: west first, so that east sees its Delete.
stop_daemons() {
	local ns
	for ns in $daemons; do stop "$ns"; done
}
