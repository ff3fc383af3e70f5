#!/usr/bin/env bash
# What it is worth that a trainer serves many trials: seconds of a sweep of 20 tiny trials on one slot,
# with a process for each trial and with one for all, in turn.
#
#   bench/worker/warm_trainers.sh [ROUNDS]     default: 2
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly ROUNDS=${1:-2} BIN=$PWD/build/bin

folder=$(mktemp -d)
children=()
finish() {
  ((${#children[@]} == 0)) || kill "${children[@]}" 2>/dev/null || true
  wait
  rm -rf "$folder"
}
trap finish EXIT

cat >"$folder/tiny.yaml" <<'YAML'
apiVersion: adares/v1
kind: Sweep
name: tiny
objective: {metric: test/accuracy, goal: maximize}
base:
  model: {family: cifar, depth: 8}
  data: {dataset: synthetic, train_size: 128, validation_size: 64, test_size: 64}
  train: {epochs: 1, batch_size: 64}
axes: {granularity: {path: model.skip.granularity, values: [none, block]}}
replicates: {seeds: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]}
YAML

# TRIALS: those that one process trains at most; 0: any number.
measure() {
  local -r state=$folder/$RANDOM
  local -r socket=unix:$state.socket
  "$BIN/adares-server" --state "$state" --listen "$socket" --http none >"$state.log" 2>&1 &
  children=($!)
  until [[ -S $state.socket ]]; do sleep 0.05; done
  "$BIN/adares" --server "$socket" sweep submit "$folder/tiny.yaml" >/dev/null 2>&1
  local -r begin=$(date +%s%N)
  "$BIN/adares-worker" --server "$socket" --state "$state-worker" --slots 1 --threads 1 --device cpu \
    --trainer-trials "$1" >"$state-worker.log" 2>&1 &
  children+=($!)
  "$BIN/adares" --server "$socket" sweep watch tiny >/dev/null 2>&1
  printf '%d.%02d s\n' $((($(date +%s%N) - begin) / 1000000000)) \
    $((($(date +%s%N) - begin) / 10000000 % 100))
  # The worker first, so that it can say that it goes.
  for child in "${children[1]}" "${children[0]}"; do
    kill "$child"
    wait "$child" || true
  done
  children=()
}

for ((round = 1; round <= ROUNDS; ++round)); do
  printf 'round %d, a process for each trial: ' "$round"
  measure 1
  printf 'round %d, one process for all: ' "$round"
  measure 0
done
