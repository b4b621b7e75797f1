# SPDX-License-Identifier: Apache-2.0
# IKEv1 beside charon and pluto: Main Mode with a shared key (AES-CBC, SHA2-256) and a Quick Mode without PFS, our own
# client. Sourced by testing/bench/run after certificates.sh.

ikev1_vanth_begin() { speaks=ikev1 vanth_begin 0; }

ikev1_charon_begin() {
	local dir=$work/ikev1-charon
	mkdir -p "$dir"
	sed -e 's/version = 2/version = 1/' -e 's/aes256gcm16-prfsha256/aes256-sha256/g' "$B/conf/swanctl-responder.conf" >"$dir/swanctl.conf"
	charon_start "$ns_r" v1resp 16 no -1 "$DEFPLUG" "$W/xfrmshim.so" 0
	pid=$PID
	swctl --load-all --file "$dir/swanctl.conf" >"$dir/out"
}

# ikev1_pluto_begin GROUP
ikev1_pluto_begin() {
	local shared=$B B=$work/ikev1-pluto
	mkdir -p "$B/conf"
	sed -e 's/^config setup/&\n\tikev1-policy=accept/' -e 's/ikev2=insist/ikev2=no/' \
		-e 's/ike=.*/ike=aes256-sha2_256;dh31,aes256-sha2_256;dh19,aes256-sha2_256;dh14/' \
		"$shared/conf/ipsec-responder.conf" >"$B/conf/ikev1.conf"
	pluto_start "$ns_r" presp ikev1.conf 1 unlimited "$1" %disabled "$W/xfrmshim.so" 0 2>/dev/null
	pid=$PID
}

# ikev1_row WHO CELL ROUND GROUP COUNT
ikev1_row() {
	local who=$1 cell=$2 round=$3 group=$4 count=$5 result
	if [ "$SECONDS" -gt $deadline ]; then
		echo "bench: out of time, $who $cell round $round is left out" >&2
		return
	fi
	pid=
	if ikev1_"$who"_begin "$group" && result=$(drive load "$last" "$group" 32 "$count" -1); then
		jq -c --arg who "$who" --arg cell "$cell" --argjson round "$round" \
			'{kind: "ikev1", who: $who, cell: $cell, round: $round} + .' <<<"$result" >>"$runs"
	else
		echo "bench: ikev1: $who, $cell: failed ${result:-}" >&2
		[ "$who" != vanth ] || failed=1
	fi
	finish
}

ikev1() {
	local round who name group
	echo "bench: IKEv1, Main Mode and Quick Mode, beside$peers, $rounds rounds"
	for round in $(seq "$rounds"); do
		while read -r name group; do
			for who in vanth $peers; do ikev1_row "$who" "$name" "$round" "$group" $((450 / scale)) </dev/null; done
		done <<-C
		p256 19
		modp2048 14
		C
	done
}
