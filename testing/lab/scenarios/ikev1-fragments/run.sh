# SPDX-License-Identifier: Apache-2.0
# shows: IKEv1's certificates with a chain over a path of 1280 bytes that carries no IP fragments: IKE fragments with
#        strongSwan and Libreswan, both roles
# timeout: 240
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
write east.charon <<<'fragment_size = 1280'
for kind in strongswan libreswan; do
	say "east is $kind"
	keys west -chain
	keys east -chain
	v1_conn chain authby=rsasig {west,east}.sendca=all
	[ $kind = strongswan ] || libreswan_speaks_v1 east
	start vanth west
	start $kind east
	[ $kind = libreswan ] || capture_start
	both_roles chain
	# Libreswan sends it whole first, which this path drops, then in parts: that it is up shows them
	[ $kind = libreswan ] || sees_fragments 1280
	stop_daemons
done
