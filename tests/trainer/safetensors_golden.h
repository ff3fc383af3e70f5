// A small safetensors file, computed by hand from the format: metadata, an I64 of rank 0 that holds
// 5, and the F32s 1 and -2. docs/checkpoints.md explains it.
#pragma once

#include <string>

namespace adares {

// 138 bytes, and 6 spaces up to a multiple of 8.
inline const std::string kGoldenHeader =
    R"({"__metadata__":{"format":"pt"},)"                        // 32 bytes
    R"("n":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"    // 52
    R"("w":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})"  // 54
    "      ";

inline const std::string kGoldenData(
    "\x05\x00\x00\x00\x00\x00\x00\x00"   // 5
    "\x00\x00\x80\x3f\x00\x00\x00\xc0",  // 1 and -2: sign, exponent 127 and 128, no mantissa
    16);

// 144 = 0x90, the lowest byte first.
inline const std::string kGoldenFile =
    std::string("\x90\x00\x00\x00\x00\x00\x00\x00", 8) + kGoldenHeader + kGoldenData;

}  // namespace adares
