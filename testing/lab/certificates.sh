# SPDX-License-Identifier: Apache-2.0
# What scenarios with certificates need: the keys that testing/lab/authority made (run calls it), and one conn for
# each case, all of them loaded at once: the IDs tell them apart, as on a gateway with many peers.

authority=$TOP/build/lab/authority

# keys SIDE [SUFFIX]: what the daemon of that side, whatever its kind, will find: its own keys and the roots;
# with "-chain" the intermediate CAs too
keys() {
	local run=$WORK/$1.d
	mkdir -p "$run"/{x509,x509ca,private,pubkey}
	rm -rf "$run/nss"
	cp -r "$authority/$1${2:-}.nss" "$run/nss"
	cp "$authority/root.pem" "$authority/rsaroot.pem" "$run/x509ca"
	[ -z "${2:-}" ] || cp "$authority/between.pem" "$authority/narrow.pem" "$run/x509ca"
	cp "$authority/$1"-*.key "$run/private"
	cp "$authority/$1"-*.pem "$run/x509"
	no_conns "$1"
}

# no_conns SIDE: pair_conn adds to nothing
no_conns() {
	: >"$WORK/$1.conf"
	: >"$WORK/$1.secrets"
	printf 'connections {\n}\n' >"$WORK/$1.swanctl"
}

# pair_conn NAME [KEY=VALUE...]: one conn called NAME on both sides, with the certificates west-NAME and east-NAME
# and the IDs @NAME.west.example and @NAME.east.example. cert, west.cert, east.cert: other certificates;
# west.id, east.id: other IDs; west.expects, east.expects: what a side expects of the other one when that is not its
# ID; west.KEY, east.KEY: more of ipsec.conf in that side's file, "" leaves it out; ike.KEY, local.KEY, remote.KEY:
# more of swanctl.conf on the east, local-2.KEY and remote-2.KEY of a second proof; esp_proposals, local_ts, remote_ts of its child.
pair_conn() {
	local name=$1 item
	local -A value=([cert]=$1 [west.id]=@$1.west.example [east.id]=@$1.east.example [authby]=ecdsa
		[local.auth]=pubkey [remote.auth]=pubkey)
	shift
	for item in "$@"; do value[${item%%=*}]=${item#*=}; done
	value[west.cert]=${value[west.cert]-west-${value[cert]}}
	value[east.cert]=${value[east.cert]-east-${value[cert]}}
	value[west.expects]=${value[west.expects]-${value[east.id]}}
	value[east.expects]=${value[east.expects]-${value[west.id]}}
	pair_conn_ipsec west left right "${value[west.id]}" "${value[west.expects]}"
	pair_conn_ipsec east right left "${value[east.id]}" "${value[east.expects]}"
	pair_conn_swanctl
}

# pair_conn_ipsec SIDE OWN OTHER ID EXPECTED: in ipsec.conf's format
pair_conn_ipsec() {
	local side=$1 key
	local -A line=([left]=192.0.2.1 [right]=198.51.100.1 [leftsubnet]=10.1.0.0/24 [rightsubnet]=10.2.0.0/24
		[ikev2]=insist [auto]=add [ike]=aes_gcm256-sha2_256-dh31 [esp]=aes_gcm256
		["$2cert"]=${value[$side.cert]} ["$2id"]=$4 ["$3id"]=$5 [authby]=${value[authby]})
	for key in "${!value[@]}"; do
		case $key in
		"$side.id" | "$side.cert" | "$side.expects") ;;
		"$side".*) line[${key#*.}]=${value[$key]} ;;
		esac
	done
	{
		echo "conn $name"
		for key in "${!line[@]}"; do
			[ -z "${line[$key]}" ] || printf '\t%s=%s\n' "$key" "$(quoted "${line[$key]}")"
		done
	} >>"$WORK/$side.conf"
}

quoted() { case $1 in *[\ ,]*) echo "\"$1\"" ;; *) echo "$1" ;; esac; }

# swan_id ID ADDRESS: strongSwan writes identities without the at sign, and does without one what %fromcert says
swan_id() {
	local id=${1#@}
	[ "${id:0:1}" = % ] || printf '\t\t\tid = "%s"\n' "${id:-$2}"
}

pair_conn_swanctl() {
	local key section
	sed -i '$d' "$WORK/east.swanctl"
	{
		printf '\t%s {\n\t\tversion = 2\n\t\tlocal_addrs = 198.51.100.1\n\t\tremote_addrs = 192.0.2.1\n' "$name"
		printf '\t\tproposals = aes256gcm16-prfsha256-curve25519\n\t\tmobike = no\n'
		for key in "${!value[@]}"; do [[ $key != ike.* ]] || printf '\t\t%s = %s\n' "${key#*.}" "${value[$key]}"; done
		for section in local remote local-2 remote-2; do
			[[ $section != *-2 || " ${!value[*]}" == *" $section."* ]] || continue
			printf '\t\t%s {\n' $section
			case $section in
			local)
				swan_id "${value[east.id]}" 198.51.100.1
				[ -z "${value[east.cert]}" ] || printf '\t\t\tcerts = %s.pem\n' "${value[east.cert]}"
				;;
			remote) swan_id "${value[east.expects]}" 192.0.2.1 ;;
			esac
			for key in "${!value[@]}"; do
				[[ $key != $section.* ]] || printf '\t\t\t%s = %s\n' "${key#*.}" "${value[$key]}"
			done
			printf '\t\t}\n'
		done
		printf '\t\tchildren {\n\t\t\t%s {\n\t\t\t\tlocal_ts = %s\n\t\t\t\tremote_ts = %s\n' "$name" \
			"${value[local_ts]:-10.2.0.0/24}" "${value[remote_ts]:-10.1.0.0/24}"
		printf '\t\t\t\tesp_proposals = %s\n\t\t\t}\n\t\t}\n\t}\n}\n' "${value[esp_proposals]:-aes256gcm16}"
	} >>"$WORK/east.swanctl"
}

# has_child SIDE: its daemon has a Child SA in use
has_child() { [[ $(states "$1") == *child* ]]; }

# both_roles NAME...: each comes up from either side, carries pings, and goes; with pings=no it carries none, which
# saves time where another case has shown it
both_roles() {
	local name side
	for name in "$@"; do
		for side in west east; do
			up $side "$name"
			[ $side = west ] || wait_for 10 "a Child SA in west" has_child west # Libreswan's command comes back before
			[ "${pings:-}" = no ] || ping_ok westlan 10.2.0.2
			take_down $side "$name"
		done
	done
}

# Libreswan keeps the route of a conn that has gone, and lets no other one have it.
take_down() {
	down "$1" "$2"
	no_child_sas west 5
	[ "${kind_of[east]}" != libreswan ] || whack east --name "$2" --unroute >/dev/null
}

# explains SIDE NAME TEXT: our "ipsec explain NAME" gives that reason
explains() {
	local text
	text=$(ipsec "$1" explain "$2")
	contains "$text" "$3"
	say "explain $2: \"$3\""
}

# v1_conn NAME [KEY=VALUE...]: the same by IKEv1, with what the daemons propose by themselves
v1_conn() {
	local name=$1
	shift
	pair_conn "$name" {west,east}.ikev2=no {west,east}.ike= {west,east}.esp= {west,east}.pfs=no ike.version=1 \
		ike.proposals=default esp_proposals=default "$@"
}

# Libreswan takes IKEv1 only when it is told to
libreswan_speaks_v1() { sed -i '1i config setup\n\tikev1-policy=accept' "$WORK/$1.conf"; }
