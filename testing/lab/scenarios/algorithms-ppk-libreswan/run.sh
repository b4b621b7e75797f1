# SPDX-License-Identifier: Apache-2.0
# shows: a post-quantum preshared key with Libreswan, both roles; optional without it, insisting not
# timeout: 180
two_gateways

secrets() {
	write "$1.secrets" <<-CONF
	@west.example @east.example : PSK "a secret of the lab"
	@west.example @east.example : PPKS "$2" "the key of the lab"
	CONF
}
secrets west lab-1
secrets east lab-1
conn_conf both ppk=insist
start vanth west
start libreswan east
for side in west east; do
	up $side tunnel
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	down $side tunnel
	no_child_sas west 5
done
log_has west ", PPK" 5
log_has east "PPK AUTH calculated as" 5

# another ID at the other end: optional goes on without, insisting does not
stop east
secrets east lab-2
conn_conf both ppk=yes
start libreswan east
load west
for side in west east; do
	up $side tunnel
	ping_ok westlan 10.2.0.2
	down $side tunnel
	no_child_sas west 5
done
conn_conf west ppk=insist
load west
up_fails west tunnel
no_child_sas west 5
