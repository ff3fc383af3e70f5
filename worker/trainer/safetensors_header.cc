// Token by token, without a tree: a tree would keep the last of two equal keys silently, and take
// many times the memory of a header that may have 100 MB.
#include "worker/trainer/safetensors_header.h"

#include <limits>
#include <optional>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/quoted_text.h"
#include "nlohmann/json.hpp"

namespace adares::safetensors {
namespace {

using Json = nlohmann::json;

class HeaderReader : public nlohmann::json_sax<Json> {
 public:
  Header TakeHeader() { return std::move(header_); }
  const std::string& error() const { return error_; }

  bool null() override { return Unexpected("null"); }
  bool boolean(bool) override { return Unexpected("true or false"); }
  bool number_integer(number_integer_t) override { return Unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override {
    return Unexpected("a number with a fraction or an exponent, or too large");
  }
  bool binary(binary_t&) override { return Unexpected("binary data"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool start_object(size_t) override;
  bool key(string_t& key) override;
  bool end_object() override;
  bool start_array(size_t) override;
  bool end_array() override;
  bool parse_error(size_t position, const std::string&, const Json::exception&) override {
    return Fail(absl::StrCat("is not JSON in UTF-8 at its byte ", position));
  }

 private:
  enum class Place { kStart, kTop, kMetadata, kTensor, kShape, kOffsets };

  // What was read of the tensor that is being read.
  struct Entry {
    std::optional<DType> dtype;
    std::optional<std::vector<int64_t>> shape;
    std::optional<std::vector<uint64_t>> offsets;
  };

  // Always false, which ends the parsing.
  bool Fail(const std::string& cause) {
    if (error_.empty()) error_ = absl::StrCat("its header ", cause);
    return false;
  }
  bool FailTensor(const std::string& cause) {
    error_ = absl::StrCat("tensor ", Quoted(name_), ": ", cause);
    return false;
  }
  bool Unexpected(std::string_view found);
  bool TensorKey();
  bool EndTensor();

  Header header_;
  std::string error_;
  Place place_ = Place::kStart;
  std::set<std::string> names_;
  std::string name_;  // of the tensor
  std::string key_;   // in the metadata or in the tensor's object
  Entry entry_;
};

bool HeaderReader::Unexpected(std::string_view found) {
  switch (place_) {
    case Place::kStart:
      return Fail("is not an object");
    case Place::kTop:
      return FailTensor(absl::StrCat("must be an object, not ", std::string(found)));
    case Place::kMetadata:
      return Fail(absl::StrCat(std::string(kMetadataKey), ": ", Quoted(key_),
                               " must be a string, not ", std::string(found)));
    case Place::kTensor:
      return FailTensor(absl::StrCat(key_, " must be ",
                                     key_ == "dtype" ? "a string" : "a list of integers", ", not ",
                                     std::string(found)));
    case Place::kShape:
    case Place::kOffsets:
      return FailTensor(absl::StrCat(key_, " must hold integers >= 0, not ", std::string(found)));
  }
  return false;
}

bool HeaderReader::number_unsigned(number_unsigned_t value) {
  if (place_ == Place::kOffsets) {
    entry_.offsets->push_back(value);
    return entry_.offsets->size() <= 2 || FailTensor("data_offsets must hold two numbers");
  }
  if (place_ != Place::kShape) return Unexpected("a number");
  if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return FailTensor(absl::StrCat("the size ", value, " in its shape is too large"));
  }
  entry_.shape->push_back(static_cast<int64_t>(value));
  return true;
}

bool HeaderReader::string(string_t& value) {
  if (place_ == Place::kMetadata) {
    header_.metadata[key_] = std::move(value);
    return true;
  }
  if (place_ != Place::kTensor || key_ != "dtype") return Unexpected("a string");
  entry_.dtype = ParseDType(value);
  return entry_.dtype.has_value() ||
         FailTensor(absl::StrCat("unknown dtype ", Quoted(value), "; known are ", KnownDTypes()));
}

bool HeaderReader::start_object(size_t) {
  if (place_ == Place::kStart) {
    place_ = Place::kTop;
    return true;
  }
  if (place_ != Place::kTop) return Unexpected("an object");
  place_ = name_ == kMetadataKey ? Place::kMetadata : Place::kTensor;
  entry_ = {};
  return true;
}

bool HeaderReader::key(string_t& key) {
  if (place_ == Place::kTop) {
    name_ = std::move(key);
    return names_.insert(name_).second || Fail(absl::StrCat("names ", Quoted(name_), " twice"));
  }
  key_ = std::move(key);
  if (place_ == Place::kTensor) return TensorKey();
  return !header_.metadata.contains(key_) ||
         Fail(absl::StrCat(std::string(kMetadataKey), " has ", Quoted(key_), " twice"));
}

bool HeaderReader::TensorKey() {
  const bool known = key_ == "dtype" || key_ == "shape" || key_ == "data_offsets";
  if (!known) {
    return FailTensor(
        absl::StrCat("unknown key ", Quoted(key_), "; known are dtype, shape and data_offsets"));
  }
  const bool repeated = (key_ == "dtype" && entry_.dtype) || (key_ == "shape" && entry_.shape) ||
                        (key_ == "data_offsets" && entry_.offsets);
  return !repeated || FailTensor(absl::StrCat("has ", key_, " twice"));
}

bool HeaderReader::end_object() {
  const bool ends_tensor = place_ == Place::kTensor;
  place_ = Place::kTop;
  return !ends_tensor || EndTensor();
}

bool HeaderReader::EndTensor() {
  if (!entry_.dtype) return FailTensor("has no dtype");
  if (!entry_.shape) return FailTensor("has no shape");
  if (!entry_.offsets) return FailTensor("has no data_offsets");
  header_.entries.push_back({name_, *entry_.dtype, *std::move(entry_.shape),
                             entry_.offsets->front(), entry_.offsets->back()});
  return true;
}

bool HeaderReader::start_array(size_t) {
  if (place_ != Place::kTensor || key_ == "dtype") return Unexpected("a list");
  if (key_ == "shape") {
    place_ = Place::kShape;
    entry_.shape.emplace();
  } else {
    place_ = Place::kOffsets;
    entry_.offsets.emplace();
  }
  return true;
}

bool HeaderReader::end_array() {
  const bool is_short = place_ == Place::kOffsets && entry_.offsets->size() != 2;
  place_ = Place::kTensor;
  return !is_short || FailTensor("data_offsets must hold two numbers");
}

}  // namespace

absl::StatusOr<Header> ParseHeader(std::string_view json) {
  // Both are the parser's leniencies: it skips a byte order mark, and takes a zero byte for the
  // end.
  if (!json.starts_with('{')) return absl::InvalidArgumentError("its header begins without {");
  if (const size_t zero = json.find('\0'); zero != std::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat("its header has a zero byte at ", zero));
  }
  HeaderReader reader;
  if (!Json::sax_parse(json.begin(), json.end(), &reader)) {
    return absl::InvalidArgumentError(reader.error());
  }
  return reader.TakeHeader();
}

}  // namespace adares::safetensors
