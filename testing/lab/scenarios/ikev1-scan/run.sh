# SPDX-License-Identifier: Apache-2.0
# shows: ike-scan sees of IKEv1 what the configuration allows: nothing without a conn for it, Main Mode with its own
#        algorithms alone, Aggressive Mode only where a conn says so and to who knows a name, and no vendor ID unasked
# timeout: 180
command -v ike-scan >/dev/null || skip "ike-scan is not installed"
two_gateways
right='(1=7,14=256,2=4,3=1,4=14)'
wrong='(1=5,2=2,3=1,4=2)'
dpd=afcad71368a1f1c96b8696fc77570100
conf() { conn_conf east left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=192.0.2.1 rightid=@west.example rightsubnet=10.1.0.0/24 ike=aes256-sha2_256-dh14 "$@"; }
# one question each time, and one again: who is not answered asks twice
scan() { seen=$(at west ike-scan --nodns --retry=2 --timeout=2000 "$@" 198.51.100.1 2>&1) || fail "ike-scan: $seen"; say "$seen"; }
finds() { contains "$seen" "$1 returned handshake; $2 returned notify"; }
hides() { [[ $seen != *"$1"* ]] || fail "it tells \"$1\""; }

conf
start vanth east
say "no conn speaks IKEv1"
scan --trans="$right"
finds 0 0
scan --aggressive --id=west.example --idtype=2 --dhgroup=14 --trans="$right"
finds 0 0
log_has east 'no conn for it has keyexchange=ikev1'
stop_daemons

conf
printf 'config setup\n\tikev1-policy=reject\n' >>"$WORK/east.conf"
start vanth east
say "no conn speaks IKEv1, and it is said so"
scan --trans="$right"
finds 0 1
contains "$seen" 'INVALID-MAJOR-VERSION'
stop_daemons

conf ikev2=no
start vanth east
say "a conn speaks IKEv1, but not Aggressive Mode"
scan --trans="$right"
finds 1 0
contains "$seen" 'Main Mode Handshake returned'
contains "$seen" 'Enc=AES KeyLength=256 Hash=SHA2-256 Auth=PSK Group=14:modp2048'
hides 'VID='
scan --trans="$wrong"
finds 0 1
contains "$seen" 'NO-PROPOSAL-CHOSEN'
scan
finds 0 1
scan --trans="$wrong" --trans="$right"
finds 1 0
scan --trans="$right" --vendor=$dpd
finds 1 0
contains "$seen" "VID=$dpd"
scan --aggressive --id=west.example --idtype=2 --dhgroup=14 --trans="$right"
finds 0 0
stop_daemons

conf ikev2=no aggressive=yes
start vanth east
say "a conn speaks Aggressive Mode"
scan --aggressive --id=west.example --idtype=2 --dhgroup=14 --trans="$right"
finds 1 0
contains "$seen" 'Aggressive Mode Handshake returned'
hides 'VID='
scan --aggressive --id=nobody.example --idtype=2 --dhgroup=14 --trans="$right"
finds 0 0
scan --aggressive --id=west.example --idtype=2 --dhgroup=2 --trans="$wrong"
finds 0 1
stop_daemons
