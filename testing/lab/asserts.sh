# SPDX-License-Identifier: Apache-2.0
# Assertions: each says what it expected and what it found, and ends the scenario when they differ.

# Every ping of ours carries this, so that clear text on the wire is found whatever its form.
clear_text=VANTHCLEARTEXT!!
allowed_stats=

# ping_ok FROM ADDRESS [PING'S OPTIONS]: all of three pings are answered; the first may be lost to a trap
ping_ok() {
	local from=$1 to=$2 pattern output
	shift 2
	pattern=$(printf %s "$clear_text" | od -An -tx1 | tr -d ' \n')
	output=$(at "$from" ping -n -c 3 -i 0.2 -W 5 -p "$pattern" "$@" "$to" 2>&1) || fail "ping from $from to $to: $output"
	grep -q ' 0% packet loss' <<<"$output" || fail "ping from $from to $to lost packets: $output"
	say "ping from $from to $to: 3 of 3 answered"
}

# ping_fails FROM ADDRESS: no ping is answered
ping_fails() {
	! at "$1" ping -n -c 2 -i 0.2 -W 1 "$2" >/dev/null 2>&1 || fail "ping from $1 to $2 is answered and should not be"
	say "ping from $1 to $2: not answered, as it should be"
}

# sees_esp: the capture shows ESP both ways and nothing of what the pings carry
sees_esp() {
	local lines spis
	capture_stop
	lines=$(capture_text | grep -F 'ESP(spi=') || fail "no ESP on the wire ($RESULT/mid.pcap)"
	spis=$(grep -o 'spi=0x[0-9a-f]*' <<<"$lines" | sort -u | wc -l)
	[ "$spis" -ge 2 ] || fail "ESP on the wire in one direction only ($RESULT/mid.pcap)"
	sees_no_clear_text
	say "the capture shows $(wc -l <<<"$lines") ESP packets with $spis SPIs and no clear text"
}

sees_no_clear_text() {
	capture_stop
	! grep -aqF "$clear_text" "$RESULT/mid.pcap" || fail "clear text on the wire ($RESULT/mid.pcap)"
}

# sees_clear_text: the counter-proof, for a wire that is not protected
sees_clear_text() {
	capture_stop
	grep -aqF "$clear_text" "$RESULT/mid.pcap" || fail "no clear text on the wire, so the capture proves nothing"
}

# sees_on_wire TEXT [FILTER...]: tcpdump's lines about the capture contain TEXT
sees_on_wire() {
	local text=$1
	shift
	capture_stop
	grep -qF -- "$text" <<<"$(capture_text "$@")" || fail "the capture does not show \"$text\" ($RESULT/mid.pcap)"
	say "the capture shows \"$text\""
}

# sas NS COUNT: the kernel holds that many ESP SAs (two for each Child SA)
sas() {
	local count
	count=$(ip -n "$1" xfrm state | grep -c 'proto esp' || true)
	[ "$count" = "$2" ] || fail "$1's kernel has $count SAs and should have $2: $(ip -n "$1" xfrm state)"
	say "$1's kernel has $count SAs"
}

# no_xfrm_leftovers NS: neither SAs nor policies (socket policies end with their sockets)
no_xfrm_leftovers() {
	local left
	left=$(ip -n "$1" xfrm state; ip -n "$1" xfrm policy)
	[ -z "$left" ] || fail "left in $1's kernel: $left"
	say "nothing is left in $1's kernel"
}

# Other daemons may keep policies that ask for an SA (Libreswan goes on trying); ours must not.
child_sas() {
	{ ip -n "$1" xfrm state; [ "${kind_of[$1]:-vanth}" != vanth ] || ip -n "$1" xfrm policy; } | grep 'proto esp' || true
}
has_no_child_sas() { [ -z "$(child_sas "$1")" ]; }

# no_child_sas NS [SECONDS]: no ESP SA and no policy that asks for one, now or within that time; the daemon
# may be running
no_child_sas() {
	local turn limit=$((${2:-0} * 5))
	for ((turn = 0; turn < limit; turn++)); do has_no_child_sas "$1" && break || sleep 0.2; done
	has_no_child_sas "$1" || fail "left in $1's kernel: $(child_sas "$1")"
	say "no ESP state or policy in $1's kernel"
}

# allow_xfrm_stat NAME...: these counters of /proc/net/xfrm_stat may grow in this scenario, which says why
allow_xfrm_stat() { allowed_stats="$allowed_stats $*"; }

xfrm_stat_zero() {
	local name value
	while read -r name value; do
		[ "$value" = 0 ] || [[ " $allowed_stats " == *" $name "* ]] || fail "$1: /proc/net/xfrm_stat: $name is $value"
	done < <(at "$1" cat /proc/net/xfrm_stat)
}

# algorithms_seen NS ike|child COUNT: its SAs have had so many different sets of algorithms
algorithms_seen() {
	local seen
	case $2 in
	ike) seen=$(sed -n 's/.* IKE SA #.* established: .*, \([^ ,]*\)$/\1/p' "$RESULT/$1.log" | sort -u) ;;
	child) seen=$(sed -n 's/.* Child SA #.* up: .*, \([^ ,]*\), SPIs .*/\1/p' "$RESULT/$1.log" | sort -u) ;;
	esac
	[ "$(wc -w <<<"$seen")" = "$3" ] || fail "not $3 sets of algorithms were used: $seen"
}

# log_has NS TEXT [SECONDS]: the daemon's log says it, now or within that time
log_has() {
	local limit=$((${3:-0} * 5)) turn
	for ((turn = 0; turn <= limit; turn++)); do
		grep -aqF -- "$2" "$RESULT/$1.log" && { say "$1's log has \"$2\""; return 0; }
		[ $turn = $limit ] || sleep 0.2
	done
	fail "$1's log does not say \"$2\" ($RESULT/$1.log)"
}

log_has_not() {
	! grep -aqF -- "$2" "$RESULT/$1.log" || fail "$1's log says \"$2\" and should not ($RESULT/$1.log)"
}

# contains TEXT PART: one of a command's output
contains() { grep -qF -- "$2" <<<"$1" || fail "expected \"$2\" in: $1"; }

# sees_notify NUMBER: an unencrypted IKEv2 notify of that type was on the wire (14 NO_PROPOSAL_CHOSEN,
# 17 INVALID_KE_PAYLOAD, 16390 COOKIE)
sees_notify() {
	capture_stop
	grep -qF "type=$1(" <<<"$(capture_text -vv udp port 500 or udp port 4500)" ||
		fail "no notify $1 on the wire ($RESULT/mid.pcap)"
	say "the capture shows notify $1"
}

# sees_fragments [LARGEST]: parts of IKE messages (SKF, payload 53, or IKEv1's 132) passed both ways, no packet of IKE
# was larger than that, and none was cut by IP
sees_fragments() {
	local side count largest=${1:-600}
	capture_stop
	for side in 192.0.2.1 198.51.100.1; do
		# udp[24] is "next payload" of an IKE header
		count=$(capture_text "udp port 500 and src $side and (udp[24] = 53 or udp[24] = 132)" | wc -l)
		[ "$count" -ge 2 ] || fail "$count fragments from $side, expected 2 and more ($RESULT/mid.pcap)"
	done
	[ -z "$(capture_text "udp port 500 and dst 198.51.100.1 and greater $((largest + 15))")" ] ||
		fail "IKE packets larger than $largest bytes passed ($RESULT/mid.pcap)"
	[ -z "$(capture_text 'ip[6:2] & 0x3fff != 0')" ] || fail "IP fragments on the wire ($RESULT/mid.pcap)"
	say "the capture shows IKE fragments both ways"
}
