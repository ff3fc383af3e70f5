// What an attempt ran with, as names and texts, and what of it decides over the bits of its
// results. Thread-safe: pure functions.
#pragma once

#include <map>
#include <string>

namespace adares {

// "libtorch" -> "1.13.1"; the trainer's documentation lists the names.
using Provenance = std::map<std::string, std::string>;

// What makes two runs of one trial differ in the last bits, as far as provenance tells: empty where
// nothing does, else for example "class is cpu/threads=1, was cpu/threads=2".
std::string DifferenceInBits(const Provenance& now, const Provenance& then);

// Whether the trainers were built from one commit: empty where they were, else for example
// "trainer_commit is 1f2e3d4c, was 90feb30a". Another commit gives other bits or the same ones;
// only training again can tell.
std::string DifferenceInProgram(const Provenance& now, const Provenance& then);

}  // namespace adares
