// Texts of trainers made such that a coordinator takes them: cut between characters, and no more of
// them than it keeps (core/report_limits.h). Thread-safe: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "core/records.h"

namespace adares::worker {

// Without what is no UTF-8, and at most `limit` bytes of the rest.
std::string FitText(std::string_view text, size_t limit);

AttemptStart Fit(AttemptStart start);
AttemptEnd Fit(AttemptEnd end);

}  // namespace adares::worker
