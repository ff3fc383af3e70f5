// Any bytes are refused with a message that names the file, or are a picture of the shape that its
// head tells, the same each time. Checksums of chunks are made right first, as the fuzzer cannot.
#include <zlib.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "worker/trainer/png_picture.h"

namespace adares {
namespace {

void Require(bool fact, const char* text) {
  if (fact) return;
  std::fprintf(stderr, "not so: %s\n", text);
  std::abort();
}

// Chunks of four bytes of length, four of type, the content, and four of checksum.
void MendChecksums(std::vector<uint8_t>& bytes) {
  size_t at = 8;
  while (at + 12 <= bytes.size()) {
    const size_t length = size_t{bytes[at]} << 24 | size_t{bytes[at + 1]} << 16 |
                          size_t{bytes[at + 2]} << 8 | bytes[at + 3];
    if (length > bytes.size() - at - 12) return;
    const uLong sum = crc32(0, bytes.data() + at + 4, static_cast<uInt>(length + 4));
    at += 8 + length;
    for (int shift = 24; shift >= 0; shift -= 8) bytes[at++] = static_cast<uint8_t>(sum >> shift);
  }
}

void RequireMessage(const absl::Status& status) {
  Require(std::string(status.message()).starts_with("a.png: "), "messages name the file");
}

void Try(const std::vector<uint8_t>& bytes) {
  const absl::StatusOr<ImageShape> shape = ReadPngShape("a.png", bytes);
  if (!shape.ok()) return RequireMessage(shape.status());
  const auto size = static_cast<size_t>(shape->Bytes());
  Require(size >= 64 && size <= 3 * 256 * 256, "pictures have sizes that are taken");
  std::vector<uint8_t> first(size, 1);
  std::vector<uint8_t> second(size, 2);
  const absl::Status status = DecodePng("a.png", bytes, *shape, first.data());
  if (!status.ok()) return RequireMessage(status);
  Require(DecodePng("a.png", bytes, *shape, second.data()).ok() && first == second,
          "every pixel is written, and alike each time");
}

}  // namespace
}  // namespace adares

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<uint8_t> bytes(data, data + size);
  adares::Try(bytes);
  adares::MendChecksums(bytes);
  adares::Try(bytes);
  return 0;
}
