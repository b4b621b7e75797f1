# SPDX-License-Identifier: Apache-2.0
# shows: a post-quantum preshared key with strongSwan, both roles; one that insists refuses who has another ID
# timeout: 180
two_gateways

# peer ID REQUIRED KEY_ID: strongSwan's side; ID empty: any that is asked for
peer() {
	swanctl_conf east
	[ -z "$1" ] || sed -i "s/^\t\tversion = 2/&\n\t\tppk_id = $1/" "$WORK/east.swanctl"
	sed -i "s/^\t\tversion = 2/&\n\t\tppk_required = $2/" "$WORK/east.swanctl"
	printf 'secrets {\n\tppk {\n\t\tsecret = "the key of the lab"\n\t\tid = %s\n\t}\n}\n' "$3" >>"$WORK/east.swanctl"
}
write west.secrets <<-CONF
	@west.example @east.example : PSK "a secret of the lab"
	@west.example @east.example : PPKS "lab-1" "the key of the lab"
CONF
conn_conf west ppk=insist
peer lab-1 yes lab-1
start vanth west
start strongswan east
for side in west east; do
	up $side tunnel
	log_has west ", PPK" 5
	ping_ok westlan 10.2.0.2
	ping_ok eastlan 10.1.0.2
	down $side tunnel
	no_child_sas west 5
done
log_has east "using PPK for PPK_ID 'lab-1'" 5

# another ID: optional goes on without, insisting does not
conn_conf west ppk=yes
load west
peer "" no lab-2
load east
for side in west east; do
	up $side tunnel
	ping_ok westlan 10.2.0.2
	down $side tunnel
	no_child_sas west 5
done
conn_conf west ppk=insist
load west
up_fails west tunnel
up_fails east tunnel
no_child_sas west 5
