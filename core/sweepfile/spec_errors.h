// Places in a sweep file, and the errors that name them. Private to core/sweepfile.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "core/sweep_spec.h"

namespace adares {

// Where something stands in the file: both count from 1, columns in characters.
struct Place {
  int line = 1;
  int column = 1;
};

// Makes the errors of one file. Thread-safe: never changes.
class SpecErrors {
 public:
  explicit SpecErrors(std::string_view origin) : origin_(origin) {}

  // "origin:line:column: message"
  absl::Status At(const Place& place, std::string_view message) const;

  // "--set path=value: message"
  absl::Status Of(const Override& override_, std::string_view message) const;

 private:
  std::string origin_;
};

}  // namespace adares
