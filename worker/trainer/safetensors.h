// Named tensors in a file, in the safetensors format; docs/checkpoints.md has its layout. No
// LibTorch: a tensor is a name, a type, a shape and bytes. Thread-safe: functions and values only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace adares::safetensors {

enum class DType {
  kBool,
  kU8,
  kI8,
  kI16,
  kU16,
  kF16,
  kBF16,
  kI32,
  kU32,
  kF32,
  kF64,
  kI64,
  kU64,
};

// As it stands in a file: "F32".
std::string_view Name(DType dtype);
std::optional<DType> ParseDType(std::string_view name);
// All names, for messages: "BOOL, U8, ...".
std::string KnownDTypes();
size_t ElementBytes(DType dtype);

// Bytes of a tensor; of rank 0 it has one element. nullopt where a size is negative, or the product
// of the sizes other than 0 exceeds int64_t: nobody could address such a tensor, even an empty one.
std::optional<uint64_t> TensorBytes(DType dtype, const std::vector<int64_t>& shape);

// Refers to bytes of somebody else: little-endian, row-major, and at any address, so that numbers
// are to be copied out, not read in place.
struct TensorView {
  std::string name;
  DType dtype = DType::kF32;
  std::vector<int64_t> shape;
  std::span<const uint8_t> bytes;
};

using Metadata = std::map<std::string, std::string>;

// What a file holds. It owns the bytes, and `tensors` refer to them: not copied, and moving keeps
// them valid.
class File {
 public:
  File(std::vector<uint8_t> bytes, Metadata metadata, std::vector<TensorView> tensors)
      : bytes_(std::move(bytes)), metadata_(std::move(metadata)), tensors_(std::move(tensors)) {}
  File(File&&) = default;
  File& operator=(File&&) = default;

  const Metadata& metadata() const { return metadata_; }
  // In the order of their bytes.
  const std::vector<TensorView>& tensors() const { return tensors_; }

 private:
  std::vector<uint8_t> bytes_;
  Metadata metadata_;
  std::vector<TensorView> tensors_;
};

// Trusts nothing that the bytes say. DATA_LOSS names `path`, what is wrong, in which tensor, and
// the way out.
absl::StatusOr<File> Parse(std::vector<uint8_t> bytes, const std::string& path);

// Reads the file into memory, as a mapped one that somebody shortens or overwrites would kill the
// process or change numbers that were checked. Errors of Parse and of ReadFileBytes. Blocks.
absl::StatusOr<File> ReadFile(const std::string& path);

// Everything before the tensors' bytes, and the tensors in the order in which their bytes follow.
struct Layout {
  std::string head;
  std::vector<TensorView> tensors;
};

// Equal input in any order gives equal output: tensors by size of element, largest first, so that
// all are aligned, then by name. INVALID_ARGUMENT for input that a reader would refuse.
absl::StatusOr<Layout> Arrange(std::vector<TensorView> tensors, const Metadata& metadata);

// Replaces the file in one step, with the errors of Arrange and of WriteFileAtomically. Blocks.
absl::Status WriteFile(const std::string& path, std::vector<TensorView> tensors,
                       const Metadata& metadata);

}  // namespace adares::safetensors
