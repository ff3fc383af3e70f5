// Head, checks, and the mapping.
#include "worker/trainer/cache_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "worker/trainer/atomic_file.h"
#include "worker/trainer/checksum64.h"

namespace adares {
namespace {

constexpr std::array<char, 8> kMagic{'a', 'd', 'a', 'r', 'e', 's', 'd', '\n'};
constexpr size_t kSections = 4;
constexpr uint64_t kMostPictures = 10'000'000;  // of a part
constexpr uint64_t kMostSide = 1024;
constexpr uint64_t kMostClasses = 1000;

struct Head {
  std::array<char, 8> magic = kMagic;
  uint64_t format = kCacheFormat;
  std::array<char, 64> key{};
  std::array<char, 64> digest{};
  uint64_t channels = 0;
  uint64_t height = 0;
  uint64_t width = 0;
  uint64_t classes = 0;
  uint64_t train = 0;  // pictures
  uint64_t test = 0;
  std::array<float, 3> mean{};
  std::array<float, 3> sd{};
  std::array<uint64_t, kSections> checksums{};
  uint64_t head_checksum = 0;  // of all before it
};
static_assert(sizeof(Head) == 256 && std::is_trivially_copyable_v<Head>);

template <typename T>
std::span<const uint8_t> Bytes(std::span<const T> values) {
  return {reinterpret_cast<const uint8_t*>(values.data()), values.size_bytes()};
}

std::string_view Text(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

uint64_t HeadChecksum(const Head& head) {
  return Checksum64({reinterpret_cast<const uint8_t*>(&head), offsetof(Head, head_checksum)});
}

std::array<std::span<const uint8_t>, kSections> Sections(const ImageData& data) {
  return {Bytes(data.train.labels), Bytes(data.test.labels), data.train.pixels, data.test.pixels};
}

Head MakeHead(std::string_view key, const ImageData& data) {
  Head head;
  std::copy_n(key.begin(), std::min(key.size(), head.key.size()), head.key.begin());
  std::copy_n(data.digest.begin(), std::min(data.digest.size(), head.digest.size()),
              head.digest.begin());
  head.channels = static_cast<uint64_t>(data.train.shape.channels);
  head.height = static_cast<uint64_t>(data.train.shape.height);
  head.width = static_cast<uint64_t>(data.train.shape.width);
  head.classes = static_cast<uint64_t>(data.classes);
  head.train = static_cast<uint64_t>(data.train.size());
  head.test = static_cast<uint64_t>(data.test.size());
  head.mean = data.statistics.mean;
  head.sd = data.statistics.sd;
  const auto sections = Sections(data);
  for (size_t i = 0; i < kSections; ++i) head.checksums[i] = Checksum64(sections[i]);
  head.head_checksum = HeadChecksum(head);
  return head;
}

absl::Status Broken(std::string_view what) { return absl::DataLossError(std::string(what)); }

// Whether the numbers can be those of a data set, so that nothing overflows after this.
bool IsPlausible(const Head& head) {
  bool statistics = true;
  for (size_t c = 0; c < std::min<size_t>(head.channels, 3); ++c) {
    statistics =
        statistics && std::isfinite(head.mean[c]) && std::isfinite(head.sd[c]) && head.sd[c] > 0;
  }
  return statistics && head.channels >= 1 && head.channels <= 3 && head.height >= 1 &&
         head.height <= kMostSide && head.width >= 1 && head.width <= kMostSide &&
         head.classes >= 1 && head.classes <= kMostClasses && head.train <= kMostPictures &&
         head.test <= kMostPictures;
}

absl::Status CheckHead(const Head& head, std::string_view key) {
  if (head.magic != kMagic) return Broken("is no file of decoded pictures");
  if (head.format != kCacheFormat) {
    return absl::FailedPreconditionError(
        absl::StrCat("has format ", head.format, ", expected ", kCacheFormat));
  }
  if (head.head_checksum != HeadChecksum(head)) return Broken("its head is damaged");
  if (std::string_view(head.key.data(), head.key.size()) != key) {
    return absl::FailedPreconditionError("is of files that have changed");
  }
  return IsPlausible(head) ? absl::OkStatus() : Broken("its head makes no sense");
}

// Cuts `count` values off the front of `bytes`.
template <typename T>
std::span<const T> Take(size_t count, std::span<const uint8_t>& bytes) {
  const std::span<const T> values(reinterpret_cast<const T*>(bytes.data()), count);
  bytes = bytes.subspan(values.size_bytes());
  return values;
}

bool AreLabels(std::span<const uint16_t> labels, int64_t classes) {
  return std::all_of(labels.begin(), labels.end(),
                     [classes](uint16_t label) { return label < classes; });
}

// Looks at what follows the head, whose size fits.
ImageData View(const Head& head, std::span<const uint8_t> content) {
  ImageData data;
  const ImageShape shape{static_cast<int64_t>(head.channels), static_cast<int64_t>(head.height),
                         static_cast<int64_t>(head.width)};
  const auto picture = static_cast<size_t>(shape.Bytes());
  data.train.shape = data.test.shape = shape;
  data.train.labels = Take<uint16_t>(head.train, content);
  data.test.labels = Take<uint16_t>(head.test, content);
  data.train.pixels = Take<uint8_t>(head.train * picture, content);
  data.test.pixels = Take<uint8_t>(head.test * picture, content);
  data.classes = static_cast<int64_t>(head.classes);
  data.statistics = {head.mean, head.sd};
  data.digest.assign(head.digest.begin(), head.digest.end());
  return data;
}

class Mapping {
 public:
  Mapping(void* address, size_t size) : address_(address), size_(size) {}
  ~Mapping() { munmap(address_, size_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::span<const uint8_t> bytes() const { return {static_cast<const uint8_t*>(address_), size_}; }

 private:
  void* const address_;
  const size_t size_;
};

absl::Status Failed(const char* what) { return absl::ErrnoToStatus(errno, what); }

absl::StatusOr<std::shared_ptr<const Mapping>> Map(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return Failed("cannot be opened");
  struct stat status {};
  absl::Status result = fstat(fd, &status) == 0 ? absl::OkStatus() : Failed("cannot be examined");
  if (result.ok() && !S_ISREG(status.st_mode)) result = Broken("is no regular file");
  const auto size = static_cast<size_t>(status.st_size);
  if (result.ok() && size < sizeof(Head)) result = Broken("is shorter than its head");
  void* address = nullptr;
  if (result.ok()) {
    address = mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (address == MAP_FAILED) result = Failed("cannot be mapped into memory");
  }
  close(fd);
  if (!result.ok()) return result;
  return std::make_shared<const Mapping>(address, size);
}

}  // namespace

absl::Status WriteCacheFile(const std::string& path, std::string_view key, const ImageData& data) {
  const Head head = MakeHead(key, data);
  std::vector<std::string_view> parts{{reinterpret_cast<const char*>(&head), sizeof(head)}};
  for (const std::span<const uint8_t> section : Sections(data)) parts.push_back(Text(section));
  return WriteFileAtomically(path, parts);
}

absl::StatusOr<ImageData> ParseCacheFile(std::span<const uint8_t> bytes, std::string_view key) {
  Head head;
  if (bytes.size() < sizeof(head)) return Broken("is shorter than its head");
  std::memcpy(&head, bytes.data(), sizeof(head));
  ADARES_RETURN_IF_ERROR(CheckHead(head, key));
  const uint64_t picture = head.channels * head.height * head.width;
  const uint64_t expected = sizeof(head) + (head.train + head.test) * (sizeof(uint16_t) + picture);
  if (bytes.size() != expected) {
    return Broken(absl::StrCat("has ", bytes.size(), " bytes, expected ", expected));
  }
  const ImageData data = View(head, bytes.subspan(sizeof(head)));
  const auto sections = Sections(data);
  for (size_t i = 0; i < kSections; ++i) {
    if (Checksum64(sections[i]) != head.checksums[i]) return Broken("its content is damaged");
  }
  if (!AreLabels(data.train.labels, data.classes) || !AreLabels(data.test.labels, data.classes)) {
    return Broken("has labels beyond its classes");
  }
  return data;
}

absl::StatusOr<ImageData> MapCacheFile(const std::string& path, std::string_view key) {
  const auto mapping = Map(path);
  if (!mapping.ok()) return Annotate(mapping.status(), path);
  absl::StatusOr<ImageData> data = ParseCacheFile((*mapping)->bytes(), key);
  if (!data.ok()) return Annotate(data.status(), path);
  data->memory = *mapping;
  return data;
}

}  // namespace adares
