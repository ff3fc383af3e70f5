// IDX: http://yann.lecun.com/exdb/mnist/, big-endian numbers. CIFAR:
// https://www.cs.toronto.edu/~kriz/cifar.html, "binary version".
#include "client/data_form.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace adares::client {
namespace {

constexpr uint32_t kImagesMagic = 2051;
constexpr uint32_t kLabelsMagic = 2049;

uint32_t BigEndian(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = at; i < at + 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string Expect(const char* what, uint32_t found, int64_t wanted) {
  if (found == wanted) return "";
  return absl::StrCat(what, " in the header is ", found, ", and must be ", wanted);
}

}  // namespace

void DataFormCheck::Add(std::string_view bytes) {
  const auto header = static_cast<size_t>(HeaderBytes(file_.form));
  if (header_.size() < header) header_ += bytes.substr(0, header - header_.size());
  switch (file_.form) {
    case DataForm::kIdxImages:
      break;
    case DataForm::kIdxLabels:
    case DataForm::kCifar10:
      CheckLabels(bytes, 0, 10);
      break;
    case DataForm::kCifar100:
      CheckLabels(bytes, 0, 20);
      CheckLabels(bytes, 1, 100);
      break;
  }
  size_ += static_cast<int64_t>(bytes.size());
}

// Labels lie `offset` bytes into each record.
void DataFormCheck::CheckLabels(std::string_view bytes, int64_t offset, int classes) {
  const int64_t record = RecordBytes(file_.form);
  const int64_t first = HeaderBytes(file_.form) + offset;
  const int64_t records_before = size_ <= first ? 0 : (size_ - first + record - 1) / record;
  const int64_t end = size_ + static_cast<int64_t>(bytes.size());
  for (int64_t at = first + records_before * record; at < end; at += record) {
    const int label = static_cast<unsigned char>(bytes[static_cast<size_t>(at - size_)]);
    if (label < classes || !label_problem_.empty()) continue;
    label_problem_ =
        absl::StrCat("label ", label, " at byte ", at, ", and there are ", classes, " classes");
  }
}

std::string DataFormCheck::HeaderProblem() const {
  if (header_.empty()) return "";
  const bool is_images = file_.form == DataForm::kIdxImages;
  std::string problem =
      Expect("the magic number", BigEndian(header_, 0), is_images ? kImagesMagic : kLabelsMagic);
  if (problem.empty()) problem = Expect("the count", BigEndian(header_, 4), file_.records);
  if (!is_images) return problem;
  if (problem.empty()) problem = Expect("the height", BigEndian(header_, 8), 28);
  if (problem.empty()) problem = Expect("the width", BigEndian(header_, 12), 28);
  return problem;
}

std::string DataFormCheck::Problem() const {
  if (size_ != FileBytes(file_)) {
    return absl::StrCat("it has ", size_, " bytes, and must have ", FileBytes(file_));
  }
  const std::string problem = HeaderProblem();
  return problem.empty() ? label_problem_ : problem;
}

}  // namespace adares::client
