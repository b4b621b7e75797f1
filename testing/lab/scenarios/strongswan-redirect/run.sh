# SPDX-License-Identifier: Apache-2.0
# shows: strongSwan goes to another gateway when Vanth says so before IKE_AUTH and while the tunnel is up; Vanth, when strongSwan says so
# timeout: 240
# Not in IKE_AUTH: strongSwan 5.9.8 handles that REDIRECT before its IKE SA counts as established, puts its
# IKE_AUTH task back into the queue, frees it all the same and aborts ("free(): double free"). And its gateway
# sends redirects by itself, in IKE_SA_INIT or IKE_AUTH, only where a plugin provides them; Debian has none.
. "$LAB/redirects.sh"
two_gateways
other_gateway
start vanth other

# strongSwan is sent away by Vanth
swanctl_conf west
redirecting all
start vanth east
start strongswan west
capture_start
up west tunnel
sent_on
sees_notify 16407
log_has east "is sent on to 203.0.113.1 in IKE_SA_INIT"
log_has west "redirected to 203.0.113.1"
stop west

redirecting none
reconfigure_vanth
start strongswan west
up west tunnel
sas east 2
tell_vanth
sent_on
log_has east "is sent on to 203.0.113.1: its IKE SA ends within a minute"
stop west
stop east

# Vanth by strongSwan
conn_conf west accept-redirect=yes
swanctl_conf east
start vanth west
start strongswan east
up west tunnel
sas east 2
tell_strongswan
sent_on
log_has west "redirected to 203.0.113.1 by 198.51.100.1"
