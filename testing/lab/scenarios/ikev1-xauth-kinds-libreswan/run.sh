# SPDX-License-Identifier: Apache-2.0
# shows: XAUTH with Libreswan, either end the client: RSA at both ends in Main and Aggressive Mode, a shared key in Aggressive
#        Mode; its address leased, a wrong password refused
# timeout: 180
# One role after the other: Libreswan answers Main Mode by the first conn that has XAUTH, be it that of a client.
two_gateways
. "$LAB/xauth.sh"
xauth_keys
mount -t overlay -o "lowerdir=$WORK/etc:/etc" overlay /etc # the only place where Libreswan looks for its users

wrong_password_of_west() {
	user_says west "open says me"
	load west
	up_fails west rsa-aggressive-west
	contains "$output" 'the server refuses the user "road" or its password (XAUTH)'
	no_child_sas west
}

wrong_password_of_east() {
	user_says east "open says me"
	private_copy east secrets >/dev/null
	whack east --rereadsecrets >/dev/null
	whack east --name rsa-aggressive-east --initiate --asynchronous >/dev/null
	log_has west 'XAUTH user "road" at 198.51.100.1:500: the user is refused' 20
}

for client in west east; do
	no_conns east
	xauth_conn rsa-$client $client rsa
	xauth_conn rsa-aggressive-$client $client rsa {west,east}.aggressive=yes
	xauth_conn secret-aggressive-$client $client secret {west,east}.aggressive=yes
	xauth_users
	libreswan_speaks_v1 east
	case $client in
	west) start vanth west ;;
	east) load west ;;
	esac
	start libreswan east
	capture_start
	for name in rsa rsa-aggressive secret-aggressive; do
		xauth_comes_up $name-$client $client
	done
	sees_esp
	wrong_password_of_$client
	stop east
done
wait_for 10 "the end of its IKE SA" no_sas
no_child_sas west
