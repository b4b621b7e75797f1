# SPDX-License-Identifier: Apache-2.0
# shows: revoked certificates of Libreswan are refused, by CRL over HTTP and by OCSP, both roles, and put out later; strict and not
# timeout: 200
two_gateways
. "$LAB/certificates.sh"
. "$LAB/refused.sh"
. "$LAB/revoked.sh"
revoked_with libreswan
