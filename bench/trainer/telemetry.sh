#!/usr/bin/env bash
# What telemetry costs: images per second of adares-trainer with logged steps and, in turn, without
# any but the last of each epoch, on one thread. With LOG_EVERY 1 each step is logged, which shows
# more than the noise of a machine; by 50 it is the cost at the default.
#
#   bench/trainer/telemetry.sh TRAINER ROUNDS [LOG_EVERY [STEPS [NETWORK...]]]
#   LOG_EVERY: 50, STEPS: 100, NETWORK: resnet-20 paper-18
#
# The figure of a run is that of its last epoch; the first pays for LibTorch's set-up. CIFAR-10
# where ADARES_DATA_DIR is set, else the synthetic set of the same shape.
set -euo pipefail
(($# >= 2)) || {
  echo "usage: telemetry.sh TRAINER ROUNDS [LOG_EVERY [STEPS [NETWORK...]]]" >&2
  exit 2
}
# shellcheck source=bench/trainer/speeds.sh
source "$(dirname "${BASH_SOURCE[0]}")/speeds.sh"
readonly TRAINER=$1 ROUNDS=$2 EVERY=${3:-50} STEPS=${4:-100} NEVER=1000000000
networks=("${@:5}")
((${#networks[@]} > 0)) || networks=(resnet-20 paper-18)
readonly networks
folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
dataset=$([[ -n ${ADARES_DATA_DIR:-} ]] && echo cifar10 || echo synthetic)

# The trial file of a network, with so many steps between two logged ones.
trial() {
  local model batch train
  case $1 in
    resnet-20)
      model='{"depth":20,"skip":{"granularity":"block"}}' batch=128
      train='"lr":0.1,"weight_decay":0.0001'
      ;;
    paper-18)
      model='{"family":"paper","depth":18,"skip":{"granularity":"block","init":0}}' batch=32
      train='"lr":0.001,"optimizer":"adam","schedule":"constant"'
      ;;
    *)
      echo "telemetry.sh: no network '$1': resnet-20 or paper-18" >&2
      return 2
      ;;
  esac
  printf '{"model":%s,"data":{"dataset":"%s","train_size":%d,"validation_size":256,"test_size":256},' \
    "$model" "$dataset" $((STEPS * batch))
  printf '"train":{"epochs":2,"batch_size":%d,"log_every":%d,%s}}\n' "$batch" "$2" "$train"
}

echo '| network | batch | log_every | rounds | without, images/s | with, images/s | cost |'
echo '|---|---|---|---|---|---|---|'
for network in "${networks[@]}"; do
  trial "$network" "$NEVER" >"$folder/without.json"
  trial "$network" "$EVERY" >"$folder/with.json"
  without='' with=''
  for ((round = 1; round <= ROUNDS; ++round)); do
    a=$(trainer_speed 1 "$TRAINER" --spec "$folder/without.json")
    b=$(trainer_speed 1 "$TRAINER" --spec "$folder/with.json")
    printf '%s, round %d: without %.1f, with %.1f\n' "$network" "$round" "$a" "$b" >&2
    without+="$a"$'\n' with+="$b"$'\n'
  done
  read -r ma la ha < <(printf %s "$without" | summary)
  read -r mb lb hb < <(printf %s "$with" | summary)
  batch=$([[ $network == paper-18 ]] && echo 32 || echo 128)
  printf '| %s | %d | %d | %d | %s (%s to %s) | %s (%s to %s) | %s %% |\n' "$network" "$batch" "$EVERY" \
    "$ROUNDS" "$ma" "$la" "$ha" "$mb" "$lb" "$hb" "$(awk "BEGIN { printf \"%.1f\", 100 * ($ma / $mb - 1) }")"
done
