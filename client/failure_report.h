// Why a trial failed, told so that the next step is clear. Thread-safe: pure functions.
#pragma once

#include <string>

#include "adares/v1/resources.pb.h"

namespace adares::client {

// A framed block: the end's reason, message, exit code, the last log lines, and `next`, the way to
// more. "" for a trial that did not fail. `trial` comes from GetTrial, with attempts.
std::string WhyItFailed(const v1::Trial& trial, const std::string& next);

}  // namespace adares::client
