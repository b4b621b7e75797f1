# SPDX-License-Identifier: Apache-2.0
# Vanth and the daemons it talks to: start KIND NAMESPACE, then load, up, down whatever the kind is.
# A daemon called west reads west.conf and west.secrets (ipsec.conf's format, Vanth and Libreswan) or
# west.swanctl (strongSwan). Each is looked for in $WORK, where a scenario may write it, and in the
# scenario's folder; then both.conf and both.secrets there, which serve either side; then the lab's own
# both.secrets. Its log is $RESULT/west.log.

unpacked=$TOP/build/unpacked
ipsec=$TOP/$B/ipsec
vanth=$TOP/$B/vanth
daemons=
declare -A kind_of pid_of

# scenario_file SIDE.SUFFIX: where it is
scenario_file() {
	local file
	for file in "$WORK/$1" "$SCENARIO/$1" "$WORK/both.${1#*.}" "$SCENARIO/both.${1#*.}" "$LAB/both.${1#*.}"; do
		[ ! -e "$file" ] || { echo "$file"; return; }
	done
	echo "$SCENARIO/$1"
}

# write NAME <<EOF: makes a file for this run
write() { cat >"$WORK/$1"; }

# conn_conf SIDE KEY=VALUE...: $WORK/SIDE.conf with one conn called "tunnel": the usual one with these
# settings changed; an empty value leaves the keyword out. SIDE may be "both".
conn_conf() {
	local item key side=$1
	local -A value=([left]=192.0.2.1 [leftid]=@west.example [leftsubnet]=10.1.0.0/24
		[right]=198.51.100.1 [rightid]=@east.example [rightsubnet]=10.2.0.0/24
		[authby]=secret [ikev2]=insist [auto]=add)
	shift
	for item in "$@"; do value[${item%%=*}]=${item#*=}; done
	{
		echo "conn tunnel"
		for key in "${!value[@]}"; do
			[ -z "${value[$key]}" ] || printf '\t%s=%s\n' "$key" "${value[$key]}"
		done
	} >"$WORK/$side.conf"
}

# swanctl_conf SIDE KEY=VALUE...: the same for strongSwan, with swanctl.conf's keywords; local_id, remote_id
# and secret stand for what is in its sections; ike.KEY and child.KEY are put there as they are
swanctl_conf() {
	local item key side=$1
	local -A value=([local_addrs]=198.51.100.1 [local_id]=east.example [local_ts]=10.2.0.0/24
		[remote_addrs]=192.0.2.1 [remote_id]=west.example [remote_ts]=10.1.0.0/24
		[proposals]=default [esp_proposals]=default [mode]=tunnel [encap]=no [mobike]=no [version]=2 [secret]='a secret of the lab')
	[ "$side" != west ] || value+=([local_addrs]=192.0.2.1 [local_id]=west.example [local_ts]=10.1.0.0/24
		[remote_addrs]=198.51.100.1 [remote_id]=east.example [remote_ts]=10.2.0.0/24)
	shift
	for item in "$@"; do value[${item%%=*}]=${item#*=}; done
	{
		printf 'connections {\n\ttunnel {\n'
		for key in version local_addrs remote_addrs proposals encap mobike; do printf '\t\t%s = %s\n' $key "${value[$key]}"; done
		for key in "${!value[@]}"; do [[ $key != ike.* ]] || printf '\t\t%s = %s\n' "${key#*.}" "${value[$key]}"; done
		printf '\t\tlocal {\n\t\t\tauth = psk\n\t\t\tid = %s\n\t\t}\n' "${value[local_id]}"
		printf '\t\tremote {\n\t\t\tauth = psk\n\t\t\tid = %s\n\t\t}\n' "${value[remote_id]}"
		printf '\t\tchildren {\n\t\t\ttunnel {\n'
		for key in local_ts remote_ts esp_proposals mode; do
			[ -z "${value[$key]}" ] || printf '\t\t\t\t%s = %s\n' $key "${value[$key]}"
		done
		for key in "${!value[@]}"; do [[ $key != child.* ]] || printf '\t\t\t\t%s = %s\n' "${key#*.}" "${value[$key]}"; done
		printf '\t\t\t}\n\t\t}\n\t}\n}\nsecrets {\n\tike {\n\t\tsecret = "%s"\n\t}\n}\n' "${value[secret]}"
	} >"$WORK/$side.swanctl"
}

# start KIND NAMESPACE [daemon's options...]
start() {
	local kind=$1 ns=$2
	shift 2
	[ "$kind" != vanth ] || kind=${LAB_AS:-vanth}
	kind_of[$ns]=$kind
	mkdir -p "$WORK/$ns.d"
	keep_earlier_log "$ns"
	"start_$kind" "$ns" "$@"
	daemons="$daemons $ns"
	say "$kind runs in $ns"
}

# the log is always that of the running daemon; those of earlier ones are $RESULT/west.log.1 and so on
keep_earlier_log() {
	local number=1
	[ -e "$RESULT/$1.log" ] || return 0
	while [ -e "$RESULT/$1.log.$number" ]; do number=$((number + 1)); done
	mv "$RESULT/$1.log" "$RESULT/$1.log.$number"
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
	for ((turn = 0; turn < 300; turn++)); do
		"$@" >/dev/null 2>&1 && return 0
		runs "$ns" || fail "${kind_of[$ns]} in $ns ended at once: $(last_words "$ns")"
		sleep 0.2
	done
	fail "${kind_of[$ns]} in $ns is not ready after 60 s"
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
rekey_vanth() { ipsec "$1" rekey "$2" "--$3" --timeout 60; }
states_vanth() { ipsec "$1" showstates | sed -n 's/.* \(IKE\|ISAKMP\) SA .*, established .*/ike/p;s/.* Child SA of .*, up .*/child/p'; }

# reload NAMESPACE: takes the changed configuration
load_vanth() {
	private_copy "$1" conf >/dev/null
	private_copy "$1" secrets >/dev/null
	ipsec "$1" reload >/dev/null
}

# --- strongSwan --------------------------------------------------------------------------------------------

# The binary is a copy so that a profile for its path (AppArmor) does not keep it from our folders.
start_strongswan() {
	local ns=$1 run=$WORK/$1.d
	[ -x /usr/sbin/charon-systemd ] || skip "charon-systemd is not installed"
	cp /usr/sbin/charon-systemd "$run/charon"
	cat >"$run/strongswan.conf" <<-CONF
	charon-systemd {
		load = aes sha1 sha2 hmac kdf random nonce openssl gcrypt gmp curve25519 chapoly gcm ccm ctr pem pkcs1 pkcs8 x509 pubkey constraints kernel-netlink socket-default vici ${charon_plugins:-}
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
	rm -f "$run/vici"
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
rekey_strongswan() {
	case $3 in
	child) swanctl "$1" --rekey --child "$2" ;;
	ike) swanctl "$1" --rekey --ike "$2" ;;
	reauth) swanctl "$1" --rekey --ike "$2" --reauth ;;
	esac
}
states_strongswan() { swanctl "$1" --list-sas | sed -n 's/.*, ESTABLISHED,.*/ike/p;s/.*, INSTALLED,.*/child/p'; }

# --- Libreswan ---------------------------------------------------------------------------------------------

# Its package is only unpacked; a mount namespace of its own shows it as if it were installed.
start_libreswan() {
	local ns=$1 run=$WORK/$1.d conf secrets
	[ -e "$unpacked/libreswan/.complete" ] || skip "Libreswan is not unpacked (testing/setup peers)"
	conf=$(private_copy "$ns" conf)
	secrets=$(private_copy "$ns" secrets)
	mkdir -p "$run/nss"
	[ -e "$run/nss/cert9.db" ] || certutil -N -d "sql:$run/nss" --empty-password
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
	local name
	private_copy "$1" conf >/dev/null
	for name in $(sed -n 's/^conn \([^%].*\)/\1/p' "$WORK/$1.d/conf"); do add_libreswan "$1" "$name"; done
}
add_libreswan() {
	nsenter --target "${pid_of[$1]}" --mount --net /usr/libexec/ipsec/addconn \
		--ctlsocket /run/pluto/pluto.ctl --config "$WORK/$1.d/conf" "$2" >>"$RESULT/$1.out" 2>&1
}

up_libreswan() { whack "$1" --name "$2" --initiate; }
down_libreswan() { whack "$1" --name "$2" --terminate; }
rekey_libreswan() {
	case $3 in
	child) whack "$1" --name "$2" --rekey-ipsec --asynchronous ;;
	ike) whack "$1" --name "$2" --rekey-ike --asynchronous ;;
	reauth) fail "Libreswan reauthenticates only when a lifetime is over" ;;
	esac
}
states_libreswan() { whack "$1" --showstates | sed -n 's/.* STATE_V2_ESTABLISHED_IKE_SA .*/ike/p;s/.* STATE_V2_ESTABLISHED_CHILD_SA .*/child/p'; }

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

# rekey NAMESPACE CONN child|ike|reauth: the daemon begins to replace its Child SA, its IKE SA, or all by a new one
rekey() {
	output=$("rekey_${kind_of[$1]}" "$1" "$2" "$3" 2>&1) || fail "rekey $2 ($3) in $1 failed: $output"
	say "rekey $2 ($3) in $1"
}

# rekey_async: the same, without waiting where the daemon offers to
rekey_async() {
	if [ "${kind_of[$1]}" = vanth ]; then
		ipsec "$1" rekey "$2" "--$3" --asynchronous
	else
		rekey "$@"
	fi
}

# states NAMESPACE: the daemon's own view: a line "ike" or "child" for each SA that is in use
states() { "states_${kind_of[$1]}" "$1" | sort | tr '\n' ' '; }

load() { "load_${kind_of[$1]}" "$1" || fail "${kind_of[$1]} in $1 does not load its configuration: $(last_words "$1")"; }

# start_or_load: Vanth in west and strongSwan in east run with the configuration as it is now
start_or_load() {
	if [ -z "$daemons" ]; then
		start vanth west
		start strongswan east
	else
		load west
		load east
	fi
}

# stop NAMESPACE: ends the daemon as its service would; a Vanth must do so by itself, cleanly and soon
stop() {
	local ns=$1 code=0 turn
	kill -TERM "${pid_of[$ns]}" 2>/dev/null || true
	for ((turn = 0; turn < 200; turn++)); do runs "$ns" && sleep 0.2 || break; done
	! runs "$ns" || { kill -KILL "${pid_of[$ns]}"; fail "${kind_of[$ns]} in $ns still ran 40 s after SIGTERM"; }
	wait "${pid_of[$ns]}" || code=$?
	daemons=$(printf '%s\n' $daemons | grep -vx "$ns" | tr '\n' ' ' || true)
	if [ "${kind_of[$ns]}" != vanth ]; then
		ip -n "$ns" xfrm policy flush # what others leave (Libreswan: policies for neighbour discovery)
		return 0
	fi
	[ $code = 0 ] || fail "vanth in $ns ended with exit code $code: $(last_words "$ns")"
	! grep -aqE 'AddressSanitizer|LeakSanitizer|runtime error:' "$RESULT/$ns.log" || fail "a sanitizer complained in $RESULT/$ns.log"
}

# restart NAMESPACE: with the configuration as it is now
restart() {
	local kind=${kind_of[$1]}
	stop "$1"
	start "$kind" "$1"
}

# The namespaces' names are the order: west first, so that east sees its Delete.
stop_daemons() {
	local ns
	for ns in $daemons; do stop "$ns"; done
}
