# SPDX-License-Identifier: Apache-2.0
# The scenarios' library: run.sh has these functions at hand, and the first command that fails ends it.
# See net.sh for the topologies and README.md for what a scenario looks like.
set -eEu -o pipefail
. "$LAB/net.sh" || exit 1
. "$LAB/daemons.sh" || exit 1
. "$LAB/asserts.sh" || exit 1

say() { echo "[$(date +%T)] $*"; }
fail() { echo "FAIL: $*"; exit 1; }
skip() { echo "SKIP: $*"; exit 77; }

# at NAMESPACE COMMAND...
at() { local ns=$1; shift; nsenter --net="/run/netns/$ns" "$@"; }

# wait_for SECONDS WHAT COMMAND...: until the command succeeds
wait_for() {
	local limit=$(($1 * 5)) what=$2 turn
	shift 2
	for ((turn = 0; turn < limit; turn++)); do
		"$@" >/dev/null 2>&1 && return 0
		sleep 0.2
	done
	fail "$what did not happen within $((limit / 5)) s"
}

# What must hold after every scenario; run.sh relaxes it with allow_xfrm_stat.
scenario_end() {
	local ns
	capture_stop
	for ns in $gateways; do xfrm_stat_zero "$ns"; done
	stop_daemons
	for ns in $gateways; do
		case ${kind_of[$ns]:-vanth} in
		vanth) no_xfrm_leftovers "$ns" ;;
		*) no_child_sas "$ns" ;; # other daemons may leave policies without keys
		esac
		xfrm_stat_zero "$ns"
	done
}

trap 'echo "FAIL: ${BASH_SOURCE[0]##*/}:$LINENO: $BASH_COMMAND" >&2' ERR
cd "$SCENARIO"
