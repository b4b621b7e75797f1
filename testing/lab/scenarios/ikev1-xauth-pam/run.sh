# SPDX-License-Identifier: Apache-2.0
# shows: XAUTH whose users are the system's (xauthby=pam, pam_unix), asked by a daemon that has dropped its privileges
# timeout: 120
two_gateways

# the guest's PAM and users, in this scenario's mounts
mkdir "$WORK/pam.d"
write pam.d/pluto <<-PAM
	auth required pam_unix.so
	account required pam_unix.so
PAM
{ cat /etc/passwd; echo "road:x:4242:4242::/nonexistent:/usr/sbin/nologin"; } | write passwd
{ cat /etc/shadow; echo "road:$(openssl passwd -6 'open sesame'):20000:0:99999:7:::"; } | write shadow
chmod 640 "$WORK/shadow"
mount --bind "$WORK/pam.d" /etc/pam.d
mount --bind "$WORK/passwd" /etc/passwd
mount --bind "$WORK/shadow" /etc/shadow

knows() { printf ': PSK "a secret of the lab"\n@road : XAUTH "%s"\n' "$1" | write east.secrets; }

conn_conf west ikev2=no pfs=no leftxauthserver=yes rightxauthclient=yes xauthby=pam
conn_conf east left=198.51.100.1 leftid=@east.example leftsubnet=10.2.0.0/24 right=192.0.2.1 rightid=@west.example rightsubnet=10.1.0.0/24 \
	ikev2=no pfs=no leftxauthclient=yes rightxauthserver=yes leftusername=road
knows "open sesame"
start vanth west
start vanth east
up east tunnel
ping_ok eastlan 10.1.0.2
down east tunnel

say "a wrong password"
stop east
knows "open says me"
start vanth east
up_fails east tunnel
log_has west "PAM says: Authentication failure"

say "without the service nobody comes in, with any password"
stop east
rm "$WORK/pam.d/pluto"
echo "auth required pam_permit.so" | write pam.d/other
knows "open sesame"
start vanth east
up_fails east tunnel
log_has west 'there is no PAM service "pluto"'
