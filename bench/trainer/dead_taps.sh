#!/usr/bin/env bash
# What it is worth to leave out taps that only ever see padding: the two networks of the paper with
# all taps and with the live ones, in turn.
#
#   bench/trainer/dead_taps.sh [ROUNDS [THREADS]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly ROUNDS=${1:-5} THREADS=${2:-2} TRAINER=build/bin/adares-trainer
readonly DATASET=${ADARES_DATA_DIR:+cifar10}

trial=$(mktemp)
trap 'rm -f "$trial"' EXIT

# DEPTH GRANULARITY PICTURES
compare() {
  cat >"$trial" <<JSON
{"model": {"family": "paper", "depth": $1, "skip": {"granularity": "$2"}},
 "data": {"dataset": "${DATASET:-synthetic}", "train_size": $3, "validation_size": 64, "test_size": 64},
 "train": {"epochs": 2, "batch_size": 32, "optimizer": "keras-adam", "lr": 0.001, "schedule": "constant"}}
JSON
  printf '| paper %s, granularity %s ' "$1" "$2"
  bench/trainer/compare_trainers.sh "$TRAINER --keep-dead-taps" "$TRAINER" "$trial" "$ROUNDS" "$THREADS"
}

printf '| network | rounds | all taps, images/s | live taps, images/s | ratio |\n|---|---|---|---|---|\n'
compare 18 block 2560
compare 50 none 640
