# To be sourced: speeds of trainers and what is made of them.
# shellcheck shell=bash

# THREADS COMMAND...: images per second of the last epoch of a trainer with its options; the first
# epoch pays for LibTorch's set-up.
trainer_speed() {
  local -r threads=$1
  shift
  "$@" --device cpu --threads "$threads" 2>/dev/null |
    grep -o '"key":"time/images_per_second","step":[0-9]*,"value":[0-9.]*' | tail -n 1 |
    sed 's/.*://'
}

# THREADS COMMAND...: that, and the seconds of processor time of the whole run, which other programs
# on the machine change less.
trainer_cost() {
  local speed
  local -r used=$(mktemp)
  local -r TIMEFORMAT='%U %S' LC_ALL=C
  speed=$({ time trainer_speed "$@"; } 2>"$used")
  printf '%s %s\n' "$speed" "$(awk '{ print $1 + $2 }' "$used")"
  rm "$used"
}

# "median low high" of the numbers on standard input.
summary() {
  sort -n | awk '{ v[NR] = $1 } END {
    m = NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2
    printf "%.2f %.2f %.2f\n", m, v[1], v[NR] }'
}
