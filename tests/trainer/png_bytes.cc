#include "tests/trainer/png_bytes.h"

#include <zlib.h>

#include <numeric>

namespace adares {
namespace {

std::string BigEndian(uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string Text(const std::vector<uint8_t>& bytes) { return {bytes.begin(), bytes.end()}; }

// The seven passes of Adam7, as ISO/IEC 15948, 8.2, has them: pixels of whole bytes.
std::string Interlaced(const Png& png) {
  struct Pass {
    size_t x, y, across, down;
  };
  const size_t pixel = png.rows.size() / png.height / png.width;
  std::string bytes;
  for (const Pass& pass : {Pass{0, 0, 8, 8}, Pass{4, 0, 8, 8}, Pass{0, 4, 4, 8}, Pass{2, 0, 4, 4},
                           Pass{0, 2, 2, 4}, Pass{1, 0, 2, 2}, Pass{0, 1, 1, 2}}) {
    for (size_t y = pass.y; y < png.height; y += pass.down) {
      bytes += '\0';
      for (size_t x = pass.x; x < png.width; x += pass.across) {
        const auto at = png.rows.begin() + static_cast<ptrdiff_t>((y * png.width + x) * pixel);
        bytes.append(at, at + static_cast<ptrdiff_t>(pixel));
      }
    }
  }
  return bytes;
}

// The rows, each with its filter byte.
std::string Filtered(const Png& png) {
  if (png.interlace == 1) return Interlaced(png);
  const size_t row = png.rows.size() / png.height;
  std::string bytes;
  for (size_t y = 0; y < png.height; ++y) {
    bytes += '\0';
    bytes.append(png.rows.begin() + static_cast<ptrdiff_t>(y * row),
                 png.rows.begin() + static_cast<ptrdiff_t>((y + 1) * row));
  }
  return bytes;
}

std::string Compressed(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string result(size, '\0');
  compress(reinterpret_cast<Bytef*>(result.data()), &size,
           reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  result.resize(size);
  return result;
}

Png Rising(int colour, size_t bytes, uint8_t first) {
  Png png;
  png.colour = colour;
  png.rows.resize(bytes);
  std::iota(png.rows.begin(), png.rows.end(), first);
  return png;
}

}  // namespace

std::string PngChunk(const std::string& type, const std::string& content) {
  const std::string checked = type + content;
  const uLong sum =
      crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return BigEndian(static_cast<uint32_t>(content.size())) + checked +
         BigEndian(static_cast<uint32_t>(sum));
}

std::string PngBytes(const Png& png) {
  std::string head = BigEndian(png.width) + BigEndian(png.height);
  for (const int byte : {png.bits, png.colour, 0, 0, png.interlace}) {
    head += static_cast<char>(byte);
  }
  std::string bytes = "\x89PNG\r\n\x1a\n" + PngChunk("IHDR", head);
  if (!png.palette.empty()) bytes += PngChunk("PLTE", Text(png.palette));
  if (!png.transparency.empty()) bytes += PngChunk("tRNS", Text(png.transparency));
  return bytes + PngChunk("IDAT", Compressed(Filtered(png))) + PngChunk("IEND", "");
}

Png GreyPng(uint8_t first) { return Rising(0, 64, first); }
Png ColourPng(uint8_t first) { return Rising(2, 192, first); }

}  // namespace adares
