// CLI11 puts the option's name before these messages.
#include "client/option_values.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/near_miss.h"
#include "core/number_text.h"
#include "core/quoted_text.h"

namespace adares::client {
namespace {

// Texts that `parse` reads as a value between the two.
template <typename Value>
CLI::Validator Between(absl::StatusOr<Value> (*parse)(std::string_view), Value low, Value high,
                       const std::string& what) {
  const auto check = [=](const std::string& text) -> std::string {
    const absl::StatusOr<Value> value = parse(text);
    if (value.ok() && *value >= low && *value <= high) return "";
    const std::string cause =
        value.ok() ? "is out of range" : std::string(value.status().message());
    return absl::StrCat(Quoted(text), " ", cause, "; write ", what, " from ", low, " to ", high);
  };
  return CLI::Validator(check, "");
}

}  // namespace

CLI::Validator OneOf(const std::vector<std::string>& words) {
  const auto check = [words](const std::string& text) -> std::string {
    if (std::find(words.begin(), words.end(), text) != words.end()) return "";
    const auto nearest = NearMiss(text, words);
    return absl::StrCat(Quoted(text), " is none of ", absl::StrJoin(words, ", "),
                        nearest ? absl::StrCat("; did you mean \"", *nearest, "\"?") : "");
  };
  return CLI::Validator(check, "");
}

CLI::Validator IntegerBetween(int64_t low, int64_t high) {
  return Between<int64_t>(ParseInteger, low, high, "an integer");
}

CLI::Validator NumberBetween(double low, double high) {
  return Between<double>(ParseNumber, low, high, "a number");
}

}  // namespace adares::client
