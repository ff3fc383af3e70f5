#!/usr/bin/env bash
# Images per second of adares-trainer beside a bare LibTorch loop of the same network, measured in
# turn. ADARES_DATA_DIR names real CIFAR-10; without it the synthetic set of the same shape is used.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
build/bin/adares-bench-trainer "${1:-5}" 20:128:none 20:128:block 8:32:none
