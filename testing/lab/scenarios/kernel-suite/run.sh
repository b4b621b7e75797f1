# SPDX-License-Identifier: Apache-2.0
# shows: the kernel room's own test suite on a kernel with ESP: every algorithm, window, mode and option
# timeout: 120
case $B in
/*) program=$B/testing/unit/kernel/test_xfrm ;;
*) program=$TOP/$B/testing/unit/kernel/test_xfrm ;;
esac
[ -x "$program" ] || skip "$program is not built; run make tests"
modprobe -a tun 2>/dev/null || true
"$program"
