#!/usr/bin/env bash
# What telemetry costs: images per second and processor time of adares-trainer with logged steps and,
# in turn, without any but the last of each epoch, on one thread. With LOG_EVERY 1 each step is
# logged, which shows more than the noise of a machine; by 50 it is the cost at the default. WITHOUT
# is what to run in place of TRAINER without logged steps: a build without some other part of it.
#
#   [WITHOUT=...] bench/trainer/telemetry.sh TRAINER ROUNDS [LOG_EVERY [STEPS [NETWORK...]]]
#   LOG_EVERY: 50, STEPS: 100, NETWORK: resnet-20 paper-18
#
# Images per second are those of a run's last epoch, as the first pays for LibTorch's set-up;
# processor time is that of the whole run. CIFAR-10 where ADARES_DATA_DIR is set, else the synthetic
# set of the same shape.
set -euo pipefail
(($# >= 2)) || {
  echo "usage: telemetry.sh TRAINER ROUNDS [LOG_EVERY [STEPS [NETWORK...]]]" >&2
  exit 2
}
# shellcheck source=bench/trainer/speeds.sh
source "$(dirname "${BASH_SOURCE[0]}")/speeds.sh"
readonly TRAINER=$1 WITHOUT=${WITHOUT:-$1} ROUNDS=$2 EVERY=${3:-50} STEPS=${4:-100} NEVER=1000000000
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

# WHAT NETWORK BATCH VALUES-WITHOUT VALUES-WITH: a row of the table.
row() {
  read -r ma la ha < <(printf %s "$4" | summary)
  read -r mb lb hb < <(printf %s "$5" | summary)
  local -r ratio=$([[ $1 == images/s ]] && echo "$ma / $mb" || echo "$mb / $ma")
  printf '| %s | %d | %d | %d | %s | %s (%s to %s) | %s (%s to %s) | %s %% |\n' "$2" "$3" "$EVERY" \
    "$ROUNDS" "$1" "$ma" "$la" "$ha" "$mb" "$lb" "$hb" \
    "$(awk "BEGIN { printf \"%.1f\", 100 * ($ratio - 1) }")"
}

echo '| network | batch | log_every | rounds | of | without | with | cost |'
echo '|---|---|---|---|---|---|---|---|'
for network in "${networks[@]}"; do
  trial "$network" "$NEVER" >"$folder/without.json"
  trial "$network" "$EVERY" >"$folder/with.json"
  speeds_a='' speeds_b='' seconds_a='' seconds_b=''
  for ((round = 1; round <= ROUNDS; ++round)); do
    read -r a used_a < <(trainer_cost 1 "$WITHOUT" --spec "$folder/without.json")
    read -r b used_b < <(trainer_cost 1 "$TRAINER" --spec "$folder/with.json")
    printf '%s, round %d: without %.1f images/s in %.2f s, with %.1f in %.2f s\n' "$network" "$round" \
      "$a" "$used_a" "$b" "$used_b" >&2
    speeds_a+="$a"$'\n' speeds_b+="$b"$'\n' seconds_a+="$used_a"$'\n' seconds_b+="$used_b"$'\n'
  done
  batch=$([[ $network == paper-18 ]] && echo 32 || echo 128)
  row images/s "$network" "$batch" "$speeds_a" "$speeds_b"
  row seconds "$network" "$batch" "$seconds_a" "$seconds_b"
done
