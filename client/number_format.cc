// On snprintf for fixed forms (adares never sets LC_NUMERIC) and std::to_chars for exact ones.
#include "client/number_format.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace adares::client {
namespace {

template <typename... Values>
std::string Print(const char* format, Values... values) {
  std::array<char, 64> buffer;
  const int length = std::snprintf(buffer.data(), buffer.size(), format, values...);
  return std::string(buffer.data(), length < 0 ? 0 : static_cast<size_t>(length));
}

std::string NonFinite(double value) {
  if (std::isnan(value)) return "nan";
  return value > 0 ? "inf" : "-inf";
}

// Sizes below `smallest` need an exponent.
const char* FormatFor(double value, double smallest) {
  const double size = std::abs(value);
  if (size != 0 && size < smallest) return "%.1e";
  if (size < 100) return "%.4f";
  if (size < 1e7) return "%.1f";
  return "%.3e";
}

}  // namespace

std::string ShowNumber(double value) {
  if (!std::isfinite(value)) return NonFinite(value);
  return Print(FormatFor(value, 1e-3), value);
}

std::string ShowResult(double value) {
  if (!std::isfinite(value)) return NonFinite(value);
  return Print(FormatFor(value, 5e-5), value);
}

std::string ShowDifference(double value) {
  const std::string text = ShowResult(value);
  return std::isnan(value) || text.starts_with('-') ? text : "+" + text;
}

std::string ShowInterval(double low, double high) {
  return "[" + ShowDifference(low) + ", " + ShowDifference(high) + "]";
}

std::string ShowBytes(int64_t bytes) {
  auto value = static_cast<double>(bytes);
  if (bytes < 1000) return Print("%.0f B", value);
  const char* unit = "";
  for (const char* const larger : {"kB", "MB", "GB", "TB"}) {
    if (value < 999.95) break;
    value /= 1000;
    unit = larger;
  }
  return Print("%.1f %s", value, unit);
}

std::string ExactNumber(double value) {
  if (!std::isfinite(value)) return NonFinite(value);
  std::array<char, 64> buffer;
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return std::string(buffer.data(), result.ptr);
}

std::string ExactOrEmpty(double value) { return std::isnan(value) ? "" : ExactNumber(value); }

std::string ShowDuration(Duration duration) {
  const auto seconds =
      std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(duration).count());
  const auto days = static_cast<int>(seconds / 86400);
  const auto hours = static_cast<int>(seconds / 3600 % 24);
  const auto minutes = static_cast<int>(seconds / 60 % 60);
  if (days > 0) return Print("%dd%02dh", days, hours);
  if (hours > 0) return Print("%dh%02dm", hours, minutes);
  if (minutes > 0) return Print("%dm%02ds", minutes, static_cast<int>(seconds % 60));
  return Print("%ds", static_cast<int>(seconds));
}

std::string IsoTime(Timestamp time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto fraction = static_cast<int>((time - seconds).count());
  const std::time_t clock = seconds.time_since_epoch().count();
  std::tm parts = {};
  gmtime_r(&clock, &parts);
  std::array<char, 32> buffer;
  const size_t length = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::string text(buffer.data(), length);
  if (fraction != 0) text += Print(".%06d", fraction);
  return text + "Z";
}

}  // namespace adares::client
