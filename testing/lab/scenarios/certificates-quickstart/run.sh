# SPDX-License-Identifier: Apache-2.0
# shows: docs/quickstart.md word for word: its commands and files, as they stand there, make a tunnel between two hosts
# timeout: 240
document=$TOP/docs/quickstart.md
declare -A host_pid

# The hosts differ in what a host has of its own: /etc, /var/lib, /root, /run, its name; both have "make install" behind
# them, with the prefix that is usual.
# scp is played: there is no ssh server in the lab.
install_once() {
	make -s -C "$TOP" -o all -o "$B/vanth" -o "$B/ipsec" -o configure -o config.mk B="$B" DESTDIR="$WORK/installed" prefix=/usr/local \
		install >"$RESULT/install.log" 2>&1 ||
		fail "make install: $(tail -n 3 "$RESULT/install.log")"
	mkdir -p "$WORK/installed/usr/local/bin"
	cat >"$WORK/installed/usr/local/bin/scp" <<-'SCP'
	#!/bin/bash
	address=${2#root@}
	exec cp -- "$1" "/proc/$(cat "/root/.wire/${address%%:*}")/root/root/"
	SCP
	chmod 755 "$WORK/installed/usr/local/bin/scp"
	mkdir -p "$WORK/wire"
}

# host NAME ADDRESS: its mount namespace, held by a process
host() {
	local name=$1 own=$WORK/$1.own
	mkdir -p "$own"/{etc,etc.work,run}
	cp -r "$WORK/installed/var/lib" "$own/lib"
	nsenter --net="/run/netns/$name" unshare --mount --uts bash -eu -c '
		installed=$1 own=$2 wire=$3
		hostname "$4"
		mount --bind "$installed/usr/local" /usr/local
		mount -t overlay -o "lowerdir=$installed/etc:/etc,upperdir=$own/etc,workdir=$own/etc.work" overlay /etc
		mount --bind "$own/lib" /var/lib
		mount -t tmpfs tmpfs /root
		mkdir /root/.wire
		mount --bind "$wire" /root/.wire
		mount --bind "$own/run" /run
		touch /run/made
		exec sleep infinity' host "$WORK/installed" "$own" "$WORK/wire" "$name" &
	host_pid[$name]=$!
	echo $! >"$WORK/wire/$2"
	wait_for 20 "the making of $name" test -e "/proc/$!/root/run/made"
}

# on HOST COMMAND: as root there, on a terminal; a password that is asked for is typed
on() {
	local name=$1 typed=$WORK/wire/typed
	: >"$typed"
	typist "$typed" | nsenter --target "${host_pid[$name]}" --mount --net --uts \
		bash -c 'cd /root && exec script -qefc "$1" .wire/typed' on "$2" >/dev/null || fail "$name# $2: $(cat "$typed")"
	tr -d '\r' <"$typed" | grep -av '^Script ' | tee -a "$RESULT/$name.terminal"
}

# types at each question, as somebody does who has read it; ends with the terminal. No process: emulation is slow beside it.
typist() {
	local answered=0 text turn never
	exec {never}<> <(:)
	for ((turn = 0; turn < 400; turn++)); do
		IFS= read -r -d '' text <"$1" || true
		[[ $text != *'Script done on '* ]] || return 0
		text=${text//Once more: /$'\1'}
		text=${text//Password /$'\1'}
		text=${text//[^$'\1']/}
		[ "${#text}" -le "$answered" ] || echo 'between the two of us'
		answered=${#text}
		read -r -t 0.3 -u "$never" || true
	done
}

# the document, in its order: "run HOST COMMAND" and "file HOST PATH NUMBER"; the texts of the files go to $WORK/NUMBER
read_document() {
	awk -v work="$WORK" '
		/^```console/ { inside = "console"; next }
		/^```ini / { split($2, place, ":"); inside = work "/" ++files; print "file", place[1], place[2], files; next }
		/^```/ { inside = ""; next }
		inside == "console" && match($0, /^[a-z]+# /) { print "run", substr($0, 1, RLENGTH - 2), substr($0, RLENGTH + 1); next }
		inside == "console" { print "odd", $0; next }
		inside != "" { print >inside }' "$document"
}

two_gateways
install_once
host west 192.0.2.1
host east 198.51.100.1
read_document >"$WORK/steps"
commands=0
capture_start
ping_fails westlan 10.2.0.2
while read -r what name first rest <&3; do
	case $what in
	run)
		commands=$((commands + 1))
		say "$name# $first $rest"
		on "$name" "$first $rest"
		;;
	file)
		say "$name: $first"
		cp "$WORK/$rest" "/proc/${host_pid[$name]}/root$first"
		;;
	*) fail "docs/quickstart.md: not a command of a host: $name $first $rest" ;;
	esac
done 3<"$WORK/steps"
say "$commands commands"
[ "$commands" -ge 4 ] || fail "docs/quickstart.md has only $commands commands that this scenario understands"
[ "$commands" -lt 10 ] || fail "docs/quickstart.md needs $commands commands"

ping_ok westlan 10.2.0.2
ping_ok eastlan 10.1.0.2
sees_esp
for name in west east; do
	sas "$name" 2
	on "$name" 'ipsec check office'
done
for name in west east; do on "$name" 'ipsec stop'; done
