# SPDX-License-Identifier: Apache-2.0
# shows: IKEv1 (Main Mode with a shared key, Quick Mode without and with PFS) with strongSwan and Libreswan,
#        Vanth in both roles
# timeout: 240
two_gateways
v1() {
	conn_conf west ikev2=no "$@"
	conn_conf east ikev2=no left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=192.0.2.1 rightid=@west.example rightsubnet=10.1.0.0/24 "$@"
	printf 'config setup\n\tikev1-policy=accept\n' >>"$WORK/east.conf"
}
swanctl_conf east version=1
for round in "strongswan pfs=no" "libreswan pfs=no" "libreswan pfs=yes"; do
	say "east is $round"
	v1 "${round#* }"
	start vanth west
	start "${round% *}" east
	for side in west east; do
		capture_start
		up $side tunnel
		sas west 2
		ping_ok westlan 10.2.0.2
		ping_ok eastlan 10.1.0.2
		sees_esp
		down $side tunnel
		no_child_sas west 5
		no_child_sas east 5
	done
	stop_daemons
done
