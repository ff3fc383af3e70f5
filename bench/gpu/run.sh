#!/usr/bin/env bash
# Everything that needs a GPU, in one call of under 9 minutes: builds the trainer against the installed
# PyTorch, runs the tests labelled gpu, compares ResNets with torchvision's, and measures images per
# second beside PyTorch. docs/benchmarks/trainer-gpu.md says what comes out.
#
#   bench/gpu/run.sh [RESULT.json]      default: docs/benchmarks/trainer-gpu.json
#
# A part that fails or runs out of its time stands in the result with its error, and the others go on.
# A run in which nothing could be measured writes no result. Exit status 1 where a part failed; 77 where
# there is no GPU to measure, as test programs say that they were skipped.
# shellcheck disable=SC2317  # functions are called by name, in shells of their own
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2

if ! python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
  printf '%s: skipped: python3 has no PyTorch that finds a GPU\n' "${BASH_SOURCE[0]}" >&2
  exit 77
fi

readonly RESULT=${1:-docs/benchmarks/trainer-gpu.json}
readonly BUILD=build-gpu
readonly PACK=$PWD/build-gpu-pack/usr
readonly SECONDS_IN_ALL=525
PARTS=$(mktemp -d)
readonly PARTS
trap 'rm -rf "$PARTS"' EXIT
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
[[ -d /usr/local/cuda/bin ]] && export PATH=$PATH:/usr/local/cuda/bin
failed=0

# part NAME LIMIT COMMAND...  at most LIMIT seconds, and no more than are left.
part() {
  local name=$1 limit=$2 begin=$SECONDS code=0
  shift 2
  local left=$((SECONDS_IN_ALL - SECONDS))
  ((limit < left)) || limit=$left
  printf '== %s (at most %d s)\n' "$name" "$limit" >&2
  if ((limit < 5)); then
    failed=1
    return
  fi
  timeout -k 5 "$limit" "$@" >"$PARTS/$name.json" 2>"$PARTS/$name.log" || code=$?
  printf '%d %d\n' "$code" $((SECONDS - begin)) >"$PARTS/$name.status"
  if ((code != 0)); then
    failed=1
    tail -n 40 "$PARTS/$name.log" "$PARTS/$name.json" >&2
  fi
}

# The same for a part that may be left out where no time is left.
optional() {
  ((SECONDS_IN_ALL - SECONDS < 10)) || part "$@"
}

machine() {
  python3 - <<'PYTHON'
import json, platform, subprocess
import torch
facts = {"python": platform.python_version(), "torch": torch.__version__, "cuda": torch.version.cuda,
         "cudnn": torch.backends.cudnn.version(), "cxx11_abi": torch.compiled_with_cxx11_abi(),
         "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None}
for name, command in (
        ("driver", ["nvidia-smi", "--query-gpu=driver_version,clocks.sm,clocks.max.sm,power.limit",
                    "--format=csv,noheader"]),
        ("commit", ["git", "rev-parse", "HEAD"]), ("nvcc", ["nvcc", "--version"]),
        ("compiler", ["c++", "--version"]), ("cmake", ["cmake", "--version"])):
    try:
        facts[name] = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except OSError as error:
        facts[name] = str(error)
print(json.dumps(facts))
PYTHON
}

build() {
  local torch jobs
  torch=$(python3 -c 'import torch; print(torch.utils.cmake_prefix_path)') || return
  jobs=$(nproc)
  {
    cmake -S . -B "$BUILD" -G Ninja -DCMAKE_BUILD_TYPE=None -DCMAKE_CXX_FLAGS=-O2 -DADARES_TRAINER_ONLY=ON \
      -DADARES_WERROR=OFF -DOPENSSL_USE_STATIC_LIBS=ON -DBoost_NO_BOOST_CMAKE=ON \
      -DCMAKE_PREFIX_PATH="$torch;$PACK" &&
      cmake --build "$BUILD" -j "$jobs" --target \
        adares-trainer adares-bench-network-pass trainer_gpu_test
  } >&2
}

tests() {
  local code=0
  ctest --test-dir "$BUILD" -L gpu -j 4 --output-on-failure --no-tests=error \
    --output-junit "$PARTS/tests.xml" >&2 || code=$?
  python3 - "$PARTS/tests.xml" <<'PYTHON'
import json, sys
import xml.etree.ElementTree as xml
for case in xml.parse(sys.argv[1]).getroot().iter("testcase"):
    print(json.dumps({"test": case.get("name"), "status": case.get("status"),
                      "seconds": float(case.get("time"))}))
PYTHON
  return "$code"
}

export -f machine build tests
export BUILD PACK PARTS

trainer=$BUILD/bin/adares-trainer
# Together 425 s, so that 100 are left for what follows however slow the machine is.
part machine 15 bash -c machine
part build 190 bash -c build
part tests 80 bash -c tests
part torchvision 40 python3 bench/gpu/compare_torchvision.py "$BUILD/bin/adares-bench-network-pass"
part trainer 60 python3 bench/gpu/time_trainer.py "$trainer"
part eager 40 python3 bench/gpu/time_pytorch.py eager --seconds 2
# Each setting is compiled, which takes longer than it is measured.
left=$((SECONDS_IN_ALL - SECONDS))
((left < 200)) || left=$((left - 70)) # for the parts below
part compile "$left" python3 bench/gpu/time_pytorch.py compile --seconds 2 --deadline $((left - 40))
optional trainer-logged 45 python3 bench/gpu/time_trainer.py "$trainer" --epochs 3 --log-every 50
optional trainer-eager-steps 45 python3 bench/gpu/time_trainer.py "$trainer" --epochs 3 -- --eager-steps

mkdir -p "$(dirname "$RESULT")"
python3 bench/gpu/report.py "$PARTS" "$RESULT" || failed=1
printf '%s: done after %d s\n' "${BASH_SOURCE[0]}" "$SECONDS" >&2
exit "$failed"
