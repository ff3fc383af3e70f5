// A fast checksum against accidents: files that were cut, mixed up or hit by a broken disk. Not
// against people, who can make up bytes for any value. Thread-safe: a pure function.
#pragma once

#include <cstdint>
#include <span>

namespace adares {

// A change within eight bytes that begin at a multiple of eight always changes the value; of all
// other changes about one in 2^64 does not. Depends on the byte order of the machine. Reads about
// as fast as memory gives.
uint64_t Checksum64(std::span<const uint8_t> bytes);

}  // namespace adares
