// Error messages with a place.
#include "core/sweepfile/spec_errors.h"

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares {

absl::Status SpecErrors::At(const Place& place, std::string_view message) const {
  return MakeError(
      absl::StatusCode::kInvalidArgument, reason::kSpecInvalid,
      absl::StrCat(origin_, ":", place.line, ":", place.column, ": ", std::string(message)),
      {{"file", origin_},
       {"line", absl::StrCat(place.line)},
       {"column", absl::StrCat(place.column)}});
}

absl::Status SpecErrors::Of(const Override& override_, std::string_view message) const {
  const std::string setting = absl::StrCat(override_.path, "=", override_.value);
  return MakeError(absl::StatusCode::kInvalidArgument, reason::kSpecInvalid,
                   absl::StrCat("--set ", setting, ": ", std::string(message)),
                   {{"file", origin_}, {"override", setting}});
}

}  // namespace adares
