# SPDX-License-Identifier: Apache-2.0
# shows: large IKE messages over a path that carries 600 bytes and no IP fragments, with strongSwan and Libreswan
# timeout: 300
two_gateways
at mid nft -f - <<-RULES
table ip path {
	chain forward {
		type filter hook forward priority filter;
		ip frag-off & 0x3fff != 0 counter drop
		meta length > 600 counter drop
	}
}
RULES

# IDs of 390 bytes: IKE_AUTH is longer than the path's packets both ways, IKE_SA_INIT is not
part=0123456789012345678901234567890123456789012345678901234567.
long=$part$part$part$part$part$part
conn_conf both leftid=@west.${long}example rightid=@east.${long}example ike=aes256-sha2_256-dh19 esp=aes256-sha2_256
write both.secrets <<<': PSK "a secret of the lab"'
write east.charon <<<'fragment_size = 576'
swanctl_conf east remote_id=west.${long}example local_id=east.${long}example \
	proposals=aes256-sha256-ecp256 esp_proposals=aes256-sha256
for kind in strongswan libreswan; do
	start vanth west
	start $kind east
	for side in west east; do
		capture_start
		up $side tunnel
		ping_ok westlan 10.2.0.2
		sees_esp
		sees_fragments
		contains "$(ipsec west explain tunnel)" "sends packets of at most 576 bytes from now on"
		down $side tunnel
		no_child_sas west 5
		no_child_sas east 5
	done
	stop_daemons
done
