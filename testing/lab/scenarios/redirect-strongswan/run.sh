# SPDX-License-Identifier: Apache-2.0
# shows: Vanth sends strongSwan to another gateway before IKE_AUTH and later; strongSwan sends Vanth, later
# sample: yes
# timeout: 180
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
down west tunnel

# REDIRECT in IKE_AUTH is not here: charon 5.9.8 takes it, begins with the new gateway, and stops for ever before
# it has sent anything
redirecting none
reconfigure_vanth
up west tunnel
sas east 2
tell_vanth
sent_on
stop west
stop east

# Vanth by strongSwan, which has a command for clients that are connected and nothing for others
swanctl_conf east
conn_conf west accept-redirect=yes
start strongswan east
start vanth west
up west tunnel
sas east 2
tell_strongswan
sent_on
log_has west "redirected to 203.0.113.1"
