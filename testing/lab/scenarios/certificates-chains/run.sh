# SPDX-License-Identifier: Apache-2.0
# shows: intermediate CAs, sent or known, over a path of 1280 bytes, with strongSwan and Libreswan, both roles
# timeout: 200
two_gateways
. "$LAB/certificates.sh"
at mid nft -f - <<-RULES
table ip path {
	chain forward {
		type filter hook forward priority filter;
		ip frag-off & 0x3fff != 0 counter drop
		meta length > 1280 counter drop
	}
}
RULES
charon_plugins=revocation
write east.charon <<<'fragment_size = 1280'
chains() {
	pair_conn chain authby=rsasig east.sendca=all
	pair_conn short
	# a PEM file of key, intermediate CA and certificate, in whatever order
	pair_conn file west.cert="$authority/west-file.all" east.sendca=all
}
for kind in strongswan libreswan; do
	say "$kind: west knows the intermediate CA and sends it; east does not have it and sends its own certificate alone"
	keys west -chain
	keys east
	chains
	start vanth west
	start $kind east
	capture_start
	both_roles chain
	sees_esp
	sees_fragments 1280
	both_roles short
	stop_daemons
	say "$kind: the other way round"
	keys west
	keys east -chain
	chains
	start vanth west
	start $kind east
	both_roles chain file
	stop_daemons
done
