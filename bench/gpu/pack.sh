#!/usr/bin/env bash
# Collects what the trainer needs besides LibTorch and CUDA, for a GPU machine without network and
# without these packages: headers and static libraries of Debian 12, in build-gpu-pack (which git
# ignores). Run it where they are installed (./dev build does that); then carry the tree with the
# pack to the GPU machine, whose C library must be as new (glibc 2.36) or newer.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly PACK=build-gpu-pack
readonly PACKAGES=(libabsl-dev nlohmann-json3-dev libssl-dev libpng-dev zlib1g-dev libgtest-dev
  libgmock-dev)
readonly SHARED=(libabsl20220623)  # which abseil's CMake files name

rm -rf "$PACK"
mkdir -p "$PACK"

# Of the others static libraries alone, so that the linker finds no shared ones.
{
  for package in "${PACKAGES[@]}"; do
    dpkg -L "$package"
  done
} | grep -E '^/usr/(include|lib|share)/.*(\.a|\.h|\.hpp|\.inc|\.cmake|\.pc)$' |
  sort -u |
  tar -cf - --files-from - 2>/dev/null | tar -xf - -C "$PACK"

dpkg -L "${SHARED[@]}" | grep -E '\.so[.0-9]*$' | tar -cf - --files-from - 2>/dev/null |
  tar -xf - -C "$PACK"

# Debian's compiler knows this folder by itself, others need not.
cp -r "$PACK"/usr/include/x86_64-linux-gnu/* "$PACK"/usr/include/

# Of Boost the headers that the sources read, and the one that CMake asks for its version.
{
  grep -lE '#include [<"]boost/' core/*.cc worker/trainer/*.cc || true
} | while read -r source; do
  g++ -std=c++20 -M -I. "$source"
done | sed -E 's/[ \\]+/\n/g' | grep '^/usr/include/boost/' | sort -u >"$PACK/boost.txt"
echo /usr/include/boost/version.hpp >>"$PACK/boost.txt"
tar -cf - --files-from "$PACK/boost.txt" 2>/dev/null | tar -xf - -C "$PACK"
rm "$PACK/boost.txt"

du -sh "$PACK" | cut -f1
