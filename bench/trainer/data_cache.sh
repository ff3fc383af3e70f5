#!/usr/bin/env bash
# What decoded data are worth that trainers share: seconds of a whole trainer process that trains one
# batch, where the data come from their files, where it fills the cache, and where it maps it.
#
#   ADARES_DATA_DIR=DIR bench/trainer/data_cache.sh [ROUNDS]     default: 5
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=bench/trainer/speeds.sh
source bench/trainer/speeds.sh
readonly ROUNDS=${1:-5} TRAINER=build/bin/adares-trainer
[[ -n ${ADARES_DATA_DIR:-} ]] || {
  echo "data_cache.sh: ADARES_DATA_DIR must name the folder of the data sets" >&2
  exit 2
}

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT

# CACHE: the seconds of one process.
seconds() {
  local -r LC_ALL=C TIMEFORMAT=%R
  { time "$TRAINER" --spec "$folder/trial.json" --data "$ADARES_DATA_DIR" --cache "$1" --device cpu \
    --threads 1 >/dev/null 2>&1; } 2>&1
}

printf '| data set | rounds | from the files | first with the cache | mapped |\n|---|---|---|---|---|\n'
for dataset in mnist cifar10 synthetic; do
  printf '{"model": {"depth": 8}, "data": {"dataset": "%s", "augment": "none", "train_size": 64, "validation_size": 64, "test_size": 64}, "train": {"epochs": 1, "batch_size": 64}}' \
    "$dataset" >"$folder/trial.json"
  files='' first='' mapped=''
  for ((round = 1; round <= ROUNDS; ++round)); do
    rm -rf "$folder/cache"
    files+="$(seconds /dev/null/none)"$'\n'
    first+="$(seconds "$folder/cache")"$'\n'
    mapped+="$(seconds "$folder/cache")"$'\n'
  done
  printf '| %s | %d ' "$dataset" "$ROUNDS"
  for values in "$files" "$first" "$mapped"; do
    read -r m l h < <(printf %s "$values" | summary)
    printf '| %s (%s to %s) ' "$m" "$l" "$h"
  done
  echo '|'
done
