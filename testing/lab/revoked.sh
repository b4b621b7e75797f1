# SPDX-License-Identifier: Apache-2.0
# revoked_with KIND: west is Vanth, east is of that kind. The CA's list is at a web server in mid, and a responder
# there answers for certificates that name it; whoever begins, west refuses what is revoked, and what it cannot find
# out where it must, with the true reason, and nothing is left.

# serve_list: at port 80; port 81 has nobody
serve_list() {
	mkdir -p "$WORK/web"
	cp "$authority/root.crl" "$WORK/web"
	(cd "$WORK/web" && exec nsenter --net=/run/netns/mid python3 -m http.server 80) >"$RESULT/web.log" 2>&1 &
	wait_for 20 "the web server" serves 80
}

# answer: the responder at port 2560
answer() {
	(cd "$authority" && exec nsenter --net=/run/netns/mid openssl ocsp -port 2560 -index index/root -CA root.pem \
		-rsigner responder.pem -rkey responder.key -nmin 60) >"$RESULT/responder.log" 2>&1 &
	wait_for 20 "the responder" serves 2560
}
serves() { [ -n "$(at mid ss -Hltn "( sport = :$1 )")" ]; }

# theirs NAME: a conn in which the east has the certificate east-NAME
theirs() { pair_conn "theirs-$1" west.cert=west-p256 east.cert=east-$1 west.id=@p256.west.example east.id=@$1.east.example; }

# setup LINE...: west.conf with that config setup, and all conns
setup() {
	: >"$WORK/east.conf"
	printf 'connections {\n}\n' >"$WORK/east.swanctl"
	printf 'config setup\n' >"$WORK/west.conf"
	printf '\t%s\n' curl-timeout=3s "$@" >>"$WORK/west.conf"
	for name in revoked listed nolist asked gone; do theirs $name; done
}

# check_ours: "ipsec check" of a conn in which our own certificate is revoked
check_ours() {
	{
		echo "conn ours"
		printf '\t%s\n' left=192.0.2.1 leftcert=west-revoked leftid=@revoked.west.example \
			right=198.51.100.1 rightid=@p256.east.example authby=ecdsa auto=add
	} >"$WORK/check.conf"
	ipsec west check ours --config "$WORK/check.conf" --nssdir "$WORK/west.d/nss" || true
}

revoked_with() {
	local name
	charon_plugins=revocation
	keys west
	keys east
	setup crl-strict=yes ocsp-enable=yes ocsp-strict=yes
	start vanth west
	start "$1" east

	say "nobody serves anything: what is not known is refused"
	refused theirs-nolist "could not be found out (crl-strict=yes): http://198.51.100.254:81/none.crl"

	say "a list that lies in ipsec.d/crls, or in the NSS database"
	mkdir -p "$WORK/west.d/ipsec.d/crls"
	cp "$authority/root.crl.pem" "$WORK/west.d/ipsec.d/crls"
	ipsec west rereadcrls
	log_has west "from $WORK/west.d/ipsec.d/crls/root.crl.pem: made " 5
	refused theirs-revoked "(key compromise), says the CRL of"
	rm "$WORK/west.d/ipsec.d/crls/root.crl.pem"
	contains "$(ipsec west import "$authority/root.crl.pem" --nssdir "$WORK/west.d/nss")" "4 revoked"
	ipsec west rereadcrls
	log_has west "from the NSS database: made " 5
	contains "$(ipsec west list crls)" "from     the NSS database"
	contains "$(check_ours)" "who says whether it is revoked: CRL http://198.51.100.254/root.crl"
	contains "$(check_ours)" "(key compromise), says the CRL of"
	crlutil -D -n root -d "sql:$WORK/west.d/nss"
	ipsec west rereadcrls
	sleep 1
	contains "$(ipsec west list crls)" "from     http://198.51.100.254:81/none.crl"
	[[ $(ipsec west list crls) != *"the NSS database"* ]] || fail "a list that was taken away counts"

	say "the responder says who is revoked"
	answer
	refused theirs-gone "(key compromise), says the OCSP answer of"

	say "not strict: they come up; when the list is there, who is in it goes"
	setup crl-strict=no
	load west
	sleep 1
	up west theirs-revoked
	serve_list
	ipsec west rereadcrls
	log_has west "its IKE SA ends: " 10
	log_has west "was revoked on " 5
	log_has west "(key compromise), says the CRL of " 5
	down_vanth west theirs-revoked >/dev/null 2>&1 || true
	give_up theirs-revoked
	wait_for 10 "the end of all SAs" no_sas

	say "strict: the list and the responder decide; rereadcrls"
	setup crl-strict=yes ocsp-enable=yes ocsp-strict=yes
	load west
	sleep 1
	refused theirs-revoked "(key compromise), says the CRL of"
	both_roles theirs-listed
	pings=no
	both_roles theirs-asked

	contains "$(ipsec west list crls)" "CRL of C=CH, O=Lab, CN=root of the lab"
	contains "$(ipsec west list crls)" "revoked  4 certificates"
	contains "$(ipsec west list crls)" "OCSP answer about"
	contains "$(ipsec west list crls --json)" '"kind":"ocsp"'
}
