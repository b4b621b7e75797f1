#!/usr/bin/env bash
set -o pipefail
ip xfrm state | grep -q espinudp
