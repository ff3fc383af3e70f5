// PNG files made by hand from the standard (ISO/IEC 15948), so that they can be wrong in any way.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace adares {

// What a picture file says of itself, and its packed rows.
struct Png {
  uint32_t width = 8;
  uint32_t height = 8;
  int bits = 8;
  int colour = 2;     // 0 grey, 2 coloured, 3 palette, 4 grey and alpha, 6 coloured and alpha
  int interlace = 0;  // 1: Adam7, for pixels of whole bytes
  std::vector<uint8_t> palette = {};       // three bytes a colour
  std::vector<uint8_t> transparency = {};  // of tRNS
  std::vector<uint8_t> rows = {};          // packed, without filter bytes
};

// A chunk with its length and checksum.
std::string PngChunk(const std::string& type, const std::string& content);

std::string PngBytes(const Png& png);

// 8x8 pictures whose bytes rise from `first` on.
Png GreyPng(uint8_t first);
Png ColourPng(uint8_t first);

}  // namespace adares
