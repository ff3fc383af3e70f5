// Error messages with a place.
#include "core/sweepfile/spec_errors.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/utf8.h"

namespace adares {
namespace {

constexpr size_t kLongestShown = 200;

// What can be shown of the text: its beginning, with question marks for what is not UTF-8.
std::string Shown(std::string_view text) {
  std::string shown;
  while (!text.empty() && shown.size() < kLongestShown) {
    const size_t bytes = Utf8CharacterBytes(text);
    shown += bytes == 0 ? "?" : text.substr(0, bytes);
    text.remove_prefix(std::max<size_t>(bytes, 1));
  }
  return text.empty() ? shown : shown + "...";
}

}  // namespace

absl::Status SpecErrors::At(const Place& place, std::string_view message) const {
  return MakeError(
      absl::StatusCode::kInvalidArgument, reason::kSpecInvalid,
      absl::StrCat(origin_, ":", place.line, ":", place.column, ": ", std::string(message)),
      {{"file", origin_},
       {"line", absl::StrCat(place.line)},
       {"column", absl::StrCat(place.column)}});
}

// A command line may hold any bytes, and a request a megabyte of them.
absl::Status SpecErrors::Of(const Override& override_, std::string_view message) const {
  const bool is_name = override_.path == kSweepNamePath;
  const std::string setting = Shown(absl::StrCat(override_.path, "=", override_.value));
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kSpecInvalid,
                   absl::StrCat(is_name ? "--name " + Shown(override_.value) : "--set " + setting,
                                ": ", std::string(message)),
                   {{"file", origin_}, {"override", setting}});
}

}  // namespace adares
