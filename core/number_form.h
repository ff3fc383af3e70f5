// Words with numbers in parentheses, as fields of a trial spec take them: "normal(0, 0.05)".
// Private to core. Thread-safe: pure functions.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace adares {

struct NumberForm {
  std::string_view word;
  size_t arguments = 1;      // at most
  std::string_view example;  // what messages advise to write: "normal(0, 0.05)"
  size_t optional = 0;       // of the arguments, that may be missing at the end
};

// Whether the text means the form, rightly written or not.
bool StartsForm(const NumberForm& form, std::string_view text);

// The arguments of a text that starts the form. INVALID_ARGUMENT whose message is the cause alone,
// for the caller to put after what was read. Blanks around arguments are free.
absl::StatusOr<std::vector<double>> ParseForm(const NumberForm& form, std::string_view text);

// The canonical text: "normal(0, 0.05)".
std::string FormatForm(const NumberForm& form, std::initializer_list<double> arguments);

}  // namespace adares
