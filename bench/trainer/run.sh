#!/usr/bin/env bash
# Images per second of adares-trainer beside a bare LibTorch loop of the same network, measured in
# turn. ADARES_DATA_DIR names real CIFAR-10; without it the synthetic set of the same shape is used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
for granularity in none block; do
  build/bin/adares-bench-trainer "${1:-5}" "$granularity"
done
