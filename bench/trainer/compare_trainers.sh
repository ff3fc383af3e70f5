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
readonly TRIAL=$3 ROUNDS=$4 THREADS=${5:-2}
read -ra BEFORE <<<"$1"
read -ra AFTER <<<"$2"
readonly BEFORE AFTER

speed() {
  "$@" --spec "$TRIAL" --device cpu --threads "$THREADS" 2>/dev/null |
    grep -o '"key":"time/images_per_second","step":[0-9]*,"value":[0-9.]*' | tail -n 1 |
    sed 's/.*://'
}

# "median low high" of the numbers on standard input.
summary() {
  sort -n | awk '{ v[NR] = $1 } END {
    m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
    printf "%.1f %.1f %.1f\n", m, v[1], v[NR] }'
}

before='' after=''
for ((round = 1; round <= ROUNDS; ++round)); do
  b=$(speed "${BEFORE[@]}") a=$(speed "${AFTER[@]}")
  printf 'round %d: before %.1f, after %.1f\n' "$round" "$b" "$a" >&2
  before+="$b"$'\n' after+="$a"$'\n'
done
read -r mb lb hb < <(printf %s "$before" | summary)
read -r ma la ha < <(printf %s "$after" | summary)
printf '| %d | %s (%s to %s) | %s (%s to %s) | %.2f |\n' "$ROUNDS" "$mb" "$lb" "$hb" "$ma" "$la" "$ha" \
  "$(awk "BEGIN { print $ma / $mb }")"
