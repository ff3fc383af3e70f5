// Whether a data set's file has the size, the header and the labels that it must have. Not
// thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/dataset_sources.h"

namespace adares::client {

// Looks at the bytes as they come; the file is never in memory as a whole.
class DataFormCheck {
 public:
  // `file` must live as long as this.
  explicit DataFormCheck(const DataFile& file) : file_(file) {}

  void Add(std::string_view bytes);

  // After the last byte: what is wrong, "label 10 at byte 8, and there are 10 classes"; empty where
  // nothing is.
  std::string Problem() const;

 private:
  void CheckLabels(std::string_view bytes, int64_t offset, int classes);
  std::string HeaderProblem() const;

  const DataFile& file_;
  int64_t size_ = 0;
  std::string header_;
  std::string label_problem_;  // the first one
};

}  // namespace adares::client
