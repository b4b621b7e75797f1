# SPDX-License-Identifier: Apache-2.0
# shows: Vanth and Libreswan send each other to another gateway: before IKE_AUTH, in it, and while the tunnel is up
# timeout: 240
. "$LAB/redirects.sh"
two_gateways
other_gateway
start vanth other

# Libreswan is sent away by Vanth
conn_conf west accept-redirect=yes
redirecting all
start vanth east
start libreswan west
capture_start
up west tunnel
sent_on
log_has west "initiating IKE_SA_INIT redirect to new gateway (address: 203.0.113.1)"
sees_notify 16407
stop west

redirecting proven
reconfigure_vanth
start libreswan west
up west tunnel
sent_on
log_has west "initiating IKE_AUTH redirect to new gateway (address: 203.0.113.1)"
stop west

redirecting none
reconfigure_vanth
start libreswan west
up west tunnel
sas east 2
tell_vanth
sent_on
log_has west "initiating active session redirect to new gateway (address: 203.0.113.1)"
stop west
stop east

# Vanth by Libreswan; its daemon reads "config setup" only when it begins
start vanth west
redirecting all
start libreswan east
capture_start
up west tunnel
sent_on
sees_notify 16407
down west tunnel

redirecting proven
restart east
up west tunnel
sent_on
log_has west "N(REDIRECT) IDr AUTH"
down west tunnel

redirecting none
restart east
up west tunnel
sas east 2
tell_libreswan
sent_on
[ "$(grep -cF 'redirected to 203.0.113.1' "$RESULT/west.log")" = 3 ] || fail "west was not redirected three times"
