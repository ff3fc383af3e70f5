#include "core/duration_text.h"

#include "core/number_text.h"

namespace adares {
namespace {

constexpr char kForm[] =
    "is no length of time; write a number and one of s, m, h, d and w, for example 30d";

// Zero for a letter that is no unit.
Duration UnitOf(char letter) {
  switch (letter) {
    case 's':
      return std::chrono::seconds(1);
    case 'm':
      return std::chrono::minutes(1);
    case 'h':
      return std::chrono::hours(1);
    case 'd':
      return std::chrono::hours(24);
    case 'w':
      return std::chrono::hours(24 * 7);
    default:
      return Duration(0);
  }
}

}  // namespace

absl::StatusOr<Duration> ParseDuration(std::string_view text) {
  if (text == "0") return Duration(0);
  if (text.size() < 2) return absl::InvalidArgumentError(kForm);
  const Duration unit = UnitOf(text.back());
  const absl::StatusOr<double> number = ParseNumber(text.substr(0, text.size() - 1));
  if (unit == Duration(0) || !number.ok()) return absl::InvalidArgumentError(kForm);
  if (*number < 0) return absl::InvalidArgumentError("must not be negative");
  const std::chrono::duration<double, Duration::period> length = *number * unit;
  if (length > kLongestDuration) return absl::InvalidArgumentError("is more than a hundred years");
  return std::chrono::duration_cast<Duration>(length);
}

}  // namespace adares
