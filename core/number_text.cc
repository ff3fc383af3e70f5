// Strict reading and canonical writing of numbers, on std::from_chars and std::to_chars.
#include "core/number_text.h"

#include <charconv>
#include <cstdlib>
#include <string>
#include <system_error>

namespace adares {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Advances over digits; returns how many there were.
size_t SkipDigits(std::string_view text, size_t& position) {
  const size_t begin = position;
  while (position < text.size() && IsDigit(text[position])) ++position;
  return position - begin;
}

bool IsIntegerText(std::string_view text) {
  size_t position = text.starts_with('-') ? 1 : 0;
  const bool leading_zero = position + 1 < text.size() && text[position] == '0';
  return !leading_zero && SkipDigits(text, position) > 0 && position == text.size();
}

std::string WithoutUnderscores(std::string_view text) {
  std::string rest(text);
  std::erase(rest, '_');
  return rest;
}

// What is wrong with a text that is no number, as far as a frequent mistake explains it. A way out
// is named only where it leads to a number.
std::string Hint(std::string_view text) {
  size_t position = text.starts_with('-') ? 1 : 0;
  const size_t digits = position;
  if (position + 1 < text.size() && text[position] == '0' && IsDigit(text[position + 1])) {
    const size_t significant = text.find_first_not_of('0', digits);
    if (significant != std::string_view::npos && IsDigit(text[significant])) {
      return "has leading zeros; write " + std::string(text.substr(0, digits)) +
             std::string(text.substr(significant));
    }
    return "has leading zeros";
  }
  if (text.starts_with('+') && IsNumberText(text.substr(1))) return "has a plus sign; leave it out";
  if (text.starts_with('.') && IsNumberText("0" + std::string(text))) {
    return "has no digit before the point; write 0" + std::string(text);
  }
  if (text.ends_with('.') && IsNumberText(text.substr(0, text.size() - 1))) {
    return "has no digit after the point";
  }
  if (IsNumberText(WithoutUnderscores(text))) return "has an underscore; write the digits only";
  return "is not a number";
}

}  // namespace

bool IsNumberText(std::string_view text) {
  size_t position = text.starts_with('-') ? 1 : 0;
  const size_t integer_begin = position;
  const size_t integer_digits = SkipDigits(text, position);
  if (integer_digits == 0 || (integer_digits > 1 && text[integer_begin] == '0')) return false;
  if (position < text.size() && text[position] == '.') {
    ++position;
    if (SkipDigits(text, position) == 0) return false;
  }
  if (position < text.size() && (text[position] == 'e' || text[position] == 'E')) {
    ++position;
    if (position < text.size() && (text[position] == '+' || text[position] == '-')) ++position;
    if (SkipDigits(text, position) == 0) return false;
  }
  return position == text.size();
}

absl::StatusOr<int64_t> ParseInteger(std::string_view text) {
  if (!IsIntegerText(text)) {
    if (IsNumberText(text)) return absl::InvalidArgumentError("is not an integer");
    return absl::InvalidArgumentError(Hint(text));
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return absl::InvalidArgumentError("does not fit into 64 bits");
  return value;
}

absl::StatusOr<double> ParseNumber(std::string_view text) {
  if (!IsNumberText(text)) return absl::InvalidArgumentError(Hint(text));
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) {
    return absl::InvalidArgumentError("is too large or too small for a 64-bit float");
  }
  return value == 0 ? 0.0 : value;  // minus zero and zero are one value
}

std::string FormatNumber(double value) {
  if (value == 0) return "0";
  char buffer[512];  // the longest fixed form of a double has 327 characters
  auto result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  const std::string scientific(buffer, result.ptr);
  const size_t e = scientific.find('e');
  if (e == std::string::npos) return scientific;  // "nan", "inf"
  const int exponent = std::atoi(scientific.c_str() + e + 1);
  constexpr int kSmallestFixed = -5;
  constexpr int kLargestFixed = 15;
  if (exponent >= kSmallestFixed && exponent <= kLargestFixed) {
    result = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
    return std::string(buffer, result.ptr);
  }
  return scientific.substr(0, e + 1) + std::to_string(exponent);
}

}  // namespace adares
