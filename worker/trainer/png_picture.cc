// By libpng, which jumps back to where setjmp was called when it gives up. The functions that call
// setjmp have no objects with destructors, which a jump would skip.
#include "worker/trainer/png_picture.h"

#include <png.h>

#include <array>
#include <csetjmp>
#include <cstring>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {
namespace {

// More than any picture here needs for what libpng allocates by what a file says.
constexpr png_alloc_size_t kMostChunkBytes = 1 << 20;

// What a file says before its pixels.
struct Head {
  png_uint_32 width = 0;
  png_uint_32 height = 0;
  int bits = 0;
  int colour = 0;
  bool is_transparent = false;
};

// libpng's objects and what its calls back need.
struct Reading {
  png_structp png = nullptr;
  png_infop info = nullptr;
  std::span<const uint8_t> unread;
  std::array<char, 128> message{};  // why libpng gave up
};

void GiveUp(png_structp png, png_const_charp message) {
  auto* const reading = static_cast<Reading*>(png_get_error_ptr(png));
  std::strncpy(reading->message.data(), message, reading->message.size() - 1);
  png_longjmp(png, 1);
}

void IgnoreWarning(png_structp, png_const_charp) {}

void GiveBytes(png_structp png, png_bytep bytes, size_t count) {
  auto* const reading = static_cast<Reading*>(png_get_io_ptr(png));
  if (count > reading->unread.size()) png_error(png, "the file ends early");
  std::memcpy(bytes, reading->unread.data(), count);
  reading->unread = reading->unread.subspan(count);
}

// False where libpng gave up.
bool ReadHead(Reading& reading, Head& head) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  png_set_read_fn(reading.png, &reading, GiveBytes);
  png_set_chunk_malloc_max(reading.png, kMostChunkBytes);
  // Passes over all chunks but those that pixels are made of.
  png_set_keep_unknown_chunks(reading.png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_read_info(reading.png, reading.info);
  png_get_IHDR(reading.png, reading.info, &head.width, &head.height, &head.bits, &head.colour,
               nullptr, nullptr, nullptr);
  head.is_transparent = (head.colour & PNG_COLOR_MASK_ALPHA) != 0 ||
                        png_get_valid(reading.png, reading.info, PNG_INFO_tRNS) != 0;
  return true;
}

// False where libpng gave up. `rows` point at where the rows go: bytes of grey, of three colours,
// or places in the palette.
bool ReadRows(Reading& reading, const Head& head, png_bytepp rows) {
  if (setjmp(png_jmpbuf(reading.png)) != 0) return false;
  if (head.colour == PNG_COLOR_TYPE_PALETTE) {
    png_set_packing(reading.png);
  } else if (head.bits < 8) {
    png_set_expand_gray_1_2_4_to_8(reading.png);
  }
  png_read_image(reading.png, rows);
  png_read_end(reading.png, nullptr);
  return true;
}

// Three bytes for each place in the palette. False where a pixel names a colour that is not there,
// which libpng takes for black.
bool LookUp(const Reading& reading, std::span<const uint8_t> places, uint8_t* pixels) {
  png_colorp palette = nullptr;
  int colours = 0;
  if (png_get_PLTE(reading.png, reading.info, &palette, &colours) == 0) return false;
  for (const uint8_t place : places) {
    if (place >= colours) return false;
    *pixels++ = palette[place].red;
    *pixels++ = palette[place].green;
    *pixels++ = palette[place].blue;
  }
  return true;
}

class Decoder {
 public:
  Decoder(const std::string& path, std::span<const uint8_t> file) : path_(path) {
    reading_.unread = file;
    reading_.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reading_, GiveUp, IgnoreWarning);
    if (reading_.png != nullptr) reading_.info = png_create_info_struct(reading_.png);
  }
  ~Decoder() { png_destroy_read_struct(&reading_.png, &reading_.info, nullptr); }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  absl::StatusOr<ImageShape> ReadShape();
  // After ReadShape, which told `shape`.
  absl::Status ReadPixels(const ImageShape& shape, uint8_t* pixels);

 private:
  absl::Status Broken(std::string_view what) const {
    return absl::DataLossError(absl::StrCat(path_, ": ", std::string(what)));
  }

  const std::string& path_;
  Reading reading_;
  Head head_;
};

absl::StatusOr<ImageShape> Decoder::ReadShape() {
  constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n");
  if (reading_.info == nullptr) return absl::ResourceExhaustedError("no memory for libpng");
  if (reading_.unread.size() < kSignature.size() ||
      std::memcmp(reading_.unread.data(), kSignature.data(), kSignature.size()) != 0) {
    return Broken("is no PNG file");
  }
  if (!ReadHead(reading_, head_)) {
    return Broken(absl::StrCat("cannot be decoded: ", reading_.message.data()));
  }
  if (head_.width < kFewestPixels || head_.width > kMostPixels || head_.height < kFewestPixels ||
      head_.height > kMostPixels) {
    return Broken(absl::StrCat("has ", head_.width, "x", head_.height, " pixels; a side must have ",
                               kFewestPixels, " to ", kMostPixels));
  }
  if (head_.is_transparent) return Broken("is transparent in parts; save it without transparency");
  if (head_.bits > 8) return Broken("has 16 bits a channel; save it with 8");
  return ImageShape{head_.colour == PNG_COLOR_TYPE_GRAY ? 1 : 3, head_.height, head_.width};
}

absl::Status Decoder::ReadPixels(const ImageShape& shape, uint8_t* pixels) {
  const bool has_palette = head_.colour == PNG_COLOR_TYPE_PALETTE;
  std::vector<uint8_t> places(has_palette ? static_cast<size_t>(shape.height * shape.width) : 0);
  uint8_t* const first = has_palette ? places.data() : pixels;
  const int64_t row_bytes = shape.width * (has_palette ? 1 : shape.channels);
  std::array<png_bytep, kMostPixels> rows{};
  for (int64_t y = 0; y < shape.height; ++y) rows[static_cast<size_t>(y)] = first + y * row_bytes;
  if (!ReadRows(reading_, head_, rows.data())) {
    return Broken(absl::StrCat("cannot be decoded: ", reading_.message.data()));
  }
  if (has_palette && !LookUp(reading_, places, pixels)) {
    return Broken("has a pixel whose colour its palette lacks");
  }
  return absl::OkStatus();
}

std::string Text(const ImageShape& shape) {
  return absl::StrCat(shape.width, "x", shape.height,
                      shape.channels == 1 ? " grey pixels" : " coloured pixels");
}

}  // namespace

absl::StatusOr<ImageShape> ReadPngShape(const std::string& path, std::span<const uint8_t> file) {
  return Decoder(path, file).ReadShape();
}

absl::Status DecodePng(const std::string& path, std::span<const uint8_t> file,
                       const ImageShape& shape, uint8_t* pixels) {
  Decoder decoder(path, file);
  ADARES_ASSIGN_OR_RETURN(const ImageShape found, decoder.ReadShape());
  if (found != shape) {
    return absl::DataLossError(absl::StrCat(path, ": has ", Text(found), ", the first picture has ",
                                            Text(shape), "; all must be alike"));
  }
  return decoder.ReadPixels(shape, pixels);
}

}  // namespace adares
