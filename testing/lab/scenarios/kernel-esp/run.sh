# SPDX-License-Identifier: Apache-2.0
# shows: the lab itself: hand-made ESP SAs carry pings, the capture tells ESP from clear text
# sample: yes
# timeout: 60
two_gateways
key=0x000102030405060708090a0b0c0d0e0f10111213

# half NS MY-ADDRESS PEER MY-LAN PEER-LAN SPI-IN SPI-OUT
half() {
	ip -n "$1" xfrm state add src "$2" dst "$3" proto esp spi "$7" reqid 1 mode tunnel aead 'rfc4106(gcm(aes))' $key 128
	ip -n "$1" xfrm state add src "$3" dst "$2" proto esp spi "$6" reqid 1 mode tunnel aead 'rfc4106(gcm(aes))' $key 128
	ip -n "$1" xfrm policy add src "$4" dst "$5" dir out tmpl src "$2" dst "$3" proto esp reqid 1 mode tunnel
	ip -n "$1" xfrm policy add src "$5" dst "$4" dir fwd tmpl src "$3" dst "$2" proto esp reqid 1 mode tunnel
	ip -n "$1" xfrm policy add src "$5" dst "$4" dir in tmpl src "$3" dst "$2" proto esp reqid 1 mode tunnel
}

capture_start
ping_fails westlan 10.2.0.2
ping_ok west 198.51.100.1
sees_clear_text

half west 192.0.2.1 198.51.100.1 10.1.0.0/24 10.2.0.0/24 0x1001 0x1002
half east 198.51.100.1 192.0.2.1 10.2.0.0/24 10.1.0.0/24 0x1002 0x1001
sas west 2
capture_start
ping_ok westlan 10.2.0.2
ping_ok eastlan 10.1.0.2
sees_esp

for ns in west east; do
	ip -n $ns xfrm state flush
	ip -n $ns xfrm policy flush
done
