# SPDX-License-Identifier: Apache-2.0
# Rekeying: what the kernels hold before and after, and who began.

# spis NS: of all ESP SAs in its kernel
spis() { ip -n "$1" xfrm state | sed -n 's/.*proto esp spi \(0x[0-9a-f]*\) .*/\1/p' | sort | tr '\n' ' '; }

# reqids NS: of all ESP SAs and policies, each once
reqids() { { ip -n "$1" xfrm state; ip -n "$1" xfrm policy; } | sed -n 's/.*proto esp.* reqid \([0-9]*\) .*/\1/p' | sort -u | tr '\n' ' '; }

# Both kernels have the same pair of SAs. The daemons are asked later: starting their commands takes long here.
one_pair() {
	local spis
	spis=$(spis west)
	[ "$(wc -w <<<"$spis")" = 2 ] && [ "$spis" = "$(spis east)" ]
}

# ... and both daemons know of one IKE SA with one Child SA
one_pair_known() { one_pair && [ "$(states west)" = "child ike " ] && [ "$(states east)" = "child ike " ]; }

# ike_name NS: what tells its IKE SA from an earlier one: the daemon's number for it
ike_name() {
	case ${kind_of[$1]} in
	vanth) ipsec "$1" showstates | sed -n 's/^\(#[0-9]*\): .* IKE SA .*, established .*/\1/p' ;;
	strongswan) swanctl "$1" --list-sas | sed -n 's/.*\(#[0-9]*\), ESTABLISHED,.*/\1/p' ;;
	libreswan) whack "$1" --showstates | sed -n 's/.*\(#[0-9]*\): .* STATE_V2_ESTABLISHED_IKE_SA .*/\1/p' ;;
	esac
}

# remember: what there is now
remember() {
	old_spis=$(spis west)
	old_reqids=$(reqids west)
	old_ike=$(ike_name west)/$(ike_name east)
}

has_new() {
	one_pair || return 1
	case $1 in
	child) [ "$(spis west)" != "$old_spis" ] && one_pair_known && [ "$(ike_name west)/$(ike_name east)" = "$old_ike" ] ;;
	ike) [ "$(spis west)" = "$old_spis" ] && [ "$(ike_name west)/$(ike_name east)" != "$old_ike" ] && one_pair_known ;;
	reauth) [ "$(spis west)" != "$old_spis" ] && one_pair_known && [ "$(ike_name west)/$(ike_name east)" != "$old_ike" ] ;;
	esac
}

what_there_is() {
	local ns
	for ns in west east; do echo "$ns: SPIs $(spis $ns)daemon $(states $ns)IKE SA $(ike_name $ns | tr '\n' ' ');"; done
	echo "before: SPIs $old_spis IKE SAs $old_ike"
}

# replaced child|ike|reauth [SECONDS]: since remember the SAs were replaced, and just one pair is left
replaced() {
	local limit=$((SECONDS + ${2:-15} * ${LAB_PATIENCE:-1}))
	until has_new "$1"; do
		[ $SECONDS -lt $limit ] || fail "$1 is not replaced, or more than one pair is left: $(what_there_is)"
		sleep 0.3
	done
	[ "$(reqids west)" = "$old_reqids" ] || fail "west's reqids were $old_reqids and are $(reqids west)"
	say "$1 replaced; one pair is left: $(spis west)"
}

# rekeyed SIDE|both child|ike|reauth [SECONDS]: that side begins, or both at once
rekeyed() {
	local side=$1 what=$2 limit=${3:-15} pids pid code=0
	remember
	if [ "$side" = both ]; then
		rekey west tunnel "$what" &
		pids=$!
		rekey east tunnel "$what" &
		pids="$pids $!"
		for pid in $pids; do wait "$pid" || code=$?; done
		[ $code = 0 ] || fail "one of the two commands failed"
	else
		rekey "$side" tunnel "$what"
	fi
	replaced "$what" "$limit"
	ping_ok westlan 10.2.0.2
}

# slow_wire MILLISECONDS: each way, so that what is sent at about the same time crosses
slow_wire() {
	local device
	for device in west0 east0; do at mid tc qdisc replace dev $device root netem delay "$1ms"; done
}

# rekey_conf: both sides alike, whatever they are, with PFS in the group of the IKE SA; a curve, because emulation is slow
rekey_conf() {
	conn_conf both esp=aes_gcm256 ike=aes_gcm256-sha2_256-dh19 pfs=yes "$@"
	swanctl_conf west esp_proposals=aes256gcm16-ecp256 proposals=aes256gcm16-prfsha256-ecp256
	swanctl_conf east esp_proposals=aes256gcm16-ecp256 proposals=aes256gcm16-prfsha256-ecp256
	write west.charon <<<'delete_rekeyed_delay = 1'
	write east.charon <<<'delete_rekeyed_delay = 1'
}

# crossed KIND child|ike: both begin at once. Libreswan 4.10 does not know that two rekeys crossed: it goes on with its own
# Child SA beside ours; and of two IKE rekeys it follows neither ("EXPECTATION FAILED" in
# process_v2_CREATE_CHILD_SA_rekey_ike_response) and loses the Child SA with the one that we delete.
crossed() {
	local pid
	[ "$1" = libreswan ] || { rekeyed both "$2"; return; }
	[ "$2" = child ] || return 0
	rekey west tunnel child & pid=$!
	rekey east tunnel child || true
	wait $pid || true
	ping_ok westlan 10.2.0.2
}

# rekeys_with KIND FIRST...: west is Vanth; every way to rekey with each FIRST as the IKE SA's initiator
rekeys_with() {
	local kind=$1 first side what
	shift
	two_gateways
	rekey_conf
	conn_conf west esp=aes_gcm256 ike=aes_gcm256-sha2_256-dh19 pfs=yes retransmit-tries=5
	start vanth west
	start "$kind" east
	capture_start
	for first; do
		up $first tunnel
		for side in west east; do
			for what in child ike; do rekeyed $side $what; done
		done
		slow_wire 800
		for what in child ike; do crossed $kind $what; done
		slow_wire 0
		down $first tunnel
		no_child_sas west 5
		no_child_sas east 5
	done
}

# --- pings that must not be lost ------------------------------------------------------------------------------

# flood_start: 50 pings a second from westlan (emulation cannot do more beside it) until flood_stop, which fails if one was lost
flood_start() {
	rm -f "$WORK/flood.stop"
	: >"$RESULT/flood.log" # what was lost before is not counted again
	(
		while [ ! -e "$WORK/flood.stop" ]; do
			at westlan ping -q -n -i 0.02 -c 100 -W 5 -p "$(printf %s "$clear_text" | od -An -tx1 | tr -d ' \n')" 10.2.0.2
		done >>"$RESULT/flood.log" 2>&1
	) &
	flood_pid=$!
	wait_for 10 "the first pings' end" grep -q transmitted "$RESULT/flood.log"
}

# Libreswan 4.10 as the responder sends with a new Child SA as soon as it has answered (RFC 7296, 2.8 allows it), which
# is before we can have its keys: what is on its way then is lost, a ping or two a rekey that we begin.
declare -A may_lose=([vanth]=0 [strongswan]=0 [libreswan]=40)

# flooded KIND: 20 rekeys by turns, of which none loses a ping. Only cheap questions are asked on the way.
flooded() {
	local round side what limit
	two_gateways
	[ "${may_lose[$1]}" = 0 ] || allow_xfrm_stat XfrmInNoStates
	rekey_conf
	start vanth west
	start "$1" east
	up west tunnel
	flood_start
	for round in 1 2 3 4 5; do
		for side in west east; do
			for what in child ike; do
				old_spis=$(spis west) old_ike=$(ike_name west) limit=$((SECONDS + 30 * ${LAB_PATIENCE:-1}))
				rekey $side tunnel $what
				until one_pair && [ "$(spis west)/$(ike_name west)" != "$old_spis/$old_ike" ]; do
					[ $SECONDS -lt $limit ] || fail "$what is not replaced: west has $(spis west), east $(spis east)"
					sleep 0.3
				done
			done
		done
	done
	flood_stop "${may_lose[$1]}"
	wait_for 20 "agreement on one pair" one_pair_known
	stop_daemons
	[ "$(grep -c 'Child SA #.* up: ' "$RESULT/west.log")" -ge 11 ] || fail "fewer than ten Child SAs were made by rekeying"
	[ "$(grep -c 'IKE SA #.* established: ' "$RESULT/west.log")" -ge 11 ] || fail "fewer than ten IKE SAs were made by rekeying"
}

# flood_stop [MOST]: or if more than so many were lost
flood_stop() {
	local lost sent most=${1:-0}
	touch "$WORK/flood.stop"
	wait $flood_pid || true
	sent=$(sed -n 's/^\([0-9]*\) packets transmitted.*/\1/p' "$RESULT/flood.log" | awk '{ n += $1 } END { print n + 0 }')
	lost=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$RESULT/flood.log" | awk '{ n += $1 - $2 } END { print n + 0 }')
	[ "$sent" -gt 0 ] || fail "no pings were sent ($RESULT/flood.log)"
	[ "$lost" -le "$most" ] || fail "$lost of $sent pings were lost ($RESULT/flood.log)"
	say "$lost of $sent pings were lost"
}

# changed SECONDS: within that time the kernels have another pair of SAs than at remember, and the daemons agree on it
changed() {
	local limit=$((SECONDS + $1 * ${LAB_PATIENCE:-1}))
	until one_pair && [ "$(spis west)" != "$old_spis" ] && one_pair_known; do
		[ $SECONDS -lt $limit ] || fail "the SAs are not replaced, or more than one pair is left: $(what_there_is)"
		sleep 0.3
	done
	[ "$(reqids west)" = "$old_reqids" ] || fail "west's reqids were $old_reqids and are $(reqids west)"
	say "the Child SA is another one: $(spis west)"
}
