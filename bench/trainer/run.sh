#!/usr/bin/env bash
# Images per second of adares-trainer beside a bare LibTorch loop of the same network, and live
# against all taps, measured in turn. ADARES_DATA_DIR names real CIFAR-10; without it the synthetic
# set of the same shape is used.
#
#   bench/trainer/run.sh [ROUNDS [THREADS]]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
readonly ROUNDS=${1:-5} THREADS=${2:-2}

status=0
build/bin/adares-bench-trainer "$ROUNDS" "$THREADS" cifar-20:128:none:fp32 cifar-20:128:block:fp32 \
  cifar-8:32:none:fp32 paper-18:32:block:fp32 cifar-20:128:block:bf16 paper-18:32:block:bf16 ||
  status=$?
bench/trainer/dead_taps.sh "$ROUNDS" "$THREADS"
exit "$status"
