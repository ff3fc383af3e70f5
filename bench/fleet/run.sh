#!/usr/bin/env bash
# Puts simulated workers on the real server, in every way that docs/scaling.md describes, at full
# size. Takes about ten minutes, and the figures are worth something only where nothing else runs.
#
#   bench/fleet/run.sh [SOAK_SECONDS [STATE]]
#
# SOAK_SECONDS: how long a thousand workers train, 60; a soak proper takes 1800. STATE: a folder on the disk
# to be measured, build/fleet-state. Results are written to build/fleet/*.json as well.
# Exit status 1 where the server did something wrong.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly SOAK_SECONDS=${1:-60} STATE=${2:-build/fleet-state} RESULTS=build/fleet

mkdir -p "$RESULTS"
status=0
scenario() {
  build/bin/adares-bench-fleet --state "$STATE" --json "$RESULTS/$1.json" "$@" || status=1
}
scenario idle
scenario queue
scenario points
scenario soak --seconds "$SOAK_SECONDS"
scenario growth
exit "$status"
