// What an attempt ran with, as names and texts, and what of it decides over the bits of its
// results. Thread-safe: a pure function.
#pragma once

#include <map>
#include <string>

namespace adares {

// "libtorch" -> "1.13.1"; the trainer's documentation lists the names.
using Provenance = std::map<std::string, std::string>;

// What makes two runs of one trial differ in the last bits, as far as provenance tells: empty where
// nothing does, else for example "class is cpu/threads=1, was cpu/threads=2".
std::string DifferenceInBits(const Provenance& now, const Provenance& then);

}  // namespace adares
