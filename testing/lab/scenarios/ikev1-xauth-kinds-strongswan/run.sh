# SPDX-License-Identifier: Apache-2.0
# shows: XAUTH with strongSwan, either end the client, in Main and Aggressive Mode: RSA at both ends, hybrid authentication,
#        a shared key (Aggressive); its address leased, a wrong password refused
# timeout: 180
two_gateways
. "$LAB/xauth.sh"
charon_plugins=xauth-generic
write east.charon <<<'i_dont_care_about_security_and_use_aggressive_mode_psk = yes'
xauth_keys
aggressive=({west,east}.aggressive=yes ike.aggressive=yes)
for client in west east; do
	for method in rsa hybrid; do
		xauth_conn $method-$client $client $method
		xauth_conn $method-aggressive-$client $client $method "${aggressive[@]}"
	done
	xauth_conn secret-aggressive-$client $client secret "${aggressive[@]}"
done
xauth_users
start vanth west
start strongswan east
capture_start
for client in west east; do
	for name in rsa rsa-aggressive hybrid hybrid-aggressive secret-aggressive; do
		xauth_comes_up $name-$client $client
	done
done
sees_esp
for method in fded fadd fde9; do # XAUTHInitRSA, HybridInitRSA, XAUTHInitPreShared
	contains "$(capture_text -vv udp port 500)" "(type=auth value=$method)"
done

say "our user's password is wrong"
user_says west "open says me"
load west
up_fails west hybrid-west
contains "$output" 'the server refuses the user "road" or its password (XAUTH)'
no_child_sas west
has_none west || fail "we have an address without a proven user"

say "the other one's is"
user_says east "open says me"
load east
up_fails east hybrid-aggressive-east
log_has west 'XAUTH user "road" at 198.51.100.1:500: the user is refused'
wait_for 10 "the end of its IKE SA" no_sas
no_child_sas west
has_none east || fail "a client whose user is not proven has an address"
