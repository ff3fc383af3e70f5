// What the text of a sweep file must be before it is read as YAML. Private to core/sweepfile.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "core/sweepfile/spec_errors.h"

namespace adares {

// Refuses files that are too large, are not UTF-8, or contain tabs or control characters; all of
// these read as something else than they look like. Returns the text without a byte order mark.
absl::StatusOr<std::string_view> CheckSourceText(std::string_view text, const SpecErrors& errors);

}  // namespace adares
