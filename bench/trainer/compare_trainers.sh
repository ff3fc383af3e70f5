#!/usr/bin/env bash
# Images per second of two trainers on one trial, run in turn: what a change of the trainer, or an
# option of it, is worth. Each is a command: "build/bin/adares-trainer --keep-dead-taps". The figure
# of a run is that of its last epoch; the first pays for LibTorch's set-up.
#
#   bench/trainer/compare_trainers.sh BEFORE AFTER TRIAL.json ROUNDS [THREADS]
set -euo pipefail
(($# == 4 || $# == 5)) || {
  echo "usage: compare_trainers.sh BEFORE AFTER TRIAL.json ROUNDS [THREADS]" >&2
  exit 2
}
# shellcheck source=bench/trainer/speeds.sh
source "$(dirname "${BASH_SOURCE[0]}")/speeds.sh"
readonly TRIAL=$3 ROUNDS=$4 THREADS=${5:-2}
read -ra BEFORE <<<"$1"
read -ra AFTER <<<"$2"
readonly BEFORE AFTER

before='' after=''
for ((round = 1; round <= ROUNDS; ++round)); do
  b=$(trainer_speed "$THREADS" "${BEFORE[@]}" --spec "$TRIAL")
  a=$(trainer_speed "$THREADS" "${AFTER[@]}" --spec "$TRIAL")
  printf 'round %d: before %.1f, after %.1f\n' "$round" "$b" "$a" >&2
  before+="$b"$'\n' after+="$a"$'\n'
done
read -r mb lb hb < <(printf %s "$before" | summary)
read -r ma la ha < <(printf %s "$after" | summary)
printf '| %d | %s (%s to %s) | %s (%s to %s) | %.2f |\n' "$ROUNDS" "$mb" "$lb" "$hb" "$ma" "$la" "$ha" \
  "$(awk "BEGIN { print $ma / $mb }")"
